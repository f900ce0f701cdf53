/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keeper: see session.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process.h"
#include "runtime.h"
#include "session.h"
#include "util.h"

void stdio_close(bool error_too)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (error_too)
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* How many filters of system calls a process has; -1 if it is gone. */
static int filter_count(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/status", pid);
	FILE *status = fopen(path, "re");
	char line[128];
	int count = -1;

	if (!status)
		return -1;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp_filters: %d", &count) == 1)
			break;
	fclose(status);
	return count;
}

/* Helper programs are not filtered as the guests are. */
static bool is_helper(pid_t pid)
{
	return filter_count(pid) <= filter_count(getpid());
}

/*
 * Whatever is below us now has lost its monitor.  Guests end at once: half of
 * their calls fail by now.  Helpers end by themselves, and tidy up, as
 * they see the monitor's end of their sockets closed; but not for long.
 */
static void keeper_sweep(void)
{
	enum { ROUNDS = 1000, POLITE = 100 };	/* a fork bomb may need a few */

	for (unsigned i = 0; i < ROUNDS; i++) {
		process_signal_tree(getpid(), SIGKILL, 0, i < POLITE ? is_helper : NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		usleep(i < POLITE ? 2000 : 10000);
	}
}

void keeper_run(const struct session *session, int front)
{
	pid_t monitor, pid;
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	monitor = fork();
	if (monitor < 0)
		die("cannot fork: %s", strerror(errno));
	if (monitor == 0)
		monitor_run(session, front);
	close(front);
	setsid();
	stdio_close(true);
	if (chdir("/") < 0)
		_exit(EXIT_UMVIEW);
	do
		pid = waitpid(-1, &status, 0);
	while (pid != monitor && (pid > 0 || errno == EINTR));
	keeper_sweep();
	runtime_remove(monitor);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}
