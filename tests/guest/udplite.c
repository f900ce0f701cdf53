/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udplite.c 4|6 - UDP-Lite (RFC 3828): ports of its own, and how much a checksum covers. */
#include "net.h"

#define SEND_CSCOV 10
#define RECV_CSCOV 11

static int bound(struct address *a, int protocol)
{
	int fd = socket(family, SOCK_DGRAM, protocol);

	if (fd < 0) {
		say("socket", fd);
		exit(0);
	}
	must(bind(fd, SA(a), a->len), "bind");
	*a = name_of(fd);
	return fd;
}

static void options(void)
{
	static const int values[] = { 0, 1, 8, 20, 70000, -1 };
	int fd = socket(family, SOCK_DGRAM, IPPROTO_UDPLITE), udp = socket(family, SOCK_DGRAM, 0), value;
	socklen_t len = sizeof value;

	say("SO_PROTOCOL", getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	note("%d", value);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		say("set", setsockopt(fd, IPPROTO_UDPLITE, SEND_CSCOV, &values[i], sizeof(int)));
		say("get", getsockopt(fd, IPPROTO_UDPLITE, SEND_CSCOV, &value, &len));
		note("%d", value);
		say("set", setsockopt(fd, IPPROTO_UDPLITE, RECV_CSCOV, &values[i], sizeof(int)));
		say("get", getsockopt(fd, IPPROTO_UDPLITE, RECV_CSCOV, &value, &len));
		note("%d", value);
	}
	say("too short", setsockopt(fd, IPPROTO_UDPLITE, SEND_CSCOV, &value, 2));
	say("an unknown one", setsockopt(fd, IPPROTO_UDPLITE, 99, &value, sizeof value));
	say("of UDP", setsockopt(udp, IPPROTO_UDPLITE, SEND_CSCOV, &value, sizeof value));
	close(fd);
	close(udp);
}

static void coverage(void)
{
	static const int send_most[] = { 0, 8, 20, 4000 }, receive_least[] = { 0, 16, 100 };
	struct address a = address_of(NULL, 0), b = address_of(NULL, 0);
	int one = bound(&a, IPPROTO_UDPLITE), two = bound(&b, IPPROTO_UDPLITE);
	char text[64];

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++) {
			setsockopt(one, IPPROTO_UDPLITE, SEND_CSCOV, &send_most[i], sizeof(int));
			if (k)
				setsockopt(two, IPPROTO_UDPLITE, RECV_CSCOV, &receive_least[k], sizeof(int));
			sendto(one, "thirty-two bytes of a datagram...", 32, 0, SA(&b), b.len);
			pause_ms(20);
			note("sender covers %d, receiver wants %d", send_most[i], receive_least[k]);
			say("recv", recv(two, text, sizeof text, MSG_DONTWAIT));
		}
	close(one);
	close(two);
}

static void ports(void)
{
	struct address a = address_of(NULL, 0), b;
	int one = bound(&a, IPPROTO_UDPLITE), two, from;
	char byte;

	b = a;
	two = bound(&b, 0);
	note("UDP has the same port: %d", port_of(&a.a) == port_of(&b.a));
	from = socket(family, SOCK_DGRAM, IPPROTO_UDPLITE);
	say("sendto", sendto(from, "x", 1, 0, SA(&a), a.len));
	pause_ms(20);
	say("UDP", recv(two, &byte, 1, MSG_DONTWAIT));
	say("UDP-Lite", recv(one, &byte, 1, MSG_DONTWAIT));
	close(one);
	say("connect", connect(from, SA(&a), a.len));
	say("send to nobody", send(from, "x", 1, 0));
	pause_ms(20);
	say_error("refused", from);
	close(two);
	close(from);
}

static const struct test tests[] = {
	{ "options", options }, { "coverage", coverage }, { "ports", ports },
};

NET_MAIN(tests)
