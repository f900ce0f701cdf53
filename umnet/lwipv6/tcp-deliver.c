/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp-deliver.c - from a stream's queue of received packets to the guest. */
#include "stream.h"

#define PIECES		32		/* delivered at once */

/* The guest has read n bytes: a larger window, announced when it is worth it. */
static void stream_open_window(struct stream *s, size_t n)
{
	struct tcp_pcb *pcb = s->pcb;
	uint32_t worth;

	if (!pcb)
		return;
	/* While it is wide open, the ACKs tell it. */
	worth = (s->quick || pcb->rcv_wnd < STREAM_WINDOW / 2 ? 2u : 10u) * pcb->mss;
	pcb->rcv_wnd = pcb->rcv_wnd + n > STREAM_WINDOW ? STREAM_WINDOW : pcb->rcv_wnd + n;
	s->to_open += n;
	if (worth > STREAM_WINDOW / 4)
		worth = STREAM_WINDOW / 4;
	if (s->to_open >= worth) {
		s->to_open = 0;
		pcb->flags |= TF_ACK_NOW;
	}
}

static void stream_eat(struct stream *s, size_t n)
{
	while (n) {
		struct pbuf *p = s->queue[s->head];
		size_t left = p->tot_len - s->offset;

		if (n < left) {
			s->offset += n;
			return;
		}
		n -= left;
		s->offset = 0;
		s->head = (s->head + 1) % s->room;
		s->count--;
		pbuf_free(p);
	}
}

/* The next pieces of the queue as vectors; returns how many. */
static int stream_pieces(const struct stream *s, struct iovec *iov, size_t *total)
{
	size_t skip = s->offset;
	int n = 0;

	*total = 0;
	for (unsigned k = 0; k < s->count && n < PIECES; k++) {
		for (struct pbuf *p = s->queue[(s->head + k) % s->room]; p && n < PIECES; p = p->next) {
			size_t drop = skip < p->len ? skip : p->len;

			skip -= drop;
			if (p->len == drop)
				continue;
			iov[n].iov_base = (uint8_t *)p->payload + drop;
			iov[n].iov_len = p->len - drop;
			*total += iov[n++].iov_len;
		}
	}
	return n;
}

void stream_deliver(struct stream *s)
{
	while (s->count) {
		struct iovec iov[PIECES];
		size_t total, taken;
		int n = stream_pieces(s, iov, &total);

		taken = s->discard ? total : um_sock_deliver(s->e.sock, iov, n);
		/* An empty piece at the front goes with what follows it. */
		stream_eat(s, taken);
		stream_open_window(s, taken);
		if (taken < total || !n)
			break;
	}
	if (s->fin_received && !s->count && !s->fin_told) {
		s->fin_told = true;
		um_sock_eof(s->e.sock);
	}
}
