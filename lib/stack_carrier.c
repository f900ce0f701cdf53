/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_carrier.c - a socketpair that looks like a socket of the stack.
 *
 * B's receive queue is hardly ever empty in a STREAM carrier: it begins with
 * `stream.skip` bytes that are not the guest's data (or were taken already; see
 * stack_stream.c).  Closing B over unread bytes is what shows A a reset, whenever it
 * must happen, and also when this process dies.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"

#ifndef SO_PASSRIGHTS		/* Linux 6.16 */
#define SO_PASSRIGHTS	83
#endif
#define JUNK	(256 * 1024)

static uint8_t junk[JUNK];

static void carrier_event(void *arg, uint32_t events);

/* Room is of interest only while something waits for it: every read of the
   guest's makes some. */
static int carrier_watch(struct sock *s)
{
	if (s->fd < 0)
		return 0;
	return loop_watch(s->fd, EPOLLIN | EPOLLRDHUP | EPOLLET | (s->full ? EPOLLOUT : 0),
			carrier_event, s);
}

void carrier_fill(struct sock *s)
{
	if (s->full)
		return;
	s->full = true;
	carrier_watch(s);	/* if there is room by now, there is an event */
}

static void carrier_event(void *arg, uint32_t events)
{
	struct sock *s = arg;

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->readable = true;
	s->hup |= events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	if (events & EPOLLOUT && s->full) {
		s->full = false;
		if (sock_is_stream(s))
			stream_deliver_rest(s);
		else
			message_flush_outbox(s);
		if (!s->full)
			carrier_watch(s);
	}
	if (events & ~EPOLLOUT)
		sock_work(s);
}

/*
 * With a 12-byte abstract name on B, what the kernel tells a guest's recvmsg has the
 * size of a sockaddr_nl, with nl_pid 0.  Without (never seen): 0 bytes.
 */
static void carrier_name(int fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	for (int i = 0; i < 8; i++) {
		uint8_t random[5];

		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return;
		a.sun_path[1] = random[0];
		memcpy(a.sun_path + 6, random + 1, 4);
		if (bind(fd, (struct sockaddr *)&a, 12) == 0)
			return;
	}
}

int carrier_open(struct sock *s, bool nonblock, int *guest)
{
	int type = sock_is_stream(s) ? SOCK_STREAM : SOCK_SEQPACKET;
	autoclose int a = -1;
	struct stat st;
	int pair[2], rc;

	/* Ours is used with MSG_DONTWAIT: the flag is for A. */
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0), 0, pair) < 0)
		return -errno;
	a = pair[1];
	if (descriptor_is_last(pair[0] > a ? pair[0] : a)) {
		close(pair[0]);
		return -ENFILE;
	}
	s->fd = pair[0];
	s->nonblock = nonblock;
	/* TCP carries no descriptors.  (Older kernels drop them as B is read.) */
	setsockopt(s->fd, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int));
	if (fstat(a, &st) == 0)
		s->inode = st.st_ino;
	rc = census_add(a, s->id);
	if (rc == 0 && sock_is_stream(s)) {
		/* Urgent bytes in their place: else FIONREAD counts what recv()
		   does not give. */
		setsockopt(s->fd, SOL_SOCKET, SO_OOBINLINE, &(int){ 1 }, sizeof(int));
		s->stream.skip = 1;
		rc = send(a, junk, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -ENOBUFS;
	}
	if (rc == 0)
		rc = carrier_watch(s);
	if (rc < 0) {
		close(s->fd);
		s->fd = -1;
		return rc;
	}
	if (s->um.domain == AF_NETLINK)
		carrier_name(s->fd);
	*guest = take_fd(&a);
	return 0;
}

void carrier_close(struct sock *s)
{
	if (s->fd < 0)
		return;
	loop_close(s->fd);
	close(s->fd);
	s->fd = -1;
}

static size_t carrier_unread(const struct sock *s)
{
	int n = 0;

	if (s->fd < 0 || ioctl(s->fd, FIONREAD, &n) < 0 || n < 0)
		return 0;
	return n;
}

size_t carrier_fresh(const struct sock *s)
{
	size_t n = carrier_unread(s);

	return n > s->stream.skip ? n - s->stream.skip : 0;
}

void carrier_forget(struct sock *s)
{
	s->stream.skip = carrier_unread(s);
}

/*
 * The last byte, which stays, is in a buffer of its own: a guest that makes its
 * SO_SNDBUF small later could never write over a big one.  There is no room for it but
 * with more SO_SNDBUF, for a moment.
 */
void carrier_plug(struct sock *s, int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	if (fd < 0 || s->fd < 0 || s->plugged)
		return;
	while (send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ INT_MAX / 2 }, sizeof(int));
		send(fd, junk, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		size /= 2;	/* the kernel doubles it */
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	s->plugged = true;
	carrier_forget(s);
}

/* What the guest writes as soon as there is room stays: the plug is counted. */
void carrier_unplug(struct sock *s)
{
	s->plugged = false;
	while (s->stream.skip > 1) {
		size_t want = s->stream.skip - 1;
		ssize_t n = recv(s->fd, junk, want < JUNK ? want : JUNK, MSG_DONTWAIT);

		if (n <= 0)
			break;
		s->stream.skip -= n;
	}
}

void carrier_reset(struct sock *s, int error)
{
	s->state = STATE_DEAD;
	s->error = error;
	s->error_shown = true;
	carrier_close(s);
	census_doubt(s, false);
}

bool carrier_closed(struct sock *s)
{
	bool here = s->eof || s->shut & SHUT_READ;

	if (!(s->hup & EPOLLHUP))
		return false;
	/* Only both directions shut looks like a close, and is not. */
	if (!(s->shut & SHUT_WRITE && here))
		return true;
	census_doubt(s, true);
	return false;
}
