/* SPDX-License-Identifier: GPL-2.0-or-later */
/* toy_stack.h - a network in memory, and a test that plays its monitor and its guest. */
#ifndef TOY_STACK_H
#define TOY_STACK_H

#include <stdint.h>

#include "um_stack.h"
#include "wire.h"

extern const struct um_stack_ops toy_ops;

/* Ports where nobody listens but something happens. */
#define TOY_SILENT	1	/* the connection is never answered */
#define TOY_LATE	100	/* 100 + n: like n, after 50 ms */

/* setsockopt(level, name): makes the engine do it to this socket. */
#define TOY_LEVEL	4242
#define TOY_ERROR	1	/* um_sock_error(-value) */
#define TOY_FLOOD	2	/* netlink: `value` messages of 1000 bytes; the result */

/* The stack process. */
void toy_start(void);
void toy_stop(void);
int toy_descriptors(void);	/* how many it has open */
long toy_memory(void);		/* its resident pages */

/* One call, begun; at most one of a kind of argument is used. */
struct toy_call {
	struct um_call call;
	uint64_t tag;
};
struct toy_answer {
	int64_t	rc;
	int	fd;		/* owned by who asked */
	uint64_t sock;
	struct wire_message message; /* wire_clear() it */
};

uint64_t toy_send(const struct um_call *call);
/* The answer to tag; fails the test if none comes within `ms`, unless ms is 0: then false. */
bool toy_wait(uint64_t tag, int ms, struct toy_answer *answer);
void toy_interrupt(uint64_t tag);
void toy_undo(uint64_t tag, uint64_t sock, int fd);
bool toy_gone(uint64_t sock, int ms);	/* was WIRE_GONE said? */

/* A guest's system calls: result, or -1 and errno. */
int toy_socket(int domain, int type, int protocol);
int toy_bind(int fd, uint16_t port);
int toy_connect(int fd, uint16_t port);
int toy_listen(int fd, int backlog);
int toy_accept(int fd, int flags);
int toy_shutdown(int fd, int how);
int toy_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int toy_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int toy_port(int fd, bool peer);	/* getsockname, getpeername */
ssize_t toy_sendto(int fd, const void *data, size_t len, int flags, uint16_t port);
ssize_t toy_recvfrom(int fd, void *data, size_t room, int flags, uint16_t *port, int *msg_flags);
int toy_close(int fd);
uint64_t toy_sock(int fd);
void toy_adopt(int fd, uint64_t sock);

/* For calls whose answer comes later. */
void toy_prepare(struct um_call *call, uint32_t op, int fd);
uint64_t toy_connect_begin(int fd, uint16_t port);

#endif
