/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notification.h - the kernel's side of a request: seccomp_unotify(2). */
#ifndef NOTIFICATION_H
#define NOTIFICATION_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/* fd (borrowed) is the listener. */
void notification_start(int fd);
/* n: zeroed, with room for what a newer kernel adds.  0 or -errno. */
int notification_receive(struct seccomp_notif *n);
/* Sends the answer, a result, -errno or UM_CONTINUE.  -ENOENT: nobody waits for it any more. */
int notification_send(const struct request *r, int64_t rc);
/* Puts a copy of fd into the guest as the call's result. */
int notification_send_fd(const struct request *r, int fd);
/* Puts a copy of fd into the guest as its descriptor `number`; the call goes on. */
int notification_replace_fd(const struct request *r, int fd, int number);
/* Does the guest still wait? */
bool notification_valid(const struct request *r);
/* Has the filter no user any more? */
bool notification_no_guests(void);
/* Ask for wake-ups on the same processor (Linux 6.6); fd is the listener. */
bool notification_sync_wake_up(int fd);

#endif
