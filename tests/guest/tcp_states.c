/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_states.c 4|6 - what a TCP socket looks like to poll, epoll, SO_ERROR and
   errno in each of its states. */
#include <signal.h>
#include <sys/epoll.h>

#include "net.h"

static void connect_nonblocking(void)
{
	int server = listener(5), fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), peer;
	struct address a = name_of(server);

	say("connect", connect(fd, SA(&a), a.len));
	say_events("connected", events_of(fd, POLLOUT, 2000));
	say_error("connected", fd);
	connect(fd, SA(&a), a.len);
	say("connect again", connect(fd, SA(&a), a.len));
	say_events("listener", events_of(server, POLLIN, 2000));
	say_ok("accept", peer = accept(server, NULL, NULL));
	say_events("listener, emptied", events_of(server, 0, 0));
	say_events("accepted", events_of(peer, POLLOUT, 1000));
	say("accepted is blocking", !(fcntl(peer, F_GETFL) & O_NONBLOCK));
	close(peer);
	close(fd);
	close(server);
}

static void refused(void)
{
	struct address a = closed_port(SOCK_STREAM);
	int fd = socket(family, SOCK_STREAM, 0);
	char byte;

	say("blocking", connect(fd, SA(&a), a.len));
	say_error("blocking", fd);
	say("blocking again", connect(fd, SA(&a), a.len));
	close(fd);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	say("nonblocking", connect(fd, SA(&a), a.len));
	say_events("nonblocking", events_of(fd, POLLOUT, 2000));
	say_error("nonblocking", fd);
	say_error("read once", fd);
	say("read after it", read(fd, &byte, 1));
	close(fd);
}

/* A connect that failed while nobody waited: the same socket may try again. */
static void again(void)
{
	struct address dead = closed_port(SOCK_STREAM), live;
	int server = listener(5), fd, other;
	char byte;

	live = name_of(server);
	for (int ask = 0; ask < 2; ask++) {
		fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		say("nonblocking", connect(fd, SA(&dead), dead.len));
		say_events("nonblocking", events_of(fd, POLLOUT, 2000));
		if (ask)
			say_error("asked", fd);
		say("told", connect(fd, SA(&live), live.len));
		say("again", connect(fd, SA(&live), live.len));
		say_events("again", events_of(fd, POLLOUT, 2000));
		say_error("again", fd);
		note("close-on-exec %d, nonblocking %d", fcntl(fd, F_GETFD) & FD_CLOEXEC,
		     !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
		other = accept(server, NULL, NULL);
		say("write", write(fd, "x", 1));
		say("read", read(other, &byte, 1));
		say("close", close(fd));
		say("read its end", read(other, &byte, 1));
		close(other);
	}
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	say("nonblocking", connect(fd, SA(&dead), dead.len));
	say_events("nonblocking", events_of(fd, POLLOUT, 2000));
	say("told", connect(fd, SA(&dead), dead.len));
	say("refused again", connect(fd, SA(&dead), dead.len));
	say_events("refused again", events_of(fd, POLLOUT, 2000));
	say_error("refused again", fd);
	close(fd);
	close(server);
}

static void data_and_fin(void)
{
	int p[2], n = 0;
	char text[16];

	tcp_pair(p);
	say_events("idle", events_of(p[0], 0, 0));
	say("write", write(p[1], "12345", 5));
	say_events("data", events_of(p[0], POLLIN, 1000));
	say("FIONREAD", ioctl(p[0], FIONREAD, &n));
	note("%d bytes", n);
	say("peek", recv(p[0], text, 3, MSG_PEEK));
	say("read", read(p[0], text, sizeof text));
	say_events("read all", events_of(p[0], 0, 0));
	say("dontwait", recv(p[0], text, 1, MSG_DONTWAIT));
	must(write(p[1], "last", 4), "write");
	say("shutdown", shutdown(p[1], SHUT_WR));
	pause_ms(100);
	say_events("data and FIN", events_of(p[0], POLLRDHUP, 1000));
	say("read", read(p[0], text, sizeof text));
	say("read at the end", read(p[0], text, sizeof text));
	say("read again", read(p[0], text, sizeof text));
	say_events("FIN", events_of(p[0], 0, 0));
	say("answer", write(p[0], "answer", 6));
	say("read of the half-closed", read(p[1], text, sizeof text));
	say_events("half-closed", events_of(p[1], 0, 0));
	say("write of the half-closed", send(p[1], "x", 1, MSG_NOSIGNAL));
	close(p[0]);
	pause_ms(100);
	say_events("both closed", events_of(p[1], POLLHUP, 1000));
	say_error("both closed", p[1]);
	close(p[1]);
}

/* A reset, brought about by `how`. */
static void reset(const char *how, bool linger)
{
	struct linger zero = { 1, 0 };
	char byte;
	int p[2];

	tcp_pair(p);
	if (linger) {
		setsockopt(p[1], SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
	} else {
		must(write(p[0], "unread", 6), "write");
		events_of(p[1], POLLIN, 1000);
	}
	close(p[1]);
	say_events(how, events_of(p[0], POLLERR, 2000));
	say("read", read(p[0], &byte, 1));
	say("read again", read(p[0], &byte, 1));
	say_error(how, p[0]);
	say("write", send(p[0], "x", 1, MSG_NOSIGNAL));
	close(p[0]);

	tcp_pair(p);
	if (linger)
		setsockopt(p[1], SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
	else
		must(write(p[0], "unread", 6), "write");
	events_of(p[1], linger ? 0 : POLLIN, 1000);
	close(p[1]);
	events_of(p[0], POLLERR, 2000);
	say_error("asked first", p[0]);
	say("then read", read(p[0], &byte, 1));
	close(p[0]);
}

static void resets(void)
{
	reset("linger 0", true);
	reset("unread data", false);
}

static void write_to_closed(void)
{
	int p[2];

	tcp_pair(p);
	close(p[1]);
	pause_ms(100);
	say_events("closed", events_of(p[0], 0, 0));
	say("first write", send(p[0], "x", 1, MSG_NOSIGNAL));
	pause_ms(200);
	say("second write", send(p[0], "x", 1, MSG_NOSIGNAL));
	close(p[0]);
}

static void full(void)
{
	static char block[65536];
	int p[2], i;
	long sent = 0, got = 0, n;

	tcp_pair(p);
	set_nonblocking(p[0]);
	set_nonblocking(p[1]);
	for (i = 0; i < 20; i++) {	/* until it stays full */
		while ((n = write(p[0], block, sizeof block)) > 0)
			sent += n;
		pause_ms(20);
	}
	say("full", n);
	say_events("full", events_of(p[0], 0, 0));
	for (i = 0; i < 100; i++) {
		while ((n = read(p[1], block, sizeof block)) > 0)
			got += n;
		if (got == sent)
			break;
		pause_ms(20);
	}
	note("all arrived: %d, at least 64 KiB: %d", got == sent, sent >= 65536);
	say_events("drained", events_of(p[0], POLLOUT, 2000));
	close_pair(p);
}

/*
 * An edge that comes twice in a moment is one: a carrier gets its room back piece by piece,
 * and who is woken by the first piece may see the next as well.
 */
static void say_edge(const char *what, int epoll)
{
	struct epoll_event e = { 0, { 0 } }, again = { 0, { 0 } };
	int n = epoll_wait(epoll, &e, 1, 300);

	if (n > 0) {
		pause_ms(20);
		epoll_wait(epoll, &again, 1, 0);
	}
	say_events(what, n > 0 ? (int)(e.events | again.events) : 0);
	if (n > 0 && e.data.u64 != 0x123456789abcdef0)
		note("the data is wrong");
}

static void edges(void)
{
	struct epoll_event e = { EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .u64 = 0x123456789abcdef0 } };
	int server = listener(5), epoll = epoll_create1(0), peer, i;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct address a = name_of(server);
	char text[16];

	connect(fd, SA(&a), a.len);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	say_edge("connected", epoll);
	say_edge("no news", epoll);
	peer = accept(server, NULL, NULL);
	must(write(peer, "1", 1), "write");
	say_edge("data", epoll);
	say_edge("no news", epoll);
	must(write(peer, "2", 1), "write");
	say_edge("more data", epoll);
	say("read", read(fd, text, sizeof text));
	say_edge("no news", epoll);
	shutdown(peer, SHUT_WR);
	say_edge("FIN", epoll);
	shutdown(fd, SHUT_WR);
	say_edge("all closed", epoll);
	close(peer);
	close(fd);
	e.events = EPOLLIN | EPOLLET;
	epoll_ctl(epoll, EPOLL_CTL_ADD, server, &e);
	for (i = 0; i < 2; i++) {
		fd = socket(family, SOCK_STREAM, 0);
		must(connect(fd, SA(&a), a.len), "connect");
		say_edge("an arrival", epoll);
		close(fd);
	}
	say_edge("no news", epoll);
	close(server);
	close(epoll);
}

static void wrong(void)
{
	struct address a = address_of(NULL, 0), used, other;
	int fd = socket(family, SOCK_STREAM, 0), server = listener(5), p[2];
	char byte = 'x';

	used = name_of(server);
	say("accept of one that does not listen", accept(fd, NULL, NULL));
	say("shutdown of one not connected", shutdown(fd, SHUT_WR));
	other = used;
	say("getpeername of one not connected", getpeername(fd, SA(&other), &other.len));
	say("bind to a used port", bind(fd, SA(&used), used.len));
	say("bind to another's address", bind(fd, SA(&(struct address[1]){
		address_of(family == AF_INET ? "192.0.2.1" : "2001:db8::1", 0) }[0]), a.len));
	say("bind, short address", bind(fd, SA(&a), 3));
	say("connect, short address", connect(fd, SA(&used), 3));
	say("bind", bind(fd, SA(&a), a.len));
	say("bind again", bind(fd, SA(&a), a.len));
	other = address_of(NULL, 1);
	other.a.ss_family = 77;
	say("connect, unknown family", connect(fd, SA(&other), other.len));
	say("listen", listen(fd, 1));
	say("connect of a listener", connect(fd, SA(&used), used.len));
	tcp_pair(p);
	say("listen of one connected", listen(p[0], 1));
	say("connect of one connected", connect(p[0], SA(&used), used.len));
	say("bind of one connected", bind(p[0], SA(&a), a.len));
	say("OOB", send(p[0], &byte, 1, MSG_OOB));
	close_pair(p);
	close(fd);
	close(server);
}

/* Reading and writing where there is no connection. */
static void unconnected(void)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), server = listener(5);
	char byte = 'x';

	set_nonblocking(server);
	say_events("fresh", events_of(fd, 0, 0) & ~POLLHUP);
	say("read of one not connected", read(fd, &byte, 1));
	say("send on one not connected", send(fd, &byte, 1, MSG_NOSIGNAL));
	say("read of a listener", read(server, &byte, 1));
	say("send on a listener", send(server, &byte, 1, MSG_NOSIGNAL));
	close(fd);
	close(server);
}

/* A send buffer made as small as may be, just after connecting: it can be written to. */
static void small_buffer(void)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), server = listener(5), peer;
	struct address a = name_of(server);
	int size = 4096;
	char bytes[1000] = "";

	connect(fd, SA(&a), a.len);
	say_events("connected", events_of(fd, POLLOUT, 2000));
	say("SO_SNDBUF", setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
	say_events("small", events_of(fd, POLLOUT, 2000));
	say("write", write(fd, bytes, sizeof bytes));
	say_ok("accept", peer = accept(server, NULL, NULL));
	say("read", recv(peer, bytes, sizeof bytes, MSG_WAITALL));
	close(peer);
	close(fd);
	close(server);
}

/* What Python's ssl asks a socket that it wraps: getpeername, then one byte. */
static void wrapped(void)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), server = listener(5), peer;
	struct address a = name_of(server), from = { .len = sizeof from.a };
	struct iovec vector;
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	char bytes[4];

	vector = (struct iovec){ bytes, sizeof bytes };
	set_nonblocking(server);
	say("byte of one not connected", recv(fd, bytes, 1, 0));
	say("its sender", recvfrom(fd, bytes, sizeof bytes, 0, SA(&from), &from.len));
	say("message of it", recvmsg(fd, &message, 0));
	say("byte of a listener", recv(server, bytes, 1, 0));
	fcntl(fd, F_SETFL, 0);
	say("blocking", recv(fd, bytes, 1, 0));
	say("connect", connect(fd, SA(&a), a.len));
	say("byte of one connected", recv(fd, bytes, 1, MSG_DONTWAIT));
	say_events("listener", events_of(server, POLLIN, 2000));
	say_ok("accept", peer = accept(server, NULL, NULL));
	say("byte of one accepted", recv(peer, bytes, 1, MSG_DONTWAIT));
	say("write", write(peer, "1", 1));
	say("byte", recv(fd, bytes, 1, 0));
	close(peer);
	close(fd);
	close(server);
}

/* Eight megabytes each way at once, with a sum of what arrives. */
static void bulk(void)
{
	enum { TOTAL = 8 << 20 };
	static unsigned char out[2][30011], in[65536];
	uint32_t sums[2] = { 0 };
	long sent[2] = { 0 }, got[2] = { 0 }, n, i;
	struct pollfd polls[2];
	int p[2], side;

	tcp_pair(p);
	for (side = 0; side < 2; side++) {
		set_nonblocking(p[side]);
		for (i = 0; i < (long)sizeof out[0]; i++)
			out[side][i] = i * 7 + side;
	}
	while (got[0] < TOTAL || got[1] < TOTAL) {
		for (side = 0; side < 2; side++)
			polls[side] = (struct pollfd){ p[side], POLLIN | (sent[side] < TOTAL ? POLLOUT : 0), 0 };
		if (poll(polls, 2, 10000) <= 0)
			break;
		for (side = 0; side < 2; side++) {
			if (polls[side].revents & POLLOUT) {
				long at = sent[side] % (long)sizeof out[0], left = sizeof out[0] - at;

				n = write(p[side], out[side] + at, left < TOTAL - sent[side] ? left : TOTAL - sent[side]);
				sent[side] += n > 0 ? n : 0;
			}
			if (!(polls[side].revents & (POLLIN | POLLHUP | POLLERR)))
				continue;
			n = read(p[side], in, sizeof in);
			for (i = 0; i < n; i++)
				sums[side] = sums[side] * 31 + in[i];
			got[side] += n > 0 ? n : 0;
		}
	}
	for (side = 0; side < 2; side++)
		note("%ld sent, %ld got, sum %x", sent[side], got[side], sums[side]);
	close_pair(p);
}

static const struct test tests[] = {
	{ "connect_nonblocking", connect_nonblocking }, { "refused", refused }, { "again", again },
	{ "data_and_fin", data_and_fin }, { "resets", resets }, { "write_to_closed", write_to_closed },
	{ "full", full }, { "edges", edges }, { "wrong", wrong },
	{ "unconnected", unconnected }, { "wrapped", wrapped },
	{ "small_buffer", small_buffer }, { "bulk", bulk },
};

NET_MAIN(tests)
