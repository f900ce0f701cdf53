/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink: what a stack has as any new kernel, and nobody can change: the policy rules, the
 * labels of IPv6 addresses, settings of links, queueing disciplines.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/if_addrlabel.h>
#include <linux/if_link.h>
#include <linux/netconf.h>

#include "rtnl.h"
#include "util.h"

int rtnl_empty_dump(struct rtnl_request *r)
{
	return 0;
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
	{ RTNL_FAMILY_IPMR, 32767, RT_TABLE_DEFAULT },
	{ RTNL_FAMILY_IP6MR, 32767, RT_TABLE_DEFAULT },
};

int rtnl_rule_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	uint8_t family = general->rtgen_family;
	struct fib_rule_hdr *m;
	size_t i;

	if (family && !net_address_len(family) && family != RTNL_FAMILY_IPMR &&
	    family != RTNL_FAMILY_IP6MR)
		return -EAFNOSUPPORT;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (family && family != rules[i].family)
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

/* None was added, so there is none to remove. */
int rtnl_rule_delete(struct rtnl_request *r)
{
	if (r->head->nlmsg_len < NLMSG_LENGTH(sizeof(struct fib_rule_hdr)))
		return -EINVAL;
	return -ENOENT;
}

/* --- labels --------------------------------------------------------------- */

int rtnl_label_dump(struct rtnl_request *r)
{
	static const struct {
		uint8_t	 prefix, label, address[16];
	} labels[] = {		/* RFC 6724, as Linux has them */
		{ 128, 0, { [15] = 1 } },
		{ 96, 3, { 0 } },
		{ 96, 4, { [10] = 0xff, [11] = 0xff } },
		{ 32, 6, { 0x20, 0x01 } },
		{ 28, 7, { 0x20, 0x01, 0x00, 0x10 } },
		{ 16, 12, { 0x3f, 0xfe } },
		{ 16, 2, { 0x20, 0x02 } },
		{ 10, 11, { 0xfe, 0xc0 } },
		{ 7, 5, { 0xfc } },
		{ 0, 1, { 0 } },
	};
	struct ifaddrlblmsg *m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(labels); i++) {
		m = rtnl_begin(r, RTM_NEWADDRLABEL, NLM_F_MULTI, sizeof(*m));
		m->ifal_family = AF_INET6;
		m->ifal_prefixlen = labels[i].prefix;
		rtnl_put(r, IFAL_ADDRESS, labels[i].address, 16);
		rtnl_put_u32(r, IFAL_LABEL, labels[i].label);
		rtnl_end(r);
	}
	return 0;
}

/* --- links' settings ------------------------------------------------------ */

struct netconf_walk {
	struct rtnl_request *request;
	uint8_t		 family;
};

static void netconf_put(struct rtnl_request *r, uint8_t family, int link)
{
	struct netconfmsg *m = rtnl_begin(r, RTM_NEWNETCONF, NLM_F_MULTI, sizeof(*m));

	m->ncm_family = family;
	rtnl_put_u32(r, NETCONFA_IFINDEX, link);
	rtnl_put_u32(r, NETCONFA_FORWARDING, 0);
	if (family == AF_INET)
		rtnl_put_u32(r, NETCONFA_RP_FILTER, 0);
	rtnl_put_u32(r, NETCONFA_MC_FORWARDING, 0);
	rtnl_put_u32(r, NETCONFA_PROXY_NEIGH, 0);
	rtnl_put_u32(r, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, 0);
	rtnl_end(r);
}

static int netconf_visit(void *arg, const struct net_link *l)
{
	struct netconf_walk *walk = arg;

	netconf_put(walk->request, walk->family, l->index);
	return 0;
}

int rtnl_netconf_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++) {
		struct netconf_walk walk = { r, families[i] };

		if (general->rtgen_family && general->rtgen_family != families[i])
			continue;
		r->net->links(netconf_visit, &walk);
		netconf_put(r, families[i], NETCONFA_IFINDEX_ALL);
		netconf_put(r, families[i], NETCONFA_IFINDEX_DEFAULT);
	}
	return 0;
}

static int qdisc_visit(void *arg, const struct net_link *l)
{
	struct rtnl_request *r = arg;
	struct tcmsg *m;

	if (!(l->flags & IFF_UP))
		return 0;
	m = rtnl_begin(r, RTM_NEWQDISC, NLM_F_MULTI, sizeof(*m));
	m->tcm_ifindex = l->index;
	m->tcm_parent = UINT32_MAX;	/* TC_H_ROOT */
	m->tcm_info = 2;		/* references */
	rtnl_put(r, TCA_KIND, "noqueue", sizeof("noqueue"));
	rtnl_end(r);
	return 0;
}

int rtnl_qdisc_dump(struct rtnl_request *r)
{
	return r->net->links(qdisc_visit, r);
}

/* --- statistics ------------------------------------------------------------- */

static void stats_put(struct rtnl_request *r, const struct net_link *l, uint16_t flags)
{
	const struct if_stats_msg *want = NLMSG_DATA(r->head);
	struct if_stats_msg *m = rtnl_begin(r, RTM_NEWSTATS, flags, sizeof(*m));
	struct rtnl_link_stats64 stats = {
		.rx_packets = l->rx.packets, .tx_packets = l->tx.packets,
		.rx_bytes = l->rx.bytes, .tx_bytes = l->tx.bytes,
		.rx_errors = l->rx.errors, .tx_errors = l->tx.errors,
		.rx_dropped = l->rx.dropped, .tx_dropped = l->tx.dropped,
		.multicast = l->multicast,
	};

	m->ifindex = l->index;
	m->filter_mask = want->filter_mask;
	if (want->filter_mask & IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64))
		rtnl_put(r, IFLA_STATS_LINK_64, &stats, sizeof(stats));
	rtnl_end(r);
}

static int stats_visit(void *arg, const struct net_link *l)
{
	stats_put(arg, l, NLM_F_MULTI);
	return 0;
}

static int stats_check(struct rtnl_request *r)
{
	const struct if_stats_msg *want = NLMSG_DATA(r->head);

	if (r->head->nlmsg_len < NLMSG_LENGTH(sizeof(*want)))
		return -EINVAL;
	return want->filter_mask ? 0 : -EINVAL;
}

int rtnl_stats_dump(struct rtnl_request *r)
{
	int rc = stats_check(r);

	return rc < 0 ? rc : r->net->links(stats_visit, r);
}

int rtnl_stats_get(struct rtnl_request *r)
{
	const struct if_stats_msg *want = NLMSG_DATA(r->head);
	struct net_link l;
	int rc = stats_check(r);

	if (rc < 0)
		return rc;
	if (want->ifindex <= 0)
		return -EINVAL;
	rc = net_link_find(r->net, want->ifindex, NULL, &l);
	if (rc < 0)
		return rc;
	stats_put(r, &l, 0);
	return 0;
}
