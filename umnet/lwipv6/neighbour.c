/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an entry, as Linux has it:
 *
 *   INCOMPLETE  asked for by group; packets wait in ->queue.  Answered: REACHABLE.
 *               Three questions without an answer: FAILED, the packets' senders are told.
 *   REACHABLE   for 30 s after the answer, then STALE.
 *   STALE       good, but old.  Used: DELAY.
 *   DELAY       5 s, then PROBE.
 *   PROBE       asked for directly; no answer to three: FAILED.
 *   FAILED      the next packet starts again.
 *   PERMANENT, NOARP  set by hand; never change by themselves.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "inet.h"
#include "neighbour.h"
#include "rtnetlink.h"

#define QUEUE_MAX	64		/* packets that wait for one answer */
#define PROBES		3
#define PROBE_MS	1000
#define DELAY_MS	5000
#define REACHABLE_MS	30000

struct neighbour_packet {
	struct neighbour_packet *next;
	uint16_t	 type;
	size_t		 len;
	uint8_t		 ip[];
};

static struct neighbour *all;
static unsigned count;

struct neighbour *neighbour_first(void)
{
	return all;
}

struct neighbour *neighbour_find(const struct interface *i, const struct ip_addr *a)
{
	struct neighbour *n = all;

	while (n && (n->interface != i || !address_equal(&n->address, a)))
		n = n->next;
	return n;
}

void neighbour_state(struct neighbour *n, uint16_t state)
{
	rtnl_touch();
	n->state = state;
	n->when = um_stack_now();
	n->probes = 0;
}

/* As if we told ourselves that the host is unreachable. */
static void neighbour_give_back(struct neighbour *n, const struct neighbour_packet *p, int error)
{
	bool v4 = address_is_v4(&n->address);
	struct inet_error why = {
		.error = error, .type = v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH,
		.code = v4 ? ICMP_HOST_UNREACH : ICMP6_DST_UNREACH_ADDR,
	};

	if (v4 && p->len >= sizeof(struct iphdr))
		why.offender = address_v4(((const struct iphdr *)p->ip)->saddr);
	else if (!v4 && p->len >= sizeof(struct ip6_hdr))
		memcpy(&why.offender, p->ip + offsetof(struct ip6_hdr, ip6_src), 16);
	inet_undeliverable(p->ip, p->len, &why);
}

/* Send (or, with error set, give back) all that waits. */
static void neighbour_flush_queue(struct neighbour *n, int error)
{
	struct neighbour_packet *p = n->queue;

	n->queue = NULL;
	n->queued = 0;
	while (p) {
		struct neighbour_packet *next = p->next;

		if (error)
			neighbour_give_back(n, p, error);
		else
			interface_send_ethernet(n->interface, n->mac, p->type, p->ip, p->len);
		free(p);
		p = next;
	}
}

void neighbour_remove(struct neighbour *n)
{
	struct neighbour **link = &all;

	rtnl_touch();
	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	count--;
	while (n->queue) {
		struct neighbour_packet *p = n->queue;

		n->queue = p->next;
		free(p);
	}
	free(n);
}

void neighbour_flush(struct interface *i, bool every)
{
	for (struct neighbour *n = all, *next; n; n = next) {
		next = n->next;
		if (n->interface == i && (every || !(n->state & NEIGHBOUR_SOLID)))
			neighbour_remove(n);
	}
}

/* The table is full: forget the one that has been quiet longest. */
static bool neighbour_evict(void)
{
	struct neighbour *oldest = NULL;

	for (struct neighbour *n = all; n; n = n->next)
		if (!(n->state & NEIGHBOUR_SOLID) && (!oldest || n->when < oldest->when))
			oldest = n;
	if (oldest)
		neighbour_remove(oldest);
	return oldest != NULL;
}

struct neighbour *neighbour_make(struct interface *i, const struct ip_addr *a)
{
	struct neighbour *n = neighbour_find(i, a);

	if (n)
		return n;
	if (count >= NEIGHBOUR_MAX && !neighbour_evict())
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->interface = i;
	n->address = *a;
	n->next = all;
	all = n;
	count++;
	neighbour_state(n, NUD_NONE);
	return n;
}

int neighbour_set(struct interface *i, const struct ip_addr *a, uint16_t state,
		uint8_t flags, const uint8_t *mac)
{
	struct neighbour *n = neighbour_make(i, a);

	if (!n)
		return -ENOBUFS;
	n->flags = flags;
	neighbour_state(n, state);
	if (mac) {
		memcpy(n->mac, mac, 6);
		n->has_mac = true;
		neighbour_flush_queue(n, 0);
	}
	return 0;
}

void neighbour_learn(struct neighbour *n, const uint8_t *mac, bool confirmed)
{
	bool same = n->has_mac && !memcmp(n->mac, mac, 6);

	if (n->state & NEIGHBOUR_SOLID || mac[0] & 1)
		return;
	rtnl_touch();
	memcpy(n->mac, mac, 6);
	n->has_mac = true;
	if (confirmed)
		neighbour_state(n, NUD_REACHABLE);
	else if (!same || !(n->state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE)))
		neighbour_state(n, NUD_STALE);
	neighbour_flush_queue(n, 0);
}

int neighbour_send(struct interface *i, const struct ip_addr *next_hop,
		uint16_t type, const void *ip, size_t len)
{
	struct neighbour *n = neighbour_make(i, next_hop);
	struct neighbour_packet *p, **last;

	if (!n)
		return -ENOBUFS;
	if (n->has_mac && n->state & ~(NUD_FAILED | NUD_INCOMPLETE | NUD_NONE)) {
		if (n->state & NUD_STALE)
			neighbour_state(n, NUD_DELAY);
		return interface_send_ethernet(i, n->mac, type, ip, len);
	}
	if (n->queued >= QUEUE_MAX)
		return -ENOBUFS;
	p = malloc(sizeof(*p) + len);
	if (!p)
		return -ENOBUFS;
	*p = (struct neighbour_packet){ .type = type, .len = len };
	memcpy(p->ip, ip, len);
	for (last = &n->queue; *last; last = &(*last)->next)
		;
	*last = p;
	n->queued++;
	if (!(n->state & NUD_INCOMPLETE)) {
		neighbour_state(n, NUD_INCOMPLETE);
		neighbour_ask(n);
	}
	return 0;
}

/* Ms until n wants attention; does what is due. -1: nothing to come. */
static int neighbour_tick(struct neighbour *n, uint64_t now)
{
	uint64_t age = now - n->when;
	unsigned wait;

	switch (n->state) {
	case NUD_INCOMPLETE:
	case NUD_PROBE:
		wait = PROBE_MS;
		if (age < wait)
			break;
		if (n->probes < PROBES) {
			neighbour_ask(n);
			return PROBE_MS;
		}
		neighbour_state(n, NUD_FAILED);
		neighbour_flush_queue(n, EHOSTUNREACH);
		return -1;
	case NUD_DELAY:
		wait = DELAY_MS;
		if (age < wait)
			break;
		neighbour_state(n, NUD_PROBE);
		neighbour_ask(n);
		return PROBE_MS;
	case NUD_REACHABLE:
		wait = REACHABLE_MS;
		if (age < wait)
			break;
		neighbour_state(n, NUD_STALE);
		return -1;
	default:
		return -1;
	}
	return wait - age;
}

int neighbour_poll(uint64_t now)
{
	int next = -1;

	for (struct neighbour *n = all; n; n = n->next) {
		int wait = neighbour_tick(n, now);

		if (wait >= 0 && (next < 0 || wait < next))
			next = wait;
	}
	return next;
}
