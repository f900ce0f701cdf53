/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interface-io.c - packets in and out of interfaces.
 *
 * Packets that go to our own addresses do not touch a wire: they wait in one queue
 * (loop below) until the engine's poll, so that a callback of the library
 * never runs inside another.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <string.h>

#include "inet.h"
#include "neighbour.h"

_Static_assert(CABLE_FRAME_MAX >= UINT16_MAX + ETH_HLEN, "a pbuf fits in out");

#define FRAMES_AT_ONCE	64
#define LOOP_MAX	8192		/* packets queued for ourselves */
#define LOOP_AT_ONCE	256

static struct {
	struct {
		struct interface *interface;
		struct pbuf	*packet;
		bool		 untapped;
	}	 slot[LOOP_MAX];
	unsigned head, count;
} loop;

/* Frames are put together here, the IP packet at out + ETH_HLEN. */
static uint8_t out[CABLE_FRAME_MAX + 64];

/* --- in --- */

static void interface_count(struct interface_counters *c, size_t len)
{
	c->packets++;
	c->bytes += len;
}

static struct pbuf *packet_copy(const void *ip, size_t len)
{
	struct pbuf *p = len <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, len, PBUF_RAM) : NULL;

	if (p)
		memcpy(p->payload, ip, len);
	return p;
}

/* A neighbour discovery message, and from the link itself? */
static bool is_discovery(const uint8_t *ip, size_t len)
{
	return len >= 40 + 24 && ip[0] >> 4 == 6 && ip[6] == IPPROTO_ICMPV6 && ip[7] == 255 &&
		(ip[40] == 135 || ip[40] == 136);
}

static void interface_receive_ip(struct interface *i, const uint8_t *ip, size_t len)
{
	struct pbuf *p;

	if (is_discovery(ip, len) && i->ethernet)
		neighbour_nd_input(i, ip, len);
	p = packet_copy(ip, len);
	if (p)
		inet_receive(i, p);
	else
		i->rx.dropped++;
}

static void interface_receive_frame(struct interface *i, const uint8_t *frame, size_t len)
{
	uint16_t type;

	interface_count(&i->rx, len);
	if (!interface_up(i)) {
		i->rx.dropped++;
		return;
	}
	packet_tap(i, frame, len, false);
	if (!i->ethernet) {
		if (len)
			interface_receive_ip(i, frame, len);
		return;
	}
	if (len < ETH_HLEN) {
		i->rx.errors++;
		return;
	}
	if (frame[0] & 1)
		i->rx_multicast += memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) != 0;
	else if (memcmp(frame, i->netif.hwaddr, ETH_ALEN))
		return;			/* somebody else's */
	memcpy(&type, frame + 12, 2);
	switch (ntohs(type)) {
	case ETHERTYPE_ARP:
		neighbour_arp_input(i, frame + ETH_HLEN, len - ETH_HLEN);
		break;
	case ETHERTYPE_IP:
	case ETHERTYPE_IPV6:
		if (len > ETH_HLEN)
			interface_receive_ip(i, frame + ETH_HLEN, len - ETH_HLEN);
		break;
	}
}

void interface_readable(void *arg, uint32_t events)
{
	static uint8_t frame[CABLE_FRAME_MAX];
	struct interface *i = arg;

	for (int k = 0; k < FRAMES_AT_ONCE; k++) {
		ssize_t n = i->cable->kind->receive(i->cable, frame, sizeof(frame));

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			interface_disconnected(i, n);
			return;
		}
		if (n > 0)
			interface_receive_frame(i, frame, n);
	}
	interface_carrier(i);
}

int8_t interface_input(struct pbuf *p, struct netif *n)
{
	struct interface *i = (struct interface *)n;

	if (loop.count == LOOP_MAX) {
		pbuf_free(p);
		i->rx.dropped++;
		return ERR_MEM;
	}
	loop.slot[(loop.head + loop.count) % LOOP_MAX].interface = i;
	loop.slot[(loop.head + loop.count) % LOOP_MAX].packet = p;
	loop.slot[(loop.head + loop.count) % LOOP_MAX].untapped = false;
	loop.count++;
	return ERR_OK;
}

int interface_loop(struct interface *i, const void *ip, size_t len)
{
	struct pbuf *p = loop.count < LOOP_MAX ? packet_copy(ip, len) : NULL;

	if (!p) {
		i->tx.dropped++;
		return -ENOBUFS;
	}
	interface_input(p, &i->netif);
	return 0;
}

void interface_loop_untapped(struct interface *i, const void *ip, size_t len)
{
	if (interface_loop(i, ip, len) == 0)
		loop.slot[(loop.head + loop.count - 1) % LOOP_MAX].untapped = true;
}

bool interface_pending(void)
{
	return loop.count > 0;
}

bool interface_run(void)
{
	for (int k = 0; k < LOOP_AT_ONCE && loop.count; k++) {
		struct interface *i = loop.slot[loop.head].interface;
		struct pbuf *p = loop.slot[loop.head].packet;
		bool tap = !loop.slot[loop.head].untapped;

		loop.head = (loop.head + 1) % LOOP_MAX;
		loop.count--;
		if (i->loopback) {
			interface_count(&i->tx, p->len);
			interface_count(&i->rx, p->len);
		}
		if (i->loopback && tap) {
			packet_tap(i, p->payload, p->len, true);
			packet_tap(i, p->payload, p->len, false);
		}
		inet_receive(i, p);
	}
	return loop.count > 0;
}

/* --- out --- */

int interface_send_frame(struct interface *i, const void *frame, size_t len)
{
	if (!interface_up(i))
		return -ENETDOWN;
	packet_tap(i, frame, len, true);
	return interface_transmit(i, frame, len);
}

int interface_transmit(struct interface *i, const void *frame, size_t len)
{
	ssize_t n;

	if (!interface_up(i))
		return -ENETDOWN;
	if (!i->cable || !i->cable->connected) {
		i->tx.dropped++;
		return 0;
	}
	n = i->cable->kind->send(i->cable, frame, len);
	if (n < 0) {
		i->tx.dropped++;
		return n == -EAGAIN || n == -ENOBUFS ? -ENOBUFS : 0;
	}
	interface_count(&i->tx, len);
	return 0;
}

int interface_send_ethernet(struct interface *i, const uint8_t *to, uint16_t type,
		const void *payload, size_t len)
{
	uint16_t wire_type = htons(type);

	if (len > sizeof(out) - ETH_HLEN)
		return -EMSGSIZE;
	memcpy(out, to, ETH_ALEN);
	memcpy(out + ETH_ALEN, i->netif.hwaddr, ETH_ALEN);
	memcpy(out + 12, &wire_type, 2);
	if (payload != out + ETH_HLEN)
		memcpy(out + ETH_HLEN, payload, len);
	return interface_send_frame(i, out, ETH_HLEN + len);
}

/* The MAC address of a group; false for a unicast address. */
static bool group_mac(const struct ip_addr *a, uint8_t mac[6])
{
	const uint8_t *byte = (const uint8_t *)a->addr;

	if (address_is_broadcast(a)) {
		memset(mac, 0xff, 6);
	} else if (!address_is_multicast(a)) {
		return false;
	} else if (address_is_v4(a)) {
		memcpy(mac, "\x01\x00\x5e", 3);
		mac[3] = byte[13] & 0x7f;
		memcpy(mac + 4, byte + 14, 2);
	} else {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, byte + 12, 4);
	}
	return true;
}

int interface_send_ip(struct interface *i, const void *ip, size_t len,
		const struct ip_addr *next_hop)
{
	uint16_t type = *(const uint8_t *)ip >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
	uint8_t mac[6];

	if (!interface_up(i))
		return -ENETDOWN;
	if (i->loopback)
		return interface_loop(i, ip, len);
	if (len > i->mtu)
		return fragment_send(i, ip, len, next_hop);
	if (!i->ethernet)
		return interface_send_frame(i, ip, len);
	if (group_mac(next_hop, mac))
		return interface_send_ethernet(i, mac, type, ip, len);
	return neighbour_send(i, next_hop, type, ip, len);
}

/* The library leaves whatever was in memory in IPv6's flow label. */
static void ip_clean(uint8_t *ip)
{
	if (ip[0] >> 4 == 6)
		ip[1] = ip[2] = ip[3] = 0;
}

/* From the library's TCP: p is borrowed. */
int8_t interface_output(struct netif *n, struct pbuf *p, struct ip_addr *next_hop)
{
	struct interface *i = (struct interface *)n;
	uint8_t *ip = out + ETH_HLEN;
	size_t len = 0;

	if (i->loopback) {
		struct pbuf *flat = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);

		if (!flat)
			return ERR_MEM;
		for (const struct pbuf *q = p; q; q = q->next) {
			memcpy((uint8_t *)flat->payload + len, q->payload, q->len);
			len += q->len;
		}
		ip_clean(flat->payload);
		return interface_input(flat, n);
	}
	for (const struct pbuf *q = p; q; q = q->next) {
		memcpy(ip + len, q->payload, q->len);
		len += q->len;
	}
	ip_clean(ip);
	len = tcp_dress(ip, len, i->mtu);
	return interface_send_ip(i, ip, len, next_hop) < 0 ? ERR_IF : ERR_OK;
}
