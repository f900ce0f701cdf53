/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - a notification from the kernel while it is served: the decoded
 * call that modules see, and what only the monitor may know, guest addresses
 * first of all.
 *
 * The decoder copies in what the row names; the encoder copies out what was
 * put with um_put().  Nothing is written to a guest before its answer is known.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "table.h"
#include "um_call.h"

struct mount;
struct view;

/* Where the answer's bytes of an argument go in the guest; 0: nowhere. */
struct place {
	uint64_t	 address;
	uint64_t	 length_at;	/* of the length to update */
	uint8_t		 length_size;	/* 4, or 8 for size_t of 64-bit guests */
};

struct request {
	struct um_call	 call;		/* first: modules hold a pointer to it */
	uint64_t	 id;		/* of the notification */
	const struct row *row;
	uint64_t	 reg[6];
	uint8_t		 word;		/* 4 or 8: size of the guest's pointers */
	uint64_t	 name;		/* of the socket it is about; 0: none */
	bool		 close_on_exec;	/* for a descriptor that is the answer */
	bool		 pending;	/* a module answers later */
	bool		 made_here;	/* a socket(2) that must not go on as it is: what
					   is the host's is made by the monitor */
	bool		 stream;	/* a short write is as good as a long one */
	bool		 ipv6;		/* the socket it is about is of AF_INET6 */
	bool		 abandoned;	/* the guest has been answered or is dead */
	int		 answer_fd;	/* owned; the answer if not -1 */
	struct {			/* UM_FILE: */
		/* What the guest's call says of the module's descriptor (consumed). */
		int64_t	 (*finish)(struct request *r, int fd);
		uint16_t op;		/* the guest's own */
		uint8_t	 index;		/* which argument was the path */
		bool	 follow;
		char	*rest;		/* owned; the path below it, or "" */
	} file;
	uint64_t	 interrupted_at; /* when the module was told of a signal */
	struct view	*view;		/* the caller's; NULL until request_view() is asked.
					   Not valid once pending */
	struct mount	*mount;		/* whose module has it; valid while pending */
	struct place	 place[UM_ARGS];
	struct iovec	*scatter;	/* UM_RECVFROM of a msghdr: where data goes (owned);
					   iov_base is a guest address */
	unsigned	 scatter_count;
	uint64_t	 flags_at;	/* msghdr.msg_flags */
	uint32_t	 control_room;	/* msghdr.msg_controllen, as the guest gave it */
	/* sendmmsg, recvmmsg: one message after the other goes to the module. */
	uint64_t	 count_at;	/* mmsghdr.msg_len of the message under way */
	const char	*why;		/* the view refuses it; NULL: it does not, or not yet */
	uint64_t	 received;	/* latency_now() */
	uint32_t	 index, count;	/* which it is, of how many */
	uint64_t	 deadline;	/* loop_now() when recvmmsg's time is over; 0: never */
	struct request	*next, *previous;	/* among the pending */
};

/* Has a send or receive call an address or control data, or is it the kernel's
   business alone?  -errno if the guest's structures cannot be read. */
int request_addressed(struct request *r);
/* Does a sendmsg(2) pass descriptors?  1, or 0. */
int request_rights(struct request *r);
/* 0, or what to answer: -EFAULT, -EINVAL, -ENAMETOOLONG, -EMSGSIZE ... */
int request_decode(struct request *r);
/* Copies the outs to the guest and returns the value to answer: rc, or -EFAULT. */
int64_t request_encode(struct request *r, int64_t rc);
/* sendmmsg, recvmmsg: decodes the message after the one that was encoded last.  False:
   there is none, or it cannot be read, or the time is over. */
bool request_next(struct request *r);
/* Writes what is left of recvmmsg's time. */
void request_encode_time(const struct request *r);
/* Frees what the request owns, not the request. */
void request_clear(struct request *r);

#endif
