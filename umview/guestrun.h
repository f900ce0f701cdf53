/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guestrun.h - the first guest, from clone to exec. */
#ifndef GUESTRUN_H
#define GUESTRUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "session.h"

struct guest_start {
	int	listener;	/* owned by the caller */
	bool	killable;	/* WAIT_KILLABLE_RECV was granted */
	int	go;		/* the guest waits for a byte from here */
};

/* The guest is there, filtered, and waits.  Its pid; dies on failure. */
pid_t guest_start(struct guest_start *start, const struct session *session);
/* Makes the network of --net, runs the rc files, which are told whether the view is inside another, and becomes
   the command. */
void guest_become(const struct session *session, bool nested) __attribute__((noreturn));
/* Let it run its rc files and exec the command. */
void guest_go(struct guest_start *start);
/* The table of descriptors that we share with a clone becomes our own.  0, or -1 and errno. */
int descriptors_unshare(void);

#endif
