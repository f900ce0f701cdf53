/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "inet.h"
#include "util.h"

#define EXTENSIONS_MAX	8		/* of an IPv6 packet; more are an attack */

/* --- checksums --- */

static uint64_t sum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len >= 32; len -= 32, p += 32) {
		uint32_t w[8];

		memcpy(w, p, 32);
		for (int k = 0; k < 8; k++)
			sum += w[k];
	}
	for (; len >= 2; len -= 2, p += 2) {
		uint16_t w;

		memcpy(&w, p, 2);
		sum += w;
	}
	if (len)
		sum += *p;		/* little endian: the odd byte is the low one */
	return sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint16_t inet_checksum(const void *data, size_t len)
{
	return sum_fold(sum_add(0, data, len));
}

uint16_t inet_checksum_covered(const struct ip_addr *source, const struct ip_addr *destination,
		uint8_t protocol, const void *data, size_t len, size_t covered)
{
	/* The prefix of a mapped address counts for nothing in IPv4. */
	size_t skip = address_is_v4(source) ? 12 : 0;
	uint64_t sum = sum_add(0, data, covered);

	sum = sum_add(sum, (const uint8_t *)source + skip, 16 - skip);
	sum = sum_add(sum, (const uint8_t *)destination + skip, 16 - skip);
	return sum_fold(sum + htons(protocol) + htons(len & 0xffff) + htons(len >> 16));
}

uint16_t inet_checksum_pseudo(const struct ip_addr *source, const struct ip_addr *destination,
		uint8_t protocol, const void *data, size_t len)
{
	return inet_checksum_covered(source, destination, protocol, data, len, len);
}

uint32_t inet_hash(const struct ip_addr *peer, uint16_t port)
{
	uint32_t hash = (peer->addr[3] ^ peer->addr[1] ^ port) * 0x9e3779b1u;

	return hash ^ hash >> 15;
}

/* --- in --- */

/* Is it for us?  Sets own and group. */
static bool inet_mine(struct inet_packet *p)
{
	bool multicast = address_is_multicast(&p->destination);

	if (address_is_multicast(&p->source) ||
	    (!p->interface->loopback && !address_is_local(&p->source) &&
	     (address_is_loopback(&p->source) || address_is_loopback(&p->destination))))
		return false;
	if (multicast || address_is_broadcast(&p->destination)) {
		p->group = true;
		return true;
	}
	p->own = address_find(&p->destination);
	return p->own != NULL;
}

static void inet_dispatch(struct inet_packet *p, struct pbuf *memory)
{
	bool wanted = raw_receive(p);

	switch (p->protocol) {
	case IPPROTO_TCP:
		if (!p->group) {
			tcp_receive_segment(p, memory);
			return;
		}
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		udp_receive(p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if ((p->protocol == IPPROTO_ICMPV6) == p->v6)
			icmp_receive(p);
		break;
	case IPPROTO_IGMP:
		if (!p->v6)
			membership_asked(p);
		break;
	case IPPROTO_NONE:
		break;
	default:
		if (wanted || p->group)
			break;
		if (p->v6)
			icmp_reject(p, ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER,
					offsetof(struct ip6_hdr, ip6_nxt));
		else
			icmp_reject(p, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	}
	pbuf_free(memory);
}

static void inet_receive_v4(struct inet_packet *p, struct pbuf *memory)
{
	struct iphdr h;
	unsigned offset;

	if (p->len < sizeof(h))
		goto drop;
	memcpy(&h, p->ip, sizeof(h));
	p->header = h.ihl * 4;
	if (p->header < sizeof(h) || ntohs(h.tot_len) < p->header || ntohs(h.tot_len) > p->len)
		goto drop;
	if (!p->interface->loopback && inet_checksum(p->ip, p->header))
		goto drop;
	p->len = ntohs(h.tot_len);
	p->protocol = h.protocol;
	p->ttl = h.ttl;
	p->tos = h.tos;
	p->source = address_v4(h.saddr);
	p->destination = address_v4(h.daddr);
	if (!inet_mine(p))
		goto drop;
	offset = (ntohs(h.frag_off) & IP_OFFMASK) * 8;
	if (offset || ntohs(h.frag_off) & IP_MF) {
		struct pbuf *whole = fragment_receive(p, h.id, offset,
				ntohs(h.frag_off) & IP_MF, h.protocol, p->header);

		if (whole)
			inet_receive(p->interface, whole);
		goto drop;
	}
	memory->len = memory->tot_len = p->len;
	inet_dispatch(p, memory);
	return;
drop:
	pbuf_free(memory);
}

/* Walk the extension headers.  True: p->header and ->protocol are set. */
static bool inet_skip_extensions(struct inet_packet *p)
{
	for (int k = 0; k < EXTENSIONS_MAX; k++) {
		const uint8_t *at = p->ip + p->header;
		size_t left = p->len - p->header;
		size_t size;

		switch (p->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
		case IPPROTO_ROUTING:
			if (left < 8)
				return false;
			size = (at[1] + 1) * 8;
			if (size > left || (p->protocol == IPPROTO_ROUTING && at[3]))
				return false;
			p->protocol = at[0];
			p->header += size;
			break;
		case IPPROTO_FRAGMENT: {
			struct ip6_frag f;
			struct pbuf *whole;
			unsigned offset;
			bool more;

			if (left < sizeof(f))
				return false;
			memcpy(&f, at, sizeof(f));
			offset = ntohs(f.ip6f_offlg & IP6F_OFF_MASK);
			more = f.ip6f_offlg & IP6F_MORE_FRAG;
			if (!offset && !more) {		/* an atomic one */
				p->protocol = f.ip6f_nxt;
				p->header += sizeof(f);
				break;
			}
			whole = fragment_receive(p, f.ip6f_ident, offset, more, f.ip6f_nxt,
					p->header + sizeof(f));
			if (whole)
				inet_receive(p->interface, whole);
			return false;
		}
		default:
			return true;
		}
	}
	return false;
}

static void inet_receive_v6(struct inet_packet *p, struct pbuf *memory)
{
	struct ip6_hdr h;

	if (p->len < sizeof(h))
		goto drop;
	memcpy(&h, p->ip, sizeof(h));
	if (ntohs(h.ip6_plen) > p->len - sizeof(h))
		goto drop;
	p->v6 = true;
	p->len = sizeof(h) + ntohs(h.ip6_plen);
	p->header = sizeof(h);
	p->protocol = h.ip6_nxt;
	p->ttl = h.ip6_hlim;
	p->tos = ntohl(h.ip6_flow) >> 20;
	memcpy(&p->source, &h.ip6_src, 16);
	memcpy(&p->destination, &h.ip6_dst, 16);
	if (address_is_v4(&p->source) || address_is_v4(&p->destination) ||
	    !inet_mine(p) || !inet_skip_extensions(p))
		goto drop;
	memory->len = memory->tot_len = p->len;
	inet_dispatch(p, memory);
	return;
drop:
	pbuf_free(memory);
}

void inet_receive(struct interface *i, struct pbuf *memory)
{
	struct inet_packet p = { .interface = i, .ip = memory->payload, .len = memory->len };

	switch (p.len ? p.ip[0] >> 4 : 0) {
	case 4:
		inet_receive_v4(&p, memory);
		break;
	case 6:
		inet_receive_v6(&p, memory);
		break;
	default:
		pbuf_free(memory);
	}
}

/* --- out --- */

void inet_set_length(uint8_t *ip, size_t len)
{
	struct iphdr h;
	uint16_t plen = htons(len - sizeof(struct ip6_hdr));

	if (ip[0] >> 4 == 6) {
		memcpy(ip + offsetof(struct ip6_hdr, ip6_plen), &plen, sizeof(plen));
		return;
	}
	memcpy(&h, ip, sizeof(h));
	h.tot_len = htons(len);
	h.check = 0;
	memcpy(ip, &h, sizeof(h));
	h.check = inet_checksum(ip, sizeof(h));
	memcpy(ip, &h, sizeof(h));
}

int inet_send_packet(const struct path *path, const struct ip_addr *dst,
		const void *ip, size_t len, bool no_loop)
{
	struct interface *i = path->interface;

	if (path->local || i->loopback)
		return interface_loop(i, ip, len);
	if (!no_loop && (address_is_multicast(dst) || address_is_broadcast(dst)))
		interface_loop(i, ip, len);
	return interface_send_ip(i, ip, len, &path->next_hop);
}

int inet_send(const struct path *path, const struct ip_addr *dst,
		const struct inet_header *header, const void *payload, size_t len)
{
	static uint8_t packet[65536 + 64];
	static uint16_t id;
	size_t head;

	if (address_is_v4(dst)) {
		struct iphdr h = {
			.version = 4, .ihl = 5, .tos = header->tos, .ttl = header->ttl,
			.protocol = header->protocol,
			.saddr = path->source.addr[3], .daddr = dst->addr[3],
		};

		head = sizeof(h);
		if (len > 65535 - head)
			return -EMSGSIZE;
		h.id = htons(++id);
		h.tot_len = htons(head + len);
		if (head + len <= path->interface->mtu && header->dont_fragment)
			h.frag_off = htons(IP_DF);
		h.check = inet_checksum(&h, head);
		memcpy(packet, &h, head);
	} else {
		struct ip6_hdr h = {
			.ip6_flow = htonl(6u << 28 | header->tos << 20),
			.ip6_nxt = header->protocol, .ip6_hlim = header->ttl,
		};

		head = sizeof(h);
		if (len > 65535)
			return -EMSGSIZE;
		if (len > 65535 - head)
			return -EMSGSIZE;
		h.ip6_plen = htons(len);
		memcpy(&h.ip6_src, &path->source, 16);
		memcpy(&h.ip6_dst, dst, 16);
		memcpy(packet, &h, head);
	}
	memcpy(packet + head, payload, len);
	return inet_send_packet(path, dst, packet, head + len, header->no_loop);
}
