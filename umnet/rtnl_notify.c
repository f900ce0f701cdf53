/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnl_notify.c - what has changed, for the members of netlink's groups (ip monitor).
 *
 * Nobody has to report a change: while there are members, a copy of all that the
 * stack lists is kept, and compared with what it lists now.  So it does not matter who
 * changed it (netlink, ioctl, a router's advertisement, a timer), and no
 * engine can forget one.  The price, a walk over the lists for each look at a change, is
 * paid only then.
 *
 * As Linux: of the IPv4 routes that go because their link goes down nothing is told, nor of
 * neighbours that are merely being asked for.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <linux/neighbour.h>

#include "rtnl.h"
#include "rtnl_socket.h"
#include "util.h"

/* A list of things of one kind, sorted. */
struct list {
	uint8_t		*items;
	size_t		 count, room;
	bool		 failed;	/* no memory: nothing is known */
};

/* To whom and how. */
struct news {
	const struct net_ops *net;
	const struct rtnl_request *by;	/* whose request made it, or NULL */
};

struct kind {
	size_t	 size;
	void	(*collect)(const struct net_ops *net, struct list *to);
	int	(*compare)(const void *a, const void *b);	/* is it the same thing? */
	bool	(*differs)(const void *was, const void *is);
	void	(*tell)(const struct news *news, const void *item, bool gone);
};

#define KINDS	4

static struct list known[KINDS];
static bool watching, touched;

#define COMPARE(x, y) if ((x) != (y)) return (x) < (y) ? -1 : 1

static int list_add(struct list *list, const void *item, size_t size)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 32;
		void *more = reallocarray(list->items, room, size);

		if (!more) {
			list->failed = true;
			return 1;
		}
		list->items = more;
		list->room = room;
	}
	memcpy(list->items + list->count++ * size, item, size);
	return 0;
}

static void list_clear(struct list *list)
{
	free(list->items);
	*list = (struct list){ 0 };
}

/* --- telling -------------------------------------------------------------- */

static const struct nlmsghdr no_request;

/* linked: Linux names the request in messages of this kind. */
static struct rtnl_request *news_begin(const struct news *news, bool named)
{
	static struct rtnl_request r;

	r = (struct rtnl_request){ .net = news->net, .head = &no_request };
	if (named && news->by) {
		r.head = news->by->head;
		r.port = news->by->port;
	}
	return &r;
}

static void news_send(const struct news *news, unsigned group, const struct rtnl_request *r)
{
	const struct um_sock *asked = NULL;

	if (news->by && news->by->head->nlmsg_flags & NLM_F_ECHO) {
		asked = news->by->sock;
		rtnl_deliver(news->by->sock, r->buffer, r->ready);
	}
	rtnl_multicast(group, r->buffer, r->ready, asked);
}

/* --- links ---------------------------------------------------------------- */

static int link_visit(void *arg, const struct net_link *l)
{
	return list_add(arg, l, sizeof(*l));
}

static void link_collect(const struct net_ops *net, struct list *to)
{
	net->links(link_visit, to);
}

static int link_compare(const void *left, const void *right)
{
	const struct net_link *a = left, *b = right;

	COMPARE(a->index, b->index);
	return 0;
}

static bool link_differs(const void *was, const void *is)
{
	const struct net_link *a = was, *b = is;

	return a->flags != b->flags || a->mtu != b->mtu || a->tx_queue != b->tx_queue ||
		memcmp(a->address, b->address, sizeof(a->address)) ||
		strncmp(a->name, b->name, NET_NAME);
}

static void link_tell(const struct news *news, const void *item, bool gone)
{
	struct rtnl_request *r = news_begin(news, false);

	rtnl_put_link(r, item, gone ? RTM_DELLINK : RTM_NEWLINK, 0, AF_UNSPEC);
	news_send(news, RTNLGRP_LINK, r);
}

/* --- addresses ------------------------------------------------------------ */

static int address_visit(void *arg, const struct net_address *a)
{
	return list_add(arg, a, sizeof(*a));
}

static void address_collect(const struct net_ops *net, struct list *to)
{
	net->addresses(address_visit, to);
}

static int address_compare(const void *left, const void *right)
{
	const struct net_address *a = left, *b = right;
	int rc;

	COMPARE(a->link, b->link);
	COMPARE(a->family, b->family);
	rc = memcmp(a->local, b->local, sizeof(a->local));
	if (rc)
		return rc;
	COMPARE(a->prefix, b->prefix);
	return memcmp(a->peer, b->peer, sizeof(a->peer));
}

/* Lifetimes grow shorter by themselves. */
static bool address_differs(const void *was, const void *is)
{
	const struct net_address *a = was, *b = is;

	return a->flags != b->flags || a->scope != b->scope || a->metric != b->metric ||
		b->valid > a->valid || b->preferred > a->preferred ||
		(b->valid != NET_FOREVER) != (a->valid != NET_FOREVER) ||
		memcmp(a->broadcast, b->broadcast, sizeof(a->broadcast)) ||
		strncmp(a->label, b->label, NET_NAME);
}

static void address_tell(const struct news *news, const void *item, bool gone)
{
	struct rtnl_request *r = news_begin(news, true);
	const struct net_address *a = item;

	rtnl_put_address(r, a, gone ? RTM_DELADDR : RTM_NEWADDR, 0);
	news_send(news, a->family == AF_INET ? RTNLGRP_IPV4_IFADDR : RTNLGRP_IPV6_IFADDR, r);
}

/* --- routes --------------------------------------------------------------- */

static int route_visit(void *arg, const struct net_route *r)
{
	return list_add(arg, r, sizeof(*r));
}

static void route_collect(const struct net_ops *net, struct list *to)
{
	net_local_routes(net, route_visit, to);
	net->routes(route_visit, to);
}

/* Table local first: Linux makes an address's own route before that of its network. */
static int route_compare(const void *left, const void *right)
{
	const struct net_route *a = left, *b = right;
	int rc;

	COMPARE(b->table, a->table);
	COMPARE(a->family, b->family);
	rc = memcmp(a->dst, b->dst, sizeof(a->dst));
	if (rc)
		return rc;
	COMPARE(a->prefix, b->prefix);
	COMPARE(a->metric, b->metric);
	COMPARE(a->tos, b->tos);
	COMPARE(a->link, b->link);
	COMPARE(a->type, b->type);
	COMPARE(a->scope, b->scope);
	COMPARE(a->protocol, b->protocol);
	rc = memcmp(a->gateway, b->gateway, sizeof(a->gateway));
	return rc ? rc : memcmp(a->source, b->source, sizeof(a->source));
}

static bool route_differs(const void *was, const void *is)
{
	return false;
}

static void route_tell(const struct news *news, const void *item, bool gone)
{
	struct rtnl_request *r = news_begin(news, true);
	const struct net_route *route = item;
	struct net_link l;
	uint16_t flags = 0;

	if (gone && route->family == AF_INET &&
	    (net_link_find(news->net, route->link, NULL, &l) < 0 || !(l.flags & IFF_UP)))
		return;
	if (news->by && news->by->head->nlmsg_type == RTM_NEWROUTE) {
		if (gone)	/* another has taken its place */
			return;
		flags = news->by->head->nlmsg_flags &
			(NLM_F_REPLACE | NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND);
	}
	rtnl_put_route(r, route, gone ? RTM_DELROUTE : RTM_NEWROUTE, flags);
	news_send(news, route->family == AF_INET ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE, r);
}

/* --- neighbours ----------------------------------------------------------- */

static int neighbour_visit(void *arg, const struct net_neighbour *n)
{
	return list_add(arg, n, sizeof(*n));
}

static void neighbour_collect(const struct net_ops *net, struct list *to)
{
	net->neighbours(neighbour_visit, to);
}

static int neighbour_compare(const void *left, const void *right)
{
	const struct net_neighbour *a = left, *b = right;

	COMPARE(a->link, b->link);
	COMPARE(a->family, b->family);
	return memcmp(a->dst, b->dst, sizeof(a->dst));
}

static bool neighbour_differs(const void *was, const void *is)
{
	const struct net_neighbour *a = was, *b = is;

	return a->state != b->state || a->address_len != b->address_len ||
		memcmp(a->address, b->address, sizeof(a->address));
}

static void neighbour_tell(const struct news *news, const void *item, bool gone)
{
	struct rtnl_request *r = news_begin(news, false);
	const struct net_neighbour *n = item;

	if (gone && news->by) {		/* as Linux: first it fails */
		struct net_neighbour failed = *n;

		failed.state = NUD_FAILED;
		failed.address_len = 0;
		rtnl_put_neighbour(r, &failed, RTM_NEWNEIGH, 0);
		news_send(news, RTNLGRP_NEIGH, r);
		r = news_begin(news, false);
		rtnl_put_neighbour(r, &failed, RTM_DELNEIGH, 0);
		news_send(news, RTNLGRP_NEIGH, r);
		return;
	}
	if (!gone && (!n->state || n->state & (NUD_INCOMPLETE | NUD_DELAY)))
		return;
	rtnl_put_neighbour(r, n, gone ? RTM_DELNEIGH : RTM_NEWNEIGH, 0);
	news_send(news, RTNLGRP_NEIGH, r);
}

/* --- looking -------------------------------------------------------------- */

static const struct kind kinds[KINDS] = {
	{ sizeof(struct net_link), link_collect, link_compare, link_differs, link_tell },
	{ sizeof(struct net_address), address_collect, address_compare, address_differs,
		address_tell },
	{ sizeof(struct net_route), route_collect, route_compare, route_differs, route_tell },
	{ sizeof(struct net_neighbour), neighbour_collect, neighbour_compare, neighbour_differs,
		neighbour_tell },
};

static void kind_look(const struct kind *kind, const struct net_ops *net, struct list *to)
{
	*to = (struct list){ 0 };
	kind->collect(net, to);
	if (to->count)
		qsort(to->items, to->count, kind->size, kind->compare);
}

/* Both are sorted: one walk along both. */
static void kind_compare(const struct kind *kind, const struct list *was, const struct list *is,
		const struct news *news)
{
	size_t a = 0, b = 0;

	while (a < was->count || b < is->count) {
		const void *old = was->items + a * kind->size, *new = is->items + b * kind->size;
		int rc = a == was->count ? 1 : b == is->count ? -1 : kind->compare(old, new);

		if (rc < 0)
			kind->tell(news, old, true);
		else if (rc > 0 || kind->differs(old, new))
			kind->tell(news, new, false);
		a += rc <= 0;
		b += rc >= 0;
	}
}

static void watch_stop(void)
{
	for (unsigned k = 0; k < KINDS; k++)
		list_clear(&known[k]);
	watching = false;
}

void rtnl_watch(const struct net_ops *net)
{
	if (watching)
		return;
	watching = true;
	for (unsigned k = 0; k < KINDS; k++)
		kind_look(&kinds[k], net, &known[k]);
}

void rtnl_notify(const struct net_ops *net, const struct rtnl_request *by)
{
	struct news news = { net, by };

	touched = false;
	if (!watching)
		return;
	for (unsigned k = 0; k < KINDS; k++) {
		struct list now;

		kind_look(&kinds[k], net, &now);
		if (!now.failed && !known[k].failed)
			kind_compare(&kinds[k], &known[k], &now, &news);
		list_clear(&known[k]);
		known[k] = now;
	}
	if (!rtnl_member(0))
		watch_stop();
}

void rtnl_touch(void)
{
	touched = true;
}

void rtnl_changed(const struct net_ops *net)
{
	if (touched)
		rtnl_notify(net, NULL);
}
