/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance.h - a mounted stack, seen from the monitor; see umnet.c for its states. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdint.h>

#include "um_module.h"

struct link;
struct resolver;

/* No stack: it serves every family with the same answer, -errno or UM_CONTINUE.
   With a link (owned then, or NULL), it serves what that has no path for.
   Returned owned, until instance_umount(). */
void *instance_fixed(int64_t answer, struct link *link);
/* Starts the program; c is answered when it is up or has failed. */
int64_t instance_start(struct um_call *c, const char *program, const char *fstype,
		const char *source, const char *target, const char *options, void **inst);

/* How names are looked up on it: consumes resolver. */
void instance_resolve(void *inst, struct resolver *resolver);

/* As in struct um_module. */
int instance_umount(void *inst, int flags);
uint64_t instance_families(void *inst);
const char *instance_alias(void *inst, int family);
int64_t instance_call(void *inst, struct um_call *c);
void instance_interrupt(void *inst, struct um_call *c);
void instance_undo(void *inst, struct um_call *c, int fd, uint64_t sock);

#endif
