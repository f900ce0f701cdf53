/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter.h - the BPF program made from the table of calls. */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

/* The program, owned by the caller together with ->filter; or dies. */
struct sock_fprog *filter_build(void);

/*
 * In the process that is to be the first guest: load the program.  Returns
 * the listener, or -errno (-EBUSY: a supervisor is there already).
 * *killable tells whether WAIT_KILLABLE_RECV was granted (Linux 5.19).
 */
int filter_load(const struct sock_fprog *program, bool *killable);

#endif
