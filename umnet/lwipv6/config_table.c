/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routing table.  `table` holds all, as Linux would, in the order in which they win:
 * long prefixes first, then low metrics.  Those that can carry packets have
 * an element in the library's list, which is linked in the same order after each
 * change, so that the first match there is the right one.
 *
 * The library adds elements itself (router advertisements, the link-local
 * address) and removes some; table_sync() takes that over before anything
 * else looks at the table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "address.h"
#include "config_table.h"
#include "rtnetlink.h"

#define ROUTE_MAX	4096

static struct entry *table;
static size_t count;

static bool loopback_link(int link)
{
	struct interface *i = interface_by_index(link);

	return i && i->loopback;
}

/* --- the table and the library's list --------------------------------------- */

static unsigned width(const struct net_route *r)
{
	return r->family == AF_INET ? 96 + r->prefix : r->prefix;
}

static void element_fill(struct ip_route_list *el, const struct net_route *r)
{
	el->addr = config_address_to(r->family, r->dst);
	el->netmask = config_mask_to(r->family, r->prefix);
	el->nexthop = r->has_gateway ? config_address_to(r->family, r->gateway) : address_any6;
	el->netif = &interface_by_index(r->link)->netif;
}

static bool element_is(const struct ip_route_list *el, const struct net_route *r)
{
	struct ip_route_list like;

	element_fill(&like, r);
	return el->netif == like.netif && address_equal(&el->addr, &like.addr) &&
		address_equal(&el->netmask, &like.netmask) &&
		(address_equal(&el->nexthop, &like.nexthop) ||
		 (address_is_any(&el->nexthop) && address_is_any(&like.nexthop)));
}

/* Link the elements as the table stands. */
void table_relink(void)
{
	struct ip_route_list **at = &engine_stack()->ip_route_head;
	struct entry *e;

	for (e = table; e; e = e->next)
		if (e->element) {
			*at = e->element;
			at = &e->element->next;
		}
	*at = NULL;
}

/* Put e where it belongs: before or after those that win as much. */
static void table_insert(struct entry *e, bool append)
{
	struct entry **at = &table;
	unsigned w = width(&e->route);

	while (*at && (width(&(*at)->route) > w || (width(&(*at)->route) == w &&
	    ((*at)->route.metric < e->route.metric ||
	     (append && (*at)->route.metric == e->route.metric)))))
		at = &(*at)->next;
	e->next = *at;
	*at = e;
	count++;
}

static void entry_free(struct entry *e)
{
	rtnl_touch();
	count--;
	free(e);
}

/* --- what the library did --------------------------------------------------- */

static int source_visit(void *arg, const struct net_address *a)
{
	struct net_route *r = arg;

	if (a->family != r->family || a->link != r->link || a->prefix != r->prefix ||
	    !net_prefix_equal(a->peer, r->dst, r->prefix))
		return 0;
	r->has_source = true;
	memcpy(r->source, a->local, sizeof(r->source));
	return 1;
}

static unsigned mask_prefix(const struct ip_addr *mask, int family)
{
	unsigned k, bits = 0;

	for (k = 0; k < 4; k++)
		bits += __builtin_popcount(mask->addr[k]);
	return family == AF_INET ? (bits > 96 ? bits - 96 : 0) : bits;
}

/* Not worth a route: the link is down, or we have the same. */
static bool element_useless(const struct entry *new)
{
	const struct entry *e;

	if (new->hidden)
		return false;
	if (!interface_up(interface_by_index(new->route.link)))
		return true;
	for (e = table; e; e = e->next)
		if (e->element && element_is(new->element, &e->route))
			return true;
	return false;
}

/* An element of the library's making, as Linux would have named it. */
static void entry_import(struct ip_route_list *el)
{
	struct entry *e = calloc(1, sizeof(*e));
	struct net_route *r;
	uint8_t gateway_family;

	if (!e)
		return;		/* at the next look, perhaps */
	r = &e->route;
	r->type = RTN_UNICAST;
	r->table = RT_TABLE_MAIN;
	r->link = el->netif->id;
	config_address_from(&el->addr, &r->family, r->dst);
	r->prefix = mask_prefix(&el->netmask, r->family);
	if (address_is_any(&el->nexthop)) {
		r->protocol = RTPROT_KERNEL;
		r->scope = r->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
		r->metric = r->family == AF_INET ? 0 : METRIC_KERNEL6;
		if (r->family == AF_INET)
			config_addresses(source_visit, r);
		e->hidden = r->family == AF_INET ? loopback_link(r->link) || r->prefix == 32 :
			loopback_link(r->link) && net_scope_of(AF_INET6, r->dst) == RT_SCOPE_HOST;
	} else {
		r->has_gateway = true;
		config_address_from(&el->nexthop, &gateway_family, r->gateway);
		r->protocol = r->family == AF_INET ? RTPROT_DHCP : RTPROT_RA;
		r->metric = r->family == AF_INET ? 0 : METRIC_USER6;
	}
	e->element = el;
	rtnl_touch();
	if (element_useless(e)) {
		free(el);
		free(e);
		return;
	}
	table_insert(e, true);
}

static bool list_has(const struct ip_route_list *wanted)
{
	const struct ip_route_list *el = engine_stack()->ip_route_head;

	while (el && el != wanted)
		el = el->next;
	return el;
}

static bool table_has(const struct ip_route_list *element)
{
	const struct entry *e = table;

	while (e && e->element != element)
		e = e->next;
	return e;
}

/* Nearly always nothing has happened, which one walk along both shows. */
static bool table_in_step(void)
{
	const struct ip_route_list *el = engine_stack()->ip_route_head;
	const struct entry *e;

	for (e = table; e; e = e->next)
		if (e->element) {
			if (el != e->element || !element_is(el, &e->route))
				return false;
			el = el->next;
		}
	return !el;
}

void table_sync(void)
{
	struct ip_route_list *el, *next;
	struct entry **at, *e;

	if (table_in_step())
		return;
	for (at = &table; (e = *at); ) {
		if (e->element && (!list_has(e->element) || !element_is(e->element, &e->route))) {
			*at = e->next;
			entry_free(e);
		} else {
			at = &e->next;
		}
	}
	for (el = engine_stack()->ip_route_head; el; el = next) {
		next = el->next;
		if (!table_has(el))
			entry_import(el);
	}
	table_relink();
}

/* --- changes ---------------------------------------------------------------- */

int table_add(const struct net_route *r, bool append)
{
	struct entry *e;

	if (count >= ROUTE_MAX)
		return -ENOBUFS;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOBUFS;
	e->route = *r;
	if (r->table == RT_TABLE_MAIN) {
		e->element = calloc(1, sizeof(*e->element));
		if (!e->element) {
			free(e);
			return -ENOBUFS;
		}
		element_fill(e->element, r);
	}
	table_insert(e, append);
	rtnl_touch();
	return 0;
}

int table_remove(bool (*gone)(const struct entry *e, const void *arg), const void *arg)
{
	struct entry **at, *e;
	int removed = 0;

	table_sync();
	for (at = &table; (e = *at); ) {
		if (!gone(e, arg)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		free(e->element);
		entry_free(e);
		removed++;
	}
	table_relink();
	return removed;
}

const struct entry *table_first(void)
{
	return table;
}
