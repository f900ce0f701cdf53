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
#include "util.h"

#define REJECTS_PER_SECOND 1000
#define QUOTE_V4	(576 - 20 - 8)	/* RFC 1812: as much as fits in 576 bytes */

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
	size_t quote = p->v6 ? sizeof(message) - 8 : QUOTE_V4;

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

void inet_undeliverable(const uint8_t *ip, size_t len, const struct inet_error *why)
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
	if (protocol == IPPROTO_TCP && why->error != EMSGSIZE)
		tcp_unreachable(&from, ntohs(ports[0]), &to, ntohs(ports[1]), why->error);
	else if (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
		udp_unreachable(&from, &to, protocol, ip + head, len - head, why);
	raw_unreachable(&from, &to, protocol, ip, ip + head, len - head, why);
}

/* What an error is to the program whose packet it is about. */
struct reason {
	int	error;
	bool	hard;
};

static struct reason reason_v4(uint8_t type, uint8_t code)
{
	static const struct reason unreachable[] = {
		{ ENETUNREACH, false }, { EHOSTUNREACH, false }, { ENOPROTOOPT, true },
		{ ECONNREFUSED, true }, { EMSGSIZE, false }, { EOPNOTSUPP, false },
		{ ENETUNREACH, true }, { EHOSTDOWN, true }, { ENONET, true },
		{ ENETUNREACH, true }, { EHOSTUNREACH, true }, { ENETUNREACH, false },
		{ EHOSTUNREACH, false }, { EHOSTUNREACH, true }, { EHOSTUNREACH, true },
		{ EHOSTUNREACH, true },
	};

	switch (type) {
	case ICMP_DEST_UNREACH:
		return code < ARRAY_SIZE(unreachable) ? unreachable[code] :
			(struct reason){ EHOSTUNREACH, true };
	case ICMP_TIME_EXCEEDED:
		return (struct reason){ EHOSTUNREACH, false };
	case ICMP_PARAMETERPROB:
		return (struct reason){ EPROTO, true };
	}
	return (struct reason){ 0, false };
}

static struct reason reason_v6(uint8_t type, uint8_t code)
{
	static const struct reason unreachable[] = {
		{ ENETUNREACH, false }, { EACCES, true }, { EHOSTUNREACH, false },
		{ EHOSTUNREACH, false }, { ECONNREFUSED, true }, { EACCES, true }, { EACCES, true },
	};

	switch (type) {
	case ICMP6_DST_UNREACH:
		return code < ARRAY_SIZE(unreachable) ? unreachable[code] :
			(struct reason){ EPROTO, true };
	case ICMP6_PACKET_TOO_BIG:
		return (struct reason){ EMSGSIZE, false };
	case ICMP6_TIME_EXCEEDED:
		return (struct reason){ EHOSTUNREACH, false };
	case ICMP6_PARAM_PROB:
		return (struct reason){ EPROTO, true };
	}
	return (struct reason){ 0, false };
}

/* An error about a packet of ours, the head of which it quotes. */
static void icmp_error(const struct inet_packet *p, const uint8_t *icmp, size_t len)
{
	struct reason reason = p->v6 ? reason_v6(icmp[0], icmp[1]) : reason_v4(icmp[0], icmp[1]);
	struct inet_error why = {
		.error = reason.error, .hard = reason.hard, .type = icmp[0], .code = icmp[1],
		.offender = p->source,
	};

	if (!reason.error)
		return;
	if (p->v6)
		why.info = (uint32_t)icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 | icmp[7];
	else if (reason.error == EMSGSIZE)
		why.info = icmp[6] << 8 | icmp[7];
	inet_undeliverable(icmp + 8, len - 8, &why);
}

void icmp_receive(const struct inet_packet *p)
{
	const uint8_t *icmp = inet_payload(p);
	size_t len = inet_payload_len(p);
	uint8_t echo = p->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	uint8_t reply = p->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
	static uint8_t message[65536];

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
	if (p->v6 && icmp[0] == MLD_LISTENER_QUERY)
		membership_asked(p);
	if (p->v6 && icmp[0] == ND_ROUTER_SOLICIT)
		router_solicited(p);
	icmp_error(p, icmp, len);
}
