/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver.h - how names are looked up on a stack: its /etc/resolv.conf and /etc/hosts. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <stdint.h>
#include <sys/types.h>

#include "um_module.h"

struct resolver;

/*
 * Takes dns=, search=, resolv=, hosts= out of the options of a mount; relative files are
 * from where tid stands.  *rest (owned): the other options.  *resolver: owned.
 * 0; -EINVAL and the like: the reason has been told.
 */
int resolver_take(const char *fstype, const char *options, pid_t tid, char **rest,
		struct resolver **resolver);
/* UM_FILE for "resolv.conf" or "hosts": UM_TAKEN (answered), UM_CONTINUE (the host's) or
   -errno.  is_host: the stack is the host's network. */
int64_t resolver_file(struct resolver *resolver, struct um_call *c, int is_host);
/* Consumes; NULL is allowed. */
void resolver_free(struct resolver *resolver);

#endif
