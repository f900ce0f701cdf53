/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ready.c 4|6 - readiness as select, ppoll and the kinds of epoll tell it, and what other
   threads do meanwhile. */
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "net.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int pair[2];

static void *write_later(void *unused)
{
	(void)unused;
	pause_ms(100);
	must(write(pair[1], "late", 4), "write");
	return NULL;
}

static void *read_later(void *unused)
{
	static char block[65536];
	ssize_t n;

	(void)unused;
	pause_ms(100);
	while ((n = recv(pair[1], block, sizeof block, MSG_DONTWAIT)) > 0)
		pause_ms(1);
	return NULL;
}

static void *close_later(void *unused)
{
	(void)unused;
	pause_ms(100);
	close(pair[1]);
	return NULL;
}

static void say_sets(const char *what, int fd, long ms)
{
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };
	fd_set in, out, bad;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&bad);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	FD_SET(fd, &bad);
	say(what, select(fd + 1, &in, &out, &bad, &t));
	note("  in %d out %d bad %d", !!FD_ISSET(fd, &in), !!FD_ISSET(fd, &out), !!FD_ISSET(fd, &bad));
}

static void selects(void)
{
	char text[8];
	int server = listener(1), fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct address a = name_of(server);

	say_sets("a listener", server, 0);
	connect(fd, SA(&a), a.len);
	events_of(server, POLLIN, 1000);
	say_sets("with a connection", server, 0);
	close(fd);
	close(server);
	tcp_pair(pair);
	say_sets("idle", pair[0], 0);
	must(write(pair[1], "x", 1), "write");
	events_of(pair[0], POLLIN, 1000);
	say_sets("data", pair[0], 0);
	read(pair[0], text, 1);
	shutdown(pair[1], SHUT_WR);
	events_of(pair[0], POLLRDHUP, 1000);
	say_sets("FIN", pair[0], 0);
	close_pair(pair);
}

static void waits(void)
{
	struct timespec t = { 2, 0 };
	struct epoll_event e = { EPOLLIN, { .fd = 7 } };
	int epoll = epoll_create1(0);
	pthread_t thread;
	struct pollfd p;
	sigset_t set;
	char text[8];

	sigemptyset(&set);
	tcp_pair(pair);
	p = (struct pollfd){ pair[0], POLLIN, 0 };
	pthread_create(&thread, NULL, write_later, NULL);
	say("ppoll", ppoll(&p, 1, &t, &set));
	say_events("data", p.revents);
	pthread_join(thread, NULL);
	read(pair[0], text, sizeof text);
	epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &e);
	pthread_create(&thread, NULL, write_later, NULL);
	say("epoll_pwait2", syscall(SYS_epoll_pwait2, epoll, &e, 1, &t, NULL, 8));
	say_events("data", e.events);
	pthread_join(thread, NULL);
	read(pair[0], text, sizeof text);
	t = (struct timespec){ 0, 20000000 };
	say("epoll_pwait2, in vain", syscall(SYS_epoll_pwait2, epoll, &e, 1, &t, NULL, 8));
	pthread_create(&thread, NULL, close_later, NULL);
	p.events = POLLIN | POLLRDHUP;
	say("poll until closed", poll(&p, 1, 2000));
	say_events("closed", p.revents);
	pthread_join(thread, NULL);
	close(pair[0]);
	close(epoll);
}

/* One thread fills the connection, another waits until it can write, a third empties it. */
static void *wait_writable(void *unused)
{
	struct pollfd p = { pair[0], POLLOUT, 0 };

	(void)unused;
	return (void *)(intptr_t)poll(&p, 1, 5000);
}

static void writable(void)
{
	static char block[65536];
	pthread_t waiter, reader;
	void *rc;
	int i;

	tcp_pair(pair);
	set_nonblocking(pair[0]);
	for (i = 0; i < 10; i++) {
		while (write(pair[0], block, sizeof block) > 0)
			;
		pause_ms(20);
	}
	say_events("full", events_of(pair[0], 0, 0));
	pthread_create(&waiter, NULL, wait_writable, NULL);
	pthread_create(&reader, NULL, read_later, NULL);
	pthread_join(waiter, &rc);
	note("woken: %d", (int)(intptr_t)rc);
	pthread_join(reader, NULL);
	close_pair(pair);
}

static void once(const char *what, int epoll)
{
	struct epoll_event e = { 0, { 0 } };
	int n = epoll_wait(epoll, &e, 1, 100);

	say_events(what, n > 0 ? (int)e.events : 0);
}

/* EPOLLONESHOT, EPOLLEXCLUSIVE, level and edge, of datagrams. */
static void kinds(void)
{
	struct address a = address_of(NULL, 0);
	int fd = socket(family, SOCK_DGRAM, 0), epoll = epoll_create1(0), edge = epoll_create1(0), shot = epoll_create1(0);
	struct epoll_event e = { EPOLLIN, { .fd = fd } };
	char byte;

	must(bind(fd, SA(&a), a.len), "bind");
	a = name_of(fd);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	e.events = EPOLLIN | EPOLLET;
	epoll_ctl(edge, EPOLL_CTL_ADD, fd, &e);
	e.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(shot, EPOLL_CTL_ADD, fd, &e);
	once("level, none", epoll);
	sendto(fd, "x", 1, 0, SA(&a), a.len);
	once("level", epoll);
	once("level again", epoll);
	once("edge", edge);
	once("edge again", edge);
	once("one shot", shot);
	sendto(fd, "y", 1, 0, SA(&a), a.len);
	once("edge, another", edge);
	once("one shot, another", shot);
	say("recv", recvfrom(fd, &byte, 1, 0, NULL, NULL));
	once("level, one is left", epoll);
	once("edge, one is left", edge);
	e.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(shot, EPOLL_CTL_MOD, fd, &e);
	once("armed again", shot);
	say("recv", recvfrom(fd, &byte, 1, 0, NULL, NULL));
	once("level, none", epoll);
	close(fd);
	once("closed", epoll);
	close(epoll);
	close(edge);
	close(shot);
}

static void *reader(void *got)
{
	char block[256];
	ssize_t n;

	while ((n = read(pair[0], block, sizeof block)) > 0)
		__atomic_add_fetch((long *)got, n, __ATOMIC_RELAXED);
	return NULL;
}

/* Four threads read one socket, the main one writes. */
static void crowd(void)
{
	static char block[1000];
	pthread_t threads[4];
	long got = 0, i;

	tcp_pair(pair);
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, reader, &got);
	for (i = 0; i < 200; i++)
		must(write(pair[1], block, sizeof block), "write");
	shutdown(pair[1], SHUT_WR);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	note("%ld bytes", got);
	close_pair(pair);
}

static void caught(int signal)
{
	(void)signal;
}

/* A signal ends what waits, with and without SA_RESTART. */
static void interrupted(void)
{
	struct sigaction action = { .sa_handler = caught };
	struct address a = address_of(NULL, 0);
	int fd = socket(family, SOCK_DGRAM, 0), server = listener(1);
	struct address from = { .len = sizeof from.a };
	char byte;

	must(bind(fd, SA(&a), a.len), "bind");
	sigaction(SIGALRM, &action, NULL);
	ualarm(100000, 0);
	say("recvfrom", recvfrom(fd, &byte, 1, 0, SA(&from), &from.len));
	ualarm(100000, 0);
	say("accept", accept(server, NULL, NULL));
	ualarm(100000, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 5, 0 }, sizeof(struct timeval));
	say("recvfrom with a timeout", recvfrom(fd, &byte, 1, 0, SA(&from), &from.len));
	close(fd);
	close(server);
}

static const struct test tests[] = {
	{ "selects", selects }, { "waits", waits }, { "writable", writable }, { "kinds", kinds },
	{ "crowd", crowd }, { "interrupted", interrupted },
};

NET_MAIN(tests)
