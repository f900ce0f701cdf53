/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_lib.h - control calls for tools that run inside a view.
 * Each returns 0 or more, or -1 and errno; ENOSYS outside a view.
 */
#ifndef UM_LIB_H
#define UM_LIB_H

#include <stddef.h>

#include "um_virtual.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 inside a view, 0 outside. */
int um_check(void);
/* "module[,options]"; permanent: it cannot be removed.  ENOENT: no such module;
   EEXIST: loaded already; ENOEXEC: not a module, or of another API. */
int um_add_service(const char *module, int permanent);
/* EBUSY: something is mounted, or it is permanent.  ENOENT: no such service. */
int um_del_service(const char *name);
/* "name: summary\n" for each, at most size bytes, NUL-terminated if size > 0;
   returns the full length as snprintf(3) does. */
int um_list_service(char *buffer, size_t size);
/* The lines that um_virtual.h tells at UMV_STATUS, as um_list_service() gives its own. */
int um_status(char *buffer, size_t size);
/* A descriptor, to be closed, that gives a struct um_trace_record (um_trace.h) for each recv(2). */
int um_trace(int pid);
int um_view_getinfo(struct um_view_info *info);
/* EINVAL: empty, 64 bytes or more, or not printable. */
int um_set_viewname(const char *name);
/* Signal every process of the view, and of views inside it, but the caller; returns how
   many. */
int um_killall(int signal);
/* The calling process moves into a new view inside its own, which begins as a copy;
   returns the new view's number.  It ends with its last process. */
int um_new_view(void);
/* Process pid moves into the caller's view.  EOPNOTSUPP: it is not of this session, and
   cannot be brought in; ESRCH; EPERM. */
int um_attach(int pid);
/* mount(2) and umount2(2) of what modules serve, also where a container's filter denies those.
   ENOSYS: nothing in the view serves the type, or is mounted there. */
int um_mount(const char *source, const char *target, const char *type, unsigned long flags,
		const char *options);
int um_umount(const char *target, int flags);

#ifdef __cplusplus
}
#endif
#endif
