/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl_socket.h - what the rtnetlink server needs of a netlink socket. */
#ifndef RTNL_SOCKET_H
#define RTNL_SOCKET_H

#include "rtnetlink.h"

/* Is the option NETLINK_* on? */
bool rtnl_option(const struct um_sock *s, int name);
/* May it send to `to`?  Gives it a port if it has none yet, as sendmsg(2) does. */
int rtnl_sending(struct um_sock *s, const struct um_envelope *to,
		const struct net_ops **net, uint32_t *port);
/* One datagram for the guest, from the kernel (port 0); group 0: to it alone. */
void rtnl_deliver(struct um_sock *s, const void *data, size_t len);
void rtnl_deliver_group(struct um_sock *s, uint32_t group, const void *data, size_t len);

/* Is any socket a member of the group RTNLGRP_* (0: of any)? */
bool rtnl_member(unsigned group);
/* One datagram for every member but that one.  Who does not read loses some, and
   finds ENOBUFS in SO_ERROR. */
void rtnl_multicast(unsigned group, const void *data, size_t len, const struct um_sock *but);
/* Each netlink socket of the stack. */
int rtnl_sockets(int (*visit)(void *arg, const struct net_socket *s), void *arg);

/* rtnl_notify.c: from now on, changes of net are news. */
void rtnl_watch(const struct net_ops *net);

#endif
