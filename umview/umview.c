/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umview - run a command in a view of its own: the three roles. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "guestrun.h"
#include "netprint.h"
#include "options.h"
#include "session.h"
#include "um_lib.h"
#include "util.h"

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
	options_parse(&session, argc, argv);
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
