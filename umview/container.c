/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "container.h"
#include "util.h"

/* The kernel reads the type's name before it asks for any right: EFAULT, but for a filter. */
bool container_denies_mount(void)
{
	return mount(NULL, "/", (const char *)1, 0, NULL) < 0 && errno != EFAULT;
}

void container_set_path(void)
{
	const char *own = getenv("UMVIEW_LIBEXEC"), *path = getenv("PATH");
	autofree char *directory = xasprintf("%s/container", own ? own : LIBEXEC_DIR);
	size_t length = strlen(directory);
	autofree char *longer = NULL;

	if (!path || !*path)
		path = "/usr/local/bin:/usr/bin:/bin";
	if (strncmp(path, directory, length) == 0 && (!path[length] || path[length] == ':'))
		return;		/* in a view inside a view */
	longer = xasprintf("%s:%s", directory, path);
	setenv("PATH", longer, 1);
}
