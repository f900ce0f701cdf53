/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "guest.h"
#include "process.h"
#include "util.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL	/* Linux 6.9: a pidfd for a thread */
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/*
 * Pidfds of the threads seen last.  A stale entry is harmless: a pidfd never
 * comes to mean another process, it answers ESRCH and is opened anew.
 */
static struct { pid_t tid; int pidfd; } pidfds[256];
static unsigned pidfd_count;

/* What this machine denies us, by a filter that was there first: see guest_probe(). */
static bool copies_denied, memory_denied;

static bool is_denied(void)
{
	return errno == EPERM || errno == ENOSYS;
}

void guest_probe(void)
{
	char from = 0, to;
	struct iovec here = { &to, 1 }, there = { &from, 1 };
	autoclose int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	autoclose int copy = -1;

	if (pidfd >= 0)
		copy = syscall(SYS_pidfd_getfd, pidfd, pidfd, 0);
	copies_denied = copy < 0 && is_denied();
	memory_denied = process_vm_readv(getpid(), &here, 1, &there, 1, 0) < 0 && is_denied();
}

bool guest_copies_denied(void)
{
	return copies_denied;
}

/* Where process_vm_readv(2) and process_vm_writev(2) are denied. */
static int guest_memory(pid_t tid, uint64_t address, void *in, const void *out, size_t len)
{
	char path[32];
	autoclose int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	fd = open(path, (in ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : errno == EACCES ? -EPERM : -errno;
	n = in ? pread(fd, in, len, address) : pwrite(fd, out, len, address);
	return n >= 0 && (size_t)n == len ? 0 : -EFAULT;
}

int guest_read(pid_t tid, uint64_t address, void *buffer, size_t len)
{
	struct iovec here = { buffer, len }, there = { (void *)(uintptr_t)address, len };
	ssize_t n;

	if (!len)
		return 0;
	if (memory_denied)
		return guest_memory(tid, address, buffer, NULL, len);
	n = process_vm_readv(tid, &here, 1, &there, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

int guest_write(pid_t tid, uint64_t address, const void *buffer, size_t len)
{
	struct iovec here = { (void *)buffer, len }, there = { (void *)(uintptr_t)address, len };
	ssize_t n;

	if (!len)
		return 0;
	if (memory_denied)
		return guest_memory(tid, address, NULL, buffer, len);
	n = process_vm_writev(tid, &here, 1, &there, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

ssize_t guest_string(pid_t tid, uint64_t address, size_t max, char **text)
{
	/* Read no further than the page's end: the next may not be there. */
	enum { PAGE = 4096 };
	char *string = NULL;
	size_t have = 0;

	if (!address)
		return -EFAULT;
	while (have < max) {
		size_t part = PAGE - (address + have) % PAGE;
		char *end;
		int rc;

		if (!have && part > 256)
			part = 256;	/* most are short: copy little */
		if (part > max - have)
			part = max - have;
		string = xrealloc(string, have + part, 1);
		rc = guest_read(tid, address + have, string + have, part);
		if (rc < 0) {
			free(string);
			return rc;
		}
		end = memchr(string + have, 0, part);
		if (end) {
			*text = string;
			return end - string;
		}
		have += part;
	}
	free(string);
	return -ENAMETOOLONG;
}

/* Before Linux 6.9 a pidfd is a process's: the thread's leader has to do. */
static int pidfd_open_thread(pid_t tid)
{
	int pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (pidfd < 0 && errno == EINVAL)
		pidfd = syscall(SYS_pidfd_open, process_of(tid), 0);
	return pidfd < 0 ? -errno : pidfd;
}

static void pidfd_forget(unsigned slot)
{
	if (!pidfds[slot].tid)
		return;
	close(pidfds[slot].pidfd);
	pidfds[slot].tid = 0;
	pidfd_count--;
}

/* At most a quarter of the descriptors there may be. */
static void pidfds_limit(void)
{
	static unsigned most;

	if (!most)
		most = sysconf(_SC_OPEN_MAX) / 4 + 1;
	if (pidfd_count < most)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(pidfds); i++)
		pidfd_forget(i);
}

int guest_descriptor(pid_t tid, int fd)
{
	unsigned slot = tid % ARRAY_SIZE(pidfds);
	int copy;

	if (copies_denied)
		return -EOPNOTSUPP;
	for (int try = 0; try < 2; try++) {
		if (pidfds[slot].tid != tid || try) {
			pidfd_forget(slot);
			pidfds_limit();
			pidfds[slot].pidfd = pidfd_open_thread(tid);
			if (pidfds[slot].pidfd < 0)
				return pidfds[slot].pidfd;
			pidfds[slot].tid = tid;
			pidfd_count++;
		}
		copy = syscall(SYS_pidfd_getfd, pidfds[slot].pidfd, fd, 0);
		if (copy >= 0)
			return copy;
		if (errno != ESRCH)
			break;
	}
	return -errno;
}

int64_t guest_socket(pid_t tid, int fd)
{
	char path[48], text[32];
	uint64_t inode;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	n = fd < 0 ? 0 : readlink(path, text, sizeof(text) - 1);
	if (n < 0 && errno == EACCES)
		return -EPERM;
	if (n <= 0)
		return -EBADF;
	text[n] = 0;
	return sscanf(text, "socket:[%" SCNu64 "]", &inode) == 1 ? (int64_t)inode : -ENOTSOCK;
}

bool guest_socket_is_local(pid_t tid, int fd)
{
	char path[48], name[16];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	return getxattr(path, "system.sockprotoname", name, sizeof(name)) >= 4 &&
	       memcmp(name, "UNIX", 4) == 0;
}

int guest_credentials(pid_t tid, uid_t *uid, gid_t *gid)
{
	char path[32], line[128];
	int found = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	status = fopen(path, "re");
	if (!status)
		return -ESRCH;
	while (found < 2 && fgets(line, sizeof(line), status))
		found += sscanf(line, "Uid: %*u %u", uid) == 1 ||
			 sscanf(line, "Gid: %*u %u", gid) == 1;
	fclose(status);
	return found == 2 ? 0 : -ESRCH;
}

/* Collapse "//", "." and ".." of an absolute path, in place. */
static void path_collapse(char *path)
{
	char *to = path, *from = path;

	while (*from) {
		size_t n;

		while (*from == '/')
			from++;
		n = strcspn(from, "/");
		if (n == 0)
			break;
		if (n == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (n != 1 || from[0] != '.') {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = 0;
}

/* A link of /proc/TID as a directory's path; -1 if it is none, or the guest is gone. */
static ssize_t guest_link(pid_t tid, const char *name, char *text, size_t size)
{
	autofree char *link = xasprintf("/proc/%d/%s", tid, name);
	ssize_t n = readlink(link, text, size - 1);

	if (n < 0 || text[0] != '/')
		return -1;
	text[n] = 0;
	return n;
}

/* A line of /proc/TID/fdinfo/FD, by the scanf format of its one number.  False: there is none. */
static bool guest_fdinfo(pid_t tid, int fd, const char *format, void *number)
{
	autofree char *path = xasprintf("/proc/%d/fdinfo/%d", tid, fd);
	FILE *info = fopen(path, "re");
	bool found = false;
	char line[64];

	while (info && !found && fgets(line, sizeof(line), info))
		found = sscanf(line, format, number) == 1;
	if (info)
		fclose(info);
	return found;
}

bool guest_close_on_exec(pid_t tid, int fd)
{
	unsigned flags;

	return guest_fdinfo(tid, fd, "flags: %o", &flags) && flags & O_CLOEXEC;
}

long long guest_position(pid_t tid, int fd)
{
	long long at;

	return guest_fdinfo(tid, fd, "pos: %lld", &at) ? at : -1;
}

char *guest_directory(pid_t tid, int fd)
{
	char link[32], text[PATH_MAX];

	snprintf(link, sizeof(link), "fd/%d", fd);
	return guest_link(tid, link, text, sizeof(text)) < 0 ? NULL : xstrdup(text);
}

char *guest_absolute(pid_t tid, int dirfd, const char *path)
{
	char cwd[PATH_MAX], link[32] = "cwd";
	char *absolute;

	if (path[0] == '/') {
		absolute = xstrdup(path);
	} else {
		if (dirfd != AT_FDCWD)
			snprintf(link, sizeof(link), "fd/%d", dirfd);
		if (guest_link(tid, link, cwd, sizeof(cwd)) < 0)
			return NULL;
		absolute = xasprintf("%s/%s", cwd, path);
	}
	path_collapse(absolute);
	return absolute;
}

char *guest_absolute_rooted(pid_t tid, int dirfd, const char *path)
{
	char *absolute = guest_absolute(tid, dirfd, path);
	char root[PATH_MAX];
	ssize_t n = absolute && path[0] == '/' ? guest_link(tid, "root", root, sizeof(root)) : -1;
	char *rooted;

	if (n <= 1)
		return absolute;
	rooted = xasprintf("%s%s", root, absolute);
	free(absolute);
	return rooted;
}

char guest_state(pid_t tid)
{
	char path[32], text[256];
	autoclose int fd = -1;
	char *end;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = 0;
	end = strrchr(text, ')');	/* the command's name may hold anything */
	return end && end[1] == ' ' ? end[2] : 0;
}
