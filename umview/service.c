/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "service.h"
#include "util.h"

/* One view's knowledge of a module. */
struct loaded {
	struct service	*service;
	bool		 permanent;
	uint64_t	 denied;	/* families, with um_deny_host() */
	struct loaded	*next;
};

static struct service *services;
static struct loaded *loading;		/* whose init runs; NULL: none's */

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

void *module_open(const char *name, bool *found)
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

/* The module's own service, made when it is the first time. */
static struct service *service_of(const struct um_module *module, void *handle)
{
	struct service *service, **last = &services;

	for (; *last; last = &(*last)->next)
		if ((*last)->own == module)
			return *last;
	service = xcalloc(1, sizeof(*service));
	*service = (struct service){ .module = module_copy(module), .own = module,
		.handle = handle };
	*last = service;
	return service;
}

static void service_release(struct service *service)
{
	struct service **link = &services;

	if (--service->lists)
		return;
	while (*link != service)
		link = &(*link)->next;
	*link = service->next;
	if (service->module->fini)
		service->module->fini();
	dlclose(service->handle);
	free((void *)service->module);
	free(service);
}

static void list_append(struct service_list *list, const struct loaded *copied)
{
	struct loaded *loaded = xcalloc(1, sizeof(*loaded)), **last = &list->first;

	*loaded = *copied;
	loaded->next = NULL;
	loaded->service->lists++;
	while (*last)
		last = &(*last)->next;
	*last = loaded;
}

/* Consumes handle. */
static int service_load(struct service_list *list, void *handle, const char *name,
		const char *options, bool permanent)
{
	const struct um_module *module = module_check(handle, name);
	struct loaded new = { .permanent = permanent };
	int rc = 0;

	if (!module)
		rc = -ENOEXEC;
	else if (service_find(list, module->name)) {
		warn("module error: %s: service %s is there already", name, module->name);
		rc = -EEXIST;
	} else if (!module->init && *options) {
		warn("module error: %s takes no options", name);
		rc = -EINVAL;
	}
	if (rc == 0 && module->init) {
		loading = &new;
		rc = module->init(options);
		loading = NULL;
	}
	if (rc < 0) {
		dlclose(handle);
		return rc;
	}
	new.service = service_of(module, handle);
	if (new.service->lists)
		dlclose(handle);	/* one is enough */
	list_append(list, &new);
	return 0;
}

int service_add(struct service_list *list, const char *module_and_options, bool permanent)
{
	size_t n = strcspn(module_and_options, ",");
	autofree char *name = strndup(module_and_options, n);
	const char *options = module_and_options + n + (module_and_options[n] == ',');
	bool found = false;
	void *handle = NULL;

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
	return service_load(list, handle, name, options, permanent);
}

int service_remove(struct service_list *list, struct service *service)
{
	struct loaded **link = &list->first, *loaded;

	while ((*link)->service != service)
		link = &(*link)->next;
	loaded = *link;
	if (loaded->permanent)
		return -EPERM;
	*link = loaded->next;
	free(loaded);
	service_release(service);
	return 0;
}

void service_copy(struct service_list *to, const struct service_list *from)
{
	for (const struct loaded *l = from->first; l; l = l->next)
		list_append(to, l);
}

void service_clear(struct service_list *list)
{
	struct loaded *loaded;

	while ((loaded = list->first)) {
		list->first = loaded->next;
		service_release(loaded->service);
		free(loaded);
	}
}

void service_end_all(void)
{
	for (struct service *s = services; s; s = s->next)
		if (s->module->fini)
			s->module->fini();
}

struct service *service_find(const struct service_list *list, const char *name)
{
	for (const struct loaded *l = list->first; l; l = l->next)
		if (strcmp(l->service->module->name, name) == 0)
			return l->service;
	return NULL;
}

static bool type_matches(const char *type, const char *fstype, bool prefix)
{
	size_t n = strlen(type);

	if (n && type[n - 1] == '*')
		return prefix && strncmp(type, fstype, n - 1) == 0;
	return !prefix && strcmp(type, fstype) == 0;
}

struct service *service_for(const struct service_list *list, const char *fstype)
{
	for (unsigned prefix = 0; prefix < 2; prefix++)
		for (const struct loaded *l = list->first; l; l = l->next)
			for (const char *const *type = l->service->module->fstypes; *type; type++)
				if (type_matches(*type, fstype, prefix))
					return l->service;
	return NULL;
}

char *service_text(const struct service_list *list)
{
	char *text = xstrdup("");

	for (const struct loaded *l = list->first; l; l = l->next) {
		const struct um_module *module = l->service->module;
		char *longer = xasprintf("%s%s: %s\n", text, module->name, module->summary);

		free(text);
		text = longer;
	}
	return text;
}

uint64_t service_denied(const struct service_list *list)
{
	uint64_t denied = 0;

	for (const struct loaded *l = list->first; l; l = l->next)
		denied |= l->denied;
	return denied;
}

void um_deny_host(uint64_t families)
{
	if (loading)
		loading->denied = families & ~(1ull << 1);	/* AF_UNIX is always the kernel's */
}

void um_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warn_list(format, args);
	va_end(args);
}
