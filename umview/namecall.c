/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "guest.h"
#include "listing.h"
#include "mount.h"
#include "name.h"
#include "namecall.h"
#include "route.h"
#include "special.h"
#include "util.h"
#include "view.h"
#include "virtualfile.h"

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

/* The name as it stands, links in it not followed. */
static int64_t namecall_name(struct request *r, unsigned index, struct name *name)
{
	if (name_find(name))
		return special_call(r, index, name->mount, name->below);
	return virtualfile_call(r, index, name);
}

static int64_t namecall_one(struct request *r, unsigned index)
{
	struct name name;
	int64_t rc = name_read(r, index, &name);

	/* What cannot be read, the kernel cannot read either: it says why. */
	if (rc <= 0)
		return UM_CONTINUE;
	do
		rc = namecall_name(r, index, &name);
	while (rc == UM_CONTINUE && name_follow(&name));
	if (rc == UM_CONTINUE && r->call.op == UM_READLINK)
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
