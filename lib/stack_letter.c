/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_letter.c - messages in a SOCK_SEQPACKET carrier, and their envelopes.
 *
 * Addresses cannot travel in a carrier: the envelope of each message in it waits
 * in message.letters.  A guest may take messages by itself with a plain recv(); which
 * letters are still true is known from SIOCOUTQ on B, the sum of the kernel's sizes
 * of all messages not yet taken, which falls by exactly one message's size at a time.  The
 * size of a message of n bytes is learned on a pair of our own (letter_size()).
 *
 * An error becomes a mark: an empty message, so that who polls or reads wakes up; a
 * recvfrom() with an address turns it into the error.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"

#define MESSAGE_MAX	(128 * 1024)
#define LETTERS_MAX	300		/* then look which are gone */
#define CONTROL_MAX	1024

/* What the kernel counts for a message of len bytes; 0 if it cannot be learned. */
static unsigned letter_size(size_t len)
{
	static struct { size_t len; unsigned size; } known[1024];
	static int pair[2] = { -1, -1 };
	static uint8_t bytes[MESSAGE_MAX];
	unsigned slot = len % ARRAY_SIZE(known);
	int size = 0;

	if (known[slot].size && known[slot].len == len)
		return known[slot].size;
	if (pair[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	if (len > sizeof(bytes) || send(pair[0], bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return 0;
	if (ioctl(pair[0], SIOCOUTQ, &size) < 0)
		size = 0;
	recv(pair[1], bytes, 1, MSG_DONTWAIT);
	known[slot].len = len;
	known[slot].size = size;
	return size;
}

struct letter *letter_new(const struct um_envelope *from, size_t data_len)
{
	struct letter *l;
	size_t control_len = from->control_len <= CONTROL_MAX ? from->control_len : 0;
	socklen_t name_len = from->name ? from->name_len : 0;

	if (name_len > sizeof(struct sockaddr_storage))
		name_len = sizeof(struct sockaddr_storage);
	l = malloc(sizeof(*l) + name_len + control_len + data_len);
	if (!l)
		return NULL;
	*l = (struct letter){ .flags = from->flags, .name_len = name_len,
		.control_len = control_len, .data_len = data_len };
	if (name_len)
		memcpy(l->bytes, from->name, name_len);
	if (control_len)
		memcpy(l->bytes + name_len, from->control, control_len);
	return l;
}

void letter_drop(struct sock *s)
{
	struct letter *l = TAILQ_FIRST(&s->message.letters);

	TAILQ_REMOVE(&s->message.letters, l, next);
	s->message.count--;
	free(l);
}

/* The kernel's sizes of what the guest has not taken. */
static uint64_t message_untaken(const struct sock *s)
{
	int n = 0;

	if (s->fd < 0 || ioctl(s->fd, SIOCOUTQ, &n) < 0 || n < 0)
		return 0;
	return n;
}

struct letter *message_head(struct sock *s)
{
	uint64_t untaken = message_untaken(s), taken = s->message.sent - untaken;
	struct letter *l;

	if (untaken > s->message.sent)
		taken = 0;
	while ((l = TAILQ_FIRST(&s->message.letters)) && (!untaken || l->until <= taken))
		letter_drop(s);
	return l;
}

static size_t all_outboxes;

size_t outboxes_size(void)
{
	return all_outboxes;
}

void outbox_grow(struct sock *s, ssize_t n)
{
	s->message.outbox_size += n;
	all_outboxes += n;
}

void message_clear(struct sock *s)
{
	struct letter *l;

	while (TAILQ_FIRST(&s->message.letters))
		letter_drop(s);
	while ((l = TAILQ_FIRST(&s->message.outbox))) {
		TAILQ_REMOVE(&s->message.outbox, l, next);
		free(l);
	}
	outbox_grow(s, -(ssize_t)s->message.outbox_size);
	message_clear_errors(s);
}

size_t message_size(const struct iovec *iov, int n)
{
	size_t size = 0;

	for (int i = 0; i < n; i++)
		size += iov[i].iov_len;
	return size;
}

int message_send(struct sock *s, const struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };

	if (sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED)
		return 0;		/* nobody wants it */
	return errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : -errno;
}

int message_post(struct sock *s, const struct iovec *iov, int n,
		const struct um_envelope *from, bool mark)
{
	unsigned size = letter_size(message_size(iov, n));
	struct letter *l;
	int rc;

	if (s->message.count >= LETTERS_MAX)
		message_head(s);
	l = letter_new(from, 0);
	if (!l || s->message.count > 4 * LETTERS_MAX) {
		free(l);
		return -EAGAIN;
	}
	rc = message_send(s, iov, n);
	if (rc < 0) {
		free(l);
		return rc;
	}
	l->data_len = message_size(iov, n);
	clock_gettime(CLOCK_REALTIME, &l->when);
	s->message.sent += size;
	l->until = s->message.sent;
	l->mark = mark;
	TAILQ_INSERT_TAIL(&s->message.letters, l, next);
	s->message.count++;
	return 0;
}

/* As many as there is room for, the last of them cut as put_cmsg() of Linux does; 0
   or MSG_CTRUNC. */
static int letter_answer_control(struct pending *p, const uint8_t *control, size_t control_len)
{
	size_t room = p->call.arg[6].room, fit = 0;
	uint8_t *copy;
	int flags = 0;

	if (control_len < room)
		room = control_len;
	um_put(&p->call, 6, control, room);
	copy = p->call.arg[6].out;
	while (copy && control_len - fit >= sizeof(struct cmsghdr)) {
		struct cmsghdr c;
		size_t size;

		memcpy(&c, control + fit, sizeof(c));
		if (c.cmsg_len < sizeof(c) || c.cmsg_len > control_len - fit)
			break;
		size = CMSG_ALIGN(c.cmsg_len);
		if (c.cmsg_len > room - fit)
			flags = MSG_CTRUNC;
		if (room - fit < sizeof(c))
			break;
		if (c.cmsg_len > room - fit) {
			c.cmsg_len = room - fit;
			memcpy(copy + fit, &c, sizeof(c));
		}
		fit += size < room - fit ? size : room - fit;
	}
	p->call.arg[6].out_len = p->call.arg[6].full = fit;
	return flags;
}

int64_t letter_answer(struct pending *p, const void *name, socklen_t name_len,
		const uint8_t *control, size_t control_len, int flags, size_t len)
{
	size_t room = p->call.arg[1].room;

	if (len > room)
		flags |= MSG_TRUNC;
	flags |= letter_answer_control(p, control, control_len);
	um_put(&p->call, 4, name, name_len);
	p->call.arg[7].value = flags;
	return p->call.arg[3].value & MSG_TRUNC || len < room ? len : room;
}

void message_skip_marks(struct sock *s, int fd)
{
	struct letter *l;

	while ((l = message_head(s)) && l->mark) {
		uint8_t byte;

		if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0)
			break;
	}
}
