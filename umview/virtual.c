/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <linux/net.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "hypercall.h"
#include "mount.h"
#include "name.h"
#include "process.h"
#include "route.h"
#include "service.h"
#include "special.h"
#include "status.h"
#include "trace.h"
#include "um_virtual.h"
#include "util.h"
#include "view.h"
#include "viewlife.h"
#include "virtual.h"

/* Only the monitor's own user may change the view. */
static int caller_is_owner(const struct request *r)
{
	uid_t uid;
	gid_t gid;
	int rc = guest_credentials(r->call.tid, &uid, &gid);

	if (rc < 0)
		return rc;
	return uid == geteuid() ? 0 : -EPERM;
}

/* Is the guest in a network namespace of its own? */
static bool guest_is_elsewhere(pid_t tid)
{
	autofree char *path = xasprintf("/proc/%d/ns/net", tid);
	struct stat its, ours;

	return stat(path, &its) == 0 && stat("/proc/self/ns/net", &ours) == 0 &&
	       its.st_ino != ours.st_ino;
}

/* What anybody may open: TCP and UDP. */
static bool socket_is_ordinary(int64_t domain, int type, int64_t protocol)
{
	return domain == AF_UNIX ||
	       ((domain == AF_INET || domain == AF_INET6) &&
		((type == SOCK_STREAM && (!protocol || protocol == IPPROTO_TCP)) ||
		 (type == SOCK_DGRAM && (!protocol || protocol == IPPROTO_UDP))));
}

int64_t virtual_host_socket(struct request *r)
{
	int64_t domain = r->call.arg[0].value, protocol = r->call.arg[2].value;
	int type = r->call.arg[1].value;

	if (!r->made_here)
		return UM_CONTINUE;
	/* We cannot make one of another network namespace. */
	if (guest_is_elsewhere(r->call.tid))
		return r->row->owner == BY_VIEW ? -EPERM : UM_CONTINUE;
	/* Not with rights that the caller may lack. */
	if (!socket_is_ordinary(domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol) &&
	    caller_is_owner(r) < 0)
		return -EPERM;
	r->close_on_exec = type & SOCK_CLOEXEC;
	r->answer_fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	return r->answer_fd < 0 ? -errno : 0;
}

static bool guest_path_exists(pid_t tid, const char *path)
{
	struct name name = { .tid = tid, .dirfd = AT_FDCWD };
	struct stat status;

	return name_look(&name, path, false, &status) == 0;
}

static int64_t msocket_default(struct request *r, struct mount *m, int domain)
{
	uint64_t families = ~(1ull << AF_UNIX);
	int rc = special_access(r->call.tid, m, X_OK);

	if (rc < 0)
		return rc;
	if (domain != AF_UNSPEC) {
		if (domain < 0 || domain >= FAMILIES || domain == AF_UNIX)
			return -EAFNOSUPPORT;
		families = 1ull << domain;
	}
	return context_choose(r->call.tid, families, mount_ref(m));
}

static int64_t virtual_msocket(struct request *r)
{
	struct um_arg *arg = r->call.arg;
	int domain = arg[1].value, type = arg[2].value;
	struct mount *m = NULL;
	int64_t rc;

	if (arg[0].in) {
		if (!arg[0].in_len)
			return -ENOENT;
		m = route_path(r, 0);
		if (!m)
			return guest_path_exists(r->call.tid, (char *)arg[0].in) ? -ENOTSUP : -ENOENT;
	}
	if (type == 0)		/* SOCK_DEFAULT */
		return m ? msocket_default(r, m, domain) : -EINVAL;

	/* From here on it is a socket(2). */
	for (unsigned i = 0; i < 3; i++)
		arg[i].value = arg[i + 1].value;
	free(arg[0].in);
	arg[0].in = NULL;
	r->call.op = UM_SOCKET;
	r->close_on_exec = type & SOCK_CLOEXEC;
	r->made_here = true;		/* the kernel does not know this number */
	if (!m) {
		rc = route_family(r, domain, type & ROUTE_TYPES);
		return rc == UM_CONTINUE ? virtual_host_socket(r) : rc;
	}
	r->mount = m;
	if (domain < 0 || domain >= FAMILIES)
		return -EAFNOSUPPORT;
	return route_serving(r, domain, type & ROUTE_TYPES);
}

static int64_t virtual_add_service(struct request *r)
{
	autofree char *path = NULL;
	const char *module = (char *)r->call.arg[0].in;
	size_t name = strcspn(module, ",");
	int rc = caller_is_owner(r);

	if (rc < 0)
		return rc;
	if (memchr(module, '/', name) && module[0] != '/') {
		autofree char *relative = strndup(module, name);
		autofree char *absolute = relative ? guest_absolute(r->call.tid, AT_FDCWD, relative) : NULL;

		if (!absolute)
			return -ENOENT;
		path = xasprintf("%s%s", absolute, module + name);
		module = path;
	}
	return service_add(&request_view(r)->services, module, r->call.arg[1].value != 0);
}

static int64_t virtual_del_service(struct request *r)
{
	struct view *view = request_view(r);
	struct service *service = service_find(&view->services, (char *)r->call.arg[0].in);
	int rc = caller_is_owner(r);

	if (rc < 0)
		return rc;
	if (!service)
		return -ENOENT;
	return mount_uses(&view->mounts, service) ? -EBUSY :
		service_remove(&view->services, service);
}

static int64_t virtual_ls_service(struct request *r)
{
	autofree char *list = service_text(&request_view(r)->services);
	size_t n = strlen(list);
	int rc = um_put(&r->call, 0, list, n);

	return rc < 0 ? rc : (int64_t)n;
}

/* What others do is for the monitor's own user to see. */
static int64_t virtual_trace(struct request *r)
{
	int rc = caller_is_owner(r);

	if (rc < 0)
		return rc;
	if ((int)r->call.arg[0].value < 0)
		return -EINVAL;
	r->close_on_exec = true;
	r->answer_fd = trace_begin(request_view(r), process_of(r->call.tid), r->call.arg[0].value);
	return r->answer_fd < 0 ? r->answer_fd : 0;
}

/* Whoever is in the view may ask. */
static int64_t virtual_status(struct request *r)
{
	autofree char *text = status_text(request_view(r));
	size_t n = strlen(text);
	int rc = um_put(&r->call, 0, text, n);

	return rc < 0 ? rc : (int64_t)n;
}

static int64_t virtual_view_info(struct request *r)
{
	const struct view *view = request_view(r);
	struct um_view_info info = { .server = view_server(), .view = view->number };
	int rc;

	snprintf(info.name, sizeof(info.name), "%s", view->name);
	rc = um_put(&r->call, 0, &info, sizeof(info));
	return rc < 0 ? rc : (int64_t)r->call.arg[0].out_len;
}

struct killing {
	const struct view *view;
	int	signal;
	pid_t	spare;
};

static int kill_one(pid_t pid, void *arg)
{
	const struct killing *k = arg;

	if (pid == k->spare || !view_is_within(view_of(pid), k->view))
		return 0;
	if (k->signal)
		kill(pid, k->signal);
	return 1;
}

/* Those of the caller's view, and of the views inside it. */
static int64_t virtual_kill_all(struct request *r)
{
	struct killing k = { request_view(r), r->call.arg[0].value, process_of(r->call.tid) };
	int rc = caller_is_owner(r);

	if (rc < 0)
		return rc;
	if (k.signal < 0 || k.signal > SIGRTMAX)
		return -EINVAL;
	return process_each_below(getpid(), helper_is, kill_one, &k);
}

/* The caller moves into a new view inside its own. */
static int64_t virtual_new_view(struct request *r)
{
	int rc = caller_is_owner(r);

	return rc < 0 ? rc : viewlife_begin(request_view(r), process_of(r->call.tid));
}

/*
 * Another process of this session moves into the caller's view.  One that runs outside
 * cannot be brought in: a filter is installed by a process itself.
 */
static int64_t virtual_attach(struct request *r)
{
	pid_t pid = r->call.arg[0].value;
	int rc = caller_is_owner(r);

	if (rc < 0)
		return rc;
	if (pid <= 0 || kill(pid, 0) < 0)
		return pid <= 0 ? -EINVAL : -errno;
	if (pid == getpid() || helper_is(pid))
		return -EPERM;
	if (!process_is_below(pid, getpid()))
		return -EOPNOTSUPP;
	return view_enter(pid, request_view(r));
}

/* A struct rlimit of 64 or 32 bits, where infinity is all ones too. */
static int rlimit_read(const struct request *r, uint64_t at, bool wide, uint64_t limit[2])
{
	uint32_t narrow[2];
	int rc;

	if (wide)
		return guest_read(r->call.tid, at, limit, 2 * sizeof(limit[0]));
	rc = guest_read(r->call.tid, at, narrow, sizeof(narrow));
	for (unsigned i = 0; i < 2 && rc == 0; i++)
		limit[i] = narrow[i] == UINT32_MAX ? RLIM_INFINITY : narrow[i];
	return rc;
}

static int rlimit_write(const struct request *r, uint64_t at, bool wide, const uint64_t limit[2])
{
	uint32_t narrow[2];

	if (wide)
		return guest_write(r->call.tid, at, limit, 2 * sizeof(limit[0]));
	for (unsigned i = 0; i < 2; i++)
		narrow[i] = limit[i] > UINT32_MAX ? UINT32_MAX : limit[i];
	return guest_write(r->call.tid, at, narrow, sizeof(narrow));
}

/* The one limit in which contexts live: its true value is ours, and what the
   guest sets is part of its context. */
static int64_t virtual_rlimit(struct request *r)
{
	bool both = r->row->kind[1] == INT;	/* prlimit64 */
	bool set = strcmp(r->row->name, "setrlimit") == 0;
	bool wide = both || r->word == 8;
	uint64_t new_at = both ? r->reg[2] : set ? r->reg[1] : 0;
	uint64_t old_at = both ? r->reg[3] : set ? 0 : r->reg[1];
	pid_t pid = both && (int)r->reg[0] ? (int)r->reg[0] : r->call.tid;
	uint64_t old[2], new[2];
	uid_t caller, other;
	gid_t group;
	int rc = 0;

	if (!both && !new_at && !old_at)
		return -EFAULT;
	if (pid != r->call.tid && !process_is_below(pid, getpid()))
		return UM_CONTINUE;
	if (guest_credentials(r->call.tid, &caller, &group) < 0 ||
	    guest_credentials(pid, &other, &group) < 0)
		return -ESRCH;
	if (caller && caller != other)
		return -EPERM;
	if (new_at && rlimit_read(r, new_at, wide, new) < 0)
		return -EFAULT;
	context_limit(pid, old);
	if (new_at)
		rc = context_set_limit(pid, new, caller == 0);
	if (rc == 0 && old_at && rlimit_write(r, old_at, wide, old) < 0)
		rc = -EFAULT;
	return rc;
}

/* i386's way to all of the sockets' calls: numbers and arguments in memory. */
static int64_t virtual_socketcall(struct request *r)
{
	const struct row *row = table_socketcall((uint32_t)r->reg[0]);
	uint32_t args[6] = { 0 };
	unsigned count = 0;
	int64_t rc;

	if (!row)
		return UM_CONTINUE;
	while (count < 6 && row->kind[count] != NONE)
		count++;
	if (r->reg[0] == SYS_SEND || r->reg[0] == SYS_RECV)
		count = 4;
	if (guest_read(r->call.tid, (uint32_t)r->reg[1], args, count * sizeof(args[0])) < 0)
		return -EFAULT;
	for (unsigned i = 0; i < 6; i++)
		r->reg[i] = args[i];
	r->row = table_applying(row, r->reg);
	r->call.op = row->op;
	if (row->op != UM_SOCKET)
		return r->row ? route(r) : UM_CONTINUE;
	r->row = row;
	/* The arguments could change before the kernel reads them: never go on. */
	r->made_here = true;
	rc = route(r);
	if (rc != UM_CONTINUE)
		return rc;
	for (unsigned i = 0; i < 3; i++)
		r->call.arg[i].value = (int)args[i];
	return virtual_host_socket(r);
}

int64_t virtual_call(struct request *r)
{
	int rc = 0;

	if (r->call.op == UM_RLIMIT)
		return virtual_rlimit(r);
	if (r->call.op == UM_SOCKETCALL)
		return virtual_socketcall(r);
	if (r->call.op == UM_VIRTUAL)
		return hypercall(r);
	rc = request_decode(r);
	if (rc < 0)
		return rc;
	switch (r->call.op) {
	case UM_MSOCKET:
		return virtual_msocket(r);
	case UM_ADD_SERVICE:
		return virtual_add_service(r);
	case UM_DEL_SERVICE:
		return virtual_del_service(r);
	case UM_LS_SERVICE:
		return virtual_ls_service(r);
	case UM_TRACE:
		return virtual_trace(r);
	case UM_STATUS:
		return virtual_status(r);
	case UM_VIEW_INFO:
		return virtual_view_info(r);
	case UM_SET_VIEWNAME:
		rc = caller_is_owner(r);
		return rc < 0 ? rc : view_set_name(request_view(r), (char *)r->call.arg[0].in);
	case UM_KILL_ALL:
		return virtual_kill_all(r);
	case UM_NEW_VIEW:
		return virtual_new_view(r);
	case UM_ATTACH:
		return virtual_attach(r);
	default:
		return -ENOSYS;
	}
}
