/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount.h - what modules have mounted: instances by path.
 *
 * A mount is kept by a reference, slot and generation in one number, wherever
 * it must be remembered across events (contexts); a struct mount * is good until the
 * loop goes round.
 */
#ifndef MOUNT_H
#define MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "um_module.h"

struct service;

enum mount_state { MOUNT_FREE = 0, MOUNT_STARTING, MOUNT_READY };

struct mount {
	enum mount_state state;
	uint32_t	 generation;
	char		*path, *fstype, *source, *options;	/* owned */
	struct service	*service;
	void		*instance;	/* the module's */
	unsigned	 id;		/* in mountinfo; grows, never reused */
	time_t		 when;
};

#define MOUNT_NONE	UINT64_MAX	/* a reference to nothing */

/* A new mount in state STARTING: copies the strings.  NULL: there are too many. */
struct mount *mount_add(const char *path, const char *fstype, const char *source,
		const char *options, struct service *service);
void mount_remove(struct mount *m);	/* forgets it; the module has let go */
/* Is something mounted at path, or somewhere below it? */
bool mount_below(const char *path);
/* The newest mount at exactly path; READY ones only.  NULL if none. */
struct mount *mount_find(const char *path);
bool mount_starting(const char *path);	/* is one being made there? */
bool mount_uses(const struct service *service);
uint64_t mount_ref(const struct mount *m);
struct mount *mount_get(uint64_t ref);	/* NULL: it is gone */
unsigned mount_count(void);
/* Calls fn for each READY mount, oldest first. */
void mount_each(void (*fn)(struct mount *m, void *arg), void *arg);
/* Does it serve a family, itself or by another mount? */
bool mount_answers(const struct mount *m, int family);
/*
 * *m becomes the mount that serves a family in its place, after its alias, and that
 * one's alias ... 0; -EAFNOSUPPORT; -ENETDOWN: the one that should is gone;
 * -ELOOP.
 */
int mount_serving(struct mount **m, int family);

#endif
