/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helper programs: children of the monitor that are not guests. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "process.h"
#include "um_module.h"
#include "util.h"

/* Helpers have its read end as stdin: nothing ever comes, and end of file says
   that the session is over. */
static int life[2] = { -1, -1 };
static pid_t *helpers;
static unsigned count, room;

bool helper_is(pid_t pid)
{
	for (unsigned i = 0; i < count; i++)
		if (helpers[i] == pid)
			return true;
	return false;
}

bool helper_gone(pid_t pid)
{
	for (unsigned i = 0; i < count; i++)
		if (helpers[i] == pid) {
			helpers[i] = helpers[--count];
			return true;
		}
	return false;
}

int um_kill(pid_t pid, int signal)
{
	if (!helper_is(pid))
		return -ESRCH;
	return kill(pid, signal) < 0 ? -errno : 0;
}

unsigned helper_count(void)
{
	return count;
}

void helper_dismiss(void)
{
	if (life[1] >= 0)
		close(life[1]);
	life[1] = -1;
}

void helper_kill_all(int signal)
{
	for (unsigned i = 0; i < count; i++)
		kill(helpers[i], signal);
}

/* The first of these directories, separated by colons, with such a program in it. */
static char *program_in(const char *directories, const char *name)
{
	while (directories && *directories) {
		size_t n = strcspn(directories, ":");
		autofree char *path = xasprintf("%.*s/%s", (int)n, directories, name);

		if (access(path, X_OK) == 0)
			return take_pointer(path);
		directories += n + (directories[n] == ':');
	}
	return NULL;
}

char *helper_find(const char *name)
{
	char *path;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	path = program_in(getenv("UMVIEW_LIBEXEC"), name);
	if (!path)
		path = program_in(LIBEXEC_DIR, name);
	return path ? path : program_in(getenv("PATH"), name);
}

static void helper_exec(char *const argv[])
{
	autofree char *path = helper_find(argv[0]);

	if (path)
		execv(path, argv);
	execvp(argv[0], argv);
}

/* In the child.  Reports a failure through `report`. */
static void helper_become(char *const argv[], int fd, int tid, int report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char cwd[32] = "/";
	sigset_t none;
	int error;

	/* Neither end may be in the way of descriptors 0 to 3. */
	report = fcntl(report, F_DUPFD_CLOEXEC, 10);
	if (fd >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	/* In the monitor's session, as the monitor in the guests'; the terminal's
	   signals stay ignored, as the monitor has them. */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (tid)
		snprintf(cwd, sizeof(cwd), "/proc/%d/cwd", tid);
	/* Nobody can give a stack the guest's end of a socket: see lib/stack_end.c. */
	if (guest_copies_denied())
		setenv("UMVIEW_KEEP_ENDS", "1", 1);
	if (chdir(cwd) == 0 && null >= 0 && dup2(life[0], 0) >= 0 && dup2(null, 1) >= 0 &&
	    (fd < 0 || dup2(fd, 3) >= 0))
		helper_exec(argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(127);
	_exit(126);
}

pid_t um_spawn(char *const argv[], int fd, int tid)
{
	autoclose int read_end = -1;
	int report[2], error = 0;
	pid_t pid;

	if ((life[0] < 0 && pipe2(life, O_CLOEXEC) < 0) || pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	read_end = report[0];
	pid = fork();
	if (pid == 0)
		helper_become(argv, fd, tid, report[1]);
	error = pid < 0 ? errno : 0;
	close(report[1]);
	if (error)
		return -error;
	if (count == room) {
		room = room ? room * 2 : 16;
		helpers = xrealloc(helpers, room, sizeof(*helpers));
	}
	helpers[count++] = pid;
	/* End of file at its exec; that is a matter of a millisecond. */
	if (read(read_end, &error, sizeof(error)) == sizeof(error))
		return -error;
	return pid;
}
