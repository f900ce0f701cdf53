/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_error.c - errors of message sockets: SO_ERROR's, and the queue that recvmsg's
 * MSG_ERRQUEUE reads, each with what was sent.
 *
 * As in Linux, taking the last of the queue takes SO_ERROR's error, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "um_stack_private.h"

#define ERRORS_MAX	32		/* then new ones are not kept */

static struct letter *error_first(const struct sock *s)
{
	return TAILQ_FIRST(&s->message.errors);
}

void message_error(struct sock *s, int error)
{
	static const struct um_envelope none;
	struct pending *p = pending_first(s, UM_RECVFROM);

	if (s->um.domain == AF_NETLINK) {	/* an empty message would be the end */
		s->error = error;
		return;
	}
	if (p) {
		pending_answer(p, -error);
		return;
	}
	if (!s->error && s->fd >= 0)
		message_post(s, NULL, 0, &none, true);
	s->error = error;
}

void um_sock_error_message(struct um_sock *um, int error, const struct iovec *iov, int n,
		const struct um_envelope *about)
{
	struct sock *s = sock_of(um);
	struct letter *l;

	if (sock_is_stream(s) || error > 0)
		return;
	if (s->message.error_count < ERRORS_MAX) {
		l = letter_new(about, message_size(iov, n));
		if (l) {
			iov_copy(l->bytes + l->name_len + l->control_len, iov, n);
			l->error = -error;
			TAILQ_INSERT_TAIL(&s->message.errors, l, next);
			s->message.error_count++;
		}
	}
	if (error)
		message_error(s, -error);
}

int64_t message_receive_error(struct sock *s, struct pending *p)
{
	struct letter *l = error_first(s);
	const uint8_t *control, *data;
	int64_t rc;

	if (!l)
		return -EAGAIN;
	TAILQ_REMOVE(&s->message.errors, l, next);
	s->message.error_count--;
	control = l->bytes + l->name_len;
	data = control + l->control_len;
	if (um_put(&p->call, 1, data, l->data_len) < 0)
		rc = -ENOMEM;
	else
		rc = letter_answer(p, l->bytes, l->name_len, control, l->control_len,
				MSG_ERRQUEUE, l->data_len);
	free(l);
	s->error = error_first(s) ? error_first(s)->error : 0;
	if (!s->error)
		message_skip_marks(s, p->call.fd);
	return rc;
}

void message_clear_errors(struct sock *s)
{
	struct letter *l;

	while ((l = error_first(s))) {
		TAILQ_REMOVE(&s->message.errors, l, next);
		free(l);
	}
}
