/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routecall.h - the structures of SIOCADDRT and SIOCDELRT, of 64-bit and 32-bit guests. */
#ifndef ROUTECALL_H
#define ROUTECALL_H

#include "request.h"

/*
 * Argument 2: struct in6_rtmsg of an AF_INET6 socket, else struct rtentry, followed by
 * the string that its rt_dev points to.  A 32-bit guest's become ours.  0, -EFAULT, -ENOMEM.
 */
int routecall_decode(struct request *r);

#endif
