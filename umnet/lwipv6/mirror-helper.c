/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mirror-helper.c - the process in the mirror's namespace; see mirror.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../netns/device.h"
#include "../netns/namespace.h"
#include "mirror.h"
#include "util.h"

#define SOCKET_FD	3
#define QUEUE		(4 << 20)	/* bytes of frames that wait for the stack */

int mirror_send(int socket, const struct mirror_answer *answer, const int *fds)
{
	struct mirror_answer copy = *answer;
	struct iovec iov = { &copy, sizeof(copy) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MIRROR_FDS * sizeof(int))] = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)control;

	if (copy.count) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(copy.count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, copy.count * sizeof(int));
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(copy.count * sizeof(int));
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int mirror_receive(int socket, struct mirror_answer *answer, int fds[MIRROR_FDS])
{
	struct iovec iov = { answer, sizeof(*answer) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MIRROR_FDS * sizeof(int))];
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	int count = 0;

	for (int k = 0; k < MIRROR_FDS; k++)
		fds[k] = -1;
	if (n < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	}
	return n == sizeof(*answer) && count == answer->count ? 0 : -EPROTO;
}

/* --- the namespace ---------------------------------------------------------- */

static int text_write(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* A kernel without IPv6 has no such file, and needs none. */
static int ipv6_off(const char *of)
{
	autofree char *path = xasprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", of);
	int rc = text_write(path, "1");

	return rc == -ENOENT ? 0 : rc;
}

/* The loopback gets the stack's name for it, and loses its address. */
static int loopback_prepare(const char *name)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = namespace_socket(), rc = link_up(fd, "lo", false);

	if (rc < 0)
		return rc;
	memcpy(ifr.ifr_newname, name, sizeof(ifr.ifr_newname));
	if (strcmp(name, "lo") && ioctl(fd, SIOCSIFNAME, &ifr) < 0)
		return -errno;
	rc = link_up(fd, name, true);
	if (rc < 0)
		return rc;
	memcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	memcpy(&ifr.ifr_addr, &any, sizeof(any));
	return ioctl(fd, SIOCSIFADDR, &ifr) < 0 && errno != EADDRNOTAVAIL ? -errno : 0;
}

static int hello(int socket_fd)
{
	struct mirror_answer answer = { .count = 3 };
	struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	autoclose int netlink = -1, sockets = -1;
	char error[256];
	int rc = namespace_rights(error, sizeof(error));

	if (rc == 0)
		rc = namespace_enter(error, sizeof(error));
	if (rc == 0)
		rc = ipv6_off("all");
	if (rc == 0)
		rc = ipv6_off("default");
	if (rc == 0) {
		netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
		sockets = open("/proc/thread-self/net/packet", O_RDONLY | O_CLOEXEC);
		if (netlink < 0 || sockets < 0 ||
		    bind(netlink, (struct sockaddr *)&links, sizeof(links)) < 0)
			rc = -errno;
	}
	if (rc < 0)
		answer = (struct mirror_answer){ .rc = rc };
	mirror_send(socket_fd, &answer, (int []){ namespace_socket(), netlink, sockets });
	return rc;
}

/* --- interfaces --------------------------------------------------------------- */

/* A packet socket of the image: 0 to send only; owned. */
static int packet_open(const char *name, uint16_t protocol)
{
	autoclose int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(name) };
	int room = QUEUE, on = 1;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return take_fd(&fd);
}

static int port_open(const struct mirror_plan *plan, struct device *d)
{
	char error[512];
	int rc;

	if (plan->loopback) {
		rc = loopback_prepare(plan->name);
		d->fd = rc < 0 ? rc : packet_open(plan->name, ETH_P_ALL);
		return d->fd < 0 ? d->fd : 0;
	}
	rc = device_open(d, plan->name, plan->index, plan->ethernet, error, sizeof(error));
	/* Tunnels that come with a new namespace may have taken it. */
	if (rc == -EBUSY || rc == -EEXIST)
		rc = device_open(d, plan->name, 0, plan->ethernet, error, sizeof(error));
	return rc;
}

static void serve_port(int socket_fd, const struct mirror_plan *plan)
{
	struct device d = { .fd = -1, .far = -1 };
	struct mirror_answer answer = { .rc = port_open(plan, &d), .kind = d.kind };
	autoclose int out = answer.rc < 0 ? -1 : packet_open(plan->name, 0);

	if (answer.rc == 0 && out < 0)
		answer.rc = out;
	if (answer.rc == 0)
		answer.count = d.far < 0 ? 2 : 3;
	mirror_send(socket_fd, &answer, (int []){ out, d.fd, d.far });
	device_close(&d);
}

static void serve_socket(int socket_fd, int type, int protocol)
{
	autoclose int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, protocol);
	struct mirror_answer answer = { .rc = fd < 0 ? -errno : 0, .count = fd >= 0 };

	mirror_send(socket_fd, &answer, &fd);
}

void mirror_helper(int socket_fd)
{
	struct mirror_request r;

	/* Nothing of the stack's may live on here: its carriers above all. */
	if (dup2(socket_fd, SOCKET_FD) < 0 || syscall(SYS_close_range, SOCKET_FD + 1, ~0u, 0) < 0)
		_exit(1);
	prctl(PR_SET_NAME, "umnet-mirror");
	if (hello(SOCKET_FD) < 0)
		_exit(1);
	while (recv(SOCKET_FD, &r, sizeof(r), 0) == sizeof(r))
		if (r.what == MIRROR_PORT)
			serve_port(SOCKET_FD, &r.plan);
		else
			serve_socket(SOCKET_FD, r.type, r.protocol);
	_exit(0);
}
