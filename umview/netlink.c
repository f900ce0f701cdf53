/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "util.h"

struct message {
	struct nlmsghdr	head;
	char		rest[128];	/* a struct, and attributes: ours are short */
};

/* Sends it, and returns what the network says. */
static int message_send(struct message *m)
{
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} answer;
	struct timeval patience = { .tv_sec = 10 };
	const struct nlmsgerr *error = NLMSG_DATA(&answer.head);
	ssize_t n;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	m->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	m->head.nlmsg_seq = 1;
	if (send(fd, m, m->head.nlmsg_len, 0) < 0)
		return -errno;
	do
		n = recv(fd, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*error)) || answer.head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return error->error;
}

/* The struct that follows the head. */
static void *message_begin(struct message *m, unsigned type, unsigned flags, size_t size)
{
	memset(m, 0, sizeof(*m));
	m->head.nlmsg_type = type;
	m->head.nlmsg_flags = flags;
	m->head.nlmsg_len = NLMSG_LENGTH(size);
	return NLMSG_DATA(&m->head);
}

static void message_attribute(struct message *m, unsigned type, const void *value, size_t size)
{
	struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(a), value, size);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int address_read(const char *text, int *family, struct in6_addr *address)
{
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*family, text, address) != 1)
		return -EINVAL;
	return *family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

int netlink_up(const char *interface)
{
	struct message m;
	struct ifinfomsg *link = message_begin(&m, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = if_nametoindex(interface);
	link->ifi_flags = link->ifi_change = IFF_UP;
	return link->ifi_index ? message_send(&m) : -errno;
}

int netlink_address(const char *interface, const char *text)
{
	char copy[64], *bits;
	struct in6_addr address;
	struct message m;
	struct ifaddrmsg *a = message_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*a));
	int family, size;

	snprintf(copy, sizeof(copy), "%s", text);
	bits = strchr(copy, '/');
	if (!bits)
		return -EINVAL;
	*bits++ = 0;
	size = address_read(copy, &family, &address);
	if (size < 0)
		return size;
	a->ifa_family = family;
	a->ifa_prefixlen = atoi(bits);
	a->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	a->ifa_index = if_nametoindex(interface);
	if (!a->ifa_index)
		return -errno;
	message_attribute(&m, IFA_LOCAL, &address, size);
	message_attribute(&m, IFA_ADDRESS, &address, size);
	return message_send(&m);
}

int netlink_route(const char *interface, const char *gateway)
{
	struct in6_addr address;
	struct message m;
	struct rtmsg *route = message_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*route));
	uint32_t index = if_nametoindex(interface);
	int family, size = address_read(gateway, &family, &address);

	if (!index || size < 0)
		return index ? size : -errno;
	route->rtm_family = family;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	message_attribute(&m, RTA_GATEWAY, &address, size);
	message_attribute(&m, RTA_OIF, &index, sizeof(index));
	return message_send(&m);
}
