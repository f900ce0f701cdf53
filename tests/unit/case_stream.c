/* SPDX-License-Identifier: GPL-2.0-or-later */
/* case_stream.c - what the kernel over loopback is too quick to show. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_stack.h"
#include "um_module.h"

START_TEST(test_connecting)
{
	int s = toy_stream(SOCK_NONBLOCK), l = toy_listener(50), t, set = edge_set(s);
	char bytes[10];

	ck_assert_int_eq(send(s, "lost", 4, 0), 4);	/* known: TCP says EPIPE */
	ck_errno(toy_connect(s, TOY_LATE + 50), EINPROGRESS);
	ck_assert_int_eq(poll_of(s), 0);
	ck_errno(toy_connect(s, TOY_LATE + 50), EALREADY);
	ck_errno(send(s, "x", 1, 0), EAGAIN);
	ck_errno(recv(s, bytes, 1, 0), EAGAIN);
	ck_assert_int_eq(so_error(s), 0);
	usleep(60000);
	ck_assert_int_eq(edge_of(set), EPOLLOUT);
	ck_assert_int_eq(poll_of(s), POLLOUT);
	ck_assert_int_eq(send(s, "right", 5, 0), 5);
	t = toy_accept(l, 0);
	settle();
	ck_assert_int_eq(recv(t, bytes, sizeof(bytes), MSG_DONTWAIT), 5);
	ck_assert_mem_eq(bytes, "right", 5);
	ck_assert_int_eq(toy_port(s, true), 50);
	ck_assert_int_eq(toy_port(t, true), toy_port(s, false));
	toy_close(t);
	toy_close(l);
	toy_close(s);
	close(set);
}
END_TEST

START_TEST(test_connect_timeout)
{
	struct timeval t = { .tv_usec = 40000 };
	int s = toy_stream(0);

	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	ck_errno(toy_connect(s, TOY_SILENT), EINPROGRESS);
	ck_assert_int_eq(poll_of(s), 0);
	ck_errno(toy_connect(s, TOY_SILENT), EALREADY);
	toy_close(s);
}
END_TEST

START_TEST(test_interrupt)
{
	int s = toy_stream(0), l = toy_listener(50), u = toy_socket(AF_INET, SOCK_DGRAM, 0);
	struct toy_answer a;
	struct um_call c;
	uint64_t tag[3];

	tag[0] = toy_connect_begin(s, TOY_SILENT);
	toy_prepare(&c, UM_ACCEPT, l);
	tag[1] = toy_send(&c);
	toy_prepare(&c, UM_RECVFROM, u);
	tag[2] = toy_send(&c);
	ck_assert(!toy_wait(tag[0], 50, &a));
	toy_interrupt(12345);
	for (int i = 0; i < 3; i++) {
		toy_interrupt(tag[i]);
		ck_assert(toy_wait(tag[i], 1000, &a));
		ck_assert_int_eq(a.rc, -UM_ERESTARTSYS);
		wire_clear(&a.message);
	}
	/* The restarted connect waits for the same connection. */
	tag[0] = toy_connect_begin(s, TOY_SILENT);
	ck_assert(!toy_wait(tag[0], 50, &a));
	toy_close(s);		/* another thread does */
	ck_assert(toy_wait(tag[0], 1000, &a));
	ck_assert_int_eq(a.rc, -EBADF);
	wire_clear(&a.message);
	toy_close(l);
	toy_close(u);
}
END_TEST

START_TEST(test_accept_waits)
{
	int l = toy_listener(50), s = toy_stream(0), t;
	struct timeval time = { .tv_usec = 30000 };
	struct toy_answer a;
	struct um_call c;
	uint64_t tag;

	toy_prepare(&c, UM_ACCEPT, l);
	c.arg[1].room = 4;
	c.arg[3].value = SOCK_NONBLOCK;
	tag = toy_send(&c);
	ck_assert(!toy_wait(tag, 30, &a));
	ck_assert_int_eq(toy_connect(s, 50), 0);
	ck_assert(toy_wait(tag, 1000, &a));
	ck_assert_int_eq(a.rc, 0);
	ck_assert_uint_eq(WIRE_SOCK_KIND(a.sock), WIRE_SOCK_STREAM);
	ck_assert_uint_eq(a.message.call.arg[1].out_len, 4);
	ck_assert_uint_eq(a.message.call.arg[1].full, sizeof(struct sockaddr_in));
	ck_assert_int_eq(poll_of(l), 0);	/* no byte was used */
	ck_assert(fcntl(a.fd, F_GETFL) & O_NONBLOCK);
	wire_clear(&a.message);
	/* Nobody took it: it is the next accept's again, and works. */
	toy_undo(tag, a.sock, a.fd);
	ck_assert_int_eq(send(s, "hello", 5, 0), 5);
	ck_assert_int_eq(poll_of(l), POLLIN);
	t = toy_accept(l, 0);
	ck_assert_int_ge(t, 0);
	ck_assert_uint_eq(toy_sock(t), a.sock);
	ck_assert(!(fcntl(t, F_GETFL) & O_NONBLOCK));
	ck_assert_int_eq(poll_of(l), 0);
	ck_assert_int_eq(poll_of(t), POLLIN | POLLOUT);
	toy_close(t);
	ck_assert(toy_gone(a.sock, 1000));
	ck_assert_int_eq(poll_of(s), POLLIN | POLLOUT | POLLHUP | POLLERR | POLLRDHUP);
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	ck_errno(toy_accept(l, 0), EAGAIN);
	toy_close(s);
	toy_close(l);
}
END_TEST

START_TEST(test_listener_dies)
{
	int l = toy_listener(50), s[3];
	struct toy_answer a;
	struct um_call c;
	uint64_t tag, sock;

	for (int i = 0; i < 3; i++) {
		s[i] = toy_stream(0);
		ck_assert_int_eq(toy_connect(s[i], 50), 0);
	}
	toy_prepare(&c, UM_ACCEPT, l);
	tag = toy_send(&c);
	ck_assert(toy_wait(tag, 1000, &a));
	toy_undo(tag, a.sock, a.fd);
	sock = a.sock;
	wire_clear(&a.message);
	settle();
	toy_close(l);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(poll_of(s[i]) & POLLERR, POLLERR);
		ck_assert_int_eq(so_error(s[i]), ECONNRESET);
		toy_close(s[i]);
	}
	ck_assert(toy_gone(sock, 1000));

	/* A waiting accept ends with its listener, or with shutdown(). */
	for (int i = 0; i < 2; i++) {
		l = toy_listener(51 + i);
		toy_prepare(&c, UM_ACCEPT, l);
		tag = toy_send(&c);
		ck_assert(!toy_wait(tag, 30, &a));
		if (i)
			toy_close(l);
		else
			ck_assert_int_eq(toy_shutdown(l, SHUT_RDWR), 0);
		ck_assert(toy_wait(tag, 1000, &a));
		ck_assert_int_eq(a.rc, -EINVAL);
		wire_clear(&a.message);
		if (!i)
			ck_assert(poll_of(l) & POLLHUP);
	}
}
END_TEST

START_TEST(test_backlog)
{
	int l = toy_listener(50), s[6], t, n = 0;

	for (int i = 0; i < 6; i++) {
		s[i] = toy_stream(0);
		if (i < 5)
			ck_assert_int_eq(toy_connect(s[i], 50), 0);
		else
			ck_errno(toy_connect(s[i], 50), ETIMEDOUT);
	}
	/* Dead before it was accepted: still there, and says so. */
	ck_assert_int_eq(toy_setsockopt(s[0], TOY_LEVEL, TOY_ERROR, &(int){ ECONNRESET },
			sizeof(int)), 0);
	ck_assert_int_eq(so_error(s[0]), ECONNRESET);
	fcntl(l, F_SETFL, O_NONBLOCK);
	while ((t = toy_accept(l, 0)) >= 0) {
		n++;
		toy_close(t);
	}
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(poll_of(l), 0);
	for (int i = 0; i < 6; i++)
		toy_close(s[i]);
	toy_close(l);
}
END_TEST

/* HUP is not close: both directions shut, and the socket still has a name. */
START_TEST(test_shut_is_not_closed)
{
	int pair[2];
	uint64_t sock;

	port_listening = 50;
	make_pair(&toy_world, pair);
	ck_assert_int_eq(toy_shutdown(pair[0], SHUT_WR), 0);
	ck_assert_int_eq(toy_shutdown(pair[1], SHUT_WR), 0);
	ck_assert_int_eq(poll_of(pair[0]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	sock = toy_sock(pair[0]);
	ck_assert(!toy_gone(sock, 100));
	ck_assert_int_eq(toy_port(pair[0], true), 50);
	toy_close(pair[0]);
	ck_assert(toy_gone(sock, 1000));
	sock = toy_sock(pair[1]);
	toy_close(pair[1]);
	ck_assert(toy_gone(sock, 1000));
	/* And the end of a reset one is found, by the census. */
	make_pair(&toy_world, pair);
	sock = toy_sock(pair[0]);
	toy_setsockopt(pair[0], TOY_LEVEL, TOY_ERROR, &(int){ ETIMEDOUT }, sizeof(int));
	ck_assert_int_eq(poll_of(pair[0]) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	ck_assert_int_eq(so_error(pair[0]), ETIMEDOUT);
	ck_assert(!toy_gone(sock, 100));
	toy_close(pair[0]);
	ck_assert(toy_gone(sock, 3000));
	toy_close(pair[1]);
}
END_TEST


/* Urgent bytes come in their place, and do not disturb the end. */
START_TEST(test_urgent)
{
	char bytes[20] = "";
	int pair[2];
	uint64_t sock;

	port_listening = 50;
	make_pair(&toy_world, pair);
	sock = toy_sock(pair[0]);
	ck_assert_int_eq(send(pair[0], "abc", 3, 0), 3);
	ck_assert_int_eq(send(pair[0], "X", 1, MSG_OOB), 1);
	settle();
	ck_assert_int_eq(send(pair[0], "Y", 1, MSG_OOB), 1);
	ck_assert_int_eq(send(pair[0], "Z", 1, MSG_OOB), 1);
	toy_close(pair[0]);
	ck_assert(toy_gone(sock, 1000));
	ck_assert_int_eq(recv(pair[1], bytes, 20, 0), 6);
	ck_assert_str_eq(bytes, "abcXYZ");
	ck_assert_int_eq(recv(pair[1], bytes, 20, 0), 0);
	toy_close(pair[1]);
}
END_TEST

/* More answers than the control socket holds. */
START_TEST(test_crowd)
{
	enum { CALLS = 1000 };
	int l = toy_listener(50), n = 0;
	uint64_t tag[CALLS], tags = 0;
	struct toy_answer a;
	struct um_call c;

	toy_prepare(&c, UM_GETSOCKOPT, l);
	c.fd = -1;
	c.arg[1].value = SOL_SOCKET;
	c.arg[2].value = SO_TYPE;
	c.arg[3].room = 4;
	for (int round = 0; round < 5; round++) {
		/* None of them is read before all are there. */
		for (int i = 0; i < CALLS; i++)
			tag[i] = toy_send(&c);
		usleep(100000);
		tags += CALLS;
		for (int i = CALLS - 1; i >= 0; i--) {
			ck_assert(toy_wait(tag[i], 1000, &a));
			ck_assert_int_eq(a.rc, 0);
			wire_clear(&a.message);
			n++;
		}
	}
	ck_assert_uint_eq(n, tags);
	toy_close(l);
}
END_TEST

/* Calls of random content: an answer each, and the process lives. */
START_TEST(test_nonsense)
{
	static uint8_t bytes[70000];
	uint64_t socks[4] = { 12345 };
	int fd[4] = { -1, toy_stream(0), toy_datagram(60), toy_socket(AF_NETLINK, SOCK_RAW, 0) };

	srand(1);
	for (int i = 1; i < 4; i++) {
		socks[i] = toy_sock(fd[i]);
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
	}
	for (int n = 0; n < 20000; n++) {
		int which = rand() % 4;
		struct toy_answer a;
		struct um_call c;

		toy_prepare(&c, rand() % 16, fd[which]);
		c.sock = socks[which];
		for (unsigned i = 0; i < UM_ARGS; i++) {
			c.arg[i].value = rand() % 3 ? rand() % 300 - 20 : rand() * 0x10001L;
			c.arg[i].room = rand() % 3 ? rand() % 40 : rand() % 70000;
			if (rand() % 2) {
				c.arg[i].in = bytes;
				c.arg[i].in_len = rand() % 10 ? rand() % 40 : rand() % 9000;
			}
		}
		bytes[rand() % 300] = rand();
		if (!toy_wait(toy_send(&c), 1000, &a))
			ck_abort_msg("no answer to operation %u", c.op);
		if (a.fd >= 0)
			close(a.fd);
		wire_clear(&a.message);
	}
	for (int i = 1; i < 4; i++)
		toy_close(fd[i]);
}
END_TEST

/* The guest's end is not at hand: nothing hangs, nothing breaks. */
START_TEST(test_no_descriptor)
{
	struct toy_answer a;
	struct um_call c;
	int l = toy_listener(50), s = toy_stream(SOCK_NONBLOCK);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(50) };

	toy_prepare(&c, UM_CONNECT, s);
	c.fd = -1;
	c.arg[1].in = (uint8_t *)&in;
	c.arg[1].in_len = sizeof(in);
	ck_assert(toy_wait(toy_send(&c), 1000, &a));
	ck_assert_int_eq(a.rc, -EINPROGRESS);
	wire_clear(&a.message);
	settle();
	toy_prepare(&c, UM_ACCEPT, l);
	c.fd = -1;
	ck_assert(toy_wait(toy_send(&c), 1000, &a));
	ck_assert_int_eq(a.rc, 0);
	close(a.fd);
	wire_clear(&a.message);
	toy_close(s);
	toy_close(l);
}
END_TEST

TCase *case_stream(void)
{
	TCase *t = tcase_create("stream");

	tcase_add_checked_fixture(t, toy_start, toy_stop);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_connecting);
	tcase_add_test(t, test_connect_timeout);
	tcase_add_test(t, test_interrupt);
	tcase_add_test(t, test_accept_waits);
	tcase_add_test(t, test_listener_dies);
	tcase_add_test(t, test_backlog);
	tcase_add_test(t, test_shut_is_not_closed);
	tcase_add_test(t, test_urgent);
	tcase_add_test(t, test_crowd);
	tcase_add_test(t, test_nonsense);
	tcase_add_test(t, test_no_descriptor);
	return t;
}
