/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stackinfo.h - what a stack says of itself by netlink: addresses, and sockets by state. */
#ifndef STACKINFO_H
#define STACKINFO_H

#include <net/if.h>
#include <netinet/in.h>

enum { STACKINFO_ADDRESSES = 64, STACKINFO_STATES = 13 };

struct stackinfo {
	int	error;			/* errno: it was not asked, or did not answer */
	unsigned addresses;		/* how many; only the first are kept */
	struct {
		int	index;
		char	interface[IFNAMSIZ];
		char	text[INET6_ADDRSTRLEN + 4];	/* "10.0.0.1/24" */
	} address[STACKINFO_ADDRESSES];
	unsigned tcp[STACKINFO_STATES];	/* by TCP_ESTABLISHED ... */
	unsigned udp;
};

/* Asks the stack mounted at path, for some seconds at most. */
void stackinfo_ask(const char *path, struct stackinfo *info);
const char *stackinfo_state(unsigned state);	/* as ss(8) calls it; NULL: none */

#endif
