/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-recover.c - what was lost is sent again.
 *
 * The library's own way waits a second at least, whatever the wire, and knows one lost segment in
 * a window.  Here: a clock of milliseconds (RFC 6298, from 200 ms on), NewReno (RFC 6582) and, with a peer
 * that has it, SACK (RFC 6675, simplified).  The library is not let notice: its dupacks and rtime are kept at 0.
 *
 *   OPEN --three duplicate ACKs, or as much SACKed--> FAST     one hole resent for each ACK
 *     ^  \--no ACK for the time-out----------------> TIMEOUT  slow start from the first hole
 *     `--everything acknowledged that was sent before--'
 *
 * A segment is the library's, in pcb->unacked, and stays there: a copy is sent.  What is known of it
 * is kept in its header's urgent pointer, which nobody uses.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "inet.h"
#include "stream.h"

#define RTO_MIN		200		/* ms, as Linux */
#define RTO_FIRST	1000
#define RTO_MAX		120000
#define BACKOFF_MAX	12		/* then the peer is given up: 6 minutes */
#define MARK_SACKED	1
#define MARK_RESENT	2
#define SACKS_MAX	4		/* blocks that fit in a header */

static uint64_t next_rto;		/* not before this a time-out is due; 0: none is */

/* --- segments of the library's --- */

static uint32_t segment_seq(const struct tcp_seg *seg)
{
	struct tcphdr h;

	memcpy(&h, seg->tcphdr, sizeof(h));
	return ntohl(h.seq);
}

static uint16_t *segment_mark(const struct tcp_seg *seg)
{
	return (uint16_t *)((uint8_t *)seg->tcphdr + offsetof(struct tcphdr, urg_ptr));
}

static void segments_unmark(const struct tcp_pcb *pcb, uint16_t marks)
{
	for (const struct tcp_seg *seg = pcb->unacked; seg; seg = seg->next)
		*segment_mark(seg) &= ~marks;
}

/* The TCP segment as it is in memory, header and data; 0: it is not as it should be. */
static size_t segment_copy(const struct tcp_seg *seg, uint8_t *to, size_t size)
{
	const uint8_t *from = seg->tcphdr;
	size_t len = 0, want = sizeof(struct tcphdr) + seg->len;

	if (want > size)
		return 0;
	for (const struct pbuf *p = seg->p; p && len < want; p = p->next) {
		const uint8_t *end = (const uint8_t *)p->payload + p->len;
		size_t n;

		if (p != seg->p)
			from = p->payload;
		if (end < from)
			return 0;
		n = end - from < (ptrdiff_t)(want - len) ? end - from : (ptrdiff_t)(want - len);
		memcpy(to + len, from, n);
		len += n;
	}
	return len == want ? len : 0;
}

static void segment_resend(struct stream *s, struct tcp_seg *seg)
{
	static uint8_t segment[UINT16_MAX];
	struct tcp_pcb *pcb = s->pcb;
	struct inet_header header = { .protocol = IPPROTO_TCP, .ttl = pcb->ttl, .tos = pcb->tos };
	size_t len = segment_copy(seg, segment, sizeof(segment));
	struct path path;
	struct tcphdr h;

	*segment_mark(seg) |= MARK_RESENT;
	s->recover.timing = false;	/* Karn: of what is sent twice nothing is learned */
	if (!len || path_find(&s->remote, address_is_link_local(&s->remote) ? s->index : 0,
				&s->local, &path) < 0)
		return;
	memcpy(&h, segment, sizeof(h));
	h.ack = 1;
	h.ack_seq = htonl(pcb->rcv_nxt);
	h.window = htons(pcb->rcv_wnd < pcb->mss ? 0 : pcb->rcv_wnd);
	h.urg_ptr = 0;
	h.check = 0;
	memcpy(segment, &h, sizeof(h));
	h.check = inet_checksum_pseudo(&s->local, &s->remote, IPPROTO_TCP, segment, len);
	memcpy(segment, &h, sizeof(h));
	inet_send(&path, &s->remote, &header, segment, len);
	s->recover.resent++;
}

/* --- the clock --- */

static void recover_arm(struct stream *s)
{
	struct recover *r = &s->recover;
	uint64_t wait = (uint64_t)r->rto << r->backoff, now = um_stack_now();
	int patience = s->e.options.user_timeout;

	r->at = 0;
	if (!s->pcb || !s->pcb->unacked) {
		r->stuck = 0;
		return;
	}
	if (!r->stuck)
		r->stuck = now;
	r->at = now + (wait > RTO_MAX ? RTO_MAX : wait);
	if (patience && r->at > r->stuck + patience)
		r->at = r->stuck + patience;
	if (!next_rto || r->at < next_rto)
		next_rto = r->at;
}

static void recover_measure(struct recover *r, unsigned rtt)
{
	if (!r->rttvar && !r->srtt) {
		r->srtt = rtt * 8;
		r->rttvar = rtt * 2;
	} else {
		int error = rtt - r->srtt / 8;

		r->srtt += error;
		r->rttvar += (error < 0 ? -error : error) - r->rttvar / 4;
	}
	r->rto = r->srtt / 8 + (r->rttvar > RTO_MIN ? r->rttvar : RTO_MIN);
	if (r->rto > RTO_MAX)
		r->rto = RTO_MAX;
}

void recover_start(struct stream *s)
{
	s->recover = (struct recover){ .rto = RTO_FIRST, .sack = s->recover.sack };
}

void recover_sent(struct stream *s)
{
	struct recover *r = &s->recover;
	struct tcp_pcb *pcb = s->pcb;

	if (!pcb || pcb->state < ESTABLISHED)
		return;
	if (!r->at)
		recover_arm(s);
	if (!r->timing && pcb->unacked && r->state == RECOVER_OPEN && pcb->snd_nxt != r->timed_seq) {
		r->timing = true;
		r->timed_seq = pcb->snd_nxt;
		r->timed_at = um_stack_now();
	}
}

/* --- what the peer says --- */

/* Marks what is in the SACK blocks; returns how many bytes are marked in all. */
static size_t recover_sacked(struct stream *s, const uint8_t *o, size_t len)
{
	struct tcp_pcb *pcb = s->pcb;
	size_t total = 0;

	for (size_t at = 0; at + 2 <= len && o[at] != TCPOPT_EOL; at += o[at] == TCPOPT_NOP ? 1 : o[at + 1]) {
		if (o[at] != TCPOPT_SACK || !s->recover.sack)
			continue;
		for (unsigned k = 2; k + 8 <= o[at + 1] && k < 2 + 8 * SACKS_MAX; k += 8) {
			uint32_t block[2];

			memcpy(block, o + at + k, sizeof(block));
			for (struct tcp_seg *seg = pcb->unacked; seg; seg = seg->next) {
				uint32_t seq = segment_seq(seg);

				if ((int32_t)(seq - ntohl(block[0])) >= 0 &&
				    (int32_t)(seq + seg->len - ntohl(block[1])) <= 0 && seg->len)
					*segment_mark(seg) |= MARK_SACKED;
			}
		}
	}
	for (struct tcp_seg *seg = pcb->unacked; seg; seg = seg->next)
		total += *segment_mark(seg) & MARK_SACKED ? seg->len : 0;
	return total;
}

/* Resend up to n holes.  After a time-out all is one that was not SACKed; else what is below a
   SACKed segment, and the first. */
static void recover_resend(struct stream *s, unsigned n)
{
	struct tcp_pcb *pcb = s->pcb;
	struct tcp_seg *last = NULL;

	for (struct tcp_seg *seg = pcb->unacked; seg; seg = seg->next)
		if (*segment_mark(seg) & MARK_SACKED)
			last = seg;
	for (struct tcp_seg *seg = pcb->unacked; seg && n; seg = seg->next) {
		uint32_t end = segment_seq(seg) + seg->len;

		if ((int32_t)(end - s->recover.until) > 0 ||
		    (s->recover.state == RECOVER_TIMEOUT && seg != pcb->unacked &&
		     end - pcb->lastack > pcb->cwnd))
			return;
		if (!*segment_mark(seg) && (seg == pcb->unacked || last || s->recover.state == RECOVER_TIMEOUT)) {
			segment_resend(s, seg);
			n--;
		}
		if (seg == last)
			last = NULL;
	}
}

static uint16_t recover_half(const struct tcp_pcb *pcb)
{
	uint32_t flight = pcb->snd_max - pcb->lastack;

	if (flight > UINT16_MAX)
		flight = UINT16_MAX;
	return flight / 2 > 2u * pcb->mss ? flight / 2 : 2 * pcb->mss;
}

static uint16_t window_sum(uint32_t a, uint32_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : a + b;
}

/* An ACK of something new; cwnd is what it was before the library saw it. */
static void recover_progress(struct stream *s, uint32_t acked, uint16_t cwnd)
{
	struct recover *r = &s->recover;
	struct tcp_pcb *pcb = s->pcb;

	if (r->timing && (int32_t)(pcb->lastack - r->timed_seq) >= 0) {
		recover_measure(r, um_stack_now() - r->timed_at);
		r->timing = false;
	}
	r->backoff = r->dupacks = 0;
	r->stuck = 0;
	if (r->state != RECOVER_OPEN && (int32_t)(pcb->lastack - r->until) >= 0) {
		cwnd = r->state == RECOVER_FAST ? pcb->ssthresh : cwnd;
		r->state = RECOVER_OPEN;
		segments_unmark(pcb, MARK_RESENT);
	}
	if (r->state == RECOVER_FAST)
		pcb->cwnd = cwnd;
	else if (cwnd < pcb->ssthresh)
		pcb->cwnd = window_sum(cwnd, acked < 2u * pcb->mss ? acked : 2u * pcb->mss);
	else
		pcb->cwnd = window_sum(cwnd, (uint32_t)pcb->mss * acked / cwnd ? : 1);
	if (r->state == RECOVER_FAST) {
		/* What is now the first is lost too, unless it is under way. */
		recover_resend(s, r->sack ? 2 : 1);
	} else if (r->state == RECOVER_TIMEOUT) {
		recover_resend(s, 1 + pcb->cwnd / pcb->mss);
	}
	recover_arm(s);
}

void recover_acked(struct stream *s, const struct tcphdr *h, const uint8_t *options,
		size_t options_len, bool bare, const struct recover_before *before)
{
	struct recover *r = &s->recover;
	struct tcp_pcb *pcb = s->pcb;
	size_t sacked = recover_sacked(s, options, options_len);
	bool same = before->window == pcb->snd_wnd;

	if (pcb->lastack != before->ack) {
		recover_progress(s, pcb->lastack - before->ack, before->cwnd);
		return;
	}
	pcb->cwnd = before->cwnd;
	if (ntohl(h->ack_seq) != pcb->lastack || !pcb->unacked || !bare || (!same && !sacked))
		return;
	r->dupacks++;
	if (r->state == RECOVER_OPEN && (r->dupacks >= 3 || sacked > 3u * pcb->mss)) {
		pcb->ssthresh = recover_half(pcb);
		pcb->cwnd = window_sum(pcb->ssthresh, 3 * pcb->mss);
		r->state = RECOVER_FAST;
		r->until = pcb->snd_max;
		recover_resend(s, 1);
		recover_arm(s);
	} else if (r->state == RECOVER_FAST) {
		pcb->cwnd = window_sum(pcb->cwnd, pcb->mss);	/* one has left the wire */
		if (r->sack)
			recover_resend(s, 1);
	}
}

static void recover_timeout(struct stream *s)
{
	struct recover *r = &s->recover;
	struct tcp_pcb *pcb = s->pcb;

	if (++r->backoff > BACKOFF_MAX || stream_impatient(s, r->stuck)) {
		s->error = ETIMEDOUT;
		stream_abort(s);
		stream_dirty(s);
		return;
	}
	if (r->state != RECOVER_TIMEOUT)
		pcb->ssthresh = recover_half(pcb);
	pcb->cwnd = pcb->mss;
	r->state = RECOVER_TIMEOUT;
	r->until = pcb->snd_max;
	r->dupacks = 0;
	segments_unmark(pcb, MARK_SACKED | MARK_RESENT);
	recover_resend(s, 1);
	recover_arm(s);
}

int recover_poll(uint64_t now)
{
	if (!next_rto)
		return -1;
	if (now < next_rto)
		return next_rto - now;
	next_rto = 0;
	for (struct endpoint *e = streams, *next; e; e = next) {
		struct stream *s = (struct stream *)e;

		next = e->next;
		if (!s->recover.at || !s->pcb || s->state == STREAM_LISTENING || s->pcb->state < ESTABLISHED)
			continue;
		if (!s->pcb->unacked)
			s->recover.at = 0;
		else if (s->recover.at <= now)
			recover_timeout(s);
		if (s->pcb && s->recover.at && (!next_rto || s->recover.at < next_rto))
			next_rto = s->recover.at;
	}
	return next_rto ? next_rto > now ? (int)(next_rto - now) : 0 : -1;
}
