/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: addresses (RTM_*ADDR). */
#include <errno.h>
#include <string.h>
#include <linux/if_addr.h>

#include "rtnl.h"

/* --- dump ----------------------------------------------------------------- */

struct address_walk {
	struct rtnl_request *request;
	int		 family, link;	/* 0: all */
};

void rtnl_put_address(struct rtnl_request *r, const struct net_address *a, uint16_t type,
		uint16_t flags)
{
	struct ifaddrmsg *m = rtnl_begin(r, type, flags, sizeof(*m));
	struct ifa_cacheinfo times = { .ifa_prefered = a->preferred, .ifa_valid = a->valid };
	unsigned len = net_address_len(a->family);
	bool peer = memcmp(a->local, a->peer, len);
	struct net_link l;

	m->ifa_family = a->family;
	m->ifa_prefixlen = a->prefix;
	m->ifa_flags = a->flags;
	m->ifa_scope = a->scope;
	m->ifa_index = a->link;
	rtnl_put(r, IFA_ADDRESS, a->peer, len);
	if (peer || a->family == AF_INET)
		rtnl_put(r, IFA_LOCAL, a->local, len);
	if (a->has_broadcast)
		rtnl_put(r, IFA_BROADCAST, a->broadcast, len);
	if (a->family == AF_INET) {
		if (!a->label[0] && net_link_find(r->net, a->link, NULL, &l) == 0)
			rtnl_put_name(r, IFA_LABEL, l.name);
		else
			rtnl_put_name(r, IFA_LABEL, a->label);
	}
	if (a->metric)
		rtnl_put_u32(r, IFA_RT_PRIORITY, a->metric);
	rtnl_put_u32(r, IFA_FLAGS, a->flags);
	rtnl_put(r, IFA_CACHEINFO, &times, sizeof(times));
	rtnl_end(r);
}

static int address_visit(void *arg, const struct net_address *a)
{
	struct address_walk *walk = arg;

	if (a->family == walk->family && (!walk->link || a->link == walk->link))
		rtnl_put_address(walk->request, a, RTM_NEWADDR, NLM_F_MULTI);
	return 0;
}

int rtnl_address_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	struct address_walk walk = { .request = r };
	const struct ifaddrmsg *m;
	struct rtnl_attributes attributes;
	struct net_link l;
	int families[] = { AF_INET, AF_INET6 };
	unsigned i;

	if (r->strict && !rtnl_parse(r, sizeof(*m), (const void **)&m, &attributes) &&
	    m->ifa_index) {
		walk.link = m->ifa_index;
		if (net_link_find(r->net, walk.link, NULL, &l) < 0)
			return -ENODEV;
	}
	/* All of one family, then all of the other. */
	for (i = 0; i < 2; i++) {
		walk.family = families[i];
		if (!general->rtgen_family || general->rtgen_family == walk.family)
			r->net->addresses(address_visit, &walk);
	}
	return 0;
}

/* --- changes -------------------------------------------------------------- */

/* What both families have; of local and peer at least one was given. */
static int address_read(const struct ifaddrmsg *m, const struct rtnl_attributes *attributes,
		struct net_address *a)
{
	struct ifa_cacheinfo times;
	int local, peer, rc;

	*a = (struct net_address){ .link = m->ifa_index, .family = m->ifa_family,
		.prefix = m->ifa_prefixlen, .scope = m->ifa_scope, .flags = m->ifa_flags,
		.valid = NET_FOREVER, .preferred = NET_FOREVER };
	local = rtnl_get_address(attributes, IFA_LOCAL, a->family, a->local);
	peer = rtnl_get_address(attributes, IFA_ADDRESS, a->family, a->peer);
	if (local < 0 || peer < 0)
		return -EINVAL;
	if (!peer)
		memcpy(a->peer, a->local, sizeof(a->peer));
	if (!local && a->family == AF_INET6)
		memcpy(a->local, a->peer, sizeof(a->local));
	if (!local && (a->family == AF_INET || !peer))
		return -EINVAL;
	rc = rtnl_get(attributes, IFA_FLAGS, &a->flags, sizeof(a->flags));
	if (rc >= 0)
		rc = rtnl_get(attributes, IFA_RT_PRIORITY, &a->metric, sizeof(a->metric));
	if (rc >= 0)
		rc = rtnl_get(attributes, IFA_CACHEINFO, &times, sizeof(times));
	if (rc > 0) {
		a->valid = times.ifa_valid;
		a->preferred = times.ifa_prefered;
	}
	return rc < 0 ? rc : 0;
}

static int address_read4(const struct rtnl_attributes *attributes, struct net_address *a)
{
	int rc = rtnl_get_address(attributes, IFA_BROADCAST, AF_INET, a->broadcast);

	if (rc < 0)
		return rc;
	a->has_broadcast = rc;
	rc = rtnl_get_name(attributes, IFA_LABEL, a->label);
	return rc < 0 ? rc : 0;
}

int rtnl_address_new(struct rtnl_request *r)
{
	const struct ifaddrmsg *m;
	struct rtnl_attributes attributes;
	struct net_address a;
	int rc = rtnl_parse(r, sizeof(*m), (const void **)&m, &attributes);

	if (rc < 0)
		return rc;
	if (!net_address_len(m->ifa_family))
		return -EOPNOTSUPP;
	rc = address_read(m, &attributes, &a);
	if (!rc && a.family == AF_INET)
		rc = address_read4(&attributes, &a);
	if (rc < 0)
		return rc;
	if (a.family == AF_INET6)	/* Linux knows it better */
		a.scope = net_scope_of(AF_INET6, a.local);
	a.flags &= ~(IFA_F_PERMANENT | IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED);
	if (a.valid == NET_FOREVER)
		a.flags |= IFA_F_PERMANENT;
	return net_address_add(r->net, &a, rtnl_how(r->head), &r->why);
}

struct delete_search {
	const struct ifaddrmsg *head;
	bool		 local, peer, label;	/* given? */
	struct net_address like, found;
	const char	*link_name;
};

/* As in inet_rtm_deladdr() and inet6_addr_del(). */
static int delete_visit(void *arg, const struct net_address *a)
{
	struct delete_search *search = arg;
	const struct net_address *like = &search->like;
	unsigned len = net_address_len(a->family);
	const char *label = a->label[0] ? a->label : search->link_name;

	if (a->family != search->head->ifa_family || a->link != (int)search->head->ifa_index)
		return 0;
	if (search->local && memcmp(a->local, like->local, len))
		return 0;
	if (search->label && strncmp(label, like->label, NET_NAME))
		return 0;
	if ((search->peer || a->family == AF_INET6) && a->prefix != search->head->ifa_prefixlen)
		return 0;
	if (search->peer && a->family == AF_INET && !net_prefix_equal(a->peer, like->peer, a->prefix))
		return 0;
	search->found = *a;
	return 1;
}

int rtnl_address_delete(struct rtnl_request *r)
{
	const struct ifaddrmsg *m;
	struct rtnl_attributes attributes;
	struct delete_search search = { 0 };
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*m), (const void **)&m, &attributes), local, peer, label;

	if (rc < 0)
		return rc;
	if (!net_address_len(m->ifa_family))
		return -EOPNOTSUPP;
	local = rtnl_get_address(&attributes, IFA_LOCAL, m->ifa_family, search.like.local);
	peer = rtnl_get_address(&attributes, IFA_ADDRESS, m->ifa_family, search.like.peer);
	label = rtnl_get_name(&attributes, IFA_LABEL, search.like.label);
	if (local < 0 || peer < 0 || label < 0)
		return -EINVAL;
	if (m->ifa_family == AF_INET6) {
		if (!local && !peer)
			return -EINVAL;
		if (!local)
			memcpy(search.like.local, search.like.peer, 16);
		local = 1;
	}
	if (net_link_find(r->net, m->ifa_index, NULL, &l) < 0 || !m->ifa_index) {
		r->why = m->ifa_family == AF_INET ? "ipv4: Device not found" :
			"ipv6: Unable to find the interface";
		return -ENODEV;
	}
	search.head = m;
	search.local = local;
	search.peer = peer;
	search.label = label;
	search.link_name = l.name;
	if (r->net->addresses(delete_visit, &search) <= 0) {
		r->why = m->ifa_family == AF_INET ? "ipv4: Address not found" :
			"ipv6: address not found";
		return -EADDRNOTAVAIL;
	}
	return r->net->address_remove(&search.found);
}
