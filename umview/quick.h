/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quick.h - looking at files for guests, without ever waiting for somebody.
 *
 * On FUSE and on network file systems any look may wait for a server, which may be a guest that
 * has stopped. The list of mounts that the monitor sees tells which are quick. A mount that is
 * not on it counts as slow: guests with a mount namespace of their own have
 * such, and the monitor gets there by /proc/PID/cwd, root and fd.
 */
#ifndef QUICK_H
#define QUICK_H

#include <stdbool.h>
#include <sys/stat.h>

/* Is this open file (O_PATH will do) on a quick mount?  Where it is not, nothing but
   quick_stat() may be done with it. */
bool quick_is(int fd);
/*
 * An O_PATH descriptor, owned, of a path of the monitor's; what the kernel has in
 * its memory, or where all mounts are quick.  -EAGAIN: that cannot be told without a risk.
 */
int quick_open(const char *path, bool follow);
/* The same, by way of a magic link of /proc to a directory, and a path below it. */
int quick_open_below(const char *directory, const char *path, bool follow);
/* Device, inode and mode, as the kernel remembers them. 0 or -errno. */
int quick_stat(int fd, struct stat *status);

#endif
