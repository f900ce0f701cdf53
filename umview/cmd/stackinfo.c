/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "msocket.h"
#include "stackinfo.h"

enum { PATIENCE = 2, MESSAGES_MAX = 100000 };

const char *stackinfo_state(unsigned state)
{
	static const char *const names[STACKINFO_STATES] = {
		[1] = "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
		"UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "NEW-SYN-RECV",
	};

	return state < STACKINFO_STATES ? names[state] : NULL;
}

static const void *attribute(const struct nlmsghdr *message, size_t header, unsigned type,
		unsigned short least)
{
	const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(header));
	int left = message->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(header));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type && RTA_PAYLOAD(a) >= least)
			return RTA_DATA(a);
	return NULL;
}

static void address_found(struct stackinfo *info, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *a = NLMSG_DATA(message);
	unsigned short size = a->ifa_family == AF_INET ? 4 : 16;
	const void *bytes;
	unsigned n = info->addresses;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*a)) ||
	    (a->ifa_family != AF_INET && a->ifa_family != AF_INET6))
		return;
	bytes = attribute(message, sizeof(*a), IFA_LOCAL, size);
	if (!bytes)
		bytes = attribute(message, sizeof(*a), IFA_ADDRESS, size);
	if (!bytes)
		return;
	info->addresses++;
	if (n >= STACKINFO_ADDRESSES ||
	    !inet_ntop(a->ifa_family, bytes, info->address[n].text, INET6_ADDRSTRLEN))
		return;
	info->address[n].index = a->ifa_index;
	snprintf(info->address[n].text + strlen(info->address[n].text), 5, "/%u",
			a->ifa_prefixlen);
}

static void link_found(struct stackinfo *info, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const char *name;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return;
	name = attribute(message, sizeof(*link), IFLA_IFNAME, 1);
	for (unsigned i = 0; name && i < info->addresses && i < STACKINFO_ADDRESSES; i++)
		if (info->address[i].index == link->ifi_index)
			snprintf(info->address[i].interface, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, name);
}

static void tcp_found(struct stackinfo *info, const struct nlmsghdr *message)
{
	const struct inet_diag_msg *m = NLMSG_DATA(message);

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(*m)) && m->idiag_state < STACKINFO_STATES)
		info->tcp[m->idiag_state]++;
}

static void udp_found(struct stackinfo *info, const struct nlmsghdr *message)
{
	(void)message;
	info->udp++;
}

/* Sends a dump's request and gives each answer to found().  0 or an errno. */
static int dump(int fd, struct nlmsghdr *request, struct stackinfo *info,
		void (*found)(struct stackinfo *info, const struct nlmsghdr *message))
{
	static char room[65536] __attribute__((aligned(8)));

	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return errno;
	for (unsigned i = 0; i < MESSAGES_MAX; i++) {
		ssize_t n = recv(fd, room, sizeof(room), 0);
		size_t left = n < 0 ? 0 : n;

		if (n <= 0)
			return n < 0 ? errno : EIO;
		for (struct nlmsghdr *m = (void *)room; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
			if (m->nlmsg_type == NLMSG_DONE)
				return 0;
			if (m->nlmsg_type == NLMSG_ERROR)
				return m->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ?
					-*(int *)NLMSG_DATA(m) : EIO;
			found(info, m);
		}
	}
	return EIO;
}

static int netlink_open(const char *path, int protocol)
{
	return msocket(path, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
}

static int addresses_ask(const char *path, struct stackinfo *info)
{
	struct {
		struct nlmsghdr	 header;
		struct ifinfomsg link;	/* the longest of both */
	} request = { .header = { .nlmsg_len = sizeof(request), .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	int fd = netlink_open(path, NETLINK_ROUTE), error;

	if (fd < 0)
		return errno;
	request.header.nlmsg_type = RTM_GETADDR;
	error = dump(fd, &request.header, info, address_found);
	request.header.nlmsg_type = RTM_GETLINK;
	if (!error)
		error = dump(fd, &request.header, info, link_found);
	close(fd);
	return error;
}

static int sockets_ask(const char *path, struct stackinfo *info, int family, int protocol)
{
	struct {
		struct nlmsghdr	header;
		struct inet_diag_req_v2 diag;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.diag = { .sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = ~0u },
	};
	int fd = netlink_open(path, NETLINK_SOCK_DIAG), error;

	if (fd < 0)
		return errno;
	error = dump(fd, &request.header, info, protocol == IPPROTO_TCP ? tcp_found : udp_found);
	close(fd);
	return error;
}

static void nothing(int signal)
{
	(void)signal;
}

void stackinfo_ask(const char *path, struct stackinfo *info)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct sigaction interrupt = { .sa_handler = nothing };	/* no SA_RESTART */

	memset(info, 0, sizeof(*info));
	sigaction(SIGALRM, &interrupt, NULL);
	alarm(PATIENCE);
	info->error = addresses_ask(path, info);
	for (unsigned i = 0; i < 2 && !info->error; i++) {
		/* A stack without one of them has no sockets of it. */
		info->error = sockets_ask(path, info, families[i], IPPROTO_TCP);
		if (!info->error)
			info->error = sockets_ask(path, info, families[i], IPPROTO_UDP);
		if (info->error == ENOENT || info->error == EPROTONOSUPPORT || info->error == EOPNOTSUPP)
			info->error = 0;
	}
	alarm(0);
	if (info->error == EINTR)
		info->error = ETIMEDOUT;
}
