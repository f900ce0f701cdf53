/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - TCP sockets over the library's TCP.
 *
 * A stream has a pcb of the library's while a connection (or a listener) exists.
 * The library calls back in the middle of its work, when nothing may be closed or
 * freed: callbacks only note what happened and put the stream on the dirty list;
 * stream_process() acts on it from the engine's poll.
 *
 *   IDLE ---connect--> CONNECTING --SYN|ACK--> OPEN --error--> CLOSED
 *    |                      `--refused, timeout--> IDLE
 *    `---listen--> LISTENING ==SYN, ACK==> a new stream, WAITING --announced--> OPEN
 *
 * When both FINs have been exchanged, the pcb is left to the library
 * (stream_detach): it would free it without telling us.  When the guest has
 * closed, the stream lives on without a socket (an orphan) while its pcb has
 * something to send or to wait for, ORPHAN_MS at most.
 */
#ifndef STREAM_H
#define STREAM_H

#include "address.h"
#include "engine.h"

struct tcphdr;
struct inet_packet;

#define STREAM_WINDOW	61440		/* to receive; 16 bits, no scaling */
#define STREAM_BUFFER	122880		/* to send */
#define STREAM_MSS_LOOP	16000		/* on the loopback */
#define STREAM_MSS_MIN	64
#define QUICK_ACKS	32

enum stream_state {
	STREAM_IDLE, STREAM_CONNECTING, STREAM_LISTENING,
	STREAM_WAITING,		/* established, not yet announced to the frame */
	STREAM_OPEN, STREAM_CLOSED,
};

/* What is known of the way to the peer, and of what was lost on it: tcp-recover.c. */
struct recover {
	enum { RECOVER_OPEN, RECOVER_FAST, RECOVER_TIMEOUT } state;
	bool		 sack;		/* both know SACK */
	bool		 timing;	/* an ACK of timed_seq will tell the round trip */
	uint32_t	 until;		/* recovered when this is acknowledged */
	uint32_t	 timed_seq;
	uint64_t	 timed_at, at;	/* ms; at: of the time-out, 0 none */
	uint64_t	 stuck;		/* ms: since when nothing new is acknowledged; 0: all is */
	int		 srtt, rttvar;	/* of 1/8, 1/4 ms */
	unsigned	 rto;		/* ms */
	unsigned	 backoff, dupacks;
	unsigned	 resent;	/* segments, in all */
};

struct stream {
	struct endpoint	 e;
	enum stream_state state;
	struct tcp_pcb	*pcb;		/* NULL: none (any more) */
	struct ip_addr	 local, remote;
	uint16_t	 local_port, remote_port;
	int		 index;		/* scope of link-local addresses */
	bool		 port_taken;	/* local_port is counted as ours */
	bool		 bound;		/* by bind(), not by connect() */
	bool		 reuse;		/* SO_REUSEADDR at bind() */
	struct stream	*listener;	/* WAITING: whose child it is */
	struct stream	*listener_next;	/* LISTENING: the next of them */
	unsigned	 waiting;	/* LISTENING: children that are WAITING */
	unsigned	 half_open;	/* ... and in SYN_RCVD, at most */
	uint64_t	 counted;	/* ms: when they were */

	struct pbuf	**queue;	/* received, in a ring; owned */
	unsigned	 head, count, room;
	size_t		 offset;	/* eaten of the first */
	bool		 ack_due;
	unsigned	 acks_saved;
	unsigned	 quick;		/* ACKs to send as soon as they can be */
	bool		 pushed;	/* the last segment ended a message */
	uint32_t	 to_open;	/* bytes the guest has read, not announced */

	uint8_t		*tail;		/* written, not yet the library's: tcp-send.c; owned */
	size_t		 tail_len, tail_room;
	uint64_t	 tail_since;	/* ms */
	bool		 tail_push;	/* it is not to wait */
	bool		 small;		/* less than a segment was sent, it ended at: */
	uint32_t	 small_end;

	struct recover	 recover;
	struct held	*held;		/* came before their turn: tcp-order.c */
	unsigned	 held_count;
	size_t		 held_bytes;
	uint32_t	 held_newest;
	unsigned	 syns;		/* sent again */

	bool		 dirty;
	bool		 established;	/* SYN|ACK came: tell the frame */
	bool		 fin_received, fin_told, fin_wanted, fin_sent;
	bool		 discard;	/* SHUT_RD */
	bool		 refused;	/* data came for an orphan: reset it */
	bool		 blocked;	/* the frame waits for room */
	int		 error;		/* of the connection, to be told; positive */
	unsigned	 probes;	/* persist, keepalive: sent in a row */
	uint64_t	 probe_at;	/* ms */
	uint64_t	 heard;		/* ms: of the last segment that brought something, release, SYN */
	uint64_t	 alive;		/* ms: of any segment */
	uint64_t	 stalled;	/* ms: since when the window is closed; 0: it is not */
	struct stream	*dirty_next;
};

extern struct endpoint *streams;	/* all of them, orphans too */
extern struct ports stream_ports;
extern bool streams_waiting;		/* are there any to announce? */

/* tcp-stream.c: what the library calls, and the deferred work. */
void stream_dirty(struct stream *s);
void stream_attach(struct stream *s, struct tcp_pcb *pcb);
void stream_detach(struct stream *s);		/* leave the pcb to the library */
void stream_abort(struct stream *s);		/* RST */
void stream_free(struct stream *s);
int8_t stream_accepted(void *arg, struct tcp_pcb *pcb, int8_t error);
int8_t stream_connected(void *arg, struct tcp_pcb *pcb, int8_t error);

bool stream_deferred(const struct stream *s);

/* tcp-send.c: as much of data as there is room for; returns how much. */
size_t tail_write(struct stream *s, const uint8_t *data, size_t len);
bool tail_try(struct stream *s);		/* give it, if nothing holds it.  Is there one still? */
void tail_clear(struct stream *s);
size_t stream_room(const struct stream *s);

/* tcp-deliver.c: as much as the guest takes, then the peer's FIN. */
void stream_deliver(struct stream *s);

/* tcp-recover.c: with what a pcb was before the library saw a segment. */
struct recover_before {
	uint32_t	ack, window;
	uint16_t	cwnd;
};
void recover_start(struct stream *s);
void recover_sent(struct stream *s);		/* perhaps */
/* bare: the segment has no data.  options are valid. */
void recover_acked(struct stream *s, const struct tcphdr *h, const uint8_t *options,
		size_t options_len, bool bare, const struct recover_before *before);
int recover_poll(uint64_t now);			/* ms until the next time-out, -1: none */

/* tcp-header.c.  Are a header's options whole, and is what they say sane?  The others trust them. */
bool options_valid(const uint8_t *options, size_t len, bool syn);
/* Before and after the library gets a segment for pcb, NULL: none yet. */
void options_begin(struct tcp_pcb *pcb, const struct tcphdr *h, const uint8_t *options);
void options_end(struct tcp_pcb *pcb, const struct tcphdr *h);
bool tcp_sack_offered(struct tcp_pcb *pcb);	/* of one whose handshake is not over */

/* tcp-clock.c.  Is TCP_USER_TIMEOUT over, since this (ms; 0: never)? */
bool stream_impatient(const struct stream *s, uint64_t since);
#define DELAYED_ACK_MS	40
void tcp_ack_later(unsigned ms);		/* at most */
void time_wait_forget(struct tcp_pcb *pcb);
void time_wait_reap(void);

/* tcp-order.c: a segment that is not the next, of len with its FIN.  True: it consumed memory. */
bool order_hold(struct stream *s, const struct inet_packet *p, struct pbuf *memory,
		uint32_t seq, uint32_t len);
/* The packet whose turn it is (owned by the caller; where its segment begins), or NULL. */
struct pbuf *order_next(struct stream *s, unsigned *header, bool *v6);
void order_clear(struct stream *s);
/* The SACK option for an ACK of ours; its length, a multiple of 4, 0 for none. */
size_t order_sack(const struct ip_addr *from, const struct ip_addr *to,
		const struct tcphdr *h, uint8_t *option);

/* tcp-find.c: pcbs by their addresses.  Consumes nothing; false: no memory. */
bool pcb_remember(struct tcp_pcb *pcb);
void pcb_freed(struct tcp_pcb *pcb);
struct tcp_pcb *pcb_find(const struct ip_addr *local, uint16_t local_port,
		const struct ip_addr *remote, uint16_t remote_port, bool time_wait);
/* The library's list of connections is this one only (NULL: empty), until pcb_back(), which returns it if it
   lives; or a new one, which is then the first of the list. */
struct lone {
	struct tcp_pcb	*pcb, *next, *others;
};
void pcb_alone(struct lone *l, struct tcp_pcb *pcb);
struct tcp_pcb *pcb_back(const struct lone *l);

/* tcp-socket.c */
extern const struct endpoint_kind stream_kind;
struct stream *stream_new(struct um_sock *sock);
/* Is the port free for (local, port)?  -EADDRINUSE */
int stream_port_check(const struct stream *s, const struct ip_addr *local,
		uint16_t port, bool reuse);
/* The listener a SYN is for, or NULL. */
struct stream *stream_listener(const struct ip_addr *to, uint16_t port, int index,
		uint32_t hash);

/* tcp-option.c */
int stream_setsockopt(struct endpoint *e, int level, int name,
		const void *value, socklen_t len);
int stream_getsockopt(struct endpoint *e, int level, int name,
		void *value, socklen_t *len);
void stream_apply_options(struct stream *s);
/* As TCP_INFO has it. */
struct tcp_info;
void stream_info(const struct stream *s, struct tcp_info *info);
/* TCP_ESTABLISHED ... of an enum tcp_state. */
uint8_t stream_linux_state(uint32_t state);
int stream_queued(const struct endpoint *e, bool unsent);

#endif
