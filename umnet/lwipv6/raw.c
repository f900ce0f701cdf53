/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raw.c - raw IP sockets, and Linux's "ping sockets": datagram sockets of
 * protocol ICMP, whose port is the identifier of the echo requests they may send.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>

#include "datagram.h"

#define ICMP_FILTER_NAME 1		/* at SOL_RAW (255) */

struct raw {
	struct datagram	 d;
	uint32_t	 filter;	/* ICMP_FILTER: types not wanted */
	struct icmp6_filter filter6;
};

static struct endpoint *raws, *pings;
static struct ports ping_ids;

/* --- raw --- */

static int raw_sock_bind(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct datagram *d = (struct datagram *)e;
	struct ip_addr local;
	uint16_t ignored;
	int rc = datagram_bind_address(d, a, len, &local, &ignored);

	if (rc < 0)
		return rc;
	d->local = local;
	d->bound = true;
	d->local_chosen = false;
	return 0;
}

static int raw_sock_connect(struct endpoint *e, const struct sockaddr *a, socklen_t len)
{
	struct datagram *d = (struct datagram *)e;
	int rc = datagram_connect(d, a, len);

	d->remote_port = 0;
	return rc;
}

/* The guest made the header; a few fields are filled in for it, as Linux does. */
static int raw_send_whole(const void *data, size_t len, struct datagram_target *t)
{
	uint8_t packet[65536];
	struct iphdr h;

	if (len < sizeof(h) || len > sizeof(packet) - 1)
		return -EINVAL;
	memcpy(packet, data, len);
	if (packet[0] >> 4 == 6)
		return len < sizeof(struct ip6_hdr) ? -EINVAL :
			inet_send_packet(&t->path, &t->destination, packet, len, t->header.no_loop);
	memcpy(&h, packet, sizeof(h));
	if (h.ihl * 4u < sizeof(h) || h.ihl * 4u > len)
		return -EINVAL;
	h.tot_len = htons(len);
	if (!h.saddr)
		h.saddr = t->path.source.addr[3];
	h.check = 0;
	memcpy(packet, &h, sizeof(h));
	h.check = inet_checksum(packet, h.ihl * 4);
	memcpy(packet, &h, sizeof(h));
	return inet_send_packet(&t->path, &t->destination, packet, len, t->header.no_loop);
}

/* IPv6: the kernel writes the checksum; where, or -1. */
static int raw_checksum_offset(const struct endpoint *e)
{
	int at;

	if (e->sock->protocol == IPPROTO_ICMPV6)
		return 2;
	at = sockopt_value(&e->options, IPPROTO_IPV6, IPV6_CHECKSUM);
	return at >= 0 ? at : sockopt_value(&e->options, IPPROTO_RAW, IPV6_CHECKSUM);
}

static ssize_t raw_sock_send(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct datagram *d = (struct datagram *)e;
	bool whole = e->sock->protocol == IPPROTO_RAW ||
		(e->sock->domain == AF_INET && sockopt_value(&e->options, IPPROTO_IP, IP_HDRINCL));
	uint8_t message[65536];
	struct datagram_target t;
	uint16_t checksum;
	int rc = datagram_target(d, to, &t), at;

	if (rc == 0 && !whole)
		rc = datagram_fits(d, &t, len);
	if (rc < 0)
		return rc;
	if (len > 65535 - (e->sock->domain == AF_INET && !whole ? sizeof(struct iphdr) : 0))
		return -EMSGSIZE;
	t.header.protocol = e->sock->protocol;
	if (whole) {
		rc = raw_send_whole(data, len, &t);
	} else if (e->sock->domain == AF_INET || (at = raw_checksum_offset(e)) < 0) {
		rc = inet_send(&t.path, &t.destination, &t.header, data, len);
	} else {
		if (len > sizeof(message) || (size_t)at + 2 > len)
			return len > sizeof(message) ? -EMSGSIZE : -EINVAL;
		memcpy(message, data, len);
		memset(message + at, 0, 2);
		checksum = inet_checksum_pseudo(&t.path.source, &t.destination,
				e->sock->protocol, message, len);
		memcpy(message + at, &checksum, 2);
		rc = inet_send(&t.path, &t.destination, &t.header, message, len);
	}
	return rc < 0 && rc != -ENOBUFS ? rc : (ssize_t)len;
}

static void raw_sock_release(struct endpoint *e, bool abort)
{
	datagram_free((struct datagram *)e);
}

static bool raw_filtered(const struct raw *r, const struct inet_packet *p)
{
	uint8_t type;

	if (!inet_payload_len(p))
		return false;
	type = inet_payload(p)[0];
	if (!p->v6)
		return p->protocol == IPPROTO_ICMP && type < 32 && r->filter & 1u << type;
	return p->protocol == IPPROTO_ICMPV6 && ICMP6_FILTER_WILLBLOCK(type, &r->filter6);
}

bool raw_receive(const struct inet_packet *p)
{
	bool wanted = false;

	for (struct endpoint *e = raws, *next; e; e = next) {
		struct raw *r = (struct raw *)e;

		next = e->next;
		if (e->sock->protocol != p->protocol ||
		    (e->sock->domain == AF_INET6) != p->v6 || datagram_match(&r->d, p) < 0)
			continue;
		wanted = true;
		if (raw_filtered(r, p))
			continue;
		if (p->v6)
			datagram_deliver(&r->d, p, 0, inet_payload(p), inet_payload_len(p));
		else
			datagram_deliver(&r->d, p, 0, p->ip, p->len);
	}
	return wanted;
}

static bool is_filter(int level, int name)
{
	return (level == IPPROTO_RAW && name == ICMP_FILTER_NAME) ||
		(level == IPPROTO_ICMPV6 && name == ICMP6_FILTER);
}

static int raw_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len)
{
	struct raw *r = (struct raw *)e;
	bool v6 = level == IPPROTO_ICMPV6;
	size_t room = v6 ? sizeof(r->filter6) : sizeof(r->filter);

	if (!is_filter(level, name))
		return datagram_setsockopt(e, level, name, value, len);
	if (e->sock->protocol != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return -EOPNOTSUPP;
	memcpy(v6 ? (void *)&r->filter6 : (void *)&r->filter, value, len < room ? len : room);
	return 0;
}

static int raw_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len)
{
	struct raw *r = (struct raw *)e;
	bool v6 = level == IPPROTO_ICMPV6;
	socklen_t room = v6 ? sizeof(r->filter6) : sizeof(r->filter);

	if (!is_filter(level, name))
		return datagram_getsockopt(e, level, name, value, len);
	if (*len > room)
		*len = room;
	memcpy(value, v6 ? (void *)&r->filter6 : (void *)&r->filter, *len);
	return 0;
}

static const struct endpoint_kind raw_kind = {
	.release = raw_sock_release,
	.bind = raw_sock_bind,
	.connect = raw_sock_connect,
	.address = datagram_address,
	.send = raw_sock_send,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
};

struct endpoint *ping_endpoints(void)
{
	return pings;
}

struct endpoint *raw_endpoints(void)
{
	return raws;
}

int raw_endpoint_new(struct um_sock *sock)
{
	struct raw *r;

	if (sock->protocol <= 0 || sock->protocol > 255)
		return -EPROTONOSUPPORT;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOBUFS;
	datagram_init(&r->d, &raw_kind, sock, &raws);
	if (sock->domain == AF_INET && sock->protocol == IPPROTO_RAW)
		sockopt_set(&r->d.e.options, AF_INET, IPPROTO_IP, IP_HDRINCL, &(int){ 1 }, sizeof(int));
	ICMP6_FILTER_SETPASSALL(&r->filter6);
	return 0;
}

/* --- ping --- */

static int ping_take_id(struct datagram *d, uint16_t id)
{
	if (id && ping_ids.used[id])
		return -EADDRINUSE;
	if (id)
		port_take(&ping_ids, id);
	else
		id = port_take_free(&ping_ids);
	d->local_port = id;
	return id ? 0 : -EADDRINUSE;
}

static int ping_bind(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct datagram *d = (struct datagram *)e;
	struct ip_addr local;
	uint16_t id;
	int rc;

	if (d->local_port)
		return -EINVAL;
	rc = datagram_bind_address(d, a, len, &local, &id);
	if (rc == 0)
		rc = ping_take_id(d, id);
	if (rc < 0)
		return rc;
	d->local = local;
	d->bound = true;
	return 0;
}

static int ping_connect(struct endpoint *e, const struct sockaddr *a, socklen_t len)
{
	struct datagram *d = (struct datagram *)e;
	int rc = datagram_connect(d, a, len);

	if (rc == 0 && d->connected && !d->local_port)
		rc = ping_take_id(d, 0);
	return rc;
}

static ssize_t ping_send(struct endpoint *e, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct datagram *d = (struct datagram *)e;
	bool v6 = e->sock->domain == AF_INET6;
	uint8_t message[65536];
	struct datagram_target t;
	uint16_t checksum, id;
	int rc;

	if (len < 8)
		return -EINVAL;
	if (len > 65535 - (v6 ? 0 : sizeof(struct iphdr)))
		return -EMSGSIZE;
	memcpy(message, data, len);
	if (message[0] != (v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) || message[1])
		return -EINVAL;
	rc = datagram_target(d, to, &t);
	if (rc == 0 && !d->local_port)
		rc = ping_take_id(d, 0);
	if (rc == 0)
		rc = datagram_fits(d, &t, len);
	if (rc < 0)
		return rc;
	id = htons(d->local_port);
	memset(message + 2, 0, 2);
	memcpy(message + 4, &id, 2);
	checksum = v6 ? inet_checksum_pseudo(&t.path.source, &t.destination, IPPROTO_ICMPV6,
			message, len) : inet_checksum(message, len);
	memcpy(message + 2, &checksum, 2);
	t.header.protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	rc = inet_send(&t.path, &t.destination, &t.header, message, len);
	return rc < 0 && rc != -ENOBUFS ? rc : (ssize_t)len;
}

static void ping_release(struct endpoint *e, bool abort)
{
	struct datagram *d = (struct datagram *)e;

	if (d->local_port)
		port_give(&ping_ids, d->local_port);
	datagram_free(d);
}

bool ping_receive(const struct inet_packet *p)
{
	uint16_t id;

	memcpy(&id, inet_payload(p) + 4, 2);
	for (struct endpoint *e = pings; e; e = e->next) {
		struct datagram *d = (struct datagram *)e;

		if (d->local_port != ntohs(id) || (e->sock->domain == AF_INET6) != p->v6 ||
		    datagram_match(d, p) < 0)
			continue;
		datagram_deliver(d, p, 0, inet_payload(p), inet_payload_len(p));
		return true;
	}
	return false;
}

static const struct endpoint_kind ping_kind = {
	.release = ping_release,
	.bind = ping_bind,
	.connect = ping_connect,
	.address = datagram_address,
	.send = ping_send,
	.setsockopt = datagram_setsockopt,
	.getsockopt = datagram_getsockopt,
};

int ping_endpoint_new(struct um_sock *sock)
{
	struct datagram *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOBUFS;
	datagram_init(d, &ping_kind, sock, &pings);
	return 0;
}
