/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_umount TARGET...: unmounts what is the view's own by a virtual call, for containers
 * that deny umount2(2).  Whatever else is asked, umount(8) is asked in its place.
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

#define EXIT_FAILED	32	/* as umount(8) */

int main(int argc, char **argv)
{
	int option, flags = 0, status = EXIT_SUCCESS, others;
	bool ours = true;

	opterr = 0;
	while ((option = getopt(argc, argv, "flnv")) != -1)
		switch (option) {
		case 'f':
			flags |= MNT_FORCE;
			break;
		case 'l':
			flags |= MNT_DETACH;
			break;
		case 'n':
		case 'v':
			break;
		default:
			ours = false;
		}
	if (!ours || optind >= argc)
		real_become("umount", argv);
	/* What is not ours stays in argv. */
	others = optind;
	for (int i = optind; i < argc; i++) {
		if (um_umount(argv[i], flags) == 0)
			continue;
		if (errno == ENOSYS) {
			argv[others++] = argv[i];
			continue;
		}
		fprintf(stderr, "umount: %s: %s.\n", argv[i],
			errno == EBUSY ? "target is busy" : strerror(errno));
		status = EXIT_FAILED;
	}
	argv[others] = NULL;
	if (others > optind)
		real_become("umount", argv);
	return status;
}
