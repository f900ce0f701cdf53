/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "identity.h"
#include "mount.h"
#include "msocket.h"
#include "special.h"
#include "statbuf.h"
#include "util.h"

int special_access(pid_t tid, const struct mount *m, int want)
{
	struct identity who;
	int rc;

	/* Everybody may: no need to ask who it is. */
	if ((m->mode >> 6 & m->mode >> 3 & m->mode & want) == (mode_t)want)
		return 0;
	rc = identity_of(tid, &who);
	return rc < 0 ? rc : identity_access(&who, m->mode, m->uid, m->gid, want);
}

int special_rights(pid_t tid, const struct mount *m)
{
	static const int each[] = { R_OK, W_OK, X_OK };
	struct identity who;
	int rights = m->mode >> 6 & m->mode >> 3 & m->mode & 7;

	if (rights == (R_OK | W_OK | X_OK) || identity_of(tid, &who) < 0)
		return rights;
	for (unsigned i = 0; i < ARRAY_SIZE(each); i++)
		if (identity_access(&who, m->mode, m->uid, m->gid, each[i]) == 0)
			rights |= each[i];
	return rights;
}

static void special_stat(const struct mount *m, struct stat *status)
{
	*status = (struct stat){
		.st_dev = makedev(0, m->id), .st_ino = m->id, .st_mode = S_IFSTACK | m->mode,
		.st_nlink = 1, .st_uid = m->uid, .st_gid = m->gid, .st_blksize = 4096,
		.st_atim = m->accessed, .st_mtim = m->modified, .st_ctim = m->changed,
	};
}

/* access(2) asks for the real user, faccessat2 with AT_EACCESS for the effective one. */
static int64_t special_may(const struct request *r, unsigned index, const struct mount *m)
{
	int want = (int)r->reg[index + 1];
	bool effective = r->row->kind[index + 2] == FLAGS && r->reg[index + 2] & AT_EACCESS;
	struct identity who;
	int rc;

	if (want & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if (want == F_OK)
		return 0;
	rc = identity_of(r->call.tid, &who);
	if (rc < 0)
		return rc;
	if (!effective) {
		who.override &= who.real_uid == who.uid || who.real_uid == 0;
		who.uid = who.real_uid;
		who.gid = who.real_gid;
	}
	return identity_access(&who, m->mode, m->uid, m->gid, want);
}

static int64_t special_chmod(const struct request *r, unsigned index, struct mount *m)
{
	struct identity who;
	int rc = identity_of(r->call.tid, &who);

	if (rc < 0)
		return rc;
	if (who.uid != m->uid && !who.owner)
		return -EPERM;
	m->mode = r->reg[index + 1] & 07777;
	clock_gettime(CLOCK_REALTIME, &m->changed);
	return 0;
}

static int64_t special_chown(const struct request *r, unsigned index, struct mount *m)
{
	uid_t uid = r->reg[index + 1];
	gid_t gid = r->reg[index + 2];
	struct identity who;
	int rc = identity_of(r->call.tid, &who);

	if (rc < 0)
		return rc;
	if (uid != (uid_t)-1 && !who.chown && (who.uid != m->uid || uid != m->uid))
		return -EPERM;
	if (gid != (gid_t)-1 && !who.chown &&
	    (who.uid != m->uid || (gid != m->gid && !identity_in_group(&who, gid))))
		return -EPERM;
	if (uid != (uid_t)-1)
		m->uid = uid;
	if (gid != (gid_t)-1)
		m->gid = gid;
	m->mode &= ~06000;
	clock_gettime(CLOCK_REALTIME, &m->changed);
	return 0;
}

static int64_t special_utime(const struct request *r, unsigned index, struct mount *m)
{
	struct timespec times[2];
	struct identity who;
	int rc = statbuf_read_times(r, index + 1, times);

	if (rc == 0)
		rc = identity_of(r->call.tid, &who);
	if (rc < 0)
		return rc;
	if (who.uid != m->uid && !who.owner) {
		bool now = times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW;

		if (!now)
			return -EPERM;
		rc = identity_access(&who, m->mode, m->uid, m->gid, W_OK);
		if (rc < 0)
			return rc;
	}
	clock_gettime(CLOCK_REALTIME, &m->changed);
	if (times[0].tv_nsec != UTIME_OMIT)
		m->accessed = times[0].tv_nsec == UTIME_NOW ? m->changed : times[0];
	if (times[1].tv_nsec != UTIME_OMIT)
		m->modified = times[1].tv_nsec == UTIME_NOW ? m->changed : times[1];
	return 0;
}

static int64_t special_open(const struct request *r, unsigned index)
{
	uint64_t flags = 0;

	if (r->row->kind[index + 1] == OPEN_FLAGS)
		flags = r->reg[index + 1];
	else if (r->row->kind[index + 1] == POINTER) {	/* openat2's struct open_how */
		int rc = guest_read(r->call.tid, r->reg[index + 1], &flags, sizeof(flags));

		if (rc < 0)
			return rc;
	}
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	return flags & O_DIRECTORY ? -ENOTDIR : -ENXIO;
}

/* user.* is for files and directories; nothing else is there. */
static int64_t special_setxattr(const struct request *r, unsigned index)
{
	char prefix[6] = "";

	if (guest_read(r->call.tid, r->reg[index + 1], prefix, sizeof(prefix) - 1) < 0)
		return -EFAULT;
	return strcmp(prefix, "user.") == 0 ? -EPERM : -EOPNOTSUPP;
}

int64_t special_call(struct request *r, unsigned index, struct mount *m, bool below)
{
	struct stat status;

	if (below)
		return -ENOTDIR;
	special_stat(m, &status);
	switch (r->call.op) {
	case UM_OPEN:
		return special_open(r, index);
	case UM_STAT:
		return statbuf_write(r, index + 1, &status);
	case UM_STATX:
		return statbuf_write_statx(r, index + 3, &status);
	case UM_ACCESS:
		return special_may(r, index, m);
	case UM_CHMOD:
		return special_chmod(r, index, m);
	case UM_CHOWN:
		return special_chown(r, index, m);
	case UM_UTIME:
		return special_utime(r, index, m);
	case UM_READLINK:
	case UM_TRUNCATE:
		return -EINVAL;
	case UM_RENAME:
	case UM_UNLINK:
		return r->row->kind[index + 1] == INT && r->reg[index + 1] & AT_REMOVEDIR ?
			-ENOTDIR : -EBUSY;
	case UM_RMDIR:
	case UM_CHDIR:
	case UM_CHROOT:
		return -ENOTDIR;
	case UM_MAKE:
		return -EEXIST;
	case UM_LINK:
		/* What is to be linked is elsewhere; what is to be made is there. */
		return index == 0 || (index == 1 && r->row->kind[0] == DIRFD) ? -EXDEV : -EEXIST;
	case UM_GETXATTR:
		return -ENODATA;
	case UM_SETXATTR:
		return special_setxattr(r, index);
	case UM_LISTXATTR:
		return 0;
	case UM_HANDLE:
		return -EOPNOTSUPP;
	default:
		return UM_CONTINUE;
	}
}
