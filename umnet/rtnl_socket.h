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
/* One datagram for the guest, from the kernel (port 0). */
void rtnl_deliver(struct um_sock *s, const void *data, size_t len);

#endif
