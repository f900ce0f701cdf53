/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "service.h"
#include "util.h"

static struct service *services;

/* Opens directory/name or directory/name.so if it is there. */
static void *module_open_in(const char *directory, size_t n, const char *name, bool *found)
{
	static const char *const suffixes[] = { ".so", "" };

	for (unsigned i = 0; i < ARRAY_SIZE(suffixes); i++) {
		autofree char *path = xasprintf("%.*s/%s%s", (int)n, directory, name, suffixes[i]);

		if (access(path, R_OK) < 0)
			continue;
		*found = true;
		return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return NULL;
}

/* $UMVIEW_MODULES, ~/.umview/modules, then where they are installed. */
static void *module_open(const char *name, bool *found)
{
	const char *list = getenv("UMVIEW_MODULES");
	const char *home = getenv("HOME");
	void *handle = NULL;

	if (strchr(name, '/')) {
		*found = access(name, R_OK) == 0;
		return *found ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
	}
	while (list && *list && !*found) {
		size_t n = strcspn(list, ":");

		handle = module_open_in(list, n, name, found);
		list += n + (list[n] == ':');
	}
	if (!*found && home) {
		autofree char *own = xasprintf("%s/.umview/modules", home);

		handle = module_open_in(own, strlen(own), name, found);
	}
	if (!*found)
		handle = module_open_in(MODULES_DIR, strlen(MODULES_DIR), name, found);
	return handle;
}

/* Is it a module, and of our interface? */
static const struct um_module *module_check(void *handle, const char *name)
{
	const struct um_module *module = dlsym(handle, "um_module");

	if (!module) {
		warn("module error: %s: no symbol um_module", name);
		return NULL;
	}
	if (module->api != UM_MODULE_API) {
		warn("module error: %s: it speaks module interface %u, this umview %u",
		     name, module->api, UM_MODULE_API);
		return NULL;
	}
	if (module->size < offsetof(struct um_module, alias) || !module->name || !module->summary ||
	    !module->fstypes || !module->mount || !module->umount || !module->call) {
		warn("module error: %s: incomplete struct um_module", name);
		return NULL;
	}
	return module;
}

/* An older module has fewer members, a newer one more. */
static const struct um_module *module_copy(const struct um_module *module)
{
	struct um_module *copy = xcalloc(1, sizeof(*copy));

	memcpy(copy, module, module->size < sizeof(*copy) ? module->size : sizeof(*copy));
	return copy;
}

static int service_load(void *handle, const char *name, const char *options, bool permanent)
{
	const struct um_module *module = module_check(handle, name);
	struct service *service, **last = &services;
	int rc;

	if (!module)
		return -ENOEXEC;
	if (service_find(module->name)) {
		warn("module error: %s: service %s is there already", name, module->name);
		return -EEXIST;
	}
	rc = module->init ? module->init(options) : 0;
	if (rc < 0)
		return rc;
	if (rc == 0 && !module->init && *options) {
		warn("module error: %s takes no options", name);
		return -EINVAL;
	}
	service = xcalloc(1, sizeof(*service));
	*service = (struct service){ module_copy(module), handle, permanent, NULL };
	while (*last)
		last = &(*last)->next;
	*last = service;
	return 0;
}

int service_add(const char *module_and_options, bool permanent)
{
	size_t n = strcspn(module_and_options, ",");
	autofree char *name = strndup(module_and_options, n);
	const char *options = module_and_options + n + (module_and_options[n] == ',');
	bool found = false;
	void *handle = NULL;
	int rc;

	if (!name)
		return -ENOMEM;
	if (!n)
		return -EINVAL;
	handle = module_open(name, &found);
	if (!found) {
		warn("module error: %s: no such module", name);
		return -ENOENT;
	}
	if (!handle) {
		warn("module error: %s", dlerror());
		return -ENOEXEC;
	}
	rc = service_load(handle, name, options, permanent);
	if (rc < 0)
		dlclose(handle);
	return rc;
}

int service_remove(struct service *service)
{
	struct service **link = &services;

	if (service->permanent)
		return -EPERM;
	while (*link != service)
		link = &(*link)->next;
	*link = service->next;
	if (service->module->fini)
		service->module->fini();
	dlclose(service->handle);
	free((void *)service->module);
	free(service);
	return 0;
}

void service_end_all(void)
{
	for (struct service *s = services; s; s = s->next)
		if (s->module->fini)
			s->module->fini();
}

struct service *service_find(const char *name)
{
	for (struct service *s = services; s; s = s->next)
		if (strcmp(s->module->name, name) == 0)
			return s;
	return NULL;
}

struct service *service_for(const char *fstype)
{
	for (struct service *s = services; s; s = s->next)
		for (const char *const *type = s->module->fstypes; *type; type++)
			if (strcmp(*type, fstype) == 0)
				return s;
	return NULL;
}

char *service_list(void)
{
	char *list = xstrdup("");

	for (struct service *s = services; s; s = s->next) {
		char *longer = xasprintf("%s%s: %s\n", list, s->module->name, s->module->summary);

		free(list);
		list = longer;
	}
	return list;
}

void um_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warn_list(format, args);
	va_end(args);
}
