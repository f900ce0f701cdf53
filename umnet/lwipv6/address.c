/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "address.h"

const struct ip_addr address_any6;
const struct ip_addr address_any4 = { { 0, 0, 0xffff0000, 0 } };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "address_any4 is in network order");

struct ip_addr address_v4(uint32_t network_order)
{
	struct ip_addr a = address_any4;

	a.addr[3] = network_order;
	return a;
}

bool address_is_multicast(const struct ip_addr *a)
{
	if (address_is_v4(a))
		return (a->addr[3] & htonl(0xf0000000)) == htonl(0xe0000000);
	return (a->addr[0] & htonl(0xff000000)) == htonl(0xff000000);
}

bool address_is_loopback(const struct ip_addr *a)
{
	if (address_is_v4(a))
		return (a->addr[3] & htonl(0xff000000)) == htonl(0x7f000000);
	return a->addr[0] == 0 && a->addr[1] == 0 && a->addr[2] == 0 && a->addr[3] == htonl(1);
}

bool address_is_broadcast(const struct ip_addr *a)
{
	if (!address_is_v4(a))
		return false;
	if (a->addr[3] == 0xffffffff)
		return true;
	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		struct ip_addr_list *last = i->netif.addrs, *el = last;

		if (!el || !(i->ethernet || i->loopback))
			continue;
		do {
			uint32_t mask;

			el = el->next;
			mask = el->netmask.addr[3];
			if (address_is_v4(&el->ipaddr) && mask < 0xffffffff &&
			    ntohl(mask) < 0xfffffffe &&
			    a->addr[3] == (el->ipaddr.addr[3] | ~mask))
				return true;
		} while (el != last);
	}
	return false;
}

int address_from_sockaddr(int domain, const struct sockaddr *from, socklen_t len,
		struct ip_addr *a, uint16_t *port, int *index)
{
	*index = 0;
	if (len < (socklen_t)sizeof(from->sa_family))
		return -EINVAL;
	if (domain == AF_INET || from->sa_family == AF_INET) {
		struct sockaddr_in in;

		if (len < (socklen_t)sizeof(in))
			return -EINVAL;
		memcpy(&in, from, sizeof(in));
		if (domain != AF_INET)
			return -EAFNOSUPPORT;
		if (in.sin_family != AF_INET &&
		    !(in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == 0))
			return -EAFNOSUPPORT;
		*a = address_v4(in.sin_addr.s_addr);
		*port = ntohs(in.sin_port);
	} else {
		struct sockaddr_in6 in6 = { .sin6_scope_id = 0 };

		if (from->sa_family != AF_INET6)
			return -EAFNOSUPPORT;
		if (len < 24)		/* SIN6_LEN_RFC2133: without the scope */
			return -EINVAL;
		memcpy(&in6, from, len < (socklen_t)sizeof(in6) ? len : sizeof(in6));
		memcpy(a, &in6.sin6_addr, sizeof(*a));
		*port = ntohs(in6.sin6_port);
		if (address_is_link_local(a) || address_is_multicast(a))
			*index = in6.sin6_scope_id;
	}
	return 0;
}

socklen_t address_to_sockaddr(int domain, const struct ip_addr *a, uint16_t port,
		int index, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (domain == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = a->addr[3];
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a, sizeof(*a));
	if (address_is_link_local(a))
		in6->sin6_scope_id = index;
	return sizeof(*in6);
}

struct ip_addr_list *address_find(const struct ip_addr *a)
{
	bool loopback = address_is_v4(a) && address_is_loopback(a);

	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		struct ip_addr_list *last = i->netif.addrs, *el = last;

		if (!el || !interface_up(i))
			continue;
		do {
			el = el->next;
			if (address_equal(&el->ipaddr, a))
				return el;
			if (loopback && i->loopback && address_is_v4(&el->ipaddr))
				return el;
		} while (el != last);
	}
	return NULL;
}

static bool address_in_network(const struct ip_addr_list *el, const struct ip_addr *a)
{
	for (int k = 0; k < 4; k++)
		if ((el->ipaddr.addr[k] ^ a->addr[k]) & el->netmask.addr[k])
			return false;
	return true;
}

/* How good el is as a source for dst (RFC 6724, the rules that matter here). */
static int source_score(const struct ip_addr_list *el, const struct ip_addr *dst,
		const struct ip_addr *next_hop)
{
	bool near = address_is_link_local(dst) ||
		(!address_is_v4(dst) && address_is_multicast(dst));

	if (address_is_v4(&el->ipaddr) != address_is_v4(dst))
		return -1;
	if (address_equal(&el->ipaddr, dst))
		return 8;
	return 1 + (!address_is_v4(dst) && near == address_is_link_local(&el->ipaddr) ? 4 : 0) +
		(address_in_network(el, dst) ? 2 : 0) +
		(address_in_network(el, next_hop) ? 1 : 0);
}

struct ip_addr_list *address_source(const struct interface *i, const struct ip_addr *dst,
		const struct ip_addr *next_hop)
{
	struct ip_addr_list *last = i->netif.addrs, *el = last, *best = NULL;
	int best_score = 0;

	if (!el)
		return NULL;
	do {
		int score;

		el = el->next;
		score = source_score(el, dst, next_hop);
		if (score > best_score) {
			best_score = score;
			best = el;
		}
	} while (el != last);
	return best;
}

/* The route for dst, of interfaces that are up; NULL. */
static struct ip_route_list *route_find(const struct ip_addr *dst, int index)
{
	struct ip_route_list *r = engine_stack()->ip_route_head;

	for (; r; r = r->next) {
		bool match = true;

		for (int k = 0; k < 4; k++)
			match &= !((dst->addr[k] ^ r->addr.addr[k]) & r->netmask.addr[k]);
		/* ::/0 is no way to an IPv4 address, though it matches all. */
		if (match && address_is_v4(dst) && r->netmask.addr[2] == 0)
			match = false;
		if (match && (!index || r->netif->id == index) &&
		    interface_up((struct interface *)r->netif))
			return r;
	}
	return NULL;
}

/* Where to send a multicast or broadcast that no route mentions. */
static struct interface *interface_default(int index)
{
	for (struct interface *i = interface_first(); i; i = interface_next(i))
		if (index ? interface_index(i) == index : i->ethernet && interface_up(i))
			return interface_up(i) ? i : NULL;
	return NULL;
}

int path_find(const struct ip_addr *dst, int index, const struct ip_addr *source,
		struct path *path)
{
	bool group = address_is_multicast(dst) ||
		(address_is_v4(dst) && dst->addr[3] == 0xffffffff);
	struct ip_addr_list *own = group ? NULL : address_find(dst);
	struct ip_route_list *r;
	struct ip_addr_list *el;

	path->next_hop = *dst;
	path->local = own != NULL;
	if (own) {
		path->interface = interface_first();	/* lo */
		path->source = source && !address_is_any(source) ? *source : *dst;
		if (address_is_v4(&path->source) != address_is_v4(dst))
			return -ENETUNREACH;
		return 0;
	}
	if (index && (group || address_is_link_local(dst))) {
		path->interface = interface_default(index);
	} else if ((r = route_find(dst, index))) {
		path->interface = (struct interface *)r->netif;
		if (!address_is_any(&r->nexthop))
			path->next_hop = r->nexthop;
	} else {
		path->interface = group ? interface_default(index) : NULL;
	}
	if (!path->interface)
		return -ENETUNREACH;
	if (source && !address_is_any(source)) {
		path->source = *source;
		return address_is_v4(source) == address_is_v4(dst) ? 0 : -ENETUNREACH;
	}
	el = address_source(path->interface, dst, &path->next_hop);
	/* An interface without an address of its own borrows one, as Linux does. */
	for (struct interface *i = interface_first(); !el && i; i = interface_next(i))
		if (!i->loopback && interface_up(i))
			el = address_source(i, dst, &path->next_hop);
	if (!el && !group)
		return address_is_v4(dst) ? -ENETUNREACH : -EADDRNOTAVAIL;
	path->source = el ? el->ipaddr : address_is_v4(dst) ? address_any4 : address_any6;
	return 0;
}
