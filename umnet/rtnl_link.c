/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink: links (RTM_*LINK). */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <linux/if_link.h>

#include "rtnl.h"

/* <net/if.h> has not all of <linux/if.h>, which cannot stand beside it. */
#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP	0x10000
#endif

/* Of Linux 6.0: later than some headers. */
#define IFLA_ALLMULTI_	61

enum { OPER_UNKNOWN = 0, OPER_DOWN = 2, OPER_UP = 6 };	/* IF_OPER_* */

/* --- answers -------------------------------------------------------------- */

static void put_statistics(struct rtnl_request *r, const struct net_link *l)
{
	struct rtnl_link_stats64 wide = {
		.rx_packets = l->rx.packets, .tx_packets = l->tx.packets,
		.rx_bytes = l->rx.bytes, .tx_bytes = l->tx.bytes,
		.rx_errors = l->rx.errors, .tx_errors = l->tx.errors,
		.rx_dropped = l->rx.dropped, .tx_dropped = l->tx.dropped,
		.multicast = l->multicast,
	};
	struct rtnl_link_stats narrow = {
		.rx_packets = l->rx.packets, .tx_packets = l->tx.packets,
		.rx_bytes = l->rx.bytes, .tx_bytes = l->tx.bytes,
		.rx_errors = l->rx.errors, .tx_errors = l->tx.errors,
		.rx_dropped = l->rx.dropped, .tx_dropped = l->tx.dropped,
		.multicast = l->multicast,
	};

	rtnl_put(r, IFLA_STATS64, &wide, sizeof(wide));
	rtnl_put(r, IFLA_STATS, &narrow, sizeof(narrow));
}

/* IPv6 makes link-local addresses from the MAC, and has no token. */
static void put_inet6(struct rtnl_request *r, unsigned type)
{
	static const uint8_t token[16];
	size_t nest = rtnl_nest(r, type);

	rtnl_put_u32(r, IFLA_INET6_FLAGS, 0);
	rtnl_put(r, IFLA_INET6_TOKEN, token, sizeof(token));
	rtnl_put_u8(r, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_EUI64);
	rtnl_nest_end(r, nest);
}

static uint8_t link_state(const struct net_link *l)
{
	if (!(l->flags & IFF_UP) || !(l->flags & IFF_RUNNING))
		return OPER_DOWN;
	return l->flags & IFF_LOOPBACK ? OPER_UNKNOWN : OPER_UP;
}

/* family AF_INET6: IPv6's view, a shorter one. */
void rtnl_put_link(struct rtnl_request *r, const struct net_link *l, uint16_t type,
		uint16_t flags, int family)
{
	struct ifinfomsg *info = rtnl_begin(r, type, flags, sizeof(*info));
	size_t specific;

	info->ifi_family = family;
	info->ifi_type = l->type;
	info->ifi_index = l->index;
	info->ifi_flags = l->flags;
	rtnl_put_name(r, IFLA_IFNAME, l->name);
	rtnl_put_u32(r, IFLA_TXQLEN, l->tx_queue);
	rtnl_put_u8(r, IFLA_OPERSTATE, link_state(l));
	rtnl_put_u32(r, IFLA_MTU, l->mtu);
	if (l->address_len) {
		rtnl_put(r, IFLA_ADDRESS, l->address, l->address_len);
		rtnl_put(r, IFLA_BROADCAST, l->broadcast, l->address_len);
	}
	if (family == AF_INET6) {
		put_inet6(r, IFLA_PROTINFO);
		rtnl_end(r);
		return;
	}
	rtnl_put_u8(r, IFLA_LINKMODE, 0);
	rtnl_put_u32(r, IFLA_MIN_MTU, l->min_mtu);
	rtnl_put_u32(r, IFLA_MAX_MTU, l->max_mtu);
	rtnl_put_u32(r, IFLA_GROUP, 0);
	rtnl_put_u32(r, IFLA_PROMISCUITY, !!(l->flags & IFF_PROMISC));
	rtnl_put_u32(r, IFLA_NUM_TX_QUEUES, 1);
	rtnl_put_u32(r, IFLA_NUM_RX_QUEUES, 1);
	rtnl_put_u8(r, IFLA_CARRIER, !!(l->flags & IFF_RUNNING));
	rtnl_put(r, IFLA_QDISC, "noqueue", sizeof("noqueue"));
	put_statistics(r, l);
	rtnl_put_u32(r, IFLA_ALLMULTI_, !!(l->flags & IFF_ALLMULTI));
	specific = rtnl_nest(r, IFLA_AF_SPEC);
	put_inet6(r, AF_INET6);
	rtnl_nest_end(r, specific);
	rtnl_end(r);
}

static int link_visit(void *arg, const struct net_link *l)
{
	const struct rtnl_request *r = arg;
	const struct rtgenmsg *general = NLMSG_DATA(r->head);

	rtnl_put_link(arg, l, RTM_NEWLINK, NLM_F_MULTI,
			general->rtgen_family == AF_INET6 ? AF_INET6 : AF_UNSPEC);
	return 0;
}

int rtnl_link_dump(struct rtnl_request *r)
{
	const struct rtgenmsg *general = NLMSG_DATA(r->head);

	/* The forwarding bridges' view: there are none. */
	if (general->rtgen_family == AF_BRIDGE)
		return 0;
	return r->net->links(link_visit, r);
}

/* --- requests ------------------------------------------------------------- */

/* The link that a request names. -EINVAL: it names none. */
static int link_of(struct rtnl_request *r, const struct ifinfomsg *info,
		const struct rtnl_attributes *a, struct net_link *l)
{
	char name[NET_NAME] = "";
	int rc;

	if (info->ifi_index > 0)
		return net_link_find(r->net, info->ifi_index, NULL, l);
	rc = rtnl_get_name(a, IFLA_IFNAME, name);
	if (!rc)
		rc = rtnl_get_name(a, IFLA_ALT_IFNAME, name);
	if (rc <= 0)
		return -EINVAL;
	return net_link_find(r->net, 0, name, l);
}

int rtnl_link_get(struct rtnl_request *r)
{
	const struct ifinfomsg *info;
	struct rtnl_attributes a;
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*info), (const void **)&info, &a);

	if (!rc)
		rc = link_of(r, info, &a, &l);
	if (rc < 0)
		return rc;
	rtnl_put_link(r, &l, RTM_NEWLINK, 0, AF_UNSPEC);
	return 0;
}

static int change_address(struct rtnl_request *r, const struct rtnl_attributes *a,
		struct net_link *l)
{
	const struct rtattr *at = a->at[IFLA_ADDRESS];

	if (!at)
		return 0;
	if (RTA_PAYLOAD(at) < l->address_len) {
		r->why = NULL;
		return -EINVAL;
	}
	memcpy(l->address, RTA_DATA(at), l->address_len);
	return NET_SET_ADDRESS;
}

/* Apply to link *l, and say, what the attributes want; -errno for what no stack of
   ours can do.  What only Linux's own devices have is passed over. */
static int change_read(struct rtnl_request *r, const struct ifinfomsg *info,
		const struct rtnl_attributes *a, struct net_link *l)
{
	char name[NET_NAME];
	uint32_t master;
	int rc, what = 0;

	if (a->at[IFLA_NET_NS_PID] || a->at[IFLA_NET_NS_FD])
		return -EOPNOTSUPP;
	if (rtnl_get(a, IFLA_MASTER, &master, sizeof(master)) > 0 && master)
		return -EOPNOTSUPP;
	rc = rtnl_get_name(a, IFLA_IFNAME, name);
	if (rc < 0)
		return rc;
	if (rc && strcmp(name, l->name)) {
		r->why = "links cannot be renamed in this stack";
		return -EOPNOTSUPP;
	}
	rc = rtnl_get(a, IFLA_MTU, &l->mtu, sizeof(l->mtu));
	what |= rc > 0 ? NET_SET_MTU : 0;
	if (rc >= 0) {
		rc = rtnl_get(a, IFLA_TXQLEN, &l->tx_queue, sizeof(l->tx_queue));
		what |= rc > 0 ? NET_SET_QUEUE : 0;
	}
	if (rc >= 0) {
		rc = change_address(r, a, l);
		what |= rc > 0 ? rc : 0;
	}
	if (info->ifi_flags || info->ifi_change) {
		l->flags = info->ifi_change ? (info->ifi_flags & info->ifi_change) |
			(l->flags & ~info->ifi_change) : info->ifi_flags;
		what |= NET_SET_FLAGS;
	}
	return rc < 0 ? rc : what;
}

static int link_change(struct rtnl_request *r, const struct ifinfomsg *info,
		const struct rtnl_attributes *a, struct net_link *l)
{
	int what = change_read(r, info, a, l);

	return what > 0 ? net_link_change(r->net, l, what, &r->why) : what;
}

int rtnl_link_set(struct rtnl_request *r)
{
	const struct ifinfomsg *info;
	struct rtnl_attributes a;
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*info), (const void **)&info, &a);

	if (!rc)
		rc = link_of(r, info, &a, &l);
	return rc < 0 ? rc : link_change(r, info, &a, &l);
}

int rtnl_link_new(struct rtnl_request *r)
{
	const struct ifinfomsg *info;
	struct rtnl_attributes a;
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*info), (const void **)&info, &a);

	if (rc < 0)
		return rc;
	rc = link_of(r, info, &a, &l);
	if (!rc) {
		if (r->head->nlmsg_flags & NLM_F_EXCL)
			return -EEXIST;
		if (r->head->nlmsg_flags & NLM_F_REPLACE)
			return -EOPNOTSUPP;
		return link_change(r, info, &a, &l);
	}
	if (!(r->head->nlmsg_flags & NLM_F_CREATE))
		return -ENODEV;
	/* Links come with the mount, by its options. */
	r->why = "Unknown device type";
	return -EOPNOTSUPP;
}

int rtnl_link_delete(struct rtnl_request *r)
{
	const struct ifinfomsg *info;
	struct rtnl_attributes a;
	struct net_link l;
	int rc = rtnl_parse(r, sizeof(*info), (const void **)&info, &a);

	if (!rc)
		rc = link_of(r, info, &a, &l);
	return rc < 0 ? rc : -EOPNOTSUPP;
}
