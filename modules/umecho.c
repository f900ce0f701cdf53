/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umecho: a network where whoever you talk to sends back what you sent.
 *
 *	um_add_service umecho
 *	mount -t umecho none /dev/net/echo
 *	mstack /dev/net/echo nc 192.0.2.1 7
 *
 * The smallest whole module: copy it.  A socket is a pair: one end goes to the
 * guest; the other is ours, and its descriptor's number is the socket's name.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "um_module.h"

static int open_sockets;

/* Peek, send, take: what finds no room waits in the socket, not here. */
static void echo_ready(void *arg, uint32_t events)
{
	static char data[65536];
	int fd = (intptr_t)arg;
	ssize_t n = recv(fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT), sent;
	bool full;

	if (n < 0 || (events & EPOLLHUP) || (n == 0 && (events & EPOLLRDHUP))) {
		um_watch(fd, 0, NULL, NULL);
		um_forget(fd);
		close(fd);
		open_sockets--;
		return;
	}
	sent = send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	full = sent < 0 && errno == EAGAIN;
	if (!full)
		recv(fd, data, sent < 0 ? n : sent, MSG_DONTWAIT);
	um_watch(fd, full ? EPOLLOUT : EPOLLIN | EPOLLRDHUP, echo_ready, arg);
}

static int64_t echo_socket(struct um_call *c)
{
	int flags = c->arg[1].value & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	int type = c->arg[1].value & ~flags, pair[2];

	if (type == SOCK_DGRAM)
		type = SOCK_SEQPACKET;	/* keeps messages, too, and tells of the close */
	else if (type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (socketpair(AF_UNIX, type | flags | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	um_watch(pair[0], EPOLLIN | EPOLLRDHUP, echo_ready, (void *)(intptr_t)pair[0]);
	um_done_fd(c, pair[1], pair[0]);
	open_sockets++;
	return UM_TAKEN;
}

static int64_t echo_call(void *inst, struct um_call *c)
{
	if (c->op == UM_SOCKET)
		return echo_socket(c);
	if (c->op == UM_BIND || c->op == UM_CONNECT)
		return 0;		/* everybody is there */
	return UM_CONTINUE;		/* the pair does the rest by itself */
}

static int64_t echo_mount(struct um_call *c, void **inst)
{
	*inst = &open_sockets;		/* every mount is the same network */
	return 0;
}

static int echo_umount(void *inst, int flags)
{
	return open_sockets && !(flags & UM_SESSION_END) ? -EBUSY : 0;
}

static uint64_t echo_families(void *inst)
{
	return 1 << AF_INET | 1 << AF_INET6;
}

struct um_module um_module = {
	.api = UM_MODULE_API, .size = sizeof(um_module), .name = "umecho",
	.summary = "a network that sends back what it is told",
	.fstypes = (const char *const []) { "umecho", NULL },
	.mount = echo_mount, .umount = echo_umount,
	.families = echo_families, .call = echo_call,
};
