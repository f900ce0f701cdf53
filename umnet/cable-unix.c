/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cable-unix.c - unix:///PATH: two stacks joined by a SOCK_SEQPACKET socket, a
 * frame a message, with no library at all.  Who comes first makes the socket and
 * listens; when the second goes, it waits for another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cable.h"
#include "util.h"

#define PREFIX "unix://"

struct unix_cable {
	struct cable	 cable;		/* fd: an epoll set of the two below */
	int		 listener;	/* -1: we connected */
	int		 peer;		/* -1: nobody yet */
	struct sockaddr_un name;
};

static void unix_watch(struct unix_cable *u, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	epoll_ctl(u->cable.fd, EPOLL_CTL_ADD, fd, &event);
}

/* Connect, or be the one who listens. */
static int unix_join(struct unix_cable *u)
{
	const struct sockaddr *name = (const struct sockaddr *)&u->name;
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, name, sizeof(u->name)) == 0) {
		u->peer = take_fd(&fd);
		unix_watch(u, u->peer);
		u->cable.connected = true;
		return 0;
	}
	if (errno == ECONNREFUSED)
		unlink(u->name.sun_path);
	else if (errno != ENOENT)
		return -errno;
	if (bind(fd, name, sizeof(u->name)) < 0 || listen(fd, 1) < 0)
		return -errno;
	u->listener = take_fd(&fd);
	unix_watch(u, u->listener);
	return 0;
}

static void unix_cable_close(struct cable *c)
{
	struct unix_cable *u = (struct unix_cable *)c;

	if (u->listener >= 0) {
		close(u->listener);
		unlink(u->name.sun_path);
	}
	if (u->peer >= 0)
		close(u->peer);
	if (c->fd >= 0)
		close(c->fd);
	free(u);
}

static int unix_cable_open(const char *label, const char *where, struct cable **made,
		char *error, size_t size)
{
	struct unix_cable *u = xcalloc(1, sizeof(*u));
	const char *path = where + strlen(PREFIX);
	int rc = -ENAMETOOLONG;

	u->cable = (struct cable){ .kind = &cable_unix, .hangup_fd = -1 };
	u->listener = u->peer = -1;
	u->name.sun_family = AF_UNIX;
	u->cable.fd = epoll_create1(EPOLL_CLOEXEC);
	if (u->cable.fd < 0) {
		rc = -errno;
	} else if (strlen(path) < sizeof(u->name.sun_path)) {
		strcpy(u->name.sun_path, path);
		rc = unix_join(u);
	}
	if (rc < 0) {
		snprintf(error, size, "%s: cannot connect to '%.200s': %s", label, where,
				strerror(-rc));
		unix_cable_close(&u->cable);
		return rc;
	}
	*made = &u->cable;
	return 0;
}

static ssize_t unix_cable_receive(struct cable *c, void *frame, size_t size)
{
	struct unix_cable *u = (struct unix_cable *)c;
	ssize_t n;

	if (u->peer < 0) {
		u->peer = accept4(u->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (u->peer < 0)
			return -EAGAIN;
		unix_watch(u, u->peer);
		c->connected = true;
	}
	n = recv(u->peer, frame, size, 0);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return n > 0 ? n : -EAGAIN;
	close(u->peer);
	u->peer = -1;
	c->connected = false;
	return u->listener < 0 ? -ENOTCONN : -EAGAIN;
}

static ssize_t unix_cable_send(struct cable *c, const void *frame, size_t len)
{
	ssize_t n = send(((struct unix_cable *)c)->peer, frame, len, MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

const struct cable_kind cable_unix = {
	.name = "unix",
	.ethernet = true,
	.mtu_max = 65521,
	.open = unix_cable_open,
	.receive = unix_cable_receive,
	.send = unix_cable_send,
	.close = unix_cable_close,
};
