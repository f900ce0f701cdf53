/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netfile.h - the files by which Linux tells of a network, over a struct net_ops. */
#ifndef NETFILE_H
#define NETFILE_H

#include <stdio.h>

#include "net.h"

/* For um_stack.h's file(): a new file with the text of this moment, returned owned;
   -ENOENT: there is none of this name. */
int netfile_open(const struct net_ops *net, const char *name);

/* Inside: each writes one file.  kind: what of several it is. */
struct netfile {
	FILE		*out;
	const struct net_ops *net;
	int		 family;
	int		 protocol;
	bool		 raw;
	unsigned	 count;		/* of lines */
	struct net_link	 link;		/* a work space */
};

void netfile_tcp(struct netfile *f);
void netfile_udp(struct netfile *f);	/* raw, too */
void netfile_packet(struct netfile *f);
void netfile_sockstat(struct netfile *f);
void netfile_snmp(struct netfile *f);
void netfile_class(struct netfile *f);

#endif
