/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listen.c 4|6 - backlog, accept4's flags, and what wakes an accept. */
#include <pthread.h>

#include "net.h"

static int server;

static void flags(void)
{
	struct address a;
	int fd, peer, i;
	static const int kinds[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC };

	server = listener(5);
	a = name_of(server);
	for (i = 0; i < 4; i++) {
		fd = socket(family, SOCK_STREAM | kinds[i], 0);
		note("socket: nonblocking %d cloexec %d", !!(fcntl(fd, F_GETFL) & O_NONBLOCK), fcntl(fd, F_GETFD));
		connect(fd, SA(&a), a.len);
		events_of(server, POLLIN, 1000);
		peer = accept4(server, NULL, NULL, kinds[i]);
		note("accept4: nonblocking %d cloexec %d", !!(fcntl(peer, F_GETFL) & O_NONBLOCK), fcntl(peer, F_GETFD));
		close(peer);
		close(fd);
	}
	say("accept4, unknown flags", accept4(server, NULL, NULL, 1));
	set_nonblocking(server);
	say("accept of nothing", accept(server, NULL, NULL));
	say("accept of no socket", accept(0, NULL, NULL));
	say("accept of a bad descriptor", accept(999, NULL, NULL));
	close(server);
}

/* Connections wait in order; data sent before accept is there. */
static void queue(void)
{
	struct address a;
	int fds[5], i, peer;
	char text[8];
	bool right = true;

	server = listener(8);
	a = name_of(server);
	for (i = 0; i < 5; i++) {
		fds[i] = socket(family, SOCK_STREAM, 0);
		must(connect(fds[i], SA(&a), a.len), "connect");
		must(write(fds[i], &"abcde"[i], 1), "write");
	}
	pause_ms(50);
	say_events("listener", events_of(server, 0, 0));
	for (i = 0; i < 5; i++) {
		peer = accept(server, NULL, NULL);
		if (read(peer, text, 1) != 1 || text[0] != "abcde"[i])
			right = false;
		close(peer);
	}
	note("order and data: %s", right ? "right" : "wrong");
	say_events("listener, emptied", events_of(server, 0, 0));
	for (i = 0; i < 5; i++)
		close(fds[i]);
	close(server);
}

/* A client that came and went still counts, and its data is there. */
static void gone(void)
{
	struct address a;
	int fd = socket(family, SOCK_STREAM, 0), peer;
	char text[8];

	server = listener(2);
	a = name_of(server);
	must(connect(fd, SA(&a), a.len), "connect");
	must(write(fd, "was here", 8), "write");
	close(fd);
	pause_ms(50);
	say_ok("accept", peer = accept(server, NULL, NULL));
	say("read", read(peer, text, sizeof text));
	say("the end", read(peer, text, sizeof text));
	close(peer);
	close(server);
}

/* More than the backlog: those over it connect later, or not at all. */
static void backlog(void)
{
	struct address a;
	int fds[20], i, connected = 0, accepted = 0, peer;

	server = listener(2);
	a = name_of(server);
	set_nonblocking(server);
	for (i = 0; i < 20; i++) {
		fds[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], SA(&a), a.len);
	}
	pause_ms(200);
	for (i = 0; i < 20; i++)
		connected += !!(events_of(fds[i], 0, 0) & POLLOUT);
	note("some connect, not all: %d", connected >= 2 && connected < 20);
	for (i = 0; i < 40 && accepted < 20; i++) {
		while ((peer = accept(server, NULL, NULL)) >= 0) {
			accepted++;
			close(peer);
		}
		pause_ms(100);
	}
	note("at least those: %d", accepted >= connected);
	for (i = 0; i < 20; i++)
		close(fds[i]);
	close(server);
}

static void *closer(void *fd)
{
	pause_ms(200);
	shutdown(*(int *)fd, SHUT_RDWR);
	return NULL;
}

static void *accepter(void *result)
{
	int fd = accept(server, NULL, NULL);

	*(int *)result = fd < 0 ? -errno : 1;
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void wakes(void)
{
	pthread_t threads[4];
	struct address a;
	int i, fd, results[4], ones = 0;

	server = listener(2);
	pthread_create(&threads[0], NULL, closer, &server);
	say("accept until shutdown", accept(server, NULL, NULL));
	pthread_join(threads[0], NULL);
	say("accept after it", accept(server, NULL, NULL));
	say("listen again", listen(server, 2));
	set_nonblocking(server);
	say("accept", accept(server, NULL, NULL));
	close(server);

	server = listener(4);
	a = name_of(server);
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, accepter, &results[i]);
	pause_ms(100);
	for (i = 0; i < 4; i++) {
		fd = socket(family, SOCK_STREAM, 0);
		must(connect(fd, SA(&a), a.len), "connect");
		close(fd);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ones += results[i] == 1;
	}
	note("%d threads got one each", ones);
	close(server);
}

/* One port, one owner. */
static void ports(void)
{
	struct address a = closed_port(SOCK_STREAM);
	int fd = socket(family, SOCK_STREAM, 0), other = socket(family, SOCK_STREAM, 0);

	say("bind", bind(fd, SA(&a), a.len));
	say("bind of another", bind(other, SA(&a), a.len));
	say("connect to one bound, not listening", connect(other, SA(&a), a.len));
	close(fd);
	say("bind after close", bind(other, SA(&a), a.len));
	close(other);
}

static const struct test tests[] = {
	{ "flags", flags }, { "queue", queue }, { "gone", gone }, { "backlog", backlog },
	{ "wakes", wakes }, { "ports", ports },
};

NET_MAIN(tests)
