/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.h - the modules that are loaded. */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "um_module.h"

struct service {
	const struct um_module *module;	/* owned: a copy, with every member that we know */
	void		*handle;	/* dlopen's */
	bool		 permanent;
	struct service	*next;
};

/* "module[,options]" (a relative path is from directory `cwd`).  0; -ENOENT, -EEXIST, -ENOEXEC or what
   its init says; a warning has told the user why. */
int service_add(const char *module_and_options, bool permanent);
/* -ENOENT, -EPERM (permanent).  The caller knows that nothing is mounted. */
int service_remove(struct service *service);
struct service *service_find(const char *name);
/* Who mounts this type; NULL if nobody. */
struct service *service_for(const char *fstype);
/* The session ends, nothing is mounted: let every module finish. */
void service_end_all(void);
/* "name: summary\n" of each; owned by the caller. */
char *service_list(void);

#endif
