/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace.c - into a network namespace, in two steps, so that the wires of
 * the stack can be opened between them, where the host's network is still ours.
 *
 * Who may make network namespaces (root) makes one.  Everybody else makes a user
 * namespace first, of which he is the owner, and that gives him every right over
 * the networks that belong to it.  It gives them to guests, too, though they
 * stay outside: their user owns it.
 *
 * The user namespace must be made while there is one thread (plugins of
 * libvdeplug make more); a network namespace is one thread's own, and the plugins'
 * threads stay in the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "denied.h"
#include "namespace.h"
#include "util.h"

struct setting {
	STAILQ_ENTRY(setting) next;
	char	*path, *value;
};

static STAILQ_HEAD(, setting) settings = STAILQ_HEAD_INITIALIZER(settings);
static int control = -1;

static int file_write(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static bool is_privileged(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	return syscall(SYS_capget, &head, data) == 0 &&
	       data[0].effective & 1u << CAP_SYS_ADMIN && data[0].effective & 1u << CAP_NET_ADMIN;
}

/*
 * We are the only user of our user namespace.  Without that we are nobody there,
 * and the owner of it all the same; the kernel does not always allow it.
 */
static void namespace_map(uid_t uid, gid_t gid)
{
	autofree char *uids = xasprintf("%u %u 1", uid, uid);
	autofree char *gids = xasprintf("%u %u 1", gid, gid);

	file_write("/proc/self/setgroups", "deny");	/* else gid_map is not ours to write */
	file_write("/proc/self/uid_map", uids);
	file_write("/proc/self/gid_map", gids);
}

int namespace_rights(char *error, size_t size)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	denied_prepare();
	if (is_privileged())
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return denied_explain("user namespaces", -errno, error, size);
	namespace_map(uid, gid);
	return 0;
}

/* ping(8) of whoever may open sockets here. */
static void namespace_allow_ping(void)
{
	autofree char *range = xasprintf("%u %u", getegid(), getegid());

	/* Where /proc/sys is read-only, ping takes a raw socket, to which it has the right. */
	file_write("/proc/sys/net/ipv4/ping_group_range", range);
}

int namespace_enter(char *error, size_t size)
{
	int rc;

	if (unshare(CLONE_NEWNET) < 0)
		return denied_explain("network namespaces", -errno, error, size);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = control < 0 ? -errno : link_up(control, "lo", true);
	if (rc < 0) {
		snprintf(error, size, "lo: %s", strerror(-rc));
		return rc;
	}
	namespace_allow_ping();
	return 0;
}

int namespace_plan(const char *name, const char *value, char *error, size_t size)
{
	struct setting *setting;
	char *at;

	/* Nothing but what is the namespace's own. */
	if (strncmp(name, "net.", 4) || strchr(name, '/') || strstr(name, ".."))
		return -ENOENT;
	setting = xcalloc(1, sizeof(*setting));
	setting->path = xasprintf("/proc/sys/%s", name);
	setting->value = xstrdup(value);
	for (at = setting->path + strlen("/proc/sys/"); *at; at++)
		if (*at == '.')
			*at = '/';
	STAILQ_INSERT_TAIL(&settings, setting, next);
	return 0;
}

int namespace_set_all(char *error, size_t size)
{
	const struct setting *setting;

	STAILQ_FOREACH(setting, &settings, next) {
		int rc = file_write(setting->path, setting->value);

		if (rc < 0) {
			snprintf(error, size, "cannot write '%.60s' to '%.120s': %s",
					setting->value, setting->path, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

int namespace_socket(void)
{
	return control;
}

/* --- interfaces --- */

static int link_request(int socket, unsigned long request, const char *name, struct ifreq *ifr)
{
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	return ioctl(socket, request, ifr) < 0 ? -errno : 0;
}

int link_up(int socket, const char *name, int up)
{
	struct ifreq ifr = { 0 };
	int rc = link_request(socket, SIOCGIFFLAGS, name, &ifr);

	if (rc < 0)
		return rc;
	ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	return link_request(socket, SIOCSIFFLAGS, name, &ifr);
}

int link_set_mac(int socket, const char *name, const uint8_t mac[6])
{
	struct ifreq ifr = { 0 };

	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
	return link_request(socket, SIOCSIFHWADDR, name, &ifr);
}

int link_set_mtu(int socket, const char *name, uint32_t mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };

	return link_request(socket, SIOCSIFMTU, name, &ifr);
}
