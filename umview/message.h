/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.h - struct msghdr and its relatives, of 64-bit and 32-bit guests:
 * unfolded into UM_SENDTO's and UM_RECVFROM's arguments, and folded back.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "request.h"

int message_decode(struct request *r);
/* Writes argument 1's bytes to the guest's iovecs. */
int message_scatter(struct request *r);
/* A 32-bit guest's control messages are shorter: cut and fold the answer's. */
void message_narrow_control(struct request *r);
/* recvmmsg's struct timespec. */
void message_write_time(const struct request *r, uint64_t ms);
/* SIOCGIFCONF's answer for a 32-bit guest, whose struct ifreq is shorter. */
int message_narrow_interfaces(struct request *r);
/* Copy len bytes of the guest's into argument `index` (request.c). */
int request_read(struct request *r, unsigned index, uint64_t address, size_t len);

#endif
