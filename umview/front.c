/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front stands for the command towards the user's shell: it stops when the
 * command stops, passes on signals that were meant for the command, and exits
 * as the command did.
 *
 * Signals of the terminal reach the guest by themselves, as it is in our
 * process group: only those that a process sent (si_code <= 0) are passed on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "guest.h"
#include "session.h"
#include "util.h"

static const int passed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH,
	SIGTSTP, SIGTTIN, SIGTTOU,
};

/* Before there is a guest, what would have ended it ends us, and so the view. */
static void front_pass_on(int signals, pid_t guest)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (guest > 0 && info.ssi_code <= 0)
			kill(guest, info.ssi_signo);
		if (!guest && (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT ||
			       info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT))
			exit(128 + info.ssi_signo);
	}
}

/*
 * The command has stopped: so do we, for the shell to see; and go on with it.
 * But if we were stopped with it, the news comes late: a moment later it must
 * still be true.
 */
static void front_stop(pid_t guest)
{
	enum { MOMENT = 20000 };	/* us */

	usleep(MOMENT);
	if (guest_state(guest) != 'T')
		return;
	kill(getpid(), SIGSTOP);
	if (guest > 0)
		kill(guest, SIGCONT);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The monitor is gone without a word: the keeper is ending what is left. */
static int front_abandoned(pid_t keeper)
{
	int status = 0;

	while (waitpid(keeper, &status, 0) < 0 && errno == EINTR)
		;
	/* A failure to start was explained, and has its own status. */
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	warn("the monitor died; the view has ended");
	return EXIT_UMVIEW;
}

int front_run(pid_t keeper, int monitor)
{
	struct pollfd fds[2] = { { .fd = monitor, .events = POLLIN }, { .events = POLLIN } };
	struct report report;
	pid_t guest = 0;
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* If the keeper dies, what it was to kill is ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return EXIT_UMVIEW;
		if (fds[1].revents & POLLIN)
			front_pass_on(fds[1].fd, guest);
		if (!fds[0].revents)
			continue;
		if (recv(monitor, &report, sizeof(report), 0) != sizeof(report))
			return front_abandoned(keeper);
		switch (report.what) {
		case REPORT_STARTED:
			guest = report.value;
			break;
		case REPORT_STOPPED:
			front_stop(guest);
			break;
		case REPORT_ENDED:
			if (report.last)
				waitpid(keeper, NULL, 0);
			return exit_status(report.value);
		}
	}
}
