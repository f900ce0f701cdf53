/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - for guest programs, which print what they saw: the same program runs
 * natively and in a view, and the two outputs must be equal.  So nothing that
 * may change from run to run is printed (ports, pids, addresses of memory).
 */
#ifndef SAY_H
#define SAY_H

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* "what = 3", "what = -1 ECONNREFUSED"; returns rc. */
static inline long say(const char *what, long rc)
{
	int e = errno;

	if (rc >= 0)
		printf("%s = %ld\n", what, rc);
	else
		printf("%s = -1 %s\n", what, strerrorname_np(e) ? strerrorname_np(e) : "E?");
	fflush(stdout);
	errno = e;
	return rc;
}

/* As say(), but a success is only "ok": for descriptors and sizes that vary. */
static inline long say_ok(const char *what, long rc)
{
	int e = errno;

	if (rc < 0)
		return say(what, rc);
	printf("%s ok\n", what);
	fflush(stdout);
	errno = e;
	return rc;
}

static inline void note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	fflush(stdout);
}

static inline void must(long rc, const char *what)
{
	if (rc >= 0)
		return;
	printf("%s failed: %s\n", what, strerror(errno));
	exit(1);
}

static inline void pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* "what: IN OUT RDHUP" */
static inline void say_events(const char *what, int events)
{
	printf("%s:%s%s%s%s%s%s%s\n", what,
	       events & POLLIN ? " IN" : "", events & POLLPRI ? " PRI" : "",
	       events & POLLOUT ? " OUT" : "", events & POLLERR ? " ERR" : "",
	       events & POLLHUP ? " HUP" : "", events & POLLRDHUP ? " RDHUP" : "",
	       events ? "" : " none");
	fflush(stdout);
}

/* The events of fd now, after waiting up to `ms` for any of `wait`. */
static inline int events_of(int fd, int wait, int ms)
{
	struct pollfd p = { fd, (short)wait, 0 };

	if (wait)
		poll(&p, 1, ms);
	p.events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
	p.revents = 0;
	poll(&p, 1, 0);
	return p.revents;
}

struct test {
	const char *name;
	void (*run)(void);
};

/* Runs the tests named in argv, or all; each in a paragraph of its own. */
static inline int run_tests(const struct test *tests, size_t n, char **names)
{
	size_t i, found = 0;
	char **name;

	for (i = 0; i < n; i++) {
		bool wanted = !names[0];

		for (name = names; *name; name++)
			wanted |= !strcmp(*name, tests[i].name);
		if (!wanted)
			continue;
		found++;
		printf("== %s\n", tests[i].name);
		fflush(stdout);
		tests[i].run();
	}
	return found ? 0 : 2;
}

#endif
