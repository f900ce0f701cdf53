/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "mount.h"
#include "service.h"
#include "util.h"

enum { MOUNTS_MAX = 4096 };

static struct mount **mounts;	/* by slot; a slot's struct stays where it is */
static unsigned slots;
static unsigned next_id = 100000;	/* above any the kernel is likely to show */

static struct mount *slot_take(unsigned *slot)
{
	for (*slot = 0; *slot < slots; ++*slot)
		if (mounts[*slot]->state == MOUNT_FREE)
			return mounts[*slot];
	if (slots == MOUNTS_MAX)
		return NULL;
	mounts = xrealloc(mounts, slots + 1, sizeof(*mounts));
	mounts[slots] = xcalloc(1, sizeof(struct mount));
	return mounts[slots++];
}

struct mount *mount_add(const char *path, const char *fstype, const char *source,
		const char *options, struct service *service)
{
	unsigned slot;
	struct mount *m = slot_take(&slot);

	if (!m)
		return NULL;
	m->state = MOUNT_STARTING;
	m->path = xstrdup(path);
	m->fstype = xstrdup(fstype);
	m->source = xstrdup(source);
	m->options = xstrdup(options);
	m->service = service;
	m->instance = NULL;
	m->id = next_id++;
	m->when = time(NULL);
	return m;
}

void mount_remove(struct mount *m)
{
	free(m->path);
	free(m->fstype);
	free(m->source);
	free(m->options);
	*m = (struct mount){ .generation = m->generation + 1 };
}

struct mount *mount_find(const char *path)
{
	struct mount *newest = NULL;

	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_READY && strcmp(mounts[i]->path, path) == 0 &&
		    (!newest || newest->id < mounts[i]->id))
			newest = mounts[i];
	return newest;
}

bool mount_below(const char *path)
{
	size_t n = strlen(path);

	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_READY && strncmp(mounts[i]->path, path, n) == 0 &&
		    (mounts[i]->path[n] == 0 || mounts[i]->path[n] == '/'))
			return true;
	return false;
}

bool mount_starting(const char *path)
{
	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_STARTING && strcmp(mounts[i]->path, path) == 0)
			return true;
	return false;
}

bool mount_uses(const struct service *service)
{
	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state != MOUNT_FREE && mounts[i]->service == service)
			return true;
	return false;
}

uint64_t mount_ref(const struct mount *m)
{
	for (unsigned i = 0; i < slots; i++)
		if (mounts[i] == m)
			return (uint64_t)m->generation << 32 | i;
	return MOUNT_NONE;
}

struct mount *mount_get(uint64_t ref)
{
	uint32_t slot = (uint32_t)ref;

	if (ref == MOUNT_NONE || slot >= slots || mounts[slot]->state != MOUNT_READY ||
	    mounts[slot]->generation != ref >> 32)
		return NULL;
	return mounts[slot];
}

unsigned mount_count(void)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < slots; i++)
		ready += mounts[i]->state == MOUNT_READY;
	return ready;
}

void mount_each(void (*fn)(struct mount *m, void *arg), void *arg)
{
	unsigned last = 0;

	for (;;) {
		struct mount *next = NULL;

		for (unsigned i = 0; i < slots; i++)
			if (mounts[i]->state == MOUNT_READY && mounts[i]->id > last &&
			    (!next || mounts[i]->id < next->id))
				next = mounts[i];
		if (!next)
			return;
		last = next->id;
		fn(next, arg);
	}
}

char *um_stack_path(int tid, const char *path)
{
	char *absolute = *path ? guest_absolute(tid, path) : NULL;
	const struct mount *m = absolute ? mount_find(absolute) : NULL;

	if (m && m->service->module->families)
		return absolute;
	free(absolute);
	return NULL;
}

/* What m was mounted over. */
static struct mount *mount_covered(const struct mount *m)
{
	struct mount *newest = NULL;

	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_READY && mounts[i]->id < m->id &&
		    strcmp(mounts[i]->path, m->path) == 0 &&
		    (!newest || newest->id < mounts[i]->id))
			newest = mounts[i];
	return newest;
}

static bool mount_promises(const struct mount *m, int family)
{
	const struct um_module *module = m->service->module;

	return module->families && module->families(m->instance) >> family & 1;
}

static const char *mount_alias(const struct mount *m, int family)
{
	const struct um_module *module = m->service->module;

	return module->alias ? module->alias(m->instance, family) : NULL;
}

bool mount_answers(const struct mount *m, int family)
{
	return mount_promises(m, family) || mount_alias(m, family);
}

int mount_serving(struct mount **m, int family)
{
	enum { HOPS_MAX = 40 };	/* as many as of symbolic links */

	for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
		const char *alias = mount_alias(*m, family);
		bool promised = mount_promises(*m, family);
		struct mount *next;

		if (!alias)
			return promised ? 0 : -EAFNOSUPPORT;
		next = strcmp(alias, (*m)->path) == 0 ? mount_covered(*m) : mount_find(alias);
		if (!next)
			return promised ? -ENETDOWN : -EAFNOSUPPORT;
		*m = next;
	}
	return -ELOOP;
}
