/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inet.h - IP: packets in, validated and given to their protocol; packets out.
 *
 * The library's own IP input trusts every length it reads and loses
 * itself in extension headers and fragments, so it is not used: TCP segments that
 * passed the checks here go straight to tcp_input(), all else is ours.
 */
#ifndef INET_H
#define INET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"

/* A received packet that has been checked.  All borrowed. */
struct inet_packet {
	struct interface *interface;
	const uint8_t	*ip;		/* from the IP header on */
	size_t		 len;
	unsigned	 header;	/* of them: the IP header with its extensions */
	bool		 v6;
	bool		 group;		/* broadcast or multicast */
	uint8_t		 protocol, ttl, tos;
	struct ip_addr	 source, destination;
	struct ip_addr_list *own;	/* our address it came to; NULL for a group */
};

static inline const uint8_t *inet_payload(const struct inet_packet *p)
{
	return p->ip + p->header;
}
static inline size_t inet_payload_len(const struct inet_packet *p)
{
	return p->len - p->header;
}

/* Consumes p: one flat piece, payload at the IP header. */
void inet_receive(struct interface *i, struct pbuf *p);

/* How to send. */
struct inet_header {
	uint8_t		 protocol, ttl, tos;
	bool		 no_loop;	/* a multicast is not for ourselves */
	bool		 dont_fragment;
};

/*
 * Send payload to dst along path (of path_find()).  0, -EMSGSIZE, -ENETDOWN,
 * -EHOSTUNREACH ...
 */
int inet_send(const struct path *path, const struct ip_addr *dst,
		const struct inet_header *header, const void *payload, size_t len);
/* A whole IP packet, header included and right. */
int inet_send_packet(const struct path *path, const struct ip_addr *dst,
		const void *ip, size_t len, bool no_loop);

/* The IP header's length field, and checksum, for a packet of len without fragments or extensions. */
void inet_set_length(uint8_t *ip, size_t len);

/* Internet checksums, in network order: of data, and for TCP, UDP, ICMPv6. */
uint16_t inet_checksum(const void *data, size_t len);
uint16_t inet_checksum_pseudo(const struct ip_addr *source, const struct ip_addr *destination,
		uint8_t protocol, const void *data, size_t len);
/* Of a peer: which of those that share a port it is for. */
uint32_t inet_hash(const struct ip_addr *peer, uint16_t port);
/* UDP-Lite's: only the first `covered` bytes count. */
uint16_t inet_checksum_covered(const struct ip_addr *source, const struct ip_addr *destination,
		uint8_t protocol, const void *data, size_t len, size_t covered);

/* fragment.c: cut in pieces for the interface's MTU and send each. */
int fragment_send(struct interface *i, const uint8_t *ip, size_t len,
		const struct ip_addr *next_hop);
/* A fragment (offset in bytes; id from the header): the whole packet when it was
   the last missing, owned by the caller; else NULL. */
struct pbuf *fragment_receive(const struct inet_packet *p, uint32_t id,
		unsigned offset, bool more, uint8_t protocol, unsigned data);
int fragment_poll(uint64_t now);

/* icmp.c */
void icmp_receive(const struct inet_packet *p);
/* p is for nobody: tell its sender.  type and code are ICMP's or ICMPv6's. */
void icmp_reject(const struct inet_packet *p, uint8_t type, uint8_t code, uint32_t extra);
/* A packet of ours cannot be delivered: tell its socket. */
struct inet_error {
	int		 error;		/* errno */
	bool		 hard;		/* for connected sockets that did not ask for more, too */
	bool		 local;		/* our own: nothing was sent */
	uint8_t		 type, code;	/* as ICMP or ICMPv6 has it */
	uint32_t	 info;		/* the MTU ... */
	struct ip_addr	 offender;
};
void inet_undeliverable(const uint8_t *ip, size_t len, const struct inet_error *why);

/* membership-report.c: a router's question for our groups, of IGMP or MLD. */
void membership_asked(const struct inet_packet *p);

/* The protocols.  Each borrows p, but tcp_receive_segment() consumes memory. */
void tcp_receive_segment(const struct inet_packet *p, struct pbuf *memory);
void udp_receive(const struct inet_packet *p);
bool raw_receive(const struct inet_packet *p);	/* did anybody want it? */
bool ping_receive(const struct inet_packet *p);	/* an echo reply */
/* An error about what we sent: from, to, ports in host order as we sent them. */
void tcp_unreachable(const struct ip_addr *from, uint16_t from_port,
		const struct ip_addr *to, uint16_t to_port, int error);
/* The packet from its UDP header on, as much of it as is known. */
void udp_unreachable(const struct ip_addr *from, const struct ip_addr *to, uint8_t protocol,
		const uint8_t *udp, size_t len, const struct inet_error *why);

/* raw-error.c: the packet from its IP header on, and from its payload on. */
void raw_unreachable(const struct ip_addr *from, const struct ip_addr *to, uint8_t protocol,
		const uint8_t *ip, const uint8_t *payload, size_t len, const struct inet_error *why);

/* packet.c: let packet sockets see a frame.  ethernet: it begins with that header. */
void packet_tap(struct interface *i, const uint8_t *frame, size_t len, bool outgoing);
bool packet_listening(void);

/* On the way to a wire, a packet of the library's TCP gets the options that the library does not know; its
   new length.  There must be room for 40 bytes more. */
size_t tcp_dress(uint8_t *ip, size_t len, uint32_t mtu);

#endif
