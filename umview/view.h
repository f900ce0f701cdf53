/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - the view, and each process's context in it: which stack is its
 * default for each address family.
 *
 * A context is a number, and the kernel keeps it for us: the soft
 * RLIMIT_RTTIME of a process is infinity - 1 - number, inherited over fork and
 * exec, read in under a microsecond.  Context 0 (the limit untouched) chose nothing.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { FAMILIES = 64 };

#define STACK_UNSET	(UINT64_MAX - 1)	/* beside mount_ref's values */

const char *view_name(void);
int view_set_name(const char *name);	/* -EINVAL */
pid_t view_server(void);		/* the monitor's pid, as the guests see it */

/* The mount_ref chosen for a family by the process of tid: STACK_UNSET if none. */
uint64_t context_stack(pid_t tid, int family);
/* Choose `stack` for the families in the mask, for tid's process and its
   future children.  0, -errno. */
int context_choose(pid_t tid, uint64_t families, uint64_t stack);

/* RLIMIT_RTTIME as tid's process believes to have it: soft, hard.  privileged: it
   may raise the hard one. */
void context_limit(pid_t tid, uint64_t limit[2]);
int context_set_limit(pid_t tid, const uint64_t limit[2], bool privileged);

/* Families that processes without a stack may not open on the host. */
uint64_t view_denied(void);

#endif
