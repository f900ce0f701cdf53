/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp.c - UDP sockets.
 *
 * The library's UDP finds the first socket with the right port, knows
 * neither groups nor IPV6_V6ONLY nor the errors of ICMP, and trusts the length in
 * the header; so the sockets are found here, and only addresses, routes and
 * interfaces are the library's.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stdlib.h>

#include "datagram.h"

static struct endpoint *sockets;
static struct ports ports;

static int udp_port_check(const struct datagram *d, const struct ip_addr *local,
		uint16_t port, bool reuse)
{
	if (!ports.used[port])
		return 0;
	for (struct endpoint *e = sockets; e; e = e->next) {
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
		if (!(reuse && o->reuse) && !(d->e.options.reuse_port && o->e.options.reuse_port))
			return -EADDRINUSE;
	}
	return 0;
}

static int udp_take_port(struct datagram *d, uint16_t port)
{
	if (port)
		port_take(&ports, port);
	else
		port = port_take_free(&ports);
	d->local_port = port;
	return port ? 0 : -EAGAIN;
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
	return 0;
}

static int udp_sock_connect(struct endpoint *e, const struct sockaddr *a, socklen_t len)
{
	struct datagram *d = (struct datagram *)e;
	int rc = datagram_connect(d, a, len);

	if (rc == 0 && d->connected && !d->local_port)
		rc = udp_take_port(d, 0);
	return rc;
}

static ssize_t udp_sock_send(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	static uint8_t message[65536];
	struct datagram *d = (struct datagram *)e;
	struct datagram_target t;
	struct udphdr h;
	int rc;

	if (len > 65535 - sizeof(h) - 20)
		return -EMSGSIZE;
	rc = datagram_target(d, to, &t);
	if (rc == 0 && !t.port)
		rc = -EINVAL;
	if (rc == 0 && !d->local_port)
		rc = udp_take_port(d, 0);
	if (rc < 0)
		return rc;
	h = (struct udphdr){
		.source = htons(d->local_port), .dest = htons(t.port),
		.len = htons(sizeof(h) + len),
	};
	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), data, len);
	h.check = inet_checksum_pseudo(&t.path.source, &t.destination, IPPROTO_UDP,
			message, sizeof(h) + len);
	if (!h.check)
		h.check = 0xffff;
	memcpy(message, &h, sizeof(h));
	t.header.protocol = IPPROTO_UDP;
	rc = inet_send(&t.path, &t.destination, &t.header, message, sizeof(h) + len);
	/* A datagram that the wire has no room for is lost, like any other. */
	return rc < 0 && rc != -ENOBUFS ? rc : (ssize_t)len;
}

static void udp_sock_release(struct endpoint *e, bool abort)
{
	struct datagram *d = (struct datagram *)e;

	if (d->local_port)
		port_give(&ports, d->local_port);
	datagram_free(d);
}

static void udp_deliver(struct datagram *d, const struct inet_packet *p,
		const struct udphdr *h)
{
	datagram_deliver(d, p, ntohs(h->source), inet_payload(p) + sizeof(*h),
			ntohs(h->len) - sizeof(*h));
}

void udp_receive(const struct inet_packet *p)
{
	struct datagram *best = NULL;
	int best_score = -1;
	struct udphdr h;

	if (inet_payload_len(p) < sizeof(h))
		return;
	memcpy(&h, inet_payload(p), sizeof(h));
	if (ntohs(h.len) < sizeof(h) || ntohs(h.len) > inet_payload_len(p) || !h.dest)
		return;
	if ((h.check || p->v6) && inet_checksum_pseudo(&p->source, &p->destination,
				IPPROTO_UDP, inet_payload(p), ntohs(h.len)))
		return;
	for (struct endpoint *e = ports.used[ntohs(h.dest)] ? sockets : NULL; e; e = e->next) {
		struct datagram *d = (struct datagram *)e;
		int score;

		if (d->local_port != ntohs(h.dest) ||
		    (d->connected && d->remote_port != ntohs(h.source)))
			continue;
		score = datagram_match(d, p);
		if (score >= 0 && p->group)
			udp_deliver(d, p, &h);
		if (score > best_score) {
			best_score = score;
			best = d;
		}
	}
	if (p->group)
		return;
	if (best)
		udp_deliver(best, p, &h);
	else if (p->v6)
		icmp_reject(p, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, 0);
	else
		icmp_reject(p, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
}

void udp_unreachable(const struct ip_addr *from, uint16_t from_port,
		const struct ip_addr *to, uint16_t to_port, int error)
{
	for (struct endpoint *e = ports.used[from_port] ? sockets : NULL; e; e = e->next) {
		struct datagram *d = (struct datagram *)e;

		if (d->connected && d->local_port == from_port && d->remote_port == to_port &&
		    address_equal(&d->remote, to) &&
		    (address_is_any(&d->local) || address_equal(&d->local, from)))
			um_sock_error(e->sock, -error);
	}
}

static const struct endpoint_kind udp_kind = {
	.release = udp_sock_release,
	.bind = udp_sock_bind,
	.connect = udp_sock_connect,
	.address = datagram_address,
	.send = udp_sock_send,
	.setsockopt = datagram_setsockopt,
	.getsockopt = datagram_getsockopt,
};

struct endpoint *udp_endpoints(void)
{
	return sockets;
}

int udp_endpoint_new(struct um_sock *sock)
{
	struct datagram *d;

	if (sock->protocol && sock->protocol != IPPROTO_UDP)
		return -EPROTONOSUPPORT;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOBUFS;
	datagram_init(d, &udp_kind, sock, &sockets);
	return 0;
}
