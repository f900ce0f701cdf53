/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "show.h"
#include "util.h"

/* A sysfs of the namespace's, mounted where nobody else sees it; -errno where the machine
   does not allow that (its own /sys is covered in part, as in containers). */
static int class_mount(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return 0;
}

static int class_open(void)
{
	static int mounted = 1;		/* 1: not tried */
	int fd;

	if (mounted == 1)
		mounted = class_mount();
	if (mounted < 0)
		return -ENOENT;
	fd = open("/sys/class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int show_file(const char *name)
{
	autofree char *path = NULL;
	int fd;

	if (strcmp(name, "sys/class/net") == 0)
		return class_open();
	if (strncmp(name, "net/", 4) != 0 || strchr(name + 4, '/'))
		return -ENOENT;
	path = xasprintf("/proc/thread-self/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
