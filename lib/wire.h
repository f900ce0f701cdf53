/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - struct um_call and its answer, each as one message (with at most
 * one descriptor) over the SOCK_SEQPACKET control socket between umnet and a
 * stack process.
 *
 * Either end may be hostile or dying: every length is checked on arrival, a
 * message that does not add up is -EPROTO.
 *
 *   umnet -> stack:  WIRE_CALL (tag, call; the guest's descriptor, or value: WIRE_BLOCKS;
 *                               rc: not 0: first a WIRE_ADOPT of sock, with this value)
 *                    WIRE_INTERRUPT (tag)      answer soon: a signal waits
 *                    WIRE_UNDO (tag, sock, fd) your answer found nobody
 *                    WIRE_AHEAD                give ahead what follows here
 *                    WIRE_ADOPT (sock, value)  a spare is now a socket
 *                    WIRE_TAKEN (tag, sock, value)  a connection was accepted
 *   stack -> umnet:  WIRE_READY (rc; text: why not, or a remark; value: families)
 *                    WIRE_ANSWER (tag, rc, sock, outs; descriptor; of accept, value:
 *                                 how many marks to read, see stack_listener.c)
 *                    WIRE_GONE (socks)         closed everywhere
 *                    WIRE_SPARE (socks; value: families; an fd for each)
 *                    WIRE_INCOMING (sock; value: the listener; the peer's address; fd)
 *
 * Given ahead, and only if it was asked for by WIRE_AHEAD, so that socket(2) and
 * accept(2) need not wait for the stack:
 *
 *  - a spare, the carrier of a STREAM socket that is nobody's yet.  It may become one
 *    of the families in `value`, protocol 0 or TCP: of those the stack knows that
 *    ops->socket cannot fail.  WIRE_ADOPT tells it which (WIRE_ADOPT_*).
 *  - an incoming connection, when the stack has no accept waiting for it.  WIRE_TAKEN
 *    tells that it was accepted; value: how many of the listener's marks (see
 *    stack_listener.c) were read.  An accept that crossed it on the way to the stack is
 *    answered with it: `tag` is that call's, which the stack forgets, else WIRE_NO_TAG.
 *    The stack knows: it sees an accept while more connections are under way
 *    than there are accepts that will get one.
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
	WIRE_AHEAD, WIRE_ADOPT, WIRE_TAKEN,
	WIRE_SPARE, WIRE_INCOMING,
};

#define WIRE_NO_TAG	UINT64_MAX	/* of a WIRE_CALL: nobody waits for its answer */

/* A WIRE_CALL's value: connect or accept on a descriptor that blocks, with no time limit.  That
   is all a stack would ask it, so it does not travel. */
#define WIRE_BLOCKS	1

/* How much is given ahead at most. */
enum { WIRE_FDS = 4 };
enum { WIRE_SPARES = 2 * WIRE_FDS, WIRE_CONNECTIONS = 64, WIRE_CONNECTIONS_EACH = 16 };

/* A WIRE_ADOPT's value. */
#define WIRE_ADOPT_VALUE(domain, protocol, nonblock) \
	((uint64_t)(domain) | (uint64_t)(protocol) << 16 | (uint64_t)!!(nonblock) << 32)
#define WIRE_ADOPT_DOMAIN(value)	((int)((value) & 0xffff))
#define WIRE_ADOPT_PROTOCOL(value)	((int)((value) >> 16 & 0xffff))
#define WIRE_ADOPT_NONBLOCK(value)	((value) >> 32 & 1)

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
	int		 fds[WIRE_FDS];	/* owned; -1 where there is none.  Only WIRE_SPARE
				   has more than one */
	bool		 cut;	/* there were more, but none more may be open here */
};

/*
 * Each sends one message, never blocks, and borrows all it is given (the
 * descriptor is duplicated by the kernel).  0, -EAGAIN when the peer is slow,
 * -EPIPE/-ECONNRESET when it is dead, -ENFILE when the user has too many descriptors
 * under way in sockets.
 */
int wire_send_call(int socket, uint64_t tag, const struct um_call *call, uint64_t value,
		uint64_t adopt);
int wire_send_interrupt(int socket, uint64_t tag);
int wire_send_undo(int socket, uint64_t tag, uint64_t sock, int fd);
int wire_send_ready(int socket, int64_t rc, uint64_t families, const char *text);
/* Sends the outs of call; fd -1 for none. */
int wire_send_answer(int socket, uint64_t tag, int64_t rc, const struct um_call *call,
		int fd, uint64_t sock, uint64_t value);
/* WIRE_GONE, WIRE_SPARE: n socks, and as many fds if not NULL (at most WIRE_FDS). */
int wire_send_socks(int socket, enum wire_kind kind, uint64_t value, const uint64_t *socks,
		unsigned n, const int *fds);
/* The i-th of those, 0 if there are not so many. */
uint64_t wire_sock(const struct wire_message *m, unsigned i);
/* The kinds that are a head and perhaps a descriptor. */
int wire_send_note(int socket, enum wire_kind kind, uint64_t tag, uint64_t sock, uint64_t value,
		int fd);
int wire_send_incoming(int socket, uint64_t sock, uint64_t listener, const void *address,
		size_t len, int fd);

/*
 * Receives one message into m.  1, 0 at end of file, -EAGAIN, -EPROTO, -errno.
 * After 1 the caller owns what m holds, until wire_clear(m).
 */
int wire_receive(int socket, struct wire_message *m);
void wire_clear(struct wire_message *m);

/* Frees the buffers of a call's arguments (not fd, not the call). */
void call_clear(struct um_call *call);

#endif
