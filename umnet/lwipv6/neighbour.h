/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbour.h - who has which MAC address: ARP and IPv6 neighbour discovery.
 *
 * The library's own table has ten entries and trusts what it is sent, so
 * the engine keeps this one and the library never sees an ARP frame.
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include <linux/neighbour.h>
#include <stdbool.h>
#include <stdint.h>

#include "interface.h"

#define NEIGHBOUR_MAX	1024		/* entries; permanent ones included */

struct neighbour {
	struct neighbour *next;
	struct interface *interface;
	struct ip_addr	 address;
	uint16_t	 state;		/* NUD_* */
	uint8_t		 flags;		/* NTF_* */
	bool		 has_mac;
	uint8_t		 mac[6];
	/* neighbour.c's own */
	unsigned	 probes;
	uint64_t	 when;		/* ms: of the last change of state */
	unsigned	 queued;
	struct neighbour_packet *queue;
};

struct neighbour *neighbour_first(void);	/* then ->next */
struct neighbour *neighbour_find(const struct interface *i, const struct ip_addr *a);

/* Add or change; mac NULL: none known.  0, -ENOBUFS. */
int neighbour_set(struct interface *i, const struct ip_addr *a, uint16_t state,
		uint8_t flags, const uint8_t *mac);
void neighbour_remove(struct neighbour *n);
/* All of an interface but the permanent ones (all: those too). */
void neighbour_flush(struct interface *i, bool all);

/*
 * Send an IP packet to a unicast address on the wire: at once, or when its MAC
 * is known.  Borrows.  0, -EHOSTUNREACH if it has just failed to answer.
 */
int neighbour_send(struct interface *i, const struct ip_addr *next_hop,
		uint16_t type, const void *ip, size_t len);

/* Received: an ARP packet (after the ethernet header); a neighbour
   solicitation or advertisement (IP header included, validated). */
void neighbour_arp_input(struct interface *i, const uint8_t *packet, size_t len);
void neighbour_nd_input(struct interface *i, const uint8_t *ip, size_t len);

/* Timers: returns ms until the next is due, -1 for none. */
int neighbour_poll(uint64_t now);

/* Inside: between neighbour.c and neighbour-message.c. */
#define NEIGHBOUR_SOLID	(NUD_PERMANENT | NUD_NOARP)
struct neighbour *neighbour_make(struct interface *i, const struct ip_addr *a);
void neighbour_state(struct neighbour *n, uint16_t state);
/* The wire has told us; confirmed: it answered our question. */
void neighbour_learn(struct neighbour *n, const uint8_t *mac, bool confirmed);
void neighbour_ask(struct neighbour *n);

#endif
