/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead.h - what a stack gave before it was asked for: carriers for socket(2),
 * and connections for accept(2).  Bounded; a stack that gives too much has the rest
 * closed.
 */
#ifndef AHEAD_H
#define AHEAD_H

#include <stdint.h>
#include <sys/queue.h>

#include "wire.h"

struct ready {
	TAILQ_ENTRY(ready) next;
	uint64_t	 sock;		/* the stack's number of it */
	uint64_t	 listener;	/* 0: it has never been a socket */
	int		 fd;		/* owned */
	uint8_t		*address;	/* of the peer; owned */
	uint32_t	 address_len;
};

struct ahead {
	TAILQ_HEAD(, ready) list;	/* oldest first */
	unsigned count;
};

void ahead_init(struct ahead *a);
/* Takes *fd.  Borrowed; NULL if there is no such thing, or too much. */
struct ready *ahead_put(struct ahead *a, uint64_t sock, uint64_t listener, int *fd);
/* The oldest for this listener, out of the list: owned; or NULL. */
struct ready *ahead_take(struct ahead *a, uint64_t listener);
void ready_free(struct ready *r);
/* The stack has closed it, or the listener it is for. */
void ahead_gone(struct ahead *a, uint64_t sock);
void ahead_clear(struct ahead *a);

#endif
