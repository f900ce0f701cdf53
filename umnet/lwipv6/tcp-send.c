/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-send.c - what the guest has written, until the library has it.
 *
 * The library sends all it has at once.  So what must wait is kept from it: the tail, less than a
 * segment, of a connection with TCP_CORK (TAIL_MS at most), or, without TCP_NODELAY, one whose
 * last small segment is not yet acknowledged (Nagle's rule as Minshall has it, and Linux).  A tail goes
 * when it has become a segment, when nothing holds it any more, and with our FIN.
 */
#include <stdlib.h>

#include "stream.h"

#define TAIL_MS		200
#define SEND_MAX	61440		/* at once: the library counts in 16 bits */

static bool tail_waits(const struct stream *s, uint64_t now)
{
	if (s->fin_wanted || s->tail_push || !s->e.sock)
		return false;
	if (s->e.options.cork)
		return !s->tail_len || now - s->tail_since < TAIL_MS;
	return !s->e.options.nodelay && s->small && (int32_t)(s->small_end - s->pcb->lastack) > 0;
}

/* To the library, which copies. */
static bool send_give(struct stream *s, const uint8_t *data, size_t len)
{
	struct tcp_pcb *pcb = s->pcb;

	/* Its own account of the room drifts; ours decides. */
	pcb->snd_buf = UINT16_MAX;
	if (tcp_write(pcb, data, len, 1) != ERR_OK)
		return false;
	if (len % pcb->mss) {
		s->small = true;
		s->small_end = pcb->snd_lbb;
	}
	return true;
}

void tail_clear(struct stream *s)
{
	free(s->tail);
	s->tail = NULL;
	s->tail_len = 0;
	s->tail_push = false;
}

static bool tail_give(struct stream *s)
{
	if (!s->tail_len)
		return true;
	if (!send_give(s, s->tail, s->tail_len))
		return false;
	tail_clear(s);
	return true;
}

/* As much of data as the tail has room for; returns how much. */
static size_t tail_keep(struct stream *s, const uint8_t *data, size_t len)
{
	if (!s->tail) {
		s->tail_room = s->pcb->mss;
		s->tail = malloc(s->tail_room);
		s->tail_since = um_stack_now();
	}
	if (!s->tail)
		return 0;
	if (len > s->tail_room - s->tail_len)
		len = s->tail_room - s->tail_len;
	memcpy(s->tail + s->tail_len, data, len);
	s->tail_len += len;
	return len;
}

size_t tail_write(struct stream *s, const uint8_t *data, size_t len)
{
	bool waits = tail_waits(s, um_stack_now());
	size_t done = 0, whole;

	if (s->tail_len && waits) {
		done = tail_keep(s, data, len);
		if (s->tail_len < s->tail_room)
			return done;
	}
	if (!tail_give(s))
		return done;
	whole = len - done;
	if (waits)
		whole -= whole % s->pcb->mss;
	if (whole) {
		if (!send_give(s, data + done, whole))
			return done;
		done += whole;
	}
	if (done < len)
		done += tail_keep(s, data + done, len - done);
	return done;
}

bool tail_try(struct stream *s)
{
	if (!s->tail_len || !s->pcb)
		return false;
	return tail_waits(s, um_stack_now()) || !tail_give(s);
}

size_t stream_room(const struct stream *s)
{
	const struct tcp_pcb *pcb = s->pcb;
	size_t queued, free_bytes;

	if (!pcb || s->fin_wanted || (pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT))
		return 0;
	queued = pcb->snd_lbb - pcb->lastack + s->tail_len;
	if (queued >= STREAM_BUFFER || pcb->snd_queuelen >= TCP_SND_QUEUELEN - 4)
		return 0;
	/* No dribble: wait until a good part is free. */
	free_bytes = STREAM_BUFFER - queued;
	if (s->blocked && free_bytes < STREAM_BUFFER / 4)
		return 0;
	if (s->blocked && pcb->snd_queuelen > TCP_SND_QUEUELEN * 3 / 4)
		return 0;
	if (free_bytes / pcb->mss > TCP_SND_QUEUELEN - 2u - pcb->snd_queuelen)
		free_bytes = (size_t)(TCP_SND_QUEUELEN - 2u - pcb->snd_queuelen) * pcb->mss;
	return free_bytes > SEND_MAX ? SEND_MAX : free_bytes;
}
