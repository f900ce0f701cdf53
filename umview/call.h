/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call.h - the life of a call: receive, route, answer, undo. */
#ifndef CALL_H
#define CALL_H

/* Serve this listener (borrowed) from the loop; ended() runs when its last
   guest is gone. */
void call_start(int listener, void (*ended)(void));

#endif
