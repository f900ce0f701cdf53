/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util.h"
#include "vde_default.h"

/* Does a switch listen in this directory? */
static bool switch_runs(const char *directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/ctl", directory) >=
	    sizeof(address.sun_path))
		return false;
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

bool vde_default_runs(char *path, size_t size)
{
	const char *home = getenv("HOME");
	autofree char *own = xasprintf("%s/.vde2/default.switch", home ? home : "");
	const char *const places[] = {
		home ? own : "/var/run/vde.ctl", "/var/run/vde.ctl", "/run/vde2/vde.ctl", "/tmp/vde.ctl",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
		if (switch_runs(places[i])) {
			if (size)
				snprintf(path, size, "%s", places[i]);
			return true;
		}
	return false;
}
