/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - one row a system call: its number, who owns it, what its
 * arguments are.  Data only: the filter is made from it, one decoder and one
 * encoder serve every row.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>

#include "um_call.h"

/* Operations of the monitor itself (after enum um_op). */
enum view_op {
	UM_MSOCKET = UM_VIEW, UM_ADD_SERVICE, UM_DEL_SERVICE, UM_LS_SERVICE,
	UM_VIEW_INFO, UM_SET_VIEWNAME, UM_KILL_ALL, UM_RLIMIT, UM_SOCKETCALL,
	UM_NEW_VIEW, UM_ATTACH, UM_STATUS, UM_TRACE, UM_VIRTUAL,
	/* BY_NAME */
	UM_OPEN, UM_STAT, UM_STATX, UM_ACCESS, UM_READLINK, UM_STATFS, UM_TRUNCATE, UM_RENAME,
	UM_MAKE, UM_LINK, UM_UNLINK, UM_RMDIR, UM_CHMOD, UM_CHOWN, UM_UTIME, UM_GETXATTR,
	UM_SETXATTR, UM_LISTXATTR, UM_CHDIR, UM_CHROOT, UM_HANDLE, UM_GETDENTS,
};

enum owner {
	BY_FAMILY,	/* the caller's default stack for the family in argument 0 */
	BY_FD,		/* the stack whose carrier argument 0 is */
	BY_FSTYPE,	/* the service that mounts the type in argument 2 */
	BY_PATH,	/* what is mounted at the path in argument 0 */
	BY_NAME,	/* what its PATH arguments name in the caller's view */
	BY_VIEW,	/* the monitor */
	REFUSED,	/* the filter alone: ENOSYS */
	IGNORED,	/* the filter alone: 0, and nothing happens */
};

/* What an argument is, and so what is copied in and out. */
enum kind {
	NONE = 0,
	INT,		/* a C int */
	LONG,		/* an unsigned long */
	FD,		/* a descriptor */
	STR,		/* a string, at most PATH_MAX */
	OPTSTR,		/* the same, or a null pointer */
	OPTIONS,	/* mount(2)'s last: a string or a null pointer, at most 64 KiB */
	IN,		/* bytes; the next argument is their number */
	OUT,		/* bytes out; the next argument is LENP, or LEN for the room */
	INOUT,		/* OUT with a LENP, whose bytes are also copied in */
	LEN,		/* a number of bytes */
	LENP,		/* socklen_t *, in and out */
	MSG_SEND,	/* struct msghdr: becomes UM_SENDTO's arguments */
	MSG_RECEIVE,	/* struct msghdr: becomes UM_RECVFROM's */
	MMSG_SEND,	/* struct mmsghdr[]: one after the other */
	MMSG_RECEIVE,
	REQUEST,	/* ioctl's argument, sized by argument 1 */
	POINTER,	/* what the operation itself reads: a guest address, most often */
	DIRFD,		/* a descriptor, or AT_FDCWD, that the next argument is relative to */
	PATH,		/* a path, relative to a DIRFD before it, else to where the caller is;
			   a symbolic link at its end stands for its target */
	LINK,		/* the same, but such a link is meant itself */
	FLAGS,		/* AT_SYMLINK_NOFOLLOW makes a PATH of this row a LINK, AT_SYMLINK_FOLLOW
			   the other way round */
	OPEN_FLAGS,	/* and so does O_NOFOLLOW, and O_CREAT | O_EXCL */
};

/* A condition on one register that the kernel's filter tests. */
struct test {
	uint8_t	 how;		/* enum test_how */
	uint8_t	 argument;
	uint32_t mask, value;
};

enum test_how {
	ALWAYS = 0,
	NOT_ZERO,	/* all 64 bits */
	NOT_EQUAL,	/* 64 bits differ from value */
	MASKED,		/* (low 32 bits & mask) == value */
};

enum arch { ARCH_X86_64, ARCH_I386, ARCH_COUNT };

struct row {
	const char	*name;
	int		 number[ARCH_COUNT];	/* -1: not on this architecture */
	uint16_t	 op;
	uint8_t		 owner;
	uint8_t		 kind[6];
	struct test	 only_if[2];		/* both must hold */
};

extern const struct row table[];
extern const unsigned table_size;

/* The (first) row of a number, or NULL. */
const struct row *table_find(enum arch arch, int number);
/* Of the rows like this one, that whose conditions these registers meet, or NULL: what
   the kernel's filter does, for socketcall(2), into which it cannot look. */
const struct row *table_applying(const struct row *row, const uint64_t reg[6]);
/* socketcall(2)'s sub-call 1..20 as the row it stands for, or NULL. */
const struct row *table_socketcall(unsigned call);

#endif
