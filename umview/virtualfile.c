/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filecall.h"
#include "guest.h"
#include "procfile.h"
#include "process.h"
#include "route.h"
#include "special.h"
#include "util.h"
#include "view.h"
#include "virtualfile.h"

/* What the recognised text stands for. */
struct target {
	const char	*key;		/* of UM_FILE */
	size_t		 key_length;
	const char	*rest;		/* below it */
	pid_t		 pid;		/* whose network it tells of; 0: the caller's */
	int		 want;		/* the permission of the stack that it needs */
};

/* Some component of every path of interest. */
static uint64_t interesting(void)
{
	static const char *const components[] = {
		"mounts", "mountinfo", "mtab", "net", "resolv.conf", "hosts",
	};
	static uint64_t set;

	if (!set)
		for (unsigned i = 0; i < ARRAY_SIZE(components); i++)
			set |= name_bit(components[i], strlen(components[i]));
	return set;
}

/* After "/proc/": "net/X", "self/net/X", "PID/task/TID/net/X" ...  Where "net/X" begins. */
static const char *proc_net(const char *path, pid_t *pid)
{
	size_t n = strcspn(path, "/");

	*pid = 0;
	if (isdigit((unsigned char)*path)) {
		*pid = atoi(path);
		path += n + (path[n] == '/');
		if (strncmp(path, "task/", 5) == 0) {
			*pid = atoi(path + 5);
			path += 5;
			n = strcspn(path, "/");
			path += n + (path[n] == '/');
		}
	} else if (strncmp(path, "self/", 5) == 0 || strncmp(path, "thread-self/", 12) == 0) {
		path += n + 1;
	}
	if (strncmp(path, "net/", 4) != 0 || !path[4] || strchr(path + 4, '/'))
		return NULL;
	return strcmp(path, "net/unix") == 0 ? NULL : path;	/* AF_UNIX is the kernel's */
}

static bool target_find(const char *path, struct target *target)
{
	static const char class[] = "/sys/class/net";
	size_t n = sizeof(class) - 1;

	*target = (struct target){ .rest = "" };
	if (strncmp(path, "/proc/", 6) == 0) {
		target->key = proc_net(path + 6, &target->pid);
		target->want = R_OK;
	} else if (strncmp(path, class, n) == 0 && (!path[n] || path[n] == '/')) {
		target->key = class + 1;
		target->rest = path + n + (path[n] == '/');
		target->want = R_OK;
	} else if (strcmp(path, "/etc/resolv.conf") == 0 || strcmp(path, "/etc/hosts") == 0) {
		target->key = path + 5;
	}
	if (!target->key)
		return false;
	target->key_length = strlen(target->key);
	return true;
}

/* The stack that is the network of who is asked about. */
static int64_t target_route(struct request *r, const struct target *target)
{
	pid_t caller = r->call.tid;
	struct view *view = r->view;
	int64_t rc;

	if (target->pid && !process_is_below(target->pid, getpid()))
		return UM_CONTINUE;
	if (target->pid) {
		r->call.tid = target->pid;
		r->view = NULL;
	}
	rc = route_network(r);
	r->call.tid = caller;
	r->view = view;
	return rc;
}

/* As /etc/mtab and the files of /proc list it. */
static int64_t mounts_open(struct request *r, unsigned index, const struct name *name)
{
	int flags = r->row->kind[index + 1] == OPEN_FLAGS ? (int)r->reg[index + 1] : O_WRONLY;

	if (r->call.op != UM_OPEN || (flags & (O_ACCMODE | O_PATH | O_DIRECTORY)) != O_RDONLY)
		return UM_CONTINUE;
	r->answer_fd = procfile_open(name->tid, name->absolute);
	r->close_on_exec = flags & O_CLOEXEC;
	return r->answer_fd < 0 ? UM_CONTINUE : 0;
}

int64_t virtualfile_call(struct request *r, unsigned index, struct name *name)
{
	struct target target;
	struct um_arg *arg = r->call.arg;
	int64_t rc;

	if (!(name->components & interesting()) || !name_absolute(name))
		return UM_CONTINUE;
	if (!target_find(name->absolute, &target))
		return mounts_open(r, index, name);
	/* What else is asked of the files of /proc, those of the host answer. */
	if (strncmp(target.key, "net/", 4) == 0 && r->call.op != UM_OPEN)
		return UM_CONTINUE;
	if (!filecall_serves(r))
		return UM_CONTINUE;
	rc = target_route(r, &target);
	if (rc != ROUTE_MODULE)
		return rc == UM_CONTINUE ? rc : -ENOENT;
	r->call.rights = special_rights(r->call.tid, r->mount);
	if ((r->call.rights & target.want) != (unsigned)target.want)
		return -EACCES;
	rc = guest_credentials(r->call.tid, &r->call.uid, &r->call.gid);
	if (rc < 0)
		return rc;
	arg[0].in = (uint8_t *)xstrdup(target.key);
	arg[0].in_len = target.key_length;
	rc = filecall_begin(r, index, name->follow, target.rest, &arg[1].value);
	return rc < 0 ? rc : ROUTE_MODULE;
}
