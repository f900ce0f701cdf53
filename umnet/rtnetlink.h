/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink.h - NETLINK_ROUTE sockets over a struct net_ops.
 *
 * An engine gives its AF_NETLINK sockets to these functions, which have the
 * shape of its um_stack_ops; s->engine is theirs.  Requests are answered at once,
 * through um_sock_deliver_message().
 */
#ifndef RTNETLINK_H
#define RTNETLINK_H

#include "net.h"
#include "um_stack.h"

/* net: borrowed, for as long as the socket lives. */
int rtnl_socket(struct um_sock *s, const struct net_ops *net);
void rtnl_release(struct um_sock *s);
int rtnl_bind(struct um_sock *s, const struct sockaddr *a, socklen_t len);
int rtnl_connect(struct um_sock *s, const struct sockaddr *a, socklen_t len);
int rtnl_address(struct um_sock *s, bool peer, struct sockaddr_storage *a, socklen_t *len);
/* data: one or more requests; hostile. */
ssize_t rtnl_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to);
/* Level SOL_NETLINK; -ENOPROTOOPT for what Linux does not know. */
int rtnl_setsockopt(struct um_sock *s, int level, int name, const void *value, socklen_t len);
int rtnl_getsockopt(struct um_sock *s, int level, int name, void *value, socklen_t *len);

/*
 * Notifications.  An engine says rtnl_touch() whenever something may have changed that
 * net lists, and rtnl_changed() when it is at rest, at the latest from its poll; what is
 * different since the last time is told to the members of the groups.  Without any,
 * both cost nothing.  (Changes by netlink are told before they are acknowledged.)
 */
void rtnl_touch(void);
void rtnl_changed(const struct net_ops *net);

#endif
