/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockopts.c 4|6 - every option number of the levels of a socket, read and set: which
   exist, their lengths, their values when nothing was set, and their errors. */
#include <netinet/udp.h>

#include "net.h"

/* Values that depend on the machine, or on the moment. */
static bool value_varies(int level, int name)
{
	static const int varying[] = {
		SO_SNDBUF, SO_RCVBUF, SO_INCOMING_CPU, 55 /* SO_MEMINFO */, 57 /* SO_COOKIE */,
		SO_BUSY_POLL, 56 /* SO_INCOMING_NAPI_ID */, SO_MARK, 69 /* SO_PREFER_BUSY_POLL */, 70,
	};

	for (size_t i = 0; level == SOL_SOCKET && i < sizeof varying / sizeof varying[0]; i++)
		if (varying[i] == name)
			return true;
	return false;
}

/* What a user-level stack says ENOPROTOOPT to, or another errno than Linux: the list of
   differences in umnet(7) has them.  (Some are not in every Linux either.) */
static bool is_refused(int level, int name)
{
	static const unsigned char ip[] = { 4, 5, 16, 17, 18, 25, 26, 41, 48, 51, 52, 53, 54, 55 };
	static const unsigned char ipv6[] = {
		1, 3, 4, 5, 6, 7, 22, 24, 27, 28, 30, 31, 32, 34, 35, 43, 44, 46, 47, 48, 50, 54, 55, 57, 59, 61, 62,
		64, 65, 68, 69, 70, 72, 73, 75, 77, 79, 80,
	};
	size_t i;

	for (i = 0; level == IPPROTO_IP && i < sizeof ip; i++)
		if (ip[i] == name)
			return true;
	for (i = 0; level == IPPROTO_IPV6 && family == AF_INET6 && i < sizeof ipv6; i++)
		if (ipv6[i] == name)
			return true;
	return level == IPPROTO_UDP && name == 100;
}

static void walk_get(int type, int level, int first, int last)
{
	int fd = socket(family, type, 0);

	for (int name = first; name <= last; name++) {
		unsigned char value[256];
		socklen_t len = sizeof value, k;

		if (is_refused(level, name))
			continue;
		memset(value, 0xee, sizeof value);
		if (getsockopt(fd, level, name, value, &len) < 0) {
			note("%d: %s", name, strerrorname_np(errno));
			continue;
		}
		printf("%d: length %u", name, len);
		for (k = 0; k < len && k < 16 && !value_varies(level, name); k++)
			printf(" %02x", value[k]);
		note("");
	}
	close(fd);
}

/* Set to 0, 1, -1, and a large number; nothing, a byte. */
static void walk_set(int type, int level, int first, int last)
{
	static const int values[] = { 0, 1, -1, 70000 };

	for (int name = first; name <= last; name++) {
		int fd, i;

		if (is_refused(level, name))
			continue;
		fd = socket(family, type, 0);
		printf("%d:", name);
		for (i = 0; i < 4; i++) {
			int value = values[i];

			if (setsockopt(fd, level, name, &value, sizeof value) < 0)
				printf(" %s", strerrorname_np(errno));
			else
				printf(" ok");
		}
		printf(" %s", setsockopt(fd, level, name, &values[1], 0) < 0 ? strerrorname_np(errno) : "ok");
		note(" %s", setsockopt(fd, level, name, &values[1], 1) < 0 ? strerrorname_np(errno) : "ok");
		close(fd);
	}
}

static void socket_stream(void)
{
	walk_get(SOCK_STREAM, SOL_SOCKET, 1, 73);
}

static void socket_datagram(void)
{
	walk_get(SOCK_DGRAM, SOL_SOCKET, 1, 73);
}

static void set_socket(void)
{
	static const int names[] = {
		SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE, SO_BROADCAST, SO_SNDBUF, SO_RCVBUF,
		SO_KEEPALIVE, SO_OOBINLINE, SO_LINGER, SO_REUSEPORT, SO_PASSCRED, SO_PEERCRED,
		SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO, SO_BINDTODEVICE, SO_TIMESTAMP, SO_ACCEPTCONN,
		SO_PEERSEC, SO_PASSSEC, SO_TIMESTAMPNS, SO_PROTOCOL, SO_DOMAIN, SO_RXQ_OVFL,
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		walk_set(SOCK_STREAM, SOL_SOCKET, names[i], names[i]);
		walk_set(SOCK_DGRAM, SOL_SOCKET, names[i], names[i]);
	}
}

static void ip_get(void)
{
	walk_get(SOCK_DGRAM, IPPROTO_IP, 1, 55);
}

static void ip_set(void)
{
	/* 19, IP_TRANSPARENT, is for who has the right; so are SO_MARK and SO_PRIORITY above. */
	walk_set(SOCK_DGRAM, IPPROTO_IP, 1, 18);
	walk_set(SOCK_DGRAM, IPPROTO_IP, 20, 34);
}

static void ipv6_get(void)
{
	walk_get(SOCK_DGRAM, IPPROTO_IPV6, family == AF_INET ? 20 : 1, 80);
}

static void ipv6_set(void)
{
	walk_set(SOCK_DGRAM, IPPROTO_IPV6, family == AF_INET ? 20 : 1, 80);
}

static void udp(void)
{
	walk_get(SOCK_DGRAM, IPPROTO_UDP, 1, 110);
	walk_set(SOCK_DGRAM, IPPROTO_UDP, 1, 12);
	walk_set(SOCK_DGRAM, IPPROTO_UDP, 100, 104);
	walk_get(SOCK_STREAM, IPPROTO_UDP, 1, 2);
	walk_get(SOCK_DGRAM, IPPROTO_TCP, 1, 2);
	walk_set(SOCK_DGRAM, IPPROTO_TCP, 1, 2);
	walk_get(SOCK_DGRAM, 250, 1, 2);
	walk_set(SOCK_DGRAM, 250, 1, 2);
	walk_get(SOCK_STREAM, 250, 1, 2);
	walk_set(SOCK_STREAM, 250, 1, 2);
}

static const struct test tests[] = {
	{ "socket_stream", socket_stream }, { "socket_datagram", socket_datagram }, { "set_socket", set_socket },
	{ "ip_get", ip_get }, { "ip_set", ip_set }, { "ipv6_get", ipv6_get }, { "ipv6_set", ipv6_set },
	{ "udp", udp },
};

NET_MAIN(tests)
