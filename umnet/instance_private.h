/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance_private.h - a mounted stack, seen by the files that serve it. */
#ifndef INSTANCE_PRIVATE_H
#define INSTANCE_PRIVATE_H

#include <stdbool.h>

#include "ahead.h"
#include "instance.h"
#include "link.h"
#include "resolver.h"
#include "wire.h"

enum state { STARTING, UP, DEAD };

/* A call at the stack.  Its tag is slot and generation: a late answer to a
   slot's former call is not taken for the present one's. */
struct slot {
	struct um_call	*call;		/* NULL: free */
	uint32_t	 generation;
	uint64_t	 number;	/* in the order of asking */
	bool		 blocks;	/* its descriptor was not sent: see wire.h */
};

/* A spare that is somebody's socket, and the stack does not know. */
struct untold {
	uint64_t	 sock, value;	/* value: of WIRE_ADOPT; 0: a free slot */
};
enum { UNTOLD_MAX = WIRE_SPARES };

/* What could not be sent at once, in order. */
struct queued {
	struct queued	*next;
	enum wire_kind	 kind;
	uint64_t	 tag, sock, value, adopt;
	int		 fd;		/* owned; -1 if none */
};

struct instance {
	enum state	 state;
	unsigned	 number;	/* of this instance, in its sockets' names */
	int64_t		 fixed;		/* not 0: no stack, and this is its answer */
	struct link	*link;		/* owned; NULL if it is none */
	struct resolver	*resolver;	/* owned; NULL: the host's, always */
	char		*fstype, *target, *options;
	char		*directory;	/* that relative paths in options are from */
	pid_t		 pid;
	int		 control;	/* owned; -1 when the stack is dead */
	uint64_t	 families;
	struct um_call	*mounting;	/* STARTING: to be answered */
	struct slot	*slots;
	unsigned	 slot_count;
	struct queued	*queue, **queue_end;
	struct ahead	 ahead;		/* what the stack gave before we asked */
	unsigned	 sockets_asked;	/* up to AHEAD_AFTER */
	uint64_t	 spare_families; /* what a spare may become */
	struct untold	 untold[UNTOLD_MAX];
	unsigned	 untold_next;	/* to be told if another is to be noted */
};

/* A stack that is used so little need not work ahead. */
enum { AHEAD_AFTER = 8 };

/*
 * The stack numbers its sockets from 1; in the monitor a socket's name also
 * has the instance's number, between its kind and its number:
 * kind 8 bits, instance 20, socket 36.
 */
enum { SOCKET_BITS = 36, INSTANCE_BITS = 20 };
#define INSTANCE_MASK (((UINT64_C(1) << INSTANCE_BITS) - 1) << SOCKET_BITS)

/* 0, a socket that is the kernel's from now on, stays 0. */
static inline uint64_t name_of(const struct instance *in, uint64_t id)
{
	return id ? (id & ~INSTANCE_MASK) | (uint64_t)in->number << SOCKET_BITS : 0;
}

static inline uint64_t id_of(uint64_t name)
{
	return name & ~INSTANCE_MASK;
}

/* The call with this tag, which has its answer now; NULL if it had it before. */
struct um_call *slot_release(struct instance *in, uint64_t tag);
/* Sends, or queues while the stack is slow.  fd is borrowed. */
void instance_send_value(struct instance *in, enum wire_kind kind, uint64_t tag,
		uint64_t sock, uint64_t value, int fd);

/* instance_ahead.c: what the stack gave before it was asked. */
void instance_spares(struct instance *in, struct wire_message *m);
void instance_incoming(struct instance *in, struct wire_message *m);
void instance_gone(struct instance *in, const struct wire_message *m);
/* The stack must hear, with or before the next of this socket's calls, what it is: the
   value for WIRE_ADOPT, which is forgotten here; 0: it knows. */
uint64_t instance_untold(struct instance *in, uint64_t sock);
void instance_note_untold(struct instance *in, uint64_t sock, uint64_t value);
/* Does the call's descriptor block without a limit, and is that all about it? */
bool instance_blocks(const struct um_call *c);
/* Reads so many marks of a listener whose connection the call gets; returns how many. */
unsigned instance_read_marks(struct um_call *c, unsigned marks);
/* A result; UM_TAKEN: c is answered; UM_CONTINUE: the stack must be asked. */
int64_t instance_call_ahead(struct instance *in, struct um_call *c);

#endif
