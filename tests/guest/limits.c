/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits.c 4|6 [TEST...] - what broke stacks of this kind: ports in TIME_WAIT, connections
 * that are half closed for long, a late end of the handshake, datagrams that nobody reads.
 */
#include "net.h"

#define CONNECTIONS	31000	/* more than the ephemeral ports of Linux, and of LWIPv6 */
#define HALF_CLOSED_MS	27000	/* LWIPv6 gives up after 20 s */
#define UNREAD		20000	/* LWIPv6 stops at 8192 */

/* One after the other, as fast as it goes; each leaves a TIME_WAIT. */
static void time_wait(void)
{
	int server = listener(64), n, pair[2];
	struct address a = name_of(server);
	char byte;

	for (n = 0; n < CONNECTIONS; n++) {
		pair[0] = socket(family, SOCK_STREAM, 0);
		if (pair[0] < 0 || connect(pair[0], SA(&a), a.len) < 0) {
			say("connect", -1);
			break;
		}
		pair[1] = accept(server, NULL, NULL);
		close(pair[0]);		/* who closes first has the TIME_WAIT */
		if (pair[1] < 0 || read(pair[1], &byte, 1) != 0) {
			say("end of file", -1);
			break;
		}
		close(pair[1]);
	}
	note("%d connections", n);
	close(server);
}

static void answer(int from, int to, const char *what)
{
	static char data[100000];
	long sent = 0, got = 0, n;

	while (sent < (long)sizeof data || got < (long)sizeof data) {
		if (sent < (long)sizeof data &&
		    (n = send(from, data, sizeof data - sent, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
			sent += n;
		else if (sent < (long)sizeof data && errno != EAGAIN)
			break;
		if (!(events_of(to, POLLIN, 3000) & POLLIN))
			break;
		n = read(to, data, sizeof data);
		if (n <= 0)
			break;
		got += n;
	}
	note("%s: %ld sent, %ld got", what, sent, got);
}

/* The answer comes late to who has closed his half, whichever side that is. */
static void half_closed(void)
{
	int one[2], two[2];
	char byte;

	tcp_pair(one);
	tcp_pair(two);
	say("shutdown", shutdown(one[0], SHUT_WR));
	say("shutdown", shutdown(two[1], SHUT_WR));
	say("end of file", read(one[1], &byte, 1));
	say("end of file", read(two[0], &byte, 1));
	pause_ms(HALF_CLOSED_MS);
	answer(one[1], one[0], "the server's answer");
	answer(two[0], two[1], "the client's answer");
	close(one[1]);
	close(two[0]);
	say("end of file", read(one[0], &byte, 1));
	say("end of file", read(two[1], &byte, 1));
	close(one[0]);
	close(two[1]);
}

/* A client that says nothing: the server must hear of it at once.  The quickest of ten
   counts, the machine may be busy. */
static void handshake(void)
{
	int64_t best = 1 << 30;

	for (int i = 0; i < 10; i++) {
		int server = listener(1), fd = socket(family, SOCK_STREAM, 0);
		struct address a = name_of(server);
		int64_t start = now_ms();

		must(connect(fd, SA(&a), a.len), "connect");
		events_of(server, POLLIN, 2000);
		if (now_ms() - start < best)
			best = now_ms() - start;
		close(fd);
		close(server);
	}
	note("accepted %s", best < 20 ? "at once" : "late");
}

static void unread(void)
{
	struct address a = address_of(NULL, 0), b = a;
	int deaf = socket(family, SOCK_DGRAM, 0), mouth = socket(family, SOCK_DGRAM, 0);
	int ear = socket(family, SOCK_DGRAM, 0), pair[2];
	char data[100] = "", byte;
	long sent = 0, n = 0;

	must(bind(deaf, SA(&a), a.len), "bind");
	a = name_of(deaf);
	must(bind(ear, SA(&b), b.len), "bind");
	b = name_of(ear);
	for (int i = 0; i < UNREAD; i++)
		sent += sendto(mouth, data, sizeof data, 0, SA(&a), a.len) == sizeof data;
	note("sent %ld", sent);
	say("another socket", sendto(mouth, data, 7, 0, SA(&b), b.len));
	events_of(ear, POLLIN, 2000);
	say("another socket", recv(ear, data, sizeof data, MSG_DONTWAIT));
	tcp_pair(pair);
	say("TCP", write(pair[0], "x", 1));
	say("TCP", read(pair[1], &byte, 1));
	close_pair(pair);
	while (recv(deaf, data, sizeof data, MSG_DONTWAIT) == sizeof data)
		n++;
	note("%s came, %s did not", n ? "some" : "none", n < UNREAD ? "others" : "none");
	say("one more", sendto(mouth, data, 5, 0, SA(&a), a.len));
	events_of(deaf, POLLIN, 2000);
	say("one more", recv(deaf, data, sizeof data, MSG_DONTWAIT));
	close(deaf);
	close(mouth);
	close(ear);
}

static const struct test tests[] = {
	{ "time_wait", time_wait }, { "half_closed", half_closed },
	{ "handshake", handshake }, { "unread", unread },
};

NET_MAIN(tests)
