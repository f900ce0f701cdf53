/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbour-message.c - ARP and neighbour discovery on the wire. */
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>

#include "inet.h"
#include "neighbour.h"
#include "um_stack.h"

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

void neighbour_ask(struct neighbour *n)
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
		else if (n && n->has_mac && icmp[4] & 0x40 && !(n->state & NEIGHBOUR_SOLID))
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
