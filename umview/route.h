/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.h - who owns this call? */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdint.h>

#include "request.h"

/*
 * Decodes what it must and decides.  Returns UM_CONTINUE (the kernel's
 * affair), -errno or a result (answered at once; r->answer_fd if it is a
 * descriptor), or ROUTE_MODULE: r is decoded for r->mount's module.
 * A new mount is ROUTE_MOUNT, r->mount being the one to make.
 */
int64_t route(struct request *r);

#define ROUTE_MODULE	(INT64_MIN + 16)
#define ROUTE_MOUNT	(INT64_MIN + 17)

/* The caller's view; also in r->view from then on. */
struct view *request_view(struct request *r);
/* The caller's stack for a socket of a family and type: ROUTE_MODULE and r->mount, UM_CONTINUE,
   or -errno.  Without a type it is not asked whether it may open one. */
int64_t route_family(struct request *r, int family, int type);
#define ROUTE_NO_SOCKET	(-1)
/* The stack that is the caller's network for who asks about it, not for a socket: IPv4's, or
   where that is refused IPv6's.  As route_family(). */
int64_t route_network(struct request *r);
#define ROUTE_TYPES	0xf	/* the kernel's SOCK_TYPE_MASK */
/* The same where r->mount was named: ROUTE_MODULE or -errno. */
int64_t route_serving(struct request *r, int family, int type);
/* What is mounted at an existing argument's path (made absolute in it).
   NULL: nothing. */
struct mount *route_path(struct request *r, unsigned index);

#endif
