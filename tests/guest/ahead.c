/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead.c 4|6 - many sockets and connections, one after another and at once: what a
 * stack has ready for socket() and accept() must not be lost, doubled or seen.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "net.h"

enum { WARM = 40, THREADS = 4, EACH = 100 };

static int server;
static struct address to;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char seen[THREADS * EACH];
static int accepted;

static void begin(int backlog)
{
	server = listener(backlog);
	to = name_of(server);
}

static int connected(void)
{
	int fd = socket(family, SOCK_STREAM, 0);

	must(fd, "socket");
	must(connect(fd, SA(&to), to.len), "connect");
	return fd;
}

/* Enough for a stack to begin working ahead. */
static void warm_up(void)
{
	for (int i = 0; i < WARM; i++) {
		int fd = connected(), peer = accept(server, NULL, NULL);

		must(peer, "accept");
		close(fd);
		close(peer);
	}
}

static void say_option(const char *what, int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	say(what, getsockopt(fd, level, name, &value, &len));
	note("  %d", value);
}

/* Each socket is what was asked for, whatever it was made of. */
static void sockets(void)
{
	static const int kinds[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC };
	int fd, other, on = 1;

	begin(8);
	warm_up();
	for (int i = 0; i < 30; i++) {
		fd = socket(i % 2 ? AF_INET : AF_INET6, SOCK_STREAM | kinds[i % 3], i % 4 ? 0 : IPPROTO_TCP);
		must(fd, "socket");
		if (i < 24) {		/* closed without a call */
			close(fd);
			continue;
		}
		note("nonblocking %d cloexec %d", !!(fcntl(fd, F_GETFL) & O_NONBLOCK), fcntl(fd, F_GETFD));
		say_option("domain", fd, SOL_SOCKET, SO_DOMAIN);
		say_option("protocol", fd, SOL_SOCKET, SO_PROTOCOL);
		say("nodelay", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
		say_option("nodelay", fd, IPPROTO_TCP, TCP_NODELAY);
		say("listen", listen(fd, 1));
		close(fd);
	}
	fd = socket(family, SOCK_STREAM, 0);
	other = dup(fd);
	close(fd);
	say("connect by a copy", connect(other, SA(&to), to.len));
	close(other);
	say("UDP's protocol", socket(family, SOCK_STREAM, IPPROTO_UDP));
	close(server);
}

static void *client(void *arg)
{
	unsigned char text[2];
	int first = (int)(intptr_t)arg * EACH;

	for (int i = first; i < first + EACH; i++) {
		int fd = connected();

		text[0] = i >> 8;
		text[1] = i;
		must(write(fd, text, 2) - 2, "write");
		must(read(fd, text, 1) - 1, "read");
		close(fd);
	}
	return NULL;
}

/* Blocking, or waiting by poll and not blocking. */
static void *acceptor(void *arg)
{
	unsigned char text[2];
	int peer;

	for (;;) {
		if (arg)
			events_of(server, POLLIN, 100);
		pthread_mutex_lock(&lock);
		peer = accepted < THREADS * EACH ? 0 : -1;
		if (!arg && !peer)
			accepted++;	/* it will get one */
		pthread_mutex_unlock(&lock);
		if (peer < 0)
			return NULL;
		peer = accept4(server, NULL, NULL, 0);
		if (peer < 0 && arg && errno == EAGAIN)
			continue;
		must(peer, "accept");
		must(recv(peer, text, 2, MSG_WAITALL) - 2, "recv");
		pthread_mutex_lock(&lock);
		seen[text[0] << 8 | text[1]]++;
		accepted += arg != NULL;
		pthread_mutex_unlock(&lock);
		must(write(peer, text, 1), "write");
		close(peer);
	}
}

static void crowd(bool polling)
{
	pthread_t clients[THREADS], acceptors[THREADS];
	int once = 0;

	begin(64);
	warm_up();
	if (polling)
		set_nonblocking(server);
	memset(seen, 0, sizeof(seen));
	accepted = 0;
	for (int i = 0; i < THREADS; i++) {
		pthread_create(&acceptors[i], NULL, acceptor, polling ? &server : NULL);
		pthread_create(&clients[i], NULL, client, (void *)(intptr_t)i);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(clients[i], NULL);
		pthread_join(acceptors[i], NULL);
	}
	for (int i = 0; i < THREADS * EACH; i++)
		once += seen[i] == 1;
	note("%d of %d came once", once, THREADS * EACH);
	say_events("listener", events_of(server, 0, 0));
	set_nonblocking(server);
	say("accept of nothing", accept(server, NULL, NULL));
	say_events("listener, after it", events_of(server, 0, 0));
	close(server);
}

static void blocking(void) { crowd(false); }
static void polling(void) { crowd(true); }

/* The queue: readable as long as there is one, in order, and reset with the listener. */
static void waiting(void)
{
	int fds[20], peer, reset = 0;
	bool order = true, readable = true;
	char text;

	begin(32);
	warm_up();
	set_nonblocking(server);
	for (int i = 0; i < 20; i++) {
		fds[i] = connected();
		must(write(fds[i], &"abcdefghijklmnopqrst"[i], 1), "write");
	}
	for (int i = 0; i < 10; i++) {
		readable &= events_of(server, POLLIN, 1000) == POLLIN;
		peer = accept(server, NULL, NULL);
		must(peer, "accept");
		order &= read(peer, &text, 1) == 1 && text == "abcdefghij"[i];
		close(peer);
	}
	note("readable %d, in order %d", readable, order);
	say_events("listener", events_of(server, 0, 0));
	close(server);
	for (int i = 10; i < 20; i++) {
		events_of(fds[i], POLLIN, 1000);
		reset += read(fds[i], &text, 1) < 0 && errno == ECONNRESET;
	}
	note("%d were reset", reset);
}

/* Accepted before the listener is closed: that one lives. */
static void survivor(void)
{
	char text = 0;

	for (int i = 0; i < 20; i++) {
		int fd, peer;

		begin(4);
		if (!i)
			warm_up();
		fd = connected();
		peer = accept(server, NULL, NULL);
		must(peer, "accept");
		close(server);
		must(write(fd, "x", 1), "write");
		must(read(peer, &text, 1) - 1, "read");
		must(write(peer, "y", 1), "write back");
		must(read(fd, &text, 1) - 1, "read back");
		close(fd);
		close(peer);
	}
	note("last: %c", text);
}

/* Whoever is killed in accept() takes no connection with it. */
static void killed(void)
{
	pid_t pid;
	int fd, peer;

	begin(8);
	warm_up();
	for (int i = 0; i < 10; i++) {
		pid = fork();
		if (pid == 0) {
			accept(server, NULL, NULL);
			_exit(0);
		}
		pause_ms(i % 3);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	fd = connected();
	must(write(fd, "k", 1), "write");
	peer = accept(server, NULL, NULL);
	say_ok("accept", peer);
	say("read", read(peer, &(char){ 0 }, 1));
	say_events("listener", events_of(server, 0, 0));
	close(server);
}

static const struct test tests[] = {
	{ "sockets", sockets }, { "blocking", blocking }, { "polling", polling },
	{ "waiting", waiting }, { "survivor", survivor }, { "killed", killed },
};

NET_MAIN(tests)
