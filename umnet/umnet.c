/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umnet - the module of network stacks.  Each mount is an instance; a stack is
 * a process of its own, which umnet starts and passes the calls on to.
 *
 *   STARTING --WIRE_READY rc 0--> UP --hangup--> DEAD
 *       \--WIRE_READY rc < 0, hangup, interrupt--> freed (the mount fails)
 *   UP, DEAD --umount--> freed
 *
 * Calls under way are answered exactly once: by the stack's WIRE_ANSWER, or
 * with -ENETDOWN when it dies or is unmounted.  A DEAD stack stays mounted and
 * answers -ENETDOWN, so that nobody is sent to the host's network instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "family.h"
#include "instance.h"
#include "link.h"
#include "resolver.h"
#include "um_module.h"
#include "util.h"
#include "vde.h"

#define LINK	"umnetlink"
#define OTHERS	"umnet"		/* umnetNAME: whoever has written a program umnet-NAME */

static const char *const fstypes[] = {
	LINK, "umnetlwipv6", "umnetnative", "umnetns", "umnetnull", OTHERS "*", NULL
};

/*
 * A type of mount and the program that is its stack; NULL: there is none, and
 * every call is answered alike.  UM_CONTINUE: what the host says, whatever the module's
 * options deny to those who chose nothing.
 */
static const struct kind {
	const char *fstype, *program;
	int64_t fixed;
} kinds[] = {
	{ LINK, NULL, -EAFNOSUPPORT },
	{ "umnetlwipv6", "umnet-lwipv6", 0 },
	{ "umnetnative", NULL, UM_CONTINUE },
	{ "umnetns", "umnet-ns", 0 },
	{ "umnetnull", NULL, -EAFNOSUPPORT },
};

static int umnet_init(const char *options)
{
	uint64_t allowed;
	char bad[64];

	if (!*options)
		return 0;
	if (family_list(options, &allowed, bad, sizeof(bad)) < 0) {
		um_warn("umnet: '%s': unknown protocol family", bad);
		return -EINVAL;
	}
	um_deny_host(FAMILY_ALL & ~allowed);
	return 0;
}

static void umnet_fini(void)
{
	vde_stop();
}

static const char *argument_text(const struct um_call *c, unsigned i)
{
	return c->arg[i].in ? (const char *)c->arg[i].in : "";
}

/* ~/.umview/stacks, or where um_spawn() looks.  Owned; NULL: no such name can be. */
static char *program_of(const char *fstype)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t skip = strnlen(fstype, strlen(OTHERS));
	const char *name = fstype + skip, *home = getenv("HOME");
	char *own;

	if (!*name || name[strspn(name, letters)])
		return NULL;
	own = home ? xasprintf("%s/.umview/stacks/umnet-%s", home, name) : NULL;
	if (own && access(own, X_OK) == 0)
		return own;
	free(own);
	return xasprintf("umnet-%s", name);
}

static int64_t program_start(struct um_call *c, const char *program, const char *options,
		void **inst)
{
	return instance_start(c, program, argument_text(c, 2), argument_text(c, 0),
			      argument_text(c, 1), options, inst);
}

/* A type that is not in the table. */
static int64_t other_mount(struct um_call *c, const char *options, void **inst)
{
	autofree char *program = program_of(argument_text(c, 2));
	int64_t rc = program ? program_start(c, program, options, inst) : -ENODEV;

	return rc == -ENOENT ? -ENODEV : rc;
}

static int64_t link_mount(struct um_call *c, int64_t answer, void **inst)
{
	struct link *link;
	int rc = link_new(c->tid, argument_text(c, 0), argument_text(c, 1), argument_text(c, 4),
			  &link);

	if (rc < 0)
		return rc;
	*inst = instance_fixed(answer, link);
	return 0;
}

/* options: without those that are umnet's own. */
static int64_t kind_mount(struct um_call *c, const struct kind *kind, const char *options,
		void **inst)
{
	int rc;

	if (!kind)
		return other_mount(c, options, inst);
	if (!kind->program && *options) {
		um_warn("mount: %s: unknown option '%s'", kind->fstype, options);
		return -EINVAL;
	}
	if (!kind->program) {
		*inst = instance_fixed(kind->fixed, NULL);
		return 0;
	}
	rc = vde_prepare(options);
	return rc < 0 ? rc : program_start(c, kind->program, options, inst);
}

static const struct kind *kind_of(const char *fstype)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].fstype, fstype) == 0)
			return &kinds[i];
	return NULL;
}

static int64_t umnet_mount(struct um_call *c, void **inst)
{
	const char *fstype = argument_text(c, 2);
	const struct kind *kind = kind_of(fstype);
	struct resolver *resolver;
	autofree char *options = NULL;
	int64_t rc;

	if (strcmp(fstype, LINK) == 0)
		return link_mount(c, kind->fixed, inst);
	rc = resolver_take(fstype, argument_text(c, 4), c->tid, &options, &resolver);
	if (rc < 0)
		return rc;
	rc = kind_mount(c, kind, options, inst);
	if (rc == 0 || rc == UM_TAKEN)
		instance_resolve(*inst, resolver);
	else
		resolver_free(resolver);
	return rc;
}

static int umnet_covers(const struct um_call *c)
{
	return strcmp(argument_text(c, 2), LINK) == 0 && link_overrides(argument_text(c, 4));
}

const struct um_module um_module = {
	.api = UM_MODULE_API, .size = sizeof(struct um_module),
	.name = "umnet", .summary = "virtual (multi-stack) networking",
	.fstypes = fstypes,
	.init = umnet_init, .fini = umnet_fini,
	.mount = umnet_mount, .umount = instance_umount,
	.families = instance_families, .call = instance_call,
	.interrupt = instance_interrupt, .undo = instance_undo,
	.alias = instance_alias, .covers = umnet_covers,
};
