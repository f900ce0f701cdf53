/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datagram.h - what UDP, raw and ping sockets have in common. */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <time.h>

#include <linux/errqueue.h>

#include "engine.h"
#include "inet.h"

#define GROUPS_MAX	64		/* of one socket */

struct group {
	struct ip_addr	 address;
	int		 index;		/* 0: on any interface */
};

struct datagram {
	struct endpoint	 e;
	struct ip_addr	 local, remote;
	uint16_t	 local_port, remote_port;	/* UDP; ping: the id */
	int		 index;		/* scope of link-local addresses */
	bool		 bound, connected, reuse;
	bool		 local_chosen;	/* local by connect(), not by bind() */
	struct group	*groups;
	unsigned	 group_count;
	int		 multicast_index; /* IP_MULTICAST_IF, IPV6_MULTICAST_IF */
	uint32_t	 multicast_address; /* as IP_MULTICAST_IF had it */
	struct ip_addr	 sticky_source;	/* IPV6_PKTINFO; any: none */
	int		 sticky_index;
};

void datagram_init(struct datagram *d, const struct endpoint_kind *kind,
		struct um_sock *sock, struct endpoint **list);
void datagram_free(struct datagram *d);

/* What bind() may name; fills local, *port.  -EADDRNOTAVAIL ... */
int datagram_bind_address(struct datagram *d, const struct sockaddr *a, socklen_t len,
		struct ip_addr *local, uint16_t *port);
/* AF_UNSPEC dissolves. */
int datagram_connect(struct datagram *d, const struct sockaddr *a, socklen_t len);
int datagram_address(struct endpoint *e, bool peer, struct sockaddr_storage *a,
		socklen_t *len);

/* What a message's control asks for.  -1: nothing. */
struct datagram_control {
	struct ip_addr	 source;	/* any: not asked for */
	int		 index, ttl, tos;
	uint16_t	 segment;	/* UDP_SEGMENT, 0 none */
};
int datagram_control_parse(const struct datagram *d, bool v4, const struct um_envelope *to,
		struct datagram_control *c);
/* What recvmsg is told of p; at most 512 bytes.  Returns the length. */
size_t datagram_control_in(const struct datagram *d, const struct inet_packet *p,
		uint8_t *control);
/* Into d's queue of errors: of what was sent to an address, and why. */
void datagram_error(struct datagram *d, const struct inet_error *why,
		const struct ip_addr *to, uint16_t port, const void *data, size_t len);

bool datagram_wants_errors(const struct datagram *d, bool v4);

/* Where a message goes, from its envelope, the connection and the options. */
struct datagram_target {
	struct ip_addr	 destination;
	uint16_t	 port;
	struct path	 path;
	struct inet_header header;
	uint16_t	 segment;	/* cut the data in datagrams of so many bytes; 0: do not */
};
int datagram_target(struct datagram *d, const struct um_envelope *to,
		struct datagram_target *t);

/* len bytes behind the IP header: -EMSGSIZE, told to the queue of errors too, if they must
   not be cut in fragments (IP_MTU_DISCOVER) and do not fit without. */
int datagram_fits(struct datagram *d, const struct datagram_target *t, size_t len);

/* Is a packet with these addresses for d (ports apart)? How exactly, or -1. */
int datagram_match(const struct datagram *d, const struct inet_packet *p);
/* Give it data of packet p, from `port`. */
void datagram_deliver(struct datagram *d, const struct inet_packet *p, uint16_t port,
		const void *data, size_t len);

int datagram_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len);
int datagram_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len);

#endif
