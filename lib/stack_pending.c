/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_pending.c - calls that wait: for data, a connection, their time. */
#include <errno.h>
#include <limits.h>

#include "um_stack_private.h"

static struct pending_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
static uint64_t earliest;	/* no deadline is before it; 0: there is none */

int64_t pending_wait(struct pending *p, struct sock *s, uint64_t timeout, int64_t late)
{
	p->sock = s;
	p->late = late;
	TAILQ_INSERT_TAIL(&waiting, p, next);
	TAILQ_INSERT_TAIL(&s->waiting, p, by_sock);
	if (timeout) {
		p->deadline = um_stack_now() + timeout;
		if (!earliest || p->deadline < earliest)
			earliest = p->deadline;
	}
	return UM_TAKEN;
}

void pending_answer(struct pending *p, int64_t rc)
{
	if (p->sock) {
		p->sock->listener.promised -= p->promised;
		p->sock->listener.unmarked -= p->promised && !p->blocks;
		TAILQ_REMOVE(&waiting, p, next);
		TAILQ_REMOVE(&p->sock->waiting, p, by_sock);
		p->sock = NULL;
	}
	p->rc = rc;
	control_answer(p);
}

struct pending *pending_first(const struct sock *s, uint32_t op)
{
	struct pending *p;

	TAILQ_FOREACH(p, &s->waiting, by_sock)
		if (op == UM_NONE || p->call.op == op)
			return p;
	return NULL;
}

void pending_answer_all(struct sock *s, uint32_t op, int64_t rc)
{
	struct pending *p;

	while ((p = pending_first(s, op)))
		pending_answer(p, rc);
}

static struct pending *pending_find(uint64_t tag)
{
	struct pending *p;

	TAILQ_FOREACH(p, &waiting, next)
		if (p->tag == tag)
			break;
	return p;
}

/* What was ready has been answered: a call that is still here has no result. */
void pending_interrupt(uint64_t tag)
{
	struct pending *p = pending_find(tag);

	if (p)
		pending_answer(p, -UM_ERESTARTSYS);
}

void pending_forget(uint64_t tag)
{
	struct pending *p = pending_find(tag);

	if (!p)
		return;
	p->tag = WIRE_NO_TAG;
	pending_answer(p, 0);
}

int pending_expire(void)
{
	struct pending *p, *after;
	uint64_t now = um_stack_now(), wait;

	if (!earliest)
		return -1;
	if (earliest <= now) {
		earliest = 0;
		for (p = TAILQ_FIRST(&waiting); p; p = after) {
			after = TAILQ_NEXT(p, next);
			if (!p->deadline)
				continue;
			if (p->deadline <= now)
				pending_answer(p, p->late);
			else if (!earliest || p->deadline < earliest)
				earliest = p->deadline;
		}
		if (!earliest)
			return -1;
	}
	wait = earliest - now;
	return wait < INT_MAX ? (int)wait : INT_MAX;
}
