/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c 4|6 - socket options and ioctls: which exist, their lengths and errnos. */
#include <net/if.h>

#include "net.h"

struct option {
	const char *name;
	int level, option;
	int set;		/* -1: only read */
	bool value;		/* is the value the same everywhere? */
};

static const struct option stream_options[] = {
	{ "SO_TYPE", SOL_SOCKET, SO_TYPE, -1, true }, { "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, -1, false },
	{ "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL, -1, true }, { "SO_ERROR", SOL_SOCKET, SO_ERROR, -1, true },
	{ "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, -1, true }, { "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1, true },
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1, true }, { "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, 1, true },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 65536, false }, { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 65536, false },
	{ "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1, true }, { "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1, true },
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1, true }, { "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 100, true },
	{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 10, true }, { "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5, true },
	{ "TCP_CORK", IPPROTO_TCP, TCP_CORK, 0, true }, { "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, -1, false },
	{ "TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 1, false }, { "TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, true },
	{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 5000, true },
	{ "an unknown TCP option", IPPROTO_TCP, 250, 1, true }, { "an unknown socket option", SOL_SOCKET, 251, 1, true },
};
static const struct option v4_options[] = {
	{ "IP_TTL", IPPROTO_IP, IP_TTL, 33, true }, { "IP_TOS", IPPROTO_IP, IP_TOS, 16, true },
	{ "IP_RECVERR", IPPROTO_IP, IP_RECVERR, 0, true }, { "IP_PKTINFO", IPPROTO_IP, IP_PKTINFO, 1, true },
	{ "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, 0, true }, { "IP_MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL, 2, true },
	{ "IP_MULTICAST_LOOP", IPPROTO_IP, IP_MULTICAST_LOOP, 1, true }, { "unknown IP option", IPPROTO_IP, 250, 1, true },
};
static const struct option v6_options[] = {
	{ "IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, 1, true }, { "IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33, true },
	{ "IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, 16, true }, { "IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, true },
	{ "IPV6_MULTICAST_HOPS", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 2, true },
	{ "unknown IPv6 option", IPPROTO_IPV6, 250, 1, true },
};

static void walk(int fd, const struct option *o, size_t n)
{
	for (size_t i = 0; i < n; i++, o++) {
		int value = o->set;
		socklen_t len = sizeof value;

		note("%s", o->name);
		if (o->set >= 0)
			say("  set", setsockopt(fd, o->level, o->option, &value, sizeof value));
		value = -1;
		if (say("  get", getsockopt(fd, o->level, o->option, &value, &len)) < 0)
			continue;
		if (o->value)
			note("  %d", value);
		note("  length %u", len);
	}
}
#define WALK(fd, table) walk(fd, table, sizeof table / sizeof table[0])

static void stream(void)
{
	int fd = socket(family, SOCK_STREAM, 0);

	WALK(fd, stream_options);
	close(fd);
}

static void datagram(void)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (family == AF_INET)
		WALK(fd, v4_options);
	else
		WALK(fd, v6_options);
	walk(fd, stream_options, 5);
	close(fd);
}

static void odd_lengths(void)
{
	int fd = socket(family, SOCK_STREAM, 0), value[4] = { 1, 0, 0, 0 };
	struct linger linger = { 1, 5 };
	socklen_t len;

	say("short", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, 1));
	say("long", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, sizeof value));
	say("bad pointer", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, 4));
	len = 1;
	say("get, short", getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, &len));
	note("length %u", len);
	len = -1;
	say("get, negative", getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, &len));
	len = sizeof value;
	say("get, bad pointer", getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, &len));
	say("get, bad length", getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, (void *)8));
	say("linger", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
	len = sizeof linger;
	linger.l_linger = 0;
	say("get linger", getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len));
	note("on %d, %d s", linger.l_onoff, linger.l_linger);
	close(fd);
}

static void connected(void)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	int p[2], value = -1;

	tcp_pair(p);
	say("TCP_INFO", getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &info, &len));
	note("state %d", info.tcpi_state);
	len = sizeof value;
	say("SO_ACCEPTCONN", getsockopt(p[0], SOL_SOCKET, SO_ACCEPTCONN, &value, &len));
	note("%d", value);
	say("FIONBIO", ioctl(p[0], FIONBIO, &(int){ 1 }));
	say("read", read(p[0], &value, 1));
	say("SIOCATMARK", ioctl(p[0], SIOCATMARK, &value));
	say("a terminal's ioctl", ioctl(p[0], TIOCGWINSZ, (char[64]){ 0 }));
	close_pair(p);
}

/* A listener's options. */
static void listening(void)
{
	int value = -1, fd = listener(1);
	socklen_t len = sizeof value;

	say("SO_ACCEPTCONN", getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len));
	note("%d", value);
	close(fd);
}

static void reuse(void)
{
	struct address a;
	int on = 1, server = socket(family, SOCK_STREAM, 0), fd = socket(family, SOCK_STREAM, 0), peer;

	a = address_of(NULL, 0);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	must(bind(server, SA(&a), a.len), "bind");
	must(listen(server, 1), "listen");
	a = name_of(server);
	must(connect(fd, SA(&a), a.len), "connect");
	peer = accept(server, NULL, NULL);
	close(peer);		/* the side that closes first waits in TIME_WAIT */
	pause_ms(50);
	close(fd);
	close(server);
	server = socket(family, SOCK_STREAM, 0);
	say("SO_REUSEADDR", setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	say("bind at once", bind(server, SA(&a), a.len));
	say("listen", listen(server, 1));
	fd = socket(family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	say("bind to one that listens", bind(fd, SA(&a), a.len));
	close(fd);
	close(server);
}

static const struct test tests[] = {
	{ "stream", stream }, { "datagram", datagram }, { "odd_lengths", odd_lengths },
	{ "connected", connected }, { "listening", listening }, { "reuse", reuse },
};

NET_MAIN(tests)
