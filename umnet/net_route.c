/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of routes, checked as Linux does. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "net.h"

#define METRIC_USER6	1024	/* IP6_RT_PRIO_USER */

static int gateway_check4(const struct net_ops *net, struct net_route *r, const char **why)
{
	struct net_route via;
	int rc;

	if (r->scope >= RT_SCOPE_LINK) {
		*why = "Nexthop has invalid scope";
		return -EINVAL;
	}
	if (r->onlink) {
		*why = r->link ? NULL : "Nexthop device required for onlink";
		return r->link ? 0 : -EINVAL;
	}
	rc = net_gateway_lookup(net, r, &via);
	if (rc < 0 || (via.type != RTN_UNICAST && via.type != RTN_LOCAL)) {
		*why = "Nexthop has invalid gateway";
		return rc < 0 ? rc : -EINVAL;
	}
	if (!r->link)
		r->link = via.link;
	return 0;
}

static int gateway_check6(const struct net_ops *net, struct net_route *r, const char **why)
{
	struct net_route via;

	if (!r->link && net_scope_of(AF_INET6, r->gateway) == RT_SCOPE_LINK) {
		*why = "Egress device not specified";
		return -EINVAL;
	}
	if (!net_address_find(net, r->link, AF_INET6, r->gateway, NULL)) {
		*why = "Gateway can not be a local address";
		return -EINVAL;
	}
	if (r->onlink || net_scope_of(AF_INET6, r->gateway) == RT_SCOPE_LINK)
		return 0;
	if (net_gateway_lookup(net, r, &via) < 0 || via.has_gateway || !via.link)
		return -EHOSTUNREACH;
	r->link = via.link;
	return 0;
}

/* Complete r and say what Linux would not take. */
static int route_check(const struct net_ops *net, struct net_route *r, const char **why)
{
	bool v4 = r->family == AF_INET;
	struct net_link link;
	int rc;

	if (r->prefix > 8 * net_address_len(r->family)) {
		*why = "Invalid prefix length";
		return -EINVAL;
	}
	if (!v4) {
		net_prefix_mask(r->dst, r->prefix);
		r->scope = RT_SCOPE_UNIVERSE;
		r->metric = r->metric ? r->metric : METRIC_USER6;
	} else {
		uint8_t masked[16];

		memcpy(masked, r->dst, 16);
		net_prefix_mask(masked, r->prefix);
		if (memcmp(masked, r->dst, 16)) {
			*why = "Invalid prefix for given prefix length";
			return -EINVAL;
		}
	}
	if (net_route_error(r->type)) {
		r->link = 0;
		return r->has_gateway ? -EINVAL : 0;
	}
	if (r->type != RTN_UNICAST)
		return -EOPNOTSUPP;
	if (r->link && net_link_find(net, r->link, NULL, &link) < 0)
		return -ENODEV;
	if (r->has_gateway) {
		rc = (v4 ? gateway_check4 : gateway_check6)(net, r, why);
		if (rc < 0)
			return rc;
	}
	if (!r->link || net_link_find(net, r->link, NULL, &link) < 0)
		return -ENODEV;
	if (!(link.flags & IFF_UP)) {
		*why = v4 ? "Device for nexthop is not up" : "Nexthop device is not up";
		return -ENETDOWN;
	}
	if (r->has_source && net_address_find(net, 0, r->family, r->source, NULL) < 0) {
		*why = v4 ? "Invalid prefsrc address" : "Invalid source address";
		return -EINVAL;
	}
	return 0;
}

struct route_search {
	const struct net_route *like;
	bool		 whole;		/* compare everything */
	bool		 any;
	struct net_route found;
};

/* Would Linux keep only one of both, but for NLM_F_APPEND? */
static int same_key(void *arg, const struct net_route *r)
{
	struct route_search *search = arg;
	const struct net_route *like = search->like;

	if (r->family != like->family || r->table != like->table || r->prefix != like->prefix ||
	    r->tos != like->tos || r->metric != like->metric || memcmp(r->dst, like->dst, 16))
		return 0;
	if (search->whole && (r->type != like->type || r->link != like->link ||
	    r->scope != like->scope || r->has_gateway != like->has_gateway ||
	    memcmp(r->gateway, like->gateway, 16) ||
	    memcmp(r->source, like->source, 16)))
		return 0;
	search->found = *r;
	return 1;
}

static int other_way(void *arg, const struct net_route *r)
{
	struct route_search *search = arg;
	struct route_search twin = { .like = search->like, .whole = true };

	return same_key(&twin, r) ? 0 : same_key(arg, r);
}

int net_route_add(const struct net_ops *net, const struct net_route *route,
		unsigned how, const char **why)
{
	struct net_route new = *route;
	struct route_search key = { .like = &new }, twin = { .like = &new, .whole = true };
	int rc = route_check(net, &new, why);
	bool there;

	if (rc < 0)
		return rc;
	there = net->routes(same_key, &key) > 0;
	if (there && how & NET_EXCLUSIVE)
		return -EEXIST;
	if (!there && !(how & NET_CREATE)) {
		*why = how & NET_REPLACE && new.family == AF_INET6 ?
			"Can not replace route - no match found" : NULL;
		return -ENOENT;
	}
	if (there && !(how & NET_REPLACE) && net->routes(same_key, &twin) > 0)
		return -EEXIST;
	if (!there || !(how & NET_REPLACE))
		return net->route_add(&new, how & NET_APPEND || new.family == AF_INET6);

	/* Replace: the new one first, so that a refusal leaves the old. */
	if (net->routes(same_key, &twin) > 0 && twin.found.protocol == new.protocol)
		return 0;
	rc = net->route_add(&new, false);
	if (rc < 0)
		return rc;
	rc = net->route_remove(&key.found);
	/* IPv6's equals are one route with several ways: all of them go. */
	while (!rc && new.family == AF_INET6 && net->routes(other_way, &key) > 0)
		rc = net->route_remove(&key.found);
	return rc;
}

static int like_visit(void *arg, const struct net_route *r)
{
	struct route_search *search = arg;
	const struct net_route *like = search->like;

	if (r->family != like->family || r->table != like->table || r->prefix != like->prefix ||
	    memcmp(r->dst, like->dst, 16) || r->tos != like->tos ||
	    (like->type && r->type != like->type) ||
	    (like->scope != RT_SCOPE_NOWHERE && like->family == AF_INET && r->scope != like->scope) ||
	    (like->protocol && r->protocol != like->protocol) ||
	    (like->metric && r->metric != like->metric) ||
	    (like->link && r->link != like->link) ||
	    (like->has_gateway && (!r->has_gateway || memcmp(r->gateway, like->gateway, 16))) ||
	    (like->has_source && (!r->has_source || memcmp(r->source, like->source, 16))))
		return 0;
	if (search->any && search->found.metric <= r->metric)
		return 0;
	search->any = true;
	search->found = *r;
	return 0;
}

int net_route_delete(const struct net_ops *net, const struct net_route *like,
		const char **why)
{
	struct net_route masked = *like;
	struct route_search search = { .like = &masked };

	if (like->prefix > 8 * net_address_len(like->family))
		return -EINVAL;
	if (like->family == AF_INET6)
		net_prefix_mask(masked.dst, masked.prefix);
	net->routes(like_visit, &search);
	return search.any ? net->route_remove(&search.found) : -ESRCH;
}
