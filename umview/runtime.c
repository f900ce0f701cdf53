/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime.h"
#include "um_module.h"
#include "util.h"

/* Long enough for any use, short enough for a sockaddr_un below it. */
enum { BASE_MAX = 60 };

const char *runtime_base(void)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (!base || base[0] != '/' || strlen(base) > BASE_MAX || access(base, W_OK | X_OK) < 0)
		base = "/tmp";
	return base;
}

static void runtime_path(char *path, size_t size, pid_t monitor)
{
	snprintf(path, size, "%s/umview.%d", runtime_base(), monitor);
}

const char *um_runtime_dir(void)
{
	static char path[BASE_MAX + 32];
	int error;

	if (path[0])
		return path;
	runtime_path(path, sizeof(path), getpid());
	if (mkdir(path, 0700) == 0)
		return path;
	if (errno == EEXIST) {	/* a dead session's, whose pid is now ours */
		runtime_remove(getpid());
		if (mkdir(path, 0700) == 0)
			return path;
	}
	error = errno;
	warn("cannot make '%s': %s", path, strerror(error));
	path[0] = 0;
	errno = error;
	return NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void runtime_remove(pid_t monitor)
{
	char path[BASE_MAX + 32];
	struct stat status;

	runtime_path(path, sizeof(path), monitor);
	if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return;
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
