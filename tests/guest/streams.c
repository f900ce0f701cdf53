/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams.c 4|6 - TCP sockets in detail: flags, moving data without copies, states that a
   program can bring about, and what it gets for it. */
#include <linux/sockios.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "net.h"

static volatile sig_atomic_t pipes;

static void count_pipe(int signal)
{
	(void)signal;
	pipes++;
}

static void flags(void)
{
	char text[32] = "";
	int p[2], n = -1;
	struct iovec iov = { text, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	tcp_pair(p);
	say("nothing, MSG_DONTWAIT", recv(p[0], text, 4, MSG_DONTWAIT));
	say("recv of no room", recv(p[0], text, 0, MSG_DONTWAIT));
	say("MSG_MORE", send(p[1], "01", 2, MSG_MORE));
	say("send", send(p[1], "23456789", 8, MSG_NOSIGNAL | MSG_DONTWAIT));
	/* Two pieces may come one after the other. */
	for (int i = 0; i < 100 && ioctl(p[0], FIONREAD, &n) == 0 && n < 10; i++)
		pause_ms(10);
	say("MSG_WAITALL and MSG_PEEK", recv(p[0], text, 10, MSG_WAITALL | MSG_PEEK));
	say("peek", recv(p[0], text, 4, MSG_PEEK));
	say("peek with an address", recvfrom(p[0], text, 4, MSG_PEEK, (void *)text, &(socklen_t){ 16 }));
	say("recvmsg", recvmsg(p[0], &m, 0));
	note("flags %x, name %u", m.msg_flags, m.msg_namelen);
	say("FIONREAD", ioctl(p[0], FIONREAD, &n));
	note("%d", n);
	say("two bytes", recv(p[0], text, 2, MSG_NOSIGNAL));
	say("the rest", recv(p[0], text, sizeof text, 0));
	note("%.4s", text);
	say("sendto with an address", sendto(p[1], "xy", 2, 0, (void *)text, 16));
	say("MSG_WAITALL", recv(p[0], text, 2, MSG_WAITALL));
	pause_ms(100);
	say("SIOCOUTQ", ioctl(p[1], SIOCOUTQ, &n));
	note("%d", n);
	say("SIOCOUTQNSD", ioctl(p[1], SIOCOUTQNSD, &n));
	note("%d", n);
	say("SIOCATMARK", ioctl(p[0], SIOCATMARK, &n));
	note("%d", n);
	say("recv MSG_OOB of none", recv(p[0], text, 1, MSG_OOB));
	close_pair(p);
}

static void unread_counts(void)
{
	static char block[30000];
	int p[2], n = -1, server = listener(1), fresh = socket(family, SOCK_STREAM, 0);

	tcp_pair(p);
	must(write(p[0], block, sizeof block), "write");
	for (int i = 0; i < 100 && n != (int)sizeof block; i++) {
		pause_ms(10);
		ioctl(p[1], FIONREAD, &n);
	}
	note("%d", n);
	recv(p[1], block, 1000, MSG_WAITALL);
	say("FIONREAD", ioctl(p[1], FIONREAD, &n));
	note("%d", n);
	say("of a listener", ioctl(server, FIONREAD, &n));
	say("SIOCOUTQ of a listener", ioctl(server, SIOCOUTQ, &n));
	say("of a fresh one", ioctl(fresh, FIONREAD, &n));
	note("%d", n);
	say("SIOCOUTQ of a fresh one", ioctl(fresh, SIOCOUTQ, &n));
	note("%d", n);
	close(server);
	close(fresh);
	close_pair(p);
}

static void moves(void)
{
	static const char text[] = "the quick brown fox";
	char back[64] = "", name[] = "/tmp/umtest.XXXXXX";
	int p[2], pipes[2], more[2], file = mkstemp(name);
	struct iovec iov[3] = { { (char *)"one ", 4 }, { (char *)"two ", 4 }, { (char *)"three", 5 } };
	off_t at = 4;

	must(file, "mkstemp");
	unlink(name);
	must(write(file, text, sizeof text), "write");
	must(pipe(pipes), "pipe");
	must(pipe(more), "pipe");
	tcp_pair(p);
	say("sendfile", sendfile(p[0], file, &at, 5));
	note("at %ld", (long)at);
	say("recv", recv(p[1], back, 5, MSG_WAITALL));
	note("%.5s", back);
	say("sendfile to a file", sendfile(file, p[0], NULL, 5));
	say("writev", writev(p[0], iov, 3));
	say("splice into a pipe", splice(p[1], NULL, pipes[1], NULL, 13, 0));
	say("tee", tee(pipes[0], more[1], 13, 0));
	say("splice out of it", splice(pipes[0], NULL, p[1], NULL, 13, SPLICE_F_MORE));
	say("recv", recv(p[0], back, 13, MSG_WAITALL));
	note("%.13s", back);
	say("vmsplice", vmsplice(more[1], iov, 3, 0));
	say("splice", splice(more[0], NULL, p[0], NULL, 26, 0));
	iov[0] = (struct iovec){ back, 8 };
	iov[1] = (struct iovec){ back + 20, 18 };
	pause_ms(50);
	say("readv", readv(p[1], iov, 2));
	note("%.8s|%.18s", back, back + 20);
	set_nonblocking(p[1]);
	say("splice of nothing", splice(p[1], NULL, pipes[1], NULL, 13, SPLICE_F_NONBLOCK));
	say("pread", pread(p[1], back, 1, 0));
	say("pwrite", pwrite(p[1], back, 1, 0));
	say("preadv", preadv(p[1], iov, 1, 0));
	say("lseek", lseek(p[1], 0, SEEK_CUR));
	say("ftruncate", ftruncate(p[1], 0));
	say("fsync", fsync(p[1]));
	say("shutdown", shutdown(p[0], SHUT_WR));
	events_of(p[1], POLLRDHUP, 1000);
	say("splice at the end", splice(p[1], NULL, pipes[1], NULL, 13, 0));
	close_pair(p);
	close(file);
}

static void broken_pipes(void)
{
	int p[2], server = listener(1);
	struct linger zero = { 1, 0 };
	char byte = 'x';

	signal(SIGPIPE, count_pipe);
	tcp_pair(p);
	say("shutdown", shutdown(p[0], SHUT_WR));
	say("write", write(p[0], &byte, 1));
	note("signals %d", (int)pipes);
	say("send", send(p[0], &byte, 1, MSG_NOSIGNAL));
	note("signals %d", (int)pipes);
	say("sendmsg", sendmsg(p[0], &(struct msghdr){ .msg_iovlen = 0 }, MSG_NOSIGNAL));
	say("shutdown again", shutdown(p[0], SHUT_WR));
	say("shutdown for reading", shutdown(p[0], SHUT_RD));
	say("shutdown of all", shutdown(p[0], SHUT_RDWR));
	say("a wrong how", shutdown(p[0], 3));
	say("read", read(p[0], &byte, 1));
	close_pair(p);
	tcp_pair(p);
	setsockopt(p[1], SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
	close(p[1]);
	events_of(p[0], POLLERR, 1000);
	say("read after a reset", read(p[0], &byte, 1));
	say("write", write(p[0], &byte, 1));
	note("signals %d", (int)pipes);
	say("getpeername", getpeername(p[0], (void *)(char[128]){ 0 }, &(socklen_t){ 128 }));
	say("shutdown", shutdown(p[0], SHUT_RDWR));
	close(p[0]);
	say("shutdown of no socket", shutdown(0, SHUT_RD));
	say("shutdown of a listener", shutdown(server, SHUT_WR));
	close(server);
}

static void write_after_reset(void)
{
	struct linger zero = { 1, 0 };
	int p[2];

	tcp_pair(p);
	setsockopt(p[1], SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
	close(p[1]);
	events_of(p[0], POLLERR, 1000);
	say("first", send(p[0], "x", 1, MSG_NOSIGNAL));
	say("second", send(p[0], "x", 1, MSG_NOSIGNAL));
	close(p[0]);
}

static void connecting(void)
{
	int server = listener(3), fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), other, rc;
	struct address a = name_of(server), any = address_of(family == AF_INET ? "0.0.0.0" : "::", port_of(&a.a));
	struct address none = { .len = sizeof none.a };

	none.a.ss_family = AF_UNSPEC;
	rc = connect(fd, SA(&a), a.len);
	note("in progress, or done: %d", rc == 0 || errno == EINPROGRESS);
	events_of(fd, POLLOUT, 1000);
	say("connect again", connect(fd, SA(&a), a.len) == 0 ? 0 : errno == EISCONN ? 0 : -1);
	say("and again", connect(fd, SA(&a), a.len));
	close(fd);
	fd = socket(family, SOCK_STREAM, 0);
	say("connect to any", connect(fd, SA(&any), any.len));
	say_error("connected", fd);
	close(fd);
	fd = socket(family, SOCK_STREAM, 0);
	any = address_of(NULL, 0);
	say("connect to port 0", connect(fd, SA(&any), any.len));
	say("AF_UNSPEC of a fresh one", connect(fd, SA(&none), sizeof(struct sockaddr)));
	say("connect with no address", connect(fd, NULL, 16));
	say("connect with too long an address", connect(fd, SA(&a), 1000));
	say("connect of no socket", connect(0, SA(&a), a.len));
	close(fd);
	other = socket(family, SOCK_STREAM, 0);
	say("bind to low port", bind(other, SA(&(struct address[1]){ address_of(NULL, 99) }[0]), a.len) == 0 ||
	    errno == EACCES ? 0 : -1);
	close(other);
	close(server);
}

/* The port of a connection that somebody else has. */
static void ports(void)
{
	int server = listener(3), p[2], other, one = 1;
	struct address a = name_of(server), own;

	p[0] = socket(family, SOCK_STREAM, 0);
	must(connect(p[0], SA(&a), a.len), "connect");
	p[1] = accept(server, NULL, NULL);
	own = name_of(p[0]);
	other = socket(family, SOCK_STREAM, 0);
	say("bind to a client's port", bind(other, SA(&own), own.len));
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	say("with SO_REUSEADDR", bind(other, SA(&own), own.len));
	close(other);
	other = socket(family, SOCK_STREAM, 0);
	close(server);
	say("bind to a server's port that is connected", bind(other, SA(&a), a.len));
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	say("with SO_REUSEADDR", bind(other, SA(&a), a.len));
	close(other);
	close_pair(p);
}

static int shared_listener(struct address *a, int reuse_port, int reuse)
{
	int fd = socket(family, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuse_port, sizeof reuse_port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
	say("bind", bind(fd, SA(a), a->len));
	if (say("listen", listen(fd, 64)) == 0 && !port_of(&a->a))
		*a = name_of(fd);
	return fd;
}

/* Listeners that share a port share the connections. */
static void shared(void)
{
	struct address a = address_of(NULL, 0);
	int fds[3], clients[48], i, fd, got[3] = { 0 }, busy = 0;

	for (i = 0; i < 3; i++)
		fds[i] = shared_listener(&a, 1, 0);
	say("bind of one that does not share", bind(fd = socket(family, SOCK_STREAM, 0), SA(&a), a.len));
	close(fd);
	for (i = 0; i < 48; i++) {
		clients[i] = socket(family, SOCK_STREAM, 0);
		must(connect(clients[i], SA(&a), a.len), "connect");
	}
	for (i = 0; i < 3; i++) {
		set_nonblocking(fds[i]);
		while (events_of(fds[i], POLLIN, 50) & POLLIN && (fd = accept(fds[i], NULL, NULL)) >= 0) {
			got[i]++;
			close(fd);
		}
		busy += got[i] > 0;
	}
	note("all %d, at each: %d", got[0] + got[1] + got[2], busy == 3);
	for (i = 0; i < 48; i++)
		close(clients[i]);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

/* What an accepted socket has from its listener. */
static void inherited(void)
{
	int server = listener(3), fd = socket(family, SOCK_STREAM, 0), peer, one = 1, value, i;
	struct address a = name_of(server);
	struct linger linger = { 1, 7 };
	struct timeval t = { 3, 0 };
	socklen_t len;
	static const struct { const char *name; int level, option; } options[] = {
		{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE }, { "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR },
		{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE }, { "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE },
		{ "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST }, { "SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP },
		{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY }, { "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE },
		{ "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY },
	};

	for (i = 0; i < (int)(sizeof options / sizeof options[0]); i++)
		say(options[i].name, setsockopt(server, options[i].level, options[i].option, &one, sizeof one));
	setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	listen(server, 3);
	must(connect(fd, SA(&a), a.len), "connect");
	peer = accept(server, NULL, NULL);
	for (i = 0; i < (int)(sizeof options / sizeof options[0]); i++) {
		len = sizeof value;
		value = -1;
		getsockopt(peer, options[i].level, options[i].option, &value, &len);
		note("%s %d", options[i].name, value);
	}
	len = sizeof linger;
	getsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, &len);
	note("linger %d %d", linger.l_onoff, linger.l_linger);
	len = sizeof t;
	getsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &t, &len);
	note("timeout %ld", (long)t.tv_sec);
	linger.l_onoff = 0;
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	close(peer);
	close(fd);
	close(server);
}

static void urgent(void)
{
	char text[16] = "", byte;
	int p[2], got = 0;

	tcp_pair(p);
	say("send", send(p[0], "ab", 2, 0));
	say("urgent", send(p[0], "!", 1, MSG_OOB));
	say("send", send(p[0], "cd", 2, 0));
	pause_ms(100);
	say_events("urgent", events_of(p[1], 0, 0));
	say("the urgent byte", recv(p[1], &byte, 1, MSG_OOB));
	for (int i = 0; i < 50; i++) {
		ssize_t n = recv(p[1], text + got, sizeof text - 1 - got, MSG_DONTWAIT);

		got += n > 0 ? n : 0;
		pause_ms(10);
	}
	note("%s", text);
	close_pair(p);
}

static const struct test tests[] = {
	{ "flags", flags }, { "unread_counts", unread_counts }, { "moves", moves }, { "broken_pipes", broken_pipes },
	{ "write_after_reset", write_after_reset },
	{ "connecting", connecting }, { "ports", ports }, { "shared", shared }, { "inherited", inherited },
	{ "urgent", urgent },
};

NET_MAIN(tests)
