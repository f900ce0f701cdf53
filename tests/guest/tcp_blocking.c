/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_blocking.c 4|6 - blocking calls of two threads: each waits for the other,
   and must end when it should. */
#include <pthread.h>

#include "net.h"

static struct address server_address;
static int server;

static void *echo_server(void *unused)
{
	static char buffer[50000];
	ssize_t n;
	int fd = accept(server, NULL, NULL);

	(void)unused;
	if (fd < 0)
		return NULL;
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		for (ssize_t done = 0, k; done < n; done += k)
			if ((k = write(fd, buffer + done, n - done)) <= 0)
				goto out;
out:
	close(fd);
	return NULL;
}

static void echo(void)
{
	static char out[20000], in[20000];
	pthread_t thread;
	long total = 0, n;
	int fd, i;

	server = listener(1);
	server_address = name_of(server);
	pthread_create(&thread, NULL, echo_server, NULL);
	fd = socket(family, SOCK_STREAM, 0);
	say("connect", connect(fd, SA(&server_address), server_address.len));
	for (i = 0; i < (int)sizeof out; i++)
		out[i] = i * 13;
	for (i = 0; i < 50; i++) {
		must(write(fd, out, 1 + i * 397), "write");
		n = recv(fd, in, 1 + i * 397, MSG_WAITALL);
		total += n;
		if (n != 1 + i * 397 || memcmp(in, out, n))
			note("round %d differs (%ld)", i, n);
	}
	say("echoed", total);
	say("shutdown", shutdown(fd, SHUT_WR));
	say("the end", read(fd, in, 1));
	pthread_join(thread, NULL);
	close(fd);
	close(server);
}

static void *late_connect(void *unused)
{
	int fd;

	(void)unused;
	pause_ms(200);
	fd = socket(family, SOCK_STREAM, 0);
	must(connect(fd, SA(&server_address), server_address.len), "connect");
	pause_ms(200);
	must(write(fd, "late", 4), "write");
	pause_ms(200);
	close(fd);
	return NULL;
}

static void say_time(const char *what, int64_t start, int least)
{
	int64_t ms = now_ms() - start;

	note("%s: %s", what, ms < least ? "too early" : ms > least + 900 ? "too late" : "in time");
}

static void waiting(void)
{
	pthread_t thread;
	int64_t start;
	char text[8];
	int fd;

	server = listener(1);
	server_address = name_of(server);
	pthread_create(&thread, NULL, late_connect, NULL);
	start = now_ms();
	say_ok("accept", fd = accept(server, NULL, NULL));
	say_time("accept", start, 150);
	start = now_ms();
	say("read", read(fd, text, sizeof text));
	say_time("read", start, 150);
	say("read", read(fd, text, sizeof text));
	pthread_join(thread, NULL);
	close(fd);
	close(server);
}

static void timeouts(void)
{
	struct timeval t = { 0, 200000 };
	int p[2];
	int64_t start;
	char byte;
	int fd;

	tcp_pair(p);
	say("SO_RCVTIMEO", setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
	start = now_ms();
	say("read", read(p[0], &byte, 1));
	say_time("read", start, 190);
	close_pair(p);
	server = listener(1);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	start = now_ms();
	say("accept", fd = accept(server, NULL, NULL));
	say_time("accept", start, 190);
	close(server);
}

static int shared_fd;

static void *shut_later(void *how)
{
	pause_ms(200);
	shutdown(shared_fd, (int)(intptr_t)how);
	return NULL;
}

static void shut_while_waiting(void)
{
	pthread_t thread;
	char byte;
	int p[2];

	tcp_pair(p);
	shared_fd = p[0];
	pthread_create(&thread, NULL, shut_later, (void *)(intptr_t)SHUT_RD);
	say("read, shut for reading", read(p[0], &byte, 1));
	pthread_join(thread, NULL);
	say("its peer still reads", write(p[0], "x", 1));
	say("as it does", read(p[1], &byte, 1));
	pthread_create(&thread, NULL, shut_later, (void *)(intptr_t)SHUT_RDWR);
	say("read of the peer, shut for all", read(p[1], &byte, 1));
	pthread_join(thread, NULL);
	close_pair(p);

	server = shared_fd = listener(1);
	pthread_create(&thread, NULL, shut_later, (void *)(intptr_t)SHUT_RD);
	say("accept, shut", accept(server, NULL, NULL));
	pthread_join(thread, NULL);
	close(server);
}

static void *slow_reader(void *fd)
{
	static char buffer[100000];
	long total = 0, n;

	pause_ms(300);
	while ((n = read(*(int *)fd, buffer, sizeof buffer)) > 0)
		total += n;
	return (void *)total;
}

/* The writer must wait for the reader, and close() must lose nothing. */
static void slow(void)
{
	static char block[1 << 20];
	pthread_t thread;
	void *total;
	int p[2], i;
	long sent = 0;

	tcp_pair(p);
	pthread_create(&thread, NULL, slow_reader, &p[1]);
	for (i = 0; i < 20; i++)
		sent += write(p[0], block, sizeof block);
	close(p[0]);
	pthread_join(thread, &total);
	note("sent %ld, got %ld", sent, (long)total);
	close(p[1]);
}

static const struct test tests[] = {
	{ "echo", echo }, { "waiting", waiting }, { "timeouts", timeouts },
	{ "shut_while_waiting", shut_while_waiting }, { "slow", slow },
};

NET_MAIN(tests)
