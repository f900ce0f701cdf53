/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_control.c - the control socket: calls come in, answers go out.
 *
 * An answer that the socket has no room for waits in `outbox`; there are never
 * more of those than calls under way.  That sockets are gone is told when there is
 * nothing else to do, or when there are many of them: an inode's number does not come
 * again soon.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"
#include "wire.h"

#define MESSAGES_A_ROUND	64
#define GONE_A_MESSAGE		32

static int control = -1;
static struct pending_list outbox = TAILQ_HEAD_INITIALIZER(outbox);
static struct { uint64_t *ids; unsigned count, room; } gone;

static int64_t (*const operations[])(struct sock *s, struct pending *p) = {
	[UM_SOCKET] = call_socket,
	[UM_BIND] = call_bind,
	[UM_CONNECT] = call_connect,
	[UM_LISTEN] = call_listen,
	[UM_ACCEPT] = call_accept,
	[UM_GETSOCKNAME] = call_getsockname,
	[UM_GETPEERNAME] = call_getpeername,
	[UM_SENDTO] = call_sendto,
	[UM_RECVFROM] = call_recvfrom,
	[UM_SETSOCKOPT] = call_setsockopt,
	[UM_GETSOCKOPT] = call_getsockopt,
	[UM_SHUTDOWN] = call_shutdown,
	[UM_IOCTL] = call_ioctl,
	[UM_FILE] = call_file,
};

static int pending_send(struct pending *p)
{
	int rc;

	if (p->tag == WIRE_NO_TAG)
		return 0;
	rc = wire_send_answer(control, p->tag, p->rc, &p->call, p->fd, p->id, p->marks);
	if (rc == 0 || rc == -EAGAIN || p->fd < 0)
		return rc;
	/* The descriptor cannot travel: say so; closing
	   it releases the socket. */
	return wire_send_answer(control, p->tag, rc, &p->call, -1, 0, p->marks);
}

static void pending_free(struct pending *p)
{
	if (p->fd >= 0)
		close(p->fd);
	call_clear(&p->call);
	free(p);
}

static void control_event(void *arg, uint32_t events);

static void control_watch(void)
{
	uint32_t events = EPOLLIN;

	if (!TAILQ_EMPTY(&outbox) || gone.count > GONE_A_MESSAGE)
		events |= EPOLLOUT;
	loop_watch(control, events, control_event, NULL);
}

void control_answer(struct pending *p)
{
	if (TAILQ_EMPTY(&outbox) && pending_send(p) != -EAGAIN) {
		pending_free(p);
		return;
	}
	TAILQ_INSERT_TAIL(&outbox, p, next);
	control_watch();
}

void control_tell_gone(void)
{
	while (gone.count) {
		unsigned n = gone.count < GONE_A_MESSAGE ? gone.count : GONE_A_MESSAGE;

		if (wire_send_socks(control, WIRE_GONE, 0, gone.ids + gone.count - n, n,
				NULL) == -EAGAIN) {
			control_watch();
			return;
		}
		gone.count -= n;
	}
}

void control_gone(uint64_t id)
{
	if (gone.count == gone.room) {
		gone.room = gone.room ? gone.room * 2 : 2 * GONE_A_MESSAGE;
		gone.ids = xrealloc(gone.ids, gone.room, sizeof(*gone.ids));
	}
	gone.ids[gone.count++] = id;
	if (gone.count % GONE_A_MESSAGE == 0)
		control_tell_gone();
}

int control_give_spares(uint64_t families, const uint64_t *ids, unsigned n, const int *guests)
{
	return wire_send_socks(control, WIRE_SPARE, families, ids, n, guests);
}

int control_give_connection(uint64_t id, uint64_t listener, const void *address, size_t len,
		int guest)
{
	/* It may not overtake the answer to an accept that waited. */
	if (!TAILQ_EMPTY(&outbox))
		return -EAGAIN;
	return wire_send_incoming(control, id, listener, address, len, guest);
}

static void control_flush(void)
{
	struct pending *p;

	while ((p = TAILQ_FIRST(&outbox))) {
		if (pending_send(p) == -EAGAIN)
			return;
		TAILQ_REMOVE(&outbox, p, next);
		pending_free(p);
	}
	control_tell_gone();
	control_watch();
}

/* What is closed, but not known to be, may have the port. */
static int64_t control_run(struct sock *s, struct pending *p)
{
	uint32_t op = p->call.op;
	int64_t rc = operations[op](s, p);

	if (rc != -EADDRINUSE || (op != UM_BIND && op != UM_LISTEN) || !end_look_now(s))
		return rc;
	sock_run_all();
	s = sock_find(p->call.sock);
	return s ? operations[op](s, p) : -EBADF;
}

/* Takes the call out of m, but for the descriptor. */
static void control_call(struct wire_message *m)
{
	struct pending *p = xcalloc(1, sizeof(*p));
	uint32_t op = m->call.op;
	struct sock *s;
	int64_t rc;

	loop_expect();
	/* What was closed before this call has given back its port. */
	if (op == UM_BIND)
		sock_run_all();
	s = m->call.sock ? sock_find(m->call.sock) : NULL;
	if (s && m->head.rc && ahead_adopt(s, m->head.rc) < 0)
		s = NULL;
	if (s && s->spare)
		s = NULL;
	p->blocks = m->head.value & WIRE_BLOCKS;
	if (s && m->fds[0] < 0 && !m->cut)
		m->fds[0] = m->call.fd = end_copy(s);
	p->tag = m->head.tag;
	p->call = m->call;
	p->fd = -1;
	m->call = (struct um_call){ .fd = -1 };
	if (m->cut)
		rc = -ENFILE;	/* without the guest's end it cannot be done right */
	else if (op >= ARRAY_SIZE(operations) || !operations[op])
		rc = -ENOSYS;
	else if (!s && op != UM_SOCKET && op != UM_FILE && (op != UM_IOCTL || m->head.sock))
		rc = -EBADF;
	else
		rc = control_run(s, p);
	if (rc == UM_TAKEN)
		p->call.fd = -1;
	else
		pending_answer(p, rc);
}

/* An accepted connection goes back; any other socket dies with its only copy. */
static void control_undo(struct wire_message *m)
{
	struct sock *s = sock_find(m->head.sock);

	if (s && m->fds[0] >= 0)
		listener_undo(s, take_fd(&m->fds[0]));
}

/* Of what was given ahead. */
static void control_ahead(const struct wire_message *m)
{
	struct sock *s = sock_find(m->head.sock);

	loop_expect();
	if (m->head.kind == WIRE_AHEAD)
		ahead_start();
	else if (s && m->head.kind == WIRE_ADOPT)
		ahead_adopt(s, m->head.value);
	else if (m->head.kind == WIRE_TAKEN)
		listener_taken(s, m->head.value, m->head.tag);
}

static void control_receive(void)
{
	for (int i = 0; i < MESSAGES_A_ROUND; i++) {
		struct wire_message m;
		int rc = wire_receive(control, &m);

		if (rc == -EAGAIN)
			return;
		if (rc == -EPROTO || rc == -ENOMEM) {
			um_stack_warn("a message from the monitor is wrong: it is ignored");
			continue;
		}
		if (rc <= 0) {
			if (rc != -EINTR)
				loop_stop();
			return;
		}
		if (m.head.kind == WIRE_CALL)
			control_call(&m);
		else if (m.head.kind == WIRE_INTERRUPT)
			pending_interrupt(m.head.tag);
		else if (m.head.kind == WIRE_UNDO)
			control_undo(&m);
		else if (m.head.kind >= WIRE_AHEAD && m.head.kind <= WIRE_TAKEN)
			control_ahead(&m);
		wire_clear(&m);
	}
}

static void control_event(void *arg, uint32_t events)
{
	if (events & EPOLLOUT)
		control_flush();
	if (events & ~EPOLLOUT)
		control_receive();
}

int control_open(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET)
		return -ENOTSOCK;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	control = fd;
	return loop_watch(control, EPOLLIN, control_event, NULL);
}
