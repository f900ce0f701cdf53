/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - what one umview consists of.
 *
 *   front      what the user's shell started and waits for: takes the exit status
 *    keeper    outlives the monitor: kills what it leaves, removes its directory
 *     monitor  the supervisor; parent of the guests, so that Yama lets it look
 *      guest   the command, in the front's session and process group
 *
 * The front ends with the first guest.  Keeper and monitor stay while any
 * guest is left, in a session of their own: no terminal signal reaches them.
 * Whoever of the three dies first, the others see it and end the view: the front and the
 * keeper wait for their child, the keeper's death is the monitor's SIGTERM, and the
 * front's death is end of file on the socket between front and monitor.
 */
#ifndef SESSION_H
#define SESSION_H

#include <signal.h>
#include <stdbool.h>

#include "mountspec.h"
#include "netspec.h"

struct session {
	char		**command;	/* NULL-terminated */
	const char	 *name;		/* of the view; NULL: none */
	const char	 *rc_file;	/* NULL: ~/.viewosrc */
	const char	**preload;	/* NULL-terminated */
	unsigned	  preloads;
	struct netspec	  net;		/* the network that the command is to have */
	struct mountspec  mounts;
	bool		  print;	/* only say what would be done */
	bool		  quiet;
	bool		  closed[3];	/* the guest is to have no stdin, stdout, stderr */
	sigset_t	  mask;		/* the signal mask that the guest is to have */
};

/* From monitor to front, each one message. */
struct report {
	enum { REPORT_STARTED = 1, REPORT_STOPPED, REPORT_ENDED } what;
	int	value;			/* pid; stop signal; wait status */
	bool	last;			/* REPORT_ENDED: no guest is left, all is cleaned up */
};

/* None of these returns, but front_run(), which returns the exit status. */
int front_run(pid_t keeper, int monitor);
void keeper_run(const struct session *session, int front) __attribute__((noreturn));
void monitor_run(const struct session *session, int front) __attribute__((noreturn));

/* Point stdin, stdout and, if asked, stderr at /dev/null. */
void stdio_close(bool error_too);

#endif
