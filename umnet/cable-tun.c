/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cable-tun.c - wires to the host's kernel: tap (frames) and tun (IP packets). */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cable.h"
#include "util.h"

#define DEVICE "/dev/net/tun"

static int tun_open(const struct cable_kind *kind, short flags, const char *label,
		const char *name, struct cable **made, char *error, size_t size)
{
	struct ifreq request = { .ifr_flags = flags | IFF_NO_PI };
	autoclose int fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct cable *c;
	int rc;

	if (fd < 0) {
		rc = -errno;
		snprintf(error, size, "%s: cannot open " DEVICE ": %s", label, strerror(-rc));
		return rc;
	}
	if (name && strlen(name) >= sizeof(request.ifr_name)) {
		snprintf(error, size, "%s: '%.20s...' is too long for an interface",
				label, name);
		return -EINVAL;
	}
	if (name)
		strcpy(request.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		rc = -errno;
		snprintf(error, size, "%s: cannot attach to '%.200s': %s", label,
				name ? name : "a new interface", strerror(-rc));
		return rc;
	}
	c = xcalloc(1, sizeof(*c));
	c->kind = kind;
	c->fd = take_fd(&fd);
	c->hangup_fd = -1;
	c->connected = true;
	*made = c;
	return 0;
}

static int tap_cable_open(const char *label, const char *where, struct cable **made,
		char *error, size_t size)
{
	return tun_open(&cable_tap, IFF_TAP, label, where, made, error, size);
}

static int tun_cable_open(const char *label, const char *where, struct cable **made,
		char *error, size_t size)
{
	return tun_open(&cable_tun, IFF_TUN, label, where, made, error, size);
}

static ssize_t tun_receive(struct cable *c, void *frame, size_t size)
{
	ssize_t n = read(c->fd, frame, size);

	if (n >= 0)
		return n;
	/* The host's interface is down: it may come up again. */
	return errno == EIO || errno == EINTR ? -EAGAIN : -errno;
}

static ssize_t tun_send(struct cable *c, const void *frame, size_t len)
{
	ssize_t n = write(c->fd, frame, len);

	return n < 0 ? -errno : n;
}

static void tun_close(struct cable *c)
{
	close(c->fd);
	free(c);
}

const struct cable_kind cable_tap = {
	.name = "tap",
	.ethernet = true,
	.mtu_max = 65521,
	.open = tap_cable_open,
	.receive = tun_receive,
	.send = tun_send,
	.close = tun_close,
};

const struct cable_kind cable_tun = {
	.name = "tun",
	.mtu_max = 65535,
	.open = tun_cable_open,
	.receive = tun_receive,
	.send = tun_send,
	.close = tun_close,
};
