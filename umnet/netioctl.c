/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of SIOC* requests, and those about links. */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "netioctl.h"
#include "util.h"

#define WIRELESS_FIRST	0x8b00	/* SIOCIWFIRST ... SIOCIWLAST */
#define WIRELESS_LAST	0x8bff

/* struct ifreq of a 32-bit guest; only ifr_map is longer on 64. */
#define IFREQ_SIZE	32

/* sizeof(struct in6_ifreq), which <linux/ipv6.h> has, beside much that clashes. */
#define IFREQ6_SIZE	24

/* --- links ---------------------------------------------------------------- */

static int link_name(struct net_request *q)
{
	struct ifreq *ifr = q->arg;
	int rc = net_link_find(q->net, ifr->ifr_ifindex, NULL, &q->link);

	if (rc == 0)
		memcpy(ifr->ifr_name, q->link.name, IFNAMSIZ);
	return rc;
}

static int link_get(struct net_request *q)
{
	struct ifreq *ifr = q->arg;
	const struct net_link *l = &q->link;

	switch (q->request) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = l->index;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = l->flags & 0xffff;
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = l->mtu;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = l->tx_queue;
		return 0;
	case SIOCGIFMAP:
		memset((char *)q->arg + IFNAMSIZ, 0, q->len - IFNAMSIZ);
		return 0;
	default:	/* SIOCGIFHWADDR */
		memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
		ifr->ifr_hwaddr.sa_family = l->type;
		memcpy(ifr->ifr_hwaddr.sa_data, l->address, l->address_len);
		return 0;
	}
}

static int link_set(struct net_request *q)
{
	const struct ifreq *ifr = q->arg;
	struct net_link *l = &q->link;
	unsigned what;

	switch (q->request) {
	case SIOCSIFFLAGS:
		if (strchr(q->label, ':') && !(ifr->ifr_flags & IFF_UP))
			return net_ioctl_alias_down(q);
		l->flags = (l->flags & ~0xffffu) | (uint16_t)ifr->ifr_flags;
		what = NET_SET_FLAGS;
		break;
	case SIOCSIFMTU:
		if (ifr->ifr_mtu < 0)
			return -EINVAL;
		l->mtu = ifr->ifr_mtu;
		what = NET_SET_MTU;
		break;
	case SIOCSIFTXQLEN:
		if (ifr->ifr_qlen < 0)
			return -EINVAL;
		l->tx_queue = ifr->ifr_qlen;
		what = NET_SET_QUEUE;
		break;
	default:	/* SIOCSIFHWADDR */
		if (ifr->ifr_hwaddr.sa_family != l->type)
			return -EINVAL;
		memcpy(l->address, ifr->ifr_hwaddr.sa_data, sizeof(l->address));
		what = NET_SET_ADDRESS;
		break;
	}
	return net_link_change(q->net, l, what, &q->why);
}

/* Known to Linux, done by none of our links. */
static int link_unsupported(struct net_request *q)
{
	return -EOPNOTSUPP;
}

static int link_invalid(struct net_request *q)
{
	return -EINVAL;
}

/* --- SIOCGIFCONF ---------------------------------------------------------- */

struct list {
	const struct net_ops *net;
	struct ifreq	*to;		/* NULL: count */
	size_t		 room, used;	/* bytes */
};

static int list_address(void *arg, const struct net_address *a)
{
	struct list *list = arg;
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ifreq ifr = { 0 };
	struct net_link l;

	if (a->family != AF_INET)
		return 0;
	if (list->to) {
		if (list->room - list->used < sizeof(ifr))
			return 1;
		if (!a->label[0] && net_link_find(list->net, a->link, NULL, &l) < 0)
			return 0;
		memcpy(ifr.ifr_name, a->label[0] ? a->label : l.name, IFNAMSIZ);
		memcpy(&in.sin_addr, a->local, 4);
		memcpy(&ifr.ifr_addr, &in, sizeof(in));
		memcpy((char *)list->to + list->used, &ifr, sizeof(ifr));
	}
	list->used += sizeof(ifr);
	return 0;
}

static int list_addresses(const struct net_ops *net, void *arg, size_t *len)
{
	struct list list = { net, *len ? arg : NULL, *len, 0 };

	net->addresses(list_address, &list);
	*len = list.used;
	return 0;
}

/* --- the table ------------------------------------------------------------ */

enum about { NOTHING, LINK, MAYBE_ALIAS };	/* arg begins with a name? */

static const struct row {
	unsigned long	request;
	int		family;		/* AF_INET6: on such sockets only; AF_INET:
					   on all others; 0: on all */
	size_t		size;
	enum about	about;
	int		(*act)(struct net_request *q);
} rows[] = {
	{ SIOCGIFNAME,	   0,	IFREQ_SIZE, NOTHING, link_name },
	{ SIOCGIFINDEX,	   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCGIFFLAGS,	   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFFLAGS,	   0,	IFREQ_SIZE, LINK, link_set },
	{ SIOCGIFMETRIC,   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFMETRIC,   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGIFMTU,	   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFMTU,	   0,	IFREQ_SIZE, LINK, link_set },
	{ SIOCGIFHWADDR,   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFHWADDR,   0,	IFREQ_SIZE, LINK, link_set },
	{ SIOCGIFTXQLEN,   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFTXQLEN,   0,	IFREQ_SIZE, LINK, link_set },
	{ SIOCGIFMAP,	   0,	IFREQ_SIZE, LINK, link_get },
	{ SIOCSIFMAP,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCSIFNAME,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCADDMULTI,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCDELMULTI,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCETHTOOL,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGIFSLAVE,	   0,	IFREQ_SIZE, LINK, link_invalid },
	{ SIOCGIFPFLAGS,   0,	IFREQ_SIZE, NOTHING, link_invalid },
	{ SIOCGIFBR,	   0,	IFREQ_SIZE, NOTHING, link_unsupported },
	{ SIOCBONDINFOQUERY, 0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCBONDSLAVEINFOQUERY, 0, IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGHWTSTAMP,   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCSHWTSTAMP,   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGMIIPHY,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGMIIREG,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCSMIIREG,	   0,	IFREQ_SIZE, LINK, link_unsupported },
	{ SIOCGIFADDR,	   AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCSIFADDR,	   AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCGIFNETMASK,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCSIFNETMASK,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCGIFBRDADDR,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCSIFBRDADDR,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCGIFDSTADDR,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCSIFDSTADDR,  AF_INET,  IFREQ_SIZE, MAYBE_ALIAS, net_ioctl_address4 },
	{ SIOCSIFADDR,	   AF_INET6, IFREQ6_SIZE, NOTHING, net_ioctl_address6 },
	{ SIOCDIFADDR,	   AF_INET6, IFREQ6_SIZE, NOTHING, net_ioctl_address6 },
	{ SIOCADDRT,	   AF_INET,  sizeof(struct rtentry), NOTHING, net_ioctl_route4 },
	{ SIOCDELRT,	   AF_INET,  sizeof(struct rtentry), NOTHING, net_ioctl_route4 },
	{ SIOCADDRT,	   AF_INET6, sizeof(struct in6_rtmsg), NOTHING, net_ioctl_route6 },
	{ SIOCDELRT,	   AF_INET6, sizeof(struct in6_rtmsg), NOTHING, net_ioctl_route6 },
	{ SIOCGARP,	   AF_INET,  sizeof(struct arpreq), NOTHING, net_ioctl_arp },
	{ SIOCSARP,	   AF_INET,  sizeof(struct arpreq), NOTHING, net_ioctl_arp },
	{ SIOCDARP,	   AF_INET,  sizeof(struct arpreq), NOTHING, net_ioctl_arp },
};

static const struct row *row_find(int family, unsigned long request)
{
	static const struct row private = { .size = IFREQ_SIZE, .about = LINK,
		.act = link_unsupported };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].request == request &&
		    (!rows[i].family || (rows[i].family == AF_INET6) == (family == AF_INET6)))
			return &rows[i];
	if ((request >= WIRELESS_FIRST && request <= WIRELESS_LAST) ||
	    (request >= SIOCDEVPRIVATE && request <= SIOCDEVPRIVATE + 15))
		return &private;
	return NULL;
}

/* Find the link a name is about: "vd0:1" is on vd0. */
static int request_link(struct net_request *q)
{
	char name[NET_NAME];
	char *colon;

	memcpy(q->label, q->arg, NET_NAME);
	q->label[NET_NAME - 1] = '\0';
	memcpy(name, q->label, NET_NAME);
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	return net_link_find(q->net, 0, name, &q->link);
}

int net_ioctl(const struct net_ops *net, int family, unsigned long request,
		void *arg, size_t *len)
{
	struct net_request q = { .net = net, .request = request, .arg = arg, .len = *len };
	const struct row *row;
	int rc;

	if (request == SIOCGIFCONF)
		return list_addresses(net, arg, len);
	row = row_find(family, request);
	if (!row)
		return -ENOTTY;
	if (!arg || *len < row->size)
		return -EFAULT;
	if (row->about != NOTHING) {
		rc = request_link(&q);
		if (rc < 0)
			return rc;
	}
	return row->act(&q);
}
