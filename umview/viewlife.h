/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viewlife.h - how a view inside another begins, and when it has ended. */
#ifndef VIEWLIFE_H
#define VIEWLIFE_H

#include <sys/types.h>

struct view;

/* Process pid moves into a new view inside `parent`.  Its number, or -errno. */
int viewlife_begin(struct view *parent, pid_t pid);

#endif
