/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet.c - PF_PACKET sockets: frames as they are on the wire.  On lo, which has
 * none, a frame is a packet behind a header of zeros, as Linux shows it.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "engine.h"
#include "inet.h"
#include "mirror.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct packet {
	struct endpoint	 e;
	uint16_t	 protocol;	/* network order; 0: receives nothing */
	int		 index;		/* 0: of all interfaces */
	bool		 ignore_outgoing;
	unsigned	 promiscuous[8]; /* memberships: indices, 0 free */
	uint32_t	 packets, drops; /* PACKET_STATISTICS */
};

static struct endpoint *packets;
static const struct endpoint *sender;	/* does not see what it sends itself */

bool packet_listening(void)
{
	return packets != NULL;
}

static void packet_name(const struct interface *i, uint16_t protocol, struct sockaddr_ll *ll)
{
	*ll = (struct sockaddr_ll){
		.sll_family = AF_PACKET, .sll_protocol = protocol,
		.sll_ifindex = i ? interface_index(i) : 0,
		.sll_hatype = i ? i->netif.type : 0,
		.sll_halen = i && (i->ethernet || i->loopback) ? 6 : 0,
	};
	if (i && i->ethernet)
		memcpy(ll->sll_addr, i->netif.hwaddr, 6);
}

static uint8_t packet_type(const struct interface *i, const uint8_t *frame, bool outgoing)
{
	if (outgoing)
		return PACKET_OUTGOING;
	if (!i->ethernet)
		return PACKET_HOST;
	if (!memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6))
		return PACKET_BROADCAST;
	if (frame[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(frame, i->netif.hwaddr, 6) ? PACKET_OTHERHOST : PACKET_HOST;
}

void packet_tap(struct interface *i, const uint8_t *frame, size_t len, bool outgoing)
{
	static const uint8_t zeros[ETH_HLEN - 2];
	struct sockaddr_ll ll;
	uint16_t type;

	mirror_tap(i, frame, len, outgoing);
	if (!packets || !len || (i->ethernet && len < ETH_HLEN))
		return;
	if (i->ethernet)
		memcpy(&type, frame + 12, 2);
	else
		type = htons(frame[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	packet_name(i, type, &ll);
	ll.sll_pkttype = packet_type(i, frame, outgoing);
	if (ll.sll_pkttype == PACKET_OTHERHOST && !i->promiscuous)
		return;
	if (i->ethernet)
		memcpy(ll.sll_addr, frame + 6, 6);
	for (struct endpoint *e = packets; e; e = e->next) {
		struct packet *p = (struct packet *)e;
		struct um_envelope from = { .name = &ll, .name_len = sizeof(ll) };
		struct iovec iov[3] = {
			{ (void *)zeros, sizeof(zeros) }, { &type, sizeof(type) },
			{ (void *)frame, len },
		};
		bool raw = e->sock->type == SOCK_RAW;

		if (e == sender || (p->index && p->index != ll.sll_ifindex) || !p->protocol ||
		    (p->protocol != htons(ETH_P_ALL) && (p->protocol != type || outgoing)) ||
		    (outgoing && p->ignore_outgoing))
			continue;
		if (i->ethernet && !raw) {
			iov[2].iov_base = (void *)(frame + ETH_HLEN);
			iov[2].iov_len = len - ETH_HLEN;
		}
		p->packets++;
		if (raw && i->loopback ? um_sock_deliver_message(e->sock, iov, 3, &from) < 0 :
		    um_sock_deliver_message(e->sock, iov + 2, 1, &from) < 0)
			p->drops++;
	}
}

static int packet_bind_to(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct packet *p = (struct packet *)e;
	struct sockaddr_ll ll = { .sll_ifindex = 0 };

	if (len < (socklen_t)sizeof(ll))
		return -EINVAL;
	memcpy(&ll, a, sizeof(ll));
	if (ll.sll_family != AF_PACKET)
		return -EINVAL;
	if (ll.sll_ifindex && !interface_by_index(ll.sll_ifindex))
		return -ENODEV;
	p->index = ll.sll_ifindex;
	if (ll.sll_protocol)
		p->protocol = ll.sll_protocol;
	return 0;
}

static int packet_address(struct endpoint *e, bool peer, struct sockaddr_storage *a,
		socklen_t *len)
{
	struct packet *p = (struct packet *)e;

	if (peer)
		return -EOPNOTSUPP;
	packet_name(p->index ? interface_by_index(p->index) : NULL, p->protocol,
			(struct sockaddr_ll *)a);
	*len = sizeof(struct sockaddr_ll);
	return 0;
}

static int packet_out(struct interface *i, bool raw, const struct sockaddr_ll *ll,
		const void *data, size_t len)
{
	if (!interface_up(i))
		return -ENETDOWN;
	if (raw && i->loopback)
		return len < ETH_HLEN ? -EINVAL :
			interface_loop(i, (const uint8_t *)data + ETH_HLEN, len - ETH_HLEN);
	if (i->loopback)
		return len ? interface_loop(i, data, len) : -EINVAL;
	if (len > i->mtu + (raw && i->ethernet ? ETH_HLEN + 4u : 0))
		return -EMSGSIZE;
	if (raw || !i->ethernet)
		return i->ethernet && len < ETH_HLEN ? -EINVAL : interface_send_frame(i, data, len);
	if (ll->sll_halen < 6)
		return -EINVAL;
	return interface_send_ethernet(i, ll->sll_addr, ntohs(ll->sll_protocol), data, len);
}

static ssize_t packet_send_message(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct packet *p = (struct packet *)e;
	struct sockaddr_ll ll = { .sll_ifindex = p->index, .sll_protocol = p->protocol };
	struct interface *i;
	int rc;

	if (to->name) {
		if (to->name_len < 12)
			return -EINVAL;
		memcpy(&ll, to->name, to->name_len < sizeof(ll) ? to->name_len : sizeof(ll));
		if (ll.sll_family != AF_PACKET)
			return -EINVAL;
	}
	i = ll.sll_ifindex ? interface_by_index(ll.sll_ifindex) : NULL;
	if (!i)
		return ll.sll_ifindex ? -ENODEV : -ENXIO;
	sender = e;
	rc = packet_out(i, e->sock->type == SOCK_RAW, &ll, data, len);
	sender = NULL;
	return rc < 0 ? rc : (ssize_t)len;
}

/* Promiscuous mode belongs to the sockets that ask for it. */
static void packet_promiscuous(void)
{
	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		bool on = false;

		for (struct endpoint *e = packets; e; e = e->next)
			for (unsigned k = 0; k < 8; k++)
				on |= ((struct packet *)e)->promiscuous[k] ==
					(unsigned)interface_index(i);
		interface_set_promiscuous(i, on);
	}
}

static int packet_membership(struct packet *p, const void *value, socklen_t len, bool add)
{
	struct packet_mreq m;
	unsigned want;

	if (len < (socklen_t)sizeof(m))
		return -EINVAL;
	memcpy(&m, value, sizeof(m));
	if (!interface_by_index(m.mr_ifindex))
		return -ENODEV;
	if (m.mr_type != PACKET_MR_PROMISC)
		return 0;		/* all multicast frames come anyway */
	want = add ? 0 : m.mr_ifindex;
	for (unsigned k = 0; k < 8; k++)
		if (p->promiscuous[k] == want) {
			p->promiscuous[k] = add ? m.mr_ifindex : 0;
			packet_promiscuous();
			return 0;
		}
	return add ? -ENOBUFS : -EADDRNOTAVAIL;
}

static int packet_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len)
{
	struct packet *p = (struct packet *)e;
	int number = 0;

	if (level != SOL_PACKET)
		return sockopt_set(&e->options, AF_PACKET, level, name, value, len);
	if (len >= (socklen_t)sizeof(number))
		memcpy(&number, value, sizeof(number));
	switch (name) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return packet_membership(p, value, len, name == PACKET_ADD_MEMBERSHIP);
	case PACKET_IGNORE_OUTGOING:
		p->ignore_outgoing = number;
		return 0;
	case PACKET_AUXDATA:
	case PACKET_ORIGDEV:
	case PACKET_QDISC_BYPASS:
	case PACKET_LOSS:
		return len < (socklen_t)sizeof(number) ? -EINVAL : 0;
	}
	return -ENOPROTOOPT;
}

static int packet_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len)
{
	struct packet *p = (struct packet *)e;
	struct tpacket_stats stats = { p->packets, p->drops };

	if (level != SOL_PACKET)
		return sockopt_get(&e->options, AF_PACKET, level, name, value, len);
	if (name != PACKET_STATISTICS)
		return -ENOPROTOOPT;
	p->packets = p->drops = 0;
	if (*len > sizeof(stats))
		*len = sizeof(stats);
	memcpy(value, &stats, *len);
	return 0;
}

static void packet_release(struct endpoint *e, bool abort)
{
	endpoint_unlink(e);
	free(e);
	packet_promiscuous();
}

static const struct endpoint_kind packet_kind = {
	.release = packet_release,
	.bind = packet_bind_to,
	.address = packet_address,
	.send = packet_send_message,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
};

struct endpoint *packet_endpoints(void)
{
	return packets;
}

int packet_endpoint_new(struct um_sock *sock)
{
	struct packet *p;

	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOBUFS;
	endpoint_init(&p->e, &packet_kind, sock, &packets);
	p->protocol = sock->protocol;
	sock->engine = p;
	return 0;
}
