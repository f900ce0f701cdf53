/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: neighbours (RTM_*NEIGH), and the three policy rules that every stack has. */
#include <errno.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>

#include "rtnl.h"

/* --- neighbours ----------------------------------------------------------- */

struct neighbour_walk {
	struct rtnl_request *request;
	int		 family, link;	/* 0: all */
	const struct net_neighbour *like; /* for get */
	struct net_neighbour found;
};

static void neighbour_put(struct rtnl_request *r, const struct net_neighbour *n, uint16_t flags)
{
	struct ndmsg *m = rtnl_begin(r, RTM_NEWNEIGH, flags, sizeof(*m));
	struct nda_cacheinfo times = { 0 };

	m->ndm_family = n->family;
	m->ndm_ifindex = n->link;
	m->ndm_state = n->state;
	m->ndm_flags = n->flags;
	m->ndm_type = RTN_UNICAST;
	rtnl_put(r, NDA_DST, n->dst, net_address_len(n->family));
	if (n->address_len)
		rtnl_put(r, NDA_LLADDR, n->address, n->address_len);
	rtnl_put_u32(r, NDA_PROBES, 0);
	rtnl_put(r, NDA_CACHEINFO, &times, sizeof(times));
	rtnl_end(r);
}

static int neighbour_visit(void *arg, const struct net_neighbour *n)
{
	struct neighbour_walk *walk = arg;

	if ((!walk->family || n->family == walk->family) && (!walk->link || n->link == walk->link))
		neighbour_put(walk->request, n, NLM_F_MULTI);
	return 0;
}

int rtnl_neighbour_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	struct neighbour_walk walk = { .request = r, .family = general->rtgen_family };
	struct rtnl_attributes a;
	const struct ndmsg *m;
	uint32_t master = 0;

	if (walk.family && !net_address_len(walk.family))
		return 0;
	if (!rtnl_parse(r, sizeof(*m), (const void **)&m, &a)) {
		if (m->ndm_flags & NTF_PROXY)
			return 0;
		rtnl_get(&a, NDA_IFINDEX, &walk.link, sizeof(walk.link));
		if (rtnl_get(&a, NDA_MASTER, &master, sizeof(master)) > 0 && master)
			return 0;
	}
	return r->net->neighbours(neighbour_visit, &walk);
}

/* The neighbour a request is about.  -EOPNOTSUPP for families without any. */
static int neighbour_read(struct rtnl_request *r, struct net_neighbour *n)
{
	const struct ndmsg *m;
	struct rtnl_attributes a;
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*m), (const void **)&m, &a);

	if (rc < 0)
		return rc;
	*n = (struct net_neighbour){ .link = m->ndm_ifindex, .family = m->ndm_family,
		.flags = m->ndm_flags, .state = m->ndm_state };
	if (!net_address_len(n->family))
		return -EAFNOSUPPORT;
	rc = rtnl_get_address(&a, NDA_DST, n->family, n->dst);
	if (rc <= 0) {
		r->why = rc ? "Invalid network address" : "Network address not specified";
		return -EINVAL;
	}
	if (n->flags & NTF_PROXY)
		return -EOPNOTSUPP;
	if (!n->link || net_link_find(r->net, n->link, NULL, &l) < 0)
		return n->link ? -ENODEV : -EINVAL;
	if (!a.at[NDA_LLADDR])
		return 0;
	if (RTA_PAYLOAD(a.at[NDA_LLADDR]) < l.address_len) {
		r->why = "Invalid link address";
		return -EINVAL;
	}
	n->address_len = l.address_len;
	memcpy(n->address, RTA_DATA(a.at[NDA_LLADDR]), l.address_len);
	return 0;
}

static int get_visit(void *arg, const struct net_neighbour *n)
{
	struct neighbour_walk *walk = arg;

	if (n->family != walk->like->family || n->link != walk->like->link ||
	    memcmp(n->dst, walk->like->dst, sizeof(n->dst)))
		return 0;
	walk->found = *n;
	return 1;
}

int rtnl_neighbour_get(struct rtnl_request *r)
{
	struct net_neighbour n;
	struct neighbour_walk walk = { .request = r, .like = &n };
	int rc = neighbour_read(r, &n);

	if (rc < 0)
		return rc;
	if (r->net->neighbours(get_visit, &walk) <= 0) {
		r->why = "Neighbour entry not found";
		return -ENOENT;
	}
	neighbour_put(r, &walk.found, 0);
	return 0;
}

int rtnl_neighbour_new(struct rtnl_request *r)
{
	struct net_neighbour n;
	int rc = neighbour_read(r, &n);

	return rc < 0 ? rc : net_neighbour_add(r->net, &n, rtnl_how(r->head), &r->why);
}

int rtnl_neighbour_delete(struct rtnl_request *r)
{
	struct net_neighbour n;
	int rc = neighbour_read(r, &n);

	return rc < 0 ? rc : net_neighbour_delete(r->net, &n);
}

/* --- rules ---------------------------------------------------------------- */

static const struct {
	uint8_t	 family;
	uint32_t priority, table;
} rules[] = {
	{ AF_INET, 0, RT_TABLE_LOCAL },
	{ AF_INET, 32766, RT_TABLE_MAIN },
	{ AF_INET, 32767, RT_TABLE_DEFAULT },
	{ AF_INET6, 0, RT_TABLE_LOCAL },
	{ AF_INET6, 32766, RT_TABLE_MAIN },
};

int rtnl_rule_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	struct fib_rule_hdr *m;
	size_t i;

	if (general->rtgen_family && !net_address_len(general->rtgen_family))
		return -EAFNOSUPPORT;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (general->rtgen_family && general->rtgen_family != rules[i].family)
			continue;
		m = rtnl_begin(r, RTM_NEWRULE, NLM_F_MULTI, sizeof(*m));
		m->family = rules[i].family;
		m->table = rules[i].table;
		m->action = FR_ACT_TO_TBL;
		rtnl_put_u32(r, FRA_TABLE, rules[i].table);
		rtnl_put_u32(r, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
		rtnl_put_u8(r, FRA_PROTOCOL, RTPROT_KERNEL);
		if (rules[i].priority)
			rtnl_put_u32(r, FRA_PRIORITY, rules[i].priority);
		rtnl_end(r);
	}
	return 0;
}
