/* SPDX-License-Identifier: GPL-2.0-or-later */
/* case_message.c - datagrams and netlink. */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "test_stack.h"

START_TEST(test_datagrams)
{
	int u = toy_datagram(60), v = toy_datagram(61), w = toy_datagram(62), msg_flags;
	char bytes[100];
	uint16_t port;

	/* Addresses stay with their messages, whoever takes those between. */
	for (int i = 0; i < 12; i++)
		ck_assert_int_eq(toy_sendto(i % 2 ? v : w, "abcdefghijkl", i, 0, 60), i);
	for (int i = 0; i < 12; i++) {
		if (i % 3 == 0) {
			ck_assert_int_eq(recv(u, bytes, sizeof(bytes), 0), i);
			continue;
		}
		ck_assert_int_eq(toy_recvfrom(u, bytes, sizeof(bytes), MSG_PEEK, &port, NULL), i);
		port = 0;
		ck_assert_int_eq(toy_recvfrom(u, bytes, sizeof(bytes), 0, &port, NULL), i);
		ck_assert_uint_eq(port, i % 2 ? 61 : 62);
	}
	ck_errno(toy_recvfrom(u, bytes, sizeof(bytes), MSG_DONTWAIT, NULL, NULL), EAGAIN);
	ck_assert_int_eq(toy_sendto(v, "abcdefghijkl", 12, 0, 60), 12);
	ck_assert_int_eq(toy_sendto(v, "abcdefghijkl", 12, 0, 60), 12);
	ck_assert_int_eq(toy_recvfrom(u, bytes, 5, 0, NULL, &msg_flags), 5);
	ck_assert_int_eq(msg_flags, MSG_TRUNC);
	ck_assert_int_eq(toy_recvfrom(u, bytes, 5, MSG_TRUNC, NULL, &msg_flags), 12);
	/* send() and sendto() keep their order. */
	ck_assert_int_eq(toy_connect(v, 60), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(bytes, sizeof(bytes), "%d", i);
		if (i % 2)
			ck_assert_int_eq(send(v, bytes, 10, 0), 10);
		else
			ck_assert_int_eq(toy_sendto(v, bytes, 10, 0, 60), 10);
	}
	for (int i = 0; i < 100; i++) {
		port = 0;
		ck_assert_int_eq(toy_recvfrom(u, bytes, sizeof(bytes), 0, &port, NULL), 10);
		ck_assert_int_eq(atoi(bytes), i);
		ck_assert_uint_eq(port, 61);
	}
	toy_close(u);
	toy_close(v);
	toy_close(w);
}
END_TEST

START_TEST(test_datagram_waits)
{
	int u = toy_datagram(60), v = toy_datagram(61);
	struct timeval time = { .tv_usec = 30000 };
	struct toy_answer a;
	struct um_call c;
	char bytes[10];
	uint64_t tag;

	toy_prepare(&c, UM_RECVFROM, u);
	c.arg[1].room = 10;
	c.arg[4].room = 16;
	tag = toy_send(&c);
	ck_assert(!toy_wait(tag, 30, &a));
	ck_assert_int_eq(toy_sendto(v, "hello", 5, 0, 60), 5);
	ck_assert(toy_wait(tag, 1000, &a));
	ck_assert_int_eq(a.rc, 5);
	ck_assert_mem_eq(a.message.call.arg[1].out, "hello", 5);
	ck_assert_uint_eq(a.message.call.arg[4].out_len, 16);
	wire_clear(&a.message);
	ck_assert_int_eq(poll_of(u), POLLOUT);

	tag = toy_send(&c);
	ck_assert(!toy_wait(tag, 30, &a));
	ck_errno(toy_shutdown(u, SHUT_RD), ENOTCONN);	/* wakes it all the same */
	ck_assert(toy_wait(tag, 1000, &a));
	ck_assert_int_eq(a.rc, 0);
	wire_clear(&a.message);

	setsockopt(v, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	ck_errno(toy_recvfrom(v, bytes, 10, 0, NULL, NULL), EAGAIN);
	toy_close(u);
	toy_close(v);
}
END_TEST

START_TEST(test_datagram_refused)
{
	int u = toy_datagram(60);
	char bytes[10];

	ck_assert_int_eq(toy_connect(u, 66), 0);
	ck_assert_int_eq(send(u, "x", 1, 0), 1);
	ck_assert_int_eq(poll_of(u), POLLIN | POLLOUT);
	ck_errno(toy_recvfrom(u, bytes, 10, 0, NULL, NULL), ECONNREFUSED);
	ck_errno(toy_recvfrom(u, bytes, 10, MSG_DONTWAIT, NULL, NULL), EAGAIN);
	ck_assert_int_eq(send(u, "x", 1, 0), 1);
	settle();
	ck_assert_int_eq(so_error(u), ECONNREFUSED);
	ck_assert_int_eq(poll_of(u), POLLOUT);
	ck_assert_int_eq(so_error(u), 0);
	toy_close(u);
}
END_TEST

/* More messages than the carrier holds: the rest is dropped, in order, without a leak. */
START_TEST(test_datagram_flood)
{
	int u = toy_datagram(60), v = toy_datagram(61), n = 0, last = -1, i;
	uint16_t port;

	for (int round = 0; round < 3; round++) {
		for (i = 0; i < 5000; i++)
			ck_assert_int_eq(toy_sendto(v, &i, sizeof(i), 0, 60), sizeof(i));
		for (n = 0, last = -1; ; n++, last = i) {
			if (n % 2) {
				if (recv(u, &i, sizeof(i), MSG_DONTWAIT) < 0)
					break;
			} else if (toy_recvfrom(u, &i, sizeof(i), MSG_DONTWAIT, &port, NULL) < 0) {
				break;
			}
			ck_assert_int_gt(i, last);
			ck_assert_uint_eq(port, 61);
		}
		ck_assert_int_gt(n, 200);
	}
	toy_close(u);
	toy_close(v);
}
END_TEST

START_TEST(test_netlink)
{
	int s = toy_socket(AF_NETLINK, SOCK_RAW, 0), count = 3000, i, n = 0;
	uint8_t bytes[2000];
	struct sockaddr_nl from;
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	ck_assert_uint_eq(WIRE_SOCK_KIND(toy_sock(s)), WIRE_SOCK_NETLINK);
	ck_assert_int_eq(sendto(s, "ping", 4, 0, (void *)&kernel, sizeof(kernel)), 4);
	ck_assert_int_eq(recvmsg(s, &msg, 0), 4);
	ck_assert_uint_eq(msg.msg_namelen, sizeof(from));
	ck_assert_uint_eq(from.nl_pid, 0);
	/* Nothing is lost of 3 MB of answers ... */
	ck_assert_int_eq(toy_setsockopt(s, TOY_LEVEL, TOY_FLOOD, &count, sizeof(count)), count);
	ck_assert_int_eq(send(s, "last", 4, 0), 4);
	while (recv(s, bytes, sizeof(bytes), 0) == 1000) {
		memcpy(&i, bytes, sizeof(i));
		ck_assert_int_eq(i, n++);
	}
	ck_assert_int_eq(n, count);
	ck_assert_mem_eq(bytes, "last", 4);
	/* ... and 100 MB are refused. */
	count = 100000;
	ck_assert_int_lt(toy_setsockopt(s, TOY_LEVEL, TOY_FLOOD, &count, sizeof(count)), 70000);
	toy_close(s);
}
END_TEST

TCase *case_message(void)
{
	TCase *t = tcase_create("message");

	tcase_add_checked_fixture(t, toy_start, toy_stop);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_datagrams);
	tcase_add_test(t, test_datagram_waits);
	tcase_add_test(t, test_datagram_refused);
	tcase_add_test(t, test_datagram_flood);
	tcase_add_test(t, test_netlink);
	return t;
}
