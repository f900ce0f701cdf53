/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_stack_private.h - what the files of the frame share.  Engines see
 * um_stack.h alone.
 *
 * THEORY OF OPERATION
 *
 * One thread, one epoll set.  A round of the loop is: wait; let every ready descriptor's
 * function run; run the sockets on the work list; answer calls whose time is
 * up; ops->poll().  Two rules keep it free of re-entry:
 *
 *  - um_sock_*() (called by the engine, from anywhere) change states, write
 *    to carriers, answer calls and put sockets on the work list.  They never
 *    call the engine and never free a socket.
 *  - The engine's operations are called, and sockets freed, only from the loop's own
 *    level: a call's handler, a carrier's event, the work list, the census.
 *
 * A socket's carrier is an AF_UNIX socketpair.  "A" is the guest's end, "B"
 * (sock.fd) ours.  Nothing here keeps A (but stack_end.c, in containers): while any copy of A is
 * open B sees no hangup, and the hangup is the guest's close().
 *
 *   STATE_FRESH       made; perhaps bound
 *   STATE_CONNECTING  STREAM: ops->connect said -EINPROGRESS.  A is plugged
 *                     if the guest may look at it meanwhile
 *   STATE_CONNECTED   the pump runs (message sockets are pumped in FRESH too);
 *                     also a connection that waits to be accepted (no carrier
 *                     yet, sock.listener.parent set)
 *   STATE_LISTENING   A is plugged, and readable while connections wait
 *   STATE_DEAD        reset, or refused: B is closed, A says so.  Only the
 *                     census can tell when A is closed too
 *
 *   FRESH -> CONNECTING -> CONNECTED -> DEAD      CONNECTING -> FRESH, DEAD
 *   FRESH -> CONNECTED (message: and back)        FRESH -> LISTENING -> FRESH
 */
#ifndef UM_STACK_PRIVATE_H
#define UM_STACK_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "um_call.h"
#include "um_module.h"		/* UM_TAKEN, UM_CONTINUE, UM_ERESTARTSYS */
#include "um_stack.h"
#include "wire.h"

struct pending;
struct letter;
struct sock;

TAILQ_HEAD(pending_list, pending);
TAILQ_HEAD(sock_list, sock);
TAILQ_HEAD(letter_list, letter);

enum sock_state {
	STATE_FRESH, STATE_CONNECTING, STATE_CONNECTED, STATE_LISTENING, STATE_DEAD,
};

/* How a guest's SHUT_RD, SHUT_WR, SHUT_RDWR are remembered: as how + 1. */
enum { SHUT_READ = 1, SHUT_WRITE = 2 };

struct sock {
	struct um_sock	um;		/* first: the engine's view of it */
	uint64_t	id;		/* its name on the wire */
	enum sock_state	state;
	LIST_ENTRY(sock) by_id;
	TAILQ_ENTRY(sock) work;
	bool		working;	/* on the work list */
	struct pending_list waiting;	/* calls, oldest first */
	int		error;		/* SO_ERROR, positive; 0 none */
	bool		nonblock;	/* asked for at birth; used if A cannot be asked */
	bool		connect_begins;	/* ops->connect is running ... */
	int		connect_result;	/* ... and said this already */
	bool		connect_failed;	/* with nobody waiting: A shows it; DEAD ... */
	bool		connect_again;	/* ... and connect() told: the next one may try */
	bool		connect_untold;	/* connected, and no connect() has returned 0 */
	bool		linger_zero;	/* SO_LINGER with 0 s: close aborts */
	bool		spare;		/* nobody's yet: the engine does not know it */

	/* The carrier. */
	int		fd;		/* B, or -1 */
	uint64_t	inode;		/* A's */
	uint32_t	hup;		/* EPOLLRDHUP, EPOLLHUP, EPOLLERR seen on B */
	unsigned	shut;		/* SHUT_READ, SHUT_WRITE: done by the guest on A */
	bool		readable;	/* B may have something unread */
	bool		full;		/* B took less than it was given */
	bool		eof;		/* the peer's FIN: B's sending side is shut */
	bool		error_shown;	/* A has its own record of `error` */
	bool		plugged;
	unsigned	census;		/* number of the last census that saw A open */
	TAILQ_ENTRY(sock) lost;		/* in the census's list of doubtful sockets */
	bool		is_lost;
	struct {
		int	fd;		/* A, where calls cannot bring it (owned); or -1 */
		bool	used;		/* a call has come since */
		bool	absent;		/* nobody had it at the last look */
		unsigned since, seen;	/* numbers of looks */
		LIST_ENTRY(sock) by_inode;
	} end;

	struct {
		size_t	skip;		/* bytes at the head of B that are not data */
		size_t	unread;		/* delivered since A was last seen empty */
		uint8_t	*held;		/* data the engine did not take */
		size_t	held_at, held_len;
		bool	inside;		/* the next byte may be in the midst of a buffer */
		bool	finished;	/* the guest's end of data was told */
		bool	wasted;		/* data came after the guest's close */
	} stream;

	struct {
		struct sock_list queue;	/* of connections to be accepted */
		unsigned count, backlog;
		unsigned marks;		/* bytes in A, one for each of `queue` */
		unsigned under_way;	/* of `queue`, given ahead: always its first */
		unsigned promised;	/* accepts that get one of those, see wire.h ... */
		unsigned unmarked;	/* ... and whose mark was read here */
		struct inherited *inherited; /* owned, or NULL: nothing */
		/* In a connection: */
		struct sock *parent;	/* the listener in whose queue it waits */
		uint64_t parent_id;	/* the listener it came from */
		bool	given;		/* ahead */
		TAILQ_ENTRY(sock) next;	/* in the queue */
		int	guest;		/* A, come back after an accept that found
					   nobody: owned until accepted again; or -1 */
	} listener;

	struct {
		struct letter_list letters; /* envelopes of what is in A, in order */
		unsigned count;
		uint64_t sent;		/* sum of the kernel's sizes of all messages
					   ever put into the carrier */
		struct letter_list outbox; /* netlink: answers that wait for room */
		size_t	outbox_size;
		struct letter_list errors; /* what MSG_ERRQUEUE reads */
		unsigned error_count;
	} message;
};

static inline struct sock *sock_of(const struct um_sock *um)
{
	return (struct sock *)um;
}
static inline bool sock_is_stream(const struct sock *s)
{
	return s->um.type == SOCK_STREAM;
}

/* An envelope; in the outbox, with its message. */
struct letter {
	TAILQ_ENTRY(letter) next;
	uint64_t	until;		/* message.sent, after it was sent */
	bool		mark;
	struct timespec	when;		/* it came */
	int		flags;
	socklen_t	name_len;
	size_t		control_len;
	int		error;		/* in the queue of errors: errno */
	size_t		data_len;	/* the message's */
	uint8_t		bytes[];	/* name, control; in outbox and errors, data */
};

/* A call under way, from its arrival until its answer is on the wire. */
struct pending {
	uint64_t	tag;
	struct um_call	call;		/* fd: -1 once the first handling is over */
	struct sock	*sock;		/* waits in sock->waiting, or NULL */
	TAILQ_ENTRY(pending) by_sock;
	TAILQ_ENTRY(pending) next;	/* all that wait; later, all to be sent */
	uint64_t	deadline;	/* um_stack_now() time, 0 none */
	int64_t		late;		/* the answer then */
	unsigned	stamps;		/* a recvfrom's: what stamp_wanted() said */
	bool		promised;	/* an accept that the monitor answers */
	bool		blocks;		/* A does, and has no time limit: there is no call.fd */
	unsigned	marks;		/* accept: how many the monitor shall read from A */
	int64_t		rc;
	int		fd;		/* owned: the answer's descriptor, or -1 */
	uint64_t	id;		/* the answer's socket, or 0 */
};

extern const struct um_stack_ops *stack_ops;	/* set once by um_stack_main() */

/* stack_loop.c */
int loop_open(void);
/* Until loop_stop(). */
void loop_run(void);
void loop_stop(void);
/* A call has come: another may follow in microseconds; look for it for a moment
   before sleeping. */
void loop_expect(void);
/* Like um_stack_watch(). */
int loop_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg);
/* fd, of which there is no copy, is about to be closed. */
void loop_close(int fd);

/* stack_control.c: the control socket. */
int control_open(int fd);
/* Sends a finished call's answer, or queues it; consumes p. */
void control_answer(struct pending *p);
void control_gone(uint64_t id);
/* There is time to tell it. */
void control_tell_gone(void);
/* Each sends at once or fails; guest (borrowed) is A. */
int control_give_spares(uint64_t families, const uint64_t *ids, unsigned n, const int *guests);
int control_give_connection(uint64_t id, uint64_t listener, const void *address, size_t len,
		int guest);

/* stack_ahead.c: sockets and connections given before they are asked for. */
void ahead_start(void);
/* There is a moment: makes a spare, if one is wanted. */
void ahead_run(void);
/* s is released. */
void ahead_lost(struct sock *s);
/* -errno: and s is freed. */
int ahead_adopt(struct sock *s, uint64_t value);
/* May one more of this listener's be given? */
bool ahead_room(const struct sock *listener);
/* It has its A in listener.guest.  -errno: it still has. */
int ahead_give(struct sock *listener, struct sock *connection);
/* It is accepted, or dead. */
void ahead_leave(struct sock *connection);

/* stack_pending.c */
/* s borrowed.  late: the answer at the deadline, timeout milliseconds from now (0: never). */
int64_t pending_wait(struct pending *p, struct sock *s, uint64_t timeout, int64_t late);
/* Consumes p. */
void pending_answer(struct pending *p, int64_t rc);
/* All of s's that wait in operation op (UM_NONE: in any). */
void pending_answer_all(struct sock *s, uint32_t op, int64_t rc);
struct pending *pending_first(const struct sock *s, uint32_t op);
void pending_interrupt(uint64_t tag);
/* Somebody else has answered it. */
void pending_forget(uint64_t tag);
/* Answers those whose time is up; milliseconds to the next, or -1. */
int pending_expire(void);

/* stack_sock.c */
struct sock *sock_new(int domain, int type, int protocol);	/* owned by the table; NULL: no memory */
struct sock *sock_find(uint64_t id);				/* borrowed, or NULL */
void sock_free(struct sock *s);					/* one that nobody was told of */
/* The guest closed it (or never got it): tells the engine and the monitor, frees s. */
void sock_release(struct sock *s, bool abort);
void sock_work(struct sock *s);
/* Runs what was on the work list when it was called. */
void sock_run_all(void);
bool sock_has_work(void);
/* What the guest's end A (fd, or -1) says. */
bool sock_is_nonblock(const struct sock *s, int fd);
/* SO_RCVTIMEO or SO_SNDTIMEO in milliseconds, 0 none. */
uint64_t sock_timeout(int fd, int option);

/* stack_carrier.c */
/* Makes s's carrier; *guest: A, owned by the caller. */
int carrier_open(struct sock *s, bool nonblock, int *guest);
void carrier_close(struct sock *s);
/* B took less than it was given: look for room. */
void carrier_fill(struct sock *s);
/* What the guest wrote until now is not data. */
void carrier_forget(struct sock *s);
/* Fill A (fd) so that it is not writable; and empty it again. */
void carrier_plug(struct sock *s, int fd);
void carrier_unplug(struct sock *s);
/* A sees ECONNRESET; s is STATE_DEAD and waits for the census. */
void carrier_reset(struct sock *s, int error);
/* Bytes in B that the guest wrote; the plug not counted. */
size_t carrier_fresh(const struct sock *s);
/* B's hangup is seen: 1 if A is closed, 0 if it is not sure (asks the census). */
bool carrier_closed(struct sock *s);

/* stack_census.c: which guests' ends are still open, without a copy of them. */
int census_open(void);
int census_add(int guest, uint64_t id);
/* s may be closed: look soon (edge), or some time. */
void census_doubt(struct sock *s, bool soon);
void census_forget(struct sock *s);
/* Releases what is closed, when it is time to look; milliseconds to the next, or -1. */
int census_run(void);

/* stack_end.c: guests' ends, kept where calls cannot bring them. */
void end_open(void);
bool ends_are_kept(void);
/* Keeps a copy of s's A (guest, borrowed), if that is to be done here. */
void end_keep(struct sock *s, int guest);
void end_drop(struct sock *s);
/* A copy (owned) of what is kept, for a call on s; or -1. */
int end_copy(struct sock *s);
/* Drops what nobody has but us, of `but` excepted; true if there was something: there is work. */
bool end_look_now(const struct sock *but);
/* The same, now and then; milliseconds to the next time, or -1. */
int end_run(void);

/* stack_stream.c */
void stream_run(struct sock *s);
void stream_deliver_rest(struct sock *s);
/* As if the guest had written it, after all that it did write: how much, or -EAGAIN, -EPIPE. */
int64_t stream_write(struct sock *s, const uint8_t *data, size_t n);
/* The connection is dead. */
void stream_error(struct sock *s, int error);

/* stack_listener.c */
void listener_run(struct sock *s);
/* It listens no more; fd is A, or -1. */
void listener_stop(struct sock *s, int fd);
/* Releases all that wait to be accepted. */
void listener_clear(struct sock *s);
/* A connection given ahead was accepted; marks: how many were read from A for it; tag: of
   the accept that was promised one, else WIRE_NO_TAG. */
void listener_taken(struct sock *connection, unsigned marks, uint64_t tag);
/* s, if it waits to be accepted, does so no more. */
void listener_leave(struct sock *s);
/* The answer to accept, which said `guest` (consumed) was s, found nobody. */
void listener_undo(struct sock *s, int guest);

/* stack_inherit.c: options of the listener s, whose A is fd; of a connection of its,
   whose A is fd. */
void inherit_read(struct sock *s, int fd);
void inherit_set(const struct sock *s, struct sock *connection, int fd);

/* stack_letter.c */
/* Owned; data_len bytes are left free behind name and control.  NULL: no memory. */
struct letter *letter_new(const struct um_envelope *from, size_t data_len);
/* All but the data of a recvfrom's answer; its result. */
int64_t letter_answer(struct pending *p, const void *name, socklen_t name_len,
		const uint8_t *control, size_t control_len, int flags, size_t len);
/* The first one is gone. */
void letter_drop(struct sock *s);
/* The letter of the message at A's head, after those that are gone were dropped;
   borrowed, or NULL. */
struct letter *message_head(struct sock *s);
void message_clear(struct sock *s);
size_t message_size(const struct iovec *iov, int n);
/* Bytes in s's outbox, more or less; in all sockets'. */
void outbox_grow(struct sock *s, ssize_t n);
size_t outboxes_size(void);
/* Into the carrier, without a letter; with one. */
int message_send(struct sock *s, const struct iovec *iov, int n);
int message_post(struct sock *s, const struct iovec *iov, int n,
		const struct um_envelope *from, bool mark);
/* Removes error marks from the head of the carrier, through A. */
void message_skip_marks(struct sock *s, int fd);

/* stack_stamp.c: control messages that say when. */
enum { STAMP_MICRO = 1, STAMP_NANO = 2, STAMP_THREE = 4, STAMPS_MAX = 256 };
/* What A (fd) asks for; such control, at most STAMPS_MAX bytes; or as the kernel gave it
   with a message that came at `when`.  Both return its length. */
unsigned stamp_wanted(int fd);
size_t stamp_put(unsigned wanted, uint8_t *control);
size_t stamp_take(int fd, const struct timespec *when, struct msghdr *msg, uint8_t *control);

/* stack_error.c */
void message_error(struct sock *s, int error);
int64_t message_receive_error(struct sock *s, struct pending *p);
void message_clear_errors(struct sock *s);

/* stack_message.c */
void message_run(struct sock *s);
void iov_copy(uint8_t *to, const struct iovec *iov, int n);
/* What plain send() put into the carrier goes to the engine. */
void message_pull_all(struct sock *s);
/* Netlink: B has room again. */
void message_flush_outbox(struct sock *s);

/* The calls.  Each returns a result, -errno, UM_CONTINUE, or UM_TAKEN from pending_wait(). */
int64_t call_socket(struct sock *none, struct pending *p);	/* stack_call.c */
int64_t call_bind(struct sock *s, struct pending *p);
int64_t call_getsockname(struct sock *s, struct pending *p);
int64_t call_getpeername(struct sock *s, struct pending *p);
int64_t call_shutdown(struct sock *s, struct pending *p);
int64_t call_ioctl(struct sock *s, struct pending *p);
int64_t call_file(struct sock *none, struct pending *p);
int64_t call_setsockopt(struct sock *s, struct pending *p);	/* stack_option.c */
int64_t call_getsockopt(struct sock *s, struct pending *p);
int64_t call_connect(struct sock *s, struct pending *p);	/* stack_connect.c */
int64_t call_listen(struct sock *s, struct pending *p);		/* stack_listener.c */
int64_t call_accept(struct sock *s, struct pending *p);
int64_t call_sendto(struct sock *s, struct pending *p);		/* stack_message.c */
int64_t call_recvfrom(struct sock *s, struct pending *p);

#endif
