/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tricks.c 4|6 - what a program may do to a TCP socket that AF_UNIX sockets, of which
 * a virtual one is made, take differently: descriptors and credentials in messages,
 * names, splice, signals, descriptors in flight.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "net.h"

/* sendmsg of "data" with one control message. */
static long send_control(int fd, const void *data, size_t len, int type, const void *value, size_t size)
{
	char room[CMSG_SPACE(64)] = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
		.msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), value, size);
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* recvmsg with room for control messages: says if one came. */
static int receive_control(const char *what, int fd, size_t size)
{
	char room[256] = { 0 }, data[256];
	struct iovec iov = { data, size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
		.msg_controllen = sizeof room };
	ssize_t n;
	int got = -1;

	events_of(fd, POLLIN, 2000);
	n = recvmsg(fd, &m, MSG_DONTWAIT);
	say(what, n);
	note("%s: control of %d bytes, flags %x", what, n < 0 ? 0 : (int)m.msg_controllen, n < 0 ? 0 : m.msg_flags);
	if (n >= 0 && m.msg_controllen >= CMSG_LEN(sizeof got) && CMSG_FIRSTHDR(&m)->cmsg_type == SCM_RIGHTS)
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof got);
	return got;
}

static void rights(void)
{
	struct ucred me = { getpid(), getuid(), getgid() };
	int p[2], pipes[2], many[8], i;
	char byte;

	tcp_pair(p);
	must(pipe(pipes), "pipe");
	say("write", write(p[0], "before", 6));
	say("SCM_RIGHTS", send_control(p[0], "rights", 6, SCM_RIGHTS, &pipes[1], sizeof(int)));
	say("write", write(p[0], "after", 5));
	for (i = 0; i < 8; i++)
		many[i] = pipes[1];
	say("SCM_RIGHTS of 8", send_control(p[0], "many", 4, SCM_RIGHTS, many, sizeof many));
	say("SCM_RIGHTS of a bad one", send_control(p[0], "bad", 3, SCM_RIGHTS, &(int){ 999 }, sizeof(int)));
	say("SCM_CREDENTIALS", send_control(p[0], "me", 2, SCM_CREDENTIALS, &me, sizeof me));
	if (sizeof(long) == 8)	/* a monitor may know only its own kind of cmsghdr */
		say("an unknown type", send_control(p[0], "what", 4, 99, &me, 4));
	pause_ms(100);
	receive_control("all that came", p[1], 100);
	/* Nobody holds the pipe but us. */
	close(pipes[1]);
	set_nonblocking(pipes[0]);
	say("the pipe", read(pipes[0], &byte, 1));
	close_pair(p);
	close(pipes[0]);
}

static void credentials(void)
{
	struct ucred who = { 1, 1, 1 };
	socklen_t len = sizeof who;
	int p[2];

	tcp_pair(p);
	say("SO_PEERCRED", getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &who, &len));
	note("pid %d uid %d gid %d", who.pid, (int)who.uid, (int)who.gid);
	len = sizeof who;
	say("SO_PEERSEC", getsockopt(p[0], SOL_SOCKET, SO_PEERSEC, &who, &len));
	len = sizeof who;
	say("SO_PEERGROUPS", getsockopt(p[0], SOL_SOCKET, 59, &who, &len));
	say("SO_PEERPIDFD", getsockopt(p[0], SOL_SOCKET, 77, &who, &len));
	setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int));
	write(p[0], "hello", 5);
	receive_control("after SO_PASSCRED", p[1], 100);
	close_pair(p);
}

static void netlink_rights(void)
{
	struct {
		struct nlmsghdr_ { uint32_t len; uint16_t type, flags; uint32_t seq, pid; } head;
		char family[16];
	} dump = { .head = { .len = sizeof dump, .type = 18 /* RTM_GETLINK */, .flags = 0x301, .seq = 1 } };
	int fd = socket(AF_NETLINK, SOCK_RAW, 0), pipes[2];
	char byte;

	must(fd, "netlink");
	must(pipe(pipes), "pipe");
	say("SCM_RIGHTS", send_control(fd, &dump, sizeof dump, SCM_RIGHTS, &pipes[1], sizeof(int)));
	close(pipes[1]);
	set_nonblocking(pipes[0]);
	say("the pipe", read(pipes[0], &byte, 1));
	close(pipes[0]);
	say_ok("a dump", send(fd, &dump, sizeof dump, 0));
	note("an answer: %d", events_of(fd, POLLIN, 2000) & POLLIN);
	close(fd);
}

/* Calls that AF_UNIX would take. */
static void calls(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0tricks" };
	struct address a = address_of(NULL, 0);
	char path[64];
	int p[2], fd = socket(family, SOCK_STREAM, 0);

	say("bind to an AF_UNIX name", bind(fd, (void *)&un, sizeof un) < 0 ? -1 : 0);
	say("connect to an AF_UNIX name", connect(fd, (void *)&un, sizeof un));
	close(fd);
	tcp_pair(p);
	say("bind when connected", bind(p[0], SA(&a), a.len));
	say("bind an AF_UNIX name when connected", bind(p[0], (void *)&un, sizeof un) < 0 ? 0 : 1);
	say("listen when connected", listen(p[0], 5));
	say("accept when connected", accept(p[0], NULL, NULL));
	a = name_of(p[1]);
	say("connect again", connect(p[0], SA(&a), a.len));
	snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
	say("open of /proc/self/fd/N", open(path, O_RDWR));
	say("pread", pread(p[0], path, 1, 0));
	say("lseek", lseek(p[0], 0, SEEK_SET));
	say("ftruncate", ftruncate(p[0], 0));
	say("F_SETPIPE_SZ", fcntl(p[0], F_SETPIPE_SZ, 4096));
	say("F_SETLEASE", fcntl(p[0], F_SETLEASE, F_WRLCK));
	say("write", write(p[0], "x", 1));
	say("read", read(p[1], path, 10));
	close_pair(p);
}

/* Reads n bytes: is it the pattern that begins at `from`? */
static bool expect_pattern(int fd, size_t n, size_t from)
{
	unsigned char bytes[4096];

	for (size_t at = 0; at < n; ) {
		ssize_t got = read(fd, bytes, n - at < sizeof bytes ? n - at : sizeof bytes);

		if (got <= 0)
			return false;
		for (ssize_t i = 0; i < got; i++)
			if (bytes[i] != (unsigned char)((from + at + i) * 31 >> 3))
				return false;
		at += got;
	}
	return true;
}

static void pipes(void)
{
	enum { SIZE = 200000, PIPE = 60000 };
	unsigned char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { bytes, PIPE };
	int p[2], one[2], two[2], file = memfd_create("tricks", 0);
	off_t at = 0;
	size_t sent = 0;
	pid_t reader;
	int status;

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = i * 31 >> 3;
	must(write(file, bytes, SIZE), "write");
	tcp_pair(p);
	must(pipe(one), "pipe");
	must(pipe(two), "pipe");
	say("vmsplice", vmsplice(one[1], &iov, 1, 0));
	say("tee", tee(one[0], two[1], PIPE, 0));
	while (sent < PIPE) {
		ssize_t n = splice(one[0], NULL, p[0], NULL, PIPE - sent, SPLICE_F_MORE);

		if (n <= 0)
			break;
		sent += n;
	}
	note("spliced %zu: %s", sent, expect_pattern(p[1], PIPE, 0) ? "right" : "wrong");
	for (sent = 0; sent < PIPE; ) {
		ssize_t n = splice(two[0], NULL, p[1], NULL, PIPE - sent, 0);

		if (n <= 0)
			break;
		sent += n;
	}
	for (sent = 0; sent < PIPE; ) {
		ssize_t n = splice(p[0], NULL, one[1], NULL, PIPE - sent, 0);

		if (n <= 0)
			break;
		sent += n;
	}
	note("spliced back %zu: %s", sent, expect_pattern(one[0], PIPE, 0) ? "right" : "wrong");
	say("tee of a socket", tee(p[0], one[1], 10, SPLICE_F_NONBLOCK));
	reader = fork();
	if (reader == 0)
		_exit(!expect_pattern(p[1], SIZE, 0));
	while (at < SIZE && sendfile(p[0], file, &at, SIZE - at) > 0)
		;
	waitpid(reader, &status, 0);
	note("sendfile %d: %s", (int)at, status ? "wrong" : "right");
	close_pair(p);
	close_pair(one);
	close_pair(two);
	close(file);
	munmap(bytes, SIZE);
}

static void peek(void)
{
	char text[16] = "";
	int p[2];

	tcp_pair(p);
	write(p[0], "0123456789", 10);
	events_of(p[1], POLLIN, 2000);
	pause_ms(20);
	say("MSG_PEEK", recv(p[1], text, 4, MSG_PEEK));
	note("%.4s", text);
	say("recv", recv(p[1], text, 2, 0));
	say("MSG_PEEK", recv(p[1], text, 4, MSG_PEEK));
	note("%.4s", text);
	say("MSG_WAITALL", recv(p[1], text, 8, MSG_WAITALL));
	note("%.8s", text);
	close_pair(p);
}

static volatile sig_atomic_t signals, from_fd;

static void on_io(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	signals++;
	from_fd = info->si_fd;
}

/* Did a signal for fd come since the last look, within 2 s? */
static void say_signal(const char *what, int fd)
{
	for (int i = 0; i < 200 && !signals; i++)
		pause_ms(10);
	note("%s: %s", what, !signals ? "no signal" : from_fd == fd ? "signal" : "signal of another descriptor");
	pause_ms(30);
	signals = 0;
}

static void asynchronous(void)
{
	struct sigaction action = { .sa_sigaction = on_io, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct address a;
	char text[16];
	int server = listener(5), fd, peer;

	sigaction(SIGRTMIN + 3, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	a = name_of(server);
	say("F_SETOWN", fcntl(server, F_SETOWN, getpid()));
	say("F_SETSIG", fcntl(server, F_SETSIG, SIGRTMIN + 3));
	say("O_ASYNC", fcntl(server, F_SETFL, O_ASYNC | O_NONBLOCK));
	fd = socket(family, SOCK_STREAM, 0);
	must(connect(fd, SA(&a), a.len), "connect");
	say_signal("a connection", server);
	peer = accept(server, NULL, NULL);
	say_ok("accept", peer);
	signals = 0;
	fcntl(peer, F_SETSIG, SIGRTMIN + 3);
	say("FIOSETOWN", ioctl(peer, 0x8901 /* FIOSETOWN */, &(int){ getpid() }));
	say("FIOASYNC", ioctl(peer, FIOASYNC, &(int){ 1 }));
	note("O_ASYNC is set: %d", !!(fcntl(peer, F_GETFL) & O_ASYNC));
	pause_ms(30);
	signals = 0;
	write(fd, "data", 4);
	say_signal("data", peer);
	say("read", read(peer, text, sizeof text));
	signals = 0;
	close(fd);
	say_signal("the peer's close", peer);
	close(peer);
	close(server);
	signals = 0;
}

/* The smallest buffer: all arrives, and there is room again. */
static void small(void)
{
	enum { SIZE = 30000 };
	struct address a;
	int server = listener(5), fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), peer;
	unsigned char bytes[997];
	size_t sent = 0, got = 0, wrong = 0;

	a = name_of(server);
	say("SO_SNDBUF", setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int)));
	if (connect(fd, SA(&a), a.len) < 0 && errno != EINPROGRESS)
		say("connect", -1);
	events_of(fd, POLLOUT, 2000);
	say_error("connected", fd);
	peer = accept(server, NULL, NULL);
	set_nonblocking(peer);
	for (int idle = 0; got < SIZE && idle < 200; ) {
		size_t want = SIZE - sent < sizeof bytes ? SIZE - sent : sizeof bytes;
		ssize_t n;

		for (size_t i = 0; i < want; i++)
			bytes[i] = (sent + i) * 31 >> 3;
		n = want ? write(fd, bytes, want) : 0;
		sent += n > 0 ? n : 0;
		n = read(peer, bytes, sizeof bytes);
		for (ssize_t i = 0; i < n; i++)
			wrong += bytes[i] != (unsigned char)((got + i) * 31 >> 3);
		got += n > 0 ? n : 0;
		idle = n > 0 ? 0 : idle + 1;
		if (n <= 0)
			pause_ms(5);
	}
	note("sent %zu, came %zu, wrong %zu", sent, got, wrong);
	say_events("room again", events_of(fd, POLLOUT, 2000) & POLLOUT);
	close(fd);
	close(peer);
	close(server);
}

/* Waits for the kernel to find out that nobody holds fd's peer; it looks when some
   AF_UNIX socket is closed. */
static void collected(int fd)
{
	for (int i = 0; i < 200 && !(events_of(fd, POLLIN, 50) & POLLIN); i++) {
		int pair[2];

		must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
		close_pair(pair);
	}
}

/* Sockets that are in an AF_UNIX socket's queue, and nowhere else. */
static void in_flight(void)
{
	int p[2], q[2], box[2], cycle[2], got;
	char byte;

	tcp_pair(p);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, box), "socketpair");
	say("sent", send_control(box[0], "x", 1, SCM_RIGHTS, &p[0], sizeof(int)));
	close(p[0]);
	set_nonblocking(p[1]);
	say("in flight it is open", read(p[1], &byte, 1));
	got = receive_control("received", box[1], 1);
	say("write", write(got, "y", 1));
	events_of(p[1], POLLIN, 2000);
	say("read", read(p[1], &byte, 1));
	say("sent back", send_control(box[1], "x", 1, SCM_RIGHTS, &got, sizeof(int)));
	close(got);
	close(box[0]);
	close(box[1]);
	events_of(p[1], POLLIN, 2000);
	say("the box is gone, and it", read(p[1], &byte, 1));
	close(p[1]);

	/* A box that holds its own ends, and the socket: nobody can reach them. */
	tcp_pair(p);
	tcp_pair(q);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, cycle), "socketpair");
	send_control(cycle[0], "a", 1, SCM_RIGHTS, &cycle[0], sizeof(int));
	send_control(cycle[1], "b", 1, SCM_RIGHTS, &cycle[1], sizeof(int));
	send_control(cycle[0], "c", 1, SCM_RIGHTS, &p[0], sizeof(int));
	send_control(cycle[1], "d", 1, SCM_RIGHTS, &q[0], sizeof(int));
	close(p[0]);
	close(q[0]);
	close(cycle[0]);
	close(cycle[1]);
	collected(p[1]);
	say("after the garbage collection", recv(p[1], &byte, 1, MSG_DONTWAIT));
	collected(q[1]);
	say("after the garbage collection", recv(q[1], &byte, 1, MSG_DONTWAIT));
	close(p[1]);
	close(q[1]);
}

/* The child's stops, one by one, until it ends. */
static int trace(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	while (WIFSTOPPED(status) && ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0)
		if (waitpid(child, &status, 0) != child)
			break;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A guest that traces another, which makes calls; and one that comes to trace it
   while it waits. */
static void traced(void)
{
	struct address a;
	int server = listener(5), peer;
	pid_t child;
	char byte;

	a = name_of(server);
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		peer = accept(server, NULL, NULL);
		_exit(read(peer, &byte, 1) != 1 || write(peer, "u", 1) != 1);
	}
	if (fork() == 0) {
		peer = socket(family, SOCK_STREAM, 0);
		pause_ms(100);
		if (connect(peer, SA(&a), a.len) < 0 || write(peer, "t", 1) != 1)
			_exit(1);
		_exit(read(peer, &byte, 1) != 1);
	}
	note("traced from its start: it ends with %d", trace(child));
	child = fork();
	if (child == 0) {
		peer = accept(server, NULL, NULL);
		_exit(read(peer, &byte, 1) != 1);
	}
	pause_ms(100);
	say("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, child, NULL, NULL));
	peer = socket(family, SOCK_STREAM, 0);
	must(connect(peer, SA(&a), a.len), "connect");
	write(peer, "v", 1);
	note("traced when it waits: it ends with %d", trace(child));
	close(peer);
	close(server);
}

static const struct test tests[] = {
	{ "rights", rights }, { "credentials", credentials }, { "netlink_rights", netlink_rights },
	{ "calls", calls }, { "pipes", pipes }, { "peek", peek }, { "asynchronous", asynchronous },
	{ "small", small }, { "in_flight", in_flight }, { "traced", traced },
};

NET_MAIN(tests)
