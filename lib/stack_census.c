/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_census.c - which guests' ends are still open?
 *
 * Normally B's hangup tells.  It cannot when B is closed already (a reset must
 * close it), nor when both directions were shut before the close.  An epoll set
 * helps: it holds no reference, and a descriptor leaves it by itself at its last
 * close.  So every A is put into one when it is made, and the set's
 * /proc/self/fdinfo lists those that live.  It is read only while some socket
 * is in doubt, and seldom.  Without /proc, who is in doubt counts as closed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "um_stack_private.h"
#include "util.h"

#define SOON		20	/* ms */
#define FIRST		500
#define MAX		30000

static int set = -1;
static struct sock_list doubtful = TAILQ_HEAD_INITIALIZER(doubtful);
static unsigned number;		/* of censuses held */
static uint64_t due;
static unsigned pause_ms = FIRST;

int census_open(void)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	return set < 0 ? -errno : 0;
}

int census_add(int guest, uint64_t id)
{
	/* No events are asked for, and nobody waits for this set. */
	struct epoll_event event = { .data.u64 = id };

	return epoll_ctl(set, EPOLL_CTL_ADD, guest, &event) < 0 ? -errno : 0;
}

void census_doubt(struct sock *s, bool soon)
{
	uint64_t when;

	if (!s->is_lost) {
		s->is_lost = true;
		if (TAILQ_EMPTY(&doubtful))
			due = UINT64_MAX;
		TAILQ_INSERT_TAIL(&doubtful, s, lost);
		pause_ms = FIRST;
	}
	when = um_stack_now() + (soon ? SOON : pause_ms);
	if (when < due)
		due = when;
}

void census_forget(struct sock *s)
{
	if (!s->is_lost)
		return;
	s->is_lost = false;
	TAILQ_REMOVE(&doubtful, s, lost);
}

static void census_count(void)
{
	char path[64], line[256];
	uint64_t id;
	FILE *f;

	number++;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", set);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		const char *data = strstr(line, "data:");
		struct sock *s;

		if (!data || sscanf(data, "data: %" SCNx64, &id) != 1)
			continue;
		s = sock_find(id);
		if (s)
			s->census = number;
	}
	fclose(f);
}

int census_run(void)
{
	struct sock *s, *after;
	uint64_t now = um_stack_now();
	bool found = false;

	if (TAILQ_EMPTY(&doubtful))
		return -1;
	if (due > now)
		return due - now;
	census_count();
	for (s = TAILQ_FIRST(&doubtful); s; s = after) {
		after = TAILQ_NEXT(s, lost);
		/* One that came back from an accept is held by ourselves. */
		if (s->census == number)
			continue;
		found = true;
		sock_release(s, false);
	}
	pause_ms = found ? FIRST : pause_ms * 2 < MAX ? pause_ms * 2 : MAX;
	due = now + pause_ms;
	return TAILQ_EMPTY(&doubtful) ? -1 : (int)pause_ms;
}
