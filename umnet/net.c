/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses and neighbours: finding them, and changes checked as Linux does. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "net.h"

unsigned net_address_len(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

bool net_prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

void net_prefix_mask(uint8_t address[16], unsigned bits)
{
	unsigned i;

	for (i = bits / 8; i < 16; i++)
		address[i] &= i == bits / 8 ? (uint8_t)~(0xff >> bits % 8) : 0;
}

uint8_t net_scope_of(int family, const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (family == AF_INET)
		return address[0] == 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	if (!memcmp(address, loopback, 16))
		return RT_SCOPE_HOST;
	if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

struct link_search {
	int		 index;
	const char	*name;
	struct net_link	*found;
};

static int link_matches(void *arg, const struct net_link *l)
{
	struct link_search *search = arg;

	if (search->index ? l->index != search->index :
	    !search->name || strncmp(l->name, search->name, NET_NAME))
		return 0;
	*search->found = *l;
	return 1;
}

int net_link_find(const struct net_ops *net, int index, const char *name,
		struct net_link *found)
{
	struct link_search search = { index, name, found };

	return net->links(link_matches, &search) > 0 ? 0 : -ENODEV;
}

struct address_search {
	int		 link, family;
	int		 prefix;	/* -1: any */
	const uint8_t	*local;
	const uint8_t	*peer;		/* NULL: any */
	struct net_address *found;
};

static int address_matches(void *arg, const struct net_address *a)
{
	struct address_search *search = arg;

	if (a->family != search->family || (search->link && a->link != search->link) ||
	    (search->prefix >= 0 && a->prefix != search->prefix) ||
	    memcmp(a->local, search->local, net_address_len(a->family)) ||
	    (search->peer && !net_prefix_equal(a->peer, search->peer, a->prefix)))
		return 0;
	if (search->found)
		*search->found = *a;
	return 1;
}

int net_address_find(const struct net_ops *net, int link, int family,
		const uint8_t *local, struct net_address *found)
{
	struct address_search search = { link, family, -1, local, NULL, found };

	return net->addresses(address_matches, &search) > 0 ? 0 : -EADDRNOTAVAIL;
}

int net_link_change(const struct net_ops *net, const struct net_link *l,
		unsigned what, const char **why)
{
	struct net_link old;
	int rc = net_link_find(net, l->index, NULL, &old);

	if (rc < 0)
		return rc;
	if (what & NET_SET_MTU && l->mtu < old.min_mtu) {
		*why = "mtu less than device minimum";
		return -EINVAL;
	}
	if (what & NET_SET_MTU && old.max_mtu && l->mtu > old.max_mtu) {
		*why = "mtu greater than device maximum";
		return -EINVAL;
	}
	if (what & NET_SET_ADDRESS) {
		static const uint8_t zero[6];

		if (!old.address_len)
			return -EOPNOTSUPP;
		/* A group address, or none, is no address for a link. */
		if (l->address[0] & 1 || !memcmp(l->address, zero, 6))
			return -EADDRNOTAVAIL;
	}
	return net->link_set(l, what);
}

/* What Linux refuses of the address by itself. */
static int address_check(const struct net_address *a, const char **why)
{
	static const uint8_t none[16];

	if (a->prefix > 8 * net_address_len(a->family)) {
		*why = a->family == AF_INET ? "ipv4: Invalid prefix length" :
			"ipv6: Invalid prefix length";
		return -EINVAL;
	}
	if (a->preferred > a->valid || !a->valid) {
		*why = a->family == AF_INET ? "ipv4: Invalid address lifetime" :
			"ipv6: address lifetime invalid";
		return -EINVAL;
	}
	if (a->family == AF_INET)
		return 0;
	if (a->local[0] == 0xff) {
		*why = "ipv6: Cannot assign multicast address without \"IFA_F_MCAUTOJOIN\" flag";
		return -EINVAL;
	}
	if (!memcmp(a->local, none, 16)) {
		*why = "ipv6: Invalid address";
		return -EADDRNOTAVAIL;
	}
	return 0;
}

int net_address_add(const struct net_ops *net, const struct net_address *a,
		unsigned how, const char **why)
{
	struct net_address old;
	/* Linux: one IPv6 address is once on a link; an IPv4 address is once in each
	   network, told apart by the length of its prefix and by its peer. */
	struct address_search search = { a->link, a->family,
		a->family == AF_INET ? a->prefix : -1, a->local,
		a->family == AF_INET ? a->peer : NULL, &old };
	struct net_link link;
	struct net_address new = *a;
	int rc = address_check(a, why);

	if (rc < 0)
		return rc;
	rc = net_link_find(net, a->link, NULL, &link);
	if (rc < 0) {
		*why = a->family == AF_INET ? "ipv4: Device not found" : "ipv6: Unable to find the interface";
		return rc;
	}
	if (net->addresses(address_matches, &search) > 0) {
		if (how & NET_EXCLUSIVE || !(how & NET_REPLACE)) {
			*why = a->family == AF_INET ? "ipv4: Address already assigned" :
				"ipv6: address already assigned";
			return -EEXIST;
		}
		new.prefix = old.prefix;
		return net->address_set(&new);
	}
	/* 0.0.0.0 is accepted and forgotten, as in inet_insert_ifa(). */
	if (a->family == AF_INET && !memcmp(a->local, (uint8_t[4]){ 0 }, 4))
		return 0;
	return net->address_add(&new);
}

struct neighbour_search {
	const struct net_neighbour *like;
	struct net_neighbour *found;
};

static int neighbour_matches(void *arg, const struct net_neighbour *n)
{
	struct neighbour_search *search = arg;

	if (n->link != search->like->link || n->family != search->like->family ||
	    memcmp(n->dst, search->like->dst, 16))
		return 0;
	*search->found = *n;
	return 1;
}

int net_neighbour_add(const struct net_ops *net, const struct net_neighbour *n,
		unsigned how, const char **why)
{
	struct net_neighbour old, new = *n;
	struct neighbour_search search = { n, &old };
	struct net_link link;
	bool there;
	int rc = net_link_find(net, n->link, NULL, &link);

	if (rc < 0)
		return rc;
	there = net->neighbours(neighbour_matches, &search) > 0;
	if (there && how & NET_EXCLUSIVE)
		return -EEXIST;
	if (!there && !(how & NET_CREATE))
		return -ENOENT;
	if (there && !(how & NET_REPLACE) && n->address_len)
		memcpy(new.address, old.address, sizeof(new.address));
	if (there && !n->address_len) {
		memcpy(new.address, old.address, sizeof(new.address));
		new.address_len = old.address_len;
	}
	if (!new.address_len && new.state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE |
	    NUD_PROBE | NUD_STALE | NUD_DELAY)) {
		*why = "No link layer address given";
		return -EINVAL;
	}
	return net->neighbour_set(&new);
}

int net_neighbour_delete(const struct net_ops *net, const struct net_neighbour *n)
{
	struct net_neighbour old;
	struct neighbour_search search = { n, &old };
	struct net_link link;
	int rc = net_link_find(net, n->link, NULL, &link);

	if (rc < 0)
		return rc;
	if (net->neighbours(neighbour_matches, &search) <= 0)
		return -ENOENT;
	return net->neighbour_remove(&old);
}
