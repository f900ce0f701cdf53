/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tun.c - a TAP or TUN device in the namespace. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "util.h"

#define NODE "/dev/net/tun"

static int tun_open(struct device *d, bool ethernet, char *error, size_t size)
{
	struct ifreq request = { .ifr_flags = (ethernet ? IFF_TAP : IFF_TUN) | IFF_NO_PI };
	autoclose int fd = open(NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int rc = 0;

	if (fd < 0) {
		rc = -errno;
		snprintf(error, size, "cannot open " NODE ": %s", strerror(-rc));
		return rc;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", d->name);
	if ((d->index && ioctl(fd, TUNSETIFINDEX, &d->index) < 0) ||
	    ioctl(fd, TUNSETIFF, &request) < 0) {
		rc = -errno;
		snprintf(error, size, "cannot make a TAP device: %s", strerror(-rc));
		return rc;
	}
	d->fd = take_fd(&fd);
	return 0;
}

static ssize_t tun_receive(struct device *d, void *frame, size_t size)
{
	ssize_t n = read(d->fd, frame, size);

	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

static ssize_t tun_send(struct device *d, const void *frame, size_t len)
{
	ssize_t n = write(d->fd, frame, len);

	return n < 0 ? -errno : n;
}

static void tun_carrier(struct device *d, bool on)
{
	int value = on;

	ioctl(d->fd, TUNSETCARRIER, &value);
}

const struct device_kind device_tun = {
	.open = tun_open,
	.receive = tun_receive,
	.send = tun_send,
	.carrier = tun_carrier,
};
