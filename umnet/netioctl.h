/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netioctl.h - the SIOC* requests over a struct net_ops. */
#ifndef NETIOCTL_H
#define NETIOCTL_H

#include "net.h"

/*
 * An ioctl(2) on a socket of `family` (AF_INET6 has requests of its own).
 * arg: the request's structure, *len bytes, changed in place.  SIOCGIFCONF: an
 * array of struct ifreq, see um_stack.h.  SIOCADDRT, SIOCDELRT of IPv4: struct rtentry,
 * and then, if its rt_dev is not NULL, that string.
 * 0 or more, or -errno; -ENOTTY for what is none of these.
 */
int net_ioctl(const struct net_ops *net, int family, unsigned long request,
		void *arg, size_t *len);

/* Inside: one request.  `link` is set for those that name one. */
struct net_request {
	const struct net_ops *net;
	unsigned long	 request;
	void		*arg;
	size_t		 len;
	struct net_link	 link;
	char		 label[NET_NAME];	/* the name as given: "vd0:1" */
	const char	*why;			/* not told */
};

int net_ioctl_address4(struct net_request *q);	/* arg: struct ifreq */
int net_ioctl_address6(struct net_request *q);	/* arg: struct in6_ifreq */
/* ifconfig vd0:1 down: remove the address. */
int net_ioctl_alias_down(struct net_request *q);
int net_ioctl_route4(struct net_request *q);	/* arg: struct rtentry, device */
int net_ioctl_route6(struct net_request *q);	/* arg: struct in6_rtmsg */
int net_ioctl_arp(struct net_request *q);	/* arg: struct arpreq */

#endif
