/* SPDX-License-Identifier: GPL-2.0-or-later */
/* local.c - AF_UNIX and the host's own network in a view without a stack. */
#include <stddef.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "say.h"

static struct sockaddr_un un(const char *path, socklen_t *len)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	*len = offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
	if (path[0] == '@') {
		a.sun_path[0] = '\0';
		--*len;
	}
	return a;
}

static void say_name(const char *what, const struct sockaddr_un *a, socklen_t len)
{
	note("%s: family %d length %u '%s'", what, len >= 2 ? a->sun_family : -1, len,
	     len > 2 ? (a->sun_path[0] ? a->sun_path : a->sun_path + 1) : "");
}

static void streams(void)
{
	static const char *const paths[] = { "sock", "@umtest.local" };
	struct sockaddr_un a, got;
	socklen_t len, n;
	char text[16];
	int i, server, client, peer;

	for (i = 0; i < 2; i++) {
		memset(&got, 0, sizeof got);
		a = un(paths[i], &len);
		server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		client = socket(AF_UNIX, SOCK_STREAM, 0);
		say("connect to nobody", connect(client, (void *)&a, len));
		say("bind", bind(server, (void *)&a, len));
		say("connect to a deaf one", connect(client, (void *)&a, len));
		say("listen", listen(server, 1));
		say("connect", connect(client, (void *)&a, len));
		n = sizeof got;
		say_ok("accept4", peer = accept4(server, (void *)&got, &n, SOCK_NONBLOCK));
		say_name("accepted", &got, n);
		n = sizeof got;
		say("getpeername", getpeername(client, (void *)&got, &n));
		say_name("peer", &got, n);
		say("send", send(client, "hello", 5, 0));
		n = sizeof got;
		say("recvfrom", recvfrom(peer, text, sizeof text, 0, (void *)&got, &n));
		say_name("from", &got, n);
		say("recv", recv(peer, text, sizeof text, 0));
		say_events("client", events_of(client, 0, 0));
		close(peer);
		say_events("client, closed", events_of(client, POLLIN, 100));
		say("bind twice", bind(server, (void *)&a, len));
		close(server);
		close(client);
		unlink("sock");
	}
}

static void datagrams(void)
{
	struct sockaddr_un a, b, got = { 0 };
	socklen_t a_len, b_len, n = sizeof got;
	struct iovec iov[2] = { { (char[4]){ 0 }, 2 }, { (char[4]){ 0 }, 2 } };
	struct msghdr m = { .msg_name = &got, .msg_namelen = sizeof got, .msg_iov = iov, .msg_iovlen = 2 };
	char text[16];
	int one = socket(AF_UNIX, SOCK_DGRAM, 0), two = socket(AF_UNIX, SOCK_DGRAM, 0);

	a = un("one", &a_len);
	b = un("two", &b_len);
	bind(one, (void *)&a, a_len);
	bind(two, (void *)&b, b_len);
	say("sendto", sendto(one, "first", 5, 0, (void *)&b, b_len));
	say("sendto", sendto(one, "second", 6, 0, (void *)&b, b_len));
	say("recvfrom", recvfrom(two, text, sizeof text, 0, (void *)&got, &n));
	say_name("from", &got, n);
	say("recvmsg", recvmsg(two, &m, 0));
	say_name("from", &got, m.msg_namelen);
	note("truncated: %d, text %.2s%.2s", !!(m.msg_flags & MSG_TRUNC),
	     (char *)iov[0].iov_base, (char *)iov[1].iov_base);
	say("recv", recv(two, text, sizeof text, MSG_DONTWAIT));
	say("sendto absent", sendto(one, "x", 1, 0, (void *)&(struct sockaddr_un){ AF_UNIX, "nobody" }, 10));
	say("sendto, wrong family", sendto(one, "x", 1, 0, (void *)&(struct sockaddr_in){ AF_INET, 1, { 1 }, "" }, 16));
	close(one);
	close(two);
	unlink("one");
	unlink("two");
}

static void passing(void)
{
	char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = { 0 };
	char byte = 'x', text[8] = "";
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred *credentials;
	int pair[2], pipes[2], fd = -1, on = 1;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "socketpair");
	must(pipe(pipes), "pipe");
	say("SO_PASSCRED", setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pipes[0], sizeof(int));
	say("sendmsg", sendmsg(pair[0], &m, 0));
	m.msg_controllen = sizeof control;
	say("recvmsg", recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC));
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		note("control level %d type %d", c->cmsg_level, c->cmsg_type);
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == SCM_CREDENTIALS) {
			credentials = (void *)CMSG_DATA(c);
			note("credentials: %s", credentials->pid == getpid() && credentials->uid == getuid() ? "mine" : "other");
		}
	}
	must(write(pipes[1], "piped", 5), "write");
	say("read from what was passed", read(fd, text, sizeof text));
	note("%s", text);
	close(pair[1]);
	say("send to closed", send(pair[0], "x", 1, MSG_NOSIGNAL));
	say_events("closed", events_of(pair[0], 0, 0));
	close(pair[0]);
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void interfaces(void)
{
	struct ifaddrs *list = NULL, *p;
	char *lines[256];
	int n = 0, i, fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = { .ifr_name = "lo" };

	say("getifaddrs", getifaddrs(&list));
	for (p = list; p && n < 256; p = p->ifa_next)
		n += asprintf(&lines[n], "%s family %d flags %x", p->ifa_name,
			      p->ifa_addr ? p->ifa_addr->sa_family : -1, p->ifa_flags) > 0;
	qsort(lines, n, sizeof *lines, by_name);
	for (i = 0; i < n; i++)
		note("%s", lines[i]);
	freeifaddrs(list);
	say("if_nametoindex lo", if_nametoindex("lo"));
	say("SIOCGIFMTU", ioctl(fd, SIOCGIFMTU, &request));
	note("mtu %d", request.ifr_mtu);
	say("SIOCSIFMTU", ioctl(fd, SIOCSIFMTU, &request));
	close(fd);
}

static void families(void)
{
	static const struct { int domain, type, protocol; } kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 0 }, { AF_INET6, SOCK_STREAM, 0 },
		{ AF_INET, SOCK_RAW, 1 }, { AF_PACKET, SOCK_RAW, 0 }, { AF_NETLINK, SOCK_RAW, 0 },
		{ AF_UNIX, SOCK_STREAM, 0 }, { AF_UNIX, SOCK_RAW, 0 }, { AF_INET, 77, 0 }, { AF_INET, SOCK_STREAM, 17 },
		{ 99, SOCK_STREAM, 0 }, { AF_UNSPEC, SOCK_STREAM, 0 }, { -1, SOCK_STREAM, 0 },
		{ AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT }, { AF_BLUETOOTH, SOCK_RAW, 0 },
	};
	char what[64];
	size_t i;
	int fd;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		snprintf(what, sizeof what, "socket(%d, %d, %d)", kinds[i].domain, kinds[i].type, kinds[i].protocol);
		say_ok(what, fd = socket(kinds[i].domain, kinds[i].type, kinds[i].protocol));
		if (fd >= 0)
			close(fd);
	}
}

static const struct test tests[] = {
	{ "streams", streams }, { "datagrams", datagrams }, { "passing", passing },
	{ "interfaces", interfaces }, { "families", families },
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_tests(tests, sizeof tests / sizeof tests[0], argv + 1);
}
