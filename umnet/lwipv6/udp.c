/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp.c - UDP and UDP-Lite sockets.
 *
 * The library's UDP finds the first socket with the right port, knows
 * neither groups nor IPV6_V6ONLY nor the errors of ICMP, and trusts the length in
 * the header; so the sockets are found here, and only addresses, routes and
 * interfaces are the library's.
 */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>

#include "udp.h"
#include "util.h"

#define SEGMENTS_MAX	128		/* of one send with UDP_SEGMENT */

static struct udp_table tables[] = { { .protocol = IPPROTO_UDP }, { .protocol = IPPROTO_UDPLITE } };

struct udp_table *udp_table(uint8_t protocol)
{
	return &tables[protocol == IPPROTO_UDPLITE];
}

static struct udp_table *udp_table_of(const struct datagram *d)
{
	return udp_table(d->e.sock->protocol);
}

static int udp_port_check(const struct datagram *d, const struct ip_addr *local,
		uint16_t port, bool reuse)
{
	struct udp_table *table = udp_table_of(d);

	if (!table->ports.used[port])
		return 0;
	for (struct endpoint *e = table->sockets; e; e = e->next) {
		struct datagram *o = (struct datagram *)e;
		bool same_family = address_is_v4(local) == address_is_v4(&o->local);
		bool both = (!address_is_v4(local) && address_is_any(local) &&
				!d->e.options.v6only) ||
			(!address_is_v4(&o->local) && address_is_any(&o->local) &&
				!o->e.options.v6only);

		if (o == d || o->local_port != port || (!same_family && !both))
			continue;
		if (!address_is_any(local) && !address_is_any(&o->local) &&
		    !address_equal(local, &o->local))
			continue;
		if (d->e.options.device && o->e.options.device &&
		    d->e.options.device != o->e.options.device)
			continue;
		if (!(reuse && o->reuse) && !(d->e.options.reuse_port && o->e.options.reuse_port))
			return -EADDRINUSE;
	}
	return 0;
}

static int udp_take_port(struct datagram *d, uint16_t port)
{
	struct ports *ports = &udp_table_of(d)->ports;

	if (port)
		port_take(ports, port);
	else
		port = port_take_free(ports);
	d->local_port = port;
	return port ? 0 : -EAGAIN;
}

/* As Linux does before it looks at what is asked. */
static int udp_bind_any(struct datagram *d)
{
	return d->local_port ? 0 : udp_take_port(d, 0);
}

static int udp_sock_bind(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct datagram *d = (struct datagram *)e;
	struct ip_addr local;
	uint16_t port;
	int rc;

	if (d->local_port)
		return -EINVAL;
	rc = datagram_bind_address(d, a, len, &local, &port);
	if (rc == 0 && port)
		rc = udp_port_check(d, &local, port, reuse);
	if (rc == 0)
		rc = udp_take_port(d, port);
	if (rc < 0)
		return rc == -EAGAIN ? -EADDRINUSE : rc;
	d->local = local;
	d->reuse = reuse;
	d->bound = true;
	((struct udp *)e)->port_fixed = port != 0;
	endpoint_first(e, &udp_table_of(d)->sockets);
	return 0;
}

static int udp_sock_connect(struct endpoint *e, const struct sockaddr *a, socklen_t len)
{
	struct datagram *d = (struct datagram *)e;
	bool dissolve = len >= (socklen_t)sizeof(a->sa_family) && a->sa_family == AF_UNSPEC;
	int rc = dissolve ? 0 : udp_bind_any(d);

	if (rc == 0)
		rc = datagram_connect(d, a, len);
	if (rc == 0 && dissolve && d->local_port && !((struct udp *)e)->port_fixed) {
		port_give(&udp_table_of(d)->ports, d->local_port);
		d->local_port = 0;
	}
	return rc;
}

/* --- sending --- */

/* What was corked goes out as one. */
static int udp_uncork(struct udp *u)
{
	autofree uint8_t *data = u->cork;

	if (!data)
		return 0;
	u->cork = NULL;
	return udp_send(u, &u->target, data, u->cork_len);
}

static int udp_cork(struct udp *u, const void *data, size_t len)
{
	size_t old = u->cork ? u->cork_len : 0;
	uint8_t *more;

	if (old + len > 65535 - sizeof(struct udphdr) - 20) {
		free(u->cork);
		u->cork = NULL;
		return -EMSGSIZE;
	}
	more = realloc(u->cork, old + len + 1);
	if (!more)
		return -ENOBUFS;
	memcpy(more + old, data, len);
	u->cork = more;
	u->cork_len = old + len;
	return 0;
}

/* Must it not be cut in fragments, and is too long without? */
static int udp_fits(struct datagram *d, const struct datagram_target *t, size_t len)
{
	return datagram_fits(d, t, sizeof(struct udphdr) +
			(t->segment && t->segment < len ? t->segment : len));
}

/* 0: t is good for a datagram. */
static int udp_aim(struct udp *u, size_t len, const struct um_envelope *to,
		struct datagram_target *t)
{
	struct datagram *d = &u->d;
	int rc;

	if (len > 65535 - sizeof(struct udphdr) - 20)
		return -EMSGSIZE;
	rc = udp_bind_any(d);
	if (rc < 0)
		return rc;
	*t = (struct datagram_target){ .segment = sockopt_value(&d->e.options, IPPROTO_UDP, UDP_SEGMENT) };
	rc = datagram_target(d, to, t);
	if (rc < 0)
		return rc;
	if (!t->port || (t->segment && len > (size_t)t->segment * SEGMENTS_MAX))
		return -EINVAL;
	return udp_fits(d, t, len);
}

static ssize_t udp_sock_send(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct udp *u = (struct udp *)e;
	bool more = to->flags & MSG_MORE ||
		sockopt_value(&e->options, IPPROTO_UDP, UDP_CORK_OPTION);
	struct datagram_target t;
	int rc;

	if (to->flags & MSG_OOB && e->sock->domain == AF_INET)
		return -EOPNOTSUPP;
	if (!u->cork) {
		rc = udp_aim(u, len, to, &t);
		if (rc < 0)
			return rc;
		if (more)
			u->target = t;
	}
	if (u->cork || more) {
		rc = udp_cork(u, data, len);
		if (rc == 0 && !more)
			rc = udp_uncork(u);
	} else {
		rc = udp_send(u, &t, data, len);
	}
	/* A datagram that the wire has no room for is lost, like any other. */
	return rc < 0 && rc != -ENOBUFS ? rc : (ssize_t)len;
}

/* --- options --- */

/* How much a checksum must cover, as Linux takes it. */
static int udp_set_coverage(struct udp *u, int name, const void *value, socklen_t len)
{
	int cover;

	if (u->d.e.sock->protocol != IPPROTO_UDPLITE)
		return -ENOPROTOOPT;
	if (len < (socklen_t)sizeof(cover))
		return -EINVAL;
	memcpy(&cover, value, sizeof(cover));
	if (cover != 0 && cover < (int)sizeof(struct udphdr))
		cover = sizeof(struct udphdr);
	if (cover > UINT16_MAX)
		cover = UINT16_MAX;
	return sockopt_set(&u->d.e.options, u->d.e.sock->domain, IPPROTO_UDPLITE, name,
			&cover, sizeof(cover));
}

/* What other kinds of sockets have. */
static bool udp_has_not(int level, int name)
{
	return level == IPPROTO_TCP || (level == IPPROTO_IPV6 && name == IPV6_CHECKSUM) ||
		(level == IPPROTO_IP && (name == IP_HDRINCL || name == IP_NODEFRAG));
}

static int udp_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len)
{
	struct udp *u = (struct udp *)e;
	int rc;

	if (udp_has_not(level, name))
		return -ENOPROTOOPT;
	if (level == IPPROTO_UDP || level == IPPROTO_UDPLITE) {
		if (len < (socklen_t)sizeof(int))
			return -EINVAL;
		if (name == UDPLITE_SEND_CSCOV || name == UDPLITE_RECV_CSCOV)
			return udp_set_coverage(u, name, value, len);
		level = IPPROTO_UDP;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && u->d.local_port &&
	    e->sock->domain == AF_INET6)
		return -EINVAL;
	rc = datagram_setsockopt(e, level, name, value, len);
	if (rc == 0 && level == IPPROTO_UDP && name == UDP_CORK_OPTION &&
	    !sockopt_value(&e->options, IPPROTO_UDP, UDP_CORK_OPTION))
		udp_uncork(u);
	return rc;
}

static int udp_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len)
{
	bool coverage = name == UDPLITE_SEND_CSCOV || name == UDPLITE_RECV_CSCOV;

	if (udp_has_not(level, name) && level != IPPROTO_IP)
		return level == IPPROTO_TCP && e->sock->domain == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT;
	if (level == IPPROTO_UDP || level == IPPROTO_UDPLITE)
		level = coverage ? IPPROTO_UDPLITE : IPPROTO_UDP;
	return datagram_getsockopt(e, level, name, value, len);
}

static void udp_sock_release(struct endpoint *e, bool abort)
{
	struct udp *u = (struct udp *)e;

	free(u->cork);
	if (u->d.local_port)
		port_give(&udp_table_of(&u->d)->ports, u->d.local_port);
	datagram_free(&u->d);
}

static const struct endpoint_kind udp_kind = {
	.release = udp_sock_release,
	.bind = udp_sock_bind,
	.connect = udp_sock_connect,
	.address = datagram_address,
	.send = udp_sock_send,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
};

struct endpoint *udp_endpoints(void)
{
	return udp_table(IPPROTO_UDP)->sockets;
}

int udp_endpoint_new(struct um_sock *sock)
{
	struct udp *u;

	if (sock->protocol && sock->protocol != IPPROTO_UDP && sock->protocol != IPPROTO_UDPLITE)
		return -EPROTONOSUPPORT;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOBUFS;
	datagram_init(&u->d, &udp_kind, sock, &udp_table(sock->protocol)->sockets);
	return 0;
}
