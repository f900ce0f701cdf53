/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datagram-control.c - control messages of datagrams: what sendmsg asks for, what recvmsg
 * is told.  Which are refused, and how, is as in Linux's ip_cmsg_send() and
 * ip6_datagram_send_ctl().
 */
#include <errno.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "datagram.h"
#include "util.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef IP_PROTOCOL		/* Linux 6.4 */
#define IP_PROTOCOL 52
#endif
#ifndef SCM_TXTIME
#define SCM_TXTIME SO_TXTIME
#endif

/* --- out --- */

/* A control message's data. */
struct item {
	const struct cmsghdr *head;
	const void	*data;
	size_t		 len;
};

/* An int, in the range; -EINVAL. */
static int item_number(const struct item *m, int least, int most, int *number)
{
	if (m->len != sizeof(*number))
		return -EINVAL;
	memcpy(number, m->data, sizeof(*number));
	return *number < least || *number > most ? -EINVAL : 0;
}

static int control_socket(const struct item *m)
{
	switch (m->head->cmsg_type) {
	case SO_MARK:
		return -EPERM;
	case SCM_TXTIME:
		return -EINVAL;
	case SO_TIMESTAMPING:	/* nobody takes the time of what is sent */
	case SO_PRIORITY:
		return m->len == sizeof(int) ? 0 : -EINVAL;
	case SCM_RIGHTS:
	case SCM_CREDENTIALS:
		return 0;		/* of AF_UNIX: not looked at */
	}
	return -EINVAL;
}

static int control_v4(const struct item *m, struct datagram_control *c)
{
	struct in_pktinfo info;
	int number;

	switch (m->head->cmsg_type) {
	case IP_PKTINFO:
		if (m->len != sizeof(info))
			return -EINVAL;
		memcpy(&info, m->data, sizeof(info));
		if (info.ipi_ifindex)
			c->index = info.ipi_ifindex;
		c->source = address_v4(info.ipi_spec_dst.s_addr);
		return 0;
	case IP_TTL:
		return item_number(m, 1, 255, &c->ttl);
	case IP_TOS:
		if (m->len == 1) {
			c->tos = *(const uint8_t *)m->data;
			return 0;
		}
		return item_number(m, 0, 255, &c->tos);
	case IP_PROTOCOL:
		return item_number(m, 1, 255, &number);
	}
	return -EINVAL;
}

static int control_v6(const struct item *m, struct datagram_control *c)
{
	struct in6_pktinfo info;
	int number, rc;

	switch (m->head->cmsg_type) {
	case IPV6_PKTINFO:
	case IPV6_2292PKTINFO:
		if (m->len < sizeof(info))
			return -EINVAL;
		memcpy(&info, m->data, sizeof(info));
		if (info.ipi6_ifindex)
			c->index = info.ipi6_ifindex;
		memcpy(&c->source, &info.ipi6_addr, sizeof(c->source));
		return 0;
	case IPV6_HOPLIMIT:
	case IPV6_2292HOPLIMIT:
		rc = item_number(m, -1, 255, &number);
		if (rc == 0 && number >= 0)
			c->ttl = number;
		return rc;
	case IPV6_TCLASS:
		rc = item_number(m, -1, 255, &number);
		if (rc == 0 && number >= 0)
			c->tos = number;
		return rc;
	case IPV6_DONTFRAG:
		return item_number(m, 0, 1, &number);
	}
	return -EINVAL;
}

static int control_udp(const struct item *m, struct datagram_control *c)
{
	if (m->head->cmsg_type != UDP_SEGMENT || m->len != sizeof(c->segment))
		return -EINVAL;
	memcpy(&c->segment, m->data, sizeof(c->segment));
	return 0;
}

int datagram_control_parse(const struct datagram *d, bool v4, const struct um_envelope *to,
		struct datagram_control *c)
{
	struct msghdr m = {
		.msg_control = (void *)to->control, .msg_controllen = to->control_len,
	};
	bool udp = d->e.sock->type == SOCK_DGRAM;

	for (struct cmsghdr *h = to->control ? CMSG_FIRSTHDR(&m) : NULL; h; h = CMSG_NXTHDR(&m, h)) {
		struct item item = { h, CMSG_DATA(h), h->cmsg_len - CMSG_LEN(0) };
		int rc = 0;

		if (h->cmsg_len < CMSG_LEN(0) ||
		    h->cmsg_len > to->control_len - ((uint8_t *)h - (uint8_t *)to->control))
			return -EINVAL;
		if (h->cmsg_level == SOL_SOCKET)
			rc = control_socket(&item);
		else if (h->cmsg_level == IPPROTO_UDP && udp)
			rc = control_udp(&item, c);
		else if (h->cmsg_level == IPPROTO_IP && v4)
			rc = control_v4(&item, c);
		else if (h->cmsg_level == IPPROTO_IPV6 && d->e.sock->domain == AF_INET6)
			rc = control_v6(&item, c);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- in --- */

/* The address it was sent to, with the port, if it is of a protocol that has any. */
static size_t control_destination(const struct datagram *d, const struct inet_packet *p,
		uint8_t *control, size_t at)
{
	struct sockaddr_storage name;
	uint16_t port = 0;
	socklen_t len;

	if (d->e.sock->type == SOCK_DGRAM && inet_payload_len(p) >= 4)
		memcpy(&port, inet_payload(p) + 2, sizeof(port));
	len = address_to_sockaddr(p->v6 ? AF_INET6 : AF_INET, &p->destination, ntohs(port), 0, &name);
	return control_put(control, at, p->v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			p->v6 ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR, &name, len);
}

static size_t control_in_v4(const struct datagram *d, const struct inet_packet *p,
		uint8_t *control, size_t at)
{
	const struct sockopt *o = &d->e.options;
	int ttl = p->ttl;

	if (sockopt_value(o, IPPROTO_IP, IP_PKTINFO)) {
		struct in_pktinfo info = {
			.ipi_ifindex = interface_index(p->interface),
			.ipi_addr.s_addr = p->destination.addr[3],
			.ipi_spec_dst.s_addr = p->own ? p->destination.addr[3] : 0,
		};

		at = control_put(control, at, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	}
	if (sockopt_value(o, IPPROTO_IP, IP_RECVTTL))
		at = control_put(control, at, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (sockopt_value(o, IPPROTO_IP, IP_RECVTOS))
		at = control_put(control, at, IPPROTO_IP, IP_TOS, &p->tos, 1);
	if (sockopt_value(o, IPPROTO_IP, IP_RECVORIGDSTADDR))
		at = control_destination(d, p, control, at);
	return at;
}

size_t datagram_control_in(const struct datagram *d, const struct inet_packet *p,
		uint8_t *control)
{
	const struct sockopt *o = &d->e.options;
	int index = interface_index(p->interface), ttl = p->ttl, tos = p->tos;
	size_t at = 0;

	if (d->e.sock->domain != AF_INET6)
		return control_in_v4(d, p, control, 0);
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVPKTINFO)) {
		struct in6_pktinfo info = { .ipi6_ifindex = index };

		memcpy(&info.ipi6_addr, &p->destination, 16);
		at = control_put(control, at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (!p->v6)
		return control_in_v4(d, p, control, at);
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVHOPLIMIT))
		at = control_put(control, at, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVTCLASS))
		at = control_put(control, at, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_2292HOPLIMIT))
		at = control_put(control, at, IPPROTO_IPV6, IPV6_2292HOPLIMIT, &ttl, sizeof(ttl));
	if (sockopt_value(o, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR))
		at = control_destination(d, p, control, at);
	return at;
}

void datagram_error(struct datagram *d, const struct inet_error *why,
		const struct ip_addr *to, uint16_t port, const void *data, size_t len)
{
	bool v4 = address_is_v4(to);
	uint8_t control[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6))];
	uint8_t item[sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)];
	struct sock_extended_err e = {
		.ee_errno = why->error, .ee_origin = why->local ? SO_EE_ORIGIN_LOCAL :
			v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
		.ee_type = why->type, .ee_code = why->code, .ee_info = why->info,
	};
	struct sockaddr_storage name, offender;
	struct iovec iov = { (void *)data, len };
	struct um_envelope about = { .name = &name, .control = control };
	socklen_t n;

	about.name_len = address_to_sockaddr(d->e.sock->domain, to, port, d->index, &name);
	n = address_to_sockaddr(v4 ? AF_INET : AF_INET6, &why->offender, 0, d->index, &offender);
	if (why->local)
		memset(&offender, 0, n);
	memcpy(item, &e, sizeof(e));
	memcpy(item + sizeof(e), &offender, n);
	about.control_len = control_put(control, 0, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			v4 ? IP_RECVERR : IPV6_RECVERR, item, sizeof(e) + n);
	um_sock_error_message(d->e.sock, why->local ? 0 : -why->error, &iov, 1, &about);
}

bool datagram_wants_errors(const struct datagram *d, bool v4)
{
	return sockopt_value(&d->e.options, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			v4 ? IP_RECVERR : IPV6_RECVERR);
}

int datagram_fits(struct datagram *d, const struct datagram_target *t, size_t len)
{
	bool v4 = address_is_v4(&t->destination);
	int discover = sockopt_value(&d->e.options, v4 ? IPPROTO_IP : IPPROTO_IPV6,
			v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER);
	struct inet_error why = { .error = EMSGSIZE, .local = true,
		.info = t->path.interface->mtu, .offender = v4 ? address_any4 : address_any6 };

	if ((discover != IP_PMTUDISC_DO && discover != IP_PMTUDISC_PROBE) ||
	    len + (v4 ? 20 : 40) <= t->path.interface->mtu)
		return 0;
	if (datagram_wants_errors(d, v4))
		datagram_error(d, &why, &t->destination, t->port, NULL, 0);
	return -EMSGSIZE;
}
