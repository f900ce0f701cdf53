/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "fake_net.h"

#define MANY 4096

static struct net_link link_at[MANY];
static struct net_address address_at[MANY];
static struct net_route route_at[MANY];
static struct net_neighbour neighbour_at[MANY];
static int link_count, address_count, route_count, neighbour_count;

static int each_link(int (*visit)(void *, const struct net_link *), void *arg)
{
	int rc = 0;

	for (int i = 0; i < link_count && !rc; i++)
		rc = visit(arg, &link_at[i]);
	return rc;
}

static int each_address(int (*visit)(void *, const struct net_address *), void *arg)
{
	int rc = 0;

	for (int i = 0; i < address_count && !rc; i++)
		rc = visit(arg, &address_at[i]);
	return rc;
}

static int each_route(int (*visit)(void *, const struct net_route *), void *arg)
{
	int rc = 0;

	for (int i = 0; i < route_count && !rc; i++)
		rc = visit(arg, &route_at[i]);
	return rc;
}

static int each_neighbour(int (*visit)(void *, const struct net_neighbour *), void *arg)
{
	int rc = 0;

	for (int i = 0; i < neighbour_count && !rc; i++)
		rc = visit(arg, &neighbour_at[i]);
	return rc;
}

static int route_add(const struct net_route *r, bool append)
{
	if (route_count == MANY)
		return -ENOBUFS;
	if (!append) {
		memmove(route_at + 1, route_at, route_count * sizeof(*route_at));
		route_at[0] = *r;
	} else {
		route_at[route_count] = *r;
	}
	route_count++;
	return 0;
}

static int route_remove(const struct net_route *r)
{
	for (int i = 0; i < route_count; i++)
		if (!memcmp(&route_at[i], r, sizeof(*r))) {
			memmove(route_at + i, route_at + i + 1,
				(--route_count - i) * sizeof(*route_at));
			return 0;
		}
	return -ESRCH;
}

static void connected(const struct net_address *a, struct net_route *r)
{
	memset(r, 0, sizeof(*r));
	r->family = a->family;
	r->prefix = a->prefix;
	r->type = RTN_UNICAST;
	r->protocol = RTPROT_KERNEL;
	r->link = a->link;
	r->table = RT_TABLE_MAIN;
	memcpy(r->dst, a->peer, 16);
	net_prefix_mask(r->dst, r->prefix);
	r->metric = a->metric;
	if (a->family == AF_INET6) {
		r->metric = r->metric ? r->metric : 256;
		return;
	}
	r->scope = RT_SCOPE_LINK;
	r->has_source = true;
	memcpy(r->source, a->local, 16);
}

static void connect_address(const struct net_address *a)
{
	const struct net_link *l = &link_at[a->link - 1];
	struct net_route r;

	if (!(l->flags & IFF_UP) || l->flags & IFF_LOOPBACK || a->flags & IFA_F_SECONDARY ||
	    (a->family == AF_INET && a->prefix == 32 && !memcmp(a->local, a->peer, 4)))
		return;
	connected(a, &r);
	route_add(&r, true);
}

static int link_set(const struct net_link *new, unsigned what)
{
	struct net_link *l = &link_at[new->index - 1];
	bool was = l->flags & IFF_UP;

	if (what & NET_SET_MTU)
		l->mtu = new->mtu;
	if (what & NET_SET_ADDRESS)
		memcpy(l->address, new->address, 6);
	if (what & NET_SET_QUEUE)
		l->tx_queue = new->tx_queue;
	if (!(what & NET_SET_FLAGS))
		return 0;
	l->flags = (l->flags & ~(IFF_UP | IFF_PROMISC)) | (new->flags & (IFF_UP | IFF_PROMISC));
	l->flags &= ~(IFF_RUNNING | 0x10000);
	if (l->flags & IFF_UP)
		l->flags |= IFF_RUNNING | 0x10000;
	if (was && !(l->flags & IFF_UP))
		for (int i = route_count - 1; i >= 0; i--)
			if (route_at[i].link == l->index)
				memmove(route_at + i, route_at + i + 1,
					(--route_count - i) * sizeof(*route_at));
	if (!was && l->flags & IFF_UP)
		for (int i = 0; i < address_count; i++)
			if (address_at[i].link == l->index)
				connect_address(&address_at[i]);
	return 0;
}

static struct net_address *address_find(const struct net_address *a)
{
	for (int i = 0; i < address_count; i++)
		if (address_at[i].link == a->link && address_at[i].family == a->family &&
		    address_at[i].prefix == a->prefix &&
		    !memcmp(address_at[i].local, a->local, 16))
			return &address_at[i];
	return NULL;
}

static int address_add(const struct net_address *a)
{
	struct net_address *new = &address_at[address_count];

	if (address_count == MANY)
		return -ENOBUFS;
	*new = *a;
	for (int i = 0; i < address_count; i++)
		if (a->family == AF_INET && address_at[i].family == AF_INET &&
		    address_at[i].link == a->link && address_at[i].prefix == a->prefix &&
		    net_prefix_equal(address_at[i].peer, a->peer, a->prefix))
			new->flags |= IFA_F_SECONDARY;
	address_count++;
	connect_address(new);
	return 0;
}

static int address_set(const struct net_address *a)
{
	*address_find(a) = *a;
	return 0;
}

static int address_remove(const struct net_address *a)
{
	struct net_address *old = address_find(a);
	struct net_route r;

	if (!old)
		return -EADDRNOTAVAIL;
	connected(a, &r);
	route_remove(&r);
	memmove(old, old + 1, (--address_count - (old - address_at)) * sizeof(*old));
	return 0;
}

static struct net_neighbour *neighbour_find(const struct net_neighbour *n)
{
	for (int i = 0; i < neighbour_count; i++)
		if (neighbour_at[i].link == n->link && neighbour_at[i].family == n->family &&
		    !memcmp(neighbour_at[i].dst, n->dst, 16))
			return &neighbour_at[i];
	return NULL;
}

static int neighbour_set(const struct net_neighbour *n)
{
	struct net_neighbour *old = neighbour_find(n);

	if (!old && neighbour_count == MANY)
		return -ENOBUFS;
	*(old ? old : &neighbour_at[neighbour_count++]) = *n;
	return 0;
}

static int neighbour_remove(const struct net_neighbour *n)
{
	struct net_neighbour *old = neighbour_find(n);

	if (!old)
		return -ENOENT;
	memmove(old, old + 1, (--neighbour_count - (old - neighbour_at)) * sizeof(*old));
	return 0;
}

static int each_socket(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	static const struct net_socket s = { .family = AF_INET, .protocol = 6, .state = 1,
		.local = { 10, 0, 0, 1 }, .remote = { 10, 0, 0, 2 }, .local_port = 80,
		.remote_port = 5000, .inode = 7, .cookie = 8 };

	return visit(arg, &s);
}

const struct net_ops fake_net = {
	each_link, each_address, each_route, each_neighbour, link_set,
	address_add, address_set, address_remove, route_add, route_remove,
	neighbour_set, neighbour_remove, each_socket,
};

void fake_net_reset(int more)
{
	struct net_address a = { .link = 1, .family = AF_INET, .prefix = 8,
		.scope = RT_SCOPE_HOST, .flags = IFA_F_PERMANENT, .valid = NET_FOREVER,
		.preferred = NET_FOREVER, .local = { 127, 0, 0, 1 }, .peer = { 127, 0, 0, 1 } };

	address_count = route_count = neighbour_count = 0;
	link_count = 2 + more;
	memset(link_at, 0, sizeof(link_at));
	for (int i = 0; i < link_count; i++) {
		link_at[i] = (struct net_link){ .index = i + 1, .type = ARPHRD_ETHER,
			.flags = IFF_BROADCAST | IFF_MULTICAST, .mtu = 1500, .min_mtu = 68,
			.max_mtu = 65535, .tx_queue = 1000, .address_len = 6,
			.address = { 2, 0, 0, 0, i >> 8, i }, };
		memset(link_at[i].broadcast, 0xff, 6);
		snprintf(link_at[i].name, NET_NAME, i ? "vd%d" : "lo%d", i ? i - 1 : 0);
	}
	link_at[0].type = ARPHRD_LOOPBACK;
	link_at[0].flags = IFF_LOOPBACK | IFF_UP | IFF_RUNNING | 0x10000;
	link_at[0].mtu = 65535;
	memset(link_at[0].address, 0, 6);
	memset(link_at[0].broadcast, 0, 6);
	address_add(&a);
	a.family = AF_INET6;
	a.prefix = 128;
	memset(a.local, 0, 16);
	a.local[15] = 1;
	memcpy(a.peer, a.local, 16);
	address_add(&a);
}
