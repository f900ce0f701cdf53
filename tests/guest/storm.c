/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm.c 4|6 - signals 5,000 times a second, with and without SA_RESTART, from
 * setitimer(2) and timer_create(2), while connections are made, accepted and used: no byte, datagram or
 * connection is lost or doubled, no descriptor left.  Without SA_RESTART any call may
 * fail with EINTR, and is made again.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "net.h"

enum { PERIOD = 200 /* us */, BYTES = 20000000, CONNECTIONS = 1000, DATAGRAMS = 3000 };

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
	(void)number;
	handled++;
}

/* In this process, until calm(). */
static void rage(bool restart)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = restart ? SA_RESTART : 0 };
	struct itimerval t = { { 0, PERIOD }, { 0, PERIOD } };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	handled = 0;
	if (restart) {
		setitimer(ITIMER_REAL, &t, NULL);
	} else {
		struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
		struct itimerspec often = { { 0, PERIOD * 1000 }, { 0, PERIOD * 1000 } };
		timer_t timer;

		timer_create(CLOCK_MONOTONIC, &event, &timer);
		timer_settime(timer, 0, &often, NULL);
	}
}

#define AGAIN(call) ({ long rc_; do rc_ = (call); while (rc_ < 0 && errno == EINTR); rc_; })

static unsigned descriptors(void)
{
	unsigned n = 0;
	DIR *d;

	/* Both calls come to the monitor in a view, and can be interrupted there. */
	do
		d = opendir("/proc/self/fd");
	while (!d && errno == EINTR);
	must(d ? 0 : -1, "opendir");
	for (;;) {
		errno = 0;
		if (readdir(d))
			n++;
		else if (errno != EINTR)
			break;
	}
	closedir(d);
	return n;
}

static unsigned char pattern(size_t at)
{
	return at * 2654435761u >> 13;
}

/* One end, of many sizes and by several calls. */
static int send_all(int fd, size_t total)
{
	static unsigned char bytes[70000];
	unsigned turn = 0;

	for (size_t at = 0; at < total; turn++) {
		size_t n = 1 + (turn * 7919u) % (turn % 5 ? 3000 : sizeof bytes);
		struct iovec iov[2] = { { bytes, 0 }, { bytes, 0 } };
		struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
		ssize_t sent;

		n = n < total - at ? n : total - at;
		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(at + i);
		iov[0].iov_len = n / 2;
		iov[1] = (struct iovec){ bytes + n / 2, n - n / 2 };
		sent = turn % 3 == 0 ? write(fd, bytes, n) : turn % 3 == 1 ? send(fd, bytes, n, 0) :
			sendmsg(fd, &m, 0);
		if (sent < 0 && errno != EINTR) {
			note("send: %s", strerrorname_np(errno));
			return 1;
		}
		at += sent > 0 ? sent : 0;
	}
	return 0;
}

static int receive_all(int fd, size_t total)
{
	static unsigned char bytes[50000];
	size_t at = 0;

	for (unsigned turn = 0; ; turn++) {
		struct address from = { .len = sizeof from.a };
		size_t room = 1 + turn * 104729u % sizeof bytes;
		ssize_t n = turn % 2 ? read(fd, bytes, room) :
			recvfrom(fd, bytes, room, 0, SA(&from), &from.len);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR) {
			note("receive: %s", strerrorname_np(errno));
			return 1;
		}
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] != pattern(at + i)) {
				note("byte %zu is wrong", at + i);
				return 1;
			}
		at += n > 0 ? n : 0;
	}
	if (at != total)
		note("%zu bytes came of %zu", at, total);
	return at != total;
}

static void transfers(bool restart)
{
	int server = listener(5), fd, status;
	struct address a = name_of(server);
	pid_t child = fork();

	if (child == 0) {
		rage(restart);
		fd = AGAIN(socket(family, SOCK_STREAM, 0));
		if (connect(fd, SA(&a), a.len) < 0) {
			if (errno != EINTR)
				_exit(2);
			while (connect(fd, SA(&a), a.len) < 0 && errno != EISCONN)
				if (errno != EINTR && errno != EALREADY)
					_exit(3);
		}
		_exit(send_all(fd, BYTES) || AGAIN(shutdown(fd, SHUT_WR)) < 0 || receive_all(fd, BYTES) || handled < 20);
	}
	rage(restart);
	fd = AGAIN(accept(server, NULL, NULL));
	note("there: %s", receive_all(fd, BYTES) ? "wrong" : "right");
	note("and back: %s", send_all(fd, BYTES) ? "wrong" : "right");
	close(fd);
	AGAIN(waitpid(child, &status, 0));
	note("the other end: %d, signals came: %d", status, handled > 20);
	close(server);
}

/* Connects, says its number, waits until the server closes. */
static int connect_numbers(const struct address *a, bool restart)
{
	char byte;

	rage(restart);
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = AGAIN(socket(family, SOCK_STREAM, 0)), rc = connect(fd, SA(a), a->len), error = 0;
		socklen_t len = sizeof error;

		/* Interrupted, it goes on; or it never began. */
		while (rc < 0 && (errno == EINTR || errno == EALREADY)) {
			struct pollfd p = { fd, POLLOUT, 0 };

			if (errno == EALREADY)
				poll(&p, 1, 50);
			rc = connect(fd, SA(a), a->len);
		}
		if (rc < 0 && errno != EISCONN) {
			note("connect %d: %s", i, strerrorname_np(errno));
			return 1;
		}
		AGAIN(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
		if (error || AGAIN(write(fd, &i, sizeof i)) != sizeof i || AGAIN(read(fd, &byte, 1)) != 0) {
			note("connection %d: error %d", i, error);
			return 1;
		}
		close(fd);
	}
	return handled < 20;
}

static void connections(bool restart)
{
	int server = listener(64), status = 0, i, fd, number, seen[CONNECTIONS] = { 0 }, wrong = 0;
	unsigned before = descriptors();
	struct address a = name_of(server);
	pid_t child = fork();

	if (child == 0)
		_exit(connect_numbers(&a, restart));
	rage(restart);
	for (i = 0; i < CONNECTIONS; i++) {
		struct address peer = { .len = sizeof peer.a };

		fd = AGAIN(i % 2 ? accept4(server, SA(&peer), &peer.len, SOCK_CLOEXEC) : accept(server, NULL, NULL));
		if (fd < 0 || AGAIN(read(fd, &number, sizeof number)) != sizeof number ||
		    number < 0 || number >= CONNECTIONS) {
			note("connection %d: %s", i, strerrorname_np(errno));
			break;
		}
		seen[number]++;
		close(fd);
	}
	AGAIN(waitpid(child, &status, 0));
	for (i = 0; i < CONNECTIONS; i++)
		wrong += seen[i] != 1;
	note("wrong: %d, the other end: %d, signals came: %d", wrong, status, handled > 20);
	set_nonblocking(server);
	say("one more", AGAIN(accept(server, NULL, NULL)));
	note("descriptors left: %d", (int)(descriptors() - before));
	close(server);
}

/* Numbered datagrams, each answered before the next. */
static void datagrams(bool restart)
{
	int one = socket(family, SOCK_DGRAM, 0), two = socket(family, SOCK_DGRAM, 0), i, number, wrong = 0, status;
	struct address a = address_of(NULL, 0), from;
	pid_t child;

	must(bind(one, SA(&a), a.len), "bind");
	must(bind(two, SA(&a), a.len), "bind");
	a = name_of(two);
	child = fork();
	if (child == 0) {
		rage(restart);
		for (i = 0; i < DATAGRAMS; i++) {
			from.len = sizeof from.a;
			if (AGAIN(recvfrom(two, &number, sizeof number, 0, SA(&from), &from.len)) != sizeof number ||
			    number != i || AGAIN(sendto(two, &number, sizeof number, 0, SA(&from), from.len)) < 0)
				_exit(1);
		}
		_exit(0);
	}
	rage(restart);
	for (i = 0; i < DATAGRAMS && !wrong; i++) {
		struct iovec iov = { &number, sizeof number };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &from.a, .msg_namelen = sizeof from.a };

		AGAIN(sendto(one, &i, sizeof i, 0, SA(&a), a.len));
		wrong += AGAIN(recvmsg(one, &m, 0)) != sizeof number || number != i || port_of(&from.a) != port_of(&a.a);
	}
	AGAIN(waitpid(child, &status, 0));
	note("wrong %d, the other end %d, signals came: %d", wrong, status, handled > 20);
	say("one more", AGAIN(recv(one, &number, sizeof number, MSG_DONTWAIT)));
	close(one);
	close(two);
}

static void transfer_restarted(void) { transfers(true); }
static void transfer_interrupted(void) { transfers(false); }
static void connect_restarted(void) { connections(true); }
static void connect_interrupted(void) { connections(false); }
static void datagrams_restarted(void) { datagrams(true); }
static void datagrams_interrupted(void) { datagrams(false); }

static const struct test tests[] = {
	{ "transfer_restarted", transfer_restarted }, { "transfer_interrupted", transfer_interrupted },
	{ "connect_restarted", connect_restarted }, { "connect_interrupted", connect_interrupted },
	{ "datagrams_restarted", datagrams_restarted }, { "datagrams_interrupted", datagrams_interrupted },
};

NET_MAIN(tests)
