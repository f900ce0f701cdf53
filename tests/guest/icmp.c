/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * icmp.c - ping sockets and raw sockets towards 10.0.0.2 and fc00::2, who are there, and
 * 10.0.0.77 and fc00::77, who are not: names, filters, headers of one's own, errors.
 */
#include <time.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/time.h>

#include "net.h"

#define RAW_FILTER 1		/* ICMP_FILTER */

static int open_socket(int f, int type, int protocol, const char *what)
{
	int fd = socket(f, type, protocol);
	struct timeval t = { 5, 0 };

	say_ok(what, fd);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	return fd;
}

/* The queue of errors: what, whose, about whom, and how much of what was sent. */
static void errors(int fd)
{
	char data[2000], control[500], text[64] = "", about[64] = "";
	struct sockaddr_storage name;
	struct iovec iov = { data, sizeof data };
	struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c;

	long n = recvmsg(fd, &m, MSG_ERRQUEUE);

	if (n < 0) {	/* a carrier is readable then, and shows no POLLERR */
		events_of(fd, POLLIN | POLLERR, 6000);
		n = recvmsg(fd, &m, MSG_ERRQUEUE);
	}
	if (say("recvmsg MSG_ERRQUEUE", n) < 0)
		return;
	inet_ntop(name.ss_family, (char *)&name + (name.ss_family == AF_INET ? 4 : 8), about, sizeof about);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct sock_extended_err e;
		struct sockaddr_storage who;

		if (c->cmsg_type != IP_RECVERR && c->cmsg_type != IPV6_RECVERR)
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof e);
		memset(&who, 0, sizeof who);
		memcpy(&who, CMSG_DATA(c) + sizeof e, c->cmsg_len - CMSG_LEN(sizeof e));
		inet_ntop(who.ss_family, (char *)&who + (who.ss_family == AF_INET ? 4 : 8), text, sizeof text);
		note("%s origin %d type %d code %d info %u by %s about %s, flags %x", strerrorname_np(e.ee_errno),
			e.ee_origin, e.ee_type, e.ee_code, e.ee_info, text, about, m.msg_flags);
	}
	say("again", recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT));
}

static void ping(int f, const char *there, const char *absent)
{
	int v4 = f == AF_INET, on = 1, fd, want = IP_PMTUDISC_DO;
	unsigned char echo[64] = { v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST, 0, 0, 0, 0x12, 0x34, 0, 7 }, big[3000], got[3000];
	struct address to = address_of(there, 0), gone = address_of(absent, 0), from = { .len = sizeof from.a }, own = from;

	note("== ping %s", there);
	fd = open_socket(f, SOCK_DGRAM, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, "socket");
	say("sendto", sendto(fd, echo, sizeof echo, 0, SA(&to), to.len));
	say("recvfrom", recvfrom(fd, got, sizeof got, 0, SA(&from), &from.len));
	getsockname(fd, SA(&own), &own.len);
	note("type %d code %d, the id is the port: %d, sequence %d%d, not 0x1234: %d", got[0], got[1],
		!memcmp(got + 4, (char *)&own.a + 2, 2), got[6], got[7], got[4] != 0x12 || got[5] != 0x34);
	echo[0] = v4 ? ICMP_TIMESTAMP : 200;
	say("another type", sendto(fd, echo, sizeof echo, 0, SA(&to), to.len));
	echo[0] = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	echo[1] = 1;
	say("another code", sendto(fd, echo, sizeof echo, 0, SA(&to), to.len));
	echo[1] = 0;
	say("too short", sendto(fd, echo, 7, 0, SA(&to), to.len));
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &want, sizeof want);
	memset(big, 0, sizeof big);
	memcpy(big, echo, 8);
	say("more than the MTU", sendto(fd, big, sizeof big, 0, SA(&to), to.len));
	errors(fd);
	say("nobody there", sendto(fd, echo, sizeof echo, 0, SA(&gone), gone.len));
	errors(fd);
	close(fd);
}

static void raw(int f, const char *there, const char *absent)
{
	int v4 = f == AF_INET, on = 1, fd;
	unsigned char echo[64] = { v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST, 0, 0, 0, 0x12, 0x34, 0, 7 }, got[3000];
	struct address to = address_of(there, 0), gone = address_of(absent, 0), from = { .len = sizeof from.a };
	uint32_t filter = ~(1u << ICMP_ECHOREPLY), sum = 0;
	struct icmp6_filter filter6;
	long n;

	note("== raw %s", there);
	fd = open_socket(f, SOCK_RAW, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, "socket");
	ICMP6_FILTER_SETBLOCKALL(&filter6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter6);
	if (v4)
		say("filter", setsockopt(fd, 255, RAW_FILTER, &filter, sizeof filter));
	else
		say("filter", setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter6, sizeof filter6));
	if (v4) {		/* IPv6 does it for us */
		for (n = 0; n < (long)sizeof echo; n += 2)
			sum += echo[n] << 8 | echo[n + 1];
		sum = ~((sum & 0xffff) + (sum >> 16));
		echo[2] = sum >> 8;
		echo[3] = sum;
	}
	say("sendto", sendto(fd, echo, sizeof echo, 0, SA(&to), to.len));
	n = say("recvfrom", recvfrom(fd, got, sizeof got, 0, SA(&from), &from.len));
	note("begins %02x, type %d", v4 ? got[0] : 0, n > 20 ? got[v4 ? 20 : 0] : -1);
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
	say("nobody there", sendto(fd, echo, sizeof echo, 0, SA(&gone), gone.len));
	errors(fd);
	close(fd);
}

/* As traceroute: a UDP socket to a port where nobody listens; the queue of errors says who. */
static void traceroute(int f, const char *there)
{
	int v4 = f == AF_INET, on = 1, ttl = 1, fd = open_socket(f, SOCK_DGRAM, 0, "== traceroute");
	struct address to = address_of(there, 33434);

	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_UNICAST_HOPS, &ttl, sizeof ttl);
	say("sendto", sendto(fd, "probe", 5, 0, SA(&to), to.len));
	errors(fd);
	close(fd);
}

/* A header of one's own: source, length and checksum are filled in. */
static void own_header(void)
{
	struct { struct iphdr ip; struct udphdr udp; char data[4]; } p = { .ip = {
		.version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_UDP, .id = htons(77) },
		.udp = { .source = htons(4000), .dest = htons(4001), .len = htons(12) }, .data = "abcd" };
	struct address to = address_of("127.0.0.1", 4001), from = { .len = sizeof from.a };
	int raw_fd = open_socket(AF_INET, SOCK_RAW, IPPROTO_RAW, "== IPPROTO_RAW"), on = 0;
	int udp = open_socket(AF_INET, SOCK_DGRAM, 0, "udp");
	socklen_t len = sizeof on;
	char got[100];

	say("bind", bind(udp, SA(&to), to.len));
	say("IP_HDRINCL", getsockopt(raw_fd, IPPROTO_IP, IP_HDRINCL, &on, &len));
	note("%d", on);
	p.ip.daddr = inet_addr("127.0.0.1");
	p.ip.tot_len = htons(999);
	say("sendto", sendto(raw_fd, &p, sizeof p, 0, SA(&to), to.len));
	say("recvfrom", recvfrom(udp, got, sizeof got, 0, SA(&from), &from.len));
	note("from port %d", ntohs(((struct sockaddr_in *)&from.a)->sin_port));
	say("too short", sendto(raw_fd, &p, 19, 0, SA(&to), to.len));
	say("recv on IPPROTO_RAW", recv(raw_fd, got, sizeof got, MSG_DONTWAIT));
	close(raw_fd);
	close(udp);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(50);
	ping(AF_INET, "10.0.0.2", "10.0.0.77");
	raw(AF_INET, "10.0.0.2", "10.0.0.78");
	traceroute(AF_INET, "10.0.0.2");
	own_header();
	family = AF_INET6;
	ping(AF_INET6, "fc00::2", "fc00::77");
	raw(AF_INET6, "fc00::2", "fc00::78");
	traceroute(AF_INET6, "fc00::2");
	return 0;
}
