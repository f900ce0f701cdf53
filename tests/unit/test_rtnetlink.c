/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rtnetlink server and the SIOC* table, over a configuration in memory. */
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "fake_net.h"
#include "netioctl.h"
#include "rtnetlink.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

/* What the guest would have received: datagrams end to end. */
static uint8_t answer[1 << 20];
static size_t answer_len, datagrams, longest;

int um_sock_deliver_message(struct um_sock *s, const struct iovec *iov, int n,
		const struct um_envelope *from)
{
	const struct sockaddr_nl *name = from->name;

	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(from->name_len, sizeof(*name));
	ck_assert_uint_eq(name->nl_pid, 0);
	ck_assert_uint_eq(iov->iov_len % 4, 0);
	if (answer_len + iov->iov_len <= sizeof(answer)) {
		memcpy(answer + answer_len, iov->iov_base, iov->iov_len);
		answer_len += iov->iov_len;
	}
	datagrams++;
	if (iov->iov_len > longest)
		longest = iov->iov_len;
	return 0;
}

/* What the frame would say. */
static size_t held;
static int told;

void um_sock_facts(const struct um_sock *s, struct um_sock_facts *facts)
{
	*facts = (struct um_sock_facts){ .inode = 1000, .cookie = (uintptr_t)s, .held = held };
}

void um_sock_error(struct um_sock *s, int error)
{
	told = error;
}

static struct um_sock sock;

static void setup(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };

	fake_net_reset(0);
	sock = (struct um_sock){ .domain = AF_NETLINK, .type = SOCK_RAW,
		.protocol = NETLINK_ROUTE, .rights = R_OK | W_OK | X_OK };
	ck_assert_int_eq(rtnl_socket(&sock, &fake_net), 0);
	ck_assert_int_eq(rtnl_bind(&sock, (struct sockaddr *)&any, sizeof(any)), 0);
}

static void teardown(void)
{
	rtnl_release(&sock);
}

static ssize_t ask(const void *data, size_t len)
{
	struct um_envelope to = { 0 };

	answer_len = datagrams = longest = 0;
	return rtnl_send(&sock, data, len, &to);
}

static uint32_t port(void)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	ck_assert_int_eq(rtnl_address(&sock, false, &a, &len), 0);
	return ((struct sockaddr_nl *)&a)->nl_pid;
}

/* --- building requests, reading answers ------------------------------------- */

struct request {
	struct nlmsghdr head;
	_Alignas(4) uint8_t body[1024];
};

static void *request(struct request *q, int type, int flags, size_t size)
{
	memset(q, 0, sizeof(*q));
	q->head.nlmsg_type = type;
	q->head.nlmsg_flags = NLM_F_REQUEST | flags;
	q->head.nlmsg_seq = 42;
	q->head.nlmsg_len = NLMSG_LENGTH(size);
	return q->body;
}

static void attribute(struct request *q, int type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)((uint8_t *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Walk the answer: how many messages of the type; the last of them in *last. */
static int messages(int type, const struct nlmsghdr **last)
{
	size_t left = answer_len;
	const struct nlmsghdr *h = (const struct nlmsghdr *)answer;
	int n = 0;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		ck_assert_uint_eq(h->nlmsg_seq, 42);
		ck_assert_uint_eq(h->nlmsg_pid, port());
		if (h->nlmsg_type == type) {
			n++;
			if (last)
				*last = h;
		}
	}
	ck_assert_uint_eq(left, 0);
	return n;
}

static int status(void)
{
	const struct nlmsghdr *h;

	ck_assert_int_eq(messages(NLMSG_ERROR, &h), 1);
	return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
}

static int change(struct request *q)
{
	q->head.nlmsg_flags |= NLM_F_ACK;
	ck_assert_int_eq(ask(q, q->head.nlmsg_len), q->head.nlmsg_len);
	return status();
}

static int link_flags(int index, unsigned flags)
{
	struct request q;
	struct ifinfomsg *m = request(&q, RTM_NEWLINK, 0, sizeof(*m));

	m->ifi_index = index;
	m->ifi_flags = flags;
	m->ifi_change = IFF_UP;
	return change(&q);
}

static int address(int type, int flags, int index, uint32_t local, int prefix)
{
	struct request q;
	struct ifaddrmsg *m = request(&q, type, flags, sizeof(*m));

	local = htonl(local);
	m->ifa_family = AF_INET;
	m->ifa_index = index;
	m->ifa_prefixlen = prefix;
	attribute(&q, IFA_LOCAL, &local, 4);
	attribute(&q, IFA_ADDRESS, &local, 4);
	return change(&q);
}

static int route(int type, int flags, uint32_t dst, int prefix, uint32_t gateway, int link)
{
	struct request q;
	struct rtmsg *m = request(&q, type, flags, sizeof(*m));

	dst = htonl(dst);
	gateway = htonl(gateway);
	m->rtm_family = AF_INET;
	m->rtm_dst_len = prefix;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
		gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (type == RTM_NEWROUTE) {
		m->rtm_protocol = RTPROT_BOOT;
		m->rtm_type = RTN_UNICAST;
	}
	if (prefix)
		attribute(&q, RTA_DST, &dst, 4);
	if (gateway)
		attribute(&q, RTA_GATEWAY, &gateway, 4);
	if (link)
		attribute(&q, RTA_OIF, &link, 4);
	return change(&q);
}

static int dump(int type, int family)
{
	struct request q;
	struct rtgenmsg *m = request(&q, type, NLM_F_DUMP, sizeof(struct rtmsg));
	const struct nlmsghdr *done;

	m->rtgen_family = family;
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(messages(NLMSG_DONE, &done), 1);
	ck_assert_uint_eq(done->nlmsg_len, NLMSG_LENGTH(sizeof(int)));
	ck_assert(done->nlmsg_flags & NLM_F_MULTI);
	ck_assert_int_eq(*(const int *)NLMSG_DATA(done), 0);
	return messages(type - 2, NULL);
}

/* --- tests ------------------------------------------------------------------ */

START_TEST(test_dump_links)
{
	ck_assert_int_eq(dump(RTM_GETLINK, AF_UNSPEC), 2);
	ck_assert_int_eq(dump(RTM_GETADDR, AF_UNSPEC), 2);
	ck_assert_int_eq(dump(RTM_GETADDR, AF_INET6), 1);
	ck_assert_int_eq(dump(RTM_GETRULE, AF_INET), 3);
	ck_assert_int_eq(dump(RTM_GETRULE, AF_UNSPEC), 7);
	ck_assert_int_eq(dump(RTM_GETNEIGH, AF_UNSPEC), 0);
}
END_TEST

/* glibc reads a datagram into a page. */
START_TEST(test_dump_many)
{
	fake_net_reset(600);
	ck_assert_int_eq(dump(RTM_GETLINK, AF_UNSPEC), 602);
	ck_assert_uint_lt(longest, 4096);
	ck_assert_uint_gt(datagrams, 10);
}
END_TEST

/* getaddrinfo(3)'s request: a header and one byte, padded to 20. */
START_TEST(test_short_dump)
{
	struct request q;

	request(&q, RTM_GETADDR, NLM_F_ROOT | NLM_F_MATCH, sizeof(struct rtgenmsg));
	q.head.nlmsg_len = 20;
	ck_assert_int_eq(ask(&q, 20), 20);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 2);
	q.head.nlmsg_len = 17;
	ck_assert_int_eq(ask(&q, 17), 17);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 2);
	q.head.nlmsg_len = 16;
	ck_assert_int_eq(ask(&q, 16), 16);
	ck_assert_uint_eq(answer_len, 0);
}
END_TEST

START_TEST(test_padding)
{
	struct request q;

	request(&q, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	ck_assert_int_eq(ask(&q, 152), 152);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 2);
	ck_assert_int_eq(messages(NLMSG_DONE, NULL), 1);
	ck_assert_int_eq(messages(NLMSG_ERROR, NULL), 0);
}
END_TEST

START_TEST(test_several)
{
	struct request q[2];
	uint8_t both[256];

	request(&q[0], RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	request(&q[1], RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	memcpy(both, &q[0], q[0].head.nlmsg_len);
	memcpy(both + q[0].head.nlmsg_len, &q[1], q[1].head.nlmsg_len);
	ask(both, q[0].head.nlmsg_len + q[1].head.nlmsg_len);
	ck_assert_int_eq(messages(NLMSG_DONE, NULL), 2);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 2);
	ck_assert_int_eq(messages(RTM_NEWLINK, NULL), 2);
}
END_TEST

START_TEST(test_truncated)
{
	struct request q;
	struct ifinfomsg *m = request(&q, RTM_GETLINK, 0, sizeof(*m));
	uint8_t copy[64];
	size_t len;

	m->ifi_index = 1;
	memcpy(copy, &q, q.head.nlmsg_len);
	/* Cut in flight: nobody knows what it was. */
	for (len = 0; len < q.head.nlmsg_len; len++) {
		ck_assert_int_eq(ask(copy, len), len);
		ck_assert_uint_eq(answer_len, 0);
	}
	/* Short by its own word: EINVAL, with the request. */
	for (len = 17; len < NLMSG_LENGTH(sizeof(*m)); len++) {
		q.head.nlmsg_len = len;
		ask(&q, len);
		ck_assert_int_eq(status(), -EINVAL);
	}
}
END_TEST

START_TEST(test_unknown)
{
	struct request q;

	request(&q, RTM_GETQDISC, 0, 20);
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(status(), -EOPNOTSUPP);
	request(&q, 9999, NLM_F_DUMP, 20);
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(status(), -EOPNOTSUPP);
	/* Not a request, and control messages: only the acknowledgement. */
	request(&q, NLMSG_NOOP, 0, 20);
	ask(&q, q.head.nlmsg_len);
	ck_assert_uint_eq(answer_len, 0);
	ck_assert_int_eq(change(&q), 0);
}
END_TEST

START_TEST(test_get_link)
{
	struct request q;
	struct ifinfomsg *m = request(&q, RTM_GETLINK, 0, sizeof(*m));

	attribute(&q, IFLA_IFNAME, "vd0", 4);
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(messages(RTM_NEWLINK, NULL), 1);
	ck_assert_int_eq(messages(NLMSG_ERROR, NULL), 0);
	request(&q, RTM_GETLINK, 0, sizeof(*m));
	attribute(&q, IFLA_IFNAME, "vd7", 4);
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(status(), -ENODEV);
	request(&q, RTM_GETLINK, 0, sizeof(*m));
	attribute(&q, IFLA_IFNAME, "a-name-that-is-too-long", 24);
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(status(), -EINVAL);
}
END_TEST

START_TEST(test_addresses)
{
	ck_assert_int_eq(link_flags(2, IFF_UP), 0);
	ck_assert_int_eq(link_flags(9, IFF_UP), -ENODEV);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 2, 0x0a010203, 24), 0);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 2, 0x0a010203, 24), -EEXIST);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, 2, 0x0a010203, 24), 0);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 7, 0x0a010203, 24), -ENODEV);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 2, 0x0a010203, 33), -EINVAL);
	ck_assert_int_eq(dump(RTM_GETADDR, AF_INET), 2);
	ck_assert_int_eq(address(RTM_DELADDR, 0, 2, 0x0a010204, 24), -EADDRNOTAVAIL);
	ck_assert_int_eq(address(RTM_DELADDR, 0, 2, 0x0a010203, 24), 0);
	ck_assert_int_eq(dump(RTM_GETADDR, AF_INET), 1);
}
END_TEST

START_TEST(test_routes)
{
	const int make = NLM_F_CREATE | NLM_F_EXCL;

	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0, 0, 0x0a010201, 0), -ENETUNREACH);
	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0x05000000, 8, 0, 2), -ENETDOWN);
	ck_assert_int_eq(link_flags(2, IFF_UP), 0);
	ck_assert_int_eq(address(RTM_NEWADDR, make, 2, 0x0a010203, 24), 0);
	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0, 0, 0x0a010201, 0), 0);
	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0, 0, 0x0a010201, 0), -EEXIST);
	ck_assert_int_eq(route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, 0, 0, 0x0a010202, 0), 0);
	ck_assert_int_eq(route(RTM_NEWROUTE, NLM_F_REPLACE, 0x05000000, 8, 0, 2), -ENOENT);
	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0x05000001, 8, 0, 2), -EINVAL);
	ck_assert_int_eq(route(RTM_NEWROUTE, make, 0x05000000, 8, 0, 77), -ENODEV);
	/* default, connected; local: 127/8 (3), 10.1.2.3, its broadcast, ... */
	ck_assert_int_eq(dump(RTM_GETROUTE, AF_INET), 7);
	ck_assert_int_eq(route(RTM_DELROUTE, 0, 0, 0, 0x0a010201, 0), -ESRCH);
	ck_assert_int_eq(route(RTM_DELROUTE, 0, 0, 0, 0, 0), 0);
	ck_assert_int_eq(route(RTM_DELROUTE, 0, 0, 0, 0, 0), -ESRCH);
	ck_assert_int_eq(link_flags(2, 0), 0);
	ck_assert_int_eq(dump(RTM_GETROUTE, AF_INET), 3);
}
END_TEST

START_TEST(test_explains)
{
	const struct nlmsghdr *h;
	const struct rtattr *a;
	int on = 1;

	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)), 0);
	ck_assert_int_eq(route(RTM_NEWROUTE, NLM_F_CREATE, 0, 0, 0x0a010201, 0), -ENETUNREACH);
	messages(NLMSG_ERROR, &h);
	ck_assert(h->nlmsg_flags & NLM_F_ACK_TLVS);
	a = (const struct rtattr *)((const uint8_t *)h + NLMSG_HDRLEN + sizeof(int) +
		NLMSG_ALIGN(((const struct nlmsgerr *)NLMSG_DATA(h))->msg.nlmsg_len));
	ck_assert_int_eq(a->rta_type, NLMSGERR_ATTR_MSG);
	ck_assert_str_eq(RTA_DATA(a), "Nexthop has invalid gateway");
}
END_TEST

START_TEST(test_ports)
{
	struct um_sock other = sock;
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = 1234 };
	struct sockaddr_storage a;
	socklen_t len = 4;

	ck_assert_uint_ne(port(), 0);
	ck_assert_int_eq(rtnl_socket(&other, &fake_net), 0);
	ck_assert_int_eq(rtnl_bind(&other, (struct sockaddr *)&name, 4), -EINVAL);
	name.nl_pid = port();
	ck_assert_int_eq(rtnl_bind(&other, (struct sockaddr *)&name, sizeof(name)), -EADDRINUSE);
	name.nl_pid = 1234;
	ck_assert_int_eq(rtnl_bind(&other, (struct sockaddr *)&name, sizeof(name)), 0);
	name.nl_pid = 1235;
	ck_assert_int_eq(rtnl_bind(&other, (struct sockaddr *)&name, sizeof(name)), -EINVAL);
	ck_assert_int_eq(rtnl_address(&other, false, &a, &len), 0);
	ck_assert_uint_eq(len, sizeof(name));
	rtnl_release(&other);
	other.type = SOCK_STREAM;
	ck_assert_int_eq(rtnl_socket(&other, &fake_net), -ESOCKTNOSUPPORT);
	other.type = SOCK_RAW;
	other.protocol = NETLINK_KOBJECT_UEVENT;
	ck_assert_int_eq(rtnl_socket(&other, &fake_net), -EPROTONOSUPPORT);
}
END_TEST

/* What the permissions of the stack's file withheld when the socket was opened. */
START_TEST(test_rights)
{
	sock.rights = X_OK | R_OK;
	ck_assert_int_eq(link_flags(2, IFF_UP), -EPERM);
	sock.rights = X_OK | W_OK;
	ck_assert_int_eq(link_flags(2, IFF_UP), 0);
	sock.rights = X_OK;
	ck_assert_int_eq(link_flags(2, 0), -EPERM);
}
END_TEST

START_TEST(test_options)
{
	int number = 1, got = 0, group;
	socklen_t len = sizeof(got);

	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, NETLINK_PKTINFO, &number, 4), 0);
	ck_assert_int_eq(rtnl_getsockopt(&sock, SOL_NETLINK, NETLINK_PKTINFO, &got, &len), 0);
	ck_assert_int_eq(got, 1);
	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, NETLINK_PKTINFO, &number, 3), -EINVAL);
	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, 99, &number, 4), -ENOPROTOOPT);
	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_SOCKET, 1, &number, 4), -ENOPROTOOPT);
	group = RTNLGRP_LINK;
	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4), 0);
	group = -1;
	ck_assert_int_eq(rtnl_setsockopt(&sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4), -EINVAL);
}
END_TEST

START_TEST(test_foreign)
{
	struct request q;
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = 77 };
	struct um_envelope to = { .name = &name, .name_len = sizeof(name) };

	request(&q, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	ck_assert_int_eq(rtnl_send(&sock, &q, q.head.nlmsg_len, &to), -ECONNREFUSED);
	name.nl_family = AF_INET;
	ck_assert_int_eq(rtnl_send(&sock, &q, q.head.nlmsg_len, &to), -EINVAL);
}
END_TEST

/* Random bytes, alone and behind plausible heads. */
START_TEST(test_groups)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR };
	struct net_address a = { .link = 1, .family = AF_INET, .prefix = 24, .local = { 10, 9, 9, 9 },
		.peer = { 10, 9, 9, 9 }, .valid = NET_FOREVER, .preferred = NET_FOREVER };
	const struct nlmsghdr *h;
	struct request q;

	answer_len = 0;
	fake_net.address_add(&a);
	rtnl_touch();
	rtnl_changed(&fake_net);	/* nobody is a member */
	ck_assert_uint_eq(answer_len, 0);
	name.nl_pid = port();
	ck_assert_int_eq(rtnl_bind(&sock, (struct sockaddr *)&name, sizeof(name)), 0);
	/* Its own request: told before it is acknowledged. */
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 2, 0x0a010203, 24), 0);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 1);
	ck_assert_uint_eq(datagrams, 2);
	ck_assert_int_eq(address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 2, 0x0a010203, 24), -EEXIST);
	ck_assert_int_eq(messages(RTM_NEWADDR, NULL), 0);
	/* By other ways; links are not its concern. */
	answer_len = datagrams = 0;
	ck_assert_int_eq(fake_net.address_remove(&a), 0);
	rtnl_changed(&fake_net);
	ck_assert_uint_eq(datagrams, 0);
	rtnl_touch();
	rtnl_changed(&fake_net);
	ck_assert_uint_eq(datagrams, 1);
	h = (const struct nlmsghdr *)answer;
	ck_assert_uint_eq(h->nlmsg_type, RTM_DELADDR);
	ck_assert_uint_eq(h->nlmsg_pid, 0);
	/* Who does not read loses messages, hears of it once, and gets no second dump. */
	held = 1 << 20;
	answer_len = datagrams = 0;
	fake_net.address_add(&a);
	rtnl_touch();
	rtnl_changed(&fake_net);
	ck_assert_uint_eq(datagrams, 0);
	ck_assert_int_eq(told, -ENOBUFS);
	request(&q, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	ask(&q, q.head.nlmsg_len);
	ck_assert_int_eq(status(), -EBUSY);
	held = 0;
}
END_TEST

/* sock_diag: nothing but answers, whatever the filter is made of. */
START_TEST(test_diag_random)
{
	struct um_sock other = { .domain = AF_NETLINK, .type = SOCK_RAW,
		.protocol = NETLINK_SOCK_DIAG };
	struct um_envelope to = { 0 };

	ck_assert_int_eq(rtnl_socket(&other, &fake_net), 0);
	srand(21);
	for (int i = 0; i < 30000; i++) {
		size_t len = NLMSG_LENGTH(56) + 4 + 4 * (rand() % 20);
		uint8_t *bytes = malloc(len);	/* exactly: for AddressSanitizer */
		struct nlmsghdr *h = (struct nlmsghdr *)bytes;
		struct rtattr *a = (struct rtattr *)(bytes + NLMSG_LENGTH(56));

		for (size_t k = 0; k < len; k++)
			bytes[k] = rand() % 3 ? 4 * (rand() % 5) : rand() % 16;
		*h = (struct nlmsghdr){ .nlmsg_len = len, .nlmsg_type = 20,
			.nlmsg_flags = NLM_F_REQUEST | (rand() % 8 ? NLM_F_DUMP : 0) };
		bytes[16] = rand() % 2 ? AF_INET : AF_INET6;
		bytes[17] = IPPROTO_TCP;
		a->rta_type = 1;
		a->rta_len = rand() % 8 ? len - NLMSG_LENGTH(56) : rand() % 90u;
		answer_len = 0;
		ck_assert_int_eq(rtnl_send(&other, bytes, len, &to), len);
		ck_assert_uint_ge(answer_len, NLMSG_LENGTH(sizeof(int)));
		free(bytes);
	}
	rtnl_release(&other);
}
END_TEST

START_TEST(test_random)
{
	static const uint16_t types[] = {
		RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK, RTM_GETADDR, RTM_NEWADDR,
		RTM_DELADDR, RTM_GETROUTE, RTM_NEWROUTE, RTM_DELROUTE, RTM_GETNEIGH,
		RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETRULE, NLMSG_DONE, 0x7fff,
	};
	int rounds = getenv("FUZZ_ROUNDS") ? atoi(getenv("FUZZ_ROUNDS")) : 30000;
	uint8_t *bytes;
	size_t len, k;

	srand(20);
	for (int i = 0; i < rounds; i++) {
		if (i % 2000 == 0)
			fake_net_reset(i % 3);
		len = rand() % 200;
		bytes = malloc(len ? len : 1);	/* exactly: for AddressSanitizer */
		for (k = 0; k < len; k++)
			bytes[k] = rand() % 4 ? rand() % 20 : rand();
		if (i % 8 && len >= sizeof(struct nlmsghdr) + 20) {
			struct nlmsghdr *h = (struct nlmsghdr *)bytes;

			h->nlmsg_len = rand() % 5 ? len : len - rand() % 8;
			h->nlmsg_type = types[rand() % (sizeof(types) / 2)];
			h->nlmsg_flags = NLM_F_REQUEST | (rand() % 3 ? rand() & 0xf00 : rand());
			bytes[16] = (uint8_t[]){ AF_INET, AF_INET6, AF_UNSPEC, AF_PACKET }[rand() % 4];
			if (rand() % 2)
				bytes[17] = rand() % 33;
		}
		ck_assert_int_eq(ask(bytes, len), len);
		free(bytes);
	}
	dump(RTM_GETROUTE, AF_UNSPEC);
}
END_TEST

/* --- ioctl ------------------------------------------------------------------ */

static int control(int family, unsigned long number, void *arg, size_t len)
{
	return net_ioctl(&fake_net, family, number, arg, &len);
}

static int set_in(unsigned long number, const char *name, uint32_t value)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(value) };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	return control(AF_INET, number, &ifr, sizeof(ifr));
}

static uint32_t get_in(unsigned long number, const char *name)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in in;

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	ck_assert_int_eq(control(AF_INET, number, &ifr, sizeof(ifr)), 0);
	memcpy(&in, &ifr.ifr_addr, sizeof(in));
	ck_assert_int_eq(in.sin_family, AF_INET);
	return ntohl(in.sin_addr.s_addr);
}

START_TEST(test_ioctl_address)
{
	struct ifreq ifr = { .ifr_name = "vd0" };
	size_t len = 0;

	ck_assert_int_eq(control(AF_INET, SIOCGIFADDR, &ifr, sizeof(ifr)), -EADDRNOTAVAIL);
	ck_assert_int_eq(set_in(SIOCSIFADDR, "vd0", 0x0a010203), 0);
	ck_assert_uint_eq(get_in(SIOCGIFNETMASK, "vd0"), 0xff000000);
	ck_assert_uint_eq(get_in(SIOCGIFBRDADDR, "vd0"), 0x0affffff);
	ck_assert_int_eq(set_in(SIOCSIFNETMASK, "vd0", 0xffffff00), 0);
	ck_assert_int_eq(set_in(SIOCSIFNETMASK, "vd0", 0xff00ff00), -EINVAL);
	ck_assert_uint_eq(get_in(SIOCGIFBRDADDR, "vd0"), 0x0a0102ff);
	ck_assert_uint_eq(get_in(SIOCGIFADDR, "vd0"), 0x0a010203);
	ck_assert_int_eq(set_in(SIOCSIFADDR, "vd0:1", 0x0a010204), 0);
	ck_assert_uint_eq(get_in(SIOCGIFADDR, "vd0:1"), 0x0a010204);
	ck_assert_int_eq(net_ioctl(&fake_net, AF_INET, SIOCGIFCONF, NULL, &len), 0);
	ck_assert_uint_eq(len, 3 * sizeof(ifr));
	len = sizeof(ifr) + 1;
	ck_assert_int_eq(net_ioctl(&fake_net, AF_INET, SIOCGIFCONF, &ifr, &len), 0);
	ck_assert_uint_eq(len, sizeof(ifr));
	ck_assert_str_eq(ifr.ifr_name, "lo0");
}
END_TEST

START_TEST(test_ioctl_link)
{
	struct ifreq ifr = { .ifr_name = "vd0" };

	ck_assert_int_eq(control(AF_INET, SIOCGIFINDEX, &ifr, sizeof(ifr)), 0);
	ck_assert_int_eq(ifr.ifr_ifindex, 2);
	ck_assert_int_eq(control(AF_NETLINK, SIOCGIFNAME, &ifr, sizeof(ifr)), 0);
	ck_assert_str_eq(ifr.ifr_name, "vd0");
	ck_assert_int_eq(control(AF_INET, SIOCGIFMTU, &ifr, sizeof(ifr)), 0);
	ck_assert_int_eq(ifr.ifr_mtu, 1500);
	ifr.ifr_mtu = -1;
	ck_assert_int_eq(control(AF_INET, SIOCSIFMTU, &ifr, sizeof(ifr)), -EINVAL);
	ck_assert_int_eq(control(AF_INET, SIOCETHTOOL, &ifr, sizeof(ifr)), -EOPNOTSUPP);
	ck_assert_int_eq(control(AF_INET, SIOCGIFMTU, &ifr, 8), -EFAULT);
	ck_assert_int_eq(control(AF_INET, FIONREAD, &ifr, sizeof(ifr)), -ENOTTY);
	memset(ifr.ifr_name, 'x', IFNAMSIZ);
	ck_assert_int_eq(control(AF_INET, SIOCGIFMTU, &ifr, sizeof(ifr)), -ENODEV);
}
END_TEST

START_TEST(test_ioctl_route)
{
	_Alignas(8) uint8_t arg[sizeof(struct rtentry) + 4] = { 0 };
	struct rtentry *entry = (struct rtentry *)arg;
	struct sockaddr_in in = { .sin_family = AF_INET };

	ck_assert_int_eq(link_flags(2, IFF_UP), 0);
	ck_assert_int_eq(set_in(SIOCSIFADDR, "vd0", 0x0a010203), 0);
	memcpy(&entry->rt_dst, &in, sizeof(in));
	memcpy(&entry->rt_genmask, &in, sizeof(in));
	in.sin_addr.s_addr = htonl(0x0a010201);
	memcpy(&entry->rt_gateway, &in, sizeof(in));
	entry->rt_flags = RTF_UP | RTF_GATEWAY;
	ck_assert_int_eq(control(AF_INET, SIOCADDRT, arg, sizeof(*entry)), 0);
	entry->rt_dev = (char *)1;	/* a guest's pointer: only whether it is null matters */
	memcpy(arg + sizeof(*entry), "vdx", 4);
	ck_assert_int_eq(control(AF_INET, SIOCDELRT, arg, sizeof(arg)), -ENODEV);
	memcpy(arg + sizeof(*entry), "vd0", 4);
	ck_assert_int_eq(control(AF_INET, SIOCDELRT, arg, sizeof(arg)), 0);
	ck_assert_int_eq(control(AF_INET, SIOCDELRT, arg, sizeof(arg)), -ESRCH);
}
END_TEST

START_TEST(test_ioctl_random)
{
	uint8_t *arg;
	size_t len;

	srand(21);
	for (int i = 0; i < 100000; i++) {
		len = rand() % 140;
		arg = malloc(len ? len : 1);
		for (size_t k = 0; k < len; k++)
			arg[k] = rand() % 3 ? 0 : rand();
		if (len > 4 && rand() % 2)
			memcpy(arg, "vd0", 4);
		if (len > 20 && rand() % 2)
			arg[16] = AF_INET, arg[17] = 0;
		net_ioctl(&fake_net, rand() % 2 ? AF_INET : AF_INET6,
			0x8900 + (rand() % 8 ? rand() % 0x100 : 0x200), arg, &len);
		free(arg);
		if (i % 5000 == 0)
			fake_net_reset(0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rtnetlink");
	TCase *netlink = tcase_create("netlink"), *control_case = tcase_create("ioctl");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(netlink, setup, teardown);
	tcase_add_test(netlink, test_groups);
	tcase_add_test(netlink, test_diag_random);
	tcase_add_test(netlink, test_dump_links);
	tcase_add_test(netlink, test_dump_many);
	tcase_add_test(netlink, test_short_dump);
	tcase_add_test(netlink, test_padding);
	tcase_add_test(netlink, test_several);
	tcase_add_test(netlink, test_truncated);
	tcase_add_test(netlink, test_unknown);
	tcase_add_test(netlink, test_get_link);
	tcase_add_test(netlink, test_addresses);
	tcase_add_test(netlink, test_routes);
	tcase_add_test(netlink, test_explains);
	tcase_add_test(netlink, test_ports);
	tcase_add_test(netlink, test_options);
	tcase_add_test(netlink, test_rights);
	tcase_add_test(netlink, test_foreign);
	tcase_add_test(netlink, test_random);
	tcase_set_timeout(netlink, 60);
	tcase_add_checked_fixture(control_case, setup, teardown);
	tcase_add_test(control_case, test_ioctl_address);
	tcase_add_test(control_case, test_ioctl_link);
	tcase_add_test(control_case, test_ioctl_route);
	tcase_add_test(control_case, test_ioctl_random);
	tcase_set_timeout(control_case, 60);
	suite_add_tcase(suite, netlink);
	suite_add_tcase(suite, control_case);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
