/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_inherit.c - what an accepted socket has from its listener.
 *
 * Options that the kernel keeps on the carriers are read from the listener's A at listen(2),
 * the last moment at which they usually are set, and set on the new one at accept(2).  Most
 * listeners have none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "um_stack_private.h"
#include "util.h"

static const int options[] = {
	SO_KEEPALIVE, SO_REUSEADDR, SO_OOBINLINE, SO_DONTROUTE, SO_BROADCAST, SO_TIMESTAMP,
	SO_TIMESTAMPNS, SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO,
};

struct inherited {
	struct { uint8_t bytes[16]; socklen_t len; } value[ARRAY_SIZE(options)];
};

void inherit_read(struct sock *s, int fd)
{
	static const struct inherited none;
	struct inherited all = none;
	bool any = false;

	free(s->listener.inherited);
	s->listener.inherited = NULL;
	for (unsigned i = 0; fd >= 0 && i < ARRAY_SIZE(options); i++) {
		socklen_t len = sizeof(all.value[i].bytes);

		if (getsockopt(fd, SOL_SOCKET, options[i], all.value[i].bytes, &len) < 0 ||
		    !memcmp(all.value[i].bytes, none.value[i].bytes, len))
			continue;
		all.value[i].len = len;
		any = true;
	}
	if (any)
		s->listener.inherited = malloc(sizeof(all));
	if (s->listener.inherited)
		*s->listener.inherited = all;
}

void inherit_set(const struct sock *s, struct sock *connection, int fd)
{
	const struct inherited *all = s->listener.inherited;

	connection->linger_zero = s->linger_zero;
	for (unsigned i = 0; all && i < ARRAY_SIZE(options); i++)
		if (all->value[i].len)
			setsockopt(fd, SOL_SOCKET, options[i], all->value[i].bytes,
					all->value[i].len);
}
