/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datagram-option.c - groups, and the options that are not plain integers. */
#include <errno.h>
#include <stdlib.h>

#include "datagram.h"
#include "membership.h"

#ifndef MCAST_JOIN_GROUP
#define MCAST_JOIN_GROUP 42
#define MCAST_LEAVE_GROUP 45
#endif

#define GROUP_REQ_32	(sizeof(uint32_t) + sizeof(struct sockaddr_storage))

static int group_join(struct datagram *d, const struct ip_addr *a, int index, bool join)
{
	struct group *more;
	unsigned k = 0;

	if (!address_is_multicast(a))
		return -EINVAL;
	if (index && !interface_by_index(index))
		return -ENODEV;
	while (k < d->group_count && (!address_equal(&d->groups[k].address, a) ||
			(index && d->groups[k].index != index)))
		k++;
	if (!join) {
		if (k == d->group_count)
			return -EADDRNOTAVAIL;
		membership_drop(a, d->groups[k].index);
		d->groups[k] = d->groups[--d->group_count];
		return 0;
	}
	if (k < d->group_count)
		return -EADDRINUSE;
	if (d->group_count == GROUPS_MAX)
		return -ENOBUFS;
	more = reallocarray(d->groups, d->group_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	d->groups = more;
	if (membership_add(a, index) < 0)
		return -ENOBUFS;
	d->groups[d->group_count++] = (struct group){ *a, index };
	return 0;
}

/* The interface that ip_mreq and ip_mreqn name. */
static int mreq_index(const void *value, socklen_t len, struct ip_addr *group)
{
	struct ip_mreqn m = { .imr_ifindex = 0 };
	struct ip_addr_list *el;

	if (len < (socklen_t)sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&m, value, len < (socklen_t)sizeof(m) ? len : sizeof(m));
	*group = address_v4(m.imr_multiaddr.s_addr);
	if (len >= (socklen_t)sizeof(m) && m.imr_ifindex)
		return m.imr_ifindex;
	if (!m.imr_address.s_addr)
		return 0;
	el = address_find(&(struct ip_addr){ { 0, 0, htonl(0xffff), m.imr_address.s_addr } });
	return el ? el->netif->id : -ENODEV;
}

static int set_multicast_if(struct datagram *d, const void *value, socklen_t len)
{
	struct ip_addr ignored;
	struct ip_mreqn m = { .imr_ifindex = 0 };
	int index;

	if (len >= (socklen_t)sizeof(struct ip_mreq))
		memcpy(&m, value, len < (socklen_t)sizeof(m) ? len : sizeof(m));
	else if (len >= (socklen_t)sizeof(struct in_addr))
		memcpy(&m.imr_address, value, sizeof(struct in_addr));
	else
		return -EINVAL;
	index = mreq_index(&m, sizeof(m), &ignored);
	if (index < 0 || (index && !interface_by_index(index)))
		return -EADDRNOTAVAIL;
	d->multicast_index = index;
	d->multicast_address = m.imr_address.s_addr;
	return 0;
}

static int set_multicast_if6(struct datagram *d, const void *value, socklen_t len)
{
	int index;

	if (len < (socklen_t)sizeof(index))
		return -EINVAL;
	memcpy(&index, value, sizeof(index));
	if (index && !interface_by_index(index))
		return -ENODEV;
	d->multicast_index = index;
	return sockopt_set(&d->e.options, d->e.sock->domain, IPPROTO_IPV6, IPV6_MULTICAST_IF,
			value, len);
}

static int group_option(struct datagram *d, const void *value, socklen_t len, bool join)
{
	struct group_req r;
	struct ip_addr a;
	uint16_t port;
	int index, rc;

	if (len < GROUP_REQ_32)
		return -EINVAL;
	memcpy(&r, value, len < (socklen_t)sizeof(r) ? len : sizeof(r));
	if (len < (socklen_t)sizeof(r))		/* a 32-bit guest's: the address begins earlier */
		memcpy(&r.gr_group, (const uint8_t *)value + sizeof(uint32_t), sizeof(r.gr_group));
	rc = address_from_sockaddr(d->e.sock->domain, (struct sockaddr *)&r.gr_group,
			sizeof(r.gr_group), &a, &port, &index);
	return rc < 0 ? rc : group_join(d, &a, r.gr_interface, join);
}

/* From now on, as if every message said so. */
static int set_pktinfo6(struct datagram *d, const void *value, socklen_t len)
{
	struct in6_pktinfo info = { .ipi6_ifindex = 0 };
	struct ip_addr source;

	if (len && len < (socklen_t)sizeof(info))
		return -EINVAL;
	if (len)
		memcpy(&info, value, sizeof(info));
	memcpy(&source, &info.ipi6_addr, sizeof(source));
	if (info.ipi6_ifindex && !interface_by_index(info.ipi6_ifindex))
		return -ENODEV;
	if (!address_is_any(&source) && !address_is_local(&source))
		return -EADDRNOTAVAIL;
	d->sticky_index = info.ipi6_ifindex;
	d->sticky_source = source;
	return 0;
}

int datagram_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len)
{
	struct datagram *d = (struct datagram *)e;
	struct ipv6_mreq m6;
	struct ip_addr a;
	int rc;

	if (level == IPPROTO_IPV6 && e->sock->domain != AF_INET6)
		return -ENOPROTOOPT;

	if (level == IPPROTO_IP && (name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP)) {
		rc = mreq_index(value, len, &a);
		return rc < 0 ? rc : group_join(d, &a, rc, name == IP_ADD_MEMBERSHIP);
	}
	if (level == IPPROTO_IP && name == IP_MULTICAST_IF)
		return set_multicast_if(d, value, len);
	if (level == IPPROTO_IPV6 && (name == IPV6_JOIN_GROUP || name == IPV6_LEAVE_GROUP)) {
		if (len < (socklen_t)sizeof(m6))
			return -EINVAL;
		memcpy(&m6, value, sizeof(m6));
		memcpy(&a, &m6.ipv6mr_multiaddr, sizeof(a));
		return group_join(d, &a, m6.ipv6mr_interface, name == IPV6_JOIN_GROUP);
	}
	if ((level == IPPROTO_IP || level == IPPROTO_IPV6) &&
	    (name == MCAST_JOIN_GROUP || name == MCAST_LEAVE_GROUP))
		return group_option(d, value, len, name == MCAST_JOIN_GROUP);
	if ((level == IPPROTO_IP && name == IP_UNICAST_IF) ||
	    (level == IPPROTO_IPV6 && name == IPV6_UNICAST_IF)) {
		uint32_t index = 0;

		if (len < (socklen_t)sizeof(index))
			return -EINVAL;
		memcpy(&index, value, sizeof(index));
		if (index && !interface_by_index(ntohl(index)))
			return -EADDRNOTAVAIL;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_MULTICAST_IF && e->sock->domain == AF_INET6)
		return set_multicast_if6(d, value, len);
	if (level == IPPROTO_IPV6 && name == IPV6_PKTINFO && e->sock->domain == AF_INET6)
		return set_pktinfo6(d, value, len);
	return sockopt_set(&e->options, e->sock->domain, level, name, value, len);
}

int datagram_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len)
{
	struct datagram *d = (struct datagram *)e;
	struct path path;
	int number;

	if ((level == IPPROTO_IP && name == IP_MTU) ||
	    (level == IPPROTO_IPV6 && name == IPV6_MTU && e->sock->domain == AF_INET6)) {
		if (!d->connected || path_find(&d->remote, d->index, &d->local, &path) < 0)
			return -ENOTCONN;
		number = path.interface->mtu;
		if (*len > sizeof(number))
			*len = sizeof(number);
		memcpy(value, &number, *len);
		return 0;
	}
	if (level == IPPROTO_IP && name == IP_MULTICAST_IF) {
		if (*len > sizeof(d->multicast_address))
			*len = sizeof(d->multicast_address);
		memcpy(value, &d->multicast_address, *len);
		return 0;
	}
	return sockopt_get(&e->options, e->sock->domain, level, name, value, len);
}
