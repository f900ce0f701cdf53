/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_connect.c - connect(2), until it succeeded or failed. */
#include <errno.h>
#include <sys/epoll.h>
#include <string.h>

#include "um_stack_private.h"

static void connect_succeed(struct sock *s)
{
	carrier_unplug(s);	/* the guest's EPOLLOUT edge */
	end_drop(s);
	s->state = STATE_CONNECTED;
	s->readable = true;
	s->connect_untold = !pending_first(s, UM_CONNECT);
	sock_work(s);
	pending_answer_all(s, UM_CONNECT, 0);
}

/* A waiting connect tells the guest, and the socket may be used again.  Else
   poll and SO_ERROR do. */
static void connect_fail(struct sock *s, int error)
{
	if (!pending_first(s, UM_CONNECT)) {
		s->connect_failed = true;
		carrier_reset(s, -error);
		return;
	}
	carrier_unplug(s);
	s->state = STATE_FRESH;
	pending_answer_all(s, UM_CONNECT, error);
}

void um_sock_connected(struct um_sock *um, int error)
{
	struct sock *s = sock_of(um);

	if (s->state != STATE_CONNECTING)
		return;
	if (s->connect_begins) {
		s->connect_begins = false;
		s->connect_result = error;
	} else if (error < 0) {
		connect_fail(s, error);
	} else {
		connect_succeed(s);
	}
}

void um_sock_error(struct um_sock *um, int error)
{
	struct sock *s = sock_of(um);

	if (error >= 0 || s->state == STATE_DEAD)
		return;
	if (!sock_is_stream(s))
		message_error(s, -error);
	else if (s->state == STATE_CONNECTING)
		um_sock_connected(um, error);
	else if (s->state == STATE_CONNECTED && s->fd < 0)
		s->error = -error;	/* waits to be accepted */
	else if (s->state == STATE_CONNECTED)
		stream_error(s, -error);
	else
		s->error = -error;
}

static int64_t connect_message(struct sock *s, const struct um_arg *a)
{
	int rc = stack_ops->connect(&s->um, (const struct sockaddr *)a->in, a->in_len);
	const struct sockaddr *address = (const struct sockaddr *)a->in;

	if (rc >= 0)
		s->state = address->sa_family == AF_UNSPEC ? STATE_FRESH : STATE_CONNECTED;
	return rc;
}

/* It began, now or earlier: wait, or tell the guest to look later. */
static int64_t connect_wait(struct sock *s, struct pending *p, int64_t not_yet)
{
	int fd = p->call.fd;
	uint64_t timeout;

	if (!p->blocks && sock_is_nonblock(s, fd)) {
		carrier_plug(s, fd);
		return not_yet;
	}
	timeout = p->blocks ? 0 : sock_timeout(fd, SO_SNDTIMEO);
	if (timeout)
		carrier_plug(s, fd);
	return pending_wait(p, s, timeout, not_yet);
}

static int64_t connect_begin(struct sock *s, struct pending *p)
{
	const struct um_arg *a = &p->call.arg[1];
	int rc;

	carrier_forget(s);
	s->error = 0;
	s->state = STATE_CONNECTING;
	s->connect_begins = true;
	rc = stack_ops->connect(&s->um, (const struct sockaddr *)a->in, a->in_len);
	if (rc == -EINPROGRESS && !s->connect_begins)
		rc = s->connect_result;		/* um_sock_connected() was quicker */
	s->connect_begins = false;
	if (rc == -EINPROGRESS)
		return connect_wait(s, p, -EINPROGRESS);
	if (rc < 0)
		s->state = STATE_FRESH;
	else
		connect_succeed(s);
	s->connect_untold = false;
	return rc;
}

/*
 * A carrier that showed how a connect failed is closed for ever.  The socket gets another,
 * which the monitor puts in the place of the guest's descriptor (not of its
 * duplicates): the answer, whatever it is, brings it.
 */
static int64_t connect_anew(struct sock *s, struct pending *p)
{
	bool nonblock = sock_is_nonblock(s, p->call.fd);
	int rc;

	census_forget(s);
	s->hup = 0;
	s->shut = 0;
	s->plugged = s->eof = s->error_shown = false;
	rc = carrier_open(s, nonblock, &p->fd);
	if (rc < 0)
		return rc;
	s->connect_failed = s->connect_again = false;
	p->id = s->id;
	p->call.fd = p->fd;
	return connect_begin(s, p);
}

int64_t call_connect(struct sock *s, struct pending *p)
{
	const struct um_arg *a = &p->call.arg[1];
	const struct sockaddr *address = (const struct sockaddr *)a->in;
	int error;

	if (!a->in || a->in_len > sizeof(struct sockaddr_storage))
		return a->in ? -EINVAL : -EFAULT;
	if (a->in_len < sizeof(address->sa_family))
		return -EINVAL;
	if (!sock_is_stream(s))
		return connect_message(s, a);
	if (address->sa_family == AF_UNSPEC && s->state == STATE_FRESH)
		return 0;
	switch (s->state) {
	case STATE_FRESH:
		return connect_begin(s, p);
	case STATE_CONNECTING:
		return connect_wait(s, p, -EALREADY);
	case STATE_CONNECTED:
		error = s->connect_untold ? 0 : EISCONN;
		s->connect_untold = false;
		return -error;
	case STATE_DEAD:
		if (s->connect_again)
			return connect_anew(s, p);
		s->connect_again = s->connect_failed;
		error = s->error ? s->error : ECONNABORTED;
		s->error = 0;
		return -error;
	default:
		return -EISCONN;
	}
}
