/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_option.c - getsockopt(2) and setsockopt(2): the frame's, the kernel's, the engine's. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"

#ifndef SO_PASSPIDFD		/* Linux 6.5 */
#define SO_PASSPIDFD	76
#define SO_PEERPIDFD	77
#endif
#ifndef SO_PASSRIGHTS		/* Linux 6.16 */
#define SO_PASSRIGHTS	83
#endif

/* Of SOL_SOCKET; the others mean the same on a carrier. */
static bool option_is_engine(int64_t name)
{
	return name == SO_BINDTODEVICE || name == SO_REUSEPORT;
}

/*
 * The error, once.  A reset carrier has an error of its own: taken together
 * with ours, and if the guest's read took it before, ours is gone too.
 */
static int option_error(struct sock *s, int fd)
{
	int error = s->error, native = 0;
	socklen_t len = sizeof(native);

	s->error = 0;
	if (fd < 0)
		return error;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &native, &len);
	if (s->error_shown && !native)
		error = 0;
	if (!sock_is_stream(s))
		message_skip_marks(s, fd);
	return error;
}

static int64_t option_put(struct pending *p, const void *value, size_t len)
{
	size_t room = p->call.arg[3].room;

	return um_put(&p->call, 3, value, len < room ? len : room);
}

/* 0 means the usual one of its domain and type. */
static int option_protocol(const struct um_sock *um)
{
	if (um->protocol || (um->domain != AF_INET && um->domain != AF_INET6))
		return um->protocol;
	return um->type == SOCK_STREAM ? IPPROTO_TCP : um->type == SOCK_DGRAM ? IPPROTO_UDP : 0;
}

/* Who is at the other end: nobody whom a network knows.  The carrier would say this process. */
static int64_t option_peer(struct pending *p)
{
	static const struct ucred nobody = { 0, -1, -1 };

	return p->call.arg[2].value == SO_PEERCRED ?
		option_put(p, &nobody, sizeof(nobody)) : -ENODATA;
}

/* What only AF_UNIX can let pass; before Linux 6.16 without effect elsewhere. */
static bool option_is_pass(const struct sock *s, int64_t name)
{
	if (name == SO_PASSPIDFD || name == SO_PASSRIGHTS)
		return true;
	return (name == SO_PASSCRED || name == SO_PASSSEC) && s->um.domain != AF_NETLINK;
}

static int64_t option_get_own(struct sock *s, struct pending *p)
{
	int value;

	switch (p->call.arg[2].value) {
	case SO_ERROR:
		value = option_error(s, p->call.fd);
		break;
	case SO_TYPE:
		value = s->um.type;
		break;
	case SO_DOMAIN:
		value = s->um.domain;
		break;
	case SO_PROTOCOL:
		value = option_protocol(&s->um);
		break;
	case SO_ACCEPTCONN:
		value = s->state == STATE_LISTENING;
		break;
	case SO_PEERCRED:
	case SO_PEERGROUPS:
	case SO_PEERPIDFD:
		return option_peer(p);
	default:
		return UM_CONTINUE;
	}
	return option_put(p, &value, sizeof(value));
}

int64_t call_getsockopt(struct sock *s, struct pending *p)
{
	const struct um_arg *a = &p->call.arg[3];
	int64_t level = p->call.arg[1].value, name = p->call.arg[2].value;
	socklen_t len = a->room;
	autofree uint8_t *value = NULL;
	int rc;

	if (level == SOL_SOCKET && !option_is_engine(name))
		return option_get_own(s, p);
	value = calloc(1, len + sizeof(uint64_t));
	if (!value)
		return -ENOMEM;
	if (a->in)
		memcpy(value, a->in, a->in_len < len ? a->in_len : len);
	rc = stack_ops->getsockopt(&s->um, level, name, value, &len);
	return rc < 0 ? rc : option_put(p, value, len);
}

int64_t call_setsockopt(struct sock *s, struct pending *p)
{
	const struct um_arg *a = &p->call.arg[3];
	int64_t level = p->call.arg[1].value, name = p->call.arg[2].value;
	struct linger linger;

	if (level != SOL_SOCKET || option_is_engine(name))
		return stack_ops->setsockopt(&s->um, level, name,
				a->in ? (const void *)a->in : "", a->in ? a->in_len : 0);
	if (option_is_pass(s, name))
		return -EOPNOTSUPP;
	if (name == SO_LINGER && a->in && a->in_len >= sizeof(linger)) {
		memcpy(&linger, a->in, sizeof(linger));
		s->linger_zero = linger.l_onoff && !linger.l_linger;
	}
	return UM_CONTINUE;
}
