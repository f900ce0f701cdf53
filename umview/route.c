/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "mount.h"
#include "name.h"
#include "namecall.h"
#include "route.h"
#include "service.h"
#include "sock.h"
#include "special.h"
#include "util.h"
#include "view.h"
#include "virtual.h"

#define DEFAULT_STACK	"/dev/net/default"

struct view *request_view(struct request *r)
{
	if (!r->view)
		r->view = view_of(r->call.tid);
	return r->view;
}

/* Whoever opens a socket on a stack needs x of its special file; w for one that makes
   packets by hand. */
static int route_permit(struct request *r, int family, int type)
{
	struct mount *m = r->mount;
	bool by_hand = family == AF_PACKET || (type == SOCK_RAW && family != AF_NETLINK);

	clock_gettime(CLOCK_REALTIME_COARSE, &m->accessed);
	r->call.rights = special_rights(r->call.tid, m);
	if (!(r->call.rights & X_OK)) {
		r->why = "no permission: x";
		return -EACCES;
	}
	if (!by_hand || r->call.rights & W_OK)
		return 0;
	r->why = "no permission: w";
	return -EPERM;
}

int64_t route_serving(struct request *r, int family, int type)
{
	int rc = type < 0 ? 0 : route_permit(r, family, type);
	const struct mount *named = r->mount;

	if (rc == 0)
		rc = mount_serving(&request_view(r)->mounts, &r->mount, family);
	/* Another name of it is not another permission. */
	if (rc == 0 && r->mount != named && type >= 0)
		rc = route_permit(r, family, type);
	if (rc < 0 && !r->why)
		r->why = rc == -ENETDOWN ? "the stack is gone" : rc == -ELOOP ? "stacks that refer to each other" :
			"the stack does not serve this family";
	return rc < 0 ? rc : ROUTE_MODULE;
}

/* The host's network, unless a module's options deny it. */
static int64_t route_host(struct request *r, int family)
{
	if (!(service_denied(&r->view->services) >> family & 1))
		return UM_CONTINUE;
	r->why = "a module's options deny the host's";
	return -EAFNOSUPPORT;
}

int64_t route_family(struct request *r, int family, int type)
{
	uint64_t chosen;

	if (family < 0 || family >= FAMILIES || family == AF_UNIX)
		return UM_CONTINUE;
	chosen = context_stack(r->call.tid, family);
	if (chosen != STACK_UNSET) {
		/* Whoever chose a stack never gets the host's network instead. */
		r->mount = mount_get(chosen);
		if (!r->mount) {
			r->why = "the chosen stack is gone";
			return -ENETDOWN;
		}
	} else {
		r->mount = mount_find(&request_view(r)->mounts, DEFAULT_STACK);
		if (!r->mount || !mount_answers(r->mount, family))
			return route_host(r, family);
	}
	return route_serving(r, family, type);
}

int64_t route_network(struct request *r)
{
	int64_t rc = route_family(r, AF_INET, ROUTE_NO_SOCKET);

	return rc == -EAFNOSUPPORT ? route_family(r, AF_INET6, ROUTE_NO_SOCKET) : rc;
}

struct mount *route_path(struct request *r, unsigned index)
{
	struct um_arg *arg = &r->call.arg[index];
	struct mount *m = name_mount(r->call.tid, request_view(r), (char *)arg->in);
	autofree char *absolute = guest_absolute_rooted(r->call.tid, AT_FDCWD, (char *)arg->in);

	if (!absolute)
		return NULL;
	free(arg->in);
	arg->in = (uint8_t *)name_canonical(r->call.tid, absolute);
	arg->in_len = strlen((char *)arg->in);
	return m;
}

/* A guest of another user, or that cannot be read: the kernel answers it. */
static void route_unreadable(const struct request *r)
{
	static bool said;

	if (!said)
		warn("process %d is not ours to read: its calls go to the kernel", r->call.tid);
	said = true;
}

static int64_t route_sending(struct request *r, const struct sock *sock)
{
	int rc;

	if (sock->netlink && r->call.op == UM_SENDTO && request_rights(r))
		return -EINVAL;
	if (sock->netlink)
		return UM_CONTINUE;
	r->stream = sock->stream;
	if (sock->stream && !sock->begun && r->call.op == UM_RECVFROM)
		return ROUTE_MODULE;
	rc = request_addressed(r);
	if (rc < 0)
		return rc;
	return rc ? ROUTE_MODULE : UM_CONTINUE;
}

/* An interface's request needs r of the stack's special file, or w if it changes something. */
static int route_configure(struct request *r)
{
	static const uint32_t changing[] = {
		SIOCADDRT, SIOCDELRT, SIOCSIFLINK, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFDSTADDR,
		SIOCSIFBRDADDR, SIOCSIFNETMASK, SIOCSIFMETRIC, SIOCSIFMEM, SIOCSIFMTU,
		SIOCSIFNAME, SIOCSIFHWADDR, SIOCSIFENCAP, SIOCSIFSLAVE, SIOCADDMULTI,
		SIOCDELMULTI, SIOCSIFPFLAGS, SIOCDIFADDR, SIOCSIFHWBROADCAST, SIOCSIFTXQLEN,
		SIOCSMIIREG, SIOCDARP, SIOCSARP, SIOCSIFMAP, SIOCBRADDBR, SIOCBRDELBR,
	};
	uint32_t request = r->reg[1];
	int rc = 1;

	if (r->call.op != UM_IOCTL || (request < SIOCGIFNAME && request != SIOCADDRT &&
				       request != SIOCDELRT))
		return 0;
	for (unsigned i = 0; i < ARRAY_SIZE(changing); i++)
		if (changing[i] == request)
			rc = special_access(r->call.tid, r->mount, W_OK) < 0 ? -EPERM : 0;
	if (rc < 0)
		r->why = "no permission: w";
	if (rc <= 0)
		return rc;
	rc = special_access(r->call.tid, r->mount, R_OK);
	if (rc < 0)
		r->why = "no permission: r";
	return rc;
}

/*
 * Any socket serves to ask about interfaces, and glibc's if_nametoindex() takes
 * an AF_UNIX one: the answer is the caller's stack's all the same.
 */
static int64_t route_interface(struct request *r, int fd)
{
	uint32_t request = r->reg[1];
	socklen_t len = sizeof(int);
	int family = 0;
	int64_t rc;

	if (r->call.op != UM_IOCTL || request < SIOCGIFNAME)
		return UM_CONTINUE;
	if (fd >= 0)
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	else if (guest_socket_is_local(r->call.tid, (int)r->reg[0]))
		family = AF_UNIX;
	if (family != AF_UNIX)
		return UM_CONTINUE;
	rc = route_network(r);
	if (rc != ROUTE_MODULE)
		return rc == UM_CONTINUE ? rc : -ENODEV;
	rc = route_configure(r);
	if (rc == 0)
		rc = request_decode(r);
	return rc < 0 ? rc : ROUTE_MODULE;
}

/* Is this connect(2) to one of the host's caches of names? */
static bool is_name_service(const struct request *r)
{
	static const char *const paths[] = {
		"/run/nscd/socket", "/var/run/nscd/socket", "/run/avahi-daemon/socket",
		"/var/run/avahi-daemon/socket", "/run/systemd/resolve/io.systemd.Resolve",
	};
	struct sockaddr_un address = { 0 };
	size_t len = r->reg[2] < sizeof(address) ? r->reg[2] : sizeof(address);

	if (r->call.op != UM_CONNECT || len <= sizeof(address.sun_family) ||
	    guest_read(r->call.tid, r->reg[1], &address, len) < 0 || address.sun_family != AF_UNIX)
		return false;
	address.sun_path[sizeof(address.sun_path) - 1] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		if (strcmp(address.sun_path, paths[i]) == 0)
			return true;
	return false;
}

/* Who has another network has other names: its stack's module says whether the host's are right. */
static int64_t route_name_service(struct request *r)
{
	int64_t rc = route_network(r);

	if (rc != ROUTE_MODULE)
		return rc == UM_CONTINUE ? rc : -ENOENT;
	r->call.op = UM_FILE;
	r->call.arg[0].in = (uint8_t *)xstrdup("nscd");
	r->call.arg[0].in_len = strlen("nscd");
	return ROUTE_MODULE;
}

static int64_t route_descriptor(struct request *r)
{
	struct sock *sock;
	autoclose int fd = -1;
	int64_t rc;

	if (mount_count() && is_name_service(r))
		return route_name_service(r);
	if (!sock_count() && (r->call.op != UM_IOCTL || !mount_count()))
		return UM_CONTINUE;
	rc = sock_of_guest(r->call.tid, (int)r->reg[0], &fd, &sock);
	if (rc == -EPERM)
		route_unreadable(r);
	if (rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM)
		return rc;	/* it may be one of ours: the kernel must not answer */
	if (rc < 0)
		return UM_CONTINUE;
	if (!sock)
		return route_interface(r, fd);
	rc = ROUTE_MODULE;
	r->mount = mount_get(sock->mount);
	if (!r->mount)
		rc = UM_CONTINUE;
	else if (r->call.op == UM_SENDTO || r->call.op == UM_RECVFROM)
		rc = route_sending(r, sock);
	if (rc == ROUTE_MODULE) {
		sock->begun |= sock->stream && r->call.op == UM_CONNECT;
		r->stream = sock->stream;
		r->ipv6 = sock->ipv6;
		r->call.sock = r->name = sock->name;
		r->call.fd = fd;
		rc = route_configure(r);
		if (rc == 0)
			rc = request_decode(r);
		if (rc == 0) {
			take_fd(&fd);	/* the request's now */
			return ROUTE_MODULE;
		}
		r->call.fd = -1;
	}
	return rc;
}

/* Modules act with the monitor's rights: nobody else may have them act. */
static int route_owner(struct request *r)
{
	int rc = guest_credentials(r->call.tid, &r->call.uid, &r->call.gid);

	if (rc < 0)
		return rc;
	if (r->call.uid == geteuid())
		return 0;
	r->why = "only the monitor's user may";
	return -EPERM;
}

static int64_t route_mount(struct request *r)
{
	const unsigned long not_new = MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE |
				      MS_SLAVE | MS_UNBINDABLE;
	static const char none[] = "";
	autofree char *type = NULL;
	struct service *service;
	struct um_arg *arg = r->call.arg;
	const struct mount *over;
	int rc;

	if (r->reg[3] & not_new || guest_string(r->call.tid, r->reg[2], PATH_MAX, &type) < 0)
		return UM_CONTINUE;
	service = service_for(&request_view(r)->services, type);
	if (!service)
		return UM_CONTINUE;
	rc = request_decode(r);
	if (rc == -ENAMETOOLONG && arg[2].in) {
		warn("mount: %s: options are longer than 64 KiB", type);
		return -EINVAL;
	}
	if (rc == 0 && !arg[1].in_len)
		rc = -ENOENT;
	if (rc == 0)
		rc = route_owner(r);
	if (rc < 0)
		return rc;
	over = route_path(r, 1);
	if (strcmp((char *)arg[1].in, "/") == 0 || mount_starting(&r->view->mounts, (char *)arg[1].in) ||
	    (over && !(service->module->covers && service->module->covers(&r->call))))
		return -EBUSY;
	r->mount = mount_add(&r->view->mounts, (char *)arg[1].in, type,
			     arg[0].in ? (char *)arg[0].in : "none",
			     arg[4].in ? (char *)arg[4].in : none, service);
	if (!r->mount)
		return -ENOSPC;
	r->mount->uid = r->call.uid;
	r->mount->gid = r->call.gid;
	name_cover(r->call.tid, r->mount);
	return ROUTE_MOUNT;
}

static int64_t route_umount(struct request *r)
{
	struct mount *m;
	int rc;

	if (!mount_count() || request_decode(r) < 0 || !r->call.arg[0].in_len)
		return UM_CONTINUE;
	m = route_path(r, 0);
	if (!m)
		return UM_CONTINUE;
	rc = route_owner(r);
	if (rc < 0)
		return rc;
	if (r->call.arg[1].value & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	return mount_leave(&r->view->mounts, m, r->call.arg[1].value);
}

int64_t route(struct request *r)
{
	int64_t rc;

	switch (r->row->owner) {
	case BY_FD:
		return route_descriptor(r);
	case BY_FAMILY:
		rc = route_family(r, (int)r->reg[0],
				  r->reg[1] & ROUTE_TYPES);
		if (rc != ROUTE_MODULE)
			return rc;
		rc = request_decode(r);
		return rc < 0 ? rc : ROUTE_MODULE;
	case BY_FSTYPE:
		return route_mount(r);
	case BY_PATH:
		return route_umount(r);
	case BY_NAME:
		return namecall(r);
	default:
		return virtual_call(r);
	}
}
