/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name.h - what a path names in a view, where that is not what it names on the host.
 *
 * Most paths name nothing of ours, and that must be found out in a few microseconds, without a
 * walk of our own:
 *
 *   1. Some component is the last one of a name of ours?  Then the path is made absolute, by
 *      its text, and compared; or its directory is looked up and compared with the
 *      directory of ours, which finds it through symbolic links.
 *   2. Else it can still end in a symbolic link to one of ours.  The link's text is
 *      read and the question asked again; or, where a mount covers a file that
 *      is there, the file found is compared with that one.
 *
 * A name in a view is that of its mounts; those of files that a view shows in its own way
 * (virtual files) are in virtualfile.c, by the same rules.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <sys/stat.h>

#include "request.h"

/* A path as a guest's call gives it. */
struct name {
	pid_t		 tid;
	const struct view *view;
	int		 dirfd;		/* of the guest, or AT_FDCWD */
	char		*path;		/* owned, never empty */
	bool		 follow;
	unsigned	 links;		/* followed until now */
	/* After name_find(): */
	uint64_t	 components;	/* name_bit() of each, as the path stands */
	struct mount	*mount;		/* NULL: no mount's */
	bool		 below;		/* it goes on below a mount that is no directory */
	char		*absolute;	/* owned; by the text; NULL unless it was of interest */
};

/*
 * The name in argument `index` of a BY_NAME row (a PATH or LINK).  1; 0: an empty path, which
 * is nobody's; -errno: it cannot be read.  name_clear() it after 1.
 */
int name_read(struct request *r, unsigned index, struct name *name);
/* Looks for it, as it stands: true if it is a mount's, or below one. */
bool name_find(struct name *name);
/* Does it end in a symbolic link that is to be followed?  Then it becomes the target. */
bool name_follow(struct name *name);
void name_clear(struct name *name);
/* The same for a path in the monitor's hands, from where tid stands.  NULL: no mount's. */
struct mount *name_mount(pid_t tid, const struct view *view, const char *path);
/* An absolute path with no symbolic link but perhaps the last component, as far as its
   directory is there.  Returned owned. */
char *name_canonical(pid_t tid, const char *absolute);
/* Remembers the file that a new mount covers, if there is one. */
void name_cover(pid_t tid, struct mount *m);
/* The bit of a path's component in a set of such: a hash, for a quick no. */
uint64_t name_bit(const char *component, size_t n);
/* The path made absolute by its text; NULL if the guest is gone. */
const char *name_absolute(struct name *name);
/* Device, inode and mode of what lstat(2) or stat(2) would find for the guest; -EAGAIN: it
   cannot be told without the risk to wait for a slow file system (quick.h). */
int name_look(const struct name *name, const char *path, bool follow, struct stat *status);
/* Some guest has changed its root directory: paths are looked up in its own from now on. */
void name_roots_differ(void);

#endif
