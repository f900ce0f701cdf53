/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - the stack's configuration as net.h wants it, over the library's lists.
 *
 * The library knows an address and its mask, and a route's network, next hop
 * and interface.  The rest that Linux keeps (labels, lifetimes, peers; metrics, tables,
 * preferred sources) is in records of ours, found by what the library knows.
 * Whatever the library or the engine puts into the lists behind our back is
 * taken over when the lists are next looked at.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "interface.h"
#include "net.h"

extern const struct net_ops config_net;

/* Let addresses go whose lifetime is over.  Milliseconds to the next, -1 for none.
   For the engine's poll. */
int config_poll(uint64_t now);

/* Inside: between the config*.c files. */

void config_address_from(const struct ip_addr *from, uint8_t *family, uint8_t to[16]);
struct ip_addr config_address_to(int family, const uint8_t from[16]);
/* An IPv6 address that the library would take for an IPv4 one? */
bool config_address_mapped(int family, const uint8_t address[16]);
struct ip_addr config_mask_to(int family, unsigned prefix);

int config_addresses(int (*visit)(void *arg, const struct net_address *a), void *arg);
int config_address_add(const struct net_address *a);
int config_address_set(const struct net_address *a);
int config_address_remove(const struct net_address *a);
/* The link goes down: as Linux, its IPv6 addresses go. */
void config_addresses_down(int link);

int config_routes(int (*visit)(void *arg, const struct net_route *r), void *arg);
int config_route_add(const struct net_route *r, bool append);
int config_route_remove(const struct net_route *r);
/* Make the connected routes of a link that is up: of all its addresses, or only
   those of the network of `like`. */
void config_routes_connect(int link, const struct net_address *like);
/* All routes of the link go. */
void config_routes_down(int link);
/* The address has gone: so do its connected route, and those that need it as source. */
void config_routes_unaddressed(const struct net_address *a);

#endif
