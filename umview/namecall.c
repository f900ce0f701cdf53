/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "guest.h"
#include "listing.h"
#include "mount.h"
#include "name.h"
#include "namecall.h"
#include "procfile.h"
#include "route.h"
#include "special.h"
#include "util.h"
#include "view.h"

/* The path by its text; NULL if the guest is gone. */
static const char *name_absolute(struct name *name)
{
	if (!name->absolute)
		name->absolute = guest_absolute_rooted(name->tid, name->dirfd, name->path);
	return name->absolute;
}

static bool ends_in_any(const char *path, const char *const *names)
{
	const char *slash = strrchr(path, '/');

	while (*names && strcmp(slash ? slash + 1 : path, *names) != 0)
		names++;
	return *names;
}

/* A file of /proc that shows the view, opened to be read. */
static int64_t namecall_open(struct request *r, unsigned index, struct name *name)
{
	static const char *const shown[] = { "mounts", "mountinfo", "mtab", NULL };
	int flags = r->row->kind[index + 1] == OPEN_FLAGS ? (int)r->reg[index + 1] : O_WRONLY;

	if ((flags & (O_ACCMODE | O_PATH | O_DIRECTORY)) != O_RDONLY ||
	    !ends_in_any(name->path, shown) || !name_absolute(name))
		return UM_CONTINUE;
	r->answer_fd = procfile_open(name->tid, name->absolute);
	r->close_on_exec = flags & O_CLOEXEC;
	return r->answer_fd < 0 ? UM_CONTINUE : 0;
}

/*
 * realpath(3), as mount(8) and umount(8) do it, asks of each component whether it is a link: the
 * directories above a mount are none, even if they are not there.
 */
static int64_t namecall_readlink(struct name *name)
{
	struct stat status;

	if (name_absolute(name) && mount_below(&name->view->mounts, name->absolute) &&
	    name_look(name, name->path, false, &status) == -ENOENT)
		return -EINVAL;
	return UM_CONTINUE;
}

static int64_t namecall_one(struct request *r, unsigned index)
{
	struct name name;
	int64_t rc = name_read(r, index, &name);

	/* What cannot be read, the kernel cannot read either: it says why. */
	if (rc <= 0)
		return UM_CONTINUE;
	rc = UM_CONTINUE;
	if (name_find(&name))
		rc = special_call(r, index, name.mount, name.below);
	else if (r->call.op == UM_OPEN)
		rc = namecall_open(r, index, &name);
	else if (r->call.op == UM_READLINK)
		rc = namecall_readlink(&name);
	name_clear(&name);
	return rc;
}

int64_t namecall(struct request *r)
{
	if (r->call.op == UM_CHROOT)
		name_roots_differ();
	if (!mount_count() || !request_view(r)->mounts.count)
		return UM_CONTINUE;
	if (r->call.op == UM_GETDENTS)
		return listing_call(r);
	for (unsigned i = 0; i < ARRAY_SIZE(r->row->kind); i++) {
		int64_t rc;

		if (r->row->kind[i] != PATH && r->row->kind[i] != LINK)
			continue;
		rc = namecall_one(r, i);
		if (rc != UM_CONTINUE)
			return rc;
	}
	return UM_CONTINUE;
}
