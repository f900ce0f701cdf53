/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c 4|6 - getsockname and getpeername at each stage, and the dual stack. */
#include "net.h"

static void say_local(const char *what, int fd)
{
	struct address a = { .len = sizeof a.a };

	if (getsockname(fd, SA(&a), &a.len) < 0)
		say(what, -1);
	else
		say_address(what, &a.a, a.len);
}

static void say_peer(const char *what, int fd)
{
	struct address a = { .len = sizeof a.a };

	if (getpeername(fd, SA(&a), &a.len) < 0)
		say(what, -1);
	else
		say_address(what, &a.a, a.len);
}

static void stream(void)
{
	int fd = socket(family, SOCK_STREAM, 0), server = socket(family, SOCK_STREAM, 0), peer;
	struct address any = address_of(family == AF_INET ? "0.0.0.0" : "::", 0), a, b = { .len = sizeof b.a };

	say_local("fresh", fd);
	say_peer("fresh", fd);
	say("bind to any", bind(server, SA(&any), any.len));
	say_local("bound", server);
	say("listen", listen(server, 3));
	say_local("listening", server);
	say_peer("listening", server);
	a = address_of(NULL, 0);
	b = name_of(server);
	a = address_of(NULL, port_of(&b.a));
	say("connect", connect(fd, SA(&a), a.len));
	say_local("connected", fd);
	say_peer("connected", fd);
	b.len = sizeof b.a;
	say_ok("accept", peer = accept(server, SA(&b), &b.len));
	say_address("accepted", &b.a, b.len);
	say_local("accepted", peer);
	say_peer("accepted", peer);
	note("peer's port is the other's own: %d", port_of(&b.a) == own_port(fd));
	b.len = 6;
	say("getsockname, little room", getsockname(peer, SA(&b), &b.len));
	say("length", b.len);
	close(peer);
	pause_ms(50);
	say_local("closed by the peer", fd);
	close(fd);
	close(server);
}

static void unbound_listener(void)
{
	int server = socket(family, SOCK_STREAM, 0);

	say("listen without bind", listen(server, 1));
	say_local("listening", server);
	close(server);
}

static void datagram(void)
{
	int fd = socket(family, SOCK_DGRAM, 0);
	struct address a = closed_port(SOCK_DGRAM);

	say_local("fresh", fd);
	sendto(fd, "x", 1, 0, SA(&a), a.len);
	say_local("after sendto", fd);
	say("connect", connect(fd, SA(&a), a.len));
	say_local("connected", fd);
	say_peer("connected", fd);
	close(fd);
}

static int dual_server(int v6only, int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	say("IPV6_V6ONLY", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only));
	say("bind", bind(fd, (void *)&any, sizeof any));
	say("listen", listen(fd, 3));
	return fd;
}

/* An IPv4 client of an IPv6 server, and the reverse. */
static void dual(void)
{
	int server = dual_server(0, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer, port;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };

	port = own_port(server);
	v4.sin_port = mapped.sin6_port = htons(port);
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
	say("connect of v4", connect(fd, (void *)&v4, sizeof v4));
	say_local("v4", fd);
	say_ok("accept", peer = accept(server, NULL, NULL));
	say_local("accepted", peer);
	say_peer("accepted", peer);
	say("write", write(peer, "mapped", 6));
	say_events("data", events_of(fd, POLLIN, 1000));
	close(peer);
	close(fd);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	say("connect of mapped", connect(fd, (void *)&mapped, sizeof mapped));
	say_local("mapped", fd);
	say_peer("mapped", fd);
	close(fd);
	close(server);
	server = dual_server(1, 0);
	port = own_port(server);
	v4.sin_port = htons(port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	say("connect of v4 to v6 only", connect(fd, (void *)&v4, sizeof v4));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	say("bind of v4 to the same port", bind(fd, (void *)&v4, sizeof v4));
	say("listen", listen(fd, 1));
	close(fd);
	close(server);
}

static const struct test tests[] = {
	{ "stream", stream }, { "unbound_listener", unbound_listener },
	{ "datagram", datagram }, { "dual", dual },
};

NET_MAIN(tests)
