/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - who looks on (um_trace(1)) gets a record of each call when it is answered, as long as
 * there is room: nobody is waited for, and what finds no room is counted.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

#include "request.h"

struct view;

extern bool trace_on;			/* does anybody? */

/* `watcher`, a process of that view, looks on at what is in it, or at process pid (0: all). The
   end that it reads from (owned by the caller), or -errno. */
int trace_begin(const struct view *view, pid_t watcher, pid_t pid);
/* The request is about to be answered with this; its guest still waits. */
void trace_note(const struct request *r, int64_t rc, bool descriptor);

#endif
