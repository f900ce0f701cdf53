/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include "device.h"
#include "util.h"

int device_open(struct device *d, const char *name, int index, bool ethernet,
		char *error, size_t size)
{
	char first[256] = "", second[256] = "";
	int rc;

	*d = (struct device){ .kind = &device_tun, .fd = -1, .far = -1, .index = index };
	snprintf(d->name, sizeof(d->name), "%s", name);
	rc = device_tun.open(d, ethernet, first, sizeof(first));
	if (rc >= 0)
		return rc;
	if (!ethernet) {
		snprintf(error, size, "%s: %s", name, first);
		return rc;
	}
	/* No device's node is needed for a veth. */
	d->kind = &device_veth;
	if (device_veth.open(d, ethernet, second, sizeof(second)) >= 0)
		return 0;
	device_close(d);
	snprintf(error, size, "%s: %s; %s", name, first, second);
	return rc;
}

void device_close(struct device *d)
{
	if (d->fd >= 0)
		close(take_fd(&d->fd));
	if (d->far >= 0)
		close(take_fd(&d->far));
}
