/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor does to its guests: looking at a child's memory and descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "doctor.h"
#include "util.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static char word[] = "seen";	/* at the same address in the child */

static void sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static ssize_t transfer(pid_t pid, bool write_it)
{
	char copy[sizeof(word)] = "";
	struct iovec here = { copy, sizeof(copy) }, there = { word, sizeof(word) };
	ssize_t n;

	if (write_it) {
		memcpy(copy, "SEEN", sizeof(copy));
		return process_vm_writev(pid, &here, 1, &there, 1, 0);
	}
	n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	return n == sizeof(word) && memcmp(copy, word, n) == 0 ? n : n < 0 ? n : 0;
}

static ssize_t memory_file(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/mem", pid);
	autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	char copy[sizeof(word)];

	if (fd < 0 || pread(fd, copy, sizeof(copy), (intptr_t)word) != sizeof(copy))
		return -1;
	return pwrite(fd, copy, sizeof(copy), (intptr_t)word);
}

static int descriptor_copy(pid_t pid)
{
	struct stat ours, copied;
	int pidfd = syscall(SYS_pidfd_open, pid, 0), ends[2], copy;

	if (pidfd < 0 || pipe(ends) < 0)
		return -1;
	/* A child of before the pipe does not have it: take what it has. */
	copy = syscall(SYS_pidfd_getfd, pidfd, 2, 0);
	if (copy < 0)
		return -1;
	return fstat(2, &ours) == 0 && fstat(copy, &copied) == 0 && ours.st_ino == copied.st_ino;
}

/* As contexts are kept: the soft limit below infinity, and back. */
static int limit_set(pid_t pid)
{
	struct rlimit old, new, seen;

	if (prlimit(pid, RLIMIT_RTTIME, NULL, &old) < 0)
		return -1;
	new = old;
	new.rlim_cur = old.rlim_max - 1;
	if (prlimit(pid, RLIMIT_RTTIME, &new, NULL) < 0 ||
	    prlimit(pid, RLIMIT_RTTIME, &old, &seen) < 0)
		return -1;
	return seen.rlim_cur == new.rlim_cur;
}

static int look_try(pid_t pid, int look)
{
	switch (look) {
	case PIDFD_OPEN:
		return syscall(SYS_pidfd_open, pid, 0);
	case PIDFD_OF_THREAD:
		return syscall(SYS_pidfd_open, pid, PIDFD_THREAD);
	case PIDFD_GETFD:
		return descriptor_copy(pid);
	case VM_READ:
	case VM_WRITE:
		return transfer(pid, look == VM_WRITE);
	case PROC_MEM:
		return memory_file(pid);
	default:
		return limit_set(pid);
	}
}

/* Calls to which the kernel would not say EPERM or ENOSYS: a filter does. */
static bool look_filtered(int look)
{
	int rc;

	switch (look) {
	case PIDFD_OPEN:
	case PIDFD_OF_THREAD:
		rc = syscall(SYS_pidfd_open, -1, 0);
		break;
	case PIDFD_GETFD:
		rc = syscall(SYS_pidfd_getfd, -1, 0, 0);
		break;
	case VM_READ:
	case VM_WRITE:
		rc = transfer(getpid(), look == VM_WRITE);
		break;
	case RTTIME:
		rc = prlimit(0, RLIMIT_RTTIME, NULL, NULL);
		break;
	default:
		return false;
	}
	return rc < 0 && errno != EINVAL && errno != EBADF;
}

void probe_look(struct finding *f, int look)
{
	static const struct {
		const char *call, *done;
		const char *without;	/* what takes its place */
	} looks[] = {
		[PIDFD_OPEN] = { "pidfd_open(2)", "of a child",
			"there is a second way, which is slower" },
		[PIDFD_OF_THREAD] = { "pidfd_open(2) with PIDFD_THREAD", "of a child's thread" },
		[PIDFD_GETFD] = { "pidfd_getfd(2)", "a child's descriptor was copied",
			"sockets are known by /proc: see IN A CONTAINER in umview(1)" },
		[VM_READ] = { "process_vm_readv(2)", "a child's memory was read",
			"/proc/PID/mem takes its place" },
		[VM_WRITE] = { "process_vm_writev(2)", "a child's memory was written" },
		[PROC_MEM] = { "/proc/PID/mem", "a child's memory was read and written",
			"it is needed only where process_vm_readv(2) is denied" },
		[RTTIME] = { "prlimit(2)", "a child's RLIMIT_RTTIME was set" },
	};
	pid_t pid = doctor_fork(sleep_for_ever, NULL);
	int rc = pid < 0 ? -1 : look_try(pid, look), error = errno;

	if (rc > 0) {
		found(f, OK, NULL, "%s", looks[look].done);
	} else if (rc == 0) {
		found(f, NO, NULL, "%s: another answer than expected", looks[look].call);
	} else if (look == PIDFD_OF_THREAD && error == EINVAL) {
		found(f, WARN, "Linux 6.9 or later", "PIDFD_THREAD: not in this kernel; sockets of a "
			"program whose first thread has ended cannot be told apart");
	} else {
		found_error(f, looks[look].call, error, look_filtered(look));
		/* Writing has the way that reading has. */
		if (looks[look].without)
			found_lesser(f, looks[look].without);
		else if (look == VM_WRITE && look_filtered(VM_READ))
			found_lesser(f, looks[VM_READ].without);
	}
}

void probe_yama(struct finding *f, int unused)
{
	autoclose int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char scope = 0;

	(void)unused;
	if (fd < 0 && errno == ENOENT)
		found(f, OK, NULL, "no Yama in this kernel");
	else if (fd < 0 || read(fd, &scope, 1) != 1)
		found(f, WARN, NULL, "kernel.yama.ptrace_scope: %s", strerror(errno));
	else if (scope <= '1')
		found(f, OK, NULL, "kernel.yama.ptrace_scope is %c: the monitor may look at its "
			"descendants", scope);
	else
		found(f, WARN, "sysctl kernel.yama.ptrace_scope=1 (3 lasts until the next boot)",
			"kernel.yama.ptrace_scope is %c: nobody %smay look at other processes; "
			"process_vm_readv above says if we may", scope,
			scope == '2' ? "without CAP_SYS_PTRACE " : "");
}
