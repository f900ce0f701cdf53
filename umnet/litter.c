/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "litter.h"
#include "util.h"

/* A socket's file that its process has left: whatever the type, it refuses. */
static bool socket_is_dead(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    sizeof(address.sun_path))
		return false;
	/* One that lives is connected to, or is of another type: EPROTOTYPE. */
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
	       errno == ECONNREFUSED;
}

static void litter_remove_at(const char *path, const char *suffix)
{
	autofree char *name = xasprintf("%s%s", path, suffix);

	if (socket_is_dead(name))
		unlink(name);
}

void litter_remove(const char *options, const char *directory)
{
	static const char *const schemes[] = { "=ptp://", "=unix://" };

	for (const char *item = options; *item; ) {
		size_t n = strcspn(item, ",");
		autofree char *text = strndup(item, n);

		for (unsigned i = 0; text && i < ARRAY_SIZE(schemes); i++) {
			const char *found = strstr(text, schemes[i]);
			const char *path = found ? found + strlen(schemes[i]) : "";
			autofree char *absolute = NULL;

			if (!*path)
				continue;
			absolute = xasprintf("%s%s%s", *path == '/' ? "" : directory,
					     *path == '/' ? "" : "/", path);
			litter_remove_at(absolute, "");
			litter_remove_at(absolute, "+");
		}
		item += n + (item[n] == ',');
	}
}
