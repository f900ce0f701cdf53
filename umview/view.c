/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "identity.h"
#include "um_module.h"
#include "um_virtual.h"
#include "util.h"
#include "view.h"

enum { CONTEXTS_MAX = 65536 };

struct context {
	struct view *view;		/* borrowed; NULL: the first */
	uint64_t stack[FAMILIES];
	uint64_t limit[2];		/* RLIMIT_RTTIME as the guest set it: soft, hard */
};

static struct context *contexts;	/* [0] is unused: nothing chosen */
static unsigned context_count = 1;
static struct view first;
static struct view *views = &first;	/* all of them, newest first */

struct view *view_first(void)
{
	return &first;
}

const struct view *view_newest(void)
{
	return views;
}

struct view *view_new(struct view *parent)
{
	static unsigned next_number = 1;
	struct view *view = xcalloc(1, sizeof(*view));

	view->number = next_number++;
	view->parent = parent;
	mount_copy(&view->mounts, &parent->mounts);
	service_copy(&view->services, &parent->services);
	view->next = views;
	views = view;
	return view;
}

void view_end(struct view *view)
{
	struct view **link = &views;

	mount_clear(&view->mounts);
	service_clear(&view->services);
	for (unsigned i = 1; i < context_count; i++)
		if (contexts[i].view == view)
			contexts[i].view = view->parent == &first ? NULL : view->parent;
	for (struct view *v = views; v; v = v->next)
		if (v->parent == view)
			v->parent = view->parent;
	while (*link != view)
		link = &(*link)->next;
	*link = view->next;
	free(view);
}

bool view_is_within(const struct view *view, const struct view *outer)
{
	while (view && view != outer)
		view = view->parent;
	return view == outer;
}

int view_set_name(struct view *view, const char *new_name)
{
	size_t n = strlen(new_name);

	if (n == 0 || n >= sizeof(view->name))
		return -EINVAL;
	for (const char *c = new_name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return -EINVAL;
	memcpy(view->name, new_name, n + 1);
	return 0;
}

pid_t view_server(void)
{
	return getpid();
}

/* As /proc tells it to everybody. */
static int limit_read_slowly(pid_t tid, struct rlimit *limit)
{
	autofree char *path = xasprintf("/proc/%d/limits", tid);
	char line[128], soft[32];
	FILE *limits = fopen(path, "re");
	int rc = -ESRCH;

	while (limits && rc < 0 && fgets(line, sizeof(line), limits))
		if (sscanf(line, "Max realtime timeout %31s", soft) == 1) {
			limit->rlim_cur = strcmp(soft, "unlimited") == 0 ?
				RLIM_INFINITY : strtoull(soft, NULL, 10);
			limit->rlim_max = RLIM_INFINITY;
			rc = 0;
		}
	if (limits)
		fclose(limits);
	return rc;
}

/* A guest of another user may be looked at only by its like, or with CAP_SYS_RESOURCE,
   which root does not have everywhere. */
static int limit_read(pid_t tid, struct rlimit *limit)
{
	if (prlimit(tid, RLIMIT_RTTIME, NULL, limit) == 0)
		return 0;
	return errno == EPERM ? limit_read_slowly(tid, limit) : -errno;
}

/* The kernel asks for our real ids: for a moment they are the guest's. */
static int limit_write_as(pid_t tid, const struct rlimit *limit)
{
	struct identity who;
	uid_t uid = getuid();
	gid_t gid = getgid();
	int rc = identity_of(tid, &who);

	if (rc < 0)
		return rc;
	if (syscall(SYS_setresgid, who.real_gid, -1, -1) < 0)
		return -errno;
	if (syscall(SYS_setresuid, who.real_uid, -1, -1) < 0)
		rc = -errno;
	if (rc == 0 && prlimit(tid, RLIMIT_RTTIME, limit, NULL) < 0)
		rc = -errno;
	if (syscall(SYS_setresuid, uid, -1, -1) < 0 || syscall(SYS_setresgid, gid, -1, -1) < 0)
		die("cannot be who we were: %s", strerror(errno));
	return rc;
}

static int limit_write(pid_t tid, const struct rlimit *limit)
{
	if (prlimit(tid, RLIMIT_RTTIME, limit, NULL) == 0)
		return 0;
	return errno == EPERM ? limit_write_as(tid, limit) : -errno;
}

static unsigned context_number(pid_t tid)
{
	struct rlimit limit;

	if (limit_read(tid, &limit) < 0)
		return 0;
	if (limit.rlim_cur >= RLIM_INFINITY || limit.rlim_cur < RLIM_INFINITY - CONTEXTS_MAX)
		return 0;
	limit.rlim_cur = RLIM_INFINITY - 1 - limit.rlim_cur;
	return limit.rlim_cur < context_count ? limit.rlim_cur : 0;
}

struct view *view_told(pid_t pid)
{
	unsigned number = context_number(pid);

	return number ? contexts[number].view : NULL;
}

struct view *view_of(pid_t tid)
{
	unsigned number = context_count > 1 ? context_number(tid) : 0;

	return number && contexts[number].view ? contexts[number].view : &first;
}

uint64_t context_stack(pid_t tid, int family)
{
	unsigned number = context_count > 1 ? context_number(tid) : 0;

	if (!number || family < 0 || family >= FAMILIES)
		return STACK_UNSET;
	return contexts[number].stack[family];
}

/* The number of a context like this one, made if there is none yet. */
static int context_intern(const struct context *wanted)
{
	for (unsigned i = 1; i < context_count; i++)
		if (memcmp(&contexts[i], wanted, sizeof(*wanted)) == 0)
			return i;
	if (context_count == CONTEXTS_MAX - 1)
		return -ENOSPC;
	if (!(context_count & (context_count - 1)))
		contexts = xrealloc(contexts, context_count * 2, sizeof(*contexts));
	contexts[context_count] = *wanted;
	return context_count++;
}

/* What the process of tid has now, to be changed and given to context_enter(). */
static struct context context_copy(pid_t tid)
{
	unsigned number = context_number(tid);
	struct context copy;

	if (number)
		return contexts[number];
	copy.view = NULL;
	for (unsigned f = 0; f < FAMILIES; f++)
		copy.stack[f] = STACK_UNSET;
	copy.limit[0] = copy.limit[1] = RLIM_INFINITY;
	return copy;
}

static int context_enter(pid_t tid, const struct context *wanted)
{
	struct rlimit limit;
	int number = context_intern(wanted);

	if (number < 0)
		return number;
	if (limit_read(tid, &limit) < 0)
		return -ESRCH;
	limit.rlim_cur = RLIM_INFINITY - 1 - number;
	return limit_write(tid, &limit);
}

int view_enter(pid_t tid, struct view *view)
{
	struct context wanted = context_copy(tid);

	wanted.view = view == &first ? NULL : view;
	return context_enter(tid, &wanted);
}

int context_choose(pid_t tid, uint64_t families, uint64_t stack)
{
	struct context wanted = context_copy(tid);

	for (unsigned f = 0; f < FAMILIES; f++)
		if (families & 1ull << f)
			wanted.stack[f] = stack;
	return context_enter(tid, &wanted);
}

void context_limit(pid_t tid, uint64_t limit[2])
{
	struct context now = context_copy(tid);

	limit[0] = now.limit[0];
	limit[1] = now.limit[1];
}

int context_set_limit(pid_t tid, const uint64_t limit[2], bool privileged)
{
	struct context wanted = context_copy(tid);

	if (limit[0] > limit[1])
		return -EINVAL;
	if (limit[1] > wanted.limit[1] && !privileged)
		return -EPERM;
	/* Contexts are never given back: stacks come first. */
	if (context_count > CONTEXTS_MAX / 2)
		return 0;
	wanted.limit[0] = limit[0];
	wanted.limit[1] = limit[1];
	return context_enter(tid, &wanted);
}
