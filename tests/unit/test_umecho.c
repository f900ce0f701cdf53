/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The echo network without a monitor: the few um_* functions a module may
 * call are faked here, over one watch.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "um_module.h"

extern struct um_module um_module;

static struct {
	int	 fd;
	uint32_t events;
	void	(*fn)(void *arg, uint32_t events);
	void	*arg;
} watched;
static int guest = -1;			/* what um_done_fd() gave */
static uint64_t name, forgotten;
static void *inst;

int um_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg)
{
	watched.fd = fd;
	watched.events = events;
	watched.fn = fn;
	watched.arg = arg;
	return 0;
}

void um_done_fd(struct um_call *c, int fd, uint64_t sock)
{
	guest = fd;
	name = sock;
}

void um_forget(uint64_t sock)
{
	forgotten = sock;
}

/* The loop: runs what is ready; returns how many times. */
static int run(void)
{
	int turns = 0;

	while (watched.events && turns < 1000) {
		struct pollfd p = { .fd = watched.fd, .events = watched.events };

		if (poll(&p, 1, 0) <= 0)
			break;
		watched.fn(watched.arg, p.revents);
		turns++;
	}
	return turns;
}

static int64_t call(uint32_t op, int64_t type)
{
	struct um_call c = { .op = op, .fd = -1 };

	c.arg[0].value = AF_INET;
	c.arg[1].value = type;
	return um_module.call(inst, &c);
}

static void set_up(void)
{
	struct um_call c = { .op = UM_MOUNT, .fd = -1 };

	ck_assert_int_eq(um_module.mount(&c, &inst), 0);
}

static void open_socket(int type)
{
	ck_assert(call(UM_SOCKET, type) == UM_TAKEN);
	ck_assert_int_ge(guest, 0);
	ck_assert_int_ne(name, 0);
	ck_assert_int_eq(call(UM_CONNECT, 0), 0);
}

static void close_socket(void)
{
	close(guest);
	run();
	ck_assert_int_eq(watched.events, 0);
	ck_assert_int_eq(forgotten, name);
	ck_assert_int_eq(um_module.umount(inst, 0), 0);
}

START_TEST(module_is_described)
{
	ck_assert_int_eq(um_module.api, UM_MODULE_API);
	ck_assert_int_eq(um_module.size, sizeof(struct um_module));
	ck_assert_str_eq(um_module.name, "umecho");
	ck_assert_str_eq(um_module.fstypes[0], "umecho");
	ck_assert_ptr_null(um_module.fstypes[1]);
	ck_assert_int_eq(um_module.families(inst), 1 << AF_INET | 1 << AF_INET6);
}
END_TEST

START_TEST(stream_comes_back)
{
	char answer[16];

	open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(send(guest, "hello", 5, 0), 5);
	run();
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), 0), 5);
	ck_assert_mem_eq(answer, "hello", 5);
	close_socket();
}
END_TEST

START_TEST(messages_keep_their_boundaries)
{
	char answer[16];

	open_socket(SOCK_DGRAM);
	ck_assert_int_eq(send(guest, "one", 3, 0), 3);
	ck_assert_int_eq(send(guest, "", 0, 0), 0);
	ck_assert_int_eq(send(guest, "three", 5, 0), 5);
	run();
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), MSG_DONTWAIT), 3);
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), MSG_DONTWAIT), 0);
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), MSG_DONTWAIT), 5);
	close_socket();
}
END_TEST

/* A guest that writes and does not read is stopped; nothing is lost. */
START_TEST(a_full_socket_waits)
{
	static char data[4096];
	size_t sent = 0, received = 0;
	ssize_t n;

	open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	memset(data, 'x', sizeof(data));
	for (int i = 0; i < 10000; i++) {
		n = send(guest, data, sizeof(data), MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += n;
		run();
	}
	ck_assert_int_lt(n, 0);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(run(), 0);
	while (received < sent) {
		n = recv(guest, data, sizeof(data), 0);
		ck_assert_int_gt(n, 0);
		received += n;
		run();
	}
	ck_assert_int_eq(recv(guest, data, sizeof(data), 0), -1);
	close_socket();
}
END_TEST

START_TEST(end_of_file_comes_back)
{
	char answer[16];

	open_socket(SOCK_STREAM);
	ck_assert_int_eq(send(guest, "bye", 3, 0), 3);
	shutdown(guest, SHUT_WR);
	run();
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), MSG_DONTWAIT), 3);
	ck_assert_int_eq(recv(guest, answer, sizeof(answer), MSG_DONTWAIT), 0);
	close_socket();
}
END_TEST

/* It must not keep the monitor busy. */
START_TEST(a_guest_that_will_not_read)
{
	open_socket(SOCK_STREAM);
	shutdown(guest, SHUT_RD);
	ck_assert_int_eq(send(guest, "hello", 5, MSG_NOSIGNAL), 5);
	ck_assert_int_lt(run(), 10);
	close_socket();
}
END_TEST

START_TEST(other_types_are_refused)
{
	ck_assert_int_eq(call(UM_SOCKET, SOCK_RAW), -ESOCKTNOSUPPORT);
}
END_TEST

START_TEST(umount_waits_for_sockets)
{
	open_socket(SOCK_STREAM);
	ck_assert_int_eq(um_module.umount(inst, 0), -EBUSY);
	ck_assert_int_eq(um_module.umount(inst, UM_SESSION_END), 0);
	close_socket();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("umecho");
	TCase *tests = tcase_create("umecho");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, module_is_described);
	tcase_add_test(tests, stream_comes_back);
	tcase_add_test(tests, messages_keep_their_boundaries);
	tcase_add_test(tests, a_full_socket_waits);
	tcase_add_test(tests, end_of_file_comes_back);
	tcase_add_test(tests, a_guest_that_will_not_read);
	tcase_add_test(tests, other_types_are_refused);
	tcase_add_test(tests, umount_waits_for_sockets);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
