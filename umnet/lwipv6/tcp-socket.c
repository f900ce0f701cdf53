/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp-socket.c - what a guest asks of a TCP socket. */
#include <errno.h>
#include <stdlib.h>

#include "stream.h"
#include "util.h"

static struct stream *listeners;

struct stream *stream_new(struct um_sock *sock)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	endpoint_init(&s->e, &stream_kind, sock, &streams);
	s->local = sock && sock->domain == AF_INET ? address_any4 : address_any6;
	return s;
}

int tcp_endpoint_new(struct um_sock *sock)
{
	if (sock->protocol && sock->protocol != IPPROTO_TCP)
		return -EPROTONOSUPPORT;
	sock->engine = stream_new(sock);
	return sock->engine ? 0 : -ENOBUFS;
}

/* Would two sockets with one port and these addresses be in each other's way? */
static bool stream_overlap(const struct stream *s, const struct ip_addr *local,
		const struct stream *other)
{
	const struct ip_addr *a = local, *b = &other->local;
	bool a_only = s->e.options.v6only || address_is_v4(a) || !address_is_any(a);
	bool b_only = other->e.options.v6only || address_is_v4(b) || !address_is_any(b);

	if (address_is_v4(a) != address_is_v4(b) &&
	    !(!a_only && address_is_v4(b)) && !(!b_only && address_is_v4(a)))
		return false;
	return address_is_any(a) || address_is_any(b) || address_equal(a, b);
}

int stream_port_check(const struct stream *s, const struct ip_addr *local,
		uint16_t port, bool reuse)
{
	if (!stream_ports.used[port])
		return 0;
	for (struct endpoint *e = streams; e; e = e->next) {
		struct stream *other = (struct stream *)e;

		if (other == s || !other->port_taken || other->local_port != port ||
		    !stream_overlap(s, local, other))
			continue;
		if (s->e.options.device && other->e.options.device &&
		    s->e.options.device != other->e.options.device)
			continue;
		if (s->e.options.reuse_port && other->e.options.reuse_port)
			continue;
		/* An orphan is as good as TIME_WAIT. */
		if (!reuse || (!other->reuse && other->e.sock) ||
		    other->state == STREAM_LISTENING)
			return -EADDRINUSE;
	}
	return 0;
}

/* How exactly a listener is for a SYN to this address, or -1. */
static int stream_listener_score(const struct stream *s, const struct ip_addr *to,
		uint16_t port, int index)
{
	int score = 1;

	if (s->state != STREAM_LISTENING || s->local_port != port || !s->pcb)
		return -1;
	if (s->e.options.device && s->e.options.device != index)
		return -1;
	if (address_is_any(&s->local)) {
		if (address_is_v4(&s->local) == address_is_v4(to))
			score = 2;
		else if (address_is_v4(&s->local) || s->e.options.v6only)
			return -1;
	} else if (address_equal(&s->local, to)) {
		score = 4;
	} else {
		return -1;
	}
	return score + (s->e.options.device ? 8 : 0);
}

struct stream *stream_listener(const struct ip_addr *to, uint16_t port, int index,
		uint32_t hash)
{
	struct stream *best = NULL;
	int best_score = 0;
	unsigned equal = 0;	/* to the best, and willing to share the port with it */

	if (!stream_ports.used[port])
		return NULL;
	for (struct stream *s = listeners; s; s = s->listener_next) {
		int score = stream_listener_score(s, to, port, index);

		if (score > best_score) {
			best = s;
			best_score = score;
			equal = 1;
		} else if (score == best_score && best && s->e.options.reuse_port) {
			equal++;
		}
	}
	if (equal < 2 || !best->e.options.reuse_port)
		return best;
	equal = hash % equal;
	for (struct stream *s = best; s; s = s->listener_next)
		if (s->e.options.reuse_port &&
		    stream_listener_score(s, to, port, index) == best_score && !equal--)
			return s;
	return best;
}

static int stream_bind(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct stream *s = (struct stream *)e;
	struct ip_addr local;
	uint16_t port;
	int index, rc;

	if (s->port_taken || s->state != STREAM_IDLE)
		return -EINVAL;
	rc = address_from_sockaddr(e->sock->domain, a, len, &local, &port, &index);
	if (rc < 0)
		return rc;
	if (address_is_v4(&local) && e->sock->domain == AF_INET6 && e->options.v6only)
		return -EINVAL;
	if (!address_is_any(&local) && !address_is_local(&local))
		return -EADDRNOTAVAIL;
	if (port)
		rc = stream_port_check(s, &local, port, reuse);
	if (rc < 0)
		return rc;
	if (port)
		port_take(&stream_ports, port);
	else
		port = port_take_free(&stream_ports);
	if (!port)
		return -EADDRINUSE;
	s->local = local;
	s->local_port = port;
	s->port_taken = s->bound = true;
	s->reuse = reuse;
	s->index = index ? index : e->options.device;
	return 0;
}

/* A port of our own choice, if there is none yet. */
static int stream_take_port(struct stream *s)
{
	if (s->port_taken)
		return 0;
	s->local_port = port_take_free(&stream_ports);
	if (!s->local_port)
		return -EADDRNOTAVAIL;
	s->port_taken = true;
	return 0;
}

static int stream_start(struct stream *s, const struct ip_addr *remote, uint16_t port,
		const struct path *path)
{
	struct tcp_pcb *pcb;
	int rc = stream_take_port(s);

	if (rc < 0)
		return rc;
	if (pcb_find(&path->source, s->local_port, remote, port, false))
		return -EADDRNOTAVAIL;
	pcb = tcp_new(engine_stack());
	if (!pcb)
		return -ENOBUFS;
	stream_attach(s, pcb);
	pcb->local_ip = s->local = path->source;
	pcb->local_port = s->local_port;
	s->remote = *remote;
	s->remote_port = port;
	s->error = 0;
	s->established = false;
	s->state = STREAM_CONNECTING;
	stream_apply_options(s);
	if (tcp_connect(pcb, (struct ip_addr *)remote, port, stream_connected) != ERR_OK ||
	    !pcb_remember(pcb)) {
		s->state = STREAM_IDLE;
		stream_abort(s);
		return -ENOBUFS;
	}
	pcb->rto = 2;
	s->syns = 0;
	s->heard = um_stack_now();
	return -EINPROGRESS;
}

static int stream_connect(struct endpoint *e, const struct sockaddr *a, socklen_t len)
{
	struct stream *s = (struct stream *)e;
	struct ip_addr remote;
	struct path path;
	uint16_t port;
	int index, rc;

	if (s->state != STREAM_IDLE)
		return s->state == STREAM_CONNECTING ? -EALREADY : -EISCONN;
	rc = address_from_sockaddr(e->sock->domain, a, len, &remote, &port, &index);
	if (rc < 0)
		return rc;
	if (address_is_v4(&remote) && e->sock->domain == AF_INET6 && e->options.v6only)
		return -ENETUNREACH;
	if (address_is_any(&remote)) {	/* to ourselves, as Linux has it */
		remote = address_is_v4(&remote) ? address_v4(htonl(INADDR_LOOPBACK)) :
			(struct ip_addr){ { 0, 0, 0, htonl(1) } };
		if (e->sock->domain == AF_INET6 && address_is_v4(&s->local) &&
		    !address_is_any(&s->local))
			remote = address_v4(htonl(INADDR_LOOPBACK));
	}
	if (address_is_multicast(&remote) || address_is_broadcast(&remote))
		return -ENETUNREACH;
	if (index)
		s->index = index;
	if (!s->index)
		s->index = e->options.device;
	if (address_is_link_local(&remote) && !s->index)
		return -EINVAL;
	rc = path_find(&remote, address_is_link_local(&remote) ? s->index : e->options.device,
			&s->local, &path);
	if (rc < 0)
		return rc;
	return stream_start(s, &remote, port, &path);
}

static int stream_listen(struct endpoint *e, int backlog)
{
	struct stream *s = (struct stream *)e;
	struct tcp_pcb *pcb;
	int rc;

	if (s->state == STREAM_LISTENING)
		return 0;
	if (s->state != STREAM_IDLE)
		return -EINVAL;
	rc = stream_take_port(s);
	if (rc < 0)
		return rc;
	for (struct stream *other = listeners; other; other = other->listener_next)
		if (other->local_port == s->local_port && stream_overlap(s, &s->local, other) &&
		    !(s->e.options.reuse_port && other->e.options.reuse_port))
			return -EADDRINUSE;
	pcb = tcp_new(engine_stack());
	if (!pcb)
		return -ENOBUFS;
	pcb->local_ip = s->local;
	pcb->local_port = s->local_port;
	tcp_arg(pcb, s);
	s->pcb = tcp_listen(pcb);
	if (!s->pcb) {
		tcp_close(pcb);
		return -ENOBUFS;
	}
	tcp_accept(s->pcb, stream_accepted);
	s->state = STREAM_LISTENING;
	s->listener_next = listeners;
	listeners = s;
	return 0;
}

static int stream_address(struct endpoint *e, bool peer, struct sockaddr_storage *a,
		socklen_t *len)
{
	struct stream *s = (struct stream *)e;

	if (peer && s->state != STREAM_OPEN)
		return -ENOTCONN;
	*len = address_to_sockaddr(e->sock->domain, peer ? &s->remote : &s->local,
			peer ? s->remote_port : s->local_port, s->index, a);
	return 0;
}

static ssize_t stream_send(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct stream *s = (struct stream *)e;
	size_t room = stream_room(s);

	if (s->state == STREAM_CLOSED || s->fin_wanted)
		return -EPIPE;
	if (s->state != STREAM_OPEN)
		return -ENOTCONN;
	if (!s->pcb)
		return -EPIPE;
	if (len > room)
		len = room;
	if (!len) {
		s->blocked = true;
		return 0;
	}
	len = tail_write(s, data, len);
	if (!len) {
		s->blocked = true;
		return 0;
	}
	stream_dirty(s);		/* tcp_output(), with what else is coming */
	return len;
}

static size_t stream_room_asked(struct endpoint *e)
{
	struct stream *s = (struct stream *)e;
	size_t room = stream_room(s);

	if (!room)
		s->blocked = true;
	return room;
}

static void stream_drain(struct endpoint *e)
{
	stream_dirty((struct stream *)e);
}

static int stream_shutdown(struct endpoint *e, int how)
{
	struct stream *s = (struct stream *)e;

	if (s->state != STREAM_OPEN)
		return -ENOTCONN;
	if (how != SHUT_WR)
		s->discard = true;
	if (how != SHUT_RD)
		s->fin_wanted = true;
	stream_dirty(s);
	return 0;
}

/* Connections that have not reached the frame die with their listener. */
static void stream_drop_children(struct stream *listener)
{
	struct tcp_pcb *pcb, *next;

	for (struct endpoint *e = listener->waiting ? streams : NULL, *after; e; e = after) {
		struct stream *s = (struct stream *)e;

		after = e->next;
		if (s->listener == listener) {
			stream_abort(s);
			stream_free(s);
		}
	}
	for (pcb = listener->half_open ? engine_stack()->tcp_active_pcbs : NULL; pcb; pcb = next) {
		next = pcb->next;
		if (pcb->callback_arg == listener) {	/* SYN_RCVD */
			pcb->callback_arg = NULL;
			tcp_abort(pcb);
		}
	}
}

static void stream_release(struct endpoint *e, bool abort)
{
	struct stream *s = (struct stream *)e;

	e->sock = NULL;
	if (s->state == STREAM_LISTENING) {
		for (struct stream **link = &listeners; *link; link = &(*link)->listener_next)
			if (*link == s) {
				*link = s->listener_next;
				break;
			}
		tcp_close(s->pcb);
		s->pcb = NULL;
		stream_drop_children(s);
		stream_free(s);
		return;
	}
	if (abort || s->count || s->state != STREAM_OPEN)
		stream_abort(s);
	if (!s->pcb) {
		stream_free(s);
		return;
	}
	s->fin_wanted = true;
	s->heard = um_stack_now();
	stream_dirty(s);
}

const struct endpoint_kind stream_kind = {
	.release = stream_release,
	.bind = stream_bind,
	.connect = stream_connect,
	.listen = stream_listen,
	.address = stream_address,
	.send = stream_send,
	.room = stream_room_asked,
	.drain = stream_drain,
	.shutdown = stream_shutdown,
	.queued = stream_queued,
	.setsockopt = stream_setsockopt,
	.getsockopt = stream_getsockopt,
};
