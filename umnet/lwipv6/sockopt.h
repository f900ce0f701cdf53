/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sockopt.h - socket options.  Those the engine acts on are fields; the
 * rest is remembered as it was set.
 */
#ifndef SOCKOPT_H
#define SOCKOPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define SOCKOPT_KEPT	96		/* rows of the table in sockopt.c, at most */

struct sockopt {
	int		 kept[SOCKOPT_KEPT];	/* by row */
	/* Of these, the ones read while packets fly: */
	int		 device;	/* SO_BINDTODEVICE: index, 0 none */
	bool		 v6only, keepalive, reuse_port, nodelay, cork;
	int		 keep_idle, keep_interval, keep_count;
	int		 user_timeout;	/* ms, 0: none */
	int		 defer_accept, linger2;	/* s */
};

void sockopt_init(struct sockopt *o);
int sockopt_set(struct sockopt *o, int domain, int level, int name,
		const void *value, socklen_t len);
int sockopt_get(const struct sockopt *o, int domain, int level, int name,
		void *value, socklen_t *len);
/* The value of an integer option that the table has. */
int sockopt_value(const struct sockopt *o, int level, int name);

#endif
