/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_virtual.h - virtual system calls: numbers the kernel does not know, so
 * that outside a view they are ENOSYS.  The same on every architecture.
 * Each returns 0 or more, or fails with errno as syscall(2) does.
 */
#ifndef UM_VIRTUAL_H
#define UM_VIRTUAL_H

#include <stdint.h>

#define UMV_BASE		0x564f00	/* "VO" */
/* (const char *path, int domain, int type, int protocol): msocket(3) */
#define UMV_MSOCKET		(UMV_BASE + 0)
/* (const char *module_and_options, int permanent) */
#define UMV_ADD_SERVICE		(UMV_BASE + 1)
/* (const char *name) */
#define UMV_DEL_SERVICE		(UMV_BASE + 2)
/* (char *buffer, size_t size): lines "name: summary\n", no NUL; returns the
   full length, which may exceed size */
#define UMV_LS_SERVICE		(UMV_BASE + 3)
/* (struct um_view_info *, size_t size): returns the bytes written */
#define UMV_VIEW_INFO		(UMV_BASE + 4)
/* (const char *name) */
#define UMV_SET_VIEWNAME	(UMV_BASE + 5)
/* (int signal): to every process of the view, and of the views inside it, but the caller;
   signal 0 sends none.
   Returns how many there are */
#define UMV_KILL_ALL		(UMV_BASE + 6)
/* (void): the calling process, and its future children, move into a new view inside theirs,
   a copy of it.  Returns its number */
#define UMV_NEW_VIEW		(UMV_BASE + 7)
/* (int pid): that process, of the same session, moves into the caller's view */
#define UMV_ATTACH		(UMV_BASE + 8)
/* as mount(2) and umount2(2), for what the view itself mounts: ENOSYS, nothing of it */
#define UMV_MOUNT		(UMV_BASE + 9)
#define UMV_UMOUNT		(UMV_BASE + 10)
/*
 * (char *buffer, size_t size): the caller's view, then those inside it, as lines of fields
 * that begin with tabs; a tab, a newline, a backslash in one is \t, \n, \\.  No NUL; returns the
 * full length, at most 64 KiB.
 *
 *   call     NAME COUNT TOTAL LONGEST	nanoseconds; of the session, and not in views inside
 *   view     NUMBER PARENT PROCESSES NAME	PARENT of the caller's own is "-"
 *   service  VIEW NAME SUMMARY
 *   mount    VIEW STATE TYPE UID GID MODE SOCKETS PATH SOURCE OPTIONS
 *			STATE: "starting", "ready"; MODE is octal; long fields are cut
 *   cut				there was more
 *
 * Lines of other kinds, and more fields at a line's end, may come to be.
 */
#define UMV_STATUS		(UMV_BASE + 11)
/* (int pid): a descriptor to read records from (um_trace.h): of the calls of the caller's view and of
   those inside it, or of process pid if not 0.  EBUSY: too many read already */
#define UMV_TRACE		(UMV_BASE + 12)
#define UMV_END			(UMV_BASE + 13)

/*
 * The other way to make them, for containers, whose filters let only numbers pass that they
 * know: prctl(UMV_PRCTL, number, struct um_virtual_call *).  A result is the view's only
 * if `answered` was set: else this is no view.
 */
#define UMV_PRCTL		0x564f5549	/* "VOUI" */

struct um_virtual_call {
	uint64_t argument[6];
	uint64_t answered;	/* 0; then 1 */
};

struct um_view_info {
	int	server;		/* pid of the monitor */
	int	view;		/* 0, 1, 2 ... */
	char	name[64];	/* NUL-terminated, "" if unset */
};

#endif
