/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIOC* requests about routes and the ARP table. */
#include <errno.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netioctl.h"

static int route_change(struct net_request *q, const struct net_route *r)
{
	if (q->request == SIOCDELRT)
		return net_route_delete(q->net, r, &q->why);
	return net_route_add(q->net, r, NET_CREATE, &q->why);
}

/* What rt_dev names, which follows the structure; its pointer is a guest's. */
static int entry_device(struct net_request *q, const struct rtentry *entry, struct net_route *r)
{
	char name[NET_NAME] = "", *colon;
	size_t left = q->len - sizeof(*entry);

	if (!entry->rt_dev)
		return 0;
	memcpy(name, (const char *)q->arg + sizeof(*entry),
		left < sizeof(name) - 1 ? left : sizeof(name) - 1);
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	if (net_link_find(q->net, 0, name, &q->link) < 0)
		return -ENODEV;
	r->link = q->link.index;
	return 0;
}

/* As rtentry_to_fib_config(). */
static int entry_prefix(const struct rtentry *entry, struct net_route *r)
{
	struct sockaddr_in dst, mask;
	uint32_t holes;

	memcpy(&dst, &entry->rt_dst, sizeof(dst));
	memcpy(&mask, &entry->rt_genmask, sizeof(mask));
	if (dst.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	memcpy(r->dst, &dst.sin_addr, 4);
	r->prefix = 32;
	if (entry->rt_flags & RTF_HOST)
		return 0;
	if (mask.sin_family != AF_INET && (mask.sin_addr.s_addr || mask.sin_family))
		return -EAFNOSUPPORT;
	holes = ~ntohl(mask.sin_addr.s_addr);
	if (holes & (holes + 1) || dst.sin_addr.s_addr & ~mask.sin_addr.s_addr)
		return -EINVAL;
	r->prefix = holes ? __builtin_clz(holes) : 32;
	return 0;
}

int net_ioctl_route4(struct net_request *q)
{
	struct net_route r = { .family = AF_INET, .table = RT_TABLE_MAIN,
		.scope = RT_SCOPE_NOWHERE };
	struct sockaddr_in gateway;
	struct rtentry entry;
	int rc;

	memcpy(&entry, q->arg, sizeof(entry));
	memcpy(&gateway, &entry.rt_gateway, sizeof(gateway));
	rc = entry_prefix(&entry, &r);
	if (!rc)
		rc = entry_device(q, &entry, &r);
	if (rc < 0)
		return rc;
	if (entry.rt_metric > 0)
		r.metric = entry.rt_metric - 1;
	if (gateway.sin_family == AF_INET && gateway.sin_addr.s_addr) {
		r.has_gateway = true;
		memcpy(r.gateway, &gateway.sin_addr, 4);
	}
	if (q->request == SIOCDELRT)
		return route_change(q, &r);
	if (entry.rt_flags & RTF_GATEWAY && !r.has_gateway)
		return -EINVAL;
	r.has_gateway = r.has_gateway && entry.rt_flags & RTF_GATEWAY;
	if (!r.has_gateway)
		memset(r.gateway, 0, sizeof(r.gateway));
	r.scope = r.has_gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	r.protocol = RTPROT_BOOT;
	r.type = entry.rt_flags & RTF_REJECT ? RTN_UNREACHABLE : RTN_UNICAST;
	return route_change(q, &r);
}

int net_ioctl_route6(struct net_request *q)
{
	struct net_route r = { .family = AF_INET6, .table = RT_TABLE_MAIN };
	struct in6_rtmsg m;

	memcpy(&m, q->arg, sizeof(m));
	if (m.rtmsg_dst_len > 128 || m.rtmsg_src_len || m.rtmsg_ifindex < 0)
		return -EINVAL;
	r.prefix = m.rtmsg_dst_len;
	r.metric = m.rtmsg_metric;
	r.link = m.rtmsg_ifindex;
	memcpy(r.dst, &m.rtmsg_dst, 16);
	r.has_gateway = m.rtmsg_flags & RTF_GATEWAY;
	if (r.has_gateway)
		memcpy(r.gateway, &m.rtmsg_gateway, 16);
	if (q->request == SIOCADDRT) {
		r.protocol = RTPROT_BOOT;
		r.type = m.rtmsg_flags & RTF_REJECT ? RTN_UNREACHABLE : RTN_UNICAST;
	}
	return route_change(q, &r);
}

struct arp_search {
	struct net_neighbour like, found;
};

static int arp_matches(void *arg, const struct net_neighbour *n)
{
	struct arp_search *search = arg;

	if (n->family != AF_INET || memcmp(n->dst, search->like.dst, 4) ||
	    (search->like.link && n->link != search->like.link))
		return 0;
	search->found = *n;
	return 1;
}

static void arp_get(struct arpreq *arp, const struct net_neighbour *n, const struct net_link *l)
{
	memset(&arp->arp_ha, 0, sizeof(arp->arp_ha));
	arp->arp_ha.sa_family = l->type;
	memcpy(arp->arp_ha.sa_data, n->address, n->address_len);
	arp->arp_flags = n->state & NUD_PERMANENT ? ATF_PERM | ATF_COM :
		n->address_len ? ATF_COM : 0;
	memcpy(arp->arp_dev, l->name, sizeof(arp->arp_dev));
}

/* The link that has the address, when the request names none. */
static int arp_link(struct net_request *q, const struct arpreq *arp, struct net_neighbour *n)
{
	struct net_route route;
	char name[NET_NAME];

	memcpy(name, arp->arp_dev, NET_NAME);
	name[NET_NAME - 1] = '\0';
	if (name[0]) {
		if (net_link_find(q->net, 0, name, &q->link) < 0)
			return -ENODEV;
	} else {
		int rc = net_route_lookup(q->net, AF_INET, n->dst, 0, &route);

		if (rc < 0)
			return rc;
		if (net_link_find(q->net, route.link, NULL, &q->link) < 0)
			return -EINVAL;
	}
	n->link = q->link.index;
	return 0;
}

int net_ioctl_arp(struct net_request *q)
{
	struct arp_search search = { .like.family = AF_INET };
	struct sockaddr_in in;
	struct arpreq arp;
	int rc;

	memcpy(&arp, q->arg, sizeof(arp));
	memcpy(&in, &arp.arp_pa, sizeof(in));
	if (in.sin_family != AF_INET)
		return -EPFNOSUPPORT;
	if (arp.arp_flags & ATF_PUBL)
		return -EOPNOTSUPP;
	memcpy(search.like.dst, &in.sin_addr, 4);
	rc = arp_link(q, &arp, &search.like);
	if (rc < 0)
		return rc;
	if (q->request == SIOCSARP) {
		if (arp.arp_ha.sa_family != q->link.type || !q->link.address_len)
			return -EINVAL;
		search.like.state = arp.arp_flags & ATF_PERM ? NUD_PERMANENT : NUD_STALE;
		search.like.address_len = q->link.address_len;
		memcpy(search.like.address, arp.arp_ha.sa_data, q->link.address_len);
		return net_neighbour_add(q->net, &search.like, NET_CREATE | NET_REPLACE, &q->why);
	}
	if (q->net->neighbours(arp_matches, &search) <= 0)
		return -ENXIO;
	if (q->request == SIOCDARP)
		return q->net->neighbour_remove(&search.found);
	arp_get(&arp, &search.found, &q->link);
	memcpy(q->arg, &arp, sizeof(arp));
	return 0;
}
