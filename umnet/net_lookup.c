/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets go: table local, the lookup, the source address. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "net.h"

#define METRIC_KERNEL6	256	/* IP6_RT_PRIO_ADDRCONF */

/* --- table local ---------------------------------------------------------- */

struct local_walk {
	const struct net_ops *net;
	int	(*visit)(void *arg, const struct net_route *r);
	void	*arg;
};

struct primary {
	const struct net_address *of;	/* a secondary address */
	uint8_t		*to;
};

/* Linux sends from the first address of a network. */
static int primary_visit(void *arg, const struct net_address *a)
{
	struct primary *primary = arg;

	if (a->family != AF_INET || a->link != primary->of->link ||
	    a->prefix != primary->of->prefix || a->flags & IFA_F_SECONDARY ||
	    !net_prefix_equal(a->peer, primary->of->peer, a->prefix))
		return 0;
	memcpy(primary->to, a->local, 4);
	return 1;
}

static int local_address4(struct local_walk *walk, const struct net_address *a, bool loopback)
{
	struct net_route r = { .family = AF_INET, .prefix = 32, .type = RTN_LOCAL,
		.scope = RT_SCOPE_HOST, .protocol = RTPROT_KERNEL, .has_source = true,
		.link = a->link, .table = RT_TABLE_LOCAL };
	const struct net_ops *net = walk->net;
	unsigned i;
	int rc;

	memcpy(r.dst, a->local, 4);
	memcpy(r.source, a->local, 4);
	if (a->flags & IFA_F_SECONDARY)
		net->addresses(primary_visit, &(struct primary){ a, r.source });
	rc = walk->visit(walk->arg, &r);
	if (rc || a->prefix >= 32 || a->flags & IFA_F_SECONDARY)
		return rc;
	if (loopback) {
		memcpy(r.dst, a->peer, 4);
		net_prefix_mask(r.dst, a->prefix);
		r.prefix = a->prefix;
		rc = walk->visit(walk->arg, &r);
	}
	if (rc || a->prefix == 31)
		return rc;
	r.prefix = 32;
	r.type = RTN_BROADCAST;
	r.scope = RT_SCOPE_LINK;
	memcpy(r.dst, a->peer, 4);
	for (i = a->prefix; i < 32; i++)
		r.dst[i / 8] |= 0x80 >> i % 8;
	return walk->visit(walk->arg, &r);
}

static int local_address(void *arg, const struct net_address *a)
{
	struct local_walk *walk = arg;
	struct net_route r = { .family = AF_INET6, .prefix = 128, .type = RTN_LOCAL,
		.protocol = RTPROT_KERNEL, .link = a->link, .table = RT_TABLE_LOCAL };
	struct net_link link;

	if (net_link_find(walk->net, a->link, NULL, &link) < 0 || !(link.flags & IFF_UP))
		return 0;
	if (a->family == AF_INET)
		return local_address4(walk, a, link.flags & IFF_LOOPBACK);
	if (a->flags & IFA_F_TENTATIVE)
		return 0;
	memcpy(r.dst, a->local, 16);
	return walk->visit(walk->arg, &r);
}

/* ff00::/8 on every link that is up. */
static int local_multicast(void *arg, const struct net_link *l)
{
	struct local_walk *walk = arg;
	struct net_route r = { .family = AF_INET6, .prefix = 8, .type = RTN_MULTICAST,
		.protocol = RTPROT_KERNEL, .link = l->index, .table = RT_TABLE_LOCAL,
		.metric = METRIC_KERNEL6, .dst = { 0xff } };

	if (!(l->flags & IFF_UP) || l->flags & IFF_LOOPBACK)
		return 0;
	return walk->visit(walk->arg, &r);
}

int net_local_routes(const struct net_ops *net,
		int (*visit)(void *arg, const struct net_route *r), void *arg)
{
	struct local_walk walk = { net, visit, arg };
	int rc = net->addresses(local_address, &walk);

	return rc ? rc : net->links(local_multicast, &walk);
}

/* --- lookup --------------------------------------------------------------- */

struct lookup {
	int		 family, link;
	const uint8_t	*dst;
	int		 above;		/* only scopes greater than this; -1: all */
	bool		 any;
	struct net_route *best;
};

static int lookup_visit(void *arg, const struct net_route *r)
{
	struct lookup *look = arg;

	if (r->family != look->family || (r->table != RT_TABLE_MAIN && r->table != RT_TABLE_LOCAL) ||
	    (look->link && r->link && r->link != look->link) || r->scope <= look->above ||
	    !net_prefix_equal(r->dst, look->dst, r->prefix))
		return 0;
	if (look->any && (look->best->prefix > r->prefix ||
	    (look->best->prefix == r->prefix && look->best->metric <= r->metric)))
		return 0;
	look->any = true;
	*look->best = *r;
	return 0;
}

int net_route_error(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_THROW:
		return -ENETUNREACH;
	default:
		return 0;
	}
}

static int lookup_run(const struct net_ops *net, struct lookup *look)
{
	net_local_routes(net, lookup_visit, look);
	if (!look->any)
		net->routes(lookup_visit, look);
	return look->any ? net_route_error(look->best->type) : -ENETUNREACH;
}

int net_route_lookup(const struct net_ops *net, int family, const uint8_t *dst, int link,
		struct net_route *found)
{
	struct lookup look = { family, link, dst, -1, false, found };
	bool group = family == AF_INET && (dst[0] & 0xf0) == 0xe0;
	bool all = family == AF_INET && !memcmp(dst, "\xff\xff\xff\xff", 4);
	int rc = lookup_run(net, &look);

	/* IPv4 groups and 255.255.255.255 leave by the device of the route, directly. */
	if (!rc && (group || all) && found->table != RT_TABLE_LOCAL) {
		found->type = group ? RTN_MULTICAST : RTN_BROADCAST;
		found->has_gateway = false;
	}
	return rc;
}

int net_gateway_lookup(const struct net_ops *net, const struct net_route *r,
		struct net_route *via)
{
	struct lookup look = { r->family, r->link, r->gateway,
		r->family == AF_INET ? r->scope : -1, false, via };

	return lookup_run(net, &look);
}

/* --- source address ------------------------------------------------------- */

struct source_search {
	const struct net_route *route;
	const uint8_t	*next;		/* gateway, or the destination */
	uint8_t		*source;
	int		 best;
};

/* How many leading bits agree. */
static int prefix_common(const uint8_t *a, const uint8_t *b, int bits)
{
	int n = 0;

	while (n < bits && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
		n++;
	return n;
}

/* Rank: on the route's link, of the scope that is needed, in the same network. */
static int source_visit(void *arg, const struct net_address *a)
{
	struct source_search *search = arg;
	int bits = 8 * net_address_len(a->family), rank;
	uint8_t scope = net_scope_of(a->family, search->next);

	if (a->family != search->route->family || a->flags & IFA_F_TENTATIVE)
		return 0;
	if (a->link != search->route->link && a->scope > RT_SCOPE_SITE)
		return 0;
	rank = 1 + prefix_common(a->local, search->next, bits);
	if (a->family == AF_INET)	/* first one wins, unless it is the very network */
		rank = net_prefix_equal(a->peer, search->next, a->prefix) ? 2 : 1;
	if (a->link == search->route->link)
		rank += 1000;
	if (a->scope == scope)
		rank += 500;
	if (rank > search->best) {
		search->best = rank;
		memcpy(search->source, a->local, bits / 8);
	}
	return 0;
}

int net_source_select(const struct net_ops *net, const struct net_route *r,
		const uint8_t *dst, uint8_t source[16])
{
	struct source_search search = { r, dst, source, 0 };

	memset(source, 0, 16);
	if (r->has_source || r->type == RTN_LOCAL) {
		bool own = !r->has_source;

		memcpy(source, own ? dst : r->source, net_address_len(r->family));
		return 0;
	}
	if (r->has_gateway && r->family == AF_INET)
		search.next = r->gateway;
	net->addresses(source_visit, &search);
	return search.best ? 0 : -EADDRNOTAVAIL;
}
