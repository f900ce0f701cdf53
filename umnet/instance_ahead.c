/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance_ahead.c - calls that need not wait for the stack (see wire.h). */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "instance_private.h"
#include "um_module.h"
#include "util.h"

void instance_spares(struct instance *in, struct wire_message *m)
{
	in->spare_families = m->head.value;
	for (unsigned i = 0; i < WIRE_FDS; i++)
		ahead_put(&in->ahead, wire_sock(m, i), 0, &m->fds[i]);
}

uint64_t instance_untold(struct instance *in, uint64_t sock)
{
	for (unsigned i = 0; i < UNTOLD_MAX; i++)
		if (in->untold[i].value && in->untold[i].sock == sock)
			return take_number(in->untold[i].value);
	return 0;
}

void instance_note_untold(struct instance *in, uint64_t sock, uint64_t value)
{
	struct untold *u;

	if (!value)
		return;
	u = &in->untold[in->untold_next++ % UNTOLD_MAX];
	if (u->value)
		instance_send_value(in, WIRE_ADOPT, 0, u->sock, u->value, -1);
	*u = (struct untold){ sock, value };
}

bool instance_blocks(const struct um_call *c)
{
	int option = c->op == UM_CONNECT ? SO_SNDTIMEO : SO_RCVTIMEO;
	struct timeval limit;
	socklen_t len = sizeof(limit);
	int flags;

	if ((c->op != UM_CONNECT && c->op != UM_ACCEPT) || c->fd < 0 ||
	    WIRE_SOCK_KIND(c->sock) != WIRE_SOCK_STREAM)
		return false;
	flags = fcntl(c->fd, F_GETFL);
	return flags >= 0 && !(flags & O_NONBLOCK) &&
	       getsockopt(c->fd, SOL_SOCKET, option, &limit, &len) == 0 &&
	       !limit.tv_sec && !limit.tv_usec;
}

static unsigned marks_read(int fd, unsigned marks)
{
	char bytes[64];
	ssize_t n = recv(fd, bytes, marks < sizeof(bytes) ? marks : sizeof(bytes), MSG_DONTWAIT);

	return n > 0 ? n : 0;
}

unsigned instance_read_marks(struct um_call *c, unsigned marks)
{
	autoclose int fd = marks ? um_descriptor(c) : -1;
	unsigned done = 0, n;

	while (fd >= 0 && done < marks && (n = marks_read(fd, marks - done)))
		done += n;
	return done;
}

/* Gives the connection (consumed) to an accept that has just been asked, or (tag) was. */
static void accept_finish(struct instance *in, struct um_call *c, struct ready *r,
		uint64_t tag, unsigned marks)
{
	if (c->arg[3].value & SOCK_NONBLOCK)
		fcntl(r->fd, F_SETFL, O_NONBLOCK);
	um_put(c, 1, r->address, r->address_len);
	instance_send_value(in, WIRE_TAKEN, tag, r->sock, marks, -1);
	um_done_fd(c, take_fd(&r->fd), name_of(in, r->sock));
	ready_free(r);
}

/* The accept at the stack, for this listener, that was asked first; its tag. */
static bool accept_waiting(const struct instance *in, uint64_t listener, uint64_t *tag)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < in->slot_count; i++) {
		const struct slot *slot = &in->slots[i];

		if (!slot->call || slot->call->op != UM_ACCEPT || slot->call->sock != listener ||
		    slot->number >= first)
			continue;
		first = slot->number;
		*tag = (uint64_t)slot->generation << 32 | i;
	}
	return first != UINT64_MAX;
}

void instance_gone(struct instance *in, const struct wire_message *m)
{
	uint64_t sock;

	for (unsigned i = 0; (sock = wire_sock(m, i)); i++) {
		um_forget(name_of(in, sock));
		instance_untold(in, sock);
		ahead_gone(&in->ahead, sock);
	}
}

void instance_incoming(struct instance *in, struct wire_message *m)
{
	uint64_t tag, listener = m->head.value;
	struct um_call *c;
	struct ready *r;
	bool blocks;

	r = ahead_put(&in->ahead, m->head.sock, listener, &m->fds[0]);
	if (!r)
		return;
	r->address = take_pointer(m->call.arg[0].in);
	r->address_len = m->call.arg[0].in_len;
	if (!accept_waiting(in, listener, &tag))
		return;
	r = ahead_take(&in->ahead, listener);
	if (!r)
		return;
	blocks = in->slots[(uint32_t)tag].blocks;
	c = slot_release(in, tag);
	accept_finish(in, c, r, tag, blocks ? instance_read_marks(c, 1) : 0);
}

/* A spare can be that socket.  False: the stack must be asked. */
static bool socket_adopt(struct instance *in, struct um_call *c)
{
	int64_t domain = c->arg[0].value, type = c->arg[1].value, protocol = c->arg[2].value;
	bool nonblock = type & SOCK_NONBLOCK;
	struct ready *r;

	if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
	    (protocol && protocol != IPPROTO_TCP) || domain < 0 || domain > 63 ||
	    !(in->spare_families & UINT64_C(1) << domain))
		return false;
	r = ahead_take(&in->ahead, 0);
	if (!r)
		return false;
	if (nonblock)
		fcntl(r->fd, F_SETFL, O_NONBLOCK);
	instance_note_untold(in, r->sock, WIRE_ADOPT_VALUE(domain, protocol, nonblock));
	um_done_fd(c, take_fd(&r->fd), name_of(in, r->sock));
	ready_free(r);
	return true;
}

static bool connection_accept(struct instance *in, struct um_call *c)
{
	struct ready *r;

	if (c->fd < 0 || c->arg[3].value & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return false;
	r = ahead_take(&in->ahead, c->sock);
	if (!r)
		return false;
	accept_finish(in, c, r, WIRE_NO_TAG, marks_read(c->fd, 1));
	return true;
}

/* One that cannot fail. */
static bool option_is_safe(const struct instance *in, const struct um_call *c)
{
	return c->arg[1].value == IPPROTO_TCP && c->arg[2].value == TCP_NODELAY &&
	       c->arg[3].in && c->arg[3].in_len >= sizeof(int) && in->spare_families &&
	       WIRE_SOCK_KIND(c->sock) == WIRE_SOCK_STREAM && !in->queue;
}

/* The stack is told, and need not answer. */
static bool option_set(struct instance *in, struct um_call *c)
{
	struct um_call unseen = *c;
	uint64_t adopt;

	if (!option_is_safe(in, c))
		return false;
	unseen.fd = -1;
	adopt = instance_untold(in, c->sock);
	if (wire_send_call(in->control, WIRE_NO_TAG, &unseen, 0, adopt) == 0)
		return true;
	instance_note_untold(in, c->sock, adopt);
	return false;
}

int64_t instance_call_ahead(struct instance *in, struct um_call *c)
{
	switch (c->op) {
	case UM_SOCKET:
		if (in->sockets_asked < AHEAD_AFTER && ++in->sockets_asked == AHEAD_AFTER)
			instance_send_value(in, WIRE_AHEAD, 0, 0, 0, -1);
		return socket_adopt(in, c) ? UM_TAKEN : UM_CONTINUE;
	case UM_ACCEPT:
		return connection_accept(in, c) ? UM_TAKEN : UM_CONTINUE;
	case UM_SETSOCKOPT:
		return option_set(in, c) ? 0 : UM_CONTINUE;
	default:
		return UM_CONTINUE;
	}
}
