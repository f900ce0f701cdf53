/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_options.c 4|6 - options of TCP, and what a program sees of their effect. */
#include "net.h"

static void set(int fd, int name, int value)
{
	must(setsockopt(fd, IPPROTO_TCP, name, &value, sizeof value), "setsockopt");
}

static int get(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	return getsockopt(fd, IPPROTO_TCP, name, &value, &len) < 0 ? -1 : value;
}

/* Did it take about as long as it should? */
static void say_time(const char *what, int64_t began, int least, int most)
{
	int64_t took = now_ms() - began;

	if (took >= least && took <= most)
		note("%s: in time", what);
	else
		note("%s: after %ld ms", what, (long)took);
}

static int connect_to(int server, int option, int value)
{
	struct address a = name_of(server);
	int fd = socket(family, SOCK_STREAM, 0);

	if (option)
		set(fd, option, value);
	must(connect(fd, SA(&a), a.len), "connect");
	return fd;
}

static void cork(void)
{
	char text[2000];
	int64_t began;
	int p[2];

	memset(text, 'x', sizeof text);
	tcp_pair(p);
	set(p[0], TCP_CORK, 1);
	for (int i = 0; i < 10; i++)
		must(write(p[0], text, 100), "write");
	say_events("at once", events_of(p[1], POLLIN, 60) & POLLIN);
	set(p[0], TCP_CORK, 0);
	events_of(p[1], POLLIN, 5000);
	say("all in one", recv(p[1], text, sizeof text, 0));

	set(p[0], TCP_CORK, 1);
	must(write(p[0], text, 10), "write");
	began = now_ms();
	say_events("not for ever", events_of(p[1], POLLIN, 5000) & POLLIN);
	say_time("the longest", began, 120, 2000);
	say("it came", recv(p[1], text, sizeof text, 0));

	must(write(p[0], text, 20), "write");
	pause_ms(20);
	set(p[0], TCP_NODELAY, 1);
	began = now_ms();
	events_of(p[1], POLLIN, 5000);
	say_time("TCP_NODELAY pushes", began, 0, 150);
	say("pushed", recv(p[1], text, sizeof text, 0));

	must(write(p[0], text, 30), "write");
	began = now_ms();
	shutdown(p[0], SHUT_WR);
	say("with the FIN", recv(p[1], text, 30, MSG_WAITALL));
	say("and the end", recv(p[1], text, 30, 0));
	say_time("with the FIN", began, 0, 150);
	close_pair(p);

	tcp_pair(p);
	set(p[0], TCP_CORK, 1);
	must(write(p[0], text, 40), "write");
	close(p[0]);
	say("after close", recv(p[1], text, sizeof text, MSG_WAITALL));
	close(p[1]);
}

/* Much data in odd pieces, corked and not: nothing is lost, doubled or out of order. */
static void pieces(void)
{
	static unsigned char block[60000];
	unsigned long sent = 0, got = 0, wrong = 0, seed = 1;
	int p[2];

	tcp_pair(p);
	set_nonblocking(p[0]);
	set_nonblocking(p[1]);
	while (got < 3000000) {
		size_t want = (seed = seed * 1103515245 + 12345) >> 16 & 0xff ? (seed >> 8) % 300 + 1 : 50000;
		ssize_t n;

		if (sent + want > 3000000)
			want = 3000000 - sent;
		for (size_t i = 0; i < want; i++)
			block[i] = (sent + i) * 7 % 251;
		if (want && (n = write(p[0], block, want)) > 0)
			sent += n;
		if ((seed >> 20) % 50 == 0)
			set(p[0], (seed >> 26) % 3 ? TCP_CORK : TCP_NODELAY, (seed >> 28) % 2);
		if (sent == 3000000)
			set(p[0], TCP_CORK, 0);
		while ((n = read(p[1], block, sizeof block)) > 0)
			for (ssize_t i = 0; i < n; i++, got++)
				wrong += block[i] != got * 7 % 251;
	}
	note("%lu bytes, %lu wrong", got, wrong);
	close_pair(p);
}

/* The peer does not read. */
static void stalled(void)
{
	static char block[65536];
	int64_t began = now_ms();
	int p[2];

	tcp_pair(p);
	set_nonblocking(p[0]);
	set(p[0], TCP_USER_TIMEOUT, 1500);
	for (;;) {
		while (write(p[0], block, sizeof block) > 0)
			began = now_ms();
		if (errno != EAGAIN || events_of(p[0], POLLOUT, 8000) & (POLLERR | POLLHUP))
			break;
		if (now_ms() - began > 8000)
			break;
	}
	say_time("given up", began, 1000, 7000);
	say_error("the writer", p[0]);
	close_pair(p);
}

/* Nobody answers the SYN: the listener's queue is full. */
static void syn_timeout(void)
{
	int server = listener(0), fd = socket(family, SOCK_STREAM, 0), more[8];
	struct address a = name_of(server);
	int64_t began;

	for (int i = 0; i < 8; i++) {
		more[i] = socket(family, SOCK_STREAM, 0);
		set_nonblocking(more[i]);
		connect(more[i], SA(&a), a.len);
	}
	pause_ms(50);
	set(fd, TCP_USER_TIMEOUT, 1500);
	began = now_ms();
	say("connect", connect(fd, SA(&a), a.len));
	say_time("given up", began, 1000, 7000);
	close(fd);
	for (int i = 0; i < 8; i++)
		close(more[i]);
	close(server);
}

static void defer(void)
{
	int values[] = { 0, 1, 2, 3, 4, 8, 60, 1000, -5 }, server = listener(5), client, fd;
	int64_t began;
	char text[20];

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		set(server, TCP_DEFER_ACCEPT, values[i]);
		note("%d: %d", values[i], get(server, TCP_DEFER_ACCEPT));
	}
	set(server, TCP_DEFER_ACCEPT, 30);
	client = connect_to(server, 0, 0);
	say_events("without data", events_of(server, POLLIN, 100) & POLLIN);
	must(write(client, "hello", 5), "write");
	say_events("with data", events_of(server, POLLIN, 5000) & POLLIN);
	fd = accept(server, NULL, NULL);
	say("recv", recv(fd, text, sizeof text, MSG_DONTWAIT));
	close(fd);
	close(client);
	client = connect_to(server, 0, 0);
	shutdown(client, SHUT_WR);
	say_events("with a FIN", events_of(server, POLLIN, 5000) & POLLIN);
	fd = accept(server, NULL, NULL);
	say("recv", recv(fd, text, sizeof text, MSG_DONTWAIT));
	close(fd);
	close(client);
	set(server, TCP_DEFER_ACCEPT, 1);
	began = now_ms();
	client = connect_to(server, 0, 0);
	say_events("not for ever", events_of(server, POLLIN, 8000) & POLLIN);
	say_time("accepted", began, 700, 5000);
	fd = accept(server, NULL, NULL);
	say("recv", recv(fd, text, sizeof text, MSG_DONTWAIT));
	must(write(client, "hello", 5), "write");
	say("recv", recv(fd, text, 5, MSG_WAITALL));
	close(fd);
	close(client);
	close(server);
}

/* A peer that is there, and silent. */
static void keepalive(void)
{
	int p[2], on = 1;
	char byte;

	tcp_pair(p);
	for (int i = 0; i < 2; i++) {
		set(p[i], TCP_KEEPIDLE, 1);
		set(p[i], TCP_KEEPINTVL, 1);
		set(p[i], TCP_KEEPCNT, 1 + i);
		must(setsockopt(p[i], SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), "SO_KEEPALIVE");
	}
	set(p[1], TCP_USER_TIMEOUT, 1000);
	say_events("for 5 s", events_of(p[0], POLLIN, 5000));
	say("write", write(p[1], "x", 1));
	say("read", read(p[0], &byte, 1));
	close_pair(p);
}

static void maxseg(void)
{
	int server = listener(5), client, fd, fresh = socket(family, SOCK_STREAM, 0);

	for (int value = 86; value < 90; value++)
		say("a small one", setsockopt(fresh, IPPROTO_TCP, TCP_MAXSEG, &value, sizeof value));
	say("a large one", setsockopt(fresh, IPPROTO_TCP, TCP_MAXSEG, &(int){ 32768 }, sizeof(int)));
	client = connect_to(server, TCP_MAXSEG, 500);
	fd = accept(server, NULL, NULL);
	note("client: %s", get(client, TCP_MAXSEG) <= 500 ? "at most 500" : "more");
	close(fd);
	close(client);
	close(server);
	close(fresh);
}

static void say_info(const char *what, int fd)
{
	struct tcp_info i;
	socklen_t len = sizeof i;

	memset(&i, 0, sizeof i);
	say_ok(what, getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len));
	note("state %d, ca %d, retransmits %d, probes %d, backoff %d, unacked %u, rto %s, mss %s, cwnd %s",
	     i.tcpi_state, i.tcpi_ca_state, i.tcpi_retransmits, i.tcpi_probes, i.tcpi_backoff, i.tcpi_unacked,
	     i.tcpi_rto >= 200000 && i.tcpi_rto <= 3000000 ? "sane" : "?",
	     i.tcpi_snd_mss >= 88 ? "sane" : "?", i.tcpi_snd_cwnd >= 2 ? "sane" : "?");
}

static void info(void)
{
	int p[2];
	char text[1000] = "";

	tcp_pair(p);
	say_info("fresh", p[0]);
	for (int i = 0; i < 20; i++) {
		must(write(p[0], text, sizeof text), "write");
		must(recv(p[1], text, sizeof text, MSG_WAITALL), "recv");
	}
	pause_ms(100);
	say_info("used", p[0]);
	shutdown(p[0], SHUT_WR);
	events_of(p[1], POLLRDHUP, 5000);
	pause_ms(100);
	say_info("half closed", p[0]);
	say_info("half closed", p[1]);
	close_pair(p);
}

static void values(void)
{
	static const struct {
		const char *text;
		int name, list[5];
	} rows[] = {
		{ "TCP_LINGER2", TCP_LINGER2, { 1, 0, 121, 1000, -7 } },
		{ "TCP_USER_TIMEOUT", TCP_USER_TIMEOUT, { 1, 0, 121, 1000, -7 } },
		{ "TCP_KEEPIDLE", TCP_KEEPIDLE, { 1, 0, 32767, 32768, -7 } },
		{ "TCP_KEEPINTVL", TCP_KEEPINTVL, { 1, 0, 32767, 32768, -7 } },
		{ "TCP_KEEPCNT", TCP_KEEPCNT, { 1, 0, 127, 128, -7 } },
		{ "TCP_SYNCNT", TCP_SYNCNT, { 1, 0, 127, 128, -7 } },
		{ "TCP_CORK", TCP_CORK, { 1, 0, 7, 0, -7 } },
		{ "TCP_NODELAY", TCP_NODELAY, { 1, 0, 7, 0, -7 } },
		{ "TCP_FASTOPEN_CONNECT", TCP_FASTOPEN_CONNECT, { 1, 0, 7, 0, -7 } },
	};
	int fd = socket(family, SOCK_STREAM, 0), p[2];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		note("%s: at first %d", rows[i].text, get(fd, rows[i].name));
		for (int k = 0; k < 5; k++) {
			say("set", setsockopt(fd, IPPROTO_TCP, rows[i].name, &rows[i].list[k], sizeof(int)));
			note("%d: %d", rows[i].list[k], get(fd, rows[i].name));
		}
	}
	close(fd);
	tcp_pair(p);
	say("TCP_FASTOPEN of a connection", setsockopt(p[0], IPPROTO_TCP, TCP_FASTOPEN, &(int){ 1 }, sizeof(int)));
	say("TCP_FASTOPEN_CONNECT", setsockopt(p[0], IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){ 1 }, sizeof(int)));
	say("TCP_CONGESTION", setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	say("TCP_CONGESTION of none", setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
	close_pair(p);
}

/* What the user-level stack cannot do. */
static void absent(void)
{
	int fd = socket(family, SOCK_STREAM, 0);

	say("TCP_WINDOW_CLAMP", setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &(int){ 5000 }, sizeof(int)));
	say("TCP_NOTSENT_LOWAT", setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){ 5000 }, sizeof(int)));
	say("TCP_SAVE_SYN", setsockopt(fd, IPPROTO_TCP, TCP_SAVE_SYN, &(int){ 1 }, sizeof(int)));
	say("TCP_INQ", setsockopt(fd, IPPROTO_TCP, TCP_INQ, &(int){ 1 }, sizeof(int)));
	say("TCP_THIN_LINEAR_TIMEOUTS", setsockopt(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS,
						    &(int){ 1 }, sizeof(int)));
	close(fd);
}

static const struct test tests[] = {
	{ "cork", cork }, { "pieces", pieces }, { "stalled", stalled }, { "syn_timeout", syn_timeout },
	{ "defer", defer }, { "keepalive", keepalive }, { "maxseg", maxseg }, { "info", info },
	{ "values", values }, { "absent", absent },
};

NET_MAIN(tests)
