/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount.h - what modules have mounted, and which of it a view has, by path.
 *
 * A view has a table of its own, as a process has a mount namespace: a copy of its
 * parent's when it begins, and what either mounts or unmounts later is the
 * other's secret.  The instance of a module behind a mount is shared, and
 * goes with the last table that has it.
 *
 * A mount is kept by a reference, slot and generation in one number, wherever
 * it must be remembered across events (contexts, tables); a struct mount * is good
 * until the loop goes round.
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
	uint32_t	 slot;
	unsigned	 tables;	/* how many have it */
	char		*path, *fstype, *source, *options;	/* owned */
	struct service	*service;
	void		*instance;	/* the module's */
	unsigned	 id;		/* in mountinfo; grows, never reused */
	const char	*base;		/* the last component of path, in it */
	size_t		 base_length;
	uint64_t	 base_bit;	/* name_bit() of it */
	struct {			/* the file under it; inode 0: there is none */
		dev_t	 device;
		ino_t	 inode;
	} covered;
	/* Its special file. */
	uid_t		 uid;
	gid_t		 gid;
	mode_t		 mode;		/* permissions; the type is S_IFSTACK */
	struct timespec	 accessed, modified, changed;
};

#define MOUNT_NONE	UINT64_MAX	/* a reference to nothing */

struct mount_table {
	uint64_t	*refs;		/* owned; oldest first */
	unsigned	 count;
};

/* A new mount in state STARTING, in this table: copies the strings.  NULL: there are
   too many. */
struct mount *mount_add(struct mount_table *table, const char *path, const char *fstype,
		const char *source, const char *options, struct service *service);
/* It is there (READY), or will never be (rc < 0: forgotten; the module has let go). */
void mount_started(struct mount *m, int64_t rc);
/*
 * Takes m out of the table; if no other has it, the module unmounts it with these
 * flags, and may refuse: then it stays.  0 or -errno.
 */
int mount_leave(struct mount_table *table, struct mount *m, int flags);
/* Takes out all, without asking. */
void mount_clear(struct mount_table *table);
/* `to`, which is empty, gets all of `from` that is READY. */
void mount_copy(struct mount_table *to, const struct mount_table *from);

/* Is something mounted at path, or somewhere below it? */
bool mount_below(const struct mount_table *table, const char *path);
/* The newest mount at exactly path; READY ones only.  NULL if none. */
struct mount *mount_find(const struct mount_table *table, const char *path);
/* Is one being made there? */
bool mount_starting(const struct mount_table *table, const char *path);
bool mount_uses(const struct mount_table *table, const struct service *service);
/* Calls fn for each READY mount of the table, oldest first. */
void mount_each(const struct mount_table *table, void (*fn)(struct mount *m, void *arg),
		void *arg);

uint64_t mount_ref(const struct mount *m);
struct mount *mount_get(uint64_t ref);	/* NULL: it is gone */
unsigned mount_count(void);		/* READY, of all views */
/* Does it serve a family, itself or by another mount? */
bool mount_answers(const struct mount *m, int family);
/*
 * *m becomes the mount that serves a family in its place, after its alias, and that
 * one's alias ..., in this table.  0; -EAFNOSUPPORT; -ENETDOWN: the one that should is
 * gone; -ELOOP.
 */
int mount_serving(const struct mount_table *table, struct mount **m, int family);
/* The session ends: every module unmounts what it has, whoever has it. */
void mount_end_all(void);

#endif
