/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container.h - where a container's filter denies mount(2).  That filter was there first, and
 * what it denies never reaches ours: guests get a mount(8) and an umount(8) that
 * ask the monitor in another way (um_mount(1)).
 */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <stdbool.h>

/* Is there such a filter?  Changes nothing. */
bool container_denies_mount(void);
/* Those programs come first in PATH. */
void container_set_path(void);

#endif
