/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp.h - sockets of UDP and of UDP-Lite (RFC 3828), which is the same but for its
 * ports and how much of a datagram its checksum covers.
 *
 * udp.c has what a guest asks of one, udp-segment.c what comes and goes on the wire.
 */
#ifndef UDP_H
#define UDP_H

#include "datagram.h"

#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif
#define UDPLITE_SEND_CSCOV	10
#define UDPLITE_RECV_CSCOV	11
#ifndef UDP_SEGMENT
#define UDP_SEGMENT		103
#define UDP_GRO			104
#endif
#define UDP_CORK_OPTION		1

struct udp {
	struct datagram	 d;
	bool		 port_fixed;	/* chosen by bind() */
	/* Corked: MSG_MORE or UDP_CORK has data wait, with where it goes. */
	uint8_t		*cork;
	size_t		 cork_len;
	struct datagram_target target;
};

/* The sockets of a protocol. */
struct udp_table {
	uint8_t		 protocol;
	struct endpoint	*sockets;	/* who was bound last is first */
	struct ports	 ports;
};
struct udp_table *udp_table(uint8_t protocol);

/* Sends data from u to t.  0 or -errno. */
int udp_send(const struct udp *u, const struct datagram_target *t, const void *data, size_t len);

#endif
