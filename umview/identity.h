/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.h - who a guest is, and what the permissions of a file allow it. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

enum { IDENTITY_GROUPS = 256 };		/* more of them count for nothing */

struct identity {
	uid_t	real_uid, uid;		/* uid: of file accesses (fsuid) */
	gid_t	real_gid, gid;
	gid_t	groups[IDENTITY_GROUPS];
	unsigned group_count;
	bool	override;		/* CAP_DAC_OVERRIDE, on files of the host */
	bool	owner;			/* CAP_FOWNER */
	bool	chown;			/* CAP_CHOWN */
};

/* 0, or -ESRCH. */
int identity_of(pid_t tid, struct identity *who);
bool identity_in_group(const struct identity *who, gid_t gid);
/*
 * May who do what `want` says (R_OK, W_OK, X_OK) with a file of this mode, uid, gid?
 * As the kernel decides it for files that are no directories.  0 or -EACCES.
 */
int identity_access(const struct identity *who, mode_t mode, uid_t uid, gid_t gid, int want);

#endif
