/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_stack.h - the frame of a stack program.
 *
 * A stack program is one process that holds one network stack.  It fills a
 * struct um_stack_ops and calls um_stack_main(), as a file system calls
 * fuse_main().  The frame owns the control socket (descriptor 3), the
 * carriers (the socketpairs whose other ends the guests hold), the waiting
 * calls and the event loop; the engine owns protocols.  One thread.
 *
 * Throughout: 0 or more is success, -errno is failure.
 */
#ifndef UM_STACK_H
#define UM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define UM_STACK_API	1

/*
 * One socket.  Made by the frame for a guest's socket(2), or by
 * um_sock_incoming(); freed by the frame right after ops->release.
 * `engine` is the engine's own.  The rest is read-only for the engine.
 */
struct um_sock {
	int	 domain, type, protocol;  /* AF_*, SOCK_* without flags, IPPROTO_* */
	void	*engine;
	unsigned rights;	/* R_OK, W_OK: may whoever opened it read, change the stack's
				   configuration?  For what comes through the socket
				   (AF_NETLINK); the rest is decided before it comes here */
	/* The frame's own fields follow; see um_stack.c. */
};

/* A datagram's envelope.  Addresses and control borrowed. */
struct um_envelope {
	const void	*name;		/* struct sockaddr_*, or NULL */
	socklen_t	 name_len;
	const void	*control;	/* struct cmsghdr ..., or NULL */
	size_t		 control_len;
	int		 flags;		/* MSG_* */
};

struct um_stack_ops {
	unsigned	 api;		/* UM_STACK_API */
	unsigned	 size;		/* sizeof(struct um_stack_ops): it may grow at its end */
	const char	*name;		/* for messages: "umnetlwipv6" */
	uint64_t	 families;	/* served: bits 1 << AF_*, which may be 2 to 63;
					   AF_UNIX is always the host kernel's */

	/*
	 * Bring the stack up from mount(2)'s source, target and options (strings,
	 * never NULL).  On failure: the reason in error (at most size bytes, like
	 * "vd0: cannot connect to '/tmp/switch': No such file or directory"),
	 * and -errno.  May block a few seconds: nobody is served yet.
	 */
	int	(*init)(const char *source, const char *target, const char *options,
			char *error, size_t size);
	/* The process ends: close wires politely.  Optional. */
	void	(*fini)(void);
	/*
	 * After every batch of events: do deferred work, run the timers that are
	 * due.  Returns milliseconds until it wants to be called again, 0 for at
	 * once (after a look at the other events), -1 for not before an event.
	 * Optional with `descriptor`.
	 */
	int	(*poll)(void);

	/* A new socket: set s->engine, or -errno (-EPROTONOSUPPORT, -ESOCKTNOSUPPORT ...). */
	int	(*socket)(struct um_sock *s);
	/*
	 * The guest's last copy is closed.  abort: it left data unread (TCP
	 * sends a reset).  All it wrote was already given to send().  The engine goes on
	 * by itself with what is queued; s dies when this returns.
	 */
	void	(*release)(struct um_sock *s, bool abort);

	/* reuse: SO_REUSEADDR is set. */
	int	(*bind)(struct um_sock *s, const struct sockaddr *a, socklen_t len, bool reuse);
	/* 0, -errno, or -EINPROGRESS and um_sock_connected() later.  AF_UNSPEC
	   dissolves a datagram socket's association. */
	int	(*connect)(struct um_sock *s, const struct sockaddr *a, socklen_t len);
	/* STREAM.  Announce connections with um_sock_incoming(). */
	int	(*listen)(struct um_sock *s, int backlog);
	/* Fill *a, *len (in: size).  peer: getpeername(2); -ENOTCONN if none. */
	int	(*address)(struct um_sock *s, bool peer, struct sockaddr_storage *a,
			socklen_t *len);

	/*
	 * STREAM: take len bytes, at most room(s) of them are ever offered;
	 *   returns how many were taken.
	 * Others: send one message; to->name NULL uses the connected peer
	 *   (-EDESTADDRREQ if none).  Returns len or -errno.  AF_NETLINK too.
	 */
	ssize_t	(*send)(struct um_sock *s, const void *data, size_t len,
			const struct um_envelope *to);
	/* STREAM: how many bytes send() would take now; 0 if none until
	   um_sock_writable(s). */
	size_t	(*room)(struct um_sock *s);
	/* The guest has read: deliver more, if some is waiting. */
	void	(*drain)(struct um_sock *s);
	/* SHUT_WR: everything written was given to send(); send the FIN.
	   SHUT_RD: discard what arrives from now on. */
	int	(*shutdown)(struct um_sock *s, int how);

	/* Not SO_ERROR, SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN and
	   what the kernel answers on the carrier: the frame does those.  SO_BROADCAST and
	   SO_KEEPALIVE are the kernel's, too, but set() is told of them. */
	int	(*setsockopt)(struct um_sock *s, int level, int name,
			const void *value, socklen_t len);
	/* *len: in, the room; out, the length. */
	int	(*getsockopt)(struct um_sock *s, int level, int name,
			void *value, socklen_t *len);
	/*
	 * arg: the request's structure (struct ifreq ...), len bytes, to be changed in
	 * place.  SIOCGIFCONF: arg is an array to fill with struct ifreq, *len its
	 * size in bytes on entry (0 with arg NULL: only count) and the size used on return.
	 * SIOCOUTQ, SIOCOUTQNSD: arg is an int: bytes that send() took and the peer has not
	 * acknowledged; that were not sent yet.
	 * -ENOTTY for a request that is not the stack's.  s is NULL for an interface's
	 * request on a socket of another family, as if_nametoindex(3) makes.
	 */
	int	(*ioctl)(struct um_sock *s, unsigned long request, void *arg, size_t *len);

	/*
	 * Optional, for a stack whose sockets are the kernel's own: socket(2) itself, type
	 * with its flags.  The descriptor, returned owned, or -errno.  The guest
	 * gets it, and neither frame nor engine hears of it again.  -ENOSYS: not this one,
	 * it gets a carrier.  A stack that never says that needs only init and ioctl
	 * (whose s is always NULL) besides: the others may be NULL.
	 */
	int	(*descriptor)(int domain, int type, int protocol);

	/*
	 * Optional: a file by which the system tells of this network.  name: "net/NAME" for
	 * /proc/net/NAME ("net/tcp", "net/dev" ...), a new file with the text of this moment,
	 * at its start (memfd_create(2) will do); "sys/class/net": that directory (O_PATH will
	 * do), or instead a file of lines "PATH CONTENT", one for each file in it, as
	 * "eth0/mtu 1500".  The descriptor, returned owned, or -errno; -ENOENT: no such file.
	 */
	int	(*file)(const char *name);

	/*
	 * The families (bits 1 << AF_*) whose SOCK_STREAM with protocol 0 or IPPROTO_TCP is
	 * TCP as everybody knows it: socket() and TCP_NODELAY cannot fail but for
	 * want of memory.  Nobody waits for the stack then: socket() is called after the
	 * guest got its socket.  0: none.
	 */
	uint64_t spare_families;
};

/* Runs until the mount goes away.  argv as umnet starts it:
   PROGRAM SOURCE TARGET OPTIONS, with the control socket as descriptor 3. */
int um_stack_main(int argc, char **argv, const struct um_stack_ops *ops);

/* What the engine tells the frame. */

/* connect() ended: 0 or -errno (-ECONNREFUSED, -ETIMEDOUT ...). */
void um_sock_connected(struct um_sock *s, int error);
/*
 * A connection for listener s is established; `engine` becomes ->engine of the new
 * socket (same domain, type, protocol), which is returned and waits to be
 * accepted: what arrives for it before that, um_sock_deliver() does not take.
 * NULL: the backlog is full (or memory is short); the engine drops it.
 */
struct um_sock *um_sock_incoming(struct um_sock *listener, void *engine);
/* Would um_sock_incoming() take one more?  For deciding at the SYN. */
bool um_sock_backlog_free(const struct um_sock *listener);
/* STREAM: bytes for the guest; returns how many were taken.  Fewer than all:
   keep the rest until drain(). */
size_t um_sock_deliver(struct um_sock *s, const struct iovec *iov, int n);
/*
 * Others: one message for the guest, with its envelope (what recvfrom's
 * address and recvmsg's control will say).  -EAGAIN: its queue is full, it is dropped
 * (AF_NETLINK: never; the frame keeps it).
 */
int um_sock_deliver_message(struct um_sock *s, const struct iovec *iov, int n,
		const struct um_envelope *from);
/* STREAM: the peer's FIN; all data was delivered before. */
void um_sock_eof(struct um_sock *s);
/* The connection is dead: -ECONNRESET, -ETIMEDOUT ...; datagram sockets: an
   error to report by SO_ERROR and the next operation (-ECONNREFUSED).
   AF_NETLINK: by SO_ERROR. */
void um_sock_error(struct um_sock *s, int error);
/*
 * Not for STREAM: an error (-errno) about a message that was sent; as um_sock_error(), and
 * recvmsg's MSG_ERRQUEUE gets it: what was sent, to whom (about->name), and why
 * (about->control: IP_RECVERR ...).  If there are too many, it is only an error.  error 0:
 * only for MSG_ERRQUEUE; the call that failed has said so itself.
 */
void um_sock_error_message(struct um_sock *s, int error, const struct iovec *iov, int n,
		const struct um_envelope *about);
/* room(s) has grown from 0. */
void um_sock_writable(struct um_sock *s);
/* How many bytes (STREAM) the guest has not read yet from its carrier. */
size_t um_sock_unread(const struct um_sock *s);

/* What the frame knows of a socket, for whoever lists them (ss(8)). */
struct um_sock_facts {
	uint64_t	inode;		/* of the guest's descriptor; 0: it has none yet */
	uint64_t	cookie;		/* unique in the stack, never 0 */
	/* Not read by the guest yet: bytes (STREAM), the kernel's sizes of
	   messages (others); of a listener, the connections that wait. */
	size_t		unread;
	size_t		held;		/* AF_NETLINK: bytes that its queue has no room for */
	unsigned	backlog;	/* listen(2)'s, as it counts here */
	bool		listening;
	bool		shut_read, shut_write;	/* by the guest */
};
void um_sock_facts(const struct um_sock *s, struct um_sock_facts *facts);

/* Watch a descriptor of the engine's (borrowed); events 0 stops. */
int um_stack_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg);
/* CLOCK_MONOTONIC, milliseconds, read once per batch of events. */
uint64_t um_stack_now(void);
/* A line on standard error: "umview: NAME: TARGET: ..." */
void um_stack_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
