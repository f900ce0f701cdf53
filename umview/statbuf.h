/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statbuf.h - struct stat, struct statx and times, in the guest's layout. */
#ifndef STATBUF_H
#define STATBUF_H

#include <sys/stat.h>
#include <time.h>

#include "request.h"

/* To where argument `index` points: in the layout of the row's call, 64-bit or i386.
   0 or -errno. */
int statbuf_write(const struct request *r, unsigned index, const struct stat *status);
int statbuf_write_statx(const struct request *r, unsigned index, const struct stat *status);
/* Access and modification times, of which either may be UTIME_NOW or UTIME_OMIT, from
   where argument `index` points (null: now): those of utime, utimes or utimensat.
   0, -EFAULT, -EINVAL. */
int statbuf_read_times(const struct request *r, unsigned index, struct timespec times[2]);

#endif
