/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.h - a network stack's configuration as plain values: links, addresses,
 * routes, neighbours.  A user-level engine implements struct net_ops; the
 * rtnetlink server (rtnetlink.h) and the ioctl table (netioctl.h) read and
 * change the stack through it.
 *
 * The engine only stores and lists.  What Linux demands of a change (does it
 * exist already, is the gateway reachable ...) net_*() below check first, the
 * same for netlink and for ioctl, so an engine need not.
 *
 * Addresses are in network order, in the first 4 (AF_INET) or all 16 (AF_INET6)
 * bytes of an array whose rest is 0.  Sizes are bytes, lifetimes seconds
 * (NET_FOREVER: no end).  Constants are Linux's: IFF_*, IFA_F_*, RT_SCOPE_*,
 * RTPROT_*, RTN_*, NUD_*.  0 or more is success, -errno is failure.
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_NAME	16		/* IFNAMSIZ */
#define NET_FOREVER	UINT32_MAX

struct net_counters {
	uint64_t	packets, bytes, errors, dropped;
};

struct net_link {
	int		index;		/* from 1 */
	char		name[NET_NAME];
	unsigned	flags;		/* IFF_*; IFF_RUNNING and IFF_LOWER_UP: the
					   wire is connected and the link is up */
	uint16_t	type;		/* ARPHRD_* */
	uint32_t	mtu, min_mtu, max_mtu;
	uint32_t	tx_queue;	/* packets; remembered, no more */
	uint8_t		address[6], broadcast[6];
	uint8_t		address_len;	/* 6, or 0 if it has none */
	uint64_t	multicast;	/* received */
	struct net_counters rx, tx;
};

struct net_address {
	int		link;		/* index */
	uint8_t		family;		/* AF_INET, AF_INET6 */
	uint8_t		prefix;		/* bits, of peer's network */
	uint8_t		scope;
	bool		has_broadcast;	/* AF_INET only */
	uint8_t		local[16];
	uint8_t		peer[16];	/* local again where there is no peer */
	uint8_t		broadcast[16];
	uint32_t	flags;		/* IFA_F_*; SECONDARY on an IPv4 address that is
					   not the first of its network on its link */
	uint32_t	metric;		/* of its connected route; 0: the default */
	uint32_t	valid, preferred; /* NET_FOREVER or seconds left */
	char		label[NET_NAME]; /* AF_INET; "" is the link's name */
};

struct net_route {
	uint8_t		family;
	uint8_t		prefix;		/* bits; the address bits after it are 0 */
	uint8_t		tos;
	uint8_t		type;		/* RTN_UNICAST, RTN_BLACKHOLE ... */
	uint8_t		scope;		/* AF_INET6: always RT_SCOPE_UNIVERSE */
	uint8_t		protocol;
	bool		has_gateway, has_source, onlink;
	int		link;		/* index; 0 if the type has none */
	uint32_t	table;		/* never RT_TABLE_LOCAL: see routes() */
	uint32_t	metric;
	uint8_t		dst[16];
	uint8_t		gateway[16];
	uint8_t		source[16];	/* preferred source */
};

struct net_neighbour {
	int		link;
	uint8_t		family;
	uint8_t		flags;		/* NTF_* */
	uint16_t	state;		/* NUD_* */
	uint8_t		dst[16];
	uint8_t		address[6];
	uint8_t		address_len;	/* 0: not known */
};

/* A socket, as sock_diag(7) lists it. */
struct net_socket {
	uint8_t		family;		/* AF_INET, AF_INET6, AF_PACKET, AF_NETLINK */
	uint8_t		type;		/* SOCK_*, AF_PACKET and AF_NETLINK only */
	uint8_t		protocol;	/* IPPROTO_TCP, IPPROTO_UDP, NETLINK_* */
	uint8_t		state;		/* TCP_ESTABLISHED ...; UDP has that and TCP_CLOSE */
	bool		raw;		/* SOCK_RAW of `protocol` */
	bool		v6only, shut_read, shut_write;
	uint8_t		tos, tclass;
	int		link;		/* bound to; 0: none */
	uint8_t		local[16], remote[16];
	uint16_t	local_port, remote_port; /* AF_PACKET: local_port is ETH_P_* */
	uint32_t	port, groups;	/* AF_NETLINK */
	uint64_t	inode;		/* 0: nobody's any more, or not accepted yet */
	uint64_t	cookie;
	uint32_t	receive_queue, send_queue; /* as ss shows them */
	uint32_t	receive_buffer, send_buffer;
	uint8_t		timer, retransmits; /* as in struct inet_diag_msg */
	uint32_t	expires;	/* ms */
	const void	*info;		/* struct tcp_info, or NULL; borrowed */
	size_t		info_len;
	const char	*congestion;	/* "reno", or NULL */
};

/* What link_set() is to change. */
#define NET_SET_FLAGS	1u		/* IFF_UP, IFF_PROMISC ...; what cannot be
					   changed is ignored, as Linux does */
#define NET_SET_MTU	2u
#define NET_SET_ADDRESS	4u
#define NET_SET_QUEUE	8u

struct net_ops {
	/*
	 * Call visit for each, in the order in which Linux would list them, until it
	 * returns non-zero; return that, or 0.  visit borrows, and changes nothing.
	 *
	 * routes: not those of table local; they follow from the addresses.
	 * The connected ones (proto kernel) come and go by the engine's doing, with the
	 * addresses and with the link's IFF_UP; and all of a link's routes go
	 * when it goes down.
	 */
	int	(*links)(int (*visit)(void *arg, const struct net_link *l), void *arg);
	int	(*addresses)(int (*visit)(void *arg, const struct net_address *a), void *arg);
	int	(*routes)(int (*visit)(void *arg, const struct net_route *r), void *arg);
	int	(*neighbours)(int (*visit)(void *arg, const struct net_neighbour *n), void *arg);

	/* l->index says which; the fields that `what` names are the new ones. */
	int	(*link_set)(const struct net_link *l, unsigned what);
	/* Add; it is not there yet. */
	int	(*address_add)(const struct net_address *a);
	/* Change flags, lifetimes, metric, label, broadcast of (link, local, prefix). */
	int	(*address_set)(const struct net_address *a);
	/* Remove (link, local, prefix). */
	int	(*address_remove)(const struct net_address *a);
	/* Add; no equal one is there.  Of several for one dst the lowest metric
	   wins, of equals the first; append: after its equals, else before. */
	int	(*route_add)(const struct net_route *r, bool append);
	/* Remove the one that equals r in every field. */
	int	(*route_remove)(const struct net_route *r);
	/* Add, or change the one for (link, family, dst). */
	int	(*neighbour_set)(const struct net_neighbour *n);
	int	(*neighbour_remove)(const struct net_neighbour *n);

	/* As links() and its kin; optional: NULL lists none.  AF_NETLINK's are known here. */
	int	(*sockets)(int (*visit)(void *arg, const struct net_socket *s), void *arg);
};

/* 4 or 16; 0 for a family that is neither. */
unsigned net_address_len(int family);
/* Do the first `bits` bits agree? */
bool net_prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits);
/* Clear the bits after the first `bits`. */
void net_prefix_mask(uint8_t address[16], unsigned bits);
/* Of an address, as Linux thinks of it: RT_SCOPE_HOST, _LINK, _UNIVERSE. */
uint8_t net_scope_of(int family, const uint8_t *address);

/* By index, or if that is 0 by name.  Fills *found; -ENODEV. */
int net_link_find(const struct net_ops *net, int index, const char *name,
		struct net_link *found);
/* The address (link 0: on any).  0 or -EADDRNOTAVAIL. */
int net_address_find(const struct net_ops *net, int link, int family,
		const uint8_t *local, struct net_address *found);

/*
 * The changes, checked.  *why, if it is set, says more than the error number;
 * it is a constant, in Linux's words where Linux has some.
 */

/* How to add. */
#define NET_CREATE	1u		/* if there is none: make it */
#define NET_EXCLUSIVE	2u		/* if there is one: -EEXIST */
#define NET_REPLACE	4u		/* if there is one: replace it */
#define NET_APPEND	8u		/* after its equals */

int net_link_change(const struct net_ops *net, const struct net_link *l,
		unsigned what, const char **why);
int net_address_add(const struct net_ops *net, const struct net_address *a,
		unsigned how, const char **why);
/* r->link may be 0: the gateway decides. */
int net_route_add(const struct net_ops *net, const struct net_route *r,
		unsigned how, const char **why);
/* The first of those that match: zero fields of `like` match all, and so does scope
   RT_SCOPE_NOWHERE; family, table, dst, prefix and tos must be equal.  -ESRCH. */
int net_route_delete(const struct net_ops *net, const struct net_route *like,
		const char **why);
int net_neighbour_add(const struct net_ops *net, const struct net_neighbour *n,
		unsigned how, const char **why);
int net_neighbour_delete(const struct net_ops *net, const struct net_neighbour *n);

/*
 * The routes of table local, made from the addresses: visited as net->routes
 * does.  They have table RT_TABLE_LOCAL.
 */
int net_local_routes(const struct net_ops *net,
		int (*visit)(void *arg, const struct net_route *r), void *arg);
/*
 * Where would a packet to dst go?  By table local, then main (the table
 * default is empty); link 0: by any.  *found is the matching entry.
 * -ENETUNREACH; -EINVAL, -EHOSTUNREACH, -EACCES for blackhole, unreachable, prohibit.
 */
int net_route_lookup(const struct net_ops *net, int family, const uint8_t *dst, int link,
		struct net_route *found);
/* What leads to r's gateway, of the routes that may: IPv4 wants a narrower scope. */
int net_gateway_lookup(const struct net_ops *net, const struct net_route *r,
		struct net_route *via);
/* The error that a route of this type is there to give, or 0. */
int net_route_error(uint8_t type);
/* The source address for packets that r carries to dst.  0 or -EADDRNOTAVAIL. */
int net_source_select(const struct net_ops *net, const struct net_route *r,
		const uint8_t *dst, uint8_t source[16]);

#endif
