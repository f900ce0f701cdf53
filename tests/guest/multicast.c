/* SPDX-License-Identifier: GPL-2.0-or-later */
/* multicast.c 4|6 - groups: joining, sending, receiving, on the loopback interface. */
#include <net/if.h>

#include "net.h"

static struct address group(int port)
{
	return address_of(family == AF_INET ? "239.1.2.3" : "ff15::1:2:3", port);
}

/* Every socket of this test sends by the loopback. */
static int by_loopback(void)
{
	int fd = socket(family, SOCK_DGRAM, 0), index = if_nametoindex("lo");
	struct ip_mreqn m = { { 0 }, { 0 }, index };

	if (!index)
		index = m.imr_ifindex = if_nametoindex("lo0");
	if (family == AF_INET)
		must(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof m), "IP_MULTICAST_IF");
	else
		must(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index), "IPV6_MULTICAST_IF");
	return fd;
}

static int lo_index(void)
{
	int index = if_nametoindex("lo");

	return index ? index : (int)if_nametoindex("lo0");
}

static int membership(int fd, const struct address *a, bool join, int index)
{
	struct ip_mreqn m4 = { { 0 }, { 0 }, index };
	struct ipv6_mreq m6 = { .ipv6mr_interface = index };

	if (family == AF_INET) {
		m4.imr_multiaddr = ((const struct sockaddr_in *)&a->a)->sin_addr;
		return setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m4, sizeof m4);
	}
	m6.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)&a->a)->sin6_addr;
	return setsockopt(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m6, sizeof m6);
}

static int bound_any(struct address *a, int reuse)
{
	struct address any = address_of(family == AF_INET ? "0.0.0.0" : "::", a ? port_of(&a->a) : 0);
	int fd = by_loopback();

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
	must(bind(fd, SA(&any), any.len), "bind");
	return fd;
}

/* No route leads an IPv6 group to the loopback of a usual host. */
static void local(void)
{
	struct address g = group(0), from = { .len = 0 };
	int fd = bound_any(&g, 1), other, sender = by_loopback();
	char text[16] = "";

	if (family == AF_INET6)
		return;
	g = group(own_port(fd));
	other = bound_any(&g, 1);
	say("send to nobody", sendto(sender, "none", 4, 0, SA(&g), g.len));
	pause_ms(50);
	say("nothing", recv(fd, text, sizeof text, MSG_DONTWAIT));
	say("join", membership(fd, &g, true, lo_index()));
	say("join again", membership(fd, &g, true, lo_index()));
	say("join of the other", membership(other, &g, true, lo_index()));
	say("send", sendto(sender, "hello", 5, 0, SA(&g), g.len));
	say_events("arrived", events_of(fd, POLLIN, 1000) & POLLIN);
	from.len = sizeof from.a;
	say("recvfrom", recvfrom(fd, text, sizeof text, MSG_DONTWAIT, SA(&from), &from.len));
	note("from the sender: %d", port_of(&from.a) == own_port(sender));
	say_events("at the other, too", events_of(other, POLLIN, 1000) & POLLIN);
	say("recv", recv(other, text, sizeof text, MSG_DONTWAIT));
	say("leave", membership(fd, &g, false, lo_index()));
	say("leave again", membership(fd, &g, false, lo_index()));
	say("send", sendto(sender, "again", 5, 0, SA(&g), g.len));
	say_events("at the other", events_of(other, POLLIN, 1000) & POLLIN);
	say("recv", recv(other, text, sizeof text, MSG_DONTWAIT));
	close(fd);
	close(other);
	close(sender);
}

static void options(void)
{
	struct address g = group(0);
	int fd = by_loopback(), value = 5, level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int hops = family == AF_INET ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS;
	int loop = family == AF_INET ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP;
	unsigned char byte = 7;
	socklen_t len = sizeof value;
	struct group_req r;

	say("hops", setsockopt(fd, level, hops, &value, sizeof value));
	say("hops, a byte", setsockopt(fd, level, hops, &byte, 1));
	value = -1;
	say("get hops", getsockopt(fd, level, hops, &value, &len));
	note("%d, length %u", value, len);
	value = 256;
	say("hops 256", setsockopt(fd, level, hops, &value, sizeof value));
	value = -1;
	say("hops -1", setsockopt(fd, level, hops, &value, sizeof value));
	len = sizeof value;
	say("get hops", getsockopt(fd, level, hops, &value, &len));
	note("%d", value);
	value = 0;
	say("loop", setsockopt(fd, level, loop, &value, sizeof value));
	value = 2;
	say("loop 2", setsockopt(fd, level, loop, &value, sizeof value));
	len = 1;
	value = 0;
	say("get loop, a byte", getsockopt(fd, level, loop, &value, &len));
	note("%d, length %u", value, len);
	say("join by nothing", setsockopt(fd, level, family == AF_INET ? IP_ADD_MEMBERSHIP : IPV6_JOIN_GROUP, &value, 4));
	say("join an interface that is none", membership(fd, &g, true, 77));
	g = address_of(NULL, 0);
	say("join a single host", membership(fd, &g, true, lo_index()));
	g = group(0);
	memset(&r, 0, sizeof r);
	r.gr_interface = lo_index();
	memcpy(&r.gr_group, &g.a, g.len);
	say("MCAST_JOIN_GROUP", setsockopt(fd, level, MCAST_JOIN_GROUP, &r, sizeof r));
	say("again", setsockopt(fd, level, MCAST_JOIN_GROUP, &r, sizeof r));
	say("MCAST_LEAVE_GROUP", setsockopt(fd, level, MCAST_LEAVE_GROUP, &r, sizeof r));
	say("again", setsockopt(fd, level, MCAST_LEAVE_GROUP, &r, sizeof r));
	if (family == AF_INET) {
		struct in_addr a = { htonl(INADDR_LOOPBACK) };

		say("IP_MULTICAST_IF by address", setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &a, sizeof a));
		len = sizeof a;
		a.s_addr = 0;
		say("get", getsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &a, &len));
		note("%s, length %u", inet_ntoa(a), len);
		a.s_addr = htonl(0xc0000201);
		say("of another", setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &a, sizeof a));
	} else {
		value = 77;
		say("IPV6_MULTICAST_IF that is none", setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &value, sizeof value));
		len = sizeof value;
		say("get", getsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &value, &len));
		note("loopback: %d", value == lo_index());
	}
	close(fd);
}

/* One that left, and one that never joined, on the same port. */
static void strangers(void)
{
	struct address g = group(0), h;
	int fd = bound_any(&g, 1), joined, sender = by_loopback(), all = 0;
	char text[16];

	if (family == AF_INET6)
		return;
	g = group(own_port(fd));
	h = g;
	if (family == AF_INET)
		((struct sockaddr_in *)&h.a)->sin_addr.s_addr ^= htonl(0x100);
	else
		((struct sockaddr_in6 *)&h.a)->sin6_addr.s6_addr[15] ^= 1;
	joined = bound_any(&g, 1);
	membership(joined, &g, true, lo_index());
	sendto(sender, "first", 5, 0, SA(&g), g.len);
	events_of(joined, POLLIN, 1000);
	pause_ms(20);
	say("who joined", recv(joined, text, sizeof text, MSG_DONTWAIT));
	say("who did not", recv(fd, text, sizeof text, MSG_DONTWAIT));
	say("not all", setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		family == AF_INET ? IP_MULTICAST_ALL : 29, &all, sizeof all));
	sendto(sender, "second", 6, 0, SA(&g), g.len);
	sendto(sender, "third", 5, 0, SA(&h), h.len);
	events_of(joined, POLLIN, 1000);
	pause_ms(20);
	say("who joined", recv(joined, text, sizeof text, MSG_DONTWAIT));
	say("no more", recv(joined, text, sizeof text, MSG_DONTWAIT));
	say("who did not", recv(fd, text, sizeof text, MSG_DONTWAIT));
	close(fd);
	close(joined);
	close(sender);
}

static void bound_to_group(void)
{
	struct address g = group(0);
	int fd = by_loopback(), sender = by_loopback();
	char text[8];

	if (family == AF_INET6)
		return;
	say("bind", bind(fd, SA(&g), g.len));
	g = name_of(fd);
	say_address("bound", &g.a, g.len);
	say("join", membership(fd, &g, true, lo_index()));
	say("connect", connect(sender, SA(&g), g.len));
	say("send", send(sender, "hi", 2, 0));
	say_events("arrived", events_of(fd, POLLIN, 1000) & POLLIN);
	say("recv", recv(fd, text, sizeof text, MSG_DONTWAIT));
	close(fd);
	close(sender);
}

static const struct test tests[] = {
	{ "local", local }, { "options", options }, { "strangers", strangers }, { "bound_to_group", bound_to_group },
};

NET_MAIN(tests)
