/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "quick.h"
#include "util.h"

/* Of the mounts that we see: those that are quick, and whether all are. */
static struct {
	unsigned *ids;		/* owned */
	unsigned  count;
	bool	  all;
} quick;

static bool line_is_slow(const char *line)
{
	static const char *const types[] = {
		" - fuse", " - nfs", " - autofs ", " - cifs ", " - smb", " - 9p ", " - ceph ",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		if (strstr(line, types[i]))
			return true;
	return false;
}

static void quick_add(const char *line)
{
	if (line_is_slow(line)) {
		quick.all = false;
		return;
	}
	if (!(quick.count & (quick.count - 1)))
		quick.ids = xrealloc(quick.ids, quick.count ? quick.count * 2 : 1,
				     sizeof(*quick.ids));
	quick.ids[quick.count++] = strtoul(line, NULL, 10);
}

/* The list as it is now: it is read again when the kernel says that it has changed. */
static void quick_update(void)
{
	static struct pollfd changed = { .fd = -1, .events = POLLPRI };
	autofree char *line = NULL;
	size_t room = 0;
	FILE *mounts;

	if (changed.fd >= 0 && poll(&changed, 1, 0) == 0)
		return;
	if (changed.fd < 0)
		changed.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	mounts = fopen("/proc/self/mountinfo", "re");
	quick.count = 0;
	quick.all = mounts;
	while (mounts && getline(&line, &room, mounts) > 0)
		quick_add(line);
	if (mounts)
		fclose(mounts);
}

static int look(int fd, struct statx *status)
{
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		     STATX_TYPE | STATX_MODE | STATX_INO | STATX_MNT_ID, status) < 0 ? -errno : 0;
}

bool quick_is(int fd)
{
	struct statx status;

	quick_update();
	if (look(fd, &status) < 0 || !(status.stx_mask & STATX_MNT_ID))
		return false;
	for (unsigned i = 0; i < quick.count; i++)
		if (quick.ids[i] == status.stx_mnt_id)
			return true;
	return false;
}

static int open_how(int directory, const char *path, bool follow, unsigned resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
				.resolve = resolve };
	int fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	/* Old kernels do not know RESOLVE_CACHED. */
	return errno == EINVAL || errno == ENOSYS || errno == EXDEV ? -EAGAIN : -errno;
}

/* path from an open directory, or AT_FDCWD: all that it leads to are mounts of ours. */
static int open_from(int directory, const char *path, bool follow)
{
	return open_how(directory, path, follow, quick.all ? RESOLVE_NO_MAGICLINKS : RESOLVE_CACHED);
}

/* How much of "/proc/PID/cwd/x" is the magic link; 0: there is none. */
static int magic_length(const char *path)
{
	static const char *const links[] = { "/proc/%*d/cwd%n", "/proc/%*d/root%n", "/proc/%*d/fd/%*d%n" };

	for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
		int n = 0;

		if (sscanf(path, links[i], &n) == 0 && n && path[n] == '/')
			return n;
	}
	return 0;
}

int quick_open(const char *path, bool follow)
{
	int magic = strncmp(path, "/proc/", 6) == 0 ? magic_length(path) : 0;
	autofree char *directory = magic ? xasprintf("%.*s", magic, path) : NULL;
	int fd;

	if (magic)
		return quick_open_below(directory, path + magic, follow);
	quick_update();
	fd = open_from(AT_FDCWD, path, follow);
	return fd == -ELOOP ? -EAGAIN : fd;
}

int quick_open_below(const char *directory, const char *path, bool follow)
{
	autoclose int from = open(directory, O_PATH | O_CLOEXEC);	/* does not wait */

	if (from < 0)
		return -errno;
	while (*path == '/')
		path++;
	if (!*path)
		path = ".";
	/* That is none of ours: its neighbours need not be either. */
	if (!quick_is(from))
		return open_how(from, path, follow, RESOLVE_CACHED);
	return open_from(from, path, follow);
}

int quick_stat(int fd, struct stat *status)
{
	struct statx now;
	int rc = look(fd, &now);

	if (rc < 0)
		return rc;
	*status = (struct stat){
		.st_dev = makedev(now.stx_dev_major, now.stx_dev_minor), .st_ino = now.stx_ino,
		.st_mode = now.stx_mode,
	};
	return 0;
}
