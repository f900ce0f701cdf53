/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-segment.c - what stands between the wire and the library's TCP, and its
 * clocks.
 *
 * The library believes what a segment says of itself, so here it is checked.
 * Four of its errors are gone round:
 *  - it mistakes the ACK of data for that of the FIN behind it: closing_hide();
 *  - a FIN that comes before data that was lost takes it to TIME_WAIT at once, and the
 *    data is never delivered: such a FIN is taken off (it will come again);
 *  - any listener with the right port will do for it: the right one is put
 *    where it looks first;
 *  - it has no persist timer, its keepalive sends garbage, and it forgets half-closed
 *    connections after 20 s: stream_tick().
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "inet.h"
#include "stream.h"

#define TICK_MS		250		/* what tcp_tmr() expects */
#define DELAYED_ACK_MS	40
#define WAITING_MS	20		/* retry what the backlog had no room for */
#define ORPHAN_MS	120000
#define PROBE_MAX_MS	60000
#define HALF_OPEN_MAX	512		/* SYN_RCVD of one listener */
#define TIME_WAIT_MAX	64
#define TIME_WAIT_TICKS	20		/* of 500 ms, if there are not too many */

void tcp_fasttmr(struct stack *stack);

static uint64_t next_tick, next_ack;	/* 0: not running */

/* Are the options whole, and is what they say sane? */
static bool options_valid(const uint8_t *o, size_t len, bool syn)
{
	for (size_t at = 0; at < len; ) {
		if (o[at] == TCPOPT_EOL)
			return true;
		if (o[at] == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > len || o[at + 1] < 2 || at + o[at + 1] > len)
			return false;
		if (o[at] == TCPOPT_MAXSEG && syn &&
		    (o[at + 1] != 4 || (o[at + 2] << 8 | o[at + 3]) < STREAM_MSS_MIN))
			return false;
		at += o[at + 1];
	}
	return true;
}

static struct tcp_pcb *pcb_find(struct tcp_pcb *pcb, const struct inet_packet *p,
		uint16_t from, uint16_t to)
{
	while (pcb && (pcb->local_port != to || pcb->remote_port != from ||
			!address_equal(&pcb->remote_ip, &p->source) ||
			!address_equal(&pcb->local_ip, &p->destination)))
		pcb = pcb->next;
	return pcb;
}

/* A pcb in TIME_WAIT: the library is done with it. */
static void time_wait_free(struct tcp_pcb **link)
{
	struct tcp_pcb *pcb = *link;

	*link = pcb->next;
	memp_free(MEMP_TCP_PCB, pcb);
}

static void time_wait_forget(struct tcp_pcb *pcb)
{
	struct tcp_pcb **link = &engine_stack()->tcp_tw_pcbs;

	while (*link != pcb)
		link = &(*link)->next;
	time_wait_free(link);
}

static void time_wait_reap(void)
{
	struct stack *stack = engine_stack();
	struct tcp_pcb **link = &stack->tcp_tw_pcbs;

	/* The newest come first. */
	for (unsigned k = 0; *link; k++) {
		if (k >= TIME_WAIT_MAX || stack->tcp_ticks - (*link)->tmr > TIME_WAIT_TICKS)
			time_wait_free(link);
		else
			link = &(*link)->next;
	}
}

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

/* A SYN for no connection.  False: drop it. */
static bool syn_admit(const struct inet_packet *p, const struct tcphdr *h, size_t data)
{
	struct stack *stack = engine_stack();
	uint16_t from = ntohs(h->source), to = ntohs(h->dest);
	struct stream *s = stream_listener(&p->destination, to,
			interface_index(p->interface));
	struct tcp_pcb *old;
	unsigned half_open = 0;

	if (!s) {
		tcp_rst(stack, 0, ntohl(h->seq) + data + 1, (struct ip_addr *)&p->destination,
				(struct ip_addr *)&p->source, to, from);
		return false;
	}
	for (struct tcp_pcb *pcb = stack->tcp_active_pcbs; pcb; pcb = pcb->next)
		half_open += pcb->callback_arg == s;
	if (!um_sock_backlog_free(s->e.sock) || half_open >= HALF_OPEN_MAX)
		return false;
	old = pcb_find(stack->tcp_tw_pcbs, p, from, to);
	if (old)
		time_wait_forget(old);
	time_wait_reap();
	listener_first(s->pcb);
	return true;
}

/* Take the FIN off a segment that is not the next, or does not fit. */
static void fin_postpone(const struct inet_packet *p, struct pbuf *memory, struct tcphdr *h,
		size_t data, struct tcp_pcb *pcb)
{
	uint32_t seq = ntohl(h->seq);
	int32_t late = pcb->rcv_nxt - seq;
	uint8_t *segment = (uint8_t *)memory->payload + p->header;

	if (late >= 0 && !pcb->ooseq && (int32_t)(seq + data + 1 - pcb->rcv_nxt) <= pcb->rcv_wnd)
		return;
	h->fin = 0;
	h->check = 0;
	memcpy(segment, h, sizeof(*h));
	h->check = inet_checksum_pseudo(&p->source, &p->destination, IPPROTO_TCP,
			segment, inet_payload_len(p));
	memcpy(segment, h, sizeof(*h));
	pcb->flags |= TF_ACK_NOW;
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

void tcp_receive_segment(const struct inet_packet *p, struct pbuf *memory)
{
	struct stack *stack = engine_stack();
	struct ip_addr source = p->source, destination = p->destination;
	struct pseudo_iphdr head = {
		.version = p->v6 ? 6 : 4, .iphdrlen = p->header, .proto = IPPROTO_TCP,
		.src = &source, .dest = &destination,
	};
	size_t len = inet_payload_len(p);
	enum tcp_state state = CLOSED;
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
	pcb = pcb_find(stack->tcp_active_pcbs, p, ntohs(h.source), ntohs(h.dest));
	if (!pcb && h.syn && !h.ack && !h.rst && !syn_admit(p, &h, len - h.doff * 4))
		goto drop;
	if (!pcb && !h.syn && !h.rst && !pcb_find(stack->tcp_tw_pcbs, p, ntohs(h.source),
				ntohs(h.dest))) {
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
	if (pcb && h.fin && pcb->state >= ESTABLISHED)
		fin_postpone(p, memory, &h, len - h.doff * 4, pcb);
	if (pcb && h.ack)
		state = closing_hide(pcb, ntohl(h.ack_seq));
	engine_checksum_known(true);
	tcp_input(memory, p->own, &head, NULL);
	engine_checksum_known(false);
	/* If it lives, it is now the first; else it must not be touched. */
	if (pcb && pcb == stack->tcp_active_pcbs) {
		closing_show(pcb, state);
		if (!pcb->unsent && pcb->state >= ESTABLISHED)
			pcb->snd_nxt = pcb->snd_lbb;
	}
	pcb = stack->tcp_active_pcbs;
	if (pcb && pcb->flags & TF_ACK_DELAY && !next_ack)
		next_ack = um_stack_now() + DELAYED_ACK_MS;
	return;
drop:
	pbuf_free(memory);
}

void tcp_clamp_mss(uint8_t *ip, size_t len, uint32_t mtu)
{
	bool v6 = ip[0] >> 4 == 6;
	size_t head = v6 ? 40 : 20;
	unsigned most = mtu - head - 20;
	struct ip_addr source, destination;
	uint8_t *tcp = ip + head;
	uint16_t checksum;

	if (len < head + 24 || !(tcp[13] & 2) || tcp[12] >> 4 != 6 ||
	    tcp[20] != TCPOPT_MAXSEG || (tcp[22] << 8 | tcp[23]) <= (int)most)
		return;
	tcp[22] = most >> 8;
	tcp[23] = most;
	if (v6) {
		memcpy(&source, ip + 8, 16);
		memcpy(&destination, ip + 24, 16);
	} else {
		source = destination = address_any4;
		memcpy(&source.addr[3], ip + 12, 4);
		memcpy(&destination.addr[3], ip + 16, 4);
	}
	memset(tcp + 16, 0, 2);
	checksum = inet_checksum_pseudo(&source, &destination, IPPROTO_TCP, tcp, len - head);
	memcpy(tcp + 16, &checksum, 2);
}

void tcp_unreachable(const struct ip_addr *from, uint16_t from_port,
		const struct ip_addr *to, uint16_t to_port, int error)
{
	for (struct endpoint *e = streams; e; e = e->next) {
		struct stream *s = (struct stream *)e;

		/* A connection that works is not given up for an ICMP message. */
		if (s->state == STREAM_CONNECTING && s->pcb && !s->established &&
		    s->local_port == from_port && s->remote_port == to_port &&
		    address_equal(&s->local, from) && address_equal(&s->remote, to)) {
			stream_abort(s);
			s->error = error;
			stream_dirty(s);
		}
	}
}

/* --- clocks --- */

/* An ACK out of the window makes the peer say where it stands. */
static void stream_probe(struct stream *s)
{
	s->probes++;
	s->pcb->snd_nxt--;
	s->pcb->flags |= TF_ACK_NOW;
	tcp_output(s->pcb);
	s->pcb->snd_nxt++;
}

static void stream_tick(struct stream *s, uint64_t now)
{
	struct tcp_pcb *pcb = s->pcb;
	struct sockopt *o = &s->e.options;

	if (!pcb || pcb->state < ESTABLISHED)
		return;
	if (s->e.sock && s->fin_sent && !s->fin_received)
		pcb->tmr = engine_stack()->tcp_ticks;
	if (pcb->nrtx > 12)
		pcb->nrtx = 12;
	if (!s->e.sock && now - s->heard > ORPHAN_MS) {
		s->refused = true;
		stream_dirty(s);
	} else if (pcb->unsent && !pcb->unacked) {	/* the window is closed */
		if (!s->probes)
			s->probe_at = now + 500;
		else if (pcb->snd_wnd && pcb->unsent->len > pcb->snd_wnd) {
			/* or too small for a segment, which is never cut */
			pcb->snd_wnd = pcb->unsent->len;
			tcp_output(pcb);
		}
		if (now < s->probe_at && s->probes)
			return;
		stream_probe(s);
		s->probe_at = now + (s->probes > 7 ? PROBE_MAX_MS : 500u << s->probes);
	} else if (o->keepalive && pcb->state != FIN_WAIT_2 && !pcb->unacked) {
		if (now - s->heard < o->keep_idle * UINT64_C(1000)) {
			s->probes = 0;
			s->probe_at = 0;
		} else if (now >= s->probe_at && s->probes >= (unsigned)o->keep_count) {
			s->error = ETIMEDOUT;
			stream_abort(s);
			stream_dirty(s);
		} else if (now >= s->probe_at) {
			stream_probe(s);
			s->probe_at = now + o->keep_interval * UINT64_C(1000);
		}
	}
}

static int until(uint64_t now, uint64_t then)
{
	return then > now ? (int)(then - now) : 0;
}

int tcp_poll_timers(uint64_t now)
{
	struct stack *stack = engine_stack();
	bool waiting = false;
	int wait = -1;

	if (next_ack && now >= next_ack) {
		next_ack = 0;
		tcp_fasttmr(stack);
	}
	if (!stack->tcp_active_pcbs && !stack->tcp_tw_pcbs) {
		next_tick = next_ack = 0;
		return -1;
	}
	if (!next_tick)
		next_tick = now + TICK_MS;
	if (now >= next_tick) {
		next_tick = now + TICK_MS;
		tcp_tmr(stack);
		time_wait_reap();
		for (struct endpoint *e = streams; e; e = e->next)
			stream_tick((struct stream *)e, now);
	}
	for (struct endpoint *e = streams_waiting ? streams : NULL; e; e = e->next) {
		if (((struct stream *)e)->state != STREAM_WAITING)
			continue;
		stream_dirty((struct stream *)e);
		waiting = true;
	}
	streams_waiting = waiting;
	wait = until(now, next_tick);
	if (next_ack && until(now, next_ack) < wait)
		wait = until(now, next_ack);
	return waiting && wait > WAITING_MS ? WAITING_MS : wait;
}
