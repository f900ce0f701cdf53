/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mstack STACK COMMAND: makes the stack the default of this process for some
 * protocol families, or for all, then becomes the command.
 *
 * "All" is one request, a list is one for each family.  A family that the stack
 * does not serve is refused from then on: the command does not go out on the
 * host's network because of a wrong list.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "family.h"
#include "msocket.h"

static const struct tool tool = {
	"mstack", "[-v] [-o FAMILY[,FAMILY...]] STACK COMMAND [ARGUMENT...]",
	"Run a command with another network stack.\n"
	"  -o, --options, -p, --protocols, --proto, -f FAMILY,...\n"
	"                   only these families: all, ip (= 4,6,netlink,packet), ipv4 or 4,\n"
	"                   ipv6 or 6, netlink or n, packet or p, bluetooth or b, irda or i,\n"
	"                   #NUMBER or fNUMBER; -FAMILY takes one away, and a list that\n"
	"                   begins with it begins with all\n"
	"  -v, --verbose    say what is done\n",
};

#define EXIT_OWN	125		/* as env(1) */
#define EXIT_CANNOT	126
#define EXIT_NOT_FOUND	127

static uint64_t parse_list(const char *list)
{
	uint64_t families;
	char bad[64];

	if (family_list(list, &families, bad, sizeof(bad)) < 0)
		fprintf(stderr, "%s: '%s': unknown protocol family\n", tool.name, bad);
	else if (!families)
		fprintf(stderr, "%s: '%s': no protocol family is left\n", tool.name, list);
	else
		return families;
	exit(EXIT_FAILURE);
}

static bool is_in(uint64_t families, int family)
{
	return families >> family & 1;
}

/* "ipv4", or "#40"; valid until the next call. */
static const char *name_of(int family)
{
	static char number[16];
	const char *name = family_name(family);

	if (name)
		return name;
	snprintf(number, sizeof(number), "#%d", family);
	return number;
}

static void set_default(const char *stack, int family)
{
	if (msocket(stack, family, SOCK_DEFAULT, 0) >= 0)
		return;
	fprintf(stderr, "%s: %s: %s%s%s\n", tool.name, stack,
		family ? name_of(family) : "", family ? ": " : "",
		family == AF_UNIX ? "Always the kernel's" :
		errno == ENOTSUP ? "Not a network stack" : strerror(errno));
	exit(EXIT_OWN);
}

static void set_defaults(const char *stack, uint64_t families)
{
	if (families == FAMILY_ALL) {
		set_default(stack, PF_UNSPEC);
		return;
	}
	for (int f = AF_UNSPEC + 1; f < AF_MAX; f++) {
		if (is_in(families, f))
			set_default(stack, f);
	}
}

/* "ipv4, ipv6", or "all supported protocol families but ipv4". */
static void say(const char *stack, uint64_t families)
{
	bool most = is_in(families, AF_MAX - 1);	/* it began with all */
	const char *separator = most ? " but " : "";

	fprintf(stderr, "pid %d: stack %s for %s", getpid(), stack,
		most ? "all supported protocol families" : "");
	for (int f = AF_UNSPEC + 1; f < AF_MAX; f++) {
		if (is_in(families, f) == most || (most && f == AF_UNIX))
			continue;
		fprintf(stderr, "%s%s", separator, name_of(f));
		separator = ", ";
	}
	fputc('\n', stderr);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "options",   required_argument, NULL, 'o' },
		{ "proto",     required_argument, NULL, 'o' },
		{ "protocols", required_argument, NULL, 'o' },
		{ "verbose",   no_argument,       NULL, 'v' },
		TOOL_LONG_OPTIONS, { 0 },
	};
	uint64_t families = FAMILY_ALL;
	const char *stack;
	bool verbose = false;
	int option, error;

	while ((option = tool_option(&tool, argc, argv, "+o:p:f:vh", options)) != -1) {
		if (option == 'v')
			verbose = true;
		else
			families = parse_list(optarg);
	}
	if (argc - optind < 2)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	stack = argv[optind];
	set_defaults(stack, families);
	if (verbose)
		say(stack, families);
	execvp(argv[optind + 1], argv + optind + 1);
	error = errno;
	fprintf(stderr, "%s: %s: %s\n", tool.name, argv[optind + 1], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}
