/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stack.c - the frame of a stack process, with a toy engine. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_stack.h"

uint16_t port_listening, port_closed;

void settle(void)
{
	usleep(20000);
}

int edge_set(int fd)
{
	struct epoll_event e = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd,
	};
	int set = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(set, EPOLL_CTL_ADD, fd, &e);
	return set;
}

int edge_of(int set)
{
	struct epoll_event e = { 0 };

	settle();
	return epoll_wait(set, &e, 1, 0) == 1 ? (int)e.events : 0;
}

int make_listener(const struct world *w)
{
	int l = w->socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(l, 0);
	ck_assert_int_eq(w->bind(l, port_listening), 0);
	ck_assert_int_eq(w->listen(l, 5), 0);
	return l;
}

/* Two connected sockets: [0] connected, [1] accepted. */
void make_pair(const struct world *w, int pair[2])
{
	int l = make_listener(w);

	pair[0] = w->socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(pair[0], 0);
	ck_assert_int_eq(w->connect(pair[0], port_listening), 0);
	pair[1] = w->accept(l, 0);
	ck_assert_int_ge(pair[1], 0);
	w->close(l);
}

int poll_of(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	settle();
	poll(&p, 1, 0);
	return p.revents;
}

int so_error(int fd)
{
	int error = -1;
	socklen_t len = sizeof(error);

	ck_assert_int_eq(toy_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return error;
}

int toy_stream(int flags)
{
	int s = toy_socket(AF_INET, SOCK_STREAM | flags, 0);

	ck_assert_int_ge(s, 0);
	return s;
}

int toy_listener(uint16_t port)
{
	int l = toy_stream(0);

	ck_assert_int_eq(toy_bind(l, port), 0);
	ck_assert_int_eq(toy_listen(l, 5), 0);
	return l;
}

int toy_datagram(uint16_t port)
{
	int u = toy_socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_ge(u, 0);
	ck_assert_uint_eq(WIRE_SOCK_KIND(toy_sock(u)), WIRE_SOCK_MESSAGE);
	if (port)
		ck_assert_int_eq(toy_bind(u, port), 0);
	return u;
}

START_TEST(test_init_fails)
{
	char *argv[] = { "toy", "none", "/dev/net/toy", "fail", NULL };
	struct wire_message m;
	int pair[2], status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], 3);
		_exit(um_stack_main(4, argv, &toy_ops));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	ck_assert_int_eq(wire_receive(pair[0], &m), 1);
	ck_assert_int_eq(m.head.kind, WIRE_READY);
	ck_assert_int_eq(m.head.rc, -ENODEV);
	ck_assert_str_eq((char *)m.call.arg[0].in, "told to fail");
	wire_clear(&m);
}
END_TEST

/* A stack whose sockets are the kernel's. */

static int kernel_init(const char *source, const char *target, const char *options,
		char *error, size_t size)
{
	return 0;
}

static int kernel_descriptor(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

static int kernel_ioctl(struct um_sock *s, unsigned long request, void *arg, size_t *len)
{
	return s ? -EBADF : -ENOTTY;
}

static const struct um_stack_ops kernel_ops = {
	.api = UM_STACK_API, .size = sizeof(struct um_stack_ops), .name = "kernel",
	.families = UINT64_C(1) << AF_INET, .init = kernel_init, .ioctl = kernel_ioctl,
	.descriptor = kernel_descriptor,
};

static void kernel_hear(int control, struct wire_message *m)
{
	ck_assert_int_eq(poll(&(struct pollfd){ control, POLLIN, 0 }, 1, 5000), 1);
	ck_assert_int_eq(wire_receive(control, m), 1);
}

/* One call and its answer, which is the caller's. */
static void kernel_ask(int control, struct um_call *c, struct wire_message *m)
{
	c->fd = -1;
	ck_assert_int_eq(wire_send_call(control, 7, c, 0, 0), 0);
	kernel_hear(control, m);
	ck_assert_int_eq(m->head.kind, WIRE_ANSWER);
	ck_assert_uint_eq(m->head.tag, 7);
}

START_TEST(test_descriptor)
{
	char *argv[] = { "kernel", "none", "/dev/net/kernel", "", NULL };
	struct um_call c = { .op = UM_SOCKET };
	struct wire_message m;
	int pair[2], status, type = 0;
	socklen_t len = sizeof(type);
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], 3);
		close(pair[0]);
		_exit(um_stack_main(4, argv, &kernel_ops));
	}
	close(pair[1]);
	kernel_hear(pair[0], &m);
	ck_assert_int_eq(m.head.rc, 0);
	wire_clear(&m);

	c.arg[0].value = AF_INET;
	c.arg[1].value = SOCK_DGRAM | SOCK_NONBLOCK;
	kernel_ask(pair[0], &c, &m);
	ck_assert_int_eq(m.head.rc, 0);
	ck_assert_uint_eq(m.head.sock, 0);
	ck_assert_int_eq(getsockopt(m.fds[0], SOL_SOCKET, SO_TYPE, &type, &len), 0);
	ck_assert_int_eq(type, SOCK_DGRAM);
	ck_assert_int_ne(fcntl(m.fds[0], F_GETFL) & O_NONBLOCK, 0);
	wire_clear(&m);

	c.arg[1].value = 99;		/* the kernel's own error */
	kernel_ask(pair[0], &c, &m);
	ck_assert_int_eq(m.head.rc, -EINVAL);
	wire_clear(&m);
	c.arg[0].value = AF_INET6;	/* not served */
	kernel_ask(pair[0], &c, &m);
	ck_assert_int_eq(m.head.rc, -EAFNOSUPPORT);
	wire_clear(&m);
	c = (struct um_call){ .op = UM_IOCTL };
	c.arg[1].value = 0x8913;
	kernel_ask(pair[0], &c, &m);
	ck_assert_int_eq(m.head.rc, -ENOTTY);
	wire_clear(&m);
	for (uint32_t op = UM_BIND; op <= UM_SHUTDOWN; op++) {	/* it has no sockets of its own */
		c = (struct um_call){ .op = op, .sock = 1 };
		kernel_ask(pair[0], &c, &m);
		ck_assert_int_eq(m.head.rc, -EBADF);
		wire_clear(&m);
	}
	close(pair[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stack");
	TCase *alone = tcase_create("alone");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, case_kernel());
	suite_add_tcase(suite, case_stream());
	suite_add_tcase(suite, case_message());
	suite_add_tcase(suite, case_bulk());
	tcase_add_test(alone, test_init_fails);
	tcase_add_test(alone, test_descriptor);
	suite_add_tcase(suite, alone);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
