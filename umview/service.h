/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service.h - the modules that are loaded.
 *
 * A module is loaded into the monitor once, and goes when no view has it any more.
 * Each view has a list of its own of those that it knows.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "um_module.h"

struct service {
	const struct um_module *module;	/* owned: a copy, of the length that we know */
	const struct um_module *own;	/* the module's */
	void		*handle;	/* dlopen's */
	unsigned	 lists;		/* how many know it */
	struct service	*next;
};

struct service_list {
	struct loaded	*first;		/* owned */
};

/* "module[,options]".  0; -ENOENT, -EEXIST, -ENOEXEC or what its init says; a warning
   has told the user why. */
int service_add(struct service_list *list, const char *module_and_options, bool permanent);
/* dlopen(3) of a module's file by its name: looked for in $UMVIEW_MODULES, ~/.umview/modules,
   then where they are installed.  NULL: *found tells if there is such a file. */
void *module_open(const char *name, bool *found);
/* -EPERM (permanent).  The caller knows that nothing of this list's view uses it. */
int service_remove(struct service_list *list, struct service *service);
struct service *service_find(const struct service_list *list, const char *name);
/* Who mounts this type; NULL if nobody. */
struct service *service_for(const struct service_list *list, const char *fstype);
/* `to`, which is empty, gets all that `from` has. */
void service_copy(struct service_list *to, const struct service_list *from);
/* All of them, permanent or not. */
void service_clear(struct service_list *list);
/* The session ends, nothing is mounted: let every module finish. */
void service_end_all(void);
/* "name: summary\n" of each; owned by the caller. */
char *service_text(const struct service_list *list);
/* Families that its modules deny to those who chose no stack. */
uint64_t service_denied(const struct service_list *list);

#endif
