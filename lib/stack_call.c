/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_call.c - calls that are mostly the engine's: socket, bind, names, shutdown, ioctl. */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"
#include "wire.h"

#define TYPE_MASK	0xf

/* A socket of the kernel's: nothing of it remains here. */
static int64_t call_descriptor(struct pending *p)
{
	int fd = stack_ops->descriptor(p->call.arg[0].value, p->call.arg[1].value,
			p->call.arg[2].value);

	if (fd < 0)
		return fd;
	p->fd = fd;
	return 0;
}

int64_t call_socket(struct sock *none, struct pending *p)
{
	int64_t domain = p->call.arg[0].value, flags = p->call.arg[1].value & ~TYPE_MASK;
	int type = p->call.arg[1].value & TYPE_MASK, rc;
	struct sock *s;

	if (domain < 0 || domain > 63 || !(stack_ops->families & 1ULL << domain))
		return -EAFNOSUPPORT;
	rc = stack_ops->descriptor ? call_descriptor(p) : -ENOSYS;
	if (rc != -ENOSYS || !stack_ops->socket)
		return rc;
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (type < SOCK_STREAM || type > SOCK_PACKET)
		return -EINVAL;
	s = sock_new(domain, type, p->call.arg[2].value);
	if (!s)
		return -ENOMEM;
	s->um.rights = p->call.rights;
	rc = carrier_open(s, flags & SOCK_NONBLOCK, &p->fd);
	if (rc < 0) {
		sock_free(s);
		return rc;
	}
	rc = stack_ops->socket(&s->um);
	if (rc < 0) {
		close(take_fd(&p->fd));
		sock_free(s);
		return rc;
	}
	end_keep(s, p->fd);
	p->id = s->id;
	return 0;
}

int64_t call_bind(struct sock *s, struct pending *p)
{
	const struct um_arg *a = &p->call.arg[1];
	int reuse = 0;
	socklen_t len = sizeof(reuse);

	if (!a->in)
		return -EFAULT;
	if (a->in_len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	if (p->call.fd >= 0)
		getsockopt(p->call.fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &len);
	return stack_ops->bind(&s->um, (const struct sockaddr *)a->in, a->in_len, reuse);
}

static int64_t call_name(struct sock *s, struct pending *p, bool peer)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int rc = stack_ops->address(&s->um, peer, &address, &len);

	return rc < 0 ? rc : um_put(&p->call, 1, &address, len);
}

int64_t call_getsockname(struct sock *s, struct pending *p)
{
	return call_name(s, p, false);
}

int64_t call_getpeername(struct sock *s, struct pending *p)
{
	return call_name(s, p, true);
}

int64_t call_shutdown(struct sock *s, struct pending *p)
{
	int64_t how = p->call.arg[1].value;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (s->um.domain == AF_NETLINK || s->um.domain == AF_PACKET)
		return -EOPNOTSUPP;
	if (s->state == STATE_LISTENING && how == SHUT_WR)
		return 0;
	if (s->state == STATE_LISTENING) {
		listener_stop(s, p->call.fd);
		s->shut |= SHUT_READ | SHUT_WRITE;
		if (p->call.fd >= 0)	/* wakes who polls */
			shutdown(p->call.fd, SHUT_RDWR);
		return 0;
	}
	if (sock_is_stream(s) && s->state != STATE_CONNECTED)
		return -ENOTCONN;
	s->shut |= how + 1;
	if (how != SHUT_WR) {
		if (s->state == STATE_CONNECTED)
			stack_ops->shutdown(&s->um, SHUT_RD);
		pending_answer_all(s, UM_RECVFROM, 0);
	}
	if (s->state == STATE_CONNECTED)
		return UM_CONTINUE;	/* B sees the rest */
	if (p->call.fd >= 0)		/* an unconnected message socket wakes, too */
		shutdown(p->call.fd, how);
	return -ENOTCONN;
}

/* Requests in the stack's range that the kernel answers for any socket. */
static bool ioctl_is_native(uint64_t request)
{
	return request >= FIOSETOWN && request <= SIOCATMARK;
}

/* FIONREAD: of a message socket, the size of the first; what else, the kernel knows. */
static int64_t call_unread(struct sock *s, struct pending *p)
{
	struct letter *l;
	int n = 0;

	if (s->state == STATE_LISTENING)
		return -EINVAL;
	if (sock_is_stream(s) || s->um.domain == AF_NETLINK)
		return UM_CONTINUE;
	for (l = message_head(s); l && l->mark; l = TAILQ_NEXT(l, next))
		;
	if (l)
		n = l->data_len;
	return um_put(&p->call, 2, &n, sizeof(n));
}

/* SIOCOUTQ: what is still in the carrier, and what the engine holds. */
static int64_t call_unsent(struct sock *s, struct pending *p)
{
	size_t len = sizeof(int);
	int n = 0;

	if (s->state == STATE_LISTENING)
		return -EINVAL;
	if (s->um.domain == AF_NETLINK)
		return UM_CONTINUE;
	if (!sock_is_stream(s)) {
		message_pull_all(s);
	} else if (s->state == STATE_CONNECTED) {
		stack_ops->ioctl(&s->um, SIOCOUTQ, &n, &len);
		n += carrier_fresh(s) + (s->stream.held ? s->stream.held_len - s->stream.held_at : 0);
	}
	return um_put(&p->call, 2, &n, sizeof(n));
}

int64_t call_ioctl(struct sock *s, struct pending *p)
{
	uint64_t request = (uint32_t)p->call.arg[1].value;
	struct um_arg *a = &p->call.arg[2];
	size_t len = request == SIOCGIFCONF ? a->room : a->in_len;
	autofree uint8_t *bytes = NULL;
	int rc;

	if (s && request == FIONREAD)
		return call_unread(s, p);
	if (s && request == SIOCOUTQ)
		return call_unsent(s, p);
	/* Urgent data is TCP's alone. */
	if (s && request == SIOCATMARK && !sock_is_stream(s))
		return -ENOTTY;

	if (ioctl_is_native(request))
		return UM_CONTINUE;
	if (len) {
		bytes = calloc(1, len);
		if (!bytes)
			return -ENOMEM;
		if (a->in)
			memcpy(bytes, a->in, a->in_len < len ? a->in_len : len);
	}
	rc = stack_ops->ioctl(s ? &s->um : NULL, request, bytes, &len);
	if (rc < 0 || (!a->room && request != SIOCGIFCONF))
		return rc;
	/* Without bytes only the size was asked for: room is 0, nothing is copied. */
	return um_put(&p->call, 2, bytes, len) < 0 ? -ENOMEM : rc;
}

int64_t call_file(struct sock *none, struct pending *p)
{
	const struct um_arg *name = &p->call.arg[0];
	int fd;

	if (!name->in)
		return -EFAULT;
	fd = stack_ops->file ? stack_ops->file((const char *)name->in) : -ENOENT;
	if (fd < 0)
		return fd;
	p->fd = fd;
	return 0;
}
