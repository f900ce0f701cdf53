/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vde_default.h - the machine's or the user's default VDE switch. */
#ifndef VDE_DEFAULT_H
#define VDE_DEFAULT_H

#include <stdbool.h>
#include <stddef.h>

/* Does one run, where vde_open(NULL) looks?  Its directory goes into path if size is not 0. */
bool vde_default_runs(char *path, size_t size);

#endif
