/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink.h - what ip(8) does, for the stack that is our default: each asks the
 * network by rtnetlink, and waits for its answer.  0, or -errno.
 */
#ifndef NETLINK_H
#define NETLINK_H

int netlink_up(const char *interface);
/* "ADDRESS/BITS".  IPv6 is usable at once: no duplicate is looked for. */
int netlink_address(const char *interface, const char *address);
/* The default route of the gateway's family. */
int netlink_route(const char *interface, const char *gateway);

#endif
