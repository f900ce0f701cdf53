/* SPDX-License-Identifier: GPL-2.0-or-later */
/* toy_guest.c - the test's side of a toy stack: monitor and guest in one. */
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toy_stack.h"
#include "um_module.h"
#include "util.h"

#define LATER	5000	/* ms: longer than anything takes */

static int control = -1;
static pid_t child;
static uint64_t last_tag;
static uint64_t socks[32768];		/* by guest's descriptor */
static struct toy_answer kept[2048];	/* answers that nobody waited for yet */
static unsigned kept_count;
static uint64_t gone[65536];
static unsigned gone_count;

void toy_start(void)
{
	struct wire_message m;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	if (child == 0) {
		char *argv[] = { "toy", "none", "/dev/net/toy", "", NULL };

		close(pair[0]);
		dup2(pair[1], 3);
		for (int fd = 4; fd < 64; fd++)
			close(fd);
		exit(um_stack_main(4, argv, &toy_ops));
	}
	close(pair[1]);
	control = pair[0];
	poll(&(struct pollfd){ control, POLLIN, 0 }, 1, LATER);
	ck_assert_int_eq(wire_receive(control, &m), 1);
	ck_assert_int_eq(m.head.kind, WIRE_READY);
	ck_assert_int_eq(m.head.rc, 0);
	ck_assert_uint_eq(m.head.value, toy_ops.families);
	wire_clear(&m);
}

void toy_stop(void)
{
	int status;

	close(control);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
}

int toy_descriptors(void)
{
	autofree char *path = xasprintf("/proc/%d/fd", child);
	DIR *dir = opendir(path);
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

long toy_memory(void)
{
	autofree char *path = xasprintf("/proc/%d/statm", child);
	FILE *f = fopen(path, "r");
	long pages = 0;

	ck_assert_int_eq(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages;
}

uint64_t toy_send(const struct um_call *call)
{
	int rc;

	last_tag++;
	while ((rc = wire_send_call(control, last_tag, call, 0, 0)) == -EAGAIN)
		usleep(1000);
	ck_assert_int_eq(rc, 0);
	return last_tag;
}

/* One message from the stack into `kept` or `gone`; false if none came. */
static bool toy_receive(int ms)
{
	struct toy_answer *a = &kept[kept_count];
	int rc;

	if (poll(&(struct pollfd){ control, POLLIN, 0 }, 1, ms) <= 0)
		return false;
	rc = wire_receive(control, &a->message);
	ck_assert_msg(rc == 1, "the stack is gone: %d", rc);
	if (a->message.head.kind == WIRE_GONE) {
		for (unsigned i = 0; wire_sock(&a->message, i); i++)
			gone[gone_count++ % ARRAY_SIZE(gone)] = wire_sock(&a->message, i);
		wire_clear(&a->message);
		return true;
	}
	ck_assert_int_eq(a->message.head.kind, WIRE_ANSWER);
	a->rc = a->message.head.rc;
	a->fd = take_fd(&a->message.fds[0]);
	a->sock = a->message.head.sock;
	ck_assert_uint_lt(++kept_count, ARRAY_SIZE(kept));
	return true;
}

bool toy_wait(uint64_t tag, int ms, struct toy_answer *answer)
{
	for (;;) {
		for (unsigned i = 0; i < kept_count; i++)
			if (kept[i].message.head.tag == tag) {
				*answer = kept[i];
				kept[i] = kept[--kept_count];
				return true;
			}
		if (!toy_receive(ms)) {
			ck_assert_msg(!ms || ms < LATER, "no answer");
			return false;
		}
	}
}

bool toy_gone(uint64_t sock, int ms)
{
	for (;;) {
		for (unsigned i = 0; i < gone_count && i < ARRAY_SIZE(gone); i++)
			if (gone[i] == sock)
				return true;
		if (!toy_receive(ms))
			return false;
	}
}

void toy_interrupt(uint64_t tag)
{
	ck_assert_int_eq(wire_send_interrupt(control, tag), 0);
}

void toy_undo(uint64_t tag, uint64_t sock, int fd)
{
	ck_assert_int_eq(wire_send_undo(control, tag, sock, fd), 0);
	close(fd);
}

uint64_t toy_sock(int fd)
{
	return socks[fd];
}

void toy_adopt(int fd, uint64_t sock)
{
	socks[fd] = sock;
}

void toy_prepare(struct um_call *call, uint32_t op, int fd)
{
	memset(call, 0, sizeof(*call));
	call->op = op;
	call->fd = fd;
	call->sock = fd >= 0 ? socks[fd] : 0;
}

/* As a system call: -1 and errno; or INT_MIN for "the kernel answers". */
#define NATIVE	(-4096)
static int toy_result(struct toy_answer *a)
{
	if (a->rc == UM_CONTINUE)
		return NATIVE;
	if (a->rc < 0) {
		errno = -a->rc;
		return -1;
	}
	if (a->fd >= 0) {
		socks[a->fd] = a->sock;
		return a->fd;
	}
	return a->rc;
}

static int toy_do(const struct um_call *call)
{
	struct toy_answer a;
	int rc;

	toy_wait(toy_send(call), LATER, &a);
	rc = toy_result(&a);
	wire_clear(&a.message);
	return rc;
}

static void toy_address(struct um_call *call, unsigned i, struct sockaddr_in *a, uint16_t port)
{
	*a = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	call->arg[i].in = (uint8_t *)a;
	call->arg[i].in_len = sizeof(*a);
}

int toy_socket(int domain, int type, int protocol)
{
	struct um_call c;

	toy_prepare(&c, UM_SOCKET, -1);
	c.arg[0].value = domain;
	c.arg[1].value = type;
	c.arg[2].value = protocol;
	return toy_do(&c);
}

int toy_bind(int fd, uint16_t port)
{
	struct sockaddr_in a;
	struct um_call c;

	toy_prepare(&c, UM_BIND, fd);
	toy_address(&c, 1, &a, port);
	return toy_do(&c);
}

uint64_t toy_connect_begin(int fd, uint16_t port)
{
	struct sockaddr_in a;
	struct um_call c;

	toy_prepare(&c, UM_CONNECT, fd);
	toy_address(&c, 1, &a, port);
	return toy_send(&c);
}

int toy_connect(int fd, uint16_t port)
{
	struct toy_answer a;
	int rc;

	toy_wait(toy_connect_begin(fd, port), LATER, &a);
	rc = toy_result(&a);
	wire_clear(&a.message);
	return rc;
}

int toy_listen(int fd, int backlog)
{
	struct um_call c;

	toy_prepare(&c, UM_LISTEN, fd);
	c.arg[1].value = backlog;
	return toy_do(&c);
}

int toy_accept(int fd, int flags)
{
	struct um_call c;

	toy_prepare(&c, UM_ACCEPT, fd);
	c.arg[1].room = sizeof(struct sockaddr_in);
	c.arg[3].value = flags;
	return toy_do(&c);
}

int toy_shutdown(int fd, int how)
{
	struct um_call c;
	int rc;

	toy_prepare(&c, UM_SHUTDOWN, fd);
	c.arg[1].value = how;
	rc = toy_do(&c);
	return rc == NATIVE ? shutdown(fd, how) : rc;
}

int toy_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct toy_answer a;
	struct um_call c;
	int rc;

	toy_prepare(&c, UM_GETSOCKOPT, fd);
	c.arg[1].value = level;
	c.arg[2].value = name;
	c.arg[3].room = *len;
	toy_wait(toy_send(&c), LATER, &a);
	rc = toy_result(&a);
	if (rc == NATIVE)
		rc = getsockopt(fd, level, name, value, len);
	else if (rc >= 0) {
		memcpy(value, a.message.call.arg[3].out, a.message.call.arg[3].out_len);
		*len = a.message.call.arg[3].full;
	}
	wire_clear(&a.message);
	return rc;
}

int toy_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct um_call c;
	int rc;

	toy_prepare(&c, UM_SETSOCKOPT, fd);
	c.arg[1].value = level;
	c.arg[2].value = name;
	c.arg[3].in = (uint8_t *)value;
	c.arg[3].in_len = len;
	rc = toy_do(&c);
	return rc == NATIVE ? setsockopt(fd, level, name, value, len) : rc;
}

int toy_port(int fd, bool peer)
{
	struct sockaddr_in in;
	struct toy_answer a;
	struct um_call c;
	int rc;

	toy_prepare(&c, peer ? UM_GETPEERNAME : UM_GETSOCKNAME, fd);
	c.arg[1].room = sizeof(in);
	toy_wait(toy_send(&c), LATER, &a);
	rc = toy_result(&a);
	if (rc >= 0) {
		ck_assert_uint_eq(a.message.call.arg[1].out_len, sizeof(in));
		memcpy(&in, a.message.call.arg[1].out, sizeof(in));
		rc = ntohs(in.sin_port);
	}
	wire_clear(&a.message);
	return rc;
}

ssize_t toy_sendto(int fd, const void *data, size_t len, int flags, uint16_t port)
{
	struct sockaddr_in a;
	struct um_call c;
	int rc;

	toy_prepare(&c, UM_SENDTO, fd);
	c.arg[1].in = (uint8_t *)data;
	c.arg[1].in_len = len;
	c.arg[3].value = flags;
	if (port)
		toy_address(&c, 4, &a, port);
	rc = toy_do(&c);
	return rc == NATIVE ? send(fd, data, len, flags) : rc;
}

ssize_t toy_recvfrom(int fd, void *data, size_t room, int flags, uint16_t *port, int *msg_flags)
{
	struct sockaddr_in in;
	struct toy_answer a;
	struct um_call c;
	int rc;

	toy_prepare(&c, UM_RECVFROM, fd);
	c.arg[1].room = room;
	c.arg[3].value = flags;
	c.arg[4].room = sizeof(in);
	toy_wait(toy_send(&c), LATER, &a);
	rc = toy_result(&a);
	if (rc == NATIVE) {
		rc = recv(fd, data, room, flags);
	} else if (rc >= 0) {
		ck_assert_uint_le(a.message.call.arg[1].out_len, room);
		memcpy(data, a.message.call.arg[1].out, a.message.call.arg[1].out_len);
		if (a.message.call.arg[4].out_len == sizeof(in))
			memcpy(&in, a.message.call.arg[4].out, sizeof(in));
		if (port)
			*port = ntohs(in.sin_port);
		if (msg_flags)
			*msg_flags = a.message.call.arg[7].value;
	}
	wire_clear(&a.message);
	return rc;
}

int toy_close(int fd)
{
	socks[fd] = 0;
	return close(fd);
}
