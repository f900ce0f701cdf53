/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp-stream.c - the life of TCP connections: callbacks and deferred work. */
#include <errno.h>
#include <stdlib.h>

#include "stream.h"
#include "util.h"

#define ACKS_SAVED	4		/* in a row */
#define BULK_ACK_MS	10
#define SMALL_SEGMENT	9000		/* larger ones are worth an ACK */
#define LIBRARY_MSS	1488		/* in its SYNs */
#define RUN_MAX		512		/* streams processed before others have a turn */

struct endpoint *streams;
struct ports stream_ports;
bool streams_waiting;

static struct stream *dirty_first, **dirty_last = &dirty_first;

void stream_dirty(struct stream *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->dirty_next = NULL;
	*dirty_last = s;
	dirty_last = &s->dirty_next;
}

/* --- what the library calls --- */

static bool stream_push(struct stream *s, struct pbuf *p)
{
	if (s->count == s->room) {
		unsigned room = s->room ? s->room * 2 : 16;
		struct pbuf **queue = calloc(room, sizeof(*queue));

		if (!queue)
			return false;
		for (unsigned k = 0; k < s->count; k++)
			queue[k] = s->queue[(s->head + k) % s->room];
		free(s->queue);
		s->queue = queue;
		s->room = room;
		s->head = 0;
	}
	s->queue[(s->head + s->count++) % s->room] = p;
	return true;
}

/*
 * The library would acknowledge every second segment.  Of those that come together, one ACK is enough, and
 * in a stream of segments one for ten: each costs three processes a system call or more.  But a
 * sender that has a small window, or has lost something, waits for ACKs: who let the clock run out gets QUICK_ACKS
 * as the library has them, and so does a young connection.
 */
static void stream_save_ack(struct stream *s, struct tcp_pcb *pcb)
{
	if (!(pcb->flags & TF_ACK_NOW)) {
		if (s->ack_due)		/* the clock was quicker, or data of ours */
			s->quick = QUICK_ACKS;
		s->ack_due = false;
		s->acks_saved = 0;
	} else if (s->acks_saved < ACKS_SAVED) {
		pcb->flags = (pcb->flags & ~TF_ACK_NOW) | TF_ACK_DELAY;
		s->acks_saved++;
		s->ack_due = true;
	} else {
		s->ack_due = false;
		s->acks_saved = 0;
	}
}

/* The ACK that was saved up is sent with the next output, or waits for more segments. */
static void stream_ack(struct stream *s)
{
	if (s->ack_due && s->pcb && !s->quick && !s->pushed && !s->fin_received && !s->held &&
	    s->pcb->mss <= SMALL_SEGMENT) {
		tcp_ack_later(BULK_ACK_MS);
		return;
	}
	if (s->ack_due && s->pcb)
		s->pcb->flags |= TF_ACK_NOW;
	if (s->ack_due && s->quick)
		s->quick--;
	s->ack_due = false;
	s->acks_saved = 0;
}

static int8_t stream_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, int8_t error)
{
	struct stream *s = arg;

	if (!s) {			/* the pcb is on its own */
		if (p)
			pbuf_free(p);
		return ERR_OK;
	}
	s->heard = um_stack_now();
	pcb->dupacks = 0;		/* data from the peer is no duplicate ACK */
	if (!p) {
		s->fin_received = true;
		stream_ack(s);
		if (s->fin_sent)
			stream_detach(s);
	} else if (!p->tot_len) {
		pbuf_free(p);
	} else if ((!s->e.sock && s->state == STREAM_OPEN) || !stream_push(s, p)) {
		pbuf_free(p);
		s->refused = true;	/* nobody will ever read it */
	} else {
		stream_save_ack(s, pcb);
	}
	stream_dirty(s);
	return ERR_OK;
}

static int8_t stream_sent(void *arg, struct tcp_pcb *pcb, uint16_t space)
{
	struct stream *s = arg;

	if (s) {
		s->heard = um_stack_now();
		s->probes = 0;
		stream_dirty(s);
	}
	return ERR_OK;
}

/* The pcb is being freed. */
static void stream_failed(void *arg, int8_t error)
{
	struct stream *s = arg;

	if (!s)
		return;
	s->pcb = NULL;
	if (!s->error)
		s->error = error == ERR_RST ?
			(s->state == STREAM_CONNECTING ? ECONNREFUSED : ECONNRESET) : ETIMEDOUT;
	stream_dirty(s);
}

int8_t stream_connected(void *arg, struct tcp_pcb *pcb, int8_t error)
{
	struct stream *s = arg;

	if (s) {
		s->established = true;
		stream_dirty(s);
	}
	pcb->flags |= TF_ACK_NOW;	/* or the peer waits for 250 ms */
	return ERR_OK;
}

void stream_attach(struct stream *s, struct tcp_pcb *pcb)
{
	s->pcb = pcb;
	tcp_arg(pcb, s);
	tcp_recv(pcb, stream_received);
	tcp_sent(pcb, stream_sent);
	tcp_err(pcb, stream_failed);
}

int8_t stream_accepted(void *arg, struct tcp_pcb *pcb, int8_t error)
{
	struct stream *listener = arg, *s;
	struct ip_addr_list *own;

	if (!listener || listener->state != STREAM_LISTENING)
		return ERR_ABRT;
	s = stream_new(NULL);
	if (!s)
		return ERR_ABRT;
	s->state = STREAM_WAITING;
	s->listener = listener;
	s->e.options = listener->e.options;
	s->local = pcb->local_ip;
	s->remote = pcb->remote_ip;
	s->local_port = pcb->local_port;
	s->remote_port = pcb->remote_port;
	own = address_find(&s->local);
	s->index = own ? own->netif->id : listener->index;
	s->reuse = listener->reuse;
	s->bound = true;
	port_take(&stream_ports, s->local_port);
	s->port_taken = true;
	s->recover.sack = tcp_sack_offered(pcb);
	s->heard = um_stack_now();
	listener->waiting++;
	stream_attach(s, pcb);
	stream_dirty(s);
	return ERR_OK;
}

/* --- ends --- */

void stream_detach(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;

	if (!pcb)
		return;
	pcb->callback_arg = NULL;
	pcb->sent = NULL;
	pcb->errf = NULL;
	s->pcb = NULL;
}

void stream_abort(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;

	stream_detach(s);
	if (!pcb)
		return;
	if (s->state == STREAM_OPEN)
		tcp_output(pcb);	/* what the peer allows goes before the reset */
	tcp_abort(pcb);
}

void stream_free(struct stream *s)
{
	if (s->dirty) {
		struct stream **at = &dirty_first;

		while (*at != s)
			at = &(*at)->dirty_next;
		*at = s->dirty_next;
		if (dirty_last == &s->dirty_next)
			dirty_last = at;
	}
	if (s->listener)
		s->listener->waiting--;
	order_clear(s);
	while (s->count) {
		pbuf_free(s->queue[s->head]);
		s->head = (s->head + 1) % s->room;
		s->count--;
	}
	free(s->queue);
	tail_clear(s);
	if (s->port_taken)
		port_give(&stream_ports, s->local_port);
	endpoint_unlink(&s->e);
	free(s);
}

/* --- deferred work --- */

/* What the library could not know when it made the pcb. */
static void stream_tune(struct stream *s)
{
	struct tcp_pcb *pcb = s->pcb;
	struct path path = { .local = false };
	unsigned mss = 536, head = address_is_v4(&s->remote) ? 40 : 60;

	if (path_find(&s->remote, address_is_link_local(&s->remote) ? s->index : 0,
			&s->local, &path) == 0) {
		mss = path.local ? STREAM_MSS_LOOP : path.interface->mtu - head;
		/* Of ourselves we hear the library's own, unless TCP_MAXSEG made it less. */
		if ((!path.local || pcb->mss < LIBRARY_MSS) && mss > pcb->mss)
			mss = pcb->mss;
	}
	/* It never cuts a segment, so one must fit in a small window. */
	if (pcb->snd_wnd && mss > pcb->snd_wnd / 2)
		mss = pcb->snd_wnd / 2;
	pcb->mss = mss < STREAM_MSS_MIN ? STREAM_MSS_MIN : mss;
	pcb->cwnd = path.local ? STREAM_WINDOW : 4 * pcb->mss;
	pcb->ssthresh = STREAM_WINDOW;
	pcb->rcv_wnd += STREAM_WINDOW - 32768;
	pcb->sv = 2;
	pcb->rto = 2;
	pcb->flags |= TF_NODELAY;
	recover_start(s);
	s->quick = QUICK_ACKS;
	stream_apply_options(s);
}

/* Our FIN, as soon as the library has room for it. */
static void stream_finish(struct stream *s)
{
	if (!s->fin_wanted || s->fin_sent || !s->pcb || s->tail_len || tcp_close(s->pcb) != ERR_OK)
		return;
	s->fin_sent = true;
	if (s->pcb && s->fin_received)
		stream_detach(s);
}

/* TCP_DEFER_ACCEPT: nobody hears of it before there is something to read. */
bool stream_deferred(const struct stream *s)
{
	return !s->count && !s->fin_received &&
	       um_stack_now() - s->heard < s->e.options.defer_accept * UINT64_C(1000);
}

/* WAITING: tell the frame.  False: the stream is gone. */
static bool stream_announce(struct stream *s)
{
	struct stream *listener = s->listener;

	if (!s->pcb && s->error) {
		stream_free(s);
		return false;
	}
	if (s->pcb && !s->established) {
		s->established = true;
		stream_tune(s);
	}
	if (stream_deferred(s))
		return true;		/* data, a FIN or the clock make it dirty again */
	if (!um_sock_backlog_free(listener->e.sock)) {
		streams_waiting = true;	/* tcp_poll_timers() tries again */
		return true;
	}
	s->e.sock = um_sock_incoming(listener->e.sock, s);
	if (!s->e.sock) {
		stream_abort(s);
		stream_free(s);
		return false;
	}
	listener->waiting--;
	s->listener = NULL;
	s->state = STREAM_OPEN;
	return true;
}

static void stream_tell_error(struct stream *s)
{
	int error = s->error;

	s->error = 0;
	if (s->state == STREAM_CONNECTING) {
		s->state = STREAM_IDLE;
		if (!s->bound && s->port_taken) {
			port_give(&stream_ports, s->local_port);
			s->port_taken = false;
			s->local_port = 0;
		}
		um_sock_connected(s->e.sock, -error);
		return;
	}
	s->state = STREAM_CLOSED;
	um_sock_error(s->e.sock, -error);
}

static void stream_process(struct stream *s)
{
	if (s->state == STREAM_WAITING && !stream_announce(s))
		return;
	if (s->state == STREAM_WAITING)
		return;
	if (s->refused && s->pcb) {
		s->error = ECONNRESET;
		stream_abort(s);
	}
	if (s->e.sock) {
		if (s->state == STREAM_CONNECTING && s->established && s->pcb) {
			stream_tune(s);
			s->state = STREAM_OPEN;
			um_sock_connected(s->e.sock, 0);
		}
		if (s->state == STREAM_OPEN)
			stream_deliver(s);
		if (s->error)
			stream_tell_error(s);
	}
	stream_ack(s);
	tail_try(s);
	stream_finish(s);
	if (s->pcb && s->state != STREAM_LISTENING) {
		tcp_output(s->pcb);
		recover_sent(s);
	}
	if (!s->e.sock) {
		if (!s->pcb)
			stream_free(s);
		return;
	}
	if (s->blocked && stream_room(s)) {
		s->blocked = false;
		um_sock_writable(s->e.sock);
	}
}

bool tcp_run(void)
{
	for (int k = 0; k < RUN_MAX && dirty_first; k++) {
		struct stream *s = dirty_first;

		dirty_first = s->dirty_next;
		if (!dirty_first)
			dirty_last = &dirty_first;
		s->dirty = false;
		stream_process(s);
	}
	return dirty_first != NULL;
}
