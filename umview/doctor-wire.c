/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VDE: the library, its plugins, switches. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "process.h"
#include "util.h"
#include "vde_default.h"

#define LIBRARY	"libvdeplug.so.2"
#define PREFIX	"libvdeplug_"

/* Its plugins are in a directory beside it.  False: told. */
static bool plugins_where(struct finding *f, char *path, size_t size)
{
	char origin[PATH_MAX];
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!handle || dlinfo(handle, RTLD_DI_ORIGIN, origin) < 0) {
		found(f, WARN, "Debian package libvdeplug2", "no VDE wires: %s", dlerror());
		return false;
	}
	snprintf(path, size, "%s/vdeplug", origin);
	return true;
}

static int is_plugin(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 && end && strcmp(end, ".so") == 0;
}

void probe_vdeplug(struct finding *f, int unused)
{
	char path[PATH_MAX + 16];
	struct dirent **plugins;
	size_t used;
	int n;

	(void)unused;
	if (!plugins_where(f, path, sizeof(path)))
		return;
	n = scandir(path, &plugins, is_plugin, alphasort);
	if (n <= 0) {
		found(f, WARN, "Debian package libvdeplug2", LIBRARY " was loaded; no plugins in %s", path);
		return;
	}
	found(f, OK, NULL, LIBRARY " was loaded; plugins there:");
	for (int i = 0; i < n; i++) {
		const char *name = plugins[i]->d_name + strlen(PREFIX);

		used = strlen(f->detail);
		snprintf(f->detail + used, sizeof(f->detail) - used, " %.*s",
			(int)(strlen(name) - strlen(".so")), name);
		free(plugins[i]);
	}
	free(plugins);
}

void probe_slirp(struct finding *f, int unused)
{
	char path[PATH_MAX + 64];
	size_t used;

	(void)unused;
	if (!plugins_where(f, path, sizeof(path) - 64))
		return;
	used = strlen(path);
	snprintf(path + used, sizeof(path) - used, "/" PREFIX "slirp.so");
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL))
		found(f, OK, NULL, "%s was loaded", path);
	else
		found(f, WARN, "Debian package libvdeplug-slirp", "no slirp:// wires: %s", dlerror());
}

void probe_vde_switch(struct finding *f, int unused)
{
	autofree char *path = helper_find("vde_switch");

	(void)unused;
	if (path)
		found(f, OK, NULL, "%s", path);
	else
		found(f, WARN, "Debian package vde2", "vde_switch is not in $PATH: a session cannot "
			"start a switch of its own");
}

void probe_default_switch(struct finding *f, int unused)
{
	char path[512];

	(void)unused;
	if (vde_default_runs(path, sizeof(path)))
		found(f, OK, NULL, "%s listens", path);
	else
		found(f, OK, NULL, "none runs; a session starts its own when it needs one");
}
