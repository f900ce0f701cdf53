/* SPDX-License-Identifier: GPL-2.0-or-later */
/* case_bulk.c - much of it: leaks, throughput, rates. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test_stack.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

START_TEST(test_leaks)
{
	int l = toy_listener(50), before = 0, s[300], t[300];
	long pages = 0;

	for (int round = 0; round < 12; round++) {
		uint64_t last;

		for (int i = 0; i < 300; i++) {
			s[i] = toy_stream(i % 5 ? 0 : SOCK_NONBLOCK);
			if (i % 10 == 1)
				ck_errno(toy_connect(s[i], 99), ECONNREFUSED);
			else if (i % 10 == 5)
				ck_errno(toy_connect(s[i], 99), EINPROGRESS);
			else if (toy_connect(s[i], 50) < 0)
				ck_assert_int_eq(errno, EINPROGRESS);
			t[i] = i % 10 == 1 || i % 10 == 5 ? -1 : toy_accept(l, 0);
			if (i % 3 == 0 && t[i] >= 0)
				send(s[i], "unread", 6, MSG_NOSIGNAL);
		}
		last = toy_sock(s[299]);
		for (int i = 0; i < 300; i++) {
			toy_close(s[i]);
			if (t[i] >= 0)
				toy_close(t[i]);
		}
		ck_assert(toy_gone(last, 3000));
		usleep(1200000 * (round == 1 || round == 11));
		if (round == 1) {
			before = toy_descriptors();
			pages = toy_memory();
		}
	}
	ck_assert_int_eq(toy_descriptors(), before);
	/* AddressSanitizer keeps what was freed for a while. */
	ck_assert_int_lt(toy_memory(), pages + (SANITIZED ? 10000 : 100));
	toy_close(l);
}
END_TEST

/* A writer's process: n bytes of a pattern, in pieces of random size. */
static void write_pattern(int fd, size_t n, bool whole)
{
	static uint8_t bytes[200000];
	size_t at = 0;

	while (at < n) {
		size_t len = whole ? 65536 : rand() % (rand() % 10 ? 3000 : sizeof(bytes)) + 1;
		ssize_t done;

		if (len > n - at)
			len = n - at;
		for (size_t i = 0; !whole && i < len; i++)
			bytes[i] = (at + i) * 31 >> 3;
		done = send(fd, bytes, len, MSG_NOSIGNAL);
		if (done <= 0)
			_exit(1);
		at += done;
	}
	_exit(0);
}

static void pump(size_t n, bool whole, bool slow)
{
	static uint8_t bytes[65536];
	struct timespec start, end;
	int pair[2], status;
	size_t at = 0;
	ssize_t got;
	double seconds;
	pid_t pid;

	port_listening = 50;
	make_pair(&toy_world, pair);
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		close(pair[1]);
		write_pattern(pair[0], n, whole);
	}
	toy_close(pair[0]);
	while ((got = recv(pair[1], bytes, whole ? sizeof(bytes) : (size_t)rand() % sizeof(bytes) + 1,
			0)) > 0) {
		for (ssize_t i = 0; !whole && i < got; i++)
			if (bytes[i] != (uint8_t)((at + i) * 31 >> 3))
				ck_abort_msg("byte %zu is wrong", at + i);
		at += got;
		if (slow && rand() % 1000 == 0)
			usleep(2000);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_eq(got, 0);
	ck_assert_uint_eq(at, n);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
	if (whole)
		printf("pumped through two carriers: %.0f MB/s\n", n / 1e6 / seconds);
	toy_close(pair[1]);
}

START_TEST(test_pump)
{
	pump(100000000, false, true);
	pump(1000000000, true, false);
}
END_TEST

/* One byte there and back. */
START_TEST(test_round_trip)
{
	struct timespec start, end;
	int pair[2];
	char byte;
	pid_t pid;

	port_listening = 50;
	make_pair(&toy_world, pair);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		while (recv(pair[1], &byte, 1, 0) == 1)
			send(pair[1], &byte, 1, MSG_NOSIGNAL);
		_exit(0);
	}
	toy_close(pair[1]);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(send(pair[0], "x", 1, 0), 1);
		ck_assert_int_eq(recv(pair[0], &byte, 1, 0), 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("round trip of a byte: %.1f us\n", ((end.tv_sec - start.tv_sec) * 1e9 +
		end.tv_nsec - start.tv_nsec) / 1e7);
	toy_close(pair[0]);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(test_connect_rate)
{
	struct timespec start, end;
	int l = toy_listener(50);

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 2000; i++) {
		int s = toy_stream(i % 2 ? SOCK_NONBLOCK : 0), t;

		toy_connect(s, 50);
		t = toy_accept(l, 0);
		toy_close(s);
		toy_close(t);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("socket, connect, accept, 2 close: %.1f us\n", ((end.tv_sec - start.tv_sec) * 1e9 +
		end.tv_nsec - start.tv_nsec) / 2000e3);
	toy_close(l);
}
END_TEST

TCase *case_bulk(void)
{
	TCase *t = tcase_create("bulk");

	tcase_add_checked_fixture(t, toy_start, toy_stop);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_leaks);
	tcase_add_test(t, test_pump);
	tcase_add_test(t, test_round_trip);
	tcase_add_test(t, test_connect_rate);
	return t;
}
