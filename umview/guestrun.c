/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "container.h"
#include "filter.h"
#include "guestrun.h"
#include "netsetup.h"
#include "util.h"

/* What the guest tells through the first pipe. */
struct made {
	int	listener;	/* or -errno */
	bool	killable;
};

/* With CAP_SYS_ADMIN a filter needs no "no new privileges": su keeps working. */
static bool may_filter(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (caps) {
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &value);
		cap_free(caps);
	}
	return value == CAP_SET;
}

/* Run an rc file inside the view, if it is there and executable.  argument: its first,
   or NULL. */
static void rc_run(const char *path, const char *argument)
{
	int status = 0;
	pid_t pid;

	if (access(path, X_OK) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		execl(path, path, argument, (char *)NULL);
		warn("cannot execute '%s': %s", path, strerror(errno));
		_exit(126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		warn("'%s' did not end well", path);
		_exit(EXIT_UMVIEW);
	}
}

void guest_become(const struct session *session, bool nested)
{
	const char *home = getenv("HOME"), *argument = nested ? "nested" : NULL;

	sigprocmask(SIG_SETMASK, &session->mask, NULL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (session->closed[fd])
			close(fd);
	if (container_denies_mount())
		container_set_path();
	netsetup_run(&session->net, &session->mounts, nested);
	rc_run("/etc/viewosrc", argument);
	if (session->rc_file) {
		rc_run(session->rc_file, argument);
	} else if (home) {
		autofree char *own = xasprintf("%s/.viewosrc", home);

		rc_run(own, argument);
	}
	execvp(session->command[0], session->command);
	warn("cannot execute '%s': %s", session->command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void guest_run(const struct session *session, const struct sock_fprog *program,
		int made_to, int go_from)
{
	struct made made = { 0 };
	char byte;

	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!may_filter())
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	made.listener = filter_load(program, &made.killable);
	if (write(made_to, &made, sizeof(made)) != sizeof(made))
		_exit(EXIT_UMVIEW);
	/* End of file: the monitor is gone. */
	if (read(go_from, &byte, 1) != 1)
		_exit(EXIT_UMVIEW);
	close(made.listener);
	prctl(PR_SET_PDEATHSIG, 0);
	guest_become(session, false);
}

/* The pipe's other end is ours too: only the child itself tells of its death. */
static bool made_wait(int made_from, pid_t pid)
{
	enum { LOOK = 50 };	/* ms between looks, where no pidfd is to be had */
	autoclose int pidfd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[2] = {
		{ .fd = made_from, .events = POLLIN }, { .fd = pidfd, .events = POLLIN },
	};
	siginfo_t dead = { 0 };
	int n;

	while ((n = poll(fds, 2, pidfd < 0 ? LOOK : -1)) <= 0)
		if ((n < 0 && errno != EINTR) ||
		    (waitid(P_PID, pid, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid))
			break;
	return n > 0 && fds[0].revents & POLLIN;
}

/* Containers deny unshare(2).  There is no descriptor ~0: nothing is closed. */
int descriptors_unshare(void)
{
	enum { UNSHARE = 2 };	/* CLOSE_RANGE_UNSHARE */

	if (unshare(CLONE_FILES) == 0)
		return 0;
	return syscall(SYS_close_range, ~0u, ~0u, UNSHARE);
}

pid_t guest_start(struct guest_start *start, const struct session *session)
{
	struct sock_fprog *program = filter_build();
	int made_pipe[2], go_pipe[2];
	struct made made;
	pid_t pid;

	if (pipe2(made_pipe, O_CLOEXEC) < 0 || pipe2(go_pipe, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		die("cannot clone: %s", strerror(errno));
	if (pid == 0)
		guest_run(session, program, made_pipe[1], go_pipe[0]);
	if (!made_wait(made_pipe[0], pid) ||
	    read(made_pipe[0], &made, sizeof(made)) != sizeof(made))
		die("the first guest died before it began");
	/* From here on our table is our own. */
	if (descriptors_unshare() < 0)
		die("the table of descriptors cannot be unshared: %s", strerror(errno));
	if (made.listener == -EBUSY)
		die("a supervisor of system calls is there already (a container manager's?)");
	if (made.listener < 0)
		die("the kernel refuses the filter: %s", strerror(-made.listener));
	close(made_pipe[0]);
	close(made_pipe[1]);
	close(go_pipe[0]);
	free(program->filter);
	free(program);
	*start = (struct guest_start){ made.listener, made.killable, go_pipe[1] };
	return pid;
}

void guest_go(struct guest_start *start)
{
	if (write(start->go, "", 1) != 1)
		die("the first guest died before it began");
	close(start->go);
	start->go = -1;
}
