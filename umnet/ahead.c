/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "ahead.h"
#include "util.h"

enum { AHEAD_MAX = 2 * (WIRE_SPARES + WIRE_CONNECTIONS) };

void ahead_init(struct ahead *a)
{
	TAILQ_INIT(&a->list);
	a->count = 0;
}

void ready_free(struct ready *r)
{
	if (r->fd >= 0)
		close(r->fd);
	free(r->address);
	free(r);
}

struct ready *ahead_put(struct ahead *a, uint64_t sock, uint64_t listener, int *fd)
{
	struct ready *r;

	if (!sock || *fd < 0 || a->count >= AHEAD_MAX)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->sock = sock;
	r->listener = listener;
	r->fd = take_fd(fd);
	TAILQ_INSERT_TAIL(&a->list, r, next);
	a->count++;
	return r;
}

static void ahead_remove(struct ahead *a, struct ready *r)
{
	TAILQ_REMOVE(&a->list, r, next);
	a->count--;
}

struct ready *ahead_take(struct ahead *a, uint64_t listener)
{
	struct ready *r;

	TAILQ_FOREACH(r, &a->list, next)
		if (r->listener == listener) {
			ahead_remove(a, r);
			return r;
		}
	return NULL;
}

void ahead_gone(struct ahead *a, uint64_t sock)
{
	struct ready *r, *after;

	for (r = TAILQ_FIRST(&a->list); r; r = after) {
		after = TAILQ_NEXT(r, next);
		if (r->sock != sock && r->listener != sock)
			continue;
		ahead_remove(a, r);
		ready_free(r);
	}
}

void ahead_clear(struct ahead *a)
{
	struct ready *r;

	while ((r = TAILQ_FIRST(&a->list))) {
		ahead_remove(a, r);
		ready_free(r);
	}
}
