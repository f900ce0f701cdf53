/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "mount.h"
#include "name.h"
#include "service.h"
#include "sock.h"
#include "util.h"
#include "view.h"

enum { MOUNTS_MAX = 4096 };

static struct mount **mounts;	/* by slot; a slot's struct stays where it is */
static unsigned slots, ready;
static unsigned next_id = 100000;	/* above any the kernel is likely to show */

static struct mount *slot_take(void)
{
	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_FREE)
			return mounts[i];
	if (slots == MOUNTS_MAX)
		return NULL;
	mounts = xrealloc(mounts, slots + 1, sizeof(*mounts));
	mounts[slots] = xcalloc(1, sizeof(struct mount));
	mounts[slots]->slot = slots;
	return mounts[slots++];
}

/* The i-th of a table, in any state; NULL: it never came up. */
static struct mount *table_mount(const struct mount_table *table, unsigned i)
{
	struct mount *m = mounts[(uint32_t)table->refs[i]];

	return m->generation == table->refs[i] >> 32 ? m : NULL;
}

/* Takes out m, and what never came up. */
static void table_drop(struct mount_table *table, const struct mount *m)
{
	unsigned to = 0;

	for (unsigned i = 0; i < table->count; i++) {
		const struct mount *there = table_mount(table, i);

		if (there && there != m)
			table->refs[to++] = table->refs[i];
	}
	table->count = to;
}

static void table_append(struct mount_table *table, struct mount *m)
{
	table_drop(table, NULL);
	table->refs = xrealloc(table->refs, table->count + 1, sizeof(*table->refs));
	table->refs[table->count++] = mount_ref(m);
	m->tables++;
}

struct mount *mount_add(struct mount_table *table, const char *path, const char *fstype,
		const char *source, const char *options, struct service *service)
{
	struct mount *m = slot_take();

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
	m->base = strrchr(m->path, '/') + 1;	/* absolute, and without a slash at its end */
	m->base_length = strlen(m->base);
	m->base_bit = name_bit(m->base, m->base_length);
	m->mode = 0777;
	clock_gettime(CLOCK_REALTIME, &m->modified);
	m->accessed = m->changed = m->modified;
	table_append(table, m);
	return m;
}

static void mount_forget(struct mount *m)
{
	ready -= m->state == MOUNT_READY;
	free(m->path);
	free(m->fstype);
	free(m->source);
	free(m->options);
	*m = (struct mount){ .slot = m->slot, .generation = m->generation + 1 };
}

static int mount_let_go(struct mount *m, int flags)
{
	int rc = m->service->module->umount(m->instance, flags);

	if (rc < 0)
		return rc;
	sock_forget_mount(mount_ref(m));
	mount_forget(m);
	return 0;
}

void mount_started(struct mount *m, int64_t rc)
{
	if (rc < 0) {
		mount_forget(m);
		return;
	}
	m->state = MOUNT_READY;
	ready++;
	if (!m->tables)		/* its view has ended meanwhile */
		mount_let_go(m, UM_SESSION_END);
}

int mount_leave(struct mount_table *table, struct mount *m, int flags)
{
	int rc = m->tables == 1 ? mount_let_go(m, flags) : 0;

	if (rc < 0)
		return rc;
	table_drop(table, m);
	if (m->tables)
		m->tables--;
	return 0;
}

void mount_clear(struct mount_table *table)
{
	for (unsigned i = table->count; i-- > 0; ) {
		struct mount *m = table_mount(table, i);

		if (m && !--m->tables && m->state == MOUNT_READY)
			mount_let_go(m, UM_SESSION_END);
	}
	free(table->refs);
	*table = (struct mount_table){ 0 };
}

void mount_copy(struct mount_table *to, const struct mount_table *from)
{
	for (unsigned i = 0; i < from->count; i++) {
		struct mount *m = table_mount(from, i);

		if (m && m->state == MOUNT_READY)
			table_append(to, m);
	}
}

struct mount *mount_find(const struct mount_table *table, const char *path)
{
	for (unsigned i = table->count; i-- > 0; ) {
		struct mount *m = table_mount(table, i);

		if (m && m->state == MOUNT_READY && strcmp(m->path, path) == 0)
			return m;
	}
	return NULL;
}

bool mount_below(const struct mount_table *table, const char *path)
{
	size_t n = strlen(path);

	for (unsigned i = 0; i < table->count; i++) {
		const struct mount *m = table_mount(table, i);

		if (m && m->state == MOUNT_READY && strncmp(m->path, path, n) == 0 &&
		    (m->path[n] == 0 || m->path[n] == '/'))
			return true;
	}
	return false;
}

bool mount_starting(const struct mount_table *table, const char *path)
{
	for (unsigned i = 0; i < table->count; i++) {
		const struct mount *m = table_mount(table, i);

		if (m && m->state == MOUNT_STARTING && strcmp(m->path, path) == 0)
			return true;
	}
	return false;
}

bool mount_uses(const struct mount_table *table, const struct service *service)
{
	for (unsigned i = 0; i < table->count; i++) {
		const struct mount *m = table_mount(table, i);

		if (m && m->service == service)
			return true;
	}
	return false;
}

void mount_each(const struct mount_table *table, void (*fn)(struct mount *m, void *arg),
		void *arg)
{
	for (unsigned i = 0; i < table->count; i++) {
		struct mount *m = table_mount(table, i);

		if (m && m->state == MOUNT_READY)
			fn(m, arg);
	}
}

uint64_t mount_ref(const struct mount *m)
{
	return (uint64_t)m->generation << 32 | m->slot;
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
	return ready;
}

char *um_stack_path(int tid, const char *path)
{
	char *absolute = *path ? guest_absolute(tid, AT_FDCWD, path) : NULL;
	const struct mount *m = absolute ? mount_find(&view_of(tid)->mounts, absolute) : NULL;

	if (m && m->service->module->families)
		return absolute;
	free(absolute);
	return NULL;
}

/* What m was mounted over. */
static struct mount *mount_covered(const struct mount_table *table, const struct mount *m)
{
	struct mount *covered = NULL;

	for (unsigned i = 0; i < table->count; i++) {
		struct mount *other = table_mount(table, i);

		if (other == m)
			break;
		if (other && other->state == MOUNT_READY && strcmp(other->path, m->path) == 0)
			covered = other;
	}
	return covered;
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

int mount_serving(const struct mount_table *table, struct mount **m, int family)
{
	enum { HOPS_MAX = 40 };	/* as many as of symbolic links */

	for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
		const char *alias = mount_alias(*m, family);
		bool promised = mount_promises(*m, family);
		struct mount *next;

		if (!alias)
			return promised ? 0 : -EAFNOSUPPORT;
		next = strcmp(alias, (*m)->path) == 0 ? mount_covered(table, *m) :
				mount_find(table, alias);
		if (!next)
			return promised ? -ENETDOWN : -EAFNOSUPPORT;
		*m = next;
	}
	return -ELOOP;
}

void mount_end_all(void)
{
	for (unsigned i = 0; i < slots; i++)
		if (mounts[i]->state == MOUNT_READY)
			mount_let_go(mounts[i], UM_SESSION_END);	/* a view may end yet */
}
