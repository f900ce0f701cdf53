/* SPDX-License-Identifier: GPL-2.0-or-later */
/* toy_stack.c - the engine: STREAM sockets and datagrams between ports of one process. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "toy_stack.h"
#include "util.h"

#define ROOM	(512 * 1024)

struct toy {
	TAILQ_ENTRY(toy) next;
	struct um_sock	*s;		/* NULL: the guest closed it */
	uint16_t	port, peer_port;
	bool		listening, connecting;
	uint64_t	due;		/* when connecting ends */
	struct toy	*peer;
	uint8_t		*inbox;		/* ROOM, for the guest */
	size_t		inbox_at, inbox_len;
	bool		fin, fin_told;	/* the peer has no more */
	bool		blocked;	/* the peer was told there is no room */
};

static TAILQ_HEAD(, toy) toys = TAILQ_HEAD_INITIALIZER(toys);
static uint16_t next_port = 20000;

static struct toy *toy_of(const struct um_sock *s)
{
	return s->engine;
}

static struct toy *toy_new(void)
{
	struct toy *t = xcalloc(1, sizeof(*t));

	TAILQ_INSERT_TAIL(&toys, t, next);
	return t;
}

static void toy_free(struct toy *t)
{
	TAILQ_REMOVE(&toys, t, next);
	if (t->peer)
		t->peer->peer = NULL;
	free(t->inbox);
	free(t);
}

static struct toy *toy_at(uint16_t port, int type)
{
	struct toy *t;

	TAILQ_FOREACH(t, &toys, next)
		if (t->s && t->port == port && t->s->type == type &&
		    (type != SOCK_STREAM || t->listening))
			return t;
	return NULL;
}

static uint16_t port_of(const struct sockaddr *a)
{
	return ntohs(((const struct sockaddr_in *)a)->sin_port);
}

static struct sockaddr_in address_of(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int engine_init(const char *source, const char *target, const char *options,
		char *error, size_t size)
{
	if (strcmp(options, "fail"))
		return 0;
	snprintf(error, size, "told to fail");
	return -ENODEV;
}

static int engine_socket(struct um_sock *s)
{
	if (s->protocol == 99)
		return -EPROTONOSUPPORT;
	s->engine = toy_new();
	toy_of(s)->s = s;
	return 0;
}

static void engine_drain(struct um_sock *s);

/* The peer learns it: data first, then the end. */
static void toy_finish(struct toy *peer, bool abort)
{
	if (!peer || !peer->s)
		return;
	if (abort) {
		um_sock_error(peer->s, -ECONNRESET);
		return;
	}
	peer->fin = true;
	if (peer->inbox_at == peer->inbox_len && !peer->fin_told) {
		peer->fin_told = true;
		um_sock_eof(peer->s);
	}
}

static void engine_release(struct um_sock *s, bool abort)
{
	struct toy *t = toy_of(s);

	if (s->type == SOCK_STREAM)
		toy_finish(t->peer, abort || t->inbox_at < t->inbox_len);
	toy_free(t);
}

static int engine_bind(struct um_sock *s, const struct sockaddr *a, socklen_t len, bool reuse)
{
	if (len < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (toy_at(port_of(a), s->type) && !reuse)
		return -EADDRINUSE;
	toy_of(s)->port = port_of(a);
	return 0;
}

static void toy_bind_any(struct toy *t)
{
	if (!t->port)
		t->port = next_port++;
}

static int engine_connect(struct um_sock *s, const struct sockaddr *a, socklen_t len)
{
	struct toy *t = toy_of(s);

	if (a->sa_family == AF_UNSPEC) {
		t->peer_port = 0;
		return 0;
	}
	if (len < sizeof(struct sockaddr_in))
		return -EINVAL;
	toy_bind_any(t);
	t->peer_port = port_of(a);
	if (s->type != SOCK_STREAM)
		return 0;
	t->connecting = true;
	t->due = um_stack_now();
	if (t->peer_port > TOY_LATE && t->peer_port < 2 * TOY_LATE) {
		t->due += 50;
		t->peer_port -= TOY_LATE;
	}
	return -EINPROGRESS;
}

/* A connection attempt ends. */
static void toy_establish(struct toy *t)
{
	struct toy *listener = toy_at(t->peer_port, SOCK_STREAM), *other;

	t->connecting = false;
	if (!listener) {
		um_sock_connected(t->s, -ECONNREFUSED);
		return;
	}
	other = toy_new();
	other->s = um_sock_incoming(listener->s, other);
	if (!other->s) {
		toy_free(other);
		um_sock_connected(t->s, -ETIMEDOUT);
		return;
	}
	other->port = listener->port;
	other->peer_port = t->port;
	other->peer = t;
	t->peer = other;
	um_sock_connected(t->s, 0);
}

static int engine_poll(void)
{
	struct toy *t, *after;
	int wait = -1;

	for (t = TAILQ_FIRST(&toys); t; t = after) {
		after = TAILQ_NEXT(t, next);
		if (!t->connecting || t->peer_port == TOY_SILENT)
			continue;
		if (t->due > um_stack_now())
			wait = 10;
		else
			toy_establish(t);
	}
	return wait;
}

static int engine_listen(struct um_sock *s, int backlog)
{
	toy_bind_any(toy_of(s));
	toy_of(s)->listening = true;
	return 0;
}

static int engine_address(struct um_sock *s, bool peer, struct sockaddr_storage *a, socklen_t *len)
{
	struct toy *t = toy_of(s);
	struct sockaddr_in in = address_of(peer ? t->peer_port : t->port);

	if (peer && !t->peer_port)
		return -ENOTCONN;
	memcpy(a, &in, sizeof(in));
	*len = sizeof(in);
	return 0;
}

static size_t engine_room(struct um_sock *s)
{
	struct toy *peer = toy_of(s)->peer;

	if (!peer)
		return ROOM;	/* into the void */
	if (peer->inbox_len == peer->inbox_at)
		peer->inbox_len = peer->inbox_at = 0;
	peer->blocked = peer->inbox_len == ROOM;
	return ROOM - peer->inbox_len;
}

static ssize_t toy_send_stream(struct toy *t, const void *data, size_t len)
{
	struct toy *peer = t->peer;
	struct iovec iov = { (void *)data, len };
	size_t n = 0;

	if (!peer || !peer->s)
		return len;
	if (peer->inbox_at == peer->inbox_len)
		n = um_sock_deliver(peer->s, &iov, 1);
	if (n == len)
		return len;
	if (!peer->inbox)
		peer->inbox = xcalloc(1, ROOM);
	memcpy(peer->inbox + peer->inbox_len, (const uint8_t *)data + n, len - n);
	peer->inbox_len += len - n;
	return len;
}

static ssize_t toy_send_message(struct toy *t, const void *data, size_t len,
		const struct um_envelope *to)
{
	bool named = to->name && to->name_len >= sizeof(struct sockaddr_in);
	uint16_t port = named ? port_of(to->name) : t->peer_port;
	struct iovec iov = { (void *)data, len };
	struct sockaddr_in from;
	struct toy *other;

	if (!port)
		return -EDESTADDRREQ;
	toy_bind_any(t);
	from = address_of(t->port);
	other = toy_at(port, t->s->type);
	if (other && (!other->peer_port || other->peer_port == t->port))
		um_sock_deliver_message(other->s, &iov, 1, &(struct um_envelope){
				.name = &from, .name_len = sizeof(from) });
	else if (t->peer_port == port)
		um_sock_error(t->s, -ECONNREFUSED);
	return len;
}

static ssize_t engine_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct iovec iov = { (void *)data, len };

	if (s->domain == AF_NETLINK) {	/* an echo */
		int rc = um_sock_deliver_message(s, &iov, 1, &(struct um_envelope){ 0 });

		return rc < 0 ? rc : (ssize_t)len;
	}
	if (s->type == SOCK_STREAM)
		return toy_send_stream(toy_of(s), data, len);
	return toy_send_message(toy_of(s), data, len, to);
}

static void engine_drain(struct um_sock *s)
{
	struct toy *t = toy_of(s);

	while (t->inbox_at < t->inbox_len) {
		struct iovec iov = { t->inbox + t->inbox_at, t->inbox_len - t->inbox_at };
		size_t n = um_sock_deliver(s, &iov, 1);

		t->inbox_at += n;
		if (n < iov.iov_len)
			return;
	}
	if (t->blocked && t->peer && t->peer->s) {
		t->blocked = false;
		um_sock_writable(t->peer->s);
	}
	if (t->fin && !t->fin_told) {
		t->fin_told = true;
		um_sock_eof(s);
	}
}

static int engine_shutdown(struct um_sock *s, int how)
{
	struct toy *t = toy_of(s);

	if (t->listening)
		t->listening = false;
	else if (how == SHUT_WR)
		toy_finish(t->peer, false);
	return 0;
}

static int engine_setsockopt(struct um_sock *s, int level, int name, const void *value,
		socklen_t len)
{
	static uint8_t bytes[1000];
	struct iovec iov = { bytes, sizeof(bytes) };
	int n = 0, i;

	if (level != TOY_LEVEL || len != sizeof(n))
		return -ENOPROTOOPT;
	memcpy(&n, value, sizeof(n));
	if (name == TOY_ERROR)
		um_sock_error(s, -n);
	for (i = 0; name == TOY_FLOOD && i < n; i++) {
		memcpy(bytes, &i, sizeof(i));
		if (um_sock_deliver_message(s, &iov, 1, &(struct um_envelope){ 0 }) < 0)
			break;
	}
	return name == TOY_FLOOD ? i : 0;
}

static int engine_getsockopt(struct um_sock *s, int level, int name, void *value, socklen_t *len)
{
	int answer = 77;

	if (level != TOY_LEVEL || *len < sizeof(answer))
		return -ENOPROTOOPT;
	memcpy(value, &answer, sizeof(answer));
	*len = sizeof(answer);
	return 0;
}

static int engine_ioctl(struct um_sock *s, unsigned long request, void *arg, size_t *len)
{
	return -ENOTTY;
}

const struct um_stack_ops toy_ops = {
	.api = UM_STACK_API, .size = sizeof(struct um_stack_ops), .name = "toy",
	.families = 1ULL << AF_INET | 1ULL << AF_NETLINK,
	.init = engine_init, .poll = engine_poll, .socket = engine_socket,
	.release = engine_release, .bind = engine_bind, .connect = engine_connect,
	.listen = engine_listen, .address = engine_address, .send = engine_send,
	.room = engine_room, .drain = engine_drain, .shutdown = engine_shutdown,
	.setsockopt = engine_setsockopt, .getsockopt = engine_getsockopt, .ioctl = engine_ioctl,
};
