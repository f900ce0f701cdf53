/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link.h - umnetlink: another name of a stack, for some families.
 *
 * It is a list of paths and no more: the monitor asks at each socket(2) which path
 * serves its family, and goes there.  So a stack that was unmounted and mounted again
 * serves again, and the stack's module need not be umnet.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>

struct link {
	uint64_t	 families;	/* that the source serves */
	char		*source;	/* owned: its path */
	char		*rest;		/* owned: the path that serves the others */
};

/*
 * From mount(2)'s source and target (for thread tid), and options: a list of families
 * (family.h; none: all of them), in which "override" or "o" means that the rest goes to
 * what is mounted at target, not to the default stack.  Returned owned in *link.
 * 0, or -errno after a warning that says why.
 */
int link_new(int tid, const char *source, const char *target, const char *options,
		struct link **link);
void link_free(struct link *link);	/* NULL is allowed */
/* Borrowed; NULL for what no stack serves (AF_UNIX). */
const char *link_path(const struct link *link, int family);
/* Do these options ask for what is mounted at the target? */
bool link_overrides(const char *options);

#endif
