/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_listener.c - listen(2), accept(2), and connections in between.
 *
 * A connection gets its carrier when it is accepted; until then its data stays in the engine.
 * An accept that waits is answered from the work list: the engine is still busy with the
 * new connection when it announces it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"

#define BACKLOG	4096

/* One byte in A for each connection that waits: a new one makes a new edge. */
static void listener_mark(struct sock *s, int fd)
{
	uint8_t bytes[256];

	while (fd >= 0 && s->listener.marks > s->listener.count) {
		size_t n = s->listener.marks - s->listener.count;
		ssize_t got = recv(fd, bytes, n < sizeof(bytes) ? n : sizeof(bytes), MSG_DONTWAIT);

		if (got <= 0) {		/* a guest that reads its listener */
			s->listener.marks = 0;
			break;
		}
		s->listener.marks -= got;
	}
	while (s->listener.marks < s->listener.count &&
	       send(s->fd, bytes, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		s->listener.marks++;
}

int64_t call_listen(struct sock *s, struct pending *p)
{
	int64_t backlog = p->call.arg[1].value;
	int rc;

	if (!sock_is_stream(s))
		return -EOPNOTSUPP;
	if (s->state != STATE_FRESH && s->state != STATE_LISTENING)
		return -EINVAL;
	backlog = backlog < 0 || backlog > BACKLOG ? BACKLOG : backlog ? backlog : 1;
	rc = stack_ops->listen(&s->um, backlog);
	if (rc < 0)
		return rc;
	s->listener.backlog = backlog;
	s->state = STATE_LISTENING;
	inherit_read(s, p->call.fd);
	carrier_plug(s, p->call.fd);
	return 0;
}

bool um_sock_backlog_free(const struct um_sock *um)
{
	const struct sock *s = sock_of(um);

	return s->state == STATE_LISTENING && s->listener.count < s->listener.backlog;
}

static void listener_queue(struct sock *s, struct sock *connection, bool first)
{
	connection->listener.parent = s;
	if (first)
		TAILQ_INSERT_HEAD(&s->listener.queue, connection, listener.next);
	else
		TAILQ_INSERT_TAIL(&s->listener.queue, connection, listener.next);
	s->listener.count++;
	if (!pending_first(s, UM_ACCEPT))
		listener_mark(s, -1);
	else
		sock_work(s);
}

struct um_sock *um_sock_incoming(struct um_sock *listener, void *engine)
{
	struct sock *s = sock_of(listener), *connection;

	if (!um_sock_backlog_free(listener))
		return NULL;
	connection = sock_new(s->um.domain, s->um.type, s->um.protocol);
	if (!connection)
		return NULL;
	connection->um.engine = engine;
	connection->state = STATE_CONNECTED;
	connection->listener.parent_id = s->id;
	listener_queue(s, connection, false);
	return &connection->um;
}

/* The connection has its carrier: what came before may go into it. */
static void connection_open(struct sock *s)
{
	if (s->error) {
		carrier_reset(s, s->error);
		return;
	}
	stack_ops->drain(&s->um);
	if (s->eof && s->fd >= 0)
		shutdown(s->fd, SHUT_WR);
}

/* Gives the first connection to p; its result. */
static int64_t listener_accept(struct sock *s, struct pending *p)
{
	struct sock *connection = TAILQ_FIRST(&s->listener.queue);
	bool nonblock = p->call.arg[3].value & SOCK_NONBLOCK;
	bool known = connection->listener.guest >= 0;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int guest, rc;

	if (known) {
		guest = take_fd(&connection->listener.guest);
		fcntl(guest, F_SETFL, nonblock ? O_NONBLOCK : 0);
	} else {
		rc = carrier_open(connection, nonblock, &guest);
		if (rc < 0)
			return rc;
		inherit_set(s, connection, guest);
	}
	p->fd = guest;
	p->id = connection->id;
	TAILQ_REMOVE(&s->listener.queue, connection, listener.next);
	connection->listener.parent = NULL;
	s->listener.count--;
	if (stack_ops->address(&connection->um, true, &address, &len) < 0)
		len = 0;
	um_put(&p->call, 1, &address, len);
	if (!known)
		connection_open(connection);
	return 0;
}

int64_t call_accept(struct sock *s, struct pending *p)
{
	int64_t rc;

	if (!sock_is_stream(s))
		return -EOPNOTSUPP;
	if (s->state != STATE_LISTENING)
		return -EINVAL;
	if (p->call.arg[3].value & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (s->listener.count) {
		rc = listener_accept(s, p);
		listener_mark(s, p->call.fd);
		return rc;
	}
	listener_mark(s, p->call.fd);
	if (sock_is_nonblock(s, p->call.fd))
		return -EAGAIN;
	return pending_wait(p, s, sock_timeout(p->call.fd, SO_RCVTIMEO), -EAGAIN);
}

void listener_run(struct sock *s)
{
	struct pending *p;

	if (s->hup & EPOLLHUP && carrier_closed(s)) {
		sock_release(s, false);
		return;
	}
	while (s->listener.count && (p = pending_first(s, UM_ACCEPT))) {
		int64_t rc = listener_accept(s, p);

		pending_answer(p, rc);
	}
	listener_mark(s, -1);
}

void listener_clear(struct sock *s)
{
	struct sock *connection;

	while ((connection = TAILQ_FIRST(&s->listener.queue))) {
		bool known = connection->fd >= 0 || connection->listener.guest >= 0;

		TAILQ_REMOVE(&s->listener.queue, connection, listener.next);
		connection->listener.parent = NULL;
		if (known) {
			sock_release(connection, true);
			continue;
		}
		stack_ops->release(&connection->um, true);
		sock_free(connection);
	}
	s->listener.count = 0;
}

void listener_stop(struct sock *s, int fd)
{
	listener_clear(s);
	listener_mark(s, fd);
	s->state = STATE_FRESH;
	carrier_unplug(s);
	stack_ops->shutdown(&s->um, SHUT_RD);
	pending_answer_all(s, UM_ACCEPT, -EINVAL);
}

void listener_undo(struct sock *s, int guest)
{
	struct sock *parent = sock_find(s->listener.parent_id);

	if (s->listener.parent || !parent || parent->state != STATE_LISTENING) {
		close(guest);	/* the hangup does the rest */
		return;
	}
	s->listener.guest = guest;
	listener_queue(parent, s, true);
}
