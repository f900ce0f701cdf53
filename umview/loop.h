/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - the monitor's one epoll loop.  A watch is named by its descriptor
 * and a generation, never by a pointer: an event that was under way when its
 * watch ended finds nobody.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

typedef void loop_fn(void *arg, uint32_t events);

void loop_start(void);		/* or dies */
/* um_watch() of um_module.h is the public name of this.  fd is borrowed. */
int loop_watch(int fd, uint32_t events, loop_fn *fn, void *arg);
/*
 * The one descriptor (the listener; borrowed, -1 ends it) that is polled by itself
 * and not through epoll: the kernel's wake-up on the same processor does
 * not reach through an epoll set, and costs 10 us a call then.
 */
void loop_direct(int fd, loop_fn *fn);
/* fn runs every `milliseconds` from now on; 0 stops.  One tick only. */
void loop_tick(unsigned milliseconds, void (*fn)(void));
/* Serve one batch of events; waits at most `timeout` ms (-1: for ever). */
void loop_once(int timeout);
/* An answer will come in microseconds: look for it for a moment before sleeping. */
void loop_expect(void);
uint64_t loop_now(void);	/* CLOCK_MONOTONIC, milliseconds */

#endif
