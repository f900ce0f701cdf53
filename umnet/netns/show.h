/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.h - the namespace's own files: /proc/net, /sys/class/net. */
#ifndef SHOW_H
#define SHOW_H

/* As um_stack.h's file(). */
int show_file(const char *name);

#endif
