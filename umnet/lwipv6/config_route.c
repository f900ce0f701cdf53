/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes: what net.h asks for, and those that come and go with links and addresses. */
#include <errno.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "address.h"
#include "config_table.h"

/* --- operations ------------------------------------------------------------- */

int config_routes(int (*visit)(void *arg, const struct net_route *r), void *arg)
{
	const struct entry *e;
	int rc = 0;

	table_sync();
	for (e = table_first(); e && !rc; e = e->next)
		if (!e->hidden)
			rc = visit(arg, &e->route);
	return rc;
}

int config_route_add(const struct net_route *r, bool append)
{
	int rc;

	/* The library cannot refuse packets. */
	if (r->type != RTN_UNICAST)
		return -EOPNOTSUPP;
	if (!interface_by_index(r->link))
		return -ENODEV;
	if (config_address_mapped(r->family, r->dst) ||
	    (r->has_gateway && config_address_mapped(r->family, r->gateway)))
		return -EINVAL;
	table_sync();
	rc = table_add(r, append);
	table_relink();
	return rc;
}

static bool is_route(const struct entry *e, const void *arg)
{
	const struct net_route *a = &e->route, *b = arg;

	return !e->hidden && a->family == b->family && a->prefix == b->prefix && a->tos == b->tos &&
		a->type == b->type && a->scope == b->scope && a->protocol == b->protocol &&
		a->has_gateway == b->has_gateway && a->has_source == b->has_source &&
		a->link == b->link && a->table == b->table && a->metric == b->metric &&
		!memcmp(a->dst, b->dst, 16) && !memcmp(a->gateway, b->gateway, 16) &&
		!memcmp(a->source, b->source, 16);
}

int config_route_remove(const struct net_route *r)
{
	struct net_route copy = *r;	/* r may be the entry's own */

	return table_remove(is_route, &copy) ? 0 : -ESRCH;
}

/* --- routes that follow links and addresses ---------------------------------- */

static bool of_link(const struct entry *e, const void *arg)
{
	return !e->hidden && e->route.link == *(const int *)arg;
}

void config_routes_down(int link)
{
	table_remove(of_link, &link);
}

/* An address has gone; what of it is left? */
struct departure {
	const struct net_address *address;
	bool		 elsewhere;	/* it is on another link, or with another prefix */
	bool		 last;		/* the link has none of its family now */
};

static bool of_address(const struct entry *e, const void *arg)
{
	const struct departure *gone = arg;
	const struct net_address *a = gone->address;
	const struct net_route *r = &e->route;

	if (r->family != a->family)
		return false;
	/* Linux lets all IPv4 routes of a link go that has no address any more. */
	if (gone->last && r->family == AF_INET && r->link == a->link)
		return true;
	if (r->protocol != RTPROT_KERNEL || r->has_gateway)
		return r->has_source && !gone->elsewhere && !memcmp(r->source, a->local, 16);
	return r->link == a->link && (r->prefix == a->prefix || r->prefix == 128) &&
		(!r->has_source || !memcmp(r->source, a->local, 16)) &&
		net_prefix_equal(r->dst, a->peer, r->prefix);
}

static int departure_visit(void *arg, const struct net_address *a)
{
	struct departure *gone = arg;

	if (a->family != gone->address->family)
		return 0;
	if (!memcmp(a->local, gone->address->local, 16))
		gone->elsewhere = true;
	if (a->link == gone->address->link)
		gone->last = false;
	return 0;
}

void config_routes_unaddressed(const struct net_address *a)
{
	struct departure gone = { .address = a, .last = true };

	config_addresses(departure_visit, &gone);
	table_remove(of_address, &gone);
}

/* The route that an address brings, if any. */
static bool connected_route(const struct net_address *a, struct net_route *r)
{
	bool v4 = a->family == AF_INET, peer = memcmp(a->local, a->peer, 16);
	struct interface *i = interface_by_index(a->link);

	*r = (struct net_route){ .family = a->family, .prefix = a->prefix, .type = RTN_UNICAST,
		.protocol = RTPROT_KERNEL, .link = a->link, .table = RT_TABLE_MAIN,
		.scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, .has_source = v4,
		.metric = a->metric || v4 ? a->metric : METRIC_KERNEL6 };
	if (!v4 && peer)
		r->prefix = 128;
	memcpy(r->dst, a->peer, 16);
	net_prefix_mask(r->dst, r->prefix);
	if (v4)
		memcpy(r->source, a->local, 16);
	if (a->flags & (IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY))
		return false;
	if (v4)		/* the rest is in table local, or nonsense */
		return !i->loopback && (a->prefix < 32 || peer) &&
			r->dst[0] != 0 && r->dst[0] < 224;
	return net_scope_of(AF_INET6, a->local) != RT_SCOPE_HOST;
}

struct connect_walk {
	int		 link;
	const struct net_address *like;	/* only those of its network; NULL: all */
};

static bool table_has_connected(const struct net_route *r)
{
	const struct entry *e;

	for (e = table_first(); e; e = e->next)
		if (e->route.protocol == RTPROT_KERNEL && e->route.link == r->link &&
		    e->route.family == r->family && e->route.prefix == r->prefix &&
		    !memcmp(e->route.dst, r->dst, 16))
			return true;
	return false;
}

static int connect_visit(void *arg, const struct net_address *a)
{
	struct connect_walk *walk = arg;
	const struct net_address *like = walk->like;
	struct net_route r;

	if (a->link != walk->link || (like && (like->family != a->family ||
	    like->prefix != a->prefix || !net_prefix_equal(like->peer, a->peer, a->prefix))))
		return 0;
	if (connected_route(a, &r) && !table_has_connected(&r))
		table_add(&r, true);
	return 0;
}

void config_routes_connect(int link, const struct net_address *like)
{
	struct interface *i = interface_by_index(link);
	struct connect_walk walk = { link, like };

	if (!i || !interface_up(i))
		return;
	table_sync();
	config_addresses(connect_visit, &walk);
	table_relink();
}
