/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_loop.c - the event loop.
 *
 * A watched descriptor is known to epoll as its number and a generation, so that
 * an event that was fetched before the descriptor was closed, and its number
 * used again, is recognised and dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>

#include "um_stack_private.h"
#include "util.h"

#define BATCH	64
#define EXPECT_TIME	50	/* us: a sleep and a wake-up on another processor cost as much */

struct watch {
	uint32_t generation;
	uint32_t events;		/* 0: not watched */
	void	(*fn)(void *arg, uint32_t events);
	void	*arg;
};

static struct watch *watches;		/* by descriptor */
static size_t watch_count;
static int epoll = -1;
static uint64_t expect_until;	/* microseconds; 0: nothing is expected */
static bool stopped;
static uint64_t now;

static void loop_read_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t um_stack_now(void)
{
	return now;
}

int loop_open(void)
{
	loop_read_clock();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -errno : 0;
}

void loop_stop(void)
{
	stopped = true;
}

static struct watch *loop_slot(int fd)
{
	if ((size_t)fd >= watch_count) {
		size_t count = watch_count ? watch_count : 64;

		while (count <= (size_t)fd)
			count *= 2;
		watches = xrealloc(watches, count, sizeof(*watches));
		for (size_t i = watch_count; i < count; i++)
			watches[i] = (struct watch){ 0 };
		watch_count = count;
	}
	return &watches[fd];
}

int loop_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg)
{
	struct epoll_event event = { .events = events };
	struct watch *w;
	int op;

	if (fd < 0)
		return -EBADF;
	w = loop_slot(fd);
	if (!events && !w->events)
		return 0;
	op = !w->events ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
	if (op != EPOLL_CTL_MOD)
		w->generation++;
	event.data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(epoll, op, fd, &event) < 0) {
		int error = errno;

		if (op == EPOLL_CTL_ADD)
			return -error;
		w->events = 0;		/* was closed before we were told */
		return op == EPOLL_CTL_DEL ? 0 : loop_watch(fd, events, fn, arg);
	}
	w->events = events;
	w->fn = fn;
	w->arg = arg;
	return 0;
}

/* The last close takes it out of the set. */
void loop_close(int fd)
{
	struct watch *w = loop_slot(fd);

	w->events = 0;
	w->generation++;
}

int um_stack_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg)
{
	return loop_watch(fd, events, fn, arg);
}

static void loop_dispatch(const struct epoll_event *event)
{
	uint32_t fd = event->data.u64, generation = event->data.u64 >> 32;
	struct watch w = watches[fd];	/* a copy: fn may grow the table */

	if (w.events && w.generation == generation)
		w.fn(w.arg, event->events);
}

/* The sooner of two waits in milliseconds, where -1 is for ever. */
static int wait_min(int a, int b)
{
	if (a < 0)
		return b;
	if (b < 0)
		return a;
	return a < b ? a : b;
}

void loop_expect(void)
{
	expect_until = clock_microseconds() + EXPECT_TIME;
}

/* Looks again and again for a while when more is expected, then sleeps. */
static int loop_wait(struct epoll_event *events, int wait)
{
	while (wait && expect_until) {
		int n = epoll_wait(epoll, events, BATCH, 0);

		if (n)
			return n;
		if (clock_microseconds() >= expect_until)
			expect_until = 0;
		ahead_run();
		sched_yield();	/* who is to ask may share this processor */
	}
	if (wait)
		control_tell_gone();
	return epoll_wait(epoll, events, BATCH, wait);
}

void loop_run(void)
{
	struct epoll_event events[BATCH];
	int wait = 0;

	while (!stopped) {
		int n = loop_wait(events, wait);

		loop_read_clock();
		for (int i = 0; i < n; i++)
			loop_dispatch(&events[i]);
		sock_run_all();
		wait = pending_expire();
		wait = wait_min(wait, census_run());
		wait = wait_min(wait, end_run());
		if (stack_ops->poll)
			wait = wait_min(wait, stack_ops->poll());
		if (sock_has_work())
			wait = 0;
	}
}
