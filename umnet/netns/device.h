/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - an interface of our namespace whose far side is a descriptor.
 *
 * What it sends is received here, what is sent here it receives.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct device {
	const struct device_kind *kind;
	int	fd;			/* pollable, non-blocking; owned */
	int	far;			/* veth: a socket of the far end's namespace; or -1 */
	int	index;			/* wanted for the interface; 0: any */
	char	name[IFNAMSIZ];
};

struct device_kind {
	/* name and kind are set.  0, or the reason in error, and -errno. */
	int	(*open)(struct device *d, bool ethernet, char *error, size_t size);
	/* One packet: its length, -EAGAIN, or another -errno: the interface is gone. */
	ssize_t	(*receive)(struct device *d, void *frame, size_t size);
	/* len or -errno: it is lost. */
	ssize_t	(*send)(struct device *d, const void *frame, size_t len);
	void	(*carrier)(struct device *d, bool on);
};

extern const struct device_kind device_tun, device_veth;

/* The first kind that can be had.  index 0: any. */
int device_open(struct device *d, const char *name, int index, bool ethernet,
		char *error, size_t size);
void device_close(struct device *d);

#endif
