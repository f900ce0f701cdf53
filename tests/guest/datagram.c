/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datagram.c 4|6 - UDP in detail: who gets what, and what is refused. */
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <signal.h>

#include "net.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

static int bound_to(const char *text, int port)
{
	struct address a = address_of(text, port);
	int fd = socket(family, SOCK_DGRAM, 0);

	must(bind(fd, SA(&a), a.len), "bind");
	return fd;
}

static int bound(struct address *a)
{
	int fd = bound_to(NULL, 0);

	*a = name_of(fd);
	return fd;
}

static void broadcast(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7fffffff) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	say("connect without SO_BROADCAST", connect(fd, (void *)&to, sizeof to));
	say("sendto without SO_BROADCAST", sendto(fd, "x", 1, 0, (void *)&to, sizeof to));
	say("SO_BROADCAST", setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on));
	say("allowed", sendto(fd, "x", 1, 0, (void *)&to, sizeof to) < 0 && errno == EACCES ? -1 : 0);
	close(fd);
}

static int try_bind(const char *what, const char *text, int port, int reuse, int reuse_port)
{
	struct address a = address_of(text, port);
	int one = 1, fd = socket(family, SOCK_DGRAM, 0);

	if (reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (reuse_port)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	say(what, bind(fd, SA(&a), a.len));
	return fd;
}

static void conflicts(void)
{
	const char *any = family == AF_INET ? "0.0.0.0" : "::", *other = family == AF_INET ? "127.0.0.2" : "::1";
	int first = try_bind("plain", NULL, 0, 0, 0), port = own_port(first), fds[8], n = 0, i;

	fds[n++] = try_bind("the same", NULL, port, 0, 0);
	fds[n++] = try_bind("any", any, port, 0, 0);
	fds[n++] = try_bind("another address", other, port, 0, 0);
	fds[n++] = try_bind("the same, reuse", NULL, port, 1, 0);
	close(first);
	for (i = 0; i < n; i++)
		close(fds[i]);
	n = 0;
	first = try_bind("reuse", NULL, port, 1, 0);
	fds[n++] = try_bind("reuse, too", NULL, port, 1, 0);
	fds[n++] = try_bind("plain", NULL, port, 0, 0);
	fds[n++] = try_bind("reuse port", NULL, port, 0, 1);
	close(first);
	for (i = 0; i < n; i++)
		close(fds[i]);
	n = 0;
	first = try_bind("reuse port", NULL, port, 0, 1);
	fds[n++] = try_bind("reuse port, too", NULL, port, 0, 1);
	fds[n++] = try_bind("reuse", NULL, port, 1, 0);
	close(first);
	for (i = 0; i < n; i++)
		close(fds[i]);
	first = try_bind("another's", family == AF_INET ? "192.0.2.1" : "2001:db8::1", 0, 0, 0);
	close(first);
}

/* Of those that share a port, one gets each datagram. */
static void shared(void)
{
	int fds[4], port, i, j, got[4] = { 0 }, total = 0, groups = 0, one;
	struct address to;
	char text[8];

	fds[0] = try_bind("reuse port", NULL, 0, 0, 1);
	port = own_port(fds[0]);
	to = name_of(fds[0]);
	for (i = 1; i < 4; i++)
		fds[i] = try_bind("reuse port", NULL, port, 0, 1);
	for (i = 0; i < 64; i++) {
		struct address a;

		one = bound(&a);
		for (j = 0; j < 2; j++)
			sendto(one, "x", 1, 0, SA(&to), to.len);
		close(one);
	}
	pause_ms(100);
	for (i = 0; i < 4; i++) {
		while (recv(fds[i], text, 1, MSG_DONTWAIT) == 1)
			got[i]++;
		total += got[i];
		groups += got[i] > 0;
		note("pairs stay together: %d", got[i] % 2 == 0);
	}
	note("%d arrived, at more than two: %d", total, groups > 2);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	fds[0] = try_bind("reuse", NULL, 0, 1, 0);
	port = own_port(fds[0]);
	fds[1] = try_bind("reuse", NULL, port, 1, 0);
	to = name_of(fds[0]);
	sendto(fds[0], "x", 1, 0, SA(&to), to.len);
	pause_ms(50);
	say("the first", recv(fds[0], text, 1, MSG_DONTWAIT));
	say("the last", recv(fds[1], text, 1, MSG_DONTWAIT));
	close(fds[0]);
	close(fds[1]);
}

static void flags(void)
{
	struct address a, b, from = { .len = sizeof from.a };
	int one = bound(&a), two = bound(&b);
	char text[16] = "", peek[4];
	struct iovec iov = { peek, sizeof peek };
	struct msghdr m = { .msg_name = &from.a, .msg_namelen = sizeof from.a, .msg_iov = &iov, .msg_iovlen = 1 };

	for (int i = 0; i < 8; i++)
		sendto(one, "0123456789", 10, MSG_NOSIGNAL | MSG_DONTWAIT, SA(&b), b.len);
	say("MSG_OOB", sendto(one, "x", 1, MSG_OOB, SA(&b), b.len));
	say("MSG_CONFIRM", sendto(one, "0123456789", 10, MSG_CONFIRM, SA(&b), b.len));
	events_of(two, POLLIN, 1000);
	say("peek with address", recvfrom(two, peek, 4, MSG_PEEK, SA(&from), &from.len));
	note("its port %d", port_of(&from.a) == port_of(&a.a));
	say("peek, true length", recvfrom(two, peek, 4, MSG_PEEK | MSG_TRUNC, SA(&from), &from.len));
	say("true length", recvfrom(two, peek, 4, MSG_TRUNC, SA(&from), &from.len));
	say("recv, all", recv(two, text, 10, MSG_WAITALL));
	say("recvmsg", recvmsg(two, &m, MSG_TRUNC));
	note("flags %x name %u", m.msg_flags, m.msg_namelen);
	say("recvmsg, peek", recvmsg(two, &m, MSG_PEEK));
	note("flags %x name %u", m.msg_flags, m.msg_namelen);
	m.msg_iovlen = 0;
	say("recvmsg, no room", recvmsg(two, &m, 0));
	note("flags %x", m.msg_flags);
	say("recv MSG_OOB", recv(two, text, 10, MSG_OOB | MSG_DONTWAIT));
	say("recvfrom MSG_OOB", recvfrom(two, text, 10, MSG_OOB | MSG_DONTWAIT, SA(&from), &from.len));
	say("read", read(two, text, 10));
	close(one);
	close(two);
}

static void counts(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b), n = -1;
	char text[16];

	say("FIONREAD, empty", ioctl(two, FIONREAD, &n));
	note("%d bytes", n);
	sendto(one, "12345", 5, 0, SA(&b), b.len);
	sendto(one, "123", 3, 0, SA(&b), b.len);
	events_of(two, POLLIN, 1000);
	say("FIONREAD", ioctl(two, FIONREAD, &n));
	note("%d bytes", n);
	recv(two, text, sizeof text, 0);
	say("FIONREAD", ioctl(two, FIONREAD, &n));
	note("%d bytes", n);
	sendto(one, "", 0, 0, SA(&b), b.len);
	recv(two, text, sizeof text, 0);
	say("FIONREAD, an empty one", ioctl(two, FIONREAD, &n));
	note("%d bytes", n);
	pause_ms(20);
	say("SIOCOUTQ", ioctl(one, SIOCOUTQ, &n));
	note("%d bytes", n);
	say("SIOCATMARK", ioctl(one, SIOCATMARK, &n));
	say("SIOCOUTQNSD", ioctl(one, SIOCOUTQNSD, &n));
	say("FIONREAD, bad address", ioctl(two, FIONREAD, (void *)8));
	close(one);
	close(two);
}

static void cork(void)
{
	struct address a, b, c;
	int one = bound(&a), two = bound(&b), three = bound(&c), on = 1, off = 0;
	char text[32];

	say("more", sendto(one, "a", 1, MSG_MORE, SA(&b), b.len));
	say("more", sendto(one, "bc", 2, MSG_MORE, SA(&b), b.len));
	pause_ms(50);
	say("not yet", recv(two, text, sizeof text, MSG_DONTWAIT));
	say("the end", sendto(one, "d", 1, 0, SA(&b), b.len));
	events_of(two, POLLIN, 1000);
	say("one datagram", recv(two, text, sizeof text, MSG_DONTWAIT));
	must(connect(one, SA(&b), b.len), "connect");
	say("UDP_CORK", setsockopt(one, IPPROTO_UDP, UDP_CORK, &on, sizeof on));
	say("write", write(one, "12", 2));
	say("send", send(one, "345", 3, 0));
	pause_ms(50);
	say("not yet", recv(two, text, sizeof text, MSG_DONTWAIT));
	say("to another meanwhile", sendto(one, "6", 1, 0, SA(&c), c.len));
	say("UDP_CORK off", setsockopt(one, IPPROTO_UDP, UDP_CORK, &off, sizeof off));
	events_of(two, POLLIN, 1000);
	say("one datagram", recv(two, text, sizeof text, MSG_DONTWAIT));
	say("none for the other", recv(three, text, sizeof text, MSG_DONTWAIT));
	say("send, more", send(one, "a", 1, MSG_MORE));
	say("send", send(one, "b", 1, 0));
	events_of(two, POLLIN, 1000);
	say("one datagram", recv(two, text, sizeof text, MSG_DONTWAIT));
	close(one);
	close(two);
	close(three);
}

static void sizes(void)
{
	static char big[66000];
	struct address a, b;
	int one = bound(&a), two = bound(&b);
	size_t most = family == AF_INET ? 65507 : 65527;

	say("the largest", sendto(one, big, most, 0, SA(&b), b.len));
	events_of(two, POLLIN, 1000);
	say("recv", recv(two, big, sizeof big, MSG_DONTWAIT));
	say("one more", sendto(one, big, most + 1, 0, SA(&b), b.len));
	say("beyond 64 KiB", sendto(one, big, 65536, 0, SA(&b), b.len));
	close(one);
	close(two);
}

static void addresses(void)
{
	struct address a, b, any = address_of(family == AF_INET ? "0.0.0.0" : "::", 0), from = { .len = 0 };
	int one = bound(&a), two = bound_to(family == AF_INET ? "0.0.0.0" : "::", 0);
	struct sockaddr_in6 scoped = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	char text[8];

	b = name_of(two);
	any = address_of(family == AF_INET ? "0.0.0.0" : "::", port_of(&b.a));
	say("sendto any", sendto(one, "x", 1, 0, SA(&any), any.len));
	from.len = sizeof from.a;
	events_of(two, POLLIN, 1000);
	say("it arrives", recvfrom(two, text, 1, MSG_DONTWAIT, SA(&from), &from.len));
	say_address("from", &from.a, from.len);
	say("connect to any", connect(one, SA(&any), any.len));
	from.len = sizeof from.a;
	say("getpeername", getpeername(one, SA(&from), &from.len));
	say_address("peer", &from.a, from.len);
	any.a.ss_family = AF_UNSPEC;
	say("dissolve", connect(one, SA(&any), any.len));
	say("dissolve again", connect(one, SA(&any), 2));
	from = name_of(one);
	say_address("own", &from.a, from.len);
	say("sendto of no family", sendto(one, "x", 1, 0, SA(&any), any.len));
	any.a.ss_family = 77;
	say("sendto of an unknown family", sendto(one, "x", 1, 0, SA(&any), any.len));
	say("connect of an unknown family", connect(one, SA(&any), any.len));
	say("bind again", bind(one, SA(&a), a.len));
	close(one);
	one = socket(family, SOCK_DGRAM, 0);
	say("bind of an unknown family", bind(one, SA(&any), any.len));
	say("connect to nowhere", connect(one, SA(&b), 2));
	say("listen", listen(one, 1));
	say("accept", accept(one, NULL, NULL));
	if (family == AF_INET6) {
		inet_pton(AF_INET6, "fe80::1", &scoped.sin6_addr);
		say("link-local without a scope", connect(one, (void *)&scoped, sizeof scoped));
	}
	close(one);
	close(two);
}

static void shut(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b), n;
	char text[8];

	signal(SIGPIPE, SIG_IGN);
	say("connect", connect(one, SA(&b), b.len));
	say("shutdown for writing", shutdown(one, SHUT_WR));
	say("send", send(one, "x", 1, 0));
	say("sendto", sendto(one, "x", 1, 0, SA(&b), b.len));
	sendto(two, "yy", 2, 0, SA(&a), a.len);
	events_of(one, POLLIN, 1000);
	say("it still reads", recv(one, text, sizeof text, MSG_DONTWAIT));
	say("shutdown for reading", shutdown(one, SHUT_RD));
	say_events("all shut", events_of(one, 0, 0));
	say("recv", recv(one, text, sizeof text, 0));
	n = connect(two, SA(&a), a.len);
	say("connect", n);
	say("a wrong how", shutdown(two, 7));
	close(one);
	close(two);
}

/* Linux's UDP receives on, shut for reading or not. */
static void shut_for_reading(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b);
	char text[8];

	say("shutdown, not connected", shutdown(one, SHUT_RD));
	sendto(two, "yy", 2, 0, SA(&a), a.len);
	pause_ms(50);
	say("it still reads", recv(one, text, sizeof text, MSG_DONTWAIT));
	close(one);
	close(two);
}

static void many_at_once(void)
{
	struct address a, b, to[6];
	int one = bound(&a), two = bound(&b), i;
	char in[6][8];
	struct iovec iov[6];
	struct mmsghdr m[6];
	struct timespec t = { 0, 200000000 };
	int64_t start;

	memset(m, 0, sizeof m);
	for (i = 0; i < 6; i++) {
		to[i] = b;
		iov[i] = (struct iovec){ (char *)"abcdef", i + 1 };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &to[i].a, .msg_namelen = b.len, .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	say("sendmmsg", sendmmsg(one, m, 6, 0));
	for (i = 0; i < 6; i++)
		note("%u", m[i].msg_len);
	m[3].msg_hdr.msg_namelen = 3;
	say("sendmmsg, the fourth is wrong", sendmmsg(one, m, 6, 0));
	say("sendmmsg, the first is wrong", sendmmsg(one, m + 3, 3, 0));
	pause_ms(50);
	for (i = 0; i < 6; i++) {
		iov[i] = (struct iovec){ in[i], sizeof in[i] };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &to[i].a, .msg_namelen = sizeof to[i].a, .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	say("recvmmsg", recvmmsg(two, m, 4, 0, NULL));
	for (i = 0; i < 4; i++)
		note("%u from %d, name %u", m[i].msg_len, port_of(&to[i].a) == port_of(&a.a), m[i].msg_hdr.msg_namelen);
	say("until there are no more", recvmmsg(two, m, 6, MSG_WAITFORONE, NULL));
	say("the time is over", recvmmsg(two, m, 6, MSG_DONTWAIT, &t));
	sendto(one, "x", 1, 0, SA(&b), b.len);
	say("one is there", recvmmsg(two, m, 6, MSG_DONTWAIT, NULL));
	start = now_ms();
	sendto(one, "x", 1, 0, SA(&b), b.len);
	setsockopt(two, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 300000 }, sizeof(struct timeval));
	say("with a timeout", recvmmsg(two, m, 6, 0, NULL));
	note("in time: %d", now_ms() - start > 250 && now_ms() - start < 2000);
	sendto(one, "x", 1, 0, SA(&b), b.len);
	t = (struct timespec){ 0, 0 };
	say("no time at all", recvmmsg(two, m, 6, 0, &t));
	t = (struct timespec){ 0, 1000000000 };
	say("a wrong time", recvmmsg(two, m, 6, 0, &t));
	say("none", recvmmsg(two, m, 0, 0, NULL));
	say("none", sendmmsg(two, m, 0, 0));
	close(one);
	close(two);
}

static void offload(void)
{
	struct address a;
	int fd = bound(&a), value = 500;
	socklen_t len = sizeof value;

	say("UDP_GRO", setsockopt(fd, IPPROTO_UDP, UDP_GRO, &(int){ 0 }, sizeof(int)));
	say("an unknown one", setsockopt(fd, IPPROTO_UDP, 250, &value, sizeof value));
	say("UDP_SEGMENT of -1", setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &(int){ -1 }, sizeof(int)));
	say("get an unknown one", getsockopt(fd, IPPROTO_UDP, 250, &value, &len));
	close(fd);
}

/* An IPv4 datagram to an IPv6 socket, and back. */
static void dual(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 }, from;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	socklen_t len = sizeof from;
	int two = socket(AF_INET6, SOCK_DGRAM, 0), one = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	char text[8], name[INET6_ADDRSTRLEN];

	must(bind(two, (void *)&any, sizeof any), "bind");
	v4.sin_port = htons(own_port(two));
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	say("bind of v4 to the port", bind(one, (void *)&v4, sizeof v4));
	say("sendto", sendto(one, "x", 1, 0, (void *)&v4, sizeof v4));
	say_events("arrived", events_of(two, POLLIN, 1000) & POLLIN);
	say("recvfrom", recvfrom(two, text, sizeof text, MSG_DONTWAIT, (void *)&from, &len));
	note("from %s, length %u", inet_ntop(AF_INET6, &from.sin6_addr, name, sizeof name), len);
	say("back", sendto(two, "yy", 2, 0, (void *)&from, sizeof from));
	say_events("arrived", events_of(one, POLLIN, 1000) & POLLIN);
	say("recv", recv(one, text, sizeof text, MSG_DONTWAIT));
	say("sendto of AF_INET", sendto(two, "zzz", 3, 0, (void *)&v4, sizeof v4));
	say("IPV6_V6ONLY when bound", setsockopt(two, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
	close(two);
	two = socket(AF_INET6, SOCK_DGRAM, 0);
	say("IPV6_V6ONLY", setsockopt(two, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
	say("to a mapped one", sendto(two, "x", 1, 0, (void *)&from, sizeof from));
	say("connect to a mapped one", connect(two, (void *)&from, sizeof from));
	any.sin6_port = v4.sin_port;
	say("the same port", bind(two, (void *)&any, sizeof any));
	close(one);
	close(two);
	one = socket(AF_INET6, SOCK_DGRAM, 0);
	say("connect to AF_INET", connect(one, (void *)&v4, sizeof v4));
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &any.sin6_addr);
	any.sin6_port = 0;
	say("bind to a mapped one", bind(one, (void *)&any, sizeof any));
	close(one);
}

static const struct test tests[] = {
	{ "broadcast", broadcast }, { "conflicts", conflicts }, { "shared", shared }, { "flags", flags },
	{ "counts", counts }, { "cork", cork }, { "sizes", sizes }, { "addresses", addresses }, { "shut", shut },
	{ "shut_for_reading", shut_for_reading },
	{ "many_at_once", many_at_once }, { "offload", offload }, { "dual", dual },
};

NET_MAIN(tests)
