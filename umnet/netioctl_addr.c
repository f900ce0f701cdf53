/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIOC* requests about addresses, as devinet_ioctl() has them: they are about
 * the first IPv4 address whose label is the given name.  A change of what tells
 * addresses apart is a removal and an addition.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netioctl.h"

struct label_search {
	const struct net_request *request;
	struct net_address found;
};

static int label_matches(void *arg, const struct net_address *a)
{
	struct label_search *search = arg;
	const struct net_request *q = search->request;
	const char *label = a->label[0] ? a->label : q->link.name;

	if (a->family != AF_INET || a->link != q->link.index || strncmp(label, q->label, NET_NAME))
		return 0;
	search->found = *a;
	return 1;
}

static void mask_make(unsigned prefix, uint8_t mask[16])
{
	memset(mask, 0xff, 16);
	net_prefix_mask(mask, prefix);
}

/* The length of a mask, -EINVAL if it has holes. */
static int mask_length(const uint8_t mask[4])
{
	uint32_t inverse;

	memcpy(&inverse, mask, sizeof(inverse));
	inverse = ~ntohl(inverse);
	if (inverse & (inverse + 1))
		return -EINVAL;
	return inverse ? __builtin_clz(inverse) : 32;
}

static void broadcast_make(struct net_address *a)
{
	unsigned i;

	memcpy(a->broadcast, a->local, sizeof(a->broadcast));
	for (i = a->prefix; i < 32; i++)
		a->broadcast[i / 8] |= 0x80 >> i % 8;
	a->has_broadcast = a->prefix < 31;
}

/* What classes of addresses once meant. */
static int class_length(const uint8_t *address)
{
	if (!memcmp(address, (uint8_t[4]){ 0 }, 4) || address[0] >= 240)
		return address[0] == 255 ? 32 : address[0] >= 240 ? -1 : 0;
	return address[0] < 128 ? 8 : address[0] < 192 ? 16 : address[0] < 224 ? 24 : 32;
}

static int address_get(struct net_request *q, const struct net_address *a)
{
	struct ifreq *ifr = q->arg;
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint8_t bytes[16] = { 0 };

	switch (q->request) {
	case SIOCGIFADDR:
		memcpy(bytes, a->local, 4);
		break;
	case SIOCGIFNETMASK:
		mask_make(a->prefix, bytes);
		break;
	case SIOCGIFBRDADDR:
		memcpy(bytes, a->broadcast, 4);
		break;
	default:	/* SIOCGIFDSTADDR */
		memcpy(bytes, a->peer, 4);
		break;
	}
	memcpy(&in.sin_addr, bytes, 4);
	memcpy(&ifr->ifr_addr, &in, sizeof(in));
	return 0;
}

static int address_replace(struct net_request *q, const struct net_address *old,
		const struct net_address *new)
{
	if (old)
		q->net->address_remove(old);
	return net_address_add(q->net, new, NET_CREATE | NET_EXCLUSIVE, &q->why);
}

static int address_new(struct net_request *q, const struct net_address *old, const uint8_t *to)
{
	struct net_address new = { .link = q->link.index, .family = AF_INET,
		.scope = to[0] == 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
		.flags = IFA_F_PERMANENT, .valid = NET_FOREVER, .preferred = NET_FOREVER };
	int prefix = class_length(to);

	if (prefix < 0)
		return -EINVAL;
	if (old && !memcmp(old->local, to, 4))
		return 0;
	new.prefix = prefix;
	memcpy(new.local, to, 4);
	memcpy(new.peer, to, 4);
	memcpy(new.label, q->label, NET_NAME);
	if (q->link.flags & IFF_BROADCAST)
		broadcast_make(&new);
	return address_replace(q, old, &new);
}

static int address_set(struct net_request *q, const struct net_address *old, const uint8_t *to)
{
	struct net_address new = *old;
	int prefix;

	switch (q->request) {
	case SIOCSIFBRDADDR:
		memcpy(new.broadcast, to, 4);
		new.has_broadcast = memcmp(to, (uint8_t[4]){ 0 }, 4);
		break;
	case SIOCSIFDSTADDR:
		memcpy(new.peer, to, 4);
		break;
	default:	/* SIOCSIFNETMASK */
		prefix = mask_length(to);
		if (prefix < 0)
			return prefix;
		if (prefix == old->prefix)
			return 0;
		new.prefix = prefix;
		/* A broadcast address that was the mask's follows it. */
		if (old->has_broadcast) {
			struct net_address usual = *old;

			broadcast_make(&usual);
			if (!memcmp(usual.broadcast, old->broadcast, 4))
				broadcast_make(&new);
		}
		break;
	}
	return address_replace(q, old, &new);
}

int net_ioctl_address4(struct net_request *q)
{
	const struct ifreq *ifr = q->arg;
	struct label_search search = { .request = q };
	bool there = q->net->addresses(label_matches, &search) > 0;
	bool get = q->request == SIOCGIFADDR || q->request == SIOCGIFNETMASK ||
		q->request == SIOCGIFBRDADDR || q->request == SIOCGIFDSTADDR;
	struct sockaddr_in in;

	memcpy(&in, &ifr->ifr_addr, sizeof(in));
	if (q->request == SIOCSIFADDR) {
		if (in.sin_family != AF_INET)
			return -EINVAL;
		return address_new(q, there ? &search.found : NULL, (uint8_t *)&in.sin_addr);
	}
	if (!there)
		return -EADDRNOTAVAIL;
	return get ? address_get(q, &search.found) :
		address_set(q, &search.found, (uint8_t *)&in.sin_addr);
}

int net_ioctl_alias_down(struct net_request *q)
{
	struct label_search search = { .request = q };

	if (q->net->addresses(label_matches, &search) <= 0)
		return -EADDRNOTAVAIL;
	return q->net->address_remove(&search.found);
}

/* struct in6_ifreq of <linux/ipv6.h>, which does not go with <netinet/in.h>. */
struct request6 {
	uint8_t		address[16];
	uint32_t	prefix;
	int32_t		index;
};

struct search6 {
	const struct request6 *request;
	struct net_address found;
};

static int matches6(void *arg, const struct net_address *a)
{
	struct search6 *search = arg;

	if (a->family != AF_INET6 || a->link != search->request->index ||
	    a->prefix != search->request->prefix || memcmp(a->local, search->request->address, 16))
		return 0;
	search->found = *a;
	return 1;
}

int net_ioctl_address6(struct net_request *q)
{
	struct request6 ifr;
	struct search6 search = { .request = &ifr };
	struct net_address new = { .family = AF_INET6, .flags = IFA_F_PERMANENT,
		.valid = NET_FOREVER, .preferred = NET_FOREVER };

	memcpy(&ifr, q->arg, sizeof(ifr));
	if (ifr.prefix > 128)
		return -EINVAL;
	if (!ifr.index || net_link_find(q->net, ifr.index, NULL, &q->link) < 0)
		return -ENODEV;
	if (q->request == SIOCDIFADDR)
		return q->net->addresses(matches6, &search) > 0 ?
			q->net->address_remove(&search.found) : -EADDRNOTAVAIL;
	new.link = ifr.index;
	new.prefix = ifr.prefix;
	new.scope = net_scope_of(AF_INET6, ifr.address);
	memcpy(new.local, ifr.address, 16);
	memcpy(new.peer, ifr.address, 16);
	return net_address_add(q->net, &new, NET_CREATE | NET_EXCLUSIVE, &q->why);
}
