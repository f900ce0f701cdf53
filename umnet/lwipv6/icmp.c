/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * icmp.c - ICMP and ICMPv6: echo is answered, errors find the socket they are
 * about, and packets for nobody are refused (so many a second, no more).
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "inet.h"
#include "router.h"
#include "um_stack.h"

#define REJECTS_PER_SECOND 1000

/* May one more error be sent? */
static bool reject_allowed(void)
{
	static uint64_t second;
	static unsigned count;

	if (um_stack_now() / 1000 != second) {
		second = um_stack_now() / 1000;
		count = 0;
	}
	return count++ < REJECTS_PER_SECOND;
}

static int icmp_send(const struct ip_addr *from, const struct ip_addr *to, int index,
		uint8_t *message, size_t len)
{
	struct inet_header header = { .protocol = IPPROTO_ICMP, .ttl = 64 };
	struct path path;
	uint16_t checksum;
	int rc = path_find(to, address_is_link_local(to) ? index : 0, from, &path);

	if (rc < 0)
		return rc;
	memset(message + 2, 0, 2);
	if (address_is_v4(to)) {
		checksum = inet_checksum(message, len);
	} else {
		header.protocol = IPPROTO_ICMPV6;
		checksum = inet_checksum_pseudo(&path.source, to, IPPROTO_ICMPV6, message, len);
	}
	memcpy(message + 2, &checksum, 2);
	return inet_send(&path, to, &header, message, len);
}

void icmp_reject(const struct inet_packet *p, uint8_t type, uint8_t code, uint32_t extra)
{
	uint8_t message[1280 - 40];
	size_t quote = p->v6 ? sizeof(message) - 8 : p->header + 8u;

	if (p->group || address_is_any(&p->source) || !reject_allowed())
		return;
	if (quote > p->len)
		quote = p->len;
	memset(message, 0, 8);
	message[0] = type;
	message[1] = code;
	extra = htonl(extra);
	memcpy(message + 4, &extra, 4);
	memcpy(message + 8, p->ip, quote);
	icmp_send(&p->destination, &p->source, interface_index(p->interface), message, 8 + quote);
}

void inet_undeliverable(const uint8_t *ip, size_t len, int error)
{
	struct ip_addr from, to;
	uint8_t protocol;
	size_t head;
	uint16_t ports[2];

	if (len >= sizeof(struct iphdr) && ip[0] >> 4 == 4) {
		struct iphdr h;

		memcpy(&h, ip, sizeof(h));
		from = address_v4(h.saddr);
		to = address_v4(h.daddr);
		protocol = h.protocol;
		head = h.ihl * 4;
	} else if (len >= sizeof(struct ip6_hdr) && ip[0] >> 4 == 6) {
		memcpy(&from, ip + 8, 16);
		memcpy(&to, ip + 24, 16);
		protocol = ip[6];
		head = sizeof(struct ip6_hdr);
	} else {
		return;
	}
	if (len < head + sizeof(ports))
		return;
	memcpy(ports, ip + head, sizeof(ports));
	if (protocol == IPPROTO_TCP)
		tcp_unreachable(&from, ntohs(ports[0]), &to, ntohs(ports[1]), error);
	else if (protocol == IPPROTO_UDP)
		udp_unreachable(&from, ntohs(ports[0]), &to, ntohs(ports[1]), error);
}

static int error_v4(uint8_t type, uint8_t code)
{
	static const int unreachable[] = {
		ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, ECONNREFUSED, EMSGSIZE,
		EOPNOTSUPP, ENETUNREACH, EHOSTDOWN, ENONET, ENETUNREACH,
		EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH,
	};

	if (type == ICMP_DEST_UNREACH && code != ICMP_FRAG_NEEDED)
		return code < sizeof(unreachable) / sizeof(*unreachable) ?
			unreachable[code] : EHOSTUNREACH;
	return type == ICMP_TIME_EXCEEDED ? EHOSTUNREACH : 0;
}

static int error_v6(uint8_t type, uint8_t code)
{
	static const int unreachable[] = {
		ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED,
	};

	if (type == ICMP6_DST_UNREACH)
		return code < sizeof(unreachable) / sizeof(*unreachable) ?
			unreachable[code] : EHOSTUNREACH;
	return type == ICMP6_TIME_EXCEEDED ? EHOSTUNREACH :
		type == ICMP6_PARAM_PROB ? EPROTO : 0;
}

void icmp_receive(const struct inet_packet *p)
{
	const uint8_t *icmp = inet_payload(p);
	size_t len = inet_payload_len(p);
	uint8_t echo = p->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	uint8_t reply = p->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
	static uint8_t message[65536];
	int error;

	if (len < 8)
		return;
	if (p->v6 ? inet_checksum_pseudo(&p->source, &p->destination, IPPROTO_ICMPV6, icmp, len) :
	    inet_checksum(icmp, len))
		return;
	if (icmp[0] == echo && (p->v6 || !p->group)) {
		memcpy(message, icmp, len);
		message[0] = reply;
		icmp_send(p->group ? NULL : &p->destination, &p->source,
				interface_index(p->interface), message, len);
		return;
	}
	if (icmp[0] == reply) {
		ping_receive(p);
		return;
	}
	if (p->v6 && icmp[0] == ND_ROUTER_SOLICIT)
		router_solicited(p);
	error = p->v6 ? error_v6(icmp[0], icmp[1]) : error_v4(icmp[0], icmp[1]);
	if (error)
		inet_undeliverable(icmp + 8, len - 8, error);
}
