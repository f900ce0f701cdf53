/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links and neighbours; the table of all operations. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "config.h"
#include "neighbour.h"
#include "socket-list.h"

#define TX_QUEUE	1000
#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP	0x10000
#endif

/* --- addresses between both forms ------------------------------------------ */

void config_address_from(const struct ip_addr *from, uint8_t *family, uint8_t to[16])
{
	memset(to, 0, 16);
	*family = address_is_v4(from) ? AF_INET : AF_INET6;
	if (*family == AF_INET)
		memcpy(to, &from->addr[3], 4);
	else
		memcpy(to, from->addr, 16);
}

struct ip_addr config_address_to(int family, const uint8_t from[16])
{
	struct ip_addr to = { { 0 } };

	if (family == AF_INET) {
		uint32_t four;

		memcpy(&four, from, 4);
		return address_v4(four);
	}
	memcpy(to.addr, from, 16);
	return to;
}

bool config_address_mapped(int family, const uint8_t address[16])
{
	struct ip_addr a = config_address_to(family, address);

	return family == AF_INET6 && address_is_v4(&a);
}

struct ip_addr config_mask_to(int family, unsigned prefix)
{
	struct ip_addr to;
	uint8_t mask[16];

	memset(mask, 0xff, sizeof(mask));
	net_prefix_mask(mask, family == AF_INET ? 96 + prefix : prefix);
	memcpy(to.addr, mask, 16);
	return to;
}

/* --- links ---------------------------------------------------------------- */

_Static_assert(sizeof(((struct interface *)0)->label) == NET_NAME, "a label is a link's name");

/* What the library has no room for, by index; 0 is the default. */
static uint32_t queue_plus_1[256];

static unsigned link_flags(const struct interface *i)
{
	unsigned flags = i->loopback ? IFF_LOOPBACK : i->ethernet ? IFF_BROADCAST | IFF_MULTICAST :
		IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;

	if (interface_up(i))
		flags |= IFF_UP;
	if (interface_running(i))
		flags |= IFF_RUNNING | IFF_LOWER_UP;
	if (i->promiscuous)
		flags |= IFF_PROMISC;
	return flags;
}

static void link_fill(const struct interface *i, struct net_link *l)
{
	int index = interface_index(i);

	*l = (struct net_link){ .index = index, .flags = link_flags(i),
		.type = i->loopback ? ARPHRD_LOOPBACK : i->ethernet ? ARPHRD_ETHER : ARPHRD_NONE,
		.mtu = i->mtu, .min_mtu = INTERFACE_MTU_MIN, .max_mtu = i->mtu_max,
		.tx_queue = queue_plus_1[index] ? queue_plus_1[index] - 1 : TX_QUEUE,
		.multicast = i->rx_multicast,
		.rx = { i->rx.packets, i->rx.bytes, i->rx.errors, i->rx.dropped },
		.tx = { i->tx.packets, i->tx.bytes, i->tx.errors, i->tx.dropped } };
	memcpy(l->name, i->label, NET_NAME);
	if (!i->ethernet && !i->loopback)
		return;
	l->address_len = sizeof(l->address);
	if (i->ethernet) {
		memcpy(l->address, i->netif.hwaddr, sizeof(l->address));
		memset(l->broadcast, 0xff, sizeof(l->broadcast));
	}
}

static int config_links(int (*visit)(void *arg, const struct net_link *l), void *arg)
{
	struct interface *i;
	struct net_link l;
	int rc = 0;

	for (i = interface_first(); i && !rc; i = interface_next(i)) {
		link_fill(i, &l);
		rc = visit(arg, &l);
	}
	return rc;
}

static int link_up(struct interface *i)
{
	int rc = interface_set_up(i, true, true);

	if (rc < 0)
		return rc;
	config_routes_connect(interface_index(i), NULL);
	return 0;
}

static int link_down(struct interface *i)
{
	int index = interface_index(i);

	config_routes_down(index);
	if (!i->loopback)
		config_addresses_down(index);
	return interface_set_up(i, false, false);
}

static int config_link_set(const struct net_link *l, unsigned what)
{
	struct interface *i = interface_by_index(l->index);
	int rc = i ? 0 : -ENODEV;

	if (!rc && what & NET_SET_MTU)
		rc = interface_set_mtu(i, l->mtu);
	if (rc >= 0 && what & NET_SET_ADDRESS)
		rc = interface_set_mac(i, l->address);
	if (rc >= 0 && what & NET_SET_QUEUE && l->tx_queue < UINT32_MAX)
		queue_plus_1[l->index] = l->tx_queue + 1;
	if (rc < 0 || !(what & NET_SET_FLAGS))
		return rc;
	if (!!(l->flags & IFF_PROMISC) != i->promiscuous)
		interface_set_promiscuous(i, l->flags & IFF_PROMISC);
	if (!!(l->flags & IFF_UP) == interface_up(i))
		return 0;
	return l->flags & IFF_UP ? link_up(i) : link_down(i);
}

/* --- neighbours ----------------------------------------------------------- */

static int config_neighbours(int (*visit)(void *arg, const struct net_neighbour *n), void *arg)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct net_neighbour out;
	struct neighbour *n;
	unsigned k;
	int rc = 0;

	for (k = 0; k < 2; k++)
		for (n = neighbour_first(); n && !rc; n = n->next) {
			out = (struct net_neighbour){ .link = interface_index(n->interface),
				.flags = n->flags, .state = n->state,
				.address_len = n->has_mac ? sizeof(n->mac) : 0 };
			config_address_from(&n->address, &out.family, out.dst);
			if (n->has_mac)
				memcpy(out.address, n->mac, sizeof(n->mac));
			if (out.family == families[k])
				rc = visit(arg, &out);
		}
	return rc;
}

static int config_neighbour_set(const struct net_neighbour *n)
{
	struct interface *i = interface_by_index(n->link);
	struct ip_addr a = config_address_to(n->family, n->dst);

	if (!i)
		return -ENODEV;
	if (!i->ethernet || config_address_mapped(n->family, n->dst))
		return -EINVAL;
	return neighbour_set(i, &a, n->state, n->flags, n->address_len ? n->address : NULL);
}

static int config_neighbour_remove(const struct net_neighbour *n)
{
	struct interface *i = interface_by_index(n->link);
	struct ip_addr a = config_address_to(n->family, n->dst);
	struct neighbour *found = i ? neighbour_find(i, &a) : NULL;

	if (!found)
		return -ENOENT;
	neighbour_remove(found);
	return 0;
}

const struct net_ops config_net = {
	.links = config_links,
	.addresses = config_addresses,
	.routes = config_routes,
	.neighbours = config_neighbours,
	.link_set = config_link_set,
	.address_add = config_address_add,
	.address_set = config_address_set,
	.address_remove = config_address_remove,
	.route_add = config_route_add,
	.route_remove = config_route_remove,
	.neighbour_set = config_neighbour_set,
	.neighbour_remove = config_neighbour_remove,
	.sockets = socket_list,
};
