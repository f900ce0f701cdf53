/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shortage.c 4|6 - RLIMIT_NOFILE reached: EMFILE, and no connection is lost. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "net.h"

enum { ROOM = 40, MANY = 6, TRIES = 300 };

static int taken[ROOM + 1], taken_count;

/* Takes every descriptor there is. */
static void exhaust(void)
{
	int fd;

	while (taken_count < ROOM && (fd = dup(0)) >= 0)
		taken[taken_count++] = fd;
}

static void relax(int n)
{
	while (n-- && taken_count)
		close(taken[--taken_count]);
}

static void limit_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = ROOM;
	must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

/* A child that makes connections, a letter through each, and waits for their end. */
static pid_t connections(struct address *a, int n)
{
	int fds[MANY], i;
	char byte;
	pid_t child = fork();

	if (child)
		return child;
	for (i = 0; i < n; i++) {
		fds[i] = socket(family, SOCK_STREAM, 0);
		if (connect(fds[i], SA(a), a->len) < 0 || write(fds[i], &"abcdef"[i], 1) != 1)
			_exit(1);
	}
	for (i = 0; i < n; i++)
		if (read(fds[i], &byte, 1) != 1 || byte != "abcdef"[i] || read(fds[i], &byte, 1) != 0)
			_exit(2);
	_exit(0);
}

/* The next connection, with its letter, which goes back. */
static void take(int server)
{
	char byte = '?';
	int fd = accept(server, NULL, NULL);

	say_ok("accept", fd);
	read(fd, &byte, 1);
	note("%c", byte);
	write(fd, &byte, 1);
	close(fd);
}

static void accepting(void)
{
	int server = listener(8), i, status, wrong = 0;
	struct address a = name_of(server), peer = { .len = sizeof peer.a };
	pid_t child;

	limit_descriptors();
	child = connections(&a, MANY);
	events_of(server, POLLIN, 2000);
	pause_ms(200);
	exhaust();
	say("accept", accept(server, NULL, NULL));
	say("accept", accept(server, SA(&peer), &peer.len));
	say_events("the listener", events_of(server, POLLIN, 0));
	for (i = 0; i < TRIES; i++)
		wrong += accept4(server, NULL, NULL, SOCK_NONBLOCK) != -1 || errno != EMFILE;
	note("wrong of %d: %d", TRIES, wrong);
	relax(1);
	for (i = 0; i < MANY - 1; i++)
		take(server);
	exhaust();
	say("accept", accept(server, NULL, NULL));
	relax(1);
	take(server);
	exhaust();
	waitpid(child, &status, 0);
	note("the other end: %d", status);
	say_events("the listener, emptied", events_of(server, 0, 0));
	relax(ROOM);
	close(server);
}

static void making(void)
{
	int i, wrong = 0, fd, server = listener(3), p[2];
	struct address a = name_of(server);

	limit_descriptors();
	exhaust();
	say("socket", socket(family, SOCK_STREAM, 0));
	say("socket", socket(family, SOCK_DGRAM, 0));
	for (i = 0; i < TRIES; i++)
		wrong += socket(family, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0) != -1 || errno != EMFILE;
	note("wrong of %d: %d", TRIES, wrong);
	say("pipe", pipe(p));
	relax(2);
	fd = socket(family, SOCK_STREAM, 0);
	say_ok("socket", fd);
	say("connect", connect(fd, SA(&a), a.len));
	close(fd);
	take(server);
	relax(ROOM);
	close(server);
}

/* A connection that is refused a descriptor waits for the next who has one. */
static void another(void)
{
	int server = listener(8), status;
	struct address a = name_of(server);
	pid_t child, poor;

	limit_descriptors();
	child = connections(&a, 2);
	events_of(server, POLLIN, 2000);
	poor = fork();
	if (poor == 0) {
		exhaust();
		_exit(accept(server, NULL, NULL) == -1 && errno == EMFILE ? 0 : 1);
	}
	waitpid(poor, &status, 0);
	note("the poor one: %d", status);
	take(server);
	take(server);
	waitpid(child, &status, 0);
	note("the other end: %d", status);
	close(server);
}

static const struct test tests[] = {
	{ "accepting", accepting }, { "making", making }, { "another", another },
};

NET_MAIN(tests)
