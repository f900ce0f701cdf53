/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-order.c - segments that come before their turn wait here.
 *
 * The library has a queue for them too, but it forgets to free what it replaces, and a FIN in it is lost;
 * so it only ever sees the next segment.  Held segments are in the order of their
 * numbers, within the window, HELD_MAX and two windows' bytes at most; where they overlap, the library cuts.
 * To a peer that knows SACK they are told.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "inet.h"
#include "stream.h"

#define HELD_MAX	256
#define SACKS_SENT	3

struct held {
	struct held	*next;
	uint32_t	 seq, end;	/* the FIN counts */
	struct pbuf	*memory;	/* owned: the whole packet */
	unsigned	 header;	/* of IP */
	bool		 v6;
};

static unsigned held_streams;		/* that hold something */

static void held_free(struct stream *s, struct held **link)
{
	struct held *q = *link;

	*link = q->next;
	s->held_count--;
	s->held_bytes -= q->memory->len;
	if (!s->held)
		held_streams--;
	pbuf_free(q->memory);
	free(q);
}

void order_clear(struct stream *s)
{
	while (s->held)
		held_free(s, &s->held);
}

bool order_hold(struct stream *s, const struct inet_packet *p, struct pbuf *memory, uint32_t seq, uint32_t len)
{
	struct held **link = &s->held, *q;
	uint32_t end = seq + len;

	if ((int32_t)(end - s->pcb->rcv_nxt) > s->pcb->rcv_wnd || s->held_count >= HELD_MAX ||
	    s->held_bytes + memory->len > 2 * STREAM_WINDOW)
		return false;
	s->held_newest = seq;
	while (*link && (int32_t)((*link)->seq - seq) < 0) {
		if ((int32_t)((*link)->end - end) >= 0)
			return false;
		link = &(*link)->next;
	}
	/* Those that begin later and end no later are in this one. */
	while (*link && (int32_t)((*link)->end - end) <= 0)
		held_free(s, link);
	if (*link && (*link)->seq == seq)
		return false;
	q = malloc(sizeof(*q));
	if (!q)
		return false;
	if (!s->held)
		held_streams++;
	*q = (struct held){ .next = *link, .seq = seq, .end = end, .memory = memory,
		.header = p->header, .v6 = p->v6 };
	*link = q;
	s->held_count++;
	s->held_bytes += memory->len;
	return true;
}

struct pbuf *order_next(struct stream *s, unsigned *header, bool *v6)
{
	while (s->held && (int32_t)(s->held->end - s->pcb->rcv_nxt) <= 0)
		held_free(s, &s->held);
	if (!s->held || (int32_t)(s->held->seq - s->pcb->rcv_nxt) > 0)
		return NULL;
	*header = s->held->header;
	*v6 = s->held->v6;
	pbuf_ref(s->held->memory);
	{
		struct pbuf *memory = s->held->memory;

		held_free(s, &s->held);
		return memory;
	}
}

/* --- SACK --- */

/* The blocks that are held, the one that changed last first; returns how many. */
static int order_blocks(const struct stream *s, uint32_t blocks[SACKS_SENT][2])
{
	int n = 0;

	for (const struct held *q = s->held; q; ) {
		uint32_t start = q->seq, end = q->end;

		while ((q = q->next) && (int32_t)(q->seq - end) <= 0)
			end = (int32_t)(q->end - end) > 0 ? q->end : end;
		if (n == SACKS_SENT)
			n--;		/* the first and the last are told */
		blocks[n][0] = start;
		blocks[n++][1] = end;
		if ((int32_t)(s->held_newest - start) >= 0 && (int32_t)(s->held_newest - end) < 0 && n > 1) {
			memmove(blocks[1], blocks[0], (n - 1) * sizeof(blocks[0]));
			blocks[0][0] = start;
			blocks[0][1] = end;
		}
	}
	return n;
}

static const struct stream *order_stream(const struct ip_addr *from, const struct ip_addr *to,
		uint16_t from_port, uint16_t to_port)
{
	const struct tcp_pcb *pcb = pcb_find(from, from_port, to, to_port, false);
	const struct stream *s = pcb && pcb->state >= ESTABLISHED ? pcb->callback_arg : NULL;

	return s && s->held && s->recover.sack ? s : NULL;
}

size_t order_sack(const struct ip_addr *from, const struct ip_addr *to, const struct tcphdr *h, uint8_t *option)
{
	uint32_t blocks[SACKS_SENT][2];
	const struct stream *s = held_streams ?
		order_stream(from, to, ntohs(h->source), ntohs(h->dest)) : NULL;
	int n = s ? order_blocks(s, blocks) : 0;

	if (!n)
		return 0;
	option[0] = option[1] = TCPOPT_NOP;
	option[2] = TCPOPT_SACK;
	option[3] = 2 + 8 * n;
	for (int k = 0; k < n; k++) {
		uint32_t ends[2] = { htonl(blocks[k][0]), htonl(blocks[k][1]) };

		memcpy(option + 4 + 8 * k, ends, sizeof(ends));
	}
	return 4 + 8 * n;
}
