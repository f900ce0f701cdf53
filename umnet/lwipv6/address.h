/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - addresses: between sockaddr and the library's; where they lead. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "interface.h"

extern const struct ip_addr address_any6;	/* :: */
extern const struct ip_addr address_any4;	/* ::ffff:0.0.0.0 */

static inline bool address_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}
static inline bool address_is_v4(const struct ip_addr *a)
{
	return a->addr[0] == 0 && a->addr[1] == 0 && a->addr[2] == htonl(0xffff);
}
static inline bool address_is_any(const struct ip_addr *a)
{
	return a->addr[0] == 0 && a->addr[1] == 0 && a->addr[3] == 0 &&
		(a->addr[2] == 0 || a->addr[2] == htonl(0xffff));
}
static inline bool address_is_link_local(const struct ip_addr *a)
{
	return (a->addr[0] & htonl(0xffc00000)) == htonl(0xfe800000);
}
bool address_is_multicast(const struct ip_addr *a);
bool address_is_broadcast(const struct ip_addr *a);	/* limited, or of a network of ours */
bool address_is_loopback(const struct ip_addr *a);

struct ip_addr address_v4(uint32_t network_order);

/*
 * For a socket of `domain`.  *index: the scope of an IPv6 link-local one, else
 * 0.  -EINVAL, -EAFNOSUPPORT.
 */
int address_from_sockaddr(int domain, const struct sockaddr *from, socklen_t len,
		struct ip_addr *a, uint16_t *port, int *index);
/* Returns the length.  *index: for link-local ones. */
socklen_t address_to_sockaddr(int domain, const struct ip_addr *a, uint16_t port,
		int index, struct sockaddr_storage *to);

/* The entry of one of our own addresses (on an interface that is up; 127/8 is all
   ours), or NULL.  Borrowed, valid until the configuration changes. */
struct ip_addr_list *address_find(const struct ip_addr *a);
static inline bool address_is_local(const struct ip_addr *a)
{
	return address_find(a) != NULL;
}
/* An address of i for packets to dst, or NULL. */
struct ip_addr_list *address_source(const struct interface *i, const struct ip_addr *dst,
		const struct ip_addr *next_hop);

struct path {
	struct interface *interface;	/* lo for our own addresses */
	struct ip_addr	 next_hop;
	struct ip_addr	 source;
	bool		 local;		/* dst is ours */
};

/*
 * How to reach dst.  index: only by this interface (0: any).  source, unless any,
 * is what the socket is bound to.  -ENETUNREACH, -EADDRNOTAVAIL.
 */
int path_find(const struct ip_addr *dst, int index, const struct ip_addr *source,
		struct path *path);

#endif
