/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount-option.h - the options of mount(2), as in
 * "vd0=/tmp/switch,mac=02:00:00:00:00:01,vd1=slirp://,tp0=tap7,ra=/etc/radv.conf".
 */
#ifndef MOUNT_OPTION_H
#define MOUNT_OPTION_H

#include <stddef.h>

/* Make the interfaces.  The reason in error, and -errno. */
int mount_options_apply(const char *options, char *error, size_t size);

#endif
