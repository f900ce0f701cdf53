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
	return name == SO_BINDTODEVICE || name == SO_BINDTOIFINDEX || name == SO_REUSEPORT;
}

/* What only sockets of AF_UNIX, as a carrier is, and some of netlink have an answer to. */
static bool option_is_local(const struct sock *s, int64_t name)
{
	switch (name) {
	case SO_PEERCRED:
	case SO_PEERSEC:
	case SO_PEERGROUPS:
	case SO_PEERPIDFD:
	case SO_PASSPIDFD:
	case SO_PASSRIGHTS:
		return true;
	case SO_PASSCRED:
	case SO_PASSSEC:
		return s->um.domain != AF_NETLINK;
	}
	return false;
}

/* A filter on a carrier sees neither the header of UDP nor what goes by in TCP. */
static bool option_is_filter(const struct sock *s, int64_t name)
{
	if (s->um.domain != AF_INET && s->um.domain != AF_INET6)
		return false;
	switch (name) {
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_ATTACH_REUSEPORT_EBPF:
		return true;
	case SO_ATTACH_FILTER:
	case SO_ATTACH_BPF:
		return sock_is_stream(s) || (s->um.type == SOCK_DGRAM &&
			s->um.protocol != IPPROTO_ICMP && s->um.protocol != IPPROTO_ICMPV6);
	}
	return false;
}

/* As any new INET socket of this kernel answers. */
static int option_of_stranger(bool set, int name, void *value, socklen_t *len)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -ENOPROTOOPT;
	if ((set ? setsockopt(fd, SOL_SOCKET, name, value, *len) :
	     getsockopt(fd, SOL_SOCKET, name, value, len)) < 0)
		return -errno;
	return 0;
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

/* SO_PEERNAME: getpeername(2), but that too little room is an error. */
static int64_t option_peer_name(struct sock *s, struct pending *p)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int rc = stack_ops->address(&s->um, true, &address, &len);

	if (rc < 0)
		return rc == -EOPNOTSUPP ? rc : -ENOTCONN;
	if (len < p->call.arg[3].room)
		return -EINVAL;
	return option_put(p, &address, len);
}

static int64_t option_get_own(struct sock *s, struct pending *p)
{
	int value;

	switch (p->call.arg[2].value) {
	case SO_ERROR:
		/* Without A, the kernel's own record says it, and says it once. */
		if (p->call.fd < 0 && s->error_shown && s->error == ECONNRESET)
			return UM_CONTINUE;
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
	case SO_PEERNAME:
		return option_peer_name(s, p);
	case SO_ACCEPTCONN:
		value = s->state == STATE_LISTENING;
		break;
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

	if (level == SOL_SOCKET && !option_is_engine(name) && !option_is_local(s, name))
		return option_get_own(s, p);
	value = calloc(1, len + sizeof(uint64_t));
	if (!value)
		return -ENOMEM;
	if (a->in)
		memcpy(value, a->in, a->in_len < len ? a->in_len : len);
	if (level != SOL_SOCKET || option_is_engine(name))
		rc = stack_ops->getsockopt(&s->um, level, name, value, &len);
	else
		rc = option_of_stranger(false, name, value, &len);
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
	if (option_is_filter(s, name))
		return -ENOPROTOOPT;
	if (option_is_local(s, name)) {
		socklen_t len = a->in ? a->in_len : 0;

		return option_of_stranger(true, name, a->in, &len);
	}
	if ((name == SO_BROADCAST || name == SO_KEEPALIVE) && a->in)
		stack_ops->setsockopt(&s->um, level, name, a->in, a->in_len);
	if (name == SO_LINGER && a->in && a->in_len >= sizeof(linger)) {
		memcpy(&linger, a->in, sizeof(linger));
		s->linger_zero = linger.l_onoff && !linger.l_linger;
	}
	return UM_CONTINUE;
}
