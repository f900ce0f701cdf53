/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "options.h"
#include "profile.h"
#include "util.h"

static const char usage[] =
	"Usage: umview [options] [--] [command [args]]\n"
	"Run a command (by default $SHELL) in a view of its own.\n\n"
	"  -V, --viewname NAME            name the view\n"
	"  -p, --preload MODULE[,OPTS]    load a module first (repeatable)\n"
	"  -f, --rc FILE                  instead of ~/.viewosrc\n"
	"  -q, --quiet                    no banner\n"
	"      --doctor [--json]          try what umview needs here, and tell\n"
	"\nThe network:\n"
	"      --net SPEC                 none, host (the host's), lo (a loopback), kernel (the\n"
	"                                 kernel's loopback), slirp (the world), a wire's URL,\n"
	"                                 kernel:slirp or kernel:URL, or a stack's path\n"
	"      --addr ADDRESS/BITS|dhcp   an address of it (repeatable)\n"
	"      --gw ADDRESS               its default gateway (one IPv4, one IPv6)\n"
	"      --dns ADDRESS              a name server (repeatable)\n"
	"      --mac ADDRESS, --mtu N     of its interface\n"
	"      --allow-host-loopback      slirp: 10.0.2.2 is the host's loopback\n"
	"\nAnd more:\n"
	"      --mount TYPE:SOURCE:TARGET[:OPTIONS]\n"
	"                                 as mount(8), before the command starts (repeatable)\n"
	"      --profile NAME             options from ~/.config/umview/NAME.profile\n"
	"      --print-session            print all that as a script, and exit\n"
	"\n"
	"  -v, --version\n"
	"  -h, --help\n";

/* Options without a letter. */
enum { OPTION_DOCTOR = NET_OPTION_END, OPTION_DOCTOR_GUEST, OPTION_MOUNT,
	OPTION_PROFILE, OPTION_PRINT_SESSION };

static const struct option long_options[] = {
	{ "viewname", required_argument, NULL, 'V' },
	{ "preload", required_argument, NULL, 'p' },
	{ "rc", required_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "doctor", no_argument, NULL, OPTION_DOCTOR },
	{ "doctor-guest", required_argument, NULL, OPTION_DOCTOR_GUEST },
	{ "net", required_argument, NULL, NET_SPEC },
	{ "addr", required_argument, NULL, NET_ADDRESS },
	{ "gw", required_argument, NULL, NET_GATEWAY },
	{ "dns", required_argument, NULL, NET_DNS },
	{ "mac", required_argument, NULL, NET_MAC },
	{ "mtu", required_argument, NULL, NET_MTU },
	{ "allow-host-loopback", no_argument, NULL, NET_HOST_LOOPBACK },
	{ "mount", required_argument, NULL, OPTION_MOUNT },
	{ "profile", required_argument, NULL, OPTION_PROFILE },
	{ "print-session", no_argument, NULL, OPTION_PRINT_SESSION },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void preload_add(struct session *session, const char *module)
{
	session->preload = xrealloc(session->preload, session->preloads + 2, sizeof(*session->preload));
	session->preload[session->preloads++] = module;
	session->preload[session->preloads] = NULL;
}

/* One that a profile may have, too. */
static bool option_take(struct session *session, int option, const char *value)
{
	switch (option) {
	case 'V':
		session->name = value;
		return true;
	case 'p':
		preload_add(session, value);
		return true;
	case 'f':
		session->rc_file = value;
		return true;
	case 'q':
		session->quiet = true;
		return true;
	case OPTION_MOUNT:
		mountspec_take(&session->mounts, value);
		return true;
	default:
		if (option < NET_SPEC || option >= NET_OPTION_END)
			return false;
		netspec_take(&session->net, option, value);
		return true;
	}
}

/* Those that do something else, or end. */
static void option_other(struct session *session, int option, char **rest)
{
	switch (option) {
	case OPTION_DOCTOR:
		exit(doctor_run(rest));
	case OPTION_DOCTOR_GUEST:	/* the doctor's own */
		exit(doctor_guest(optarg));
	case OPTION_PROFILE:
		profile_read(session, optarg);
		break;
	case OPTION_PRINT_SESSION:
		session->print = true;
		break;
	case 'v':
		printf("umview %s\n", UMVIEW_VERSION);
		exit(0);
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(EXIT_UMVIEW);
	}
}

const char *options_named(struct session *session, const char *name, const char *value)
{
	for (const struct option *o = long_options; o->name; o++) {
		if (strcmp(o->name, name))
			continue;
		if (o->has_arg == required_argument && !value)
			return "needs a value";
		if (o->has_arg == no_argument && value)
			return "has no value";
		return option_take(session, o->val, value) ? NULL : "is not for a profile";
	}
	return "is unknown";
}

void options_parse(struct session *session, int argc, char **argv)
{
	static char *shell[2];
	int option;

	session->preload = xcalloc(1, sizeof(*session->preload));
	while ((option = getopt_long(argc, argv, "+V:p:f:qvh", long_options, NULL)) != -1)
		if (!option_take(session, option, optarg))
			option_other(session, option, argv + optind);
	session->command = argv + optind;
	if (optind == argc) {
		shell[0] = getenv("SHELL");
		if (!shell[0] || !*shell[0])
			shell[0] = "/bin/sh";
		session->command = shell;
	}
}
