/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: neighbours (RTM_*NEIGH). */
#include <errno.h>
#include <string.h>
#include <linux/neighbour.h>

#include "rtnl.h"

struct neighbour_walk {
	struct rtnl_request *request;
	int		 family, link;	/* 0: all */
	const struct net_neighbour *like; /* for get */
	struct net_neighbour found;
};

void rtnl_put_neighbour(struct rtnl_request *r, const struct net_neighbour *n, uint16_t type,
		uint16_t flags)
{
	struct ndmsg *m = rtnl_begin(r, type, flags, sizeof(*m));
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
		rtnl_put_neighbour(walk->request, n, RTM_NEWNEIGH, NLM_F_MULTI);
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
	rtnl_put_neighbour(r, &walk.found, RTM_NEWNEIGH, 0);
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
