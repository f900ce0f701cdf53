/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uname(1), and what is known about the view.  A row of `fields` is an item; the
 * order of the rows is the order of printing.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"vuname", "[-asnrvmpioUVNxq]",
	"Print information about the system and the view; without options, -s.\n"
	"  -a, --all        everything, but what is unknown or unset\n"
	"  -s, --kernel-name, -n, --nodename, -r, --kernel-release,\n"
	"  -v, --kernel-version, -m, --machine, -p, --processor,\n"
	"  -i, --hardware-platform, -o, --operating-system\n"
	"                   as uname(1)\n"
	"  -U, --serverid   the monitor's process\n"
	"  -V, --viewid     the number of the view\n"
	"  -N, --viewname   its name\n"
	"  -x, --nouname    nothing of uname's: with -a, or alone, as -UVN\n"
	"  -q, --quiet      no message outside a view\n",
};

#define UNKNOWN "unknown"		/* left out by -a, as uname(1) does */

struct field {
	char	    letter;
	bool	    of_view;
	const char *text;
};

static void print_fields(const struct field *fields, const char *wanted, bool all, bool system)
{
	const char *separator = "";

	for (const struct field *f = fields; f->letter; f++) {
		bool chosen = strchr(wanted, f->letter);

		if (!system && !f->of_view)
			continue;
		if (!chosen && (!all || !*f->text || strcmp(f->text, UNKNOWN) == 0))
			continue;
		printf("%s%s", separator, f->text);
		separator = " ";
	}
	putchar('\n');
}

static void print_system(const char *wanted, bool all, bool system)
{
	struct um_view_info info;
	struct utsname host;
	char server[16], view[16];

	if (um_view_getinfo(&info) < 0)
		tool_fail(&tool, "view", errno, NULL);
	if (uname(&host) < 0)
		tool_fail(&tool, "uname", errno, NULL);
	snprintf(server, sizeof(server), "%d", info.server);
	snprintf(view, sizeof(view), "%d", info.view);
	print_fields((struct field []) {
		{ 's', false, host.sysname },
		{ 'n', false, host.nodename },
		{ 'r', false, host.release },
		{ 'v', false, host.version },
		{ 'm', false, host.machine },
		{ 'p', false, UNKNOWN },
		{ 'i', false, UNKNOWN },
		{ 'o', false, "GNU/Linux" },
		{ 'U', true, server },
		{ 'V', true, view },
		{ 'N', true, info.name },
		{ 0, false, NULL },
	}, wanted, all, system);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all",               no_argument, NULL, 'a' },
		{ "kernel-name",       no_argument, NULL, 's' },
		{ "sysname",           no_argument, NULL, 's' },
		{ "nodename",          no_argument, NULL, 'n' },
		{ "kernel-release",    no_argument, NULL, 'r' },
		{ "release",           no_argument, NULL, 'r' },
		{ "kernel-version",    no_argument, NULL, 'v' },
		{ "machine",           no_argument, NULL, 'm' },
		{ "processor",         no_argument, NULL, 'p' },
		{ "hardware-platform", no_argument, NULL, 'i' },
		{ "operating-system",  no_argument, NULL, 'o' },
		{ "serverid",          no_argument, NULL, 'U' },
		{ "viewid",            no_argument, NULL, 'V' },
		{ "viewname",          no_argument, NULL, 'N' },
		{ "nouname",           no_argument, NULL, 'x' },
		{ "quiet",             no_argument, NULL, 'q' },
		TOOL_LONG_OPTIONS, { 0 },
	};
	char wanted[16] = "";
	bool all = false, quiet = false, system = true;
	int option;

	while ((option = tool_option(&tool, argc, argv, "asnrvmpioUVNxqh", options)) != -1) {
		if (option == 'a')
			all = true;
		else if (option == 'x')
			system = false;
		else if (option == 'q')
			quiet = true;
		else if (!strchr(wanted, option))
			wanted[strlen(wanted)] = option;
	}
	if (argc != optind)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, quiet);
	if (!*wanted && !system)
		all = true;
	print_system(*wanted || all ? wanted : "s", all, system);
	return tool_end(&tool);
}
