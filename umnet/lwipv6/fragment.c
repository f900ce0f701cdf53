/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragment.c - packets larger than the wire: cut when sent, put together when
 * received.  At most PENDING_MAX packets are being put together; the oldest
 * gives way, and after 30 s each does.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inet.h"
#include "um_stack.h"

#define PENDING_MAX	16
#define PENDING_MS	30000
#define HEAD_MAX	60		/* of an IP header that is kept */

struct pending {
	struct ip_addr	 source, destination;
	uint32_t	 id;
	uint8_t		 protocol;
	bool		 v6;
	uint64_t	 since;
	uint8_t		 head[HEAD_MAX];	/* of the first fragment */
	unsigned	 head_len;		/* 0: has not come */
	unsigned	 total;			/* 0: the last has not come */
	unsigned	 blocks;		/* of 8 bytes, that have come */
	uint8_t		 come[65536 / 8 / 8];
	uint8_t		 data[65536];
};

static struct pending *pending[PENDING_MAX];

static void pending_free(unsigned k)
{
	free(pending[k]);
	pending[k] = NULL;
}

/* The slot of the packet p is a part of, made if need be; -1: no memory. */
static int pending_find(const struct inet_packet *p, uint32_t id, uint8_t protocol)
{
	int slot = 0;

	for (int k = 0; k < PENDING_MAX; k++) {
		struct pending *q = pending[k];

		if (q && q->id == id && q->protocol == protocol && q->v6 == p->v6 &&
		    address_equal(&q->source, &p->source) &&
		    address_equal(&q->destination, &p->destination))
			return k;
		if (!q || (pending[slot] && q->since < pending[slot]->since))
			slot = k;
	}
	pending_free(slot);
	pending[slot] = calloc(1, sizeof(**pending));
	if (!pending[slot])
		return -1;
	pending[slot]->source = p->source;
	pending[slot]->destination = p->destination;
	pending[slot]->id = id;
	pending[slot]->protocol = protocol;
	pending[slot]->v6 = p->v6;
	pending[slot]->since = um_stack_now();
	return slot;
}

static struct pbuf *pending_whole(struct pending *q)
{
	size_t len = q->head_len + q->total;
	struct pbuf *whole = len <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, len, PBUF_RAM) : NULL;
	uint8_t *ip;

	if (!whole)
		return NULL;
	ip = whole->payload;
	memcpy(ip, q->head, q->head_len);
	memcpy(ip + q->head_len, q->data, q->total);
	if (q->v6) {
		uint16_t plen = htons(q->total);

		memcpy(ip + offsetof(struct ip6_hdr, ip6_plen), &plen, 2);
		ip[offsetof(struct ip6_hdr, ip6_nxt)] = q->protocol;
	} else {
		struct iphdr h;

		memcpy(&h, ip, sizeof(h));
		h.tot_len = htons(len);
		h.frag_off = 0;
		h.check = 0;
		memcpy(ip, &h, sizeof(h));
		h.check = inet_checksum(ip, q->head_len);
		memcpy(ip, &h, sizeof(h));
	}
	return whole;
}

struct pbuf *fragment_receive(const struct inet_packet *p, uint32_t id,
		unsigned offset, bool more, uint8_t protocol, unsigned data)
{
	size_t len = p->len - data;
	struct pbuf *whole = NULL;
	struct pending *q;
	int slot;

	if (!len || offset + len > 65535 || (more && len % 8))
		return NULL;
	slot = pending_find(p, id, protocol);
	if (slot < 0)
		return NULL;
	q = pending[slot];
	if (!offset) {
		/* IPv6: extension headers before the fragment's are done with. */
		q->head_len = p->v6 ? sizeof(struct ip6_hdr) : p->header;
		memcpy(q->head, p->ip, q->head_len);
	}
	if (!more)
		q->total = offset + len;
	for (unsigned block = offset / 8; block < (offset + len + 7) / 8; block++) {
		if (q->come[block / 8] & 1 << block % 8)
			continue;
		q->come[block / 8] |= 1 << block % 8;
		q->blocks++;
	}
	memcpy(q->data + offset, p->ip + data, len);
	if (q->total && q->head_len && q->blocks >= (q->total + 7) / 8) {
		whole = pending_whole(q);
		pending_free(slot);
	}
	return whole;
}

int fragment_poll(uint64_t now)
{
	int next = -1;

	for (unsigned k = 0; k < PENDING_MAX; k++) {
		if (pending[k] && now - pending[k]->since >= PENDING_MS)
			pending_free(k);
		if (pending[k])
			next = 1000;
	}
	return next;
}

static int fragment_send_v4(struct interface *i, const uint8_t *ip, size_t len,
		const struct ip_addr *next_hop)
{
	uint8_t piece[65536];
	struct iphdr h;
	unsigned head = (ip[0] & 15) * 4, room;
	uint16_t old;

	memcpy(&h, ip, sizeof(h));
	if (head < sizeof(h) || head > len || i->mtu < head + 8)
		return -EMSGSIZE;
	room = (i->mtu - head) & ~7u;
	old = ntohs(h.frag_off) & ~IP_DF;
	for (size_t at = 0; at < len - head; at += room) {
		size_t n = len - head - at < room ? len - head - at : room;
		int rc;

		h.tot_len = htons(head + n);
		h.frag_off = htons((old + at / 8) | (at + n < len - head ? IP_MF : 0));
		h.check = 0;
		memcpy(piece, ip, head);
		memcpy(piece, &h, sizeof(h));
		h.check = inet_checksum(piece, head);
		memcpy(piece, &h, sizeof(h));
		memcpy(piece + head, ip + head + at, n);
		rc = interface_send_ip(i, piece, head + n, next_hop);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int fragment_send_v6(struct interface *i, const uint8_t *ip, size_t len,
		const struct ip_addr *next_hop)
{
	uint8_t piece[65536];
	const size_t head = sizeof(struct ip6_hdr);
	struct ip6_frag f = { .ip6f_nxt = ip[offsetof(struct ip6_hdr, ip6_nxt)] };
	unsigned room;

	if (len < head || i->mtu < head + sizeof(f) + 8)
		return -EMSGSIZE;
	room = (i->mtu - head - sizeof(f)) & ~7u;
	if (getrandom(&f.ip6f_ident, sizeof(f.ip6f_ident), 0) < 0)
		return -errno;
	for (size_t at = 0; at < len - head; at += room) {
		size_t n = len - head - at < room ? len - head - at : room;
		uint16_t plen = htons(sizeof(f) + n);
		int rc;

		f.ip6f_offlg = htons(at) | (at + n < len - head ? IP6F_MORE_FRAG : 0);
		memcpy(piece, ip, head);
		memcpy(piece + offsetof(struct ip6_hdr, ip6_plen), &plen, 2);
		piece[offsetof(struct ip6_hdr, ip6_nxt)] = IPPROTO_FRAGMENT;
		memcpy(piece + head, &f, sizeof(f));
		memcpy(piece + head + sizeof(f), ip + head + at, n);
		rc = interface_send_ip(i, piece, head + sizeof(f) + n, next_hop);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int fragment_send(struct interface *i, const uint8_t *ip, size_t len,
		const struct ip_addr *next_hop)
{
	return ip[0] >> 4 == 6 ? fragment_send_v6(i, ip, len, next_hop) :
		fragment_send_v4(i, ip, len, next_hop);
}
