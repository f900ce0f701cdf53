/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.c 4|6 - control messages of datagrams: what recvmsg says of one, what sendmsg
   asks for, and the queue of errors. */
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "net.h"

#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR 20
#endif

static int bound(struct address *a)
{
	struct address any = address_of(NULL, 0);
	int fd = socket(family, SOCK_DGRAM, 0);

	must(bind(fd, SA(&any), any.len), "bind");
	*a = name_of(fd);
	return fd;
}

static void say_info(const char *name, int index, const void *address)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, address, text, sizeof text);
	note("  %s: interface %d, %s", name, index, text);
}

static void say_recverr(const struct cmsghdr *c)
{
	struct sock_extended_err e;
	struct sockaddr_storage offender;

	if (c->cmsg_len < CMSG_LEN(sizeof e))
		return;		/* cut */
	memcpy(&e, CMSG_DATA(c), sizeof e);
	memcpy(&offender, (char *)CMSG_DATA(c) + sizeof e, c->cmsg_len - CMSG_LEN(sizeof e));
	note("  error %s, origin %d, type %d, code %d, info %u, data %u", strerrorname_np(e.ee_errno), e.ee_origin,
	     e.ee_type, e.ee_code, e.ee_info, e.ee_data);
	say_address("  offender", &offender, c->cmsg_len - CMSG_LEN(sizeof e));
}

/* One control message, as far as it is the same everywhere. */
static void say_control(const struct cmsghdr *c)
{
	int number = 0;
	unsigned len = c->cmsg_len - CMSG_LEN(0);
	const char *data = (const char *)CMSG_DATA(c);

	memcpy(&number, data, len < sizeof number ? len : sizeof number);
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo i;

		memcpy(&i, data, sizeof i);
		say_info("IP_PKTINFO address", i.ipi_ifindex, &i.ipi_addr);
		say_info("IP_PKTINFO local", i.ipi_ifindex, &i.ipi_spec_dst);
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo i;

		memcpy(&i, data, sizeof i);
		say_info("IPV6_PKTINFO", i.ipi6_ifindex, &i.ipi6_addr);
	} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
		say_recverr(c);
	} else if (c->cmsg_level == SOL_SOCKET) {
		time_t now = time(NULL);
		long seconds = 0;

		memcpy(&seconds, data, sizeof seconds);
		note("  socket's %d: length %u, %s", c->cmsg_type, len,
		     seconds >= now - 5 && seconds <= now ? "now" : "another time");
	} else if (len > 4) {
		note("  level %d type %d: length %u", c->cmsg_level, c->cmsg_type, len);
	} else {
		note("  level %d type %d: length %u, %d", c->cmsg_level, c->cmsg_type, len, number);
	}
}

/* recvmsg of one message; its control is said, and where it came from. */
static void receive(const char *what, int fd, size_t room, int flags)
{
	struct address from = { .len = 0 };
	char text[64], control[512];
	struct iovec iov = { text, sizeof text };
	struct msghdr m = { .msg_name = &from.a, .msg_namelen = sizeof from.a, .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = room };
	struct cmsghdr *c;

	if (say(what, recvmsg(fd, &m, flags)) < 0)
		return;
	note("  flags %x, name %u, control %zu", m.msg_flags, m.msg_namelen, (size_t)m.msg_controllen);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		say_control(c);
}

static void on(int fd, int level, int name)
{
	int one = 1;

	must(setsockopt(fd, level, name, &one, sizeof one), "setsockopt");
}

static void information(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b), ttl = 33, tos = 16;

	if (family == AF_INET) {
		on(two, IPPROTO_IP, IP_PKTINFO);
		on(two, IPPROTO_IP, IP_RECVTTL);
		on(two, IPPROTO_IP, IP_RECVTOS);
		setsockopt(one, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
		setsockopt(one, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	} else {
		on(two, IPPROTO_IPV6, IPV6_RECVPKTINFO);
		on(two, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
		on(two, IPPROTO_IPV6, IPV6_RECVTCLASS);
		setsockopt(one, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof ttl);
		setsockopt(one, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
	}
	for (int i = 0; i < 5; i++)
		sendto(one, "information", 11, 0, SA(&b), b.len);
	events_of(two, POLLIN, 1000);
	receive("all", two, 512, 0);
	receive("looked at", two, 512, MSG_PEEK);
	receive("little room", two, CMSG_SPACE(sizeof(struct in6_pktinfo)) + 8, 0);
	receive("less", two, sizeof(struct cmsghdr) + 2, 0);
	receive("none", two, 0, 0);
	receive("the last", two, 512, 0);
	if (family == AF_INET) {
		on(two, IPPROTO_IP, IP_RECVORIGDSTADDR);
		sendto(one, "information", 11, 0, SA(&b), b.len);
		receive("the first destination, too", two, 512, 0);
	}
	close(one);
	close(two);
}

/* The kernel begins to stamp packets some time after the first wish for it. */
static void await_stamps(int one, int two, const struct address *to)
{
	char byte;
	union { struct cmsghdr c; char room[256]; } control;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };

	for (int tries = 0; tries < 200; tries++) {
		memset(&control, 0, sizeof control);
		m.msg_controllen = sizeof control;
		sendto(one, "", 1, 0, (const struct sockaddr *)&to->a, to->len);
		if (recvmsg(two, &m, 0) == 1 && m.msg_controllen && *(time_t *)CMSG_DATA(&control.c))
			return;
		pause_ms(10);
	}
}

static void timestamps(void)
{
	static const struct { const char *name; int option, value; } kinds[] = {
		{ "SO_TIMESTAMP", SO_TIMESTAMP, 1 }, { "SO_TIMESTAMPNS", SO_TIMESTAMPNS, 1 },
		{ "SO_TIMESTAMPING", SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE },
	};
	struct address a, b;
	int one = bound(&a), two, off = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		two = bound(&b);
		say(kinds[i].name, setsockopt(two, SOL_SOCKET, kinds[i].option, &kinds[i].value, sizeof(int)));
		if (kinds[i].option == SO_TIMESTAMPING)
			await_stamps(one, two, &b);
		sendto(one, "time", 4, 0, SA(&b), b.len);
		sendto(one, "time", 4, 0, SA(&b), b.len);
		events_of(two, POLLIN, 1000);
		receive("it was there", two, 512, 0);
		receive("little room", two, 8, 0);
		setsockopt(two, SOL_SOCKET, kinds[i].option, &off, sizeof off);
		sendto(one, "time", 4, 0, SA(&b), b.len);
		events_of(two, POLLIN, 1000);
		receive("no more", two, 512, 0);
		close(two);
	}
	close(one);
}

/* A control message of one int, or of a struct. */
static void send_with(const char *what, int fd, const struct address *to, int level, int type,
		const void *data, size_t len)
{
	char control[128] = "";
	struct iovec iov = { (char *)"data", 4 };
	struct msghdr m = { .msg_name = (void *)&to->a, .msg_namelen = to->len, .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = CMSG_SPACE(len) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	say(what, sendmsg(fd, &m, 0));
}

static void requests(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b);
	int ttl = 7, tos = 8, bad = 256, zero = 0;

	if (family == AF_INET) {
		struct in_pktinfo i = { 0, { htonl(INADDR_LOOPBACK) }, { 0 } };

		on(two, IPPROTO_IP, IP_RECVTTL);
		on(two, IPPROTO_IP, IP_RECVTOS);
		send_with("IP_TTL", one, &b, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
		send_with("IP_TOS", one, &b, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
		send_with("IP_TOS, a byte", one, &b, IPPROTO_IP, IP_TOS, &tos, 1);
		send_with("IP_PKTINFO", one, &b, IPPROTO_IP, IP_PKTINFO, &i, sizeof i);
		for (int k = 0; k < 4; k++)
			receive("it arrives", two, 512, MSG_DONTWAIT);
		send_with("IP_TTL 256", one, &b, IPPROTO_IP, IP_TTL, &bad, sizeof bad);
		send_with("IP_TTL 0", one, &b, IPPROTO_IP, IP_TTL, &zero, sizeof zero);
		send_with("IP_TTL, a byte", one, &b, IPPROTO_IP, IP_TTL, &ttl, 1);
		send_with("IP_PKTINFO, short", one, &b, IPPROTO_IP, IP_PKTINFO, &i, 4);
		i.ipi_spec_dst.s_addr = htonl(0xc0000201);
		send_with("another's address", one, &b, IPPROTO_IP, IP_PKTINFO, &i, sizeof i);
		i.ipi_spec_dst.s_addr = 0;
		i.ipi_ifindex = 77;
		send_with("no such interface", one, &b, IPPROTO_IP, IP_PKTINFO, &i, sizeof i);
	} else {
		struct in6_pktinfo i = { IN6ADDR_LOOPBACK_INIT, 0 };

		on(two, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
		on(two, IPPROTO_IPV6, IPV6_RECVTCLASS);
		send_with("IPV6_HOPLIMIT", one, &b, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
		send_with("IPV6_TCLASS", one, &b, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
		send_with("IPV6_PKTINFO", one, &b, IPPROTO_IPV6, IPV6_PKTINFO, &i, sizeof i);
		send_with("IP_TTL", one, &b, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
		for (int k = 0; k < 4; k++)
			receive("it arrives", two, 512, MSG_DONTWAIT);
		send_with("IPV6_HOPLIMIT 256", one, &b, IPPROTO_IPV6, IPV6_HOPLIMIT, &bad, sizeof bad);
		send_with("IPV6_HOPLIMIT, short", one, &b, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, 2);
		send_with("IPV6_TCLASS 256", one, &b, IPPROTO_IPV6, IPV6_TCLASS, &bad, sizeof bad);
		send_with("IPV6_PKTINFO, short", one, &b, IPPROTO_IPV6, IPV6_PKTINFO, &i, 4);
		i.ipi6_addr.s6_addr[0] = 0x20;
		send_with("another's address", one, &b, IPPROTO_IPV6, IPV6_PKTINFO, &i, sizeof i);
		memset(&i, 0, sizeof i);
		i.ipi6_ifindex = 77;
		send_with("no such interface", one, &b, IPPROTO_IPV6, IPV6_PKTINFO, &i, sizeof i);
		send_with("an unknown one", one, &b, IPPROTO_IPV6, 250, &ttl, sizeof ttl);
	}
	send_with("an unknown one", one, &b, IPPROTO_IP, 250, &ttl, sizeof ttl);
	send_with("of an unknown level", one, &b, 250, 1, &ttl, sizeof ttl);
	send_with("the socket's, unknown", one, &b, SOL_SOCKET, 250, &ttl, sizeof ttl);
	send_with("a descriptor", one, &b, SOL_SOCKET, SCM_RIGHTS, &one, sizeof one);
	close(one);
	close(two);
}

static void malformed(void)
{
	struct address a, b;
	int one = bound(&a);
	union { struct cmsghdr c; char room[64]; } control = { .room = "" };
	struct iovec iov = { (char *)"data", 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };

	bound(&b);
	m.msg_name = &b.a;
	m.msg_namelen = b.len;
	control.c.cmsg_level = IPPROTO_IP;
	control.c.cmsg_type = IP_TTL;
	control.c.cmsg_len = 1000;
	m.msg_controllen = 32;
	say("longer than its room", sendmsg(one, &m, 0));
	control.c.cmsg_len = 2;
	say("shorter than its head", sendmsg(one, &m, 0));
	control.c.cmsg_len = CMSG_LEN(4);
	m.msg_controllen = 4;
	say("no room for a head", sendmsg(one, &m, 0));
	m.msg_controllen = 100000000;
	say("too much of it", sendmsg(one, &m, 0));
	m.msg_controllen = CMSG_SPACE(4);
	m.msg_control = (void *)8;
	say("at a bad address", sendmsg(one, &m, 0));
	close(one);
}

/* The errors of what was sent, one by one, with what was sent. */
static void errors(void)
{
	struct address a = closed_port(SOCK_DGRAM), c = closed_port(SOCK_DGRAM), own;
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, name = family == AF_INET ? IP_RECVERR : IPV6_RECVERR;
	int fd = bound(&own), value = -1;
	socklen_t len = sizeof value;
	char byte;

	receive("no error", fd, 512, MSG_ERRQUEUE);
	say("nor with recv", recv(fd, &byte, 1, MSG_ERRQUEUE));
	sendto(fd, "unseen", 6, 0, SA(&a), a.len);
	pause_ms(50);
	receive("nobody asked", fd, 512, MSG_ERRQUEUE);
	on(fd, level, name);
	say("get", getsockopt(fd, level, name, &value, &len));
	note("%d", value);
	sendto(fd, "one", 3, 0, SA(&a), a.len);
	pause_ms(50);
	receive("the first", fd, 512, MSG_ERRQUEUE);
	say_error("after it", fd);
	sendto(fd, "two", 3, 0, SA(&a), a.len);
	pause_ms(50);
	say("recvfrom", recvfrom(fd, &byte, 1, MSG_DONTWAIT, SA(&own), &own.len));
	receive("the second", fd, 512, MSG_ERRQUEUE);
	sendto(fd, "three", 5, 0, SA(&a), a.len);
	pause_ms(50);
	say_error("asked first", fd);
	receive("it is still there", fd, 16, MSG_ERRQUEUE | MSG_DONTWAIT);
	receive("and no more", fd, 512, MSG_ERRQUEUE);
	say("connect", connect(fd, SA(&c), c.len));
	send(fd, "four", 4, 0);
	pause_ms(50);
	receive("connected", fd, 512, MSG_ERRQUEUE);
	say_error("then", fd);
	close(fd);
}

static void of_streams(void)
{
	char text[8];
	int p[2];

	tcp_pair(p);
	must(write(p[1], "data", 4), "write");
	events_of(p[0], POLLIN, 1000);
	receive("errors", p[0], 512, MSG_ERRQUEUE);
	say("with recv", recv(p[0], text, sizeof text, MSG_ERRQUEUE));
	receive("data", p[0], 512, 0);
	send_with("an unknown one", p[1], &(struct address){ .len = 0 }, 250, 1, text, 4);
	say("it was data", recv(p[0], text, sizeof text, 0));
	close_pair(p);
}

static const struct test tests[] = {
	{ "information", information }, { "timestamps", timestamps }, { "requests", requests },
	{ "malformed", malformed }, { "errors", errors }, { "of_streams", of_streams },
};

NET_MAIN(tests)
