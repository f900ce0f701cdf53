/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "datagram.h"
#include "membership.h"

void datagram_init(struct datagram *d, const struct endpoint_kind *kind,
		struct um_sock *sock, struct endpoint **list)
{
	endpoint_init(&d->e, kind, sock, list);
	d->local = d->remote = sock->domain == AF_INET ? address_any4 : address_any6;
	sock->engine = d;
}

void datagram_free(struct datagram *d)
{
	endpoint_unlink(&d->e);
	for (unsigned k = 0; k < d->group_count; k++)
		membership_drop(&d->groups[k].address, d->groups[k].index);
	free(d->groups);
	free(d);
}

int datagram_bind_address(struct datagram *d, const struct sockaddr *a, socklen_t len,
		struct ip_addr *local, uint16_t *port)
{
	int index, rc = address_from_sockaddr(d->e.sock->domain, a, len, local, port, &index);

	if (rc < 0)
		return rc;
	if (address_is_v4(local) && d->e.sock->domain == AF_INET6 && d->e.options.v6only)
		return -EINVAL;
	if (address_is_link_local(local) && !index && !d->e.options.device)
		return -EINVAL;
	if (!address_is_any(local) && !address_is_local(local) &&
	    !address_is_multicast(local) && !address_is_broadcast(local) &&
	    !sockopt_value(&d->e.options, IPPROTO_IP, IP_FREEBIND))
		return -EADDRNOTAVAIL;
	d->index = index;
	return 0;
}

/*
 * The destination that sendto or connect names.  A datagram socket of AF_INET6 knows
 * AF_INET addresses, too.
 */
static int datagram_destination(const struct datagram *d, const struct sockaddr *a,
		socklen_t len, struct ip_addr *to, uint16_t *port, int *index)
{
	bool plain = d->e.sock->domain == AF_INET6 && d->e.sock->type == SOCK_DGRAM &&
		len >= (socklen_t)sizeof(a->sa_family) && a->sa_family == AF_INET;
	int rc = address_from_sockaddr(plain ? AF_INET : d->e.sock->domain, a, len,
			to, port, index);

	if (rc < 0)
		return rc;
	if (address_is_any(to))
		*to = address_is_v4(to) ? address_v4(htonl(INADDR_LOOPBACK)) :
			(struct ip_addr){ { 0, 0, 0, htonl(1) } };
	return plain && d->e.options.v6only ? -EAFNOSUPPORT : 0;
}

int datagram_connect(struct datagram *d, const struct sockaddr *a, socklen_t len)
{
	int domain = d->e.sock->domain, index, rc;
	struct ip_addr remote;
	struct path path;
	uint16_t port;

	if (len < (socklen_t)sizeof(a->sa_family))
		return -EINVAL;
	if (a->sa_family == AF_UNSPEC) {
		d->connected = false;
		d->remote = domain == AF_INET ? address_any4 : address_any6;
		if (d->local_chosen)
			d->local = d->remote;
		d->local_chosen = false;
		return 0;
	}
	rc = datagram_destination(d, a, len, &remote, &port, &index);
	if (rc < 0)
		return rc;
	if (address_is_v4(&remote) && domain == AF_INET6 && d->e.options.v6only)
		return -ENETUNREACH;
	if (!index)
		index = d->e.options.device;
	if (!index && address_is_multicast(&remote))
		index = d->multicast_index;
	if (address_is_link_local(&remote) && !index)
		return -EINVAL;
	if (address_is_broadcast(&remote) &&
	    !sockopt_value(&d->e.options, SOL_SOCKET, SO_BROADCAST))
		return -EACCES;
	rc = path_find(&remote, index, d->local_chosen ? NULL : &d->local, &path);
	if (rc < 0)
		return rc;
	d->remote = remote;
	d->remote_port = port;
	d->index = index;
	d->connected = true;
	if (address_is_any(&d->local) || d->local_chosen) {
		d->local = path.source;
		d->local_chosen = true;
	}
	return 0;
}

int datagram_address(struct endpoint *e, bool peer, struct sockaddr_storage *a,
		socklen_t *len)
{
	struct datagram *d = (struct datagram *)e;

	if (peer && !d->connected)
		return -ENOTCONN;
	*len = address_to_sockaddr(e->sock->domain, peer ? &d->remote : &d->local,
			peer ? d->remote_port : d->local_port, d->index, a);
	return 0;
}

/* --- out --- */

/* As sendto: an address of no family is none, of another is wrong. */
static int datagram_named(const struct datagram *d, const struct um_envelope *to,
		struct datagram_target *t, int *index)
{
	const struct sockaddr *a = to->name;
	bool v6 = d->e.sock->domain == AF_INET6 && d->e.sock->type == SOCK_DGRAM;
	int rc;

	if (!a || (v6 && to->name_len >= sizeof(a->sa_family) && a->sa_family == AF_UNSPEC)) {
		if (!d->connected)
			return -EDESTADDRREQ;
		t->destination = d->remote;
		t->port = d->remote_port;
		return 0;
	}
	rc = datagram_destination(d, a, to->name_len, &t->destination, &t->port, index);
	if (rc == -EAFNOSUPPORT && v6)
		return a->sa_family == AF_INET ? -ENETUNREACH : -EINVAL;
	return rc < 0 ? rc : 1;
}

/* What the control messages ask for, where the packet is to go. */
static int datagram_target_control(struct datagram *d, const struct um_envelope *to, bool v4,
		struct datagram_target *t, struct ip_addr *source, int *index)
{
	struct datagram_control c = { .ttl = -1, .tos = -1 };
	int rc = to->control_len ? datagram_control_parse(d, v4, to, &c) : 0;

	if (rc < 0)
		return rc;
	if (c.index && !interface_by_index(c.index))
		return -ENODEV;
	if (c.index)
		*index = c.index;
	if (!address_is_any(&c.source)) {
		if (!address_is_local(&c.source))
			return !v4 || address_is_multicast(&c.source) ||
				address_is_broadcast(&c.source) ? -EINVAL : -ENETUNREACH;
		*source = c.source;
	}
	if (c.ttl >= 0)
		t->header.ttl = c.ttl;
	if (c.tos >= 0)
		t->header.tos = c.tos;
	t->segment = c.segment;
	return 0;
}

int datagram_target(struct datagram *d, const struct um_envelope *to,
		struct datagram_target *t)
{
	const struct sockopt *o = &d->e.options;
	int domain = d->e.sock->domain, index = 0, rc;
	struct ip_addr source = d->local;
	bool group, v4;

	rc = datagram_named(d, to, t, &index);
	if (rc < 0)
		return rc;
	if (rc > 0 && d->local_chosen && d->connected)
		source = address_any6;
	v4 = address_is_v4(&t->destination);
	if (v4 && domain == AF_INET6 && o->v6only)
		return -ENETUNREACH;
	group = address_is_multicast(&t->destination);
	if (!index)
		index = d->index ? d->index : o->device;
	if (!index && group)
		index = d->multicast_index;
	if (!index)
		index = ntohl(v4 ? sockopt_value(o, IPPROTO_IP, IP_UNICAST_IF) :
			sockopt_value(o, IPPROTO_IPV6, IPV6_UNICAST_IF));
	if (address_is_multicast(&source) || address_is_broadcast(&source))
		source = address_any6;
	if (!index && !v4)
		index = d->sticky_index;
	if (address_is_any(&source) && !v4 && !address_is_any(&d->sticky_source))
		source = d->sticky_source;
	t->header = (struct inet_header){
		.ttl = v4 ? sockopt_value(o, IPPROTO_IP, group ? IP_MULTICAST_TTL : IP_TTL) :
			sockopt_value(o, IPPROTO_IPV6,
				group ? IPV6_MULTICAST_HOPS : IPV6_UNICAST_HOPS),
		.tos = v4 ? sockopt_value(o, IPPROTO_IP, IP_TOS) :
			sockopt_value(o, IPPROTO_IPV6, IPV6_TCLASS),
		.no_loop = group && !(v4 ? sockopt_value(o, IPPROTO_IP, IP_MULTICAST_LOOP) :
			sockopt_value(o, IPPROTO_IPV6, IPV6_MULTICAST_LOOP)),
		.dont_fragment = true,
	};
	rc = datagram_target_control(d, to, v4, t, &source, &index);
	if (rc < 0)
		return rc;
	if (address_is_broadcast(&t->destination) && !sockopt_value(o, SOL_SOCKET, SO_BROADCAST))
		return -EACCES;
	return path_find(&t->destination, index, &source, &t->path);
}

/* --- in --- */

static bool datagram_joined(const struct datagram *d, const struct inet_packet *p)
{
	if (!address_is_multicast(&p->destination))
		return true;		/* a broadcast */
	for (unsigned k = 0; k < d->group_count; k++)
		if (address_equal(&d->groups[k].address, &p->destination) &&
		    (!d->groups[k].index ||
		     d->groups[k].index == interface_index(p->interface)))
			return true;
	/* Without a wish of its own, a socket gets what others have joined. */
	if (sockopt_value(&d->e.options, p->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			p->v6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL) &&
	    membership_exists(&p->destination, interface_index(p->interface)))
		return true;
	/* Everybody is in ff02::1 and 224.0.0.1. */
	return p->destination.addr[0] == htonl(0xff020000) ?
		!p->destination.addr[1] && !p->destination.addr[2] &&
			p->destination.addr[3] == htonl(1) :
		address_is_v4(&p->destination) && p->destination.addr[3] == htonl(0xe0000001);
}

int datagram_match(const struct datagram *d, const struct inet_packet *p)
{
	int score = 0;

	if (!d->e.sock || (d->e.sock->domain == AF_INET) != !p->v6) {
		if (!d->e.sock || d->e.sock->domain == AF_INET || d->e.options.v6only)
			return -1;
	} else {
		score++;
	}
	if (d->e.options.device) {
		if (d->e.options.device != interface_index(p->interface))
			return -1;
		score += 2;
	}
	if (!address_is_any(&d->local) &&
	    !(p->group && d->local_chosen && !address_is_multicast(&d->local))) {
		if (!address_equal(&d->local, &p->destination))
			return -1;
		score += 4;
	} else if (address_is_v4(&d->local) && p->v6) {
		return -1;
	}
	if (d->connected) {
		if (!address_equal(&d->remote, &p->source) &&
		    !address_is_multicast(&d->remote) && !address_is_broadcast(&d->remote))
			return -1;
		score += 8;
	}
	return p->group && !datagram_joined(d, p) ? -1 : score;
}

void datagram_deliver(struct datagram *d, const struct inet_packet *p, uint16_t port,
		const void *data, size_t len)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct sockaddr_storage name;
	struct iovec iov = { (void *)data, len };
	struct um_envelope from = { .name = &name, .control = control };

	from.name_len = address_to_sockaddr(d->e.sock->domain, &p->source, port,
			interface_index(p->interface), &name);
	from.control_len = datagram_control_in(d, p, control);
	if (!from.control_len)
		from.control = NULL;
	if (um_sock_deliver_message(d->e.sock, &iov, 1, &from) < 0)
		p->interface->rx.dropped++;
}
