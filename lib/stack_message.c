/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_message.c - the pump of message sockets (SOCK_SEQPACKET carriers); envelopes are
 * in stack_letter.c.
 *
 * A recvfrom() with an address reads A through the descriptor that came with the
 * call.  If it must wait, A is empty, and the next message goes straight into its
 * answer.  Netlink's answers are never dropped: what the carrier has no room for waits in
 * message.outbox, and no more requests are taken meanwhile (but for sendto() with an
 * address, up to OUTBOX_MAX).  All outboxes together hold ALL_MAX, and none has more than what is
 * left for the others: who does not read takes away room from nobody else.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"

#define MESSAGE_MAX	(128 * 1024)
#define A_ROUND		64
#define OUTBOX_MAX	(4 * 1024 * 1024)
#define ALL_MAX		(128 * 1024 * 1024)	/* half of it is more than any engine's longest list */

/* An error, once. */
static int64_t message_take_error(struct sock *s)
{
	int error = s->error;

	s->error = 0;
	return -error;
}

/* From the engine */

void iov_copy(uint8_t *to, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len)
			memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
}

static int answer_message(struct pending *p, const struct iovec *iov, int n,
		const struct um_envelope *from)
{
	size_t len = message_size(iov, n), control_len;
	autofree uint8_t *data = malloc(len ? len : 1);
	autofree uint8_t *control = malloc(STAMPS_MAX + from->control_len);
	int64_t rc;

	if (!data || !control)
		return -ENOMEM;
	iov_copy(data, iov, n);
	if (um_put(&p->call, 1, data, len) < 0)
		return -ENOMEM;
	control_len = stamp_put(p->stamps, control);
	if (from->control_len)
		memcpy(control + control_len, from->control, from->control_len);
	rc = letter_answer(p, from->name, from->name ? from->name_len : 0,
			control, control_len + from->control_len, from->flags, len);
	pending_answer(p, rc);
	return 0;
}

static int netlink_post(struct sock *s, const struct iovec *iov, int n)
{
	static const struct um_envelope none;
	size_t len = message_size(iov, n);
	struct letter *l;

	if (TAILQ_EMPTY(&s->message.outbox)) {
		int rc = message_send(s, iov, n);

		if (rc != -EAGAIN)
			return rc;
	}
	if (s->message.outbox_size + len + outboxes_size() > ALL_MAX)
		return -ENOBUFS;
	l = letter_new(&none, len);
	if (!l)
		return -ENOBUFS;
	iov_copy(l->bytes, iov, n);
	TAILQ_INSERT_TAIL(&s->message.outbox, l, next);
	outbox_grow(s, len);
	carrier_fill(s);
	return 0;
}

void message_flush_outbox(struct sock *s)
{
	struct letter *l;

	while ((l = TAILQ_FIRST(&s->message.outbox))) {
		struct iovec iov = { l->bytes, l->data_len };

		if (message_send(s, &iov, 1) == -EAGAIN) {
			carrier_fill(s);
			return;
		}
		TAILQ_REMOVE(&s->message.outbox, l, next);
		outbox_grow(s, -(ssize_t)l->data_len);
		free(l);
	}
	sock_work(s);	/* requests may have waited for this */
}

int um_sock_deliver_message(struct um_sock *um, const struct iovec *iov, int n,
		const struct um_envelope *from)
{
	static const struct um_envelope none;
	struct sock *s = sock_of(um);
	struct pending *p;

	if (s->fd < 0)
		return 0;
	if (!from)
		from = &none;
	if (um->domain == AF_NETLINK)
		return netlink_post(s, iov, n);
	p = pending_first(s, UM_RECVFROM);
	if (p && !(p->call.arg[3].value & MSG_PEEK))
		return answer_message(p, iov, n, from);
	if (p)			/* it looks at it, and leaves it there */
		answer_message(p, iov, n, from);
	return message_post(s, iov, n, from, false);
}

/* From the guest */

/* An empty message and the end look the same to recv(). */
static bool message_ended(struct sock *s)
{
	struct pollfd p = { s->fd, POLLRDHUP, 0 };

	if (poll(&p, 1, 0) > 0)
		s->hup |= p.revents & (POLLRDHUP | POLLHUP);
	return s->hup & EPOLLRDHUP;
}

/* False: nothing is left. */
static bool message_pull_one(struct sock *s)
{
	static uint8_t bytes[MESSAGE_MAX];
	static const struct um_envelope none;
	ssize_t n = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT), rc;

	if (n < 0) {
		if (errno == EAGAIN)
			s->readable = false;
		return errno != EAGAIN && errno != EBADF && errno != EINVAL;
	}
	if (n == 0 && message_ended(s)) {
		s->readable = false;
		return false;
	}
	rc = stack_ops->send(&s->um, bytes, n, &none);
	/* It "was sent": the guest learns it from the next call. */
	if (rc < 0 && rc != -EAGAIN && rc != -ENOBUFS && rc != -EDESTADDRREQ && rc != -ENOTCONN)
		message_error(s, -rc);
	return true;
}

/* Bounded, as a carrier is. */
void message_pull_all(struct sock *s)
{
	for (int i = 0; i < 16 * A_ROUND && message_pull_one(s); i++)
		;
}

void message_run(struct sock *s)
{
	bool more = s->readable && s->fd >= 0;

	/* Netlink: answers first, then the next request. */
	for (int i = 0; more && i < A_ROUND && TAILQ_EMPTY(&s->message.outbox); i++)
		more = message_pull_one(s);
	if (s->hup & EPOLLHUP && carrier_closed(s)) {
		if (more && TAILQ_EMPTY(&s->message.outbox)) {
			sock_work(s);
			return;
		}
		sock_release(s, false);
		return;
	}
	if (more && TAILQ_EMPTY(&s->message.outbox))
		sock_work(s);
}

/* Of SOL_SOCKET TCP knows two kinds of control message, which it ignores; the frame has no others. */
static bool stream_control_right(const struct um_arg *control)
{
	size_t at = 0;

	while (control->in && control->in_len - at >= sizeof(struct cmsghdr)) {
		struct cmsghdr c;

		memcpy(&c, control->in + at, sizeof(c));
		if (c.cmsg_len < sizeof(c) || c.cmsg_len > control->in_len - at)
			return false;
		if (c.cmsg_level == SOL_SOCKET && c.cmsg_type != SCM_RIGHTS &&
		    c.cmsg_type != SCM_CREDENTIALS)
			return false;
		at += CMSG_ALIGN(c.cmsg_len);
		if (at >= control->in_len)
			break;
	}
	return true;
}

/*
 * With an address or control data, on a STREAM socket: TCP does not look at them, but
 * the kernel would on a carrier (descriptors would come along in it).  What cannot be
 * sent at once the kernel lets wait, or fail, all the same: B takes no descriptors.
 */
static int64_t stream_sendto(struct sock *s, struct pending *p)
{
	const struct um_arg *data = &p->call.arg[1];
	bool named = p->call.arg[4].in && p->call.arg[4].in_len;
	ssize_t n;

	if (s->state == STATE_FRESH || s->state == STATE_LISTENING)
		return -EPIPE;
	if (p->call.fd < 0 && !(ends_are_kept() && (named || p->call.arg[6].in)))
		return UM_CONTINUE;
	if (!stream_control_right(&p->call.arg[6]))
		return -EINVAL;
	if (p->call.fd < 0) {
		n = data->in_len ? stream_write(s, data->in, data->in_len) : 0;
		return n < 0 && !named ? UM_CONTINUE : n;
	}
	n = send(p->call.fd, data->in ? (const void *)data->in : "", data->in ? data->in_len : 0,
			(p->call.arg[3].value & ~(named ? MSG_OOB : 0)) | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && !named)
		return UM_CONTINUE;
	return n < 0 ? -errno : n;
}

int64_t call_sendto(struct sock *s, struct pending *p)
{
	const struct um_arg *data = &p->call.arg[1], *name = &p->call.arg[4],
		*control = &p->call.arg[6];
	struct um_envelope to = {
		.name = name->in_len ? name->in : NULL, .name_len = name->in ? name->in_len : 0,
		.control = control->in, .control_len = control->in ? control->in_len : 0,
		.flags = p->call.arg[3].value,
	};

	if (to.name_len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	if (sock_is_stream(s))
		return stream_sendto(s, p);
	if (s->shut & SHUT_WRITE)
		return -EPIPE;
	message_pull_all(s);
	if (s->error && s->um.domain != AF_NETLINK)
		return message_take_error(s);
	if (s->message.outbox_size >= OUTBOX_MAX)
		return -ENOBUFS;
	return stack_ops->send(&s->um, data->in ? (const void *)data->in : "",
			data->in ? data->in_len : 0, &to);
}

/* Reads A; -EAGAIN if it turns out to be empty. */
static int64_t message_receive(struct sock *s, struct pending *p, struct letter *l)
{
	struct um_arg *data = &p->call.arg[1];
	int flags = MSG_DONTWAIT | MSG_TRUNC | (p->call.arg[3].value & MSG_PEEK);
	autofree uint8_t *control = malloc(STAMPS_MAX + l->control_len);
	uint8_t *bytes = malloc(data->room ? data->room : 1);
	struct iovec iov = { bytes, data->room };
	uint8_t stamps[STAMPS_MAX];
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = stamps, .msg_controllen = sizeof(stamps),
	};
	size_t control_len;
	int64_t rc;
	ssize_t n = bytes && control ? recvmsg(p->call.fd, &msg, flags) : -1;

	if (n < 0) {
		rc = bytes && control ? -errno : -ENOMEM;
		free(bytes);
		return rc;
	}
	free(data->out);
	data->out = bytes;
	data->out_len = (size_t)n < data->room ? (size_t)n : data->room;
	data->full = n;
	control_len = stamp_take(p->call.fd, &l->when, &msg, control);
	memcpy(control + control_len, l->bytes + l->name_len, l->control_len);
	rc = letter_answer(p, l->bytes, l->name_len, control, control_len + l->control_len,
			l->flags, n);
	if (!(flags & MSG_PEEK))
		letter_drop(s);
	return rc;
}

int64_t call_recvfrom(struct sock *s, struct pending *p)
{
	int64_t flags = p->call.arg[3].value, rc;
	struct letter *l;

	if (sock_is_stream(s) && flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (sock_is_stream(s))
		return s->state == STATE_FRESH || s->state == STATE_LISTENING ?
			-ENOTCONN : UM_CONTINUE;
	if (s->um.domain == AF_NETLINK || p->call.fd < 0)
		return UM_CONTINUE;
	if (flags & MSG_ERRQUEUE)
		return message_receive_error(s, p);
	if (flags & MSG_OOB && s->um.type != SOCK_DGRAM)
		return -EOPNOTSUPP;
	message_skip_marks(s, p->call.fd);
	if (s->error)
		return message_take_error(s);
	while ((l = message_head(s))) {
		rc = message_receive(s, p, l);
		if (rc != -EAGAIN)
			return rc;
		letter_drop(s);		/* taken by another thread just now */
	}
	if (s->shut & SHUT_READ)
		return 0;
	if (flags & MSG_DONTWAIT || sock_is_nonblock(s, p->call.fd))
		return -EAGAIN;
	p->stamps = stamp_wanted(p->call.fd);
	return pending_wait(p, s, sock_timeout(p->call.fd, SO_RCVTIMEO), -EAGAIN);
}
