/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * case_kernel.c - the kernel's TCP is the oracle: each scenario is played twice, on its
 * sockets over loopback and on the toy's, and what poll, epoll and the calls said must
 * be the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_stack.h"
#include "util.h"

/* The kernel's sockets, with the same calls */

static int host_socket(int domain, int type, int protocol)
{
	return socket(domain, type | SOCK_CLOEXEC, protocol);
}

static struct sockaddr_in host_address(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int host_bind(int fd, uint16_t port)
{
	struct sockaddr_in a = host_address(port);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int host_connect(int fd, uint16_t port)
{
	struct sockaddr_in a = host_address(port);

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int host_accept(int fd, int flags)
{
	return accept4(fd, NULL, NULL, flags);
}

static const struct world host = {
	host_socket, host_bind, host_connect, listen, host_accept, shutdown, getsockopt, close,
};
const struct world toy_world = {
	toy_socket, toy_bind, toy_connect, toy_listen, toy_accept, toy_shutdown,
	toy_getsockopt, toy_close,
};

/* What was seen */

static char seen[2][16384];
static char *record;		/* one of them */


static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t n = strlen(record);
	va_list args;

	va_start(args, format);
	vsnprintf(record + n, sizeof(seen[0]) - n, format, args);
	va_end(args);
}

static void note_poll(const char *what, int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	settle();
	poll(&p, 1, 0);
	note("%s:%s%s%s%s%s\n", what, p.revents & POLLIN ? " IN" : "",
		p.revents & POLLOUT ? " OUT" : "", p.revents & POLLRDHUP ? " RDHUP" : "",
		p.revents & POLLHUP ? " HUP" : "", p.revents & POLLERR ? " ERR" : "");
}

static void note_result(const char *what, ssize_t rc)
{
	note("%s: %zd %s\n", what, rc, rc < 0 ? strerrorname_np(errno) : "");
}

static void note_read(const char *what, int fd)
{
	char bytes[100];

	note_result(what, recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
}

static void note_write(const char *what, int fd)
{
	note_result(what, send(fd, "hello", 5, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static void note_error(const struct world *w, int fd)
{
	int error = -1;
	socklen_t len = sizeof(error);

	note_result("SO_ERROR", w->getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	note("= %s\n", error ? strerrorname_np(error) : "0");
}

static void note_edge(const char *what, int set)
{
	struct epoll_event e = { 0 };
	int n;

	settle();
	n = epoll_wait(set, &e, 1, 0);
	note("%s: %d%s%s%s%s\n", what, n, e.events & EPOLLIN ? " in" : "",
		e.events & EPOLLOUT ? " out" : "", e.events & EPOLLHUP ? " hup" : "",
		e.events & EPOLLERR ? " err" : "");
}

static void close_pair(const struct world *w, int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			w->close(pair[i]);
}

/* Scenarios: each of `side` 0 and 1 */

static void scene_data(const struct world *w, int side)
{
	int pair[2], a, b;

	make_pair(w, pair);
	a = pair[side];
	b = pair[!side];
	note_poll("connected", a);
	note_read("read", a);
	note_write("write", b);
	note_poll("data", a);
	note_read("read", a);
	note_poll("after", a);
	note_error(w, a);
	close_pair(w, pair);
}

static void scene_half_close(const struct world *w, int side)
{
	int pair[2], a, b;

	make_pair(w, pair);
	a = pair[side];
	b = pair[!side];
	note_write("write", b);
	note_result("shutdown", w->shutdown(b, SHUT_WR));
	note_poll("shut a", a);
	note_poll("shut b", b);
	note_write("write after SHUT_WR", b);
	note_read("read", a);
	note_read("read end", a);
	note_read("read end", a);
	note_write("write back", a);
	note_poll("back", b);
	note_read("read back", b);
	note_result("shutdown", w->shutdown(a, SHUT_WR));
	note_poll("both a", a);
	note_poll("both b", b);
	note_read("read end", b);
	note_write("write", a);
	note_error(w, a);
	close_pair(w, pair);
}

static void scene_peer_closes(const struct world *w, int side)
{
	int pair[2], a;

	make_pair(w, pair);
	a = pair[side];
	note_write("write", pair[!side]);
	settle();
	w->close(pair[!side]);
	pair[!side] = -1;
	note_poll("closed", a);
	note_read("read", a);
	note_read("end", a);
	note_poll("end", a);
	note_error(w, a);
	close_pair(w, pair);
}

static void scene_reset(const struct world *w, int side)
{
	int pair[2], a, set;

	make_pair(w, pair);
	a = pair[side];
	set = edge_set(a);
	note_edge("connected", set);
	note_write("write", a);		/* is left unread */
	settle();
	w->close(pair[!side]);
	pair[!side] = -1;
	note_edge("reset", set);
	note_poll("reset", a);
	note_read("read", a);
	note_poll("read", a);
	note_read("read again", a);
	note_write("write", a);
	note_error(w, a);
	close(set);
	close_pair(w, pair);
}

static void scene_reset_error(const struct world *w, int side)
{
	int pair[2], a;

	make_pair(w, pair);
	a = pair[side];
	note_write("write", a);
	settle();
	w->close(pair[!side]);
	pair[!side] = -1;
	note_poll("reset", a);
	note_error(w, a);
	note_error(w, a);
	note_poll("seen", a);
	note_read("read", a);
	note_write("write", a);
	note_result("shutdown", w->shutdown(a, SHUT_WR));
	close_pair(w, pair);
}

static void scene_shutdown_own(const struct world *w, int side)
{
	int pair[2], a;

	make_pair(w, pair);
	a = pair[side];
	note_result("SHUT_WR", w->shutdown(a, SHUT_WR));
	note_poll("SHUT_WR", a);
	note_write("write", a);
	note_result("SHUT_RD", w->shutdown(a, SHUT_RD));
	note_read("read", a);
	note_result("again", w->shutdown(a, SHUT_RDWR));
	close_pair(w, pair);
}

static void scene_refused(const struct world *w, int side)
{
	int s = w->socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), set = edge_set(s);

	note_edge("fresh", set) ;
	record[0] = 0;			/* OUT here, OUT HUP there: known */
	note_result("connect", w->connect(s, port_closed));
	note_poll("refused", s);
	note_edge("refused", set);
	if (side) {
		note_error(w, s);
		note_poll("seen", s);
		note_error(w, s);
		note_read("read", s);
	} else {
		note_result("connect", w->connect(s, port_closed));
	}
	note_write("write", s);
	close(set);
	w->close(s);
}

static void scene_refused_blocking(const struct world *w, int side)
{
	int l = make_listener(w), s = w->socket(AF_INET, SOCK_STREAM, 0), t;

	note_result("connect", w->connect(s, port_closed));
	note_result("connect", w->connect(s, port_closed));
	note_error(w, s);
	note_result("connect", w->connect(s, port_listening));
	note_result("connect", w->connect(s, port_listening));
	t = w->accept(l, 0);
	note_write("write", s);
	note_poll("data", t);
	note_read("read", t);
	w->close(t);
	w->close(s);
	w->close(l);
}

static void scene_connect(const struct world *w, int side)
{
	int l = make_listener(w), s = w->socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int set = edge_set(s), t;

	note_edge("fresh", set);
	record[0] = 0;
	note_result("connect", w->connect(s, port_listening));
	note_poll("connected", s);
	note_edge("connected", set);
	note_edge("no more", set);
	note_error(w, s);
	note_result("again", w->connect(s, port_listening));
	t = w->accept(l, SOCK_NONBLOCK);
	note("%d\n", fcntl(t, F_GETFL) & O_NONBLOCK);
	note_read("read", t);
	note_write("write", s);
	note_poll("accepted", t);
	note_read("read", t);
	note_write("write", t);
	note_edge("data", set);
	w->close(t);
	note_edge("closed", set);
	close(set);
	w->close(s);
	w->close(l);
}

static void scene_listen(const struct world *w, int side)
{
	int l = make_listener(w), set = edge_set(l), s[3], t[3];
	int value = -1;
	socklen_t len = sizeof(value);

	fcntl(l, F_SETFL, O_NONBLOCK);
	note_poll("listening", l);
	note_edge("none", set);
	note_result("accept", w->accept(l, 0));
	w->getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &value, &len);
	note("accepts %d\n", value);
	note_result("connect a listener", w->connect(l, port_listening));
	for (int i = 0; i < 3; i++) {
		s[i] = w->socket(AF_INET, SOCK_STREAM, 0);
		note_result("connect", w->connect(s[i], port_listening));
		note_edge("one more", set);
	}
	note_poll("waiting", l);
	note_write("early data", s[0]);
	w->shutdown(s[1], SHUT_WR);
	for (int i = 0; i < 3; i++) {
		t[i] = w->accept(l, SOCK_NONBLOCK);
		note("accepted %d\n", t[i] >= 0);
		note_poll("left", l);
		note_poll("new", t[i]);
		note_read("read", t[i]);
	}
	note_result("accept", w->accept(l, 0));
	note_result("SHUT_RD", w->shutdown(l, SHUT_RD));
	note_result("accept", w->accept(l, 0));
	for (int i = 0; i < 3; i++) {
		w->close(s[i]);
		w->close(t[i]);
	}
	close(set);
	w->close(l);
}

static void scene_options(const struct world *w, int side)
{
	static const int names[] = { SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR };
	int types[] = { SOCK_STREAM, SOCK_DGRAM }, s = w->socket(AF_INET, types[side], 0);

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		int value = -1;
		socklen_t len = sizeof(value), short_len = 2;

		note_result("getsockopt", w->getsockopt(s, SOL_SOCKET, names[i], &value, &len));
		note("%d: %d %d\n", names[i], value, len);
		note_result("short", w->getsockopt(s, SOL_SOCKET, names[i], &value, &short_len));
		note("%d\n", short_len);
	}
	note_result("shutdown", w->shutdown(s, SHUT_WR));
	note_result("shutdown", w->shutdown(s, 7));
	w->close(s);
	note_result("family", w->socket(63, SOCK_STREAM, 0));
	note_result("type", w->socket(AF_INET, 14, 0));
	note_result("flags", w->socket(AF_INET, SOCK_STREAM | 0x40000000, 0));
}

static void (*const scenes[])(const struct world *w, int side) = {
	scene_data, scene_half_close, scene_peer_closes, scene_reset, scene_reset_error,
	scene_shutdown_own, scene_refused, scene_refused_blocking, scene_connect,
	scene_listen, scene_options,
};

START_TEST(test_like_the_kernel)
{
	for (int side = 0; side < 2; side++) {
		port_listening = 10000 + getpid() % 10000 * 2;	/* below the ephemeral ones */
		port_closed = port_listening + 1;
		seen[0][0] = seen[1][0] = 0;
		record = seen[0];
		scenes[_i](&host, side);
		record = seen[1];
		scenes[_i](&toy_world, side);
		ck_assert_msg(!strcmp(seen[0], seen[1]), "side %d: the kernel:\n%s\nthe stack:\n%s",
			side, seen[0], seen[1]);
	}
}
END_TEST

TCase *case_kernel(void)
{
	TCase *t = tcase_create("kernel");

	tcase_add_checked_fixture(t, toy_start, toy_stop);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_like_the_kernel, 0, ARRAY_SIZE(scenes));
	return t;
}
