/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "real.h"

/* Goes on only if it is not to be had. */
static void real_try(const char *directory, size_t length, const char *name, char **argv)
{
	struct stat its, ours;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s/%s", (int)length, directory, name) >= (int)sizeof(path))
		return;
	if (stat(path, &its) < 0 || !S_ISREG(its.st_mode))
		return;
	if (stat("/proc/self/exe", &ours) == 0 && its.st_dev == ours.st_dev && its.st_ino == ours.st_ino)
		return;
	execv(path, argv);
}

void real_become(const char *name, char **argv)
{
	const char *at = getenv("PATH");

	while (at) {
		size_t length = strcspn(at, ":");

		if (length)
			real_try(at, length, name, argv);
		at = at[length] ? at + length + 1 : NULL;
	}
	real_try("/bin", strlen("/bin"), name, argv);
	real_try("/usr/bin", strlen("/usr/bin"), name, argv);
	fprintf(stderr, "%s: there is no other %s: %s\n", argv[0], name, strerror(errno));
	exit(127);
}
