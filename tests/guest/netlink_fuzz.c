/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_fuzz.c SEED ROUNDS - requests to rtnetlink made of random bytes, and of
 * right requests with some bytes wrong, cut, or too long; then a right one, which
 * must be answered.  The same for sock_diag and its filters.  Also random ioctls of interfaces.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <signal.h>
#include <sys/socket.h>

#include "net.h"

static uint32_t state;

static uint32_t any(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return below ? (state >> 8) % below : 0;
}

static size_t attribute(unsigned char *to, int type, const void *data, int len)
{
	struct rtattr a = { RTA_LENGTH(len), type };

	memcpy(to, &a, sizeof a);
	memcpy(to + RTA_LENGTH(0), data, len);
	return RTA_SPACE(len);
}

/* A request that could be right. */
static size_t request(unsigned char *to, size_t room)
{
	static const int types[] = {
		RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR,
		RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH, RTM_GETRULE,
		RTM_GETNETCONF, RTM_GETSTATS, RTM_GETQDISC, RTM_GETADDRLABEL,
	};
	struct nlmsghdr h = { 0, types[any(18)], NLM_F_REQUEST | any(0x1000), any(1000), 0 };
	size_t len = NLMSG_HDRLEN, i, body;
	unsigned char data[64];

	body = h.nlmsg_type >= RTM_NEWROUTE ? sizeof(struct rtmsg) : h.nlmsg_type >= RTM_NEWADDR ? sizeof(struct ifaddrmsg) : sizeof(struct ifinfomsg);
	memset(to + len, 0, body);
	to[len] = any(3) ? (any(2) ? AF_INET : AF_INET6) : any(256);
	to[len + 1] = any(33);
	to[len + 4] = any(4);
	len += NLMSG_ALIGN(body);
	for (i = any(8); i > 0 && len + 80 < room; i--) {
		size_t n = any(4) ? (any(2) ? 4 : 16) : any(60);

		for (size_t k = 0; k < n; k++)
			data[k] = any(4) ? any(256) : 0;
		len += attribute(to + len, any(30), data, n);
	}
	h.nlmsg_len = any(10) ? len : any(5000);
	memcpy(to, &h, sizeof h);
	return len;
}

/* A question for sockets with a filter, right or not. */
static size_t diag_request(unsigned char *to)
{
	struct { struct nlmsghdr h; struct inet_diag_req_v2 r; } ask = {
		{ 0, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | (any(4) ? NLM_F_DUMP : any(0x1000)), any(1000), 0 },
		{ .sdiag_family = any(4) ? (any(2) ? AF_INET : AF_INET6) : any(50),
		  .sdiag_protocol = any(4) ? (any(2) ? IPPROTO_TCP : IPPROTO_UDP) : any(256),
		  .idiag_ext = any(256), .idiag_states = any(2) ? ~0u : any(4096) } };
	size_t len = sizeof ask, n = 4 * any(30);
	unsigned char code[128];

	for (size_t k = 0; k < n; k++)
		code[k] = any(3) ? (any(2) ? 4 * any(6) : any(14)) : any(256);
	if (any(3))
		len += attribute(to + len, INET_DIAG_REQ_BYTECODE, code, n);
	ask.h.nlmsg_len = any(10) ? len : any(300);
	memcpy(to, &ask, sizeof ask);
	return len;
}

static int netlink(void)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	int fd = socket(AF_NETLINK, SOCK_RAW, any(3) ? NETLINK_ROUTE : NETLINK_SOCK_DIAG);

	must(fd, "socket");
	for (int k = any(5); k > 0; k--)
		setsockopt(fd, 270, NETLINK_ADD_MEMBERSHIP, &groups[any(5)], sizeof(int));
	return fd;
}

static void drain(int fd)
{
	char buffer[65536];

	while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
		;
}

static int answered(int fd)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; } ask = {
		{ sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 12345, 0 }, { AF_UNSPEC } };
	static char buffer[65536];
	struct nlmsghdr *h;
	int n, tries;

	if (send(fd, &ask, sizeof ask, 0) < 0)
		return -1;
	for (tries = 0; tries < 200; tries++) {
		if (!(events_of(fd, POLLIN, 2000) & POLLIN))
			return -2;
		n = recv(fd, buffer, sizeof buffer, 0);
		for (h = (void *)buffer; n > 0 && NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_seq == 12345 && h->nlmsg_type == NLMSG_DONE)
				return 1;
	}
	return -3;
}

static void ioctls(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char data[4096];

	for (int i = 0; i < 300; i++) {
		for (size_t k = 0; k < sizeof data; k++)
			data[k] = any(3) ? any(256) : 0;
		if (any(2))
			strcpy(data, any(2) ? "lo0" : "vd0");
		ioctl(fd, 0x8900 + any(256), data);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static unsigned char bytes[70000];
	int rounds = argc > 2 ? atoi(argv[2]) : 1000, fd, i;
	size_t len, k;

	state = argc > 1 ? atoi(argv[1]) : 1;
	signal(SIGPIPE, SIG_IGN);
	alarm(100);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	must(fd, "socket");
	must(answered(fd), "the first request");
	for (i = 0; i < rounds; i++) {
		switch (any(6)) {
		case 0:		/* noise */
			len = any(4) ? any(200) : any(sizeof bytes);
			for (k = 0; k < len; k++)
				bytes[k] = any(256);
			break;
		case 1:		/* several in one message */
			for (len = 0, k = any(5); k > 0; k--)
				len += NLMSG_ALIGN(request(bytes + len, 4000));
			break;
		case 2:
			len = diag_request(bytes);
			break;
		default:
			len = request(bytes, 4000);
			if (any(2))
				bytes[any(len)] = any(256);
			if (!any(8))
				len = any(len);
		}
		send(fd, bytes, len, MSG_DONTWAIT);
		if (!any(4))
			drain(fd);
		if (!any(50)) {
			close(fd);
			fd = netlink();
		}
	}
	drain(fd);
	close(fd);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	i = answered(fd);
	ioctls();
	note("answered: %d, after ioctls: %d", i, answered(fd));
	return i != 1;
}
