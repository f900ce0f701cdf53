/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-segment.c - what stands between the wire and the library's TCP.
 *
 * The library believes what a segment says of itself, so here it is checked.
 * Five of its errors are gone round:
 *  - it mistakes the ACK of data for that of the FIN behind it: closing_hide();
 *  - a FIN that comes before data that was lost takes it to TIME_WAIT at once, and the
 *    data is never delivered; and its queue of early segments leaks: segment_early();
 *  - what is lost is sent again late: tcp-recover.c;
 *  - any listener with the right port will do for it: the right one is put
 *    where it looks first;
 *  - it has no persist timer, its keepalive sends garbage, and it forgets half-closed
 *    connections after 20 s: tcp-clock.c.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "inet.h"
#include "stream.h"

#define HALF_OPEN_MAX	512		/* SYN_RCVD of one listener, or WAITING */
#define COUNT_MS	10

/* Make the library find this listener before all others. */
static void listener_first(struct tcp_pcb *pcb)
{
	struct tcp_pcb **link = &engine_stack()->tcp_listen_pcbs;

	while (*link && *link != pcb)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = pcb->next;
	pcb->next = engine_stack()->tcp_listen_pcbs;
	engine_stack()->tcp_listen_pcbs = pcb;
}

/* May there be one more?  They are counted when there may be too many: the library drops them without a word. */
static bool half_open_more(struct stream *s)
{
	uint64_t now = um_stack_now();

	if (s->half_open >= HALF_OPEN_MAX && now - s->counted >= COUNT_MS) {
		s->half_open = 0;
		s->counted = now;
		for (struct tcp_pcb *pcb = engine_stack()->tcp_active_pcbs; pcb; pcb = pcb->next)
			s->half_open += pcb->callback_arg == s;
	}
	if (s->half_open >= HALF_OPEN_MAX || s->waiting >= HALF_OPEN_MAX)
		return false;
	s->half_open++;
	return true;
}

/* A SYN for no connection.  False: drop it. */
static bool syn_admit(const struct inet_packet *p, const struct tcphdr *h, size_t data)
{
	struct stack *stack = engine_stack();
	uint16_t from = ntohs(h->source), to = ntohs(h->dest);
	struct stream *s = stream_listener(&p->destination, to,
			interface_index(p->interface), inet_hash(&p->source, from));
	struct tcp_pcb *old;

	if (!s) {
		tcp_rst(stack, 0, ntohl(h->seq) + data + 1, (struct ip_addr *)&p->destination,
				(struct ip_addr *)&p->source, to, from);
		return false;
	}
	if (!um_sock_backlog_free(s->e.sock) || !half_open_more(s))
		return false;
	old = pcb_find(&p->destination, to, &p->source, from, true);
	if (old)
		time_wait_forget(old);
	time_wait_reap();
	listener_first(s->pcb);
	return true;
}

/*
 * A segment that is not the next waits in tcp-order.c (or is dropped), and so does a FIN that does not fit in
 * the window.  The library gets its header: it may acknowledge something.  NULL: no memory.
 */
static struct pbuf *segment_early(const struct inet_packet *p, struct pbuf *memory,
		struct tcphdr *h, uint32_t len, struct tcp_pcb *pcb, struct stream *s)
{
	size_t head = p->header + h->doff * 4;
	struct pbuf *bare = pbuf_alloc(PBUF_RAW, head, PBUF_RAM);
	uint32_t seq = ntohl(h->seq);

	if (bare) {
		memcpy(bare->payload, memory->payload, head);
		h->fin = 0;
		h->seq = htonl(pcb->rcv_nxt);
		memcpy((uint8_t *)bare->payload + p->header, h, sizeof(*h));
	}
	if (!s || !order_hold(s, p, memory, seq, len))
		pbuf_free(memory);
	pcb->flags |= TF_ACK_NOW;
	if (s)
		s->quick = QUICK_ACKS;
	return bare;
}

/*
 * While our FIN is under way, the library takes any ACK of all that it has sent
 * lately for the FIN's: with data unsent, or being sent again, that is
 * wrong.  So unless the FIN is acknowledged, it gets to see a state without one.
 * Returns what closing_show() needs.
 */
static enum tcp_state closing_hide(struct tcp_pcb *pcb, uint32_t ack)
{
	enum tcp_state state = pcb->state;

	if (state != FIN_WAIT_1 && state != CLOSING && state != LAST_ACK)
		return CLOSED;
	if (ack == pcb->snd_lbb) {
		pcb->snd_nxt = pcb->snd_lbb;
		return CLOSED;
	}
	pcb->state = state == FIN_WAIT_1 ? ESTABLISHED : CLOSE_WAIT;
	return state;
}

static void closing_show(struct tcp_pcb *pcb, enum tcp_state state)
{
	if (state == FIN_WAIT_1 && pcb->state == CLOSE_WAIT)
		pcb->state = CLOSING;
	else if (state != CLOSED)
		pcb->state = state;
}

/* The next segment of a connection, or one that is none's.  True: pcb lives. */
static bool segment_give(struct pbuf *memory, struct ip_addr_list *own, struct pseudo_iphdr *head,
		struct tcp_pcb *pcb, const struct tcphdr *h)
{
	enum tcp_state state = CLOSED;
	struct lone lone;

	if (pcb) {
		pcb->dupacks = 0;	/* tcp-recover.c counts them */
		if (h->ack)
			state = closing_hide(pcb, ntohl(h->ack_seq));
	}
	pcb_alone(&lone, pcb);
	engine_checksum_known(true);
	tcp_input(memory, own, head, NULL);
	engine_checksum_known(false);
	/* If it does not live, it must not be touched. */
	if (!pcb_back(&lone) || !pcb)
		return false;
	closing_show(pcb, state);
	if (!pcb->unsent && pcb->state >= ESTABLISHED)
		pcb->snd_nxt = pcb->snd_lbb;
	return true;
}

/* One that is no connection's.  Returns the connection that it began, or NULL. */
static struct tcp_pcb *segment_first(struct pbuf *memory, struct ip_addr_list *own,
		struct pseudo_iphdr *head, const struct tcphdr *h)
{
	struct stack *stack = engine_stack();
	struct tcp_pcb *before = stack->tcp_active_pcbs, *pcb;

	segment_give(memory, own, head, NULL, h);
	pcb = stack->tcp_active_pcbs;
	if (!pcb || pcb == before)
		return NULL;
	if (!pcb_remember(pcb)) {
		pcb->callback_arg = NULL;
		tcp_abort(pcb);
		return NULL;
	}
	return pcb;
}

/* The library freed pcb, or left it in TIME_WAIT, and its stream was not told. */
static void segment_ended(struct tcp_pcb *pcb, struct stream *s)
{
	struct tcp_pcb *old = engine_stack()->tcp_tw_pcbs;

	if (!s || s->pcb != pcb)
		return;
	while (old && old != pcb)
		old = old->next;
	if (old)
		stream_detach(s);
	s->pcb = NULL;
	s->fin_received = true;
	stream_dirty(s);
}

/* Held segments whose turn has come.  What they say of acknowledgements is old. */
static void segment_give_held(struct ip_addr_list *own, struct pseudo_iphdr *head,
		struct tcp_pcb *pcb, struct stream *s)
{
	struct pbuf *memory;
	unsigned header;
	struct tcphdr h;
	bool v6;

	while (s->pcb == pcb && (memory = order_next(s, &header, &v6))) {
		uint8_t *segment = (uint8_t *)memory->payload + header;

		memcpy(&h, segment, sizeof(h));
		h.ack_seq = htonl(pcb->lastack);
		h.window = htons(pcb->snd_wnd);
		memcpy(segment, &h, sizeof(h));
		head->version = v6 ? 6 : 4;
		head->iphdrlen = header;
		if (!segment_give(memory, own, head, pcb, &h)) {
			segment_ended(pcb, s);
			return;
		}
	}
}

/* An old FIN, sent again, that the library would take for a new one. */
static bool fin_is_old(const struct tcphdr *h, size_t data, const struct tcp_pcb *pcb)
{
	return h->fin && (int32_t)(ntohl(h->seq) + data - pcb->rcv_nxt) < 0;
}

/* To an open connection. */
static void segment_connected(const struct inet_packet *p, struct pbuf *memory,
		struct pseudo_iphdr *head, struct tcphdr *h, struct tcp_pcb *pcb)
{
	struct stream *s = pcb->state >= ESTABLISHED ? pcb->callback_arg : NULL;
	size_t options_len = h->doff * 4 - sizeof(*h), data = inet_payload_len(p) - h->doff * 4;
	struct recover_before before = { pcb->lastack, pcb->snd_wnd, pcb->cwnd };
	struct ip_addr_list *own = p->own;
	uint32_t seq = ntohl(h->seq);
	uint8_t options[40];

	memcpy(options, inet_payload(p) + sizeof(*h), options_len);
	if (fin_is_old(h, data, pcb)) {
		h->fin = 0;
		memcpy((uint8_t *)memory->payload + p->header, h, sizeof(*h));
		pcb->flags |= TF_ACK_NOW;
	}
	if (!h->rst && data + h->fin && pcb->state >= SYN_RCVD &&
	    ((int32_t)(seq - pcb->rcv_nxt) > 0 ||
	     (h->fin && (int32_t)(seq + data + 1 - pcb->rcv_nxt) > pcb->rcv_wnd)))
		memory = segment_early(p, memory, h, data + h->fin, pcb, s);
	if (!memory)
		return;
	if (s && data)
		s->pushed = h->psh;
	if (!segment_give(memory, own, head, pcb, h)) {
		segment_ended(pcb, s);
		return;
	}
	if (!s || s->pcb != pcb)
		return;
	s->alive = um_stack_now();
	if (h->ack)
		recover_acked(s, h, options, options_len, !data && !h->fin, &before);
	if (s->pcb == pcb && s->held)
		segment_give_held(own, head, pcb, s);
	if (s->pcb == pcb)
		recover_sent(s);
}

void tcp_receive_segment(const struct inet_packet *p, struct pbuf *memory)
{
	struct stack *stack = engine_stack();
	struct ip_addr source = p->source, destination = p->destination;
	struct pseudo_iphdr head = {
		.version = p->v6 ? 6 : 4, .iphdrlen = p->header, .proto = IPPROTO_TCP,
		.src = &source, .dest = &destination,
	};
	size_t len = inet_payload_len(p);
	struct tcp_pcb *pcb;
	struct tcphdr h;

	if (len < sizeof(h))
		goto drop;
	memcpy(&h, inet_payload(p), sizeof(h));
	if (h.doff * 4u < sizeof(h) || h.doff * 4u > len ||
	    !options_valid(inet_payload(p) + sizeof(h), h.doff * 4 - sizeof(h), h.syn))
		goto drop;
	if (inet_checksum_pseudo(&source, &destination, IPPROTO_TCP, inet_payload(p), len))
		goto drop;
	pcb = pcb_find(&destination, ntohs(h.dest), &source, ntohs(h.source), false);
	if (!pcb && h.syn && !h.ack && !h.rst && !syn_admit(p, &h, len - h.doff * 4))
		goto drop;
	if (!pcb && !h.syn && !h.rst && !pcb_find(&destination, ntohs(h.dest), &source,
				ntohs(h.source), true)) {
		/* For no connection; a listener is no better answer than a reset. */
		tcp_rst(stack, h.ack ? ntohl(h.ack_seq) : 0,
				ntohl(h.seq) + len - h.doff * 4 + h.fin,
				&destination, &source, ntohs(h.dest), ntohs(h.source));
		goto drop;
	}
	if (pcb && pcb->state >= ESTABLISHED && h.syn) {
		pcb->flags |= TF_ACK_NOW;
		tcp_output(pcb);
		goto drop;
	}
	options_begin(pcb, &h, inet_payload(p) + sizeof(h));
	if (pcb) {
		segment_connected(p, memory, &head, &h, pcb);
		pcb = pcb_find(&destination, ntohs(h.dest), &source, ntohs(h.source), false);
	} else {
		pcb = segment_first(memory, p->own, &head, &h);
	}
	options_end(pcb, &h);
	if (pcb && pcb->flags & TF_ACK_DELAY)
		tcp_ack_later(DELAYED_ACK_MS);
	return;
drop:
	pbuf_free(memory);
}

void tcp_unreachable(const struct ip_addr *from, uint16_t from_port,
		const struct ip_addr *to, uint16_t to_port, int error)
{
	struct tcp_pcb *pcb = pcb_find(from, from_port, to, to_port, false);
	struct stream *s = pcb && pcb->state == SYN_SENT ? pcb->callback_arg : NULL;

	/* A connection that works is not given up for an ICMP message. */
	if (!s || s->state != STREAM_CONNECTING || s->established)
		return;
	stream_abort(s);
	s->error = error;
	stream_dirty(s);
}
