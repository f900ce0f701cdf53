/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - struct um_call and its answer, each as one message (and at most
 * one descriptor) over the SOCK_SEQPACKET control socket between umnet and a
 * stack process.
 *
 * Either end may be hostile or dying: every length is checked on arrival, a
 * message that does not add up is -EPROTO.
 *
 *   umnet -> stack:  WIRE_CALL (tag, call, the guest's descriptor)
 *                    WIRE_INTERRUPT (tag)      answer soon: a signal waits
 *                    WIRE_UNDO (tag, sock, fd) your answer found nobody
 *   stack -> umnet:  WIRE_READY (rc; text: why not, or a remark; value: families)
 *                    WIRE_ANSWER (tag, rc, sock, outs; descriptor)
 *                    WIRE_GONE (sock)          closed everywhere
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "um_call.h"

enum wire_kind {
	WIRE_CALL = 1, WIRE_INTERRUPT, WIRE_UNDO,
	WIRE_READY, WIRE_ANSWER, WIRE_GONE,
};

/* What carries a socket, in bits 63..56 of its name (`sock`).  The others are a
   number of at most 36 bits, of this stack's. */
enum wire_sock_kind {
	WIRE_SOCK_STREAM = 1,	/* SOCK_STREAM pair: sendmsg and recvmsg without an
				   address are the kernel's */
	WIRE_SOCK_MESSAGE,	/* SOCK_SEQPACKET pair: addresses are the stack's */
	WIRE_SOCK_NETLINK,	/* the same, and recvmsg is the kernel's */
};
#define WIRE_SOCK_KIND(sock)	((unsigned)((sock) >> 56))

/* The largest message: a 64 KiB datagram, its control and address, the head. */
#define WIRE_MAX	(128 * 1024)

/* The fixed head, in host order: both ends run on one machine. */
struct wire_head {
	uint32_t	kind;		/* enum wire_kind */
	uint32_t	op;		/* WIRE_CALL */
	uint64_t	tag;		/* names the call; unique among those under way */
	uint64_t	sock;
	int64_t		rc;		/* WIRE_ANSWER, WIRE_READY */
	uint64_t	value;		/* WIRE_READY: families */
	int32_t		tid;
	uint32_t	uid, gid;
	uint32_t	rights;		/* WIRE_CALL */
	uint32_t	present;	/* bit i: arg[i] has bytes (maybe none) */
	uint32_t	unused;
	struct {
		int64_t		value;
		uint32_t	len;	/* bytes that follow the head, in order */
		uint32_t	room;	/* WIRE_CALL: room; WIRE_ANSWER: full length */
	} arg[UM_ARGS];
};

/* A message as received.  wire_clear() frees and closes what is in it. */
struct wire_message {
	struct wire_head head;
	struct um_call	 call;	/* WIRE_CALL: filled, fd included.  WIRE_ANSWER: out,
				   out_len and full are.  WIRE_READY: arg[0].in is text */
	int		 fd;	/* owned; -1 if none */
	bool		 cut;	/* there was one, but none more may be open here */
};

/*
 * Each sends one message, never blocks, and borrows all it is given (the
 * descriptor is duplicated by the kernel).  0, -EAGAIN when the peer is slow,
 * -EPIPE/-ECONNRESET when it is dead, -ENFILE when the user has too many descriptors
 * under way in sockets.
 */
int wire_send_call(int socket, uint64_t tag, const struct um_call *call);
int wire_send_interrupt(int socket, uint64_t tag);
int wire_send_undo(int socket, uint64_t tag, uint64_t sock, int fd);
int wire_send_ready(int socket, int64_t rc, uint64_t families, const char *text);
/* Sends the outs of call; fd -1 for none. */
int wire_send_answer(int socket, uint64_t tag, int64_t rc, const struct um_call *call,
		int fd, uint64_t sock);
int wire_send_gone(int socket, uint64_t sock);

/*
 * Receives one message into m.  1, 0 at end of file, -EAGAIN, -EPROTO, -errno.
 * After 1 the caller owns what m holds, until wire_clear(m).
 */
int wire_receive(int socket, struct wire_message *m);
void wire_clear(struct wire_message *m);

/* Frees the buffers of a call's arguments (not fd, not the call). */
void call_clear(struct um_call *call);

#endif
