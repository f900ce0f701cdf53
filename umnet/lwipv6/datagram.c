/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "datagram.h"

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
	rc = address_from_sockaddr(domain, a, len, &remote, &port, &index);
	if (rc < 0)
		return rc;
	if (address_is_v4(&remote) && domain == AF_INET6 && d->e.options.v6only)
		return -ENETUNREACH;
	if (address_is_any(&remote))
		remote = address_is_v4(&remote) ? address_v4(htonl(INADDR_LOOPBACK)) :
			(struct ip_addr){ { 0, 0, 0, htonl(1) } };
	if (!index)
		index = d->e.options.device;
	if (!index && address_is_multicast(&remote))
		index = d->multicast_index;
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

/* What sendmsg's control says: source, interface, TTL. */
static int datagram_control(const struct um_envelope *to, struct ip_addr *source,
		int *index, struct inet_header *header)
{
	struct msghdr m = {
		.msg_control = (void *)to->control, .msg_controllen = to->control_len,
	};

	for (struct cmsghdr *c = to->control ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);
		const void *data = CMSG_DATA(c);
		int number = 0;

		if (c->cmsg_len < CMSG_LEN(0) ||
		    c->cmsg_len > to->control_len - ((uint8_t *)c - (uint8_t *)to->control))
			return -EINVAL;
		if (len >= sizeof(number))
			memcpy(&number, data, sizeof(number));
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		    len >= sizeof(struct in_pktinfo)) {
			struct in_pktinfo info;

			memcpy(&info, data, sizeof(info));
			*index = info.ipi_ifindex ? info.ipi_ifindex : *index;
			if (info.ipi_spec_dst.s_addr)
				*source = address_v4(info.ipi_spec_dst.s_addr);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
			   len >= sizeof(struct in6_pktinfo)) {
			struct in6_pktinfo info;
			struct ip_addr a;

			memcpy(&info, data, sizeof(info));
			memcpy(&a, &info.ipi6_addr, sizeof(a));
			*index = info.ipi6_ifindex ? (int)info.ipi6_ifindex : *index;
			if (!address_is_any(&a))
				*source = a;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			if (number < (c->cmsg_level == IPPROTO_IP ? 1 : -1) || number > 255)
				return -EINVAL;
			header->ttl = number < 0 ? header->ttl : number;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)) {
			header->tos = len >= 4 ? number : len ? *(const uint8_t *)data : 0;
		}
	}
	if (!address_is_any(source) && !address_is_local(source) && !address_is_multicast(source))
		return -EINVAL;
	return 0;
}

int datagram_target(struct datagram *d, const struct um_envelope *to,
		struct datagram_target *t)
{
	const struct sockopt *o = &d->e.options;
	int domain = d->e.sock->domain, index = 0, rc;
	struct ip_addr source = d->local;
	bool group, v4;

	if (to->name) {
		rc = address_from_sockaddr(domain, to->name, to->name_len,
				&t->destination, &t->port, &index);
		if (rc < 0)
			return rc;
		if (address_is_any(&t->destination))
			t->destination = address_is_v4(&t->destination) ?
				address_v4(htonl(INADDR_LOOPBACK)) :
				(struct ip_addr){ { 0, 0, 0, htonl(1) } };
		if (d->local_chosen && d->connected)
			source = address_any6;
	} else if (d->connected) {
		t->destination = d->remote;
		t->port = d->remote_port;
	} else {
		return -EDESTADDRREQ;
	}
	v4 = address_is_v4(&t->destination);
	if (v4 && domain == AF_INET6 && o->v6only)
		return -ENETUNREACH;
	group = address_is_multicast(&t->destination);
	if (!index)
		index = d->index ? d->index : o->device;
	if (!index && group)
		index = d->multicast_index;
	if (address_is_multicast(&source) || address_is_broadcast(&source))
		source = address_any6;
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
	rc = datagram_control(to, &source, &index, &t->header);
	if (rc < 0)
		return rc;
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

static size_t control_add(uint8_t *control, size_t at, int level, int type,
		const void *data, size_t len)
{
	struct cmsghdr c = { .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };

	memset(control + at, 0, CMSG_SPACE(len));
	memcpy(control + at, &c, sizeof(c));
	memcpy(control + at + CMSG_LEN(0), data, len);
	return at + CMSG_SPACE(len);
}

static size_t datagram_control_in(const struct datagram *d, const struct inet_packet *p,
		uint8_t *control)
{
	const struct sockopt *o = &d->e.options;
	int index = interface_index(p->interface), ttl = p->ttl, tos = p->tos;
	size_t at = 0;

	if (!p->v6 && sockopt_value(o, IPPROTO_IP, IP_PKTINFO)) {
		struct in_pktinfo info = {
			.ipi_ifindex = index, .ipi_addr.s_addr = p->destination.addr[3],
			.ipi_spec_dst.s_addr = p->own ? p->destination.addr[3] : 0,
		};

		at = control_add(control, at, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	}
	if (!p->v6 && sockopt_value(o, IPPROTO_IP, IP_RECVTTL))
		at = control_add(control, at, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (!p->v6 && sockopt_value(o, IPPROTO_IP, IP_RECVTOS))
		at = control_add(control, at, IPPROTO_IP, IP_TOS, &p->tos, 1);
	if (d->e.sock->domain != AF_INET6)
		return at;
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVPKTINFO)) {
		struct in6_pktinfo info = { .ipi6_ifindex = index };

		memcpy(&info.ipi6_addr, &p->destination, 16);
		at = control_add(control, at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVHOPLIMIT))
		at = control_add(control, at, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_2292HOPLIMIT))
		at = control_add(control, at, IPPROTO_IPV6, IPV6_2292HOPLIMIT, &ttl, sizeof(ttl));
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVTCLASS))
		at = control_add(control, at, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	return at;
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
