/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "notification.h"
#include "um_module.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS	/* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1ul
#endif

static int listener = -1;

void notification_start(int fd)
{
	listener = fd;
}

int notification_receive(struct seccomp_notif *n)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, n) < 0 ? -errno : 0;
}

int notification_send(const struct request *r, int64_t rc)
{
	struct seccomp_notif_resp answer = { .id = r->id };

	if (rc == UM_CONTINUE)
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (rc < 0)
		answer.error = rc;
	else
		answer.val = rc;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 ? -errno : 0;
}

bool notification_valid(const struct request *r)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &r->id) == 0;
}

int notification_send_fd(const struct request *r, int fd)
{
	struct seccomp_notif_addfd add = {
		.id = r->id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = fd,
		.newfd_flags = r->close_on_exec ? O_CLOEXEC : 0,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
}

int notification_replace_fd(const struct request *r, int fd, int number)
{
	struct seccomp_notif_addfd add = {
		.id = r->id, .flags = SECCOMP_ADDFD_FLAG_SETFD, .srcfd = fd, .newfd = number,
		.newfd_flags = guest_close_on_exec(r->call.tid, number) ? O_CLOEXEC : 0,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
}

bool notification_no_guests(void)
{
	struct pollfd poll_listener = { .fd = listener, .events = POLLIN };

	return poll(&poll_listener, 1, 0) == 1 && poll_listener.revents & POLLHUP;
}

bool notification_sync_wake_up(int fd)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
}
