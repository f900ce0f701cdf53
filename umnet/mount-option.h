/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount-option.h - the options of mount(2), as in
 * "vd0=/tmp/switch,mac=02:00:00:00:00:01,vd1=slirp://,tp0=tap7,ra=/etc/radv.conf".
 */
#ifndef MOUNT_OPTION_H
#define MOUNT_OPTION_H

#include <stddef.h>
#include <stdint.h>

struct cable;

/* What a kind of stack makes of them.  Its functions: 0, or the reason in error, and -errno. */
struct mount_maker {
	const char *owner;		/* what switches are told: "VIEWOS-LWIPv6" */
	uint32_t mtu_min, mtu_max;	/* besides what each wire carries */
	/* The interface vd0 (name "vd", n 0): consumes cable; mac may be NULL, and mtu 0:
	   as usual. */
	int	(*interface)(const char *name, unsigned n, struct cable *cable,
			const uint8_t *mac, uint32_t mtu, char *error, size_t size);
	/* ra=FILE.  NULL: there is no such option. */
	int	(*router)(const char *file, char *error, size_t size);
	/* Any other KEY=VALUE; -ENOENT: no such option.  May be NULL. */
	int	(*other)(const char *key, const char *value, char *error, size_t size);
};

/* Open the wires and make the interfaces.  The reason in error, and -errno. */
int mount_options_apply(const char *options, const struct mount_maker *maker,
		char *error, size_t size);

#endif
