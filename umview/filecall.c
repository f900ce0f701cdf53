/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filecall.h"
#include "guest.h"
#include "identity.h"
#include "mount.h"
#include "shadow.h"
#include "statbuf.h"
#include "util.h"

bool filecall_serves(const struct request *r)
{
	switch (r->call.op) {
	case UM_OPEN:
	case UM_STAT:
	case UM_STATX:
	case UM_ACCESS:
	case UM_READLINK:
	case UM_TRUNCATE:
	case UM_RENAME:
	case UM_UNLINK:
	case UM_GETXATTR:
	case UM_LISTXATTR:
		return true;
	default:
		return false;
	}
}

/* open(2)'s flags, whichever call it is. */
static int open_flags(const struct request *r, unsigned index, int64_t *flags)
{
	uint64_t how = 0;

	if (r->row->kind[index + 1] == OPEN_FLAGS)
		*flags = (int)r->reg[index + 1];
	else if (r->row->kind[index + 1] == INT)	/* creat(2) */
		*flags = O_CREAT | O_WRONLY | O_TRUNC;
	else if (guest_read(r->call.tid, r->reg[index + 1], &how, sizeof(how)) < 0)
		return -EFAULT;
	else
		*flags = (int)how;
	return 0;
}

/* The rest is below the directory, but for the links in it, which the kernel made or nobody. */
static int rest_open(int directory, const char *rest, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
				.resolve = RESOLVE_NO_MAGICLINKS };
	int fd = syscall(SYS_openat2, directory, *rest ? rest : ".", &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static int64_t finish_open(struct request *r, int fd)
{
	int64_t flags = r->call.arg[1].value;
	struct stat status;

	r->close_on_exec = flags & O_CLOEXEC;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISDIR(status.st_mode)) {
		if (flags & O_DIRECTORY)
			return -ENOTDIR;
		if (!(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
			return -EACCES;
		r->answer_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return r->answer_fd < 0 ? -errno : 0;
	}
	if (flags & (O_CREAT | O_TRUNC) || (flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	/* openat2(2) refuses what open(2) does not mind; an O_PATH descriptor cannot be given. */
	flags &= O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
	r->answer_fd = rest_open(fd, r->file.rest, flags);
	return r->answer_fd < 0 ? r->answer_fd : 0;
}

static int64_t finish_access(struct request *r, const struct stat *status)
{
	struct identity who;
	int rc = identity_of(r->call.tid, &who);

	return rc < 0 ? rc : identity_access(&who, status->st_mode, status->st_uid,
			status->st_gid, r->reg[r->file.index + 1] & (R_OK | W_OK | X_OK));
}

static int64_t finish_readlink(struct request *r, int fd)
{
	unsigned index = r->file.index;
	char text[PATH_MAX];
	ssize_t n = readlinkat(fd, "", text, sizeof(text));

	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno;
	if ((uint64_t)n > r->reg[index + 2])
		n = r->reg[index + 2];
	return guest_write(r->call.tid, r->reg[index + 1], text, n) < 0 ? -EFAULT : n;
}

/* A descriptor of what is meant, to look at. */
static int finish_look(struct request *r, int fd, struct stat *status)
{
	int look;

	if (fstat(fd, status) < 0)
		return -errno;
	look = S_ISDIR(status->st_mode) ?
		rest_open(fd, r->file.rest, O_PATH | (r->file.follow ? 0 : O_NOFOLLOW)) :
		fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (look < 0)
		return S_ISDIR(status->st_mode) ? look : -errno;
	if (fstat(look, status) < 0) {
		close(look);
		return -EIO;
	}
	return look;
}

static int64_t finish_call(struct request *r, int fd)
{
	unsigned index = r->file.index;
	struct stat status;
	autoclose int look = -1;

	if (r->file.op == UM_OPEN)
		return finish_open(r, fd);
	look = finish_look(r, fd, &status);
	if (look < 0)
		return look;
	switch (r->file.op) {
	case UM_STAT:
		return statbuf_write(r, index + 1, &status);
	case UM_STATX:
		return statbuf_write_statx(r, index + 3, &status);
	case UM_ACCESS:
		return finish_access(r, &status);
	case UM_READLINK:
		return finish_readlink(r, look);
	case UM_GETXATTR:
		return -ENODATA;
	case UM_LISTXATTR:
		return 0;
	case UM_TRUNCATE:
		return ftruncate(fd, r->reg[index + 1]) < 0 ? -errno : 0;
	default:		/* it is a mount's, so to speak */
		return -EBUSY;
	}
}

/* Consumes given. */
static int64_t filecall_finish(struct request *r, int given)
{
	autoclose int fd = shadow_directory(r->mount, (char *)r->call.arg[0].in, given);

	return fd < 0 ? fd : finish_call(r, fd);
}

int filecall_begin(struct request *r, unsigned index, bool follow, const char *rest,
		int64_t *flags)
{
	*flags = r->call.op == UM_TRUNCATE ? O_WRONLY : O_RDONLY;
	if (r->call.op == UM_OPEN && open_flags(r, index, flags) < 0)
		return -EFAULT;
	r->file.op = r->call.op;
	r->file.index = index;
	r->file.follow = follow;
	r->file.rest = xstrdup(rest);
	r->file.finish = filecall_finish;
	r->call.op = UM_FILE;
	return 0;
}
