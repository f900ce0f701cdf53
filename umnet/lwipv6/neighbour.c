/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an entry, as Linux has it:
 *
 *   INCOMPLETE  asked for by group; packets wait in ->queue.  Answered: REACHABLE.
 *               Three questions without an answer: FAILED, the packets' senders are told.
 *   REACHABLE   for 30 s after the answer, then STALE.
 *   STALE       good, but old.  Used: DELAY.
 *   DELAY       5 s, then PROBE.
 *   PROBE       asked for directly; no answer to three: FAILED.
 *   FAILED      the next packet starts again.
 *   PERMANENT, NOARP  set by hand; never change by themselves.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>

#include "inet.h"
#include "neighbour.h"
#include "um_stack.h"

#define QUEUE_MAX	64		/* packets that wait for one answer */
#define PROBES		3
#define PROBE_MS	1000
#define DELAY_MS	5000
#define REACHABLE_MS	30000
#define SOLID		(NUD_PERMANENT | NUD_NOARP)

struct neighbour_packet {
	struct neighbour_packet *next;
	uint16_t	 type;
	size_t		 len;
	uint8_t		 ip[];
};

static struct neighbour *all;
static unsigned count;

struct neighbour *neighbour_first(void)
{
	return all;
}

struct neighbour *neighbour_find(const struct interface *i, const struct ip_addr *a)
{
	struct neighbour *n = all;

	while (n && (n->interface != i || !address_equal(&n->address, a)))
		n = n->next;
	return n;
}

static void neighbour_state(struct neighbour *n, uint16_t state)
{
	n->state = state;
	n->when = um_stack_now();
	n->probes = 0;
}

/* Send (or, with error set, give back) all that waits. */
static void neighbour_flush_queue(struct neighbour *n, int error)
{
	struct neighbour_packet *p = n->queue;

	n->queue = NULL;
	n->queued = 0;
	while (p) {
		struct neighbour_packet *next = p->next;

		if (error)
			inet_undeliverable(p->ip, p->len, error);
		else
			interface_send_ethernet(n->interface, n->mac, p->type, p->ip, p->len);
		free(p);
		p = next;
	}
}

void neighbour_remove(struct neighbour *n)
{
	struct neighbour **link = &all;

	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	count--;
	while (n->queue) {
		struct neighbour_packet *p = n->queue;

		n->queue = p->next;
		free(p);
	}
	free(n);
}

void neighbour_flush(struct interface *i, bool every)
{
	for (struct neighbour *n = all, *next; n; n = next) {
		next = n->next;
		if (n->interface == i && (every || !(n->state & SOLID)))
			neighbour_remove(n);
	}
}

/* The table is full: forget the one that has been quiet longest. */
static bool neighbour_evict(void)
{
	struct neighbour *oldest = NULL;

	for (struct neighbour *n = all; n; n = n->next)
		if (!(n->state & SOLID) && (!oldest || n->when < oldest->when))
			oldest = n;
	if (oldest)
		neighbour_remove(oldest);
	return oldest != NULL;
}

static struct neighbour *neighbour_make(struct interface *i, const struct ip_addr *a)
{
	struct neighbour *n = neighbour_find(i, a);

	if (n)
		return n;
	if (count >= NEIGHBOUR_MAX && !neighbour_evict())
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->interface = i;
	n->address = *a;
	n->next = all;
	all = n;
	count++;
	neighbour_state(n, NUD_NONE);
	return n;
}

int neighbour_set(struct interface *i, const struct ip_addr *a, uint16_t state,
		uint8_t flags, const uint8_t *mac)
{
	struct neighbour *n = neighbour_make(i, a);

	if (!n)
		return -ENOBUFS;
	n->flags = flags;
	neighbour_state(n, state);
	if (mac) {
		memcpy(n->mac, mac, 6);
		n->has_mac = true;
		neighbour_flush_queue(n, 0);
	}
	return 0;
}

/* The wire has told us; confirmed: it answered our question. */
static void neighbour_learn(struct neighbour *n, const uint8_t *mac, bool confirmed)
{
	bool same = n->has_mac && !memcmp(n->mac, mac, 6);

	if (n->state & SOLID || mac[0] & 1)
		return;
	memcpy(n->mac, mac, 6);
	n->has_mac = true;
	if (confirmed)
		neighbour_state(n, NUD_REACHABLE);
	else if (!same || !(n->state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE)))
		neighbour_state(n, NUD_STALE);
	neighbour_flush_queue(n, 0);
}

/* --- questions and answers --- */

static void arp_send(struct interface *i, uint16_t operation, const uint8_t *to_mac,
		uint32_t from, uint32_t to, const uint8_t *frame_to)
{
	struct ether_arp_packet {
		struct arphdr	 head;
		uint8_t		 sender_mac[6], sender[4], target_mac[6], target[4];
	} __attribute__((packed)) arp = {
		.head = { htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), 6, 4, htons(operation) },
	};

	memcpy(arp.sender_mac, i->netif.hwaddr, 6);
	memcpy(arp.sender, &from, 4);
	if (to_mac)
		memcpy(arp.target_mac, to_mac, 6);
	memcpy(arp.target, &to, 4);
	interface_send_ethernet(i, frame_to, ETHERTYPE_ARP, &arp, sizeof(arp));
}

struct nd_packet {
	struct ip6_hdr	 ip;
	uint8_t		 type, code;
	uint16_t	 checksum;
	uint32_t	 flags;
	struct ip_addr	 target;
	uint8_t		 option, option_len, mac[6];
} __attribute__((packed));

static void nd_send(struct interface *i, const struct ip_addr *source,
		const struct ip_addr *destination, const uint8_t *frame_to,
		uint8_t type, uint32_t flags, const struct ip_addr *target)
{
	struct nd_packet nd = {
		.ip.ip6_flow = htonl(6u << 28), .ip.ip6_nxt = IPPROTO_ICMPV6, .ip.ip6_hlim = 255,
		.ip.ip6_plen = htons(sizeof(nd) - sizeof(nd.ip)),
		.type = type, .flags = htonl(flags), .target = *target,
		.option = type == ND_NEIGHBOR_SOLICIT ? ND_OPT_SOURCE_LINKADDR :
			ND_OPT_TARGET_LINKADDR,
		.option_len = 1,
	};

	memcpy(&nd.ip.ip6_src, source, 16);
	memcpy(&nd.ip.ip6_dst, destination, 16);
	memcpy(nd.mac, i->netif.hwaddr, 6);
	nd.checksum = inet_checksum_pseudo(source, destination, IPPROTO_ICMPV6,
			(uint8_t *)&nd + sizeof(nd.ip), sizeof(nd) - sizeof(nd.ip));
	interface_send_ethernet(i, frame_to, ETHERTYPE_IPV6, &nd, sizeof(nd));
}

static void neighbour_ask(struct neighbour *n)
{
	struct interface *i = n->interface;
	struct ip_addr_list *el = address_source(i, &n->address, &n->address);
	bool direct = n->state & NUD_PROBE;

	n->probes++;
	n->when = um_stack_now();
	if (address_is_v4(&n->address)) {
		arp_send(i, ARPOP_REQUEST, NULL, el ? el->ipaddr.addr[3] : 0, n->address.addr[3],
				direct ? n->mac : (const uint8_t *)"\xff\xff\xff\xff\xff\xff");
	} else if (el) {
		const uint8_t *a = (const uint8_t *)n->address.addr;
		struct ip_addr group = { { htonl(0xff020000), 0, htonl(1),
			htonl(0xff000000) | (n->address.addr[3] & htonl(0xffffff)) } };
		uint8_t mac[6] = { 0x33, 0x33, 0xff, a[13], a[14], a[15] };

		nd_send(i, &el->ipaddr, direct ? &n->address : &group, direct ? n->mac : mac,
				ND_NEIGHBOR_SOLICIT, 0, &n->address);
	}
}

static bool address_is_on(const struct interface *i, const struct ip_addr *a)
{
	struct ip_addr_list *el = address_find(a);

	return el && (el->netif == &i->netif || (address_is_v4(a) && !address_is_loopback(a)));
}

void neighbour_arp_input(struct interface *i, const uint8_t *packet, size_t len)
{
	static const uint8_t head[6] = { 0, ARPHRD_ETHER, ETHERTYPE_IP >> 8, 0, 6, 4 };
	struct ip_addr sender, target;
	struct neighbour *n;
	uint32_t a;
	bool mine;

	if (len < 28 || memcmp(packet, head, 6) || packet[6] ||
	    (packet[7] != ARPOP_REQUEST && packet[7] != ARPOP_REPLY) || packet[8] & 1)
		return;
	memcpy(&a, packet + 14, 4);
	sender = address_v4(a);
	memcpy(&a, packet + 24, 4);
	target = address_v4(a);
	mine = address_is_on(i, &target);
	if (!address_is_any(&sender) && !address_is_multicast(&sender) &&
	    !address_is_broadcast(&sender) && !address_is_local(&sender)) {
		n = mine ? neighbour_make(i, &sender) : neighbour_find(i, &sender);
		if (n)
			neighbour_learn(n, packet + 8, packet[7] == ARPOP_REPLY && mine);
	}
	if (mine && packet[7] == ARPOP_REQUEST)
		arp_send(i, ARPOP_REPLY, packet + 8, target.addr[3], sender.addr[3], packet + 8);
}

/* The MAC in an option of that type, or NULL. */
static const uint8_t *nd_option(const uint8_t *at, size_t len, uint8_t type)
{
	while (len >= 8) {
		size_t size = at[1] * 8;

		if (!size || size > len)
			return NULL;
		if (at[0] == type)
			return at + 2;
		at += size;
		len -= size;
	}
	return NULL;
}

void neighbour_nd_input(struct interface *i, const uint8_t *ip, size_t len)
{
	struct ip_addr source, destination, target;
	const uint8_t *icmp = ip + 40, *mac;
	size_t size;
	struct neighbour *n;
	uint16_t plen;

	memcpy(&plen, ip + 4, 2);
	size = ntohs(plen);
	if (size < 24 || size > len - 40 || icmp[1])
		return;
	memcpy(&source, ip + 8, 16);
	memcpy(&destination, ip + 24, 16);
	memcpy(&target, icmp + 8, 16);
	if (address_is_multicast(&target) || address_is_v4(&target) ||
	    address_is_multicast(&source) || address_is_local(&source) ||
	    inet_checksum_pseudo(&source, &destination, IPPROTO_ICMPV6, icmp, size))
		return;
	if (icmp[0] == ND_NEIGHBOR_ADVERT) {
		n = neighbour_find(i, &target);
		mac = nd_option(icmp + 24, size - 24, ND_OPT_TARGET_LINKADDR);
		if (n && mac && (icmp[4] & 0x20 || !n->has_mac))
			neighbour_learn(n, mac, icmp[4] & 0x40);
		else if (n && n->has_mac && icmp[4] & 0x40 && !(n->state & SOLID))
			neighbour_state(n, NUD_REACHABLE);
		return;
	}
	if (!address_is_on(i, &target))
		return;
	mac = nd_option(icmp + 24, size - 24, ND_OPT_SOURCE_LINKADDR);
	if (address_is_any(&source)) {		/* somebody tests for duplicates */
		struct ip_addr everybody = { { htonl(0xff020000), 0, 0, htonl(1) } };

		nd_send(i, &target, &everybody, (const uint8_t *)"\x33\x33\0\0\0\1",
				ND_NEIGHBOR_ADVERT, 0x20000000, &target);
		return;
	}
	n = neighbour_make(i, &source);
	if (n && mac)
		neighbour_learn(n, mac, false);
	if (n && n->has_mac)
		nd_send(i, &target, &source, n->mac, ND_NEIGHBOR_ADVERT, 0x60000000, &target);
}

int neighbour_send(struct interface *i, const struct ip_addr *next_hop,
		uint16_t type, const void *ip, size_t len)
{
	struct neighbour *n = neighbour_make(i, next_hop);
	struct neighbour_packet *p, **last;

	if (!n)
		return -ENOBUFS;
	if (n->has_mac && n->state & ~(NUD_FAILED | NUD_INCOMPLETE | NUD_NONE)) {
		if (n->state & NUD_STALE)
			neighbour_state(n, NUD_DELAY);
		return interface_send_ethernet(i, n->mac, type, ip, len);
	}
	if (n->queued >= QUEUE_MAX)
		return -ENOBUFS;
	p = malloc(sizeof(*p) + len);
	if (!p)
		return -ENOBUFS;
	*p = (struct neighbour_packet){ .type = type, .len = len };
	memcpy(p->ip, ip, len);
	for (last = &n->queue; *last; last = &(*last)->next)
		;
	*last = p;
	n->queued++;
	if (!(n->state & NUD_INCOMPLETE)) {
		neighbour_state(n, NUD_INCOMPLETE);
		neighbour_ask(n);
	}
	return 0;
}

/* Ms until n wants attention; does what is due. -1: nothing to come. */
static int neighbour_tick(struct neighbour *n, uint64_t now)
{
	uint64_t age = now - n->when;
	unsigned wait;

	switch (n->state) {
	case NUD_INCOMPLETE:
	case NUD_PROBE:
		wait = PROBE_MS;
		if (age < wait)
			break;
		if (n->probes < PROBES) {
			neighbour_ask(n);
			return PROBE_MS;
		}
		neighbour_state(n, NUD_FAILED);
		neighbour_flush_queue(n, EHOSTUNREACH);
		return -1;
	case NUD_DELAY:
		wait = DELAY_MS;
		if (age < wait)
			break;
		neighbour_state(n, NUD_PROBE);
		neighbour_ask(n);
		return PROBE_MS;
	case NUD_REACHABLE:
		wait = REACHABLE_MS;
		if (age < wait)
			break;
		neighbour_state(n, NUD_STALE);
		return -1;
	default:
		return -1;
	}
	return wait - age;
}

int neighbour_poll(uint64_t now)
{
	int next = -1;

	for (struct neighbour *n = all; n; n = n->next) {
		int wait = neighbour_tick(n, now);

		if (wait >= 0 && (next < 0 || wait < next))
			next = wait;
	}
	return next;
}
