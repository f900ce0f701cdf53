/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_listener.c - listen(2), accept(2), and connections in between.
 *
 * A connection gets its carrier when it is accepted or given ahead; until then its data
 * stays in the engine.  An accept that waits is answered from the work list: the engine is
 * still busy with the new connection when it announces it.
 *
 * If no accept waits, the monitor gets the connection ahead (see wire.h) and answers the next
 * one by itself.  It stays in the queue until the monitor says that it was taken.  An accept
 * that comes here meanwhile has crossed it, and is promised it: there is nothing to do but
 * to wait for the monitor's word.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"

#define BACKLOG	4096

/* One byte in A for each connection that an accept can have: a new one makes a new edge. */
static void listener_mark(struct sock *s, int fd)
{
	unsigned count = s->listener.count - s->listener.unmarked;
	uint8_t bytes[256];

	while (fd >= 0 && s->listener.marks > count) {
		size_t n = s->listener.marks - count;
		ssize_t got = recv(fd, bytes, n < sizeof(bytes) ? n : sizeof(bytes), MSG_DONTWAIT);

		if (got <= 0) {		/* a guest that reads its listener */
			s->listener.marks = 0;
			break;
		}
		s->listener.marks -= got;
	}
	while (s->listener.marks < count &&
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

/* The first that was not given ahead, or NULL. */
static struct sock *listener_first(const struct sock *s)
{
	struct sock *connection;

	TAILQ_FOREACH(connection, &s->listener.queue, listener.next)
		if (!connection->listener.given)
			break;
	return connection;
}

/* The first accept that was not promised a connection, or NULL. */
static struct pending *listener_waiter(const struct sock *s)
{
	struct pending *p;

	TAILQ_FOREACH(p, &s->waiting, by_sock)
		if (p->call.op == UM_ACCEPT && !p->promised)
			break;
	return p;
}

static void listener_queue(struct sock *s, struct sock *connection, bool first)
{
	connection->listener.parent = s;
	if (first)
		TAILQ_INSERT_HEAD(&s->listener.queue, connection, listener.next);
	else
		TAILQ_INSERT_TAIL(&s->listener.queue, connection, listener.next);
	s->listener.count++;
	if (listener_waiter(s) || ahead_room(s))
		sock_work(s);
	else
		listener_mark(s, -1);
}

/* A promise that cannot be kept. */
static void listener_break_promise(struct sock *s)
{
	struct pending *p;

	TAILQ_FOREACH(p, &s->waiting, by_sock)
		if (p->promised) {
			pending_answer(p, -ECONNABORTED);
			return;
		}
}

void listener_leave(struct sock *s)
{
	struct sock *parent = s->listener.parent;

	if (!parent)
		return;
	ahead_leave(s);
	TAILQ_REMOVE(&parent->listener.queue, s, listener.next);
	s->listener.parent = NULL;
	parent->listener.count--;
	if (parent->listener.promised > parent->listener.under_way)
		listener_break_promise(parent);
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

/* Makes its carrier; A is in listener.guest. */
static int connection_carry(struct sock *connection, bool nonblock)
{
	int rc = carrier_open(connection, nonblock, &connection->listener.guest);

	if (rc == 0)
		inherit_set(connection->listener.parent, connection, connection->listener.guest);
	return rc;
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

/* Gives the connection to p; its result. */
static int64_t listener_accept(struct sock *connection, struct pending *p)
{
	bool nonblock = p->call.arg[3].value & SOCK_NONBLOCK;
	bool known = connection->listener.guest >= 0;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int rc = known ? 0 : connection_carry(connection, nonblock);

	if (rc < 0)
		return rc;
	p->fd = take_fd(&connection->listener.guest);
	if (known)
		fcntl(p->fd, F_SETFL, nonblock ? O_NONBLOCK : 0);
	p->id = connection->id;
	listener_leave(connection);
	if (stack_ops->address(&connection->um, true, &address, &len) < 0)
		len = 0;
	um_put(&p->call, 1, &address, len);
	if (!known)
		connection_open(connection);
	return 0;
}

/* Connections to accepts that wait, first come, first served: only what is left is marked. */
static void listener_serve(struct sock *s)
{
	struct sock *connection;
	struct pending *p;

	while ((p = listener_waiter(s)) && (connection = listener_first(s))) {
		int64_t rc = listener_accept(connection, p);

		pending_answer(p, rc);
	}
}

/* Gives ahead what may be. */
static void listener_give(struct sock *s)
{
	struct sock *connection;

	while (ahead_room(s) && (connection = listener_first(s))) {
		bool known = connection->listener.guest >= 0;
		int rc = known ? 0 : connection_carry(connection, false);

		if (rc < 0)
			return;
		rc = ahead_give(s, connection);
		if (!known)
			connection_open(connection);
		if (rc < 0)
			return;
	}
}

/* After s lost a connection to p: who reads its mark? */
static void accept_mark(struct sock *s, struct pending *p)
{
	unsigned count = s->listener.count - s->listener.unmarked;

	listener_mark(s, p->call.fd);
	if (!p->blocks || s->listener.marks <= count)
		return;
	p->marks = s->listener.marks - count;
	s->listener.marks = count;
}

int64_t call_accept(struct sock *s, struct pending *p)
{
	struct sock *connection;
	int64_t rc;

	if (!sock_is_stream(s))
		return -EOPNOTSUPP;
	if (s->state != STATE_LISTENING)
		return -EINVAL;
	if (p->call.arg[3].value & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	listener_serve(s);
	if (s->listener.under_way > s->listener.promised) {
		p->promised = true;
		s->listener.promised++;
		s->listener.unmarked += !p->blocks;	/* else the monitor reads it */
		listener_mark(s, p->call.fd);
		return pending_wait(p, s, 0, -EAGAIN);
	}
	connection = listener_first(s);
	if (connection) {
		rc = listener_accept(connection, p);
		accept_mark(s, p);
		return rc;
	}
	listener_mark(s, p->call.fd);
	if (p->blocks)
		return pending_wait(p, s, 0, -EAGAIN);
	if (sock_is_nonblock(s, p->call.fd))
		return -EAGAIN;
	return pending_wait(p, s, sock_timeout(p->call.fd, SO_RCVTIMEO), -EAGAIN);
}

void listener_run(struct sock *s)
{
	if (s->hup & EPOLLHUP && carrier_closed(s)) {
		sock_release(s, false);
		return;
	}
	listener_serve(s);
	/* Before they are given: the mark of one that is accepted must be there. */
	listener_mark(s, -1);
	listener_give(s);
}

void listener_taken(struct sock *connection, unsigned marks, uint64_t tag)
{
	struct sock *s = connection ? connection->listener.parent : NULL;

	if (tag != WIRE_NO_TAG)
		pending_forget(tag);
	if (!s || !connection->listener.given)
		return;
	listener_leave(connection);
	s->listener.marks -= marks < s->listener.marks ? marks : s->listener.marks;
	sock_work(s);
}

void listener_clear(struct sock *s)
{
	struct sock *connection;

	while ((connection = TAILQ_FIRST(&s->listener.queue))) {
		bool known = connection->fd >= 0 || connection->listener.guest >= 0 ||
			connection->listener.given;

		listener_leave(connection);
		if (known) {
			sock_release(connection, true);
			continue;
		}
		stack_ops->release(&connection->um, true);
		sock_free(connection);
	}
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
	fcntl(guest, F_SETFL, 0);
	s->listener.guest = guest;
	listener_queue(parent, s, true);
}
