/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount.h"
#include "shadow.h"
#include "um_module.h"
#include "util.h"

enum { LIST_MAX = 4 << 20 };

/* The list as text, owned; NULL: it cannot be had. */
static char *list_read(int fd, size_t size)
{
	char *text = size <= LIST_MAX ? malloc(size + 1) : NULL;
	ssize_t n = text ? pread(fd, text, size, 0) : -1;

	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	return text;
}

/* Is it what the directory was made of? */
static bool list_is_current(const char *path, const char *text, size_t n)
{
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	autofree char *old = NULL;

	if (fd < 0 || fstat(fd, &status) < 0 || (size_t)status.st_size != n)
		return false;
	old = list_read(fd, n);
	return old && memcmp(old, text, n) == 0;
}

static void file_write(int directory, const char *path, const char *content, size_t n)
{
	autoclose int fd = openat(directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
				  O_NONBLOCK | O_CLOEXEC, 0444);

	if (fd < 0 || write(fd, content, n) != (ssize_t)n)
		warn("cannot write '%s': %s", path, strerror(errno));
}

/* Directories on the way; false for a path that could lead elsewhere. */
static bool parents_make(int directory, char *path)
{
	if (*path == '/' || strstr(path, ".."))
		return false;
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdirat(directory, path, 0755);
		*slash = '/';
	}
	return true;
}

static void list_unfold(int directory, char *text)
{
	char *next;

	for (char *line = text; line && *line; line = next) {
		char *content = strchr(line, ' ');

		next = strchr(line, '\n');
		if (!next || !content || content > next)
			return;
		*content++ = 0;
		next++;
		if (parents_make(directory, line))
			file_write(directory, line, content, next - content);
	}
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	if (ftw->level)
		remove(path);
	return 0;
}

static int shadow_make(const char *path, char *text, size_t n)
{
	autofree char *list = xasprintf("%s.list", path);
	autoclose int directory = -1;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	if (list_is_current(list, text, n))
		return take_fd(&directory);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	unlink(list);
	file_write(AT_FDCWD, list, text, n);
	list_unfold(directory, text);
	return take_fd(&directory);
}

int shadow_directory(const struct mount *m, const char *key, int fd)
{
	autoclose int list = fd;
	autofree char *path = NULL;
	autofree char *text = NULL;
	struct stat status;
	const char *base;

	if (strcmp(key, "sys/class/net") != 0 || fstat(fd, &status) < 0 ||
	    S_ISDIR(status.st_mode))
		return take_fd(&list);
	base = um_runtime_dir();
	text = list_read(list, status.st_size);
	if (!base || !text)
		return -ENOENT;
	path = xasprintf("%s/net.%u", base, m->id);
	return shadow_make(path, text, strlen(text));
}
