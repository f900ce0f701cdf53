/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - views, and each process's context: in which view it is, and which stack is its
 * default for each address family.
 *
 * A session begins with one view, number 0.  A view made inside another begins as a copy of
 * that one's mounts and services; from then on each has its own.  It ends with
 * its last process (viewlife.h).
 *
 * A context is a number, and the kernel keeps it for us: the soft
 * RLIMIT_RTTIME of a process is infinity - 1 - number, inherited over fork and
 * exec, read in under a microsecond.  Context 0 (the limit untouched) is the first view,
 * and nothing chosen.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mount.h"
#include "service.h"

enum { FAMILIES = 64 };

#define STACK_UNSET	(UINT64_MAX - 1)	/* beside mount_ref's values */

struct view {
	unsigned	 number;
	struct view	*parent;	/* borrowed; NULL: the session's first */
	struct view	*next;		/* of all */
	char		 name[64];	/* "" if unset */
	struct mount_table mounts;
	struct service_list services;
};

/* The session's first view. */
struct view *view_first(void);
/* All of them, through ->next. */
const struct view *view_newest(void);
/* A new view inside parent; owned by the session until view_end(). */
struct view *view_new(struct view *parent);
/* Nobody is in it any more: all that it has goes.  Views inside it become its parent's. */
void view_end(struct view *view);
/* Is `view` this one, or inside it? */
bool view_is_within(const struct view *view, const struct view *outer);
int view_set_name(struct view *view, const char *name);	/* -EINVAL */
pid_t view_server(void);		/* the monitor's pid, as the guests see it */

/* Where the process of tid is; never NULL. */
struct view *view_of(pid_t tid);
/* The view of a process that may not be a guest of ours at all: NULL if no view but the
   first can be told. */
struct view *view_told(pid_t pid);
/* Moves tid's process, and its future children; what it chose there stays chosen. 0, -errno. */
int view_enter(pid_t tid, struct view *view);

/* The mount_ref chosen for a family by the process of tid: STACK_UNSET if none. */
uint64_t context_stack(pid_t tid, int family);
/* Choose `stack` for the families in the mask, for tid's process and its
   future children.  0, -errno. */
int context_choose(pid_t tid, uint64_t families, uint64_t stack);

/* RLIMIT_RTTIME as tid's process believes to have it: soft, hard.  privileged: it
   may raise the hard one. */
void context_limit(pid_t tid, uint64_t limit[2]);
int context_set_limit(pid_t tid, const uint64_t limit[2], bool privileged);

#endif
