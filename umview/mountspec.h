/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountspec.h - what --mount says: TYPE:SOURCE:TARGET[:OPTIONS]. */
#ifndef MOUNTSPEC_H
#define MOUNTSPEC_H

enum { MOUNTS = 32 };

struct mountspec {
	unsigned count;
	struct mountspec_item {
		const char *type, *source, *target, *options;	/* "" if there are none */
	} item[MOUNTS];
};

/* Dies of what makes no sense. */
void mountspec_take(struct mountspec *mounts, const char *value);

#endif
