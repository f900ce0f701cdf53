/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seccomp's user notification, as a session uses it: a child loads a filter whose
 * listener is ours too (a shared table of descriptors), makes a call, and gets a descriptor
 * as its answer, which it reads from.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "notification.h"
#include "container.h"
#include "doctor.h"
#include "filter.h"
#include "guestrun.h"
#include "um_lib.h"
#include "util.h"

/* Linux 5.14; not all headers have them. */
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND	(1ul << 1)
#endif

struct trial {
	int	made[2], go[2], given[2];	/* pipes; `given` is what the call answers with */
	int	listener;			/* or -errno */
	bool	killable;
};

static const char letter = 'v';

/* In the child: a filter that asks about getppid(2), and such a call. */
static void trial_guest(const struct trial *t)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };
	struct trial made = *t;
	char got = 0;
	int fd;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	made.listener = filter_load(&program, &made.killable);
	if (write(t->made[1], &made, sizeof(made)) != sizeof(made) || read(t->go[0], &got, 1) != 1)
		_exit(1);
	fd = syscall(SYS_getppid);
	_exit(fd >= 0 && read(fd, &got, 1) == 1 && got == letter ? 0 : 2);
}

/* Starts the child, and waits until it has its listener or has failed.  0 or -errno. */
static int trial_start(struct trial *t, pid_t *pid)
{
	struct trial made;

	if (pipe(t->made) < 0 || pipe(t->go) < 0 || pipe(t->given) < 0 ||
	    write(t->given[1], &letter, 1) != 1)
		return -errno;
	*pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (*pid < 0)
		return -errno;
	if (*pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		trial_guest(t);
	}
	/* The other end of the pipe is ours too: its death would not show there. */
	for (;;) {
		struct timespec pause = { 0, 1000000 };
		siginfo_t info = { 0 };
		int unread = 0;

		if (ioctl(t->made[0], FIONREAD, &unread) == 0 && unread == sizeof(made))
			break;
		if (waitid(P_PID, *pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
			return -EL2HLT;
		nanosleep(&pause, NULL);
	}
	if (read(t->made[0], &made, sizeof(made)) != sizeof(made))
		return -EIO;
	if (descriptors_unshare() < 0)
		return -errno;
	t->listener = made.listener;
	t->killable = made.killable;
	return 0;
}

/* Answers the child's one call with our descriptor, in one step or in two.  0 or -errno. */
static int trial_answer(struct trial *t, bool at_once)
{
	union { struct seccomp_notif notif; char room[512]; } call;
	union { struct seccomp_notif_resp answer; char room[512]; } reply;
	struct seccomp_notif_addfd add = { .srcfd = t->given[0] };
	int fd;

	memset(&call, 0, sizeof(call));
	memset(&reply, 0, sizeof(reply));
	if (write(t->go[1], "", 1) != 1 ||
	    ioctl(t->listener, SECCOMP_IOCTL_NOTIF_RECV, &call.notif) < 0)
		return -errno;
	add.id = reply.answer.id = call.notif.id;
	add.flags = at_once ? SECCOMP_ADDFD_FLAG_SEND : 0;
	fd = ioctl(t->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (fd < 0)
		return -errno;
	reply.answer.val = fd;
	if (!at_once && ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply.answer) < 0)
		return -errno;
	return 0;
}

static void listener_explain(struct finding *f, int error, pid_t pid)
{
	int status = 0;

	if (error == -EL2HLT) {
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			raise(SIGSYS);	/* whoever waits for us explains that */
		found(f, NO, NULL, "seccomp(2): the child that loaded the filter died (status %#x)",
				status);
	} else if (error == -EBUSY) {
		found(f, NO, "run umview where no other monitor watches: outside of it, or with "
			"the container manager's seccomp notification off", "seccomp(2): %s: there is "
			"a listener already (a container manager's, or another monitor's)",
			strerror(EBUSY));
	} else {
		/* This operation needs no right and no flag. */
		uint32_t action = SECCOMP_RET_ALLOW;

		found_error(f, "seccomp(2)", -error,
			syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0);
	}
}

static void part_judge(struct finding *f, struct trial *t, pid_t pid, int part)
{
	bool sync;
	int rc, status = 0;

	switch (part) {
	case KILLABLE:
		if (t->killable)
			found(f, OK, NULL, "an answer reaches a guest that gets a signal meanwhile");
		else
			found(f, WARN, "Linux 5.19 or later", "WAIT_KILLABLE_RECV: not in this kernel; "
				"a signal may make a call happen twice");
		return;
	case SYNC_WAKE_UP:
		sync = notification_sync_wake_up(t->listener);
		if (sync)
			found(f, OK, NULL, "guest and monitor take turns on one processor");
		else
			found(f, WARN, "Linux 6.6 or later", "SYNC_WAKE_UP: not in this kernel; "
				"intercepted calls are slower");
		return;
	}
	rc = trial_answer(t, part != ADDFD);
	if (rc < 0) {
		found(f, NO, rc == -EINVAL ? "Linux 5.14 or later" : NULL, "%s: %s", part == ADDFD ?
			"SECCOMP_IOCTL_NOTIF_ADDFD" : "SECCOMP_ADDFD_FLAG_SEND", strerror(-rc));
		return;
	}
	waitpid(pid, &status, 0);
	if (status)
		found(f, NO, NULL, "the child did not get the descriptor (status %#x)", status);
	else if (part == LISTENER)
		found(f, OK, NULL, "a child's call came here, and was answered");
	else
		found(f, OK, NULL, "a child got a descriptor %s, and read from it",
			part == ADDFD ? "before the answer" : "as the answer");
}

void probe_listener(struct finding *f, int part)
{
	struct trial t = { .listener = -1 };
	pid_t pid = 0;
	int rc = trial_start(&t, &pid);

	if (rc == 0 && t.listener < 0)
		rc = t.listener;
	if (rc < 0 && part != LISTENER)
		found(f, SKIPPED, NULL, "not tried: there is no listener");
	else if (rc < 0)
		listener_explain(f, rc, pid);
	else
		part_judge(f, &t, pid, part);
	if (pid > 0)
		kill(pid, SIGKILL);
}

/* Numbers that the kernel does not know are ENOSYS, or a filter has its own answer. */
void probe_virtual(struct finding *f, int unused)
{
	struct um_view_info info;
	int rc = syscall(UMV_VIEW_INFO, &info, sizeof(info)), error = errno;

	(void)unused;
	if (um_view_getinfo(&info) >= 0)
		found(f, OK, NULL, "inside view %d: its monitor (pid %d) answers%s", info.view,
				info.server, rc < 0 ? " by prctl(2)" : "");
	else if (error == ENOSYS)
		found(f, OK, NULL, "not inside a view; no filter is in their way");
	else
		found(f, WARN, "let the container's seccomp profile answer ENOSYS to unknown calls",
			"a number that the kernel does not know is answered with '%s': by a seccomp "
			"filter, which comes before ours; the tools use prctl(2)", strerror(error));
}

/* With a bad pointer it is EFAULT for everybody; a filter says so before. */
void probe_mount(struct finding *f, int unused)
{
	(void)unused;
	if (!container_denies_mount()) {
		found(f, OK, NULL, "mount(2) reaches the kernel, and so the monitor");
		return;
	}
	found_error(f, "mount(2)", errno, true);
	found_lesser(f, "in views, mount and umount are um_mount(1)");
}
