/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net.h - addresses and pairs of sockets for the guest programs on loopback. */
#ifndef NET_H
#define NET_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "say.h"

static int family = AF_INET;

struct address {
	struct sockaddr_storage a;
	socklen_t len;
};
#define SA(x) ((struct sockaddr *)&(x)->a)

/* Loopback (or text) at a port, in the family of this run. */
static inline struct address address_of(const char *text, int port)
{
	struct address r = { .len = 0 };
	struct sockaddr_in *v4 = (void *)&r.a;
	struct sockaddr_in6 *v6 = (void *)&r.a;

	if (family == AF_INET) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		inet_pton(AF_INET, text ? text : "127.0.0.1", &v4->sin_addr);
		r.len = sizeof *v4;
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, text ? text : "::1", &v6->sin6_addr);
		r.len = sizeof *v6;
	}
	return r;
}

static inline int port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET ? ((const struct sockaddr_in *)a)->sin_port
		     : ((const struct sockaddr_in6 *)a)->sin6_port);
}

/* "what: 127.0.0.1 port set, length 16" */
static inline void say_address(const char *what, const struct sockaddr_storage *a, socklen_t len)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (len == 0) {
		note("%s: none", what);
		return;
	}
	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, sizeof text);
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, text, sizeof text);
	note("%s: family %s %s port %s, length %u", what, a->ss_family == AF_INET ? "4" :
	     a->ss_family == AF_INET6 ? "6" : "?", text, port_of(a) ? "set" : "0", len);
}

static inline struct address name_of(int fd)
{
	struct address r = { .len = sizeof r.a };

	must(getsockname(fd, SA(&r), &r.len), "getsockname");
	return r;
}

static inline int own_port(int fd)
{
	struct address a = name_of(fd);

	return port_of(&a.a);
}

/* A listener on loopback, its port chosen by the kernel. */
static inline int listener(int backlog)
{
	struct address a = address_of(NULL, 0);
	int fd = socket(family, SOCK_STREAM, 0);

	must(fd, "socket");
	must(bind(fd, SA(&a), a.len), "bind");
	must(listen(fd, backlog), "listen");
	return fd;
}

/* A TCP connection: pair[0] connected, pair[1] accepted. */
static inline void tcp_pair(int pair[2])
{
	int server = listener(5);
	struct address a = name_of(server);

	pair[0] = socket(family, SOCK_STREAM, 0);
	must(connect(pair[0], SA(&a), a.len), "connect");
	pair[1] = accept(server, NULL, NULL);
	must(pair[1], "accept");
	close(server);
}

static inline void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static inline void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* SO_ERROR as text; it is cleared by being read. */
static inline void say_error(const char *what, int fd)
{
	int error = -1;
	socklen_t len = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	note("%s: SO_ERROR %s", what, error ? strerrorname_np(error) : "0");
}

/* A port that nobody listens on. */
static inline struct address closed_port(int type)
{
	struct address a = address_of(NULL, 0);
	int fd = socket(family, type, 0);

	must(bind(fd, SA(&a), a.len), "bind");
	a = name_of(fd);
	close(fd);
	return a;
}

/* main: PROGRAM 4|6 [TEST...] */
static inline int net_main(int argc, char **argv, const struct test *tests, size_t n)
{
	if (argc < 2)
		return 2;
	family = argv[1][0] == '6' ? AF_INET6 : AF_INET;
	alarm(100);
	return run_tests(tests, n, argv + 2);
}
#define NET_MAIN(tests) \
	int main(int argc, char **argv) \
	{ \
		return net_main(argc, argv, tests, sizeof tests / sizeof tests[0]); \
	}

#endif
