/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stack.h - what the tests of the frame share. */
#ifndef TEST_STACK_H
#define TEST_STACK_H

#include <check.h>
#include <string.h>

#include "toy_stack.h"

/* The calls of a network: the kernel's, or the toy's. */
struct world {
	int (*socket)(int domain, int type, int protocol);
	int (*bind)(int fd, uint16_t port);
	int (*connect)(int fd, uint16_t port);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, int flags);
	int (*shutdown)(int fd, int how);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
	int (*close)(int fd);
};

extern const struct world toy_world;
extern uint16_t port_listening, port_closed;

int make_listener(const struct world *w);	/* at port_listening */
/* Two connected sockets: [0] connected, [1] accepted. */
void make_pair(const struct world *w, int pair[2]);
int edge_set(int fd);		/* an epoll set with fd, EPOLLET */
int edge_of(int set);		/* its next event, 0 if there is none */
void settle(void);
int poll_of(int fd);
int so_error(int fd);
int toy_stream(int flags);
int toy_listener(uint16_t port);
int toy_datagram(uint16_t port);

#define ck_errno(call, error) do { \
	errno = 0; \
	ck_assert_int_eq(call, -1); \
	ck_assert_str_eq(strerrorname_np(errno), #error); \
} while (0)

TCase *case_kernel(void);	/* case_kernel.c: like the kernel's TCP */
TCase *case_stream(void);	/* case_stream.c */
TCase *case_message(void);	/* case_message.c */
TCase *case_bulk(void);		/* case_bulk.c */

#endif
