/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_mount -t TYPE SOURCE TARGET: mounts what a module serves by a virtual call, for
 * containers that deny mount(2).  Whatever else is asked, mount(8) is asked in its place.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "real.h"
#include "um_lib.h"

#define EXIT_FAILED	32	/* as mount(8) */

static const struct { const char *name; unsigned long set, clear; } words[] = {
	{ "defaults", 0, 0 }, { "rw", 0, MS_RDONLY }, { "ro", MS_RDONLY, 0 },
	{ "suid", 0, MS_NOSUID }, { "nosuid", MS_NOSUID, 0 }, { "dev", 0, MS_NODEV },
	{ "nodev", MS_NODEV, 0 }, { "exec", 0, MS_NOEXEC }, { "noexec", MS_NOEXEC, 0 },
	{ "async", 0, MS_SYNCHRONOUS }, { "sync", MS_SYNCHRONOUS, 0 },
	{ "atime", 0, MS_NOATIME }, { "noatime", MS_NOATIME, 0 },
	{ "relatime", MS_RELATIME, 0 },
};

/* Flags that mount(8) knows are taken out of the list; the rest is for the type. */
static bool flag_take(const char *word, size_t length, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == length && !strncmp(words[i].name, word, length)) {
			*flags = (*flags | words[i].set) & ~words[i].clear;
			return true;
		}
	return false;
}

/* Adds a -o list to the options (owned, or NULL); returned anew. */
static char *options_add(char *options, const char *list, unsigned long *flags)
{
	size_t have = options ? strlen(options) : 0;
	char *all = realloc(options, have + strlen(list) + 2);

	if (!all) {
		perror("um_mount");
		exit(EXIT_FAILED);
	}
	all[have] = 0;
	while (*list) {
		size_t length = strcspn(list, ",");

		if (length && !flag_take(list, length, flags)) {
			if (have)
				all[have++] = ',';
			memcpy(all + have, list, length);
			have += length;
			all[have] = 0;
		}
		list += length + (list[length] == ',');
	}
	return all;
}

int main(int argc, char **argv)
{
	const char *type = NULL, *target;
	unsigned long flags = 0;
	char *options = NULL;
	bool ours = true;
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "t:o:nvrw")) != -1)
		switch (option) {
		case 't':
			type = optarg;
			break;
		case 'o':
			options = options_add(options, optarg, &flags);
			break;
		case 'r':
			flags |= MS_RDONLY;
			break;
		case 'n':
		case 'v':
		case 'w':
			break;
		default:
			ours = false;
		}
	if (!ours || !type || argc - optind != 2)
		real_become("mount", argv);
	target = argv[optind + 1];
	if (um_mount(argv[optind], target, type, flags, options && *options ? options : NULL) == 0)
		return EXIT_SUCCESS;
	if (errno == ENOSYS)
		real_become("mount", argv);
	fprintf(stderr, "mount: %s: %s.\n", target, strerror(errno));
	return EXIT_FAILED;
}
