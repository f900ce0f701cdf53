/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "loop.h"
#include "um_module.h"
#include "util.h"

struct watch {
	loop_fn		*fn;		/* NULL: not watched */
	void		*arg;
	uint32_t	 generation;
};

enum { EXPECT_TIME = 50 };	/* us: a sleep and a wake-up on another processor cost as much */

static uint64_t expect_until;		/* microseconds; 0: nothing is expected */
static int epoll_fd = -1;
static struct {
	int fd;
	loop_fn *fn;
} direct = { .fd = -1 };
static struct watch *watches;		/* by descriptor */
static unsigned watch_count;
static struct {
	unsigned interval;
	uint64_t due;
	void (*fn)(void);
} tick;

void loop_start(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		die("epoll_create: %s", strerror(errno));
}

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static void watch_room(int fd)
{
	unsigned count = watch_count ? watch_count : 64;

	while (count <= (unsigned)fd)
		count *= 2;
	if (count == watch_count)
		return;
	watches = xrealloc(watches, count, sizeof(*watches));
	memset(watches + watch_count, 0, (count - watch_count) * sizeof(*watches));
	watch_count = count;
}

int loop_watch(int fd, uint32_t events, loop_fn *fn, void *arg)
{
	struct epoll_event event = { .events = events };
	struct watch *watch;
	int operation;

	if (fd < 0)
		return -EBADF;
	watch_room(fd);
	watch = &watches[fd];
	if (!events) {
		if (!watch->fn)
			return 0;
		watch->fn = NULL;
		watch->generation++;
		return epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
	}
	operation = watch->fn ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	event.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(epoll_fd, operation, fd, &event) < 0)
		return -errno;
	watch->fn = fn;
	watch->arg = arg;
	return 0;
}

int um_watch(int fd, uint32_t events, void (*fn)(void *, uint32_t), void *arg)
{
	return loop_watch(fd, events, fn, arg);
}

void loop_direct(int fd, loop_fn *fn)
{
	direct.fd = fd;
	direct.fn = fn;
}

void loop_tick(unsigned milliseconds, void (*fn)(void))
{
	if (milliseconds == tick.interval && fn == tick.fn)
		return;
	tick.interval = milliseconds;
	tick.fn = fn;
	tick.due = loop_now() + milliseconds;
}

static int tick_wait(int timeout)
{
	uint64_t now;
	int left;

	if (!tick.interval)
		return timeout;
	now = loop_now();
	left = tick.due > now ? (int)(tick.due - now) : 0;
	return timeout >= 0 && timeout < left ? timeout : left;
}

static void loop_watches(void)
{
	struct epoll_event events[32];
	int n = epoll_wait(epoll_fd, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		uint32_t fd = (uint32_t)events[i].data.u64;
		struct watch *watch = &watches[fd];

		if (watch->fn && watch->generation == events[i].data.u64 >> 32)
			watch->fn(watch->arg, events[i].events);
	}
}

void loop_expect(void)
{
	expect_until = clock_microseconds() + EXPECT_TIME;
}

/* Looks again and again for a while when an answer is expected, then sleeps. */
static int loop_wait(struct pollfd *fds, int timeout)
{
	while (timeout && expect_until) {
		int n = poll(fds, 2, 0);

		if (n)
			return n;
		if (clock_microseconds() >= expect_until)
			expect_until = 0;
		sched_yield();	/* who is to answer may share this processor */
	}
	return poll(fds, 2, tick_wait(timeout));
}

void loop_once(int timeout)
{
	struct pollfd fds[2] = {
		{ .fd = direct.fd, .events = POLLIN }, { .fd = epoll_fd, .events = POLLIN },
	};

	if (loop_wait(fds, timeout) > 0) {
		/* Answers before new calls: an accept may find its connection. */
		if (fds[1].revents)
			loop_watches();
		if (fds[0].revents && direct.fn)
			direct.fn(NULL, (uint32_t)fds[0].revents);
	}
	if (tick.interval && loop_now() >= tick.due) {
		tick.due = loop_now() + tick.interval;
		tick.fn();
	}
}
