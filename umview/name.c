/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "guest.h"
#include "mount.h"
#include "name.h"
#include "util.h"
#include "view.h"

enum { LINKS_MAX = 40 };	/* as the kernel */

static bool roots_differ;

void name_roots_differ(void)
{
	roots_differ = true;
}

/* File systems where a look-up may wait for somebody, like FUSE. */
static struct {
	dev_t	 devices[256];
	unsigned count;
} slow;

static void slow_add(const char *line)
{
	static const char *const types[] = {
		" - fuse", " - nfs", " - autofs ", " - cifs ", " - smb", " - 9p ", " - ceph ",
	};
	unsigned major, minor;

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		if (strstr(line, types[i]) && slow.count < ARRAY_SIZE(slow.devices) &&
		    sscanf(line, "%*d %*d %u:%u", &major, &minor) == 2)
			slow.devices[slow.count++] = makedev(major, minor);
}

/* The list as it is now: it is read again when the kernel says that it has changed. */
static unsigned slow_count(void)
{
	static struct pollfd changed = { .fd = -1, .events = POLLPRI };
	autofree char *line = NULL;
	size_t room = 0;
	FILE *mounts;

	if (changed.fd >= 0 && poll(&changed, 1, 0) == 0)
		return slow.count;
	if (changed.fd < 0)
		changed.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	slow.count = 0;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &room, mounts) > 0)
		slow_add(line);
	if (mounts)
		fclose(mounts);
	return slow.count;
}

bool name_is_slow(dev_t device)
{
	for (unsigned i = slow_count(); i-- > 0; )
		if (slow.devices[i] == device)
			return true;
	return false;
}

/* A path that the monitor can use for what `path` is to the guest. */
static int name_spell(const struct name *name, const char *path, char *real, size_t size)
{
	int n;

	if (path[0] == '/' && roots_differ)
		n = snprintf(real, size, "/proc/%d/root%s", name->tid, path);
	else if (path[0] == '/')
		n = snprintf(real, size, "%s", path);
	else if (name->dirfd == AT_FDCWD)
		n = snprintf(real, size, "/proc/%d/cwd/%s", name->tid, path);
	else
		n = snprintf(real, size, "/proc/%d/fd/%d/%s", name->tid, name->dirfd, path);
	return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* Opens a path as it is now in the kernel's memory: that never waits. */
static int name_open_cached(const char *real, bool follow)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
				.resolve = RESOLVE_CACHED };
	int fd = syscall(SYS_openat2, AT_FDCWD, real, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	return errno == EINVAL || errno == ENOSYS ? -EAGAIN : -errno;
}

int name_look(const struct name *name, const char *path, bool follow, struct stat *status)
{
	char real[PATH_MAX + 64];
	autoclose int fd = -1;

	if (name_spell(name, path, real, sizeof(real)) < 0)
		return -ENAMETOOLONG;
	if (!roots_differ && !slow_count())
		return fstatat(AT_FDCWD, real, status, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0 ?
			-errno : 0;
	fd = name_open_cached(real, follow);
	if (fd < 0)
		return fd;
	return fstat(fd, status) < 0 ? -errno : 0;
}

/* The target of a symbolic link, relative to where the link is.  NULL: it is none. */
static char *name_target(const struct name *name)
{
	char real[PATH_MAX + 64], text[PATH_MAX];
	const char *slash = strrchr(name->path, '/');
	ssize_t n;

	autoclose int fd = -1;

	if (name_spell(name, name->path, real, sizeof(real)) < 0)
		return NULL;
	if (roots_differ || slow_count()) {
		fd = name_open_cached(real, false);
		n = fd < 0 ? -1 : readlinkat(fd, "", text, sizeof(text) - 1);
	} else {
		n = readlink(real, text, sizeof(text) - 1);
	}
	if (n <= 0)
		return NULL;
	text[n] = 0;
	if (text[0] == '/' || !slash)
		return xstrdup(text);
	return xasprintf("%.*s/%s", (int)(slash - name->path), name->path, text);
}

/* The set of a path's components, by a hash: a quick no for most names of ours. */
uint64_t name_components(const char *path)
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
	for (; (at = strstr(at, base)); at++)
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

struct search {
	struct name	*name;
	uint64_t	 components;
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
	const char *at = search->components & m->base_bit ?
		mention(name->path, name->path, m->base, m->base_length) : NULL;
	size_t n = strlen(m->path);

	search->covers |= m->covered.inode != 0;
	if (!at)
		return;
	if (name_absolute(name) && strncmp(name->absolute, m->path, n) == 0 &&
	    (name->absolute[n] == 0 || name->absolute[n] == '/')) {
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
	struct search search = { name, name_components(name->path), false };

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
	char directory[PATH_MAX], real[PATH_MAX + 64], self[32], text[PATH_MAX];
	autoclose int fd = -1;
	ssize_t n = -1;

	snprintf(directory, sizeof(directory), "%.*s", (int)(base - absolute), absolute);
	if (name_spell(&name, directory, real, sizeof(real)) == 0)
		fd = slow_count() ? name_open_cached(real, true) : open(real, O_PATH | O_CLOEXEC);
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
