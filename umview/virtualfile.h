/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtualfile.h - files that a view shows in its own way: the mounts, and what the system
 * tells of the network, which is the caller's default stack.
 *
 * They are recognised by the text of the path.  Their content is a real file or directory that
 * the stack's module gives (UM_FILE of um_call.h); what a call asks of it, the monitor
 * does with that, and answers.
 */
#ifndef VIRTUALFILE_H
#define VIRTUALFILE_H

#include <stdint.h>

#include "name.h"
#include "request.h"

/* A call one of whose paths is in argument `index`.  UM_CONTINUE if it is none of these files;
   ROUTE_MODULE if the stack's module is to be asked; else the answer. */
int64_t virtualfile_call(struct request *r, unsigned index, struct name *name);

#endif
