/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp-segment.c - UDP and UDP-Lite on the wire. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

#include "udp.h"

/* --- out --- */

static int udp_send_one(const struct udp *u, const struct datagram_target *t,
		const uint8_t *data, size_t len)
{
	static uint8_t message[65536];
	const struct datagram *d = &u->d;
	uint8_t protocol = d->e.sock->protocol == IPPROTO_UDPLITE ? IPPROTO_UDPLITE : IPPROTO_UDP;
	size_t whole = sizeof(struct udphdr) + len, covered = whole;
	struct inet_header header = t->header;
	struct udphdr h;

	if (protocol == IPPROTO_UDPLITE) {
		size_t asked = sockopt_value(&d->e.options, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV);

		if (asked && asked < whole)
			covered = asked;
	}
	h = (struct udphdr){
		.source = htons(d->local_port), .dest = htons(t->port), .len = htons(covered),
	};
	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), data, len);
	h.check = inet_checksum_covered(&t->path.source, &t->destination, protocol,
			message, whole, covered);
	if (!h.check)
		h.check = 0xffff;
	memcpy(message, &h, sizeof(h));
	header.protocol = protocol;
	return inet_send(&t->path, &t->destination, &header, message, whole);
}

int udp_send(const struct udp *u, const struct datagram_target *t, const void *data, size_t len)
{
	size_t most = t->segment ? t->segment : len, at = 0;
	int rc;

	do {
		size_t n = len - at < most ? len - at : most;

		rc = udp_send_one(u, t, (const uint8_t *)data + at, n);
		at += n;
	} while (rc >= 0 && at < len);
	return rc;
}

/* --- in --- */

/* The datagram's header; false if it is wrong.  *covered: fewer than all its bytes, or 0. */
static bool udp_check(const struct inet_packet *p, struct udphdr *h, size_t *len, size_t *covered)
{
	size_t cover;

	if (inet_payload_len(p) < sizeof(*h))
		return false;
	memcpy(h, inet_payload(p), sizeof(*h));
	*covered = 0;
	if (!h->dest)
		return false;
	if (p->protocol == IPPROTO_UDPLITE) {
		*len = inet_payload_len(p);
		cover = h->len ? ntohs(h->len) : *len;
		if (cover < sizeof(*h) || cover > *len || !h->check)
			return false;
		if (cover < *len)
			*covered = cover;
	} else {
		*len = cover = ntohs(h->len);
		if (*len < sizeof(*h) || *len > inet_payload_len(p))
			return false;
		if (!h->check && !p->v6)
			return true;
	}
	return !inet_checksum_covered(&p->source, &p->destination, p->protocol,
			inet_payload(p), *len, cover);
}

/* Does d want one of which only so much is covered? */
static bool udp_covers(const struct datagram *d, size_t covered)
{
	int least = sockopt_value(&d->e.options, IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV);

	return !covered || !least || covered >= (size_t)least;
}

static void udp_deliver(struct datagram *d, const struct inet_packet *p,
		const struct udphdr *h, size_t len)
{
	datagram_deliver(d, p, ntohs(h->source), inet_payload(p) + sizeof(*h), len - sizeof(*h));
}

/* How exactly p is for d, or -1. */
static int udp_score(const struct datagram *d, const struct inet_packet *p,
		const struct udphdr *h, size_t covered)
{
	if (d->local_port != ntohs(h->dest) ||
	    (d->connected && d->remote_port != ntohs(h->source)) || !udp_covers(d, covered))
		return -1;
	return datagram_match(d, p);
}

/* Those that share a port with SO_REUSEPORT share what comes: one peer's always goes to
   the same. */
static struct datagram *udp_share(struct endpoint *sockets, struct datagram *first, int score,
		const struct inet_packet *p, const struct udphdr *h, size_t covered)
{
	uint32_t hash = inet_hash(&p->source, ntohs(h->source));
	struct datagram *chosen = first;
	unsigned count = 0, wanted = 0;

	for (int pass = 0; pass < 2; pass++) {
		unsigned k = 0;

		for (struct endpoint *e = sockets; e; e = e->next) {
			struct datagram *d = (struct datagram *)e;

			if (!e->options.reuse_port || udp_score(d, p, h, covered) != score)
				continue;
			if (pass && k == wanted)
				chosen = d;
			k++;
		}
		count = k;
		wanted = count ? hash % count : 0;
	}
	return chosen;
}

void udp_receive(const struct inet_packet *p)
{
	struct udp_table *table = udp_table(p->protocol);
	struct datagram *best = NULL;
	int best_score = -1;
	struct udphdr h;
	size_t len, covered;

	if (!udp_check(p, &h, &len, &covered))
		return;
	for (struct endpoint *e = table->ports.used[ntohs(h.dest)] ? table->sockets : NULL; e;
	     e = e->next) {
		struct datagram *d = (struct datagram *)e;
		int score = udp_score(d, p, &h, covered);

		if (score >= 0 && p->group)
			udp_deliver(d, p, &h, len);
		if (score > best_score) {
			best_score = score;
			best = d;
		}
	}
	if (p->group)
		return;
	if (best && best->e.options.reuse_port && !best->connected)
		best = udp_share(table->sockets, best, best_score, p, &h, covered);
	if (best)
		udp_deliver(best, p, &h, len);
	else if (p->v6)
		icmp_reject(p, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, 0);
	else
		icmp_reject(p, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
}

/* --- errors about what went out --- */

void udp_unreachable(const struct ip_addr *from, const struct ip_addr *to, uint8_t protocol,
		const uint8_t *udp, size_t len, const struct inet_error *why)
{
	struct udp_table *table = udp_table(protocol);
	uint16_t ports[2];

	if (len < sizeof(ports))
		return;
	memcpy(ports, udp, sizeof(ports));
	for (struct endpoint *e = table->ports.used[ntohs(ports[0])] ? table->sockets : NULL; e;
	     e = e->next) {
		struct datagram *d = (struct datagram *)e;

		if (!e->sock || d->local_port != ntohs(ports[0]) ||
		    (!address_is_any(&d->local) && !address_equal(&d->local, from)) ||
		    (d->connected && (d->remote_port != ntohs(ports[1]) ||
				      !address_equal(&d->remote, to))))
			continue;
		if (datagram_wants_errors(d, address_is_v4(to)))
			datagram_error(d, why, to, ntohs(ports[1]), udp + sizeof(struct udphdr),
					len > sizeof(struct udphdr) ? len - sizeof(struct udphdr) : 0);
		else if (d->connected && why->hard)
			um_sock_error(e->sock, -why->error);
	}
}
