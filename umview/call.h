/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call.h - the life of a call: receive, route, answer, undo. */
#ifndef CALL_H
#define CALL_H

#include <stdbool.h>

/* Serve this listener (borrowed) from the loop; ended() runs when its last
   guest is gone. */
void call_start(int listener, void (*ended)(void));
/* Is the last guest gone? */
bool call_no_guests(void);
/* Ask for wake-ups on this processor (Linux 6.6).  Was it granted? */
bool call_sync_wake_up(int listener);

#endif
