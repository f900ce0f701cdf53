/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual.h - the calls that the monitor answers itself (owner BY_VIEW). */
#ifndef VIRTUAL_H
#define VIRTUAL_H

#include "request.h"

/* As route(). */
int64_t virtual_call(struct request *r);
/*
 * A decoded UM_SOCKET is to be the host's: UM_CONTINUE if the guest's own call may go
 * on to the kernel (its arguments are in registers), else a socket made
 * here, in r->answer_fd, or -errno.
 */
int64_t virtual_host_socket(struct request *r);

#endif
