/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - a guest's socket inside the engine, and what all kinds of
 * sockets share.  See engine.c for how the pieces work together.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "um_stack.h"

#include "interface.h"
#include "sockopt.h"

/*
 * What um_sock->engine points to; each kind embeds it first.  `kind` serves the
 * frame's operations; those that are NULL are -EOPNOTSUPP (or, for release,
 * room, drain: nothing).
 */
struct endpoint {
	const struct endpoint_kind *kind;
	struct um_sock	*sock;		/* NULL when the guest has closed it */
	struct endpoint	*next, **link;	/* in the list of its kind */
	struct sockopt	 options;
};

struct endpoint_kind {
	void	(*release)(struct endpoint *e, bool abort);
	int	(*bind)(struct endpoint *e, const struct sockaddr *a, socklen_t len, bool reuse);
	int	(*connect)(struct endpoint *e, const struct sockaddr *a, socklen_t len);
	int	(*listen)(struct endpoint *e, int backlog);
	int	(*address)(struct endpoint *e, bool peer, struct sockaddr_storage *a,
			socklen_t *len);
	ssize_t	(*send)(struct endpoint *e, const void *data, size_t len,
			const struct um_envelope *to);
	size_t	(*room)(struct endpoint *e);
	void	(*drain)(struct endpoint *e);
	int	(*shutdown)(struct endpoint *e, int how);
	/* SIOCOUTQ's answer; SIOCOUTQNSD's if `unsent`. */
	int	(*queued)(const struct endpoint *e, bool unsent);
	/* Options only this kind has; -ENOPROTOOPT sends the question on to sockopt.c. */
	int	(*setsockopt)(struct endpoint *e, int level, int name,
			const void *value, socklen_t len);
	int	(*getsockopt)(struct endpoint *e, int level, int name,
			void *value, socklen_t *len);
};

/* Set up e and link it into list.  e->options get their defaults. */
void endpoint_init(struct endpoint *e, const struct endpoint_kind *kind,
		struct um_sock *s, struct endpoint **list);
void endpoint_unlink(struct endpoint *e);
/* Makes it the first of its list. */
void endpoint_first(struct endpoint *e, struct endpoint **list);

/* Each makes s->engine, or returns -errno. */
int tcp_endpoint_new(struct um_sock *s);
int udp_endpoint_new(struct um_sock *s);
int raw_endpoint_new(struct um_sock *s);
int ping_endpoint_new(struct um_sock *s);
int packet_endpoint_new(struct um_sock *s);

/* Of these kinds, for listing: the first of the list, then ->next. */
struct endpoint *udp_endpoints(void);
struct endpoint *raw_endpoints(void);
struct endpoint *ping_endpoints(void);
struct endpoint *packet_endpoints(void);

/* Deferred TCP work; is there more? */
bool tcp_run(void);
/* TCP timers: ms until the next is due, -1 for none. */
int tcp_poll_timers(uint64_t now);

/* The checksum of the segment given to the library was found right. */
void engine_checksum_known(bool known);

/* Ports of a protocol in use by endpoints: a count for each. */
struct ports {
	uint16_t	used[65536];
	uint16_t	last;
};
/* A free one of the ephemeral range (counted as used), or 0. */
uint16_t port_take_free(struct ports *p);
void port_take(struct ports *p, uint16_t port);
void port_give(struct ports *p, uint16_t port);

#endif
