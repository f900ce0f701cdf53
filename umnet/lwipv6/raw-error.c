/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw-error.c - errors about what raw and ping sockets have sent. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "datagram.h"

static bool is_about(const struct datagram *d, const struct ip_addr *from, const struct ip_addr *to)
{
	return d->e.sock && (d->e.sock->domain == AF_INET) == address_is_v4(to) &&
		(address_is_any(&d->local) || address_equal(&d->local, from)) &&
		(!d->connected || address_equal(&d->remote, to));
}

/* data: what the queue of errors gives back. */
static void tell(struct datagram *d, const struct ip_addr *to, const uint8_t *data, size_t len,
		const struct inet_error *why)
{
	if (datagram_wants_errors(d, address_is_v4(to)))
		datagram_error(d, why, to, 0, data, len);
	else if (d->connected && why->hard)
		um_sock_error(d->e.sock, -why->error);
}

static void ping_unreachable(const struct ip_addr *from, const struct ip_addr *to,
		const uint8_t *icmp, size_t len, const struct inet_error *why)
{
	uint16_t id;

	if (len < 8 || icmp[0] != (address_is_v4(to) ? ICMP_ECHO : ICMP6_ECHO_REQUEST))
		return;
	memcpy(&id, icmp + 4, sizeof(id));
	for (struct endpoint *e = ping_endpoints(), *next; e; e = next) {
		struct datagram *d = (struct datagram *)e;

		next = e->next;
		if (is_about(d, from, to) && d->local_port == ntohs(id))
			tell(d, to, icmp, len, why);
	}
}

void raw_unreachable(const struct ip_addr *from, const struct ip_addr *to, uint8_t protocol,
		const uint8_t *ip, const uint8_t *payload, size_t len, const struct inet_error *why)
{
	bool v4 = address_is_v4(to);

	if (protocol == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		ping_unreachable(from, to, payload, len, why);
	for (struct endpoint *e = raw_endpoints(), *next; e; e = next) {
		struct datagram *d = (struct datagram *)e;
		bool whole;

		next = e->next;
		if (!is_about(d, from, to) ||
		    (e->sock->protocol != protocol && e->sock->protocol != IPPROTO_RAW))
			continue;
		/* Who writes the header himself gets it back, too. */
		whole = v4 && sockopt_value(&e->options, IPPROTO_IP, IP_HDRINCL);
		tell(d, to, whole ? ip : payload, whole ? len + (payload - ip) : len, why);
	}
}
