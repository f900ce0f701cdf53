/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_table.h - the routing table, kept in step with the library's list. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config.h"

#define METRIC_KERNEL6	256
#define METRIC_USER6	1024

struct entry {
	struct entry	*next;
	struct net_route route;
	struct ip_route_list *element;	/* in the library's list; NULL if the route is in
					   another table than main */
	bool		 hidden;	/* Linux has it in table local, or not at all */
};

/* Take over what the library has done to its list; before anything else. */
void table_sync(void);
/* Borrowed, valid until the next change. */
const struct entry *table_first(void);
/* Then table_relink().  -ENOBUFS. */
int table_add(const struct net_route *r, bool append);
/* Link the library's list as the table stands. */
void table_relink(void);
/* Remove the entries of which `gone` says so; returns how many.  Syncs, relinks. */
int table_remove(bool (*gone)(const struct entry *e, const void *arg), const void *arg);

#endif
