/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - the session's own directory, umview.PID in $XDG_RUNTIME_DIR or
 * else in /tmp, of the monitor's pid.  Whoever outlives the monitor removes it.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <sys/types.h>

/* Where it is made. */
const char *runtime_base(void);
/* Remove the directory of that monitor, and all in it, if it is there. */
void runtime_remove(pid_t monitor);

#endif
