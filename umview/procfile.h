/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfile.h - the files of /proc that list mounts, with the view's own added. */
#ifndef PROCFILE_H
#define PROCFILE_H

#include <sys/types.h>

/* If path (as the guest gave it, absolute) is such a file: a descriptor of its text
   (owned, read-only).  Else -1. */
int procfile_open(pid_t tid, const char *path);

#endif
