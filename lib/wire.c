/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"

int um_put(struct um_call *call, unsigned index, const void *data, size_t len)
{
	struct um_arg *arg = &call->arg[index];
	size_t n = len < arg->room ? len : arg->room;
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, data, n);
	free(arg->out);
	arg->out = copy;
	arg->out_len = n;
	arg->full = len;
	return 0;
}

void call_clear(struct um_call *call)
{
	for (unsigned i = 0; i < UM_ARGS; i++) {
		free(call->arg[i].in);
		free(call->arg[i].out);
		call->arg[i].in = call->arg[i].out = NULL;
	}
}

static int wire_send_many(int socket, struct iovec *iov, unsigned n, const int *fds, unsigned count)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(WIRE_FDS * sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };

	if (count) {
		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	if (sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == ETOOMANYREFS ? -ENFILE : -errno;
	return 0;
}

static int wire_send(int socket, struct iovec *iov, unsigned n, int fd)
{
	return wire_send_many(socket, iov, n, &fd, fd >= 0);
}

static int wire_send_head(int socket, struct wire_head *head, int fd)
{
	struct iovec iov = { head, sizeof(*head) };

	return wire_send(socket, &iov, 1, fd);
}

int wire_send_call(int socket, uint64_t tag, const struct um_call *call, uint64_t value,
		uint64_t adopt)
{
	struct wire_head head = {
		.kind = WIRE_CALL, .op = call->op, .tag = tag, .sock = call->sock,
		.tid = call->tid, .uid = call->uid, .gid = call->gid, .rights = call->rights,
		.value = value, .rc = adopt,
	};
	struct iovec iov[UM_ARGS + 1] = { { &head, sizeof(head) } };
	unsigned n = 1;

	for (unsigned i = 0; i < UM_ARGS; i++) {
		const struct um_arg *arg = &call->arg[i];

		head.arg[i].value = arg->value;
		head.arg[i].room = arg->room;
		if (!arg->in)
			continue;
		head.present |= 1u << i;
		head.arg[i].len = arg->in_len;
		iov[n++] = (struct iovec){ arg->in, arg->in_len };
	}
	return wire_send(socket, iov, n, call->fd);
}

int wire_send_answer(int socket, uint64_t tag, int64_t rc, const struct um_call *call,
		int fd, uint64_t sock, uint64_t value)
{
	struct wire_head head = {
		.kind = WIRE_ANSWER, .tag = tag, .rc = rc, .sock = sock, .value = value,
	};
	struct iovec iov[UM_ARGS + 1] = { { &head, sizeof(head) } };
	unsigned n = 1;

	for (unsigned i = 0; i < UM_ARGS; i++) {
		const struct um_arg *arg = &call->arg[i];

		head.arg[i].value = arg->value;
		if (!arg->out)
			continue;
		head.present |= 1u << i;
		head.arg[i].len = arg->out_len;
		head.arg[i].room = arg->full;
		iov[n++] = (struct iovec){ arg->out, arg->out_len };
	}
	return wire_send(socket, iov, n, fd);
}

int wire_send_interrupt(int socket, uint64_t tag)
{
	struct wire_head head = { .kind = WIRE_INTERRUPT, .tag = tag };

	return wire_send_head(socket, &head, -1);
}

int wire_send_undo(int socket, uint64_t tag, uint64_t sock, int fd)
{
	struct wire_head head = { .kind = WIRE_UNDO, .tag = tag, .sock = sock };

	return wire_send_head(socket, &head, fd);
}

int wire_send_socks(int socket, enum wire_kind kind, uint64_t value, const uint64_t *socks,
		unsigned n, const int *fds)
{
	struct wire_head head = {
		.kind = kind, .value = value, .present = 1, .arg[0].len = n * sizeof(*socks),
	};
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)socks, head.arg[0].len } };

	return wire_send_many(socket, iov, 2, fds, fds ? n : 0);
}

uint64_t wire_sock(const struct wire_message *m, unsigned i)
{
	const struct um_arg *arg = &m->call.arg[0];
	uint64_t sock = 0;

	if (arg->in && arg->in_len / sizeof(sock) > i)
		memcpy(&sock, arg->in + i * sizeof(sock), sizeof(sock));
	return sock;
}

int wire_send_note(int socket, enum wire_kind kind, uint64_t tag, uint64_t sock, uint64_t value,
		int fd)
{
	struct wire_head head = { .kind = kind, .tag = tag, .sock = sock, .value = value };

	return wire_send_head(socket, &head, fd);
}

int wire_send_incoming(int socket, uint64_t sock, uint64_t listener, const void *address,
		size_t len, int fd)
{
	struct wire_head head = {
		.kind = WIRE_INCOMING, .sock = sock, .value = listener, .present = 1,
		.arg[0].len = len,
	};
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)address, len } };

	return wire_send(socket, iov, 2, fd);
}

int wire_send_ready(int socket, int64_t rc, uint64_t families, const char *text)
{
	struct wire_head head = {
		.kind = WIRE_READY, .rc = rc, .value = families, .present = 1,
		.arg[0].len = strlen(text),
	};
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)text, head.arg[0].len } };

	return wire_send(socket, iov, 2, -1);
}

/* WIRE_FDS descriptors at most are ours; any other that came along is closed. */
static void wire_take_fds(struct msghdr *msg, int *fds)
{
	unsigned taken = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(int));
			if (taken < WIRE_FDS)
				fds[taken++] = fd;
			else
				close(fd);
		}
	}
}

static int wire_unpack(struct wire_message *m, const uint8_t *bytes, size_t size)
{
	struct wire_head *head = &m->head;

	m->call.op = head->op;
	m->call.sock = head->sock;
	m->call.tid = head->tid;
	m->call.uid = head->uid;
	m->call.rights = head->rights;
	m->call.gid = head->gid;
	for (unsigned i = 0; i < UM_ARGS; i++) {
		struct um_arg *arg = &m->call.arg[i];
		uint32_t len = head->arg[i].len;
		uint8_t *copy;

		arg->value = head->arg[i].value;
		if (head->kind == WIRE_CALL) {
			if (head->arg[i].room > WIRE_MAX)
				return -EPROTO;
			arg->room = head->arg[i].room;
		}
		if (!(head->present & 1u << i))
			continue;
		if (len > size)
			return -EPROTO;
		copy = malloc((size_t)len + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, bytes, len);
		copy[len] = 0;
		bytes += len;
		size -= len;
		if (head->kind == WIRE_ANSWER) {
			arg->out = copy;
			arg->out_len = len;
			arg->full = head->arg[i].room;
		} else {
			arg->in = copy;
			arg->in_len = len;
		}
	}
	return size ? -EPROTO : 1;
}

int wire_receive(int socket, struct wire_message *m)
{
	static uint8_t bytes[WIRE_MAX];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(WIRE_FDS * sizeof(int))];
	} control;
	struct iovec iov[2] = { { &m->head, sizeof(m->head) }, { bytes, sizeof(bytes) } };
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;
	int rc;

	memset(&m->call, 0, sizeof(m->call));
	for (unsigned i = 0; i < WIRE_FDS; i++)
		m->fds[i] = -1;
	m->call.fd = -1;
	n = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (n == 0)
		return 0;
	wire_take_fds(&msg, m->fds);
	m->call.fd = m->fds[0];
	m->cut = msg.msg_flags & MSG_CTRUNC;
	if ((size_t)n < sizeof(m->head) || msg.msg_flags & MSG_TRUNC)
		rc = -EPROTO;
	else
		rc = wire_unpack(m, bytes, n - sizeof(m->head));
	if (rc < 0)
		wire_clear(m);
	return rc;
}

void wire_clear(struct wire_message *m)
{
	call_clear(&m->call);
	for (unsigned i = 0; i < WIRE_FDS; i++)
		if (m->fds[i] >= 0)
			close(take_fd(&m->fds[i]));
	m->call.fd = -1;
}
