/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umview - run a command in a view of its own.  Options, then the three roles. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "doctor.h"
#include "guestrun.h"
#include "netprint.h"
#include "session.h"
#include "um_lib.h"
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
	"      --print-session            print all that as a script, and exit\n"
	"\n"
	"  -v, --version\n"
	"  -h, --help\n";

/* Options without a letter. */
enum { OPTION_DOCTOR = NET_OPTION_END, OPTION_DOCTOR_GUEST, OPTION_PRINT_SESSION };

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
	{ "print-session", no_argument, NULL, OPTION_PRINT_SESSION },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void session_parse(struct session *session, int argc, char **argv)
{
	static char *shell[2];
	unsigned preloads = 0;
	int option;

	session->preload = xcalloc(argc + 1, sizeof(*session->preload));
	while ((option = getopt_long(argc, argv, "+V:p:f:qvh", long_options, NULL)) != -1)
		switch (option) {
		case 'V':
			session->name = optarg;
			break;
		case 'p':
			session->preload[preloads++] = optarg;
			break;
		case 'f':
			session->rc_file = optarg;
			break;
		case 'q':
			session->quiet = true;
			break;
		case OPTION_DOCTOR:
			exit(doctor_run(argv + optind));
		case OPTION_DOCTOR_GUEST:	/* the doctor's own */
			exit(doctor_guest(optarg));
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
			if (option >= NET_SPEC && option < NET_OPTION_END) {
				netspec_take(&session->net, option, optarg);
				break;
			}
			fputs(usage, stderr);
			exit(EXIT_UMVIEW);
		}
	session->command = argv + optind;
	if (optind == argc) {
		shell[0] = getenv("SHELL");
		if (!shell[0] || !*shell[0])
			shell[0] = "/bin/sh";
		session->command = shell;
	}
}

/*
 * Inside a view there is a monitor already: it makes the new view, into which this very
 * process moves before it becomes the command.
 */
static void nested_run(const struct session *session)
{
	if (um_new_view() < 0)
		die("cannot make a view inside this one: %s", strerror(errno));
	if (session->name && um_set_viewname(session->name) < 0)
		die("bad view name '%s'", session->name);
	for (const char **module = session->preload; *module; module++)
		if (um_add_service(*module, 0) < 0)
			die("cannot load '%s': %s", *module, strerror(errno));
	if (!session->quiet && isatty(STDERR_FILENO))
		fputs("UMView: nested invocation\n\n", stderr);
	guest_become(session, true);
}

/* Descriptors 0 to 2 that we were started without: ours would land there. */
static void stdio_fill(struct session *session)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) == fd)
			session->closed[fd] = true;
}

int main(int argc, char **argv)
{
	static struct session session;	/* static: it lives as long as the process */
	int sockets[2];
	bool nested;
	pid_t keeper;

	session.quiet = getenv("_VIEWOS_QUIET") != NULL;
	stdio_fill(&session);
	session_parse(&session, argc, argv);
	sigprocmask(SIG_BLOCK, NULL, &session.mask);
	nested = um_check();
	netspec_finish(&session.net, nested);
	if (session.print) {
		netprint_session(&session, nested);
		return 0;
	}
	if (nested)
		nested_run(&session);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		die("socketpair: %s", strerror(errno));
	fflush(NULL);
	keeper = fork();
	if (keeper < 0)
		die("cannot fork: %s", strerror(errno));
	if (keeper == 0) {
		close(sockets[0]);
		keeper_run(&session, sockets[1]);
	}
	close(sockets[1]);
	return front_run(keeper, sockets[0]);
}
