/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sock_diag.h - inside the netlink server: SOCK_DIAG_BY_FAMILY. */
#ifndef SOCK_DIAG_H
#define SOCK_DIAG_H

#include "rtnl.h"

/* Handlers, as in rtnl.h. */
int diag_get(struct rtnl_request *r);
int diag_dump(struct rtnl_request *r);
/* What is refused before a dump begins (by NLMSG_ERROR, not NLMSG_DONE). */
int diag_dump_check(struct rtnl_request *r);

/* diag_filter.c: INET_DIAG_REQ_BYTECODE.  -EINVAL for what could go astray. */
int diag_filter_check(const struct rtattr *bytecode);
/* Checked before.  Does s pass? */
bool diag_filter_run(const struct rtattr *bytecode, const struct net_socket *s);

#endif
