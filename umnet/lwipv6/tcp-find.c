/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp-find.c - which connection a segment is for.
 *
 * The library goes through all its connections for each segment.  Here is a table of them by their
 * addresses and ports: of every pcb from its SYN on, in TIME_WAIT too, until it is freed.  memp_free() is
 * ours (abi.c), so none is missed.
 */
#include <stdlib.h>
#include <sys/random.h>

#include "stream.h"

#define BUCKETS_FIRST	256		/* a power of 2 */

struct entry {
	struct entry	*next;
	struct tcp_pcb	*pcb;
};

static struct entry **buckets;
static unsigned bucket_count, entry_count;

/* With a seed: a peer that chooses its ports cannot have them all in one bucket. */
static uint32_t tuple_hash(const struct ip_addr *local, uint16_t local_port,
		const struct ip_addr *remote, uint16_t remote_port)
{
	static uint64_t seed;
	uint64_t h;

	if (!seed && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort();
	seed |= 1;
	h = seed ^ ((uint32_t)local_port << 16 | remote_port);
	for (int k = 0; k < 4; k++) {
		h = (h ^ local->addr[k] ^ (uint64_t)remote->addr[k] << 32) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	h *= seed;
	return h >> 32;
}

static uint32_t pcb_hash(const struct tcp_pcb *pcb)
{
	return tuple_hash(&pcb->local_ip, pcb->local_port, &pcb->remote_ip, pcb->remote_port);
}

static void buckets_grow(void)
{
	unsigned more = bucket_count ? bucket_count * 2 : BUCKETS_FIRST;
	struct entry **grown = calloc(more, sizeof(*grown));

	if (!grown)
		return;			/* longer chains */
	for (unsigned k = 0; k < bucket_count; k++) {
		for (struct entry *e = buckets[k], *next; e; e = next) {
			struct entry **at = &grown[pcb_hash(e->pcb) & (more - 1)];

			next = e->next;
			e->next = *at;
			*at = e;
		}
	}
	free(buckets);
	buckets = grown;
	bucket_count = more;
}

bool pcb_remember(struct tcp_pcb *pcb)
{
	struct entry *e = malloc(sizeof(*e)), **at;

	if (entry_count >= bucket_count)
		buckets_grow();
	if (!e || !bucket_count) {
		free(e);
		return false;
	}
	at = &buckets[pcb_hash(pcb) & (bucket_count - 1)];
	e->pcb = pcb;
	e->next = *at;
	*at = e;
	entry_count++;
	return true;
}

void pcb_freed(struct tcp_pcb *pcb)
{
	struct entry **at = bucket_count ? &buckets[pcb_hash(pcb) & (bucket_count - 1)] : NULL, *e;

	while (at && *at && (*at)->pcb != pcb)
		at = &(*at)->next;
	if (!at || !*at)
		return;			/* never was one of a connection */
	e = *at;
	*at = e->next;
	free(e);
	entry_count--;
}

struct tcp_pcb *pcb_find(const struct ip_addr *local, uint16_t local_port,
		const struct ip_addr *remote, uint16_t remote_port, bool time_wait)
{
	uint32_t hash = tuple_hash(local, local_port, remote, remote_port);

	for (struct entry *e = bucket_count ? buckets[hash & (bucket_count - 1)] : NULL; e; e = e->next)
		if (e->pcb->local_port == local_port && e->pcb->remote_port == remote_port &&
		    address_equal(&e->pcb->remote_ip, remote) && address_equal(&e->pcb->local_ip, local) &&
		    (e->pcb->state == TIME_WAIT) == time_wait)
			return e->pcb;
	return NULL;
}

void pcb_alone(struct lone *l, struct tcp_pcb *pcb)
{
	struct stack *stack = engine_stack();

	*l = (struct lone){ .pcb = pcb, .next = pcb ? pcb->next : NULL, .others = stack->tcp_active_pcbs };
	if (pcb)
		pcb->next = NULL;
	stack->tcp_active_pcbs = pcb;
}

struct tcp_pcb *pcb_back(const struct lone *l)
{
	struct stack *stack = engine_stack();
	struct tcp_pcb *left = stack->tcp_active_pcbs, **link;

	stack->tcp_active_pcbs = l->others;
	if (left && left == l->pcb) {
		left->next = l->next;
		return left;
	}
	if (l->pcb) {			/* gone: only its address is looked at */
		link = &stack->tcp_active_pcbs;
		while (*link && *link != l->pcb)
			link = &(*link)->next;
		if (*link)
			*link = l->next;
		return NULL;
	}
	if (left) {			/* a new one */
		left->next = l->others;
		stack->tcp_active_pcbs = left;
	}
	return left;
}
