/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interface.h - network interfaces: the library's struct netif and what we keep
 * beside it, from one end of a wire to the sockets.
 *
 * Interfaces are made while the stack is mounted and live as long as it.
 */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <net/if_arp.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "../cable.h"

#define INTERFACE_MTU_MIN	68
#define INTERFACE_MTU_MAX	65535
#define INTERFACE_MTU		1500	/* of a wire */

struct interface_counters {
	uint64_t	packets, bytes, errors, dropped;
};

/* netif->state.  Others may read; the functions below change. */
struct interface {
	struct netif	 netif;		/* first: the two are one */
	char		 label[16];	/* "vd0" */
	uint32_t	 mtu, mtu_max;
	bool		 ethernet;	/* has frames, a MAC, neighbours (vd, tp);
					   else bare IP packets (lo, tn) */
	bool		 loopback;
	bool		 promiscuous;
	struct interface_counters rx, tx;
	uint64_t	 rx_multicast;
	struct cable	*cable;		/* the wire: owned; NULL for lo */
};

/* The running stack. */
struct stack *engine_stack(void);

/* In the order of their indices; NULL ends. */
struct interface *interface_first(void);
struct interface *interface_next(const struct interface *i);
struct interface *interface_by_index(int index);
struct interface *interface_by_label(const char *label);

bool interface_up(const struct interface *i);		/* IFF_UP */
bool interface_running(const struct interface *i);	/* and the wire is connected */
int interface_index(const struct interface *i);		/* netif.id */

/*
 * Up: makes the IPv6 link-local address (fe80::/64 from the MAC, flagged
 * IFA_F_PERMANENT) on an ethernet interface that has none, by
 * netif_add_addr(), unless link_local is false.  Down: forgets the neighbours; addresses
 * and routes are the caller's.
 */
int interface_set_up(struct interface *i, bool up, bool link_local);
int interface_set_mtu(struct interface *i, uint32_t mtu);	/* -EINVAL */
/* 6 bytes; -EADDRNOTAVAIL for a multicast one, -EOPNOTSUPP without frames.  The link-local
   address stays. */
int interface_set_mac(struct interface *i, const uint8_t *mac);
void interface_set_promiscuous(struct interface *i, bool on);

/* The IPv6 link-local address that belongs to a MAC. */
void interface_link_local(const struct interface *i, struct ip_addr *address);

/* For whoever makes interfaces: consumes cable. */
struct interface *interface_new(const char name[2], int num, struct cable *cable,
		const uint8_t *mac, uint32_t mtu);

/* Packets to the wire; each borrows.  next_hop NULL: ip's destination. */
int interface_send_ip(struct interface *i, const void *ip, size_t len,
		const struct ip_addr *next_hop);
int interface_send_frame(struct interface *i, const void *frame, size_t len);
int interface_send_ethernet(struct interface *i, const uint8_t *to, uint16_t type,
		const void *payload, size_t len);

/* A frame that packet sockets have seen already. */
int interface_transmit(struct interface *i, const void *frame, size_t len);
void interface_loop_untapped(struct interface *i, const void *ip, size_t len);

/* A packet for this very host: queued, and received by interface_run(). */
int interface_loop(struct interface *i, const void *ip, size_t len);
/* Receive what is queued, a bounded amount.  Is there more? */
bool interface_run(void);
bool interface_pending(void);

/* Inside: between interface.c and interface-io.c. */
void interface_carrier(struct interface *i);	/* tell the flags */
void interface_disconnected(struct interface *i, int error);
void interface_readable(void *arg, uint32_t events);
int8_t interface_input(struct pbuf *p, struct netif *n);	/* consumes p */
int8_t interface_output(struct netif *n, struct pbuf *p, struct ip_addr *next_hop);

#endif
