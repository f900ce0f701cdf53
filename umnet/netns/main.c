/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umnet-ns - a stack program (see um_stack.h) whose stack is the kernel's:
 * a network namespace.  Guests stay outside it, and get its sockets.
 *
 * Its wires are opened where the host's network is still at hand; then this process goes
 * into the namespace, makes the interfaces, and carries their frames.
 */
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "mount-option.h"
#include "namespace.h"
#include "plug.h"
#include "show.h"
#include "um_stack.h"
#include "util.h"

static const struct mount_maker maker = {
	.owner = "VIEWOS-NETNS",
	.mtu_min = 68,
	.mtu_max = 65521,
	.interface = plug_plan,
	.other = namespace_plan,
};

static int netns_init(const char *source, const char *target, const char *options,
		char *error, size_t size)
{
	int rc = namespace_rights(error, size);

	if (rc == 0)
		rc = mount_options_apply(options, &maker, error, size);
	if (rc == 0)
		rc = namespace_enter(error, size);
	if (rc == 0)
		rc = plug_make_all(error, size);
	if (rc == 0)
		rc = namespace_set_all(error, size);
	if (rc < 0)
		plug_close_all();
	return rc;
}

static int netns_descriptor(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

/* Requests whose struct ifreq holds no pointer. */
static bool ioctl_is_plain(unsigned long request)
{
	switch (request) {
	case SIOCGIFNAME: case SIOCGIFINDEX: case SIOCGIFFLAGS: case SIOCGIFADDR:
	case SIOCGIFDSTADDR: case SIOCGIFBRDADDR: case SIOCGIFNETMASK: case SIOCGIFMETRIC:
	case SIOCGIFMTU: case SIOCGIFHWADDR: case SIOCGIFTXQLEN: case SIOCGIFMAP:
	case SIOCSIFFLAGS: case SIOCSIFMETRIC: case SIOCSIFMTU: case SIOCSIFHWADDR:
	case SIOCSIFNAME: case SIOCSIFTXQLEN:
		return true;
	}
	return false;
}

static int ioctl_list(void *arg, size_t *len)
{
	struct ifconf list = { .ifc_len = *len > INT_MAX ? INT_MAX : *len, .ifc_buf = arg };

	if (ioctl(namespace_socket(), SIOCGIFCONF, &list) < 0)
		return -errno;
	*len = list.ifc_len;
	return 0;
}

/* A guest asks on an AF_UNIX socket, which is the host's, about interfaces. */
static int netns_ioctl(struct um_sock *none, unsigned long request, void *arg, size_t *len)
{
	struct ifreq ifr = { 0 };
	size_t n = *len < sizeof(ifr) ? *len : sizeof(ifr);

	if (request == SIOCGIFCONF)
		return ioctl_list(arg, len);
	if (!ioctl_is_plain(request) || !arg)
		return -ENOTTY;
	memcpy(&ifr, arg, n);
	if (ioctl(namespace_socket(), request, &ifr) < 0)
		return -errno;
	memcpy(arg, &ifr, n);
	return 0;
}

static const struct um_stack_ops ops = {
	.api = UM_STACK_API,
	.size = sizeof(struct um_stack_ops),
	.name = "umnetns",
	/* Whatever the kernel has, but for what no network namespace holds. */
	.families = ~(UINT64_C(1) << AF_UNSPEC | UINT64_C(1) << AF_UNIX |
		UINT64_C(1) << AF_VSOCK),
	.init = netns_init,
	.fini = plug_close_all,
	.poll = plug_poll,
	.ioctl = netns_ioctl,
	.descriptor = netns_descriptor,
	.file = show_file,
};

int main(int argc, char **argv)
{
	return um_stack_main(argc, argv, &ops);
}
