/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-clock.c - TCP's clocks: the library's, and what it has none for: closed windows, half-closed
 * connections, keepalive, TIME_WAIT, SYNs.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "stream.h"

#define TICK_MS		250		/* what tcp_tmr() expects */
#define WAITING_MS	20		/* retry what the backlog had no room for */
#define ORPHAN_MS	120000
#define PROBE_MAX_MS	60000
#define TIME_WAIT_MAX	64
#define TIME_WAIT_TICKS	20		/* of 500 ms, if there are not too many */

void tcp_fasttmr(struct stack *stack);

static uint64_t next_tick, next_ack;	/* 0: not running */

void tcp_ack_later(unsigned ms)
{
	if (!next_ack || next_ack > um_stack_now() + ms)
		next_ack = um_stack_now() + ms;
}

/* A pcb in TIME_WAIT: the library is done with it. */
static void time_wait_free(struct tcp_pcb **link)
{
	struct tcp_pcb *pcb = *link;

	*link = pcb->next;
	memp_free(MEMP_TCP_PCB, pcb);
}

void time_wait_forget(struct tcp_pcb *pcb)
{
	struct tcp_pcb **link = &engine_stack()->tcp_tw_pcbs;

	while (*link != pcb)
		link = &(*link)->next;
	time_wait_free(link);
}

void time_wait_reap(void)
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

/* An ACK out of the window makes the peer say where it stands. */
static void stream_probe(struct stream *s)
{
	s->probes++;
	s->pcb->snd_nxt--;
	s->pcb->flags |= TF_ACK_NOW;
	tcp_output(s->pcb);
	s->pcb->snd_nxt++;
}

bool stream_impatient(const struct stream *s, uint64_t since)
{
	unsigned patience = s->e.options.user_timeout;

	return patience && since && um_stack_now() - since >= patience;
}

static void stream_give_up(struct stream *s)
{
	s->error = ETIMEDOUT;
	stream_abort(s);
	stream_dirty(s);
}

/* A SYN is sent again after 1, 2, 4 ... s; the library would give up after 12 s. */
static void stream_tick_syn(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;

	if (stream_impatient(s, s->heard)) {
		stream_give_up(s);
		return;
	}
	if (!pcb->nrtx)
		return;
	pcb->nrtx = 0;
	s->syns++;
	pcb->rto = 2u << s->syns;
	if (s->syns <= (unsigned)sockopt_value(&s->e.options, IPPROTO_TCP, TCP_SYNCNT) && s->syns < 8)
		return;
	stream_give_up(s);
}

/* The window is closed, or too small for a segment, which is never cut. */
static void stream_tick_stalled(struct stream *s, uint64_t now)
{
	struct tcp_pcb *pcb = s->pcb;

	if (!s->stalled)
		s->stalled = now;
	if (stream_impatient(s, s->stalled)) {
		stream_give_up(s);
		return;
	}
	if (!s->probes) {
		s->probe_at = now + 500;
	} else if (pcb->snd_wnd && pcb->unsent->len > pcb->snd_wnd) {
		pcb->snd_wnd = pcb->unsent->len;
		tcp_output(pcb);
	}
	if (now < s->probe_at && s->probes)
		return;
	stream_probe(s);
	s->probe_at = now + (s->probes > 7 ? PROBE_MAX_MS : 500u << s->probes);
}

static void stream_tick_idle(struct stream *s, uint64_t now)
{
	struct sockopt *o = &s->e.options;
	uint64_t last = s->alive > s->heard ? s->alive : s->heard;

	if (now - last < o->keep_idle * UINT64_C(1000)) {
		s->probes = 0;
		s->probe_at = 0;
	} else if (now < s->probe_at) {
		return;
	} else if (s->probes && (o->user_timeout ? stream_impatient(s, last) :
				s->probes >= (unsigned)o->keep_count)) {
		stream_give_up(s);
	} else {
		stream_probe(s);
		s->probe_at = now + o->keep_interval * UINT64_C(1000);
	}
}

/* TCP_LINGER2: an orphan does not wait for the peer's FIN any longer, and says nothing. */
static void stream_forget(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;

	stream_detach(s);
	tcp_pcb_remove(&engine_stack()->tcp_active_pcbs, pcb);
	memp_free(MEMP_TCP_PCB, pcb);
	stream_dirty(s);
}

static void stream_tick(struct stream *s, uint64_t now)
{
	struct tcp_pcb *pcb = s->pcb;

	if (s->state == STREAM_WAITING && s->e.options.defer_accept && !stream_deferred(s))
		stream_dirty(s);
	if (pcb && pcb->state == SYN_SENT)
		stream_tick_syn(s);
	if (!pcb || !s->pcb || pcb->state < ESTABLISHED)
		return;
	/* Its retransmissions never come: tcp-recover.c is quicker. */
	pcb->rtime = 0;
	pcb->rto = 4;
	if (s->e.sock && s->fin_sent && !s->fin_received)
		pcb->tmr = engine_stack()->tcp_ticks;
	if (!pcb->unsent || pcb->unacked)
		s->stalled = 0;
	if (s->tail_len)
		stream_dirty(s);
	if (!s->e.sock && now - s->heard > ORPHAN_MS) {
		s->refused = true;
		stream_dirty(s);
	} else if (!s->e.sock && pcb->state == FIN_WAIT_2 && (s->e.options.linger2 < 0 ||
			now - s->heard > s->e.options.linger2 * UINT64_C(1000))) {
		stream_forget(s);
	} else if (pcb->unsent && !pcb->unacked) {
		stream_tick_stalled(s, now);
	} else if (s->e.options.keepalive && pcb->state != FIN_WAIT_2 && !pcb->unacked) {
		stream_tick_idle(s, now);
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
	int wait, resend;

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
	resend = recover_poll(now);
	if (resend >= 0 && resend < wait)
		wait = resend;
	return waiting && wait > WAITING_MS ? WAITING_MS : wait;
}
