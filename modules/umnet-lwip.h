/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umnet-lwip.h - a stack of Debian's liblwip (lwIP 2): what its three files share.
 *
 * A record lives as long as its guest's socket or, before that is accepted, its protocol
 * block (pcb).  A TCP pcb that both sides have finished is the library's alone.
 */
#ifndef UMNET_LWIP_H
#define UMNET_LWIP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include "um_stack.h"

enum { PIECES = 64 };		/* of a chain of buffers, delivered at once */

struct conn {
	struct um_sock	*s;		/* NULL: the guest has not got it yet */
	struct udp_pcb	*udp;		/* or else it is of TCP */
	struct tcp_pcb	*tcp;		/* NULL: none yet, or no more */
	struct pbuf	*in, *in_last;	/* received, and not taken by the guest */
	int		error;		/* to tell when it has taken that */
	bool		connecting, bound, fin, fin_sent, blocked;
	bool		v6only, nodelay;
	ip_addr_t	local, remote;	/* of a TCP pcb that is gone */
	uint16_t	local_port, remote_port;
	struct conn	*listener, *next;	/* it waits for room in that one's backlog */
};

static inline struct conn *conn_of(const struct um_sock *s)
{
	return s->engine;
}

/* umnet-lwip.c */
int error_of(err_t error);
/* Of the first PIECES buffers, and of as many bytes as the library counts in 16 bits; how
   many, and their bytes. */
int pieces_of(struct pbuf *p, struct iovec iov[PIECES], size_t *total);

/* umnet-lwip-tcp.c */
int tcp_conn_open(struct conn *c);	/* it has a pcb now: 0 */
int tcp_conn_connect(struct conn *c, const ip_addr_t *ip, uint16_t port);
int tcp_conn_listen(struct um_sock *s, int backlog);
ssize_t tcp_conn_send(struct conn *c, const void *data, size_t len);
size_t tcp_conn_room(struct um_sock *s);
void tcp_conn_deliver(struct conn *c);
int tcp_conn_shutdown(struct um_sock *s, int how);
void tcp_conn_release(struct conn *c, bool abort);
/* Connections whose turn it is, or whose listener (or `gone`) is no more. */
void waiting_run(const struct conn *gone);

/* umnet-lwip-netif.c */
/* From mount's options (changed here); 0, or -errno and why. */
int interfaces_open(char *options, char *error, size_t size);
void interfaces_close(void);
/* Packets to ourselves, one round; milliseconds to the next, or -1. */
int interfaces_run(void);
/* A packet brought somebody something. */
void interfaces_progress(void);
/* -EINVAL, -EAFNOSUPPORT.  An IPv4 address in an IPv6 socket's becomes IPv4. */
int address_in(const struct um_sock *s, const void *name, socklen_t len, ip_addr_t *ip,
		uint16_t *port);
void address_out(const struct um_sock *s, const ip_addr_t *ip, uint16_t port,
		struct sockaddr_storage *a, socklen_t *len);
bool address_is_ours(const ip_addr_t *ip);
/* To connect to nowhere is to connect to oneself. */
void address_any_is_lo(ip_addr_t *to);

#endif
