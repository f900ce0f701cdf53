/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "mount.h"
#include "name.h"
#include "quick.h"
#include "util.h"
#include "view.h"

enum { LINKS_MAX = 40 };	/* as the kernel */

static bool roots_differ;

void name_roots_differ(void)
{
	roots_differ = true;
}

/* "/proc/self", "/dev/fd" and their like mean the guest, not us.  What comes after that, or NULL. */
static const char *own_process(const char *path, const char **what)
{
	static const struct {
		const char *text, *means;
	} own[] = {
		{ "/proc/self", "" }, { "/proc/thread-self", "" }, { "/dev/fd", "/fd" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(own); i++) {
		size_t n = strlen(own[i].text);

		*what = own[i].means;
		if (strncmp(path, own[i].text, n) == 0 && path[n] == '/')
			return path + n;
	}
	return NULL;
}

/* Where the monitor looks for what is relative to where the guest stands; "": nowhere else
   than the path says. */
static void name_base(const struct name *name, const char *path, char base[64])
{
	*base = 0;
	if (path[0] == '/' && roots_differ)
		snprintf(base, 64, "/proc/%d/root", name->tid);
	else if (path[0] != '/' && name->dirfd == AT_FDCWD)
		snprintf(base, 64, "/proc/%d/cwd", name->tid);
	else if (path[0] != '/')
		snprintf(base, 64, "/proc/%d/fd/%d", name->tid, name->dirfd);
}

/* An O_PATH descriptor of what a path is to the guest, owned.  -EAGAIN: see quick.h. */
static int name_open(const struct name *name, const char *path, bool follow)
{
	autofree char *own = NULL;
	const char *what, *rest = own_process(path, &what);
	char base[64];

	if (rest) {
		own = xasprintf("/proc/%d%s%s", name->tid, what, rest);
		path = own;
	}
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	name_base(name, path, base);
	return *base ? quick_open_below(base, path, follow) : quick_open(path, follow);
}

int name_look(const struct name *name, const char *path, bool follow, struct stat *status)
{
	autoclose int fd = name_open(name, path, follow);

	return fd < 0 ? fd : quick_stat(fd, status);
}

/* The target of a symbolic link, relative to where the link is.  NULL: it is none. */
static char *name_target(const struct name *name)
{
	const char *slash = strrchr(name->path, '/');
	autoclose int fd = name_open(name, name->path, false);
	struct stat status;
	char text[PATH_MAX];
	ssize_t n;

	if (fd < 0 || quick_stat(fd, &status) < 0 || !S_ISLNK(status.st_mode) || !quick_is(fd))
		return NULL;
	n = readlinkat(fd, "", text, sizeof(text) - 1);
	if (n <= 0)
		return NULL;
	text[n] = 0;
	if (text[0] == '/' || !slash)
		return xstrdup(text);
	return xasprintf("%.*s/%s", (int)(slash - name->path), name->path, text);
}

/* The set of a path's components, by a hash: a quick no for most names of ours. */
static uint64_t components_of(const char *path)
{
	uint64_t set = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n)
			set |= name_bit(path, n);
		path += n + (path[n] == '/');
	}
	return set;
}

uint64_t name_bit(const char *component, size_t n)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)component[i]) * 16777619u;
	return 1ull << (hash >> 26);
}

/* The next place in path, from `at` on, where the last component of ours is one.  NULL: none. */
static const char *mention(const char *path, const char *at, const char *base, size_t n)
{
	for (; n && (at = strstr(at, base)); at++)
		if ((at == path || at[-1] == '/') && (at[n] == 0 || at[n] == '/'))
			return at;
	return NULL;
}

/* Is the directory that path begins with, as far as `end`, that of m? */
static bool same_directory(const struct name *name, const char *end, const struct mount *m)
{
	char one[PATH_MAX], two[PATH_MAX];
	struct stat a, b;

	snprintf(one, sizeof(one), "%.*s", (int)(end - name->path), name->path);
	snprintf(two, sizeof(two), "%.*s", (int)(m->base - m->path), m->path);
	return name_look(name, *one ? one : ".", true, &a) == 0 &&
	       name_look(name, two, true, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Is there a ".." in the path before `end`?  After a symbolic link its text says nothing. */
static bool goes_back(const char *path, const char *end)
{
	for (; path < end; path += strcspn(path, "/"), path += *path == '/')
		if (strncmp(path, "../", 3) == 0)
			return true;
	return false;
}

/* The directory that path begins with is there, and it is not that of m. */
static bool leads_elsewhere(const struct name *name, const char *end, const struct mount *m)
{
	autofree char *directory = xasprintf("%.*s", (int)(end - name->path), name->path);
	struct stat status;

	return name_look(name, directory, true, &status) == 0 && !same_directory(name, end, m);
}

struct search {
	struct name	*name;
	bool		 covers;	/* some mount covers a file that is there */
};

const char *name_absolute(struct name *name)
{
	if (!name->absolute)
		name->absolute = roots_differ ?
			guest_absolute_rooted(name->tid, name->dirfd, name->path) :
			guest_absolute(name->tid, name->dirfd, name->path);
	return name->absolute;
}

static void found(struct name *name, struct mount *m, const char *rest)
{
	name->mount = m;
	name->below = *rest != 0;
}

/* Step 1: by the text. */
static void search_text(struct mount *m, void *arg)
{
	struct search *search = arg;
	struct name *name = search->name;
	const char *at = name->components & m->base_bit ?
		mention(name->path, name->path, m->base, m->base_length) : NULL;
	size_t n = strlen(m->path);

	search->covers |= m->covered.inode != 0;
	if (!at)
		return;
	if (name_absolute(name) && strncmp(name->absolute, m->path, n) == 0 &&
	    (name->absolute[n] == 0 || name->absolute[n] == '/') &&
	    !(goes_back(name->path, at) && leads_elsewhere(name, at, m))) {
		/* A slash at its end is not in the absolute path. */
		found(name, m, name->absolute[n] ? name->absolute + n :
		      name->path[strlen(name->path) - 1] == '/' ? "/" : "");
		return;
	}
	for (; at && !name->mount; at = mention(name->path, at + 1, m->base, m->base_length))
		if (same_directory(name, at, m))
			found(name, m, at + m->base_length);
}

struct covering {
	struct name	*name;
	struct stat	 found;
};

static void search_covered(struct mount *m, void *arg)
{
	struct covering *c = arg;

	if (m->covered.inode && m->covered.inode == c->found.st_ino &&
	    m->covered.device == c->found.st_dev)
		c->name->mount = m;
}

/* Step 2, but for links: the file that is there is one that a mount covers. */
static void find_covered(struct name *name)
{
	struct covering c = { .name = name };

	if (name_look(name, name->path, name->follow, &c.found) == 0)
		mount_each(&name->view->mounts, search_covered, &c);
}

bool name_find(struct name *name)
{
	struct search search = { name, false };

	name->components = components_of(name->path);
	mount_each(&name->view->mounts, search_text, &search);
	if (!name->mount && search.covers)
		find_covered(name);
	return name->mount;
}

bool name_follow(struct name *name)
{
	char *target = NULL;

	if (name->follow && name->links < LINKS_MAX)
		target = name_target(name);
	if (!target)
		return false;
	name->links++;
	free(name->path);
	name->path = target;
	free(take_pointer(name->absolute));
	return true;
}

/* Do the row's flags turn round what a PATH, or a LINK, is at its end? */
static bool follows(const struct request *r, unsigned index)
{
	bool follow = r->row->kind[index] == PATH;

	for (unsigned i = 0; i < ARRAY_SIZE(r->row->kind); i++) {
		uint32_t flags = r->reg[i];

		if (r->row->kind[i] == FLAGS && follow)
			return !(flags & AT_SYMLINK_NOFOLLOW);
		if (r->row->kind[i] == FLAGS)
			return flags & AT_SYMLINK_FOLLOW;
		if (r->row->kind[i] == OPEN_FLAGS)
			return !(flags & O_NOFOLLOW) &&
			       (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	}
	return follow;
}

int name_read(struct request *r, unsigned index, struct name *name)
{
	ssize_t n;

	*name = (struct name){
		.tid = r->call.tid, .view = r->view, .dirfd = AT_FDCWD,
		.follow = follows(r, index),
	};
	if (index > 0 && r->row->kind[index - 1] == DIRFD)
		name->dirfd = (int)r->reg[index - 1];
	n = guest_string(r->call.tid, r->reg[index], PATH_MAX, &name->path);
	if (n > 0)
		return 1;
	if (n == 0)
		free(name->path);
	return n;
}

void name_clear(struct name *name)
{
	free(name->path);
	free(name->absolute);
}

struct mount *name_mount(pid_t tid, const struct view *view, const char *path)
{
	struct name name = {
		.tid = tid, .view = view, .dirfd = AT_FDCWD, .path = xstrdup(path), .follow = true,
	};
	struct mount *found = NULL;

	if (*path) {
		while (!name_find(&name) && name_follow(&name))
			;
		found = name.below ? NULL : name.mount;
	}
	name_clear(&name);
	return found;
}

char *name_canonical(pid_t tid, const char *absolute)
{
	struct name name = { .tid = tid, .dirfd = AT_FDCWD };
	const char *base = strrchr(absolute, '/') + 1;
	autofree char *directory = xasprintf("%.*s", (int)(base - absolute), absolute);
	autoclose int fd = name_open(&name, directory, true);
	char self[32], text[PATH_MAX];
	ssize_t n = -1;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		n = readlink(self, text, sizeof(text));
	if (n <= 0 || (size_t)n == sizeof(text) || text[0] != '/')
		return xstrdup(absolute);
	return xasprintf("%.*s/%s", n == 1 ? 0 : (int)n, text, base);
}

void name_cover(pid_t tid, struct mount *m)
{
	struct name name = { .tid = tid, .dirfd = AT_FDCWD };
	struct stat status;

	if (name_look(&name, m->path, false, &status) == 0) {
		m->covered.device = status.st_dev;
		m->covered.inode = status.st_ino;
	}
}
