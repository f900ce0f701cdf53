/* SPDX-License-Identifier: GPL-2.0-or-later */
/* family.h - lists of protocol families, as mstack(1) and umnet take them. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stddef.h>
#include <stdint.h>

/* Every family but AF_UNIX, which is always the kernel's. */
#define FAMILY_ALL	(~(uint64_t)0 & ~(UINT64_C(1) << 1) & ~UINT64_C(1))

/*
 * "ipv4,netlink", "-ipv6", "+ip,-#17": items are all, unix|u, ipv4|4, ipv6|6,
 * netlink|n, packet|p, bluetooth|b, irda|i, ip (4, 6, netlink and packet),
 * #NUMBER or fNUMBER, each with an optional + or -.  A list that begins with
 * '-' begins with all, any other with none.
 *
 * *mask: bits 1 << AF_*.  0, or -EINVAL with the item that is none in bad.
 */
int family_list(const char *list, uint64_t *mask, char *bad, size_t size);

/* The name of a family, "ipv4", or NULL. */
const char *family_name(int family);

#endif
