/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "denied.h"
#include "util.h"

#define LIMITS "/proc/sys/user/"

static long max_user = -1, max_net = -1;	/* -1: not known */

/* The number in a file of /proc/sys, -1 if there is none. */
static long setting_read(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = 0;
	return strtol(text, NULL, 10);
}

void denied_prepare(void)
{
	max_user = setting_read(LIMITS "max_user_namespaces");
	max_net = setting_read(LIMITS "max_net_namespaces");
}

bool denied_filtered(void)
{
	autoclose int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[4096], *line;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = 0;
	line = strstr(text, "\nSeccomp:");
	return line && atoi(line + strlen("\nSeccomp:"));
}

static int denied_limit(const char *what, int error, char *text, size_t size)
{
	const char *kind = strcmp(what, "user namespaces") ? "net" : "user";
	long limit = *kind == 'n' ? max_net : max_user;

	if (limit >= 0)
		snprintf(text, size, "%s are denied: user.max_%s_namespaces is %ld, and all are "
			"in use here or in a namespace above", what, kind, limit);
	else
		snprintf(text, size, "%s are denied: as many as user.max_%s_namespaces allows "
			"are in use", what, kind);
	if (!limit)
		snprintf(text, size, "%s are denied: user.max_%s_namespaces is 0", what, kind);
	return error;
}

int denied_explain(const char *what, int error, char *text, size_t size)
{
	static const struct {
		const char *name, *path;
		long	denies;
	} settings[] = {
		{ "kernel.unprivileged_userns_clone", "/proc/sys/kernel/unprivileged_userns_clone", 0 },
		{ "kernel.apparmor_restrict_unprivileged_userns",
		  "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1 },
	};

	if (error == -ENOSPC || error == -EUSERS)
		return denied_limit(what, error, text, size);
	if (error == -EINVAL || error == -ENOSYS) {
		snprintf(text, size, "%s are denied: this kernel has none", what);
		return error;
	}
	for (unsigned k = 0; error == -EPERM && k < ARRAY_SIZE(settings); k++)
		if (setting_read(settings[k].path) == settings[k].denies) {
			snprintf(text, size, "%s are denied: %s is %ld", what, settings[k].name,
					settings[k].denies);
			return error;
		}
	if (denied_filtered())
		snprintf(text, size, "%s are denied: by a seccomp filter that was there before us "
			"(a container's or a service manager's)", what);
	else
		snprintf(text, size, "%s are denied: %s (in a chroot, or by a security module)",
				what, strerror(-error));
	return error;
}
