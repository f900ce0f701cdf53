/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cable.h - wires: what the far end of an interface may be.  A kind of wire is
 * one row of the table in cable.c and one file cable-KIND.c.
 */
#ifndef CABLE_H
#define CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CABLE_FRAME_MAX	(65535 + 14 + 4)

/* An open wire: each kind embeds it first in its own structure. */
struct cable {
	const struct cable_kind *kind;
	int		 fd;		/* pollable, non-blocking; -1 if none yet */
	int		 hangup_fd;	/* -1, or one that only tells that the far end is gone */
	bool		 connected;	/* the far end is there */
};

struct cable_kind {
	const char	*name;
	/*
	 * Open `where` for the interface `label`; blocks a few seconds at most.
	 * Owned result in *made.  On failure the reason in error, and -errno.
	 */
	int	(*open)(const char *label, const char *where, struct cable **made,
			char *error, size_t size);
	/* One frame.  Its length, -EAGAIN, or another -errno: the far end is gone.
	   0: nothing for you, go on. */
	ssize_t	(*receive)(struct cable *c, void *frame, size_t size);
	/* len, or -errno (the frame is lost, as on any wire). */
	ssize_t	(*send)(struct cable *c, const void *frame, size_t len);
	void	(*close)(struct cable *c);	/* consumes */
	bool	ethernet;		/* frames; else bare IP packets */
	uint32_t mtu_max;
};

extern const struct cable_kind cable_vde, cable_tap, cable_tun, cable_unix;

/* Who we are, for those at the far end that can be told; borrowed. */
void cable_owner(const char *name);
const char *cable_owner_name(void);

/* Which kind serves this URL of a vdN= option. */
const struct cable_kind *cable_for_url(const char *url);

#endif
