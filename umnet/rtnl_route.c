/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: routes (RTM_*ROUTE). */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtnl.h"
#include "util.h"

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH	0x2000
#endif
#define CACHE_LOCAL	0x80000000u	/* RTCF_LOCAL, RTCF_BROADCAST, RTCF_MULTICAST, */
#define CACHE_BROADCAST	0x10000000u	/* in rtm_flags of a looked-up IPv4 route */
#define CACHE_MULTICAST	0x20000000u

/* --- answers -------------------------------------------------------------- */

static struct rtmsg *route_begin(struct rtnl_request *r, const struct net_route *route,
		uint16_t type, uint16_t flags)
{
	struct rtmsg *m = rtnl_begin(r, type, flags, sizeof(*m));

	m->rtm_family = route->family;
	m->rtm_dst_len = route->prefix;
	m->rtm_tos = route->tos;
	m->rtm_table = route->table < 256 ? route->table : RT_TABLE_COMPAT;
	m->rtm_protocol = route->protocol;
	m->rtm_scope = route->scope;
	m->rtm_type = route->type;
	m->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	rtnl_put_u32(r, RTA_TABLE, route->table);
	if (route->prefix)
		rtnl_put(r, RTA_DST, route->dst, net_address_len(route->family));
	return m;
}

static void route_end(struct rtnl_request *r, const struct net_route *route)
{
	struct rta_cacheinfo cache = { 0 };
	unsigned len = net_address_len(route->family);

	if (route->has_source)
		rtnl_put(r, RTA_PREFSRC, route->source, len);
	if (route->has_gateway)
		rtnl_put(r, RTA_GATEWAY, route->gateway, len);
	if (route->link)
		rtnl_put_u32(r, RTA_OIF, route->link);
	if (route->metric || route->family == AF_INET6)
		rtnl_put_u32(r, RTA_PRIORITY, route->metric);
	if (route->family == AF_INET6) {
		rtnl_put(r, RTA_CACHEINFO, &cache, sizeof(cache));
		rtnl_put_u8(r, RTA_PREF, 0);	/* medium */
	}
	rtnl_end(r);
}

void rtnl_put_route(struct rtnl_request *r, const struct net_route *route, uint16_t type,
		uint16_t flags)
{
	route_begin(r, route, type, flags);
	route_end(r, route);
}

/* --- dump ----------------------------------------------------------------- */

/* The routes are collected and sorted as Linux's tables are. */
struct route_entry {
	struct net_route route;
	size_t		 order;		/* in which it was met */
};

struct route_walk {
	struct net_route like;		/* wanted: family, table, protocol, type, link; 0: all */
	struct route_entry *entry;	/* owned */
	size_t		 count, room;
	bool		 short_of_memory;
};

static int collect(void *arg, const struct net_route *route)
{
	struct route_walk *walk = arg;
	const struct net_route *like = &walk->like;

	if ((like->family && route->family != like->family) ||
	    (like->table && route->table != like->table) ||
	    (like->protocol && route->protocol != like->protocol) ||
	    (like->type && route->type != like->type) ||
	    (like->link && route->link != like->link))
		return 0;
	if (walk->count == walk->room) {
		size_t room = walk->room ? 2 * walk->room : 64;
		void *more = reallocarray(walk->entry, room, sizeof(*walk->entry));

		if (!more) {
			walk->short_of_memory = true;
			return 1;
		}
		walk->entry = more;
		walk->room = room;
	}
	walk->entry[walk->count].route = *route;
	walk->entry[walk->count].order = walk->count;
	walk->count++;
	return 0;
}

#define COMPARE(x, y) if ((x) != (y)) return (x) < (y) ? -1 : 1

/* IPv4 before IPv6, main before local, by address; a prefix after what it holds,
   IPv4's default first nevertheless, as the kernel's trees are walked. */
static int route_compare(const void *left, const void *right)
{
	const struct route_entry *x = left, *y = right;
	const struct net_route *a = &x->route, *b = &y->route;
	unsigned common = a->prefix < b->prefix ? a->prefix : b->prefix;
	int rc;

	COMPARE(a->family, b->family);
	COMPARE(a->table, b->table);
	if (a->family == AF_INET6 && a->prefix != b->prefix &&
	    net_prefix_equal(a->dst, b->dst, common))
		return a->prefix > b->prefix ? -1 : 1;
	rc = memcmp(a->dst, b->dst, sizeof(a->dst));
	if (rc)
		return rc;
	COMPARE(b->prefix, a->prefix);
	COMPARE(a->metric, b->metric);
	COMPARE(x->order, y->order);
	return 0;
}

/* What the request wants to see; user programs that do not ask strictly filter themselves. */
static void dump_filter(struct rtnl_request *r, struct net_route *like)
{
	const struct rtmsg *m;
	struct rtnl_attributes a;

	if (!r->strict || rtnl_parse(r, sizeof(*m), (const void **)&m, &a))
		return;
	like->table = m->rtm_table;
	like->protocol = m->rtm_protocol;
	like->type = m->rtm_type;
	rtnl_get(&a, RTA_TABLE, &like->table, sizeof(like->table));
	rtnl_get(&a, RTA_OIF, &like->link, sizeof(like->link));
}

static bool dump_cache(struct rtnl_request *r)
{
	const struct rtmsg *m;
	struct rtnl_attributes a;

	return !rtnl_parse(r, sizeof(*m), (const void **)&m, &a) && m->rtm_flags & RTM_F_CLONED;
}

static void walk_clear(struct route_walk *walk)
{
	free(walk->entry);
}

int rtnl_route_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	__attribute__((cleanup(walk_clear))) struct route_walk walk = {
		.like.family = general->rtgen_family };
	uint32_t table;
	size_t i;

	if (walk.like.family && !net_address_len(walk.like.family))
		return 0;
	if (dump_cache(r))		/* there are no exceptions */
		return 0;
	dump_filter(r, &walk.like);
	r->net->routes(collect, &walk);
	net_local_routes(r->net, collect, &walk);
	if (walk.short_of_memory)
		return -ENOBUFS;
	table = walk.like.table;
	if (!walk.count && table && table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL &&
	    walk.like.family) {
		r->why = walk.like.family == AF_INET ? "ipv4: FIB table does not exist" :
			"ipv6: FIB table does not exist";
		return -ENOENT;
	}
	if (walk.count)
		qsort(walk.entry, walk.count, sizeof(*walk.entry), route_compare);
	for (i = 0; i < walk.count; i++) {
		rtnl_put_route(r, &walk.entry[i].route, RTM_NEWROUTE, NLM_F_MULTI);
	}
	return 0;
}

/* --- get ------------------------------------------------------------------ */

static int loopback_visit(void *arg, const struct net_link *l)
{
	if (!(l->flags & IFF_LOOPBACK))
		return 0;
	*(int *)arg = l->index;
	return 1;
}

/* Linux answers an IPv4 lookup with what its cache would hold.  from: the address
   to send from, or NULL. */
static void get_put4(struct rtnl_request *r, const struct net_route *found, const uint8_t *dst,
		const uint8_t *from)
{
	struct net_route answer = *found;
	struct rta_cacheinfo cache = { 0 };
	struct rtmsg *m;

	memcpy(answer.dst, dst, sizeof(answer.dst));
	answer.prefix = 32;
	answer.scope = RT_SCOPE_UNIVERSE;
	answer.protocol = RTPROT_UNSPEC;
	answer.metric = 0;
	answer.onlink = false;
	answer.table = RT_TABLE_MAIN;
	answer.has_source = !from && !net_source_select(r->net, found, dst, answer.source);
	m = route_begin(r, &answer, RTM_NEWROUTE, 0);
	m->rtm_flags = RTM_F_CLONED;
	m->rtm_src_len = from ? 32 : 0;
	if (from)
		rtnl_put(r, RTA_SRC, from, 4);
	if (found->type != RTN_UNICAST)
		m->rtm_flags |= CACHE_LOCAL;
	if (found->type == RTN_BROADCAST)
		m->rtm_flags |= CACHE_BROADCAST;
	if (found->type == RTN_MULTICAST)
		m->rtm_flags |= CACHE_MULTICAST;
	rtnl_put_u32(r, RTA_UID, getuid());
	rtnl_put(r, RTA_CACHEINFO, &cache, sizeof(cache));
	route_end(r, &answer);
}

static void get_put6(struct rtnl_request *r, const struct net_route *found, const uint8_t *dst,
		const uint8_t *from)
{
	static const uint8_t any[16];
	struct net_route answer = *found;
	struct rtmsg *m;

	memcpy(answer.dst, dst, sizeof(answer.dst));
	answer.prefix = 128;
	answer.has_source = !net_source_select(r->net, found, dst, answer.source);
	m = route_begin(r, &answer, RTM_NEWROUTE, 0);
	m->rtm_src_len = 128;
	rtnl_put(r, RTA_SRC, from ? from : any, sizeof(any));
	route_end(r, &answer);
}

int rtnl_route_get(struct rtnl_request *r)
{
	const struct rtmsg *m;
	struct rtnl_attributes a;
	struct net_route found;
	uint8_t dst[16], from[16];
	bool has_from;
	int link = 0, rc = rtnl_parse(r, sizeof(*m), (const void **)&m, &a);

	if (rc < 0)
		return rc;
	if (!net_address_len(m->rtm_family))
		return -EOPNOTSUPP;
	rc = rtnl_get_address(&a, RTA_DST, m->rtm_family, dst);
	if (rc >= 0)
		rc = rtnl_get(&a, RTA_OIF, &link, sizeof(link));
	if (rc >= 0)
		rc = rtnl_get_address(&a, RTA_SRC, m->rtm_family, from);
	has_from = rc > 0;
	if (has_from && net_address_find(r->net, 0, m->rtm_family, from, NULL) < 0)
		return -ENETUNREACH;
	if (rc >= 0)
		rc = net_route_lookup(r->net, m->rtm_family, dst, link, &found);
	if (rc < 0)
		return rc;
	if (m->rtm_flags & RTM_F_FIB_MATCH) {
		rtnl_put_route(r, &found, RTM_NEWROUTE, 0);
		return 0;
	}
	/* What is for us goes by the loopback. */
	if (found.type == RTN_LOCAL)
		r->net->links(loopback_visit, &found.link);
	(m->rtm_family == AF_INET ? get_put4 : get_put6)(r, &found, dst, has_from ? from : NULL);
	return 0;
}

/* --- changes -------------------------------------------------------------- */

/* One next hop written the long way is as good as one; more cannot be had. */
static int multipath_read(struct rtnl_request *r, const struct rtnl_attributes *a,
		struct net_route *route)
{
	const struct rtattr *at = a->at[RTA_MULTIPATH];
	const struct rtnexthop *hop;
	const struct rtattr *gateway;
	size_t len;

	if (!at)
		return 0;
	if (RTA_PAYLOAD(at) < sizeof(*hop))
		return -EINVAL;
	hop = RTA_DATA(at);
	if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > RTA_PAYLOAD(at))
		return -EINVAL;
	if (RTNH_ALIGN(hop->rtnh_len) + sizeof(*hop) <= RTA_PAYLOAD(at)) {
		r->why = "Multipath routes are not supported in this stack";
		return -EOPNOTSUPP;
	}
	route->link = hop->rtnh_ifindex;
	route->onlink = hop->rtnh_flags & RTNH_F_ONLINK;
	len = hop->rtnh_len - sizeof(*hop);
	gateway = (const struct rtattr *)RTNH_DATA(hop);
	if (!RTA_OK(gateway, len) || gateway->rta_type != RTA_GATEWAY)
		return 0;
	if (RTA_PAYLOAD(gateway) < net_address_len(route->family))
		return -EINVAL;
	memcpy(route->gateway, RTA_DATA(gateway), net_address_len(route->family));
	route->has_gateway = true;
	return 0;
}

static int route_read(struct rtnl_request *r, struct net_route *route)
{
	const struct rtmsg *m;
	struct rtnl_attributes a;
	int rc = rtnl_parse(r, sizeof(*m), (const void **)&m, &a);

	if (rc < 0)
		return rc;
	*route = (struct net_route){ .family = m->rtm_family, .prefix = m->rtm_dst_len,
		.tos = m->rtm_tos, .type = m->rtm_type, .scope = m->rtm_scope,
		.protocol = m->rtm_protocol, .table = m->rtm_table,
		.onlink = m->rtm_flags & RTNH_F_ONLINK };
	if (!net_address_len(route->family))
		return -EOPNOTSUPP;
	if (m->rtm_src_len || a.at[RTA_VIA] || a.at[RTA_ENCAP] || a.at[RTA_NH_ID])
		return -EOPNOTSUPP;
	if (rtnl_get_address(&a, RTA_DST, route->family, route->dst) < 0 ||
	    rtnl_get(&a, RTA_OIF, &route->link, sizeof(route->link)) < 0 ||
	    rtnl_get(&a, RTA_PRIORITY, &route->metric, sizeof(route->metric)) < 0 ||
	    rtnl_get(&a, RTA_TABLE, &route->table, sizeof(route->table)) < 0)
		return -EINVAL;
	rc = rtnl_get_address(&a, RTA_GATEWAY, route->family, route->gateway);
	route->has_gateway = rc > 0;
	if (rc >= 0) {
		rc = rtnl_get_address(&a, RTA_PREFSRC, route->family, route->source);
		route->has_source = rc > 0;
	}
	return rc < 0 ? rc : multipath_read(r, &a, route);
}

int rtnl_route_new(struct rtnl_request *r)
{
	struct net_route route;
	int rc = route_read(r, &route);

	if (rc < 0)
		return rc;
	if (!route.table)
		route.table = RT_TABLE_MAIN;
	if (!route.type)
		route.type = RTN_UNICAST;
	if (route.table == RT_TABLE_LOCAL) {
		r->why = "Table local follows the addresses in this stack";
		return -EOPNOTSUPP;
	}
	return net_route_add(r->net, &route, rtnl_how(r->head), &r->why);
}

int rtnl_route_delete(struct rtnl_request *r)
{
	struct net_route like;
	int rc = route_read(r, &like);

	if (rc < 0)
		return rc;
	if (!like.table)
		like.table = RT_TABLE_MAIN;
	return net_route_delete(r->net, &like, &r->why);
}
