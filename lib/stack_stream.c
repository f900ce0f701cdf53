/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_stream.c - the pump of STREAM sockets.
 *
 * Guest to engine: what is unread in B is counted (FIONREAD), then read as far as the
 * engine has room.  The end of data is EPOLLRDHUP and nothing fresh.
 *
 * The last byte of a small piece is only looked at, and is `skip` the next time, so that B
 * is not empty when a reset comes (see stack_carrier.c).  Of a big piece nothing may
 * stay: the kernel counts the whole buffer that a byte is in against A's
 * SO_SNDBUF, and A is writable below a quarter of it, which can be 1152 bytes.  A buffer
 * for up to RESIDUE bytes counts 768.  (A reset after a big piece was taken to
 * the end shows as a hangup without an error.)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "um_stack_private.h"

#define PIECE		(64 * 1024)
#define RESIDUE		256
#define MESSAGE		4096		/* so little may be a question: an answer follows soon */
#define A_ROUND		(4 * PIECE)	/* then others have their turn */

/* Takes n fresh bytes: *data is where they are.  Returns how many. */
static ssize_t stream_read(struct sock *s, size_t n, bool leave_one, uint8_t **data)
{
	static uint8_t space[1 + PIECE];
	size_t skip = s->stream.skip, take = skip + n - leave_one;
	ssize_t got = 0;

	*data = space + skip;
	if (take) {
		got = recv(s->fd, space, take, MSG_DONTWAIT);
		if (got < 0)
			return -errno;
		if ((size_t)got < skip)
			return -EIO;
	}
	s->stream.skip = 0;
	if (leave_one && (size_t)got == take &&
	    recv(s->fd, space + got, 1, MSG_DONTWAIT | MSG_PEEK) == 1) {
		s->stream.skip = 1;
		got++;
	}
	return got - skip;
}

/* What the engine does not take after all is offered again. */
static void stream_send(struct sock *s, const uint8_t *data, size_t n)
{
	static const struct um_envelope none;
	ssize_t sent = stack_ops->send(&s->um, data, n, &none);
	uint8_t *rest;

	if (sent < 0 || (size_t)sent >= n)
		return;
	rest = malloc(n - sent);
	if (!rest) {
		um_stack_warn("out of memory: a stream lost data");
		return;
	}
	memcpy(rest, data + sent, n - sent);
	s->stream.held = rest;
	s->stream.held_at = 0;
	s->stream.held_len = n - sent;
}

/* False: the engine has no room, um_sock_writable() will call again. */
static bool stream_send_held(struct sock *s)
{
	static const struct um_envelope none;

	while (s->stream.held_at < s->stream.held_len) {
		size_t room = stack_ops->room(&s->um), n = s->stream.held_len - s->stream.held_at;
		ssize_t sent;

		if (!room)
			return false;
		sent = stack_ops->send(&s->um, s->stream.held + s->stream.held_at,
				n < room ? n : room, &none);
		if (sent < 0)
			break;		/* the connection is dead */
		if (sent == 0)
			return false;
		s->stream.held_at += sent;
	}
	free(s->stream.held);
	s->stream.held = NULL;
	return true;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* False: more is there, but it must wait. */
static bool stream_pull(struct sock *s)
{
	size_t done = 0;

	if (s->stream.held && !stream_send_held(s))
		return false;
	while (s->readable && s->fd >= 0) {
		size_t fresh = carrier_fresh(s), room, n;
		uint8_t *data;
		ssize_t got;

		if (!fresh) {
			s->readable = false;
			break;
		}
		room = stack_ops->room(&s->um);
		if (!room)
			return false;
		if (done >= A_ROUND) {
			sock_work(s);
			return false;
		}
		n = min3(fresh, room, PIECE);
		/* The rest of a big piece is small, but its buffer is not. */
		got = stream_read(s, n, n == fresh && n <= RESIDUE && !s->stream.inside, &data);
		if (got <= 0) {		/* counted, but not to be had: never data */
			carrier_forget(s);
			s->readable = false;
			break;
		}
		s->stream.inside = (size_t)got < fresh;
		if ((size_t)got == fresh)	/* more makes a new event */
			s->readable = false;
		stream_send(s, data, got);
		if (s->stream.held)
			return false;
		done += got;
		if (done <= MESSAGE)
			loop_expect();
	}
	return true;
}

void stream_run(struct sock *s)
{
	bool abort = s->hup & EPOLLERR || s->stream.wasted || s->linger_zero;

	if (s->fd < 0)
		return;		/* DEAD (the census waits) or not yet accepted */
	if (s->state != STATE_CONNECTED) {
		if (carrier_closed(s))
			sock_release(s, false);
		return;
	}
	/* A reset does not wait for what was written before, but what can go went before. */
	if (s->hup & EPOLLHUP && abort && carrier_closed(s)) {
		stream_pull(s);
		sock_release(s, true);
		return;
	}
	if (!stream_pull(s) || s->state != STATE_CONNECTED || !(s->hup & EPOLLRDHUP))
		return;
	/* RDHUP may be older than the last look at what is unread. */
	if (carrier_fresh(s)) {
		s->readable = true;
		sock_work(s);
		return;
	}
	if (carrier_closed(s)) {
		sock_release(s, abort);
		return;
	}
	if (!s->stream.finished) {
		s->stream.finished = true;
		stack_ops->shutdown(&s->um, SHUT_WR);
	}
}

int64_t stream_write(struct sock *s, const uint8_t *data, size_t n)
{
	size_t room;

	if (s->state != STATE_CONNECTED || s->hup & EPOLLRDHUP)
		return -EPIPE;
	s->readable = true;
	if (!stream_pull(s) || carrier_fresh(s))
		return -EAGAIN;
	room = stack_ops->room(&s->um);
	if (n > room)
		n = room;
	if (!n)
		return -EAGAIN;
	stream_send(s, data, n);
	return n;
}

/* The guest has read: B has room again. */
void stream_deliver_rest(struct sock *s)
{
	if (s->state == STATE_CONNECTED)
		stack_ops->drain(&s->um);
}

size_t um_sock_deliver(struct um_sock *um, const struct iovec *iov, int n)
{
	struct sock *s = sock_of(um);
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n < 1024 ? n : 1024 };
	size_t total = 0;
	ssize_t sent;

	for (size_t i = 0; i < msg.msg_iovlen; i++)
		total += iov[i].iov_len;
	if (s->state == STATE_DEAD)
		return total;
	if (s->fd < 0 || s->state != STATE_CONNECTED || !total)
		return 0;
	sent = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM) {
		/* Closed, or done with reading: nobody wants it. */
		if (!(s->shut & SHUT_READ))
			s->stream.wasted = true;
		return total;
	}
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < total)
		carrier_fill(s);
	s->stream.unread += sent;
	return sent;
}

size_t um_sock_unread(const struct um_sock *um)
{
	struct sock *s = sock_of(um);
	int sizes = 0;	/* of the kernel's buffers: never less than the bytes in them */

	if (s->fd < 0 || ioctl(s->fd, SIOCOUTQ, &sizes) < 0 || sizes <= 0) {
		s->stream.unread = 0;
		return 0;
	}
	if (s->stream.unread > (size_t)sizes)
		s->stream.unread = sizes;
	return s->stream.unread;
}

void stream_error(struct sock *s, int error)
{
	/* Closed by both: nobody is left to be told. */
	if (s->hup & EPOLLHUP && !(s->shut & SHUT_WRITE)) {
		s->error = error;
		s->stream.wasted = true;
		sock_work(s);
		return;
	}
	carrier_reset(s, error);
}

void um_sock_eof(struct um_sock *um)
{
	struct sock *s = sock_of(um);

	s->eof = true;		/* call_accept() looks for it */
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_WR);
}

void um_sock_writable(struct um_sock *um)
{
	struct sock *s = sock_of(um);

	if (s->readable || s->stream.held)
		sock_work(s);
}
