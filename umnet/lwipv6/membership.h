/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * membership.h - multicast groups that sockets of this stack have joined, all together.
 * index: of the interface, 0 for any.
 */
#ifndef MEMBERSHIP_H
#define MEMBERSHIP_H

#include "address.h"

/* 0 or -ENOBUFS. */
int membership_add(const struct ip_addr *group, int index);
void membership_drop(const struct ip_addr *group, int index);
/* Has any socket joined the group, so that it is received on this interface? */
bool membership_exists(const struct ip_addr *group, int index);
/* Report again what is received on this interface: this group, or (any) all of its family. */
void membership_answer(const struct ip_addr *group, int index);

/* membership-report.c: tell the wires (index 0: all) of a group. */
void membership_tell(const struct ip_addr *group, int index, bool joined);

#endif
