/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inherit.c 4|6 - sockets that go on living in children, other programs, other
   processes and other descriptors. */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "net.h"

static void by_fork(void)
{
	int p[2];
	char text[16] = "";
	pid_t pid;

	tcp_pair(p);
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		must(write(p[1], "child", 5), "write");
		_exit(0);
	}
	close(p[1]);
	say("from the child", read(p[0], text, sizeof text));
	say("the end, when the child is gone", read(p[0], text, sizeof text));
	waitpid(pid, NULL, 0);
	close(p[0]);
}

static void by_exec(void)
{
	int p[2];
	char text[64] = "";
	pid_t pid;

	tcp_pair(p);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 0);
		dup2(p[1], 1);
		close(p[0]);
		close(p[1]);
		execl("/bin/sh", "sh", "-c", "read x; echo \"sh got $x\" | cat", (char *)NULL);
		_exit(99);
	}
	close(p[1]);
	say("write", write(p[0], "a line\n", 7));
	pause_ms(300);
	say("read", read(p[0], text, sizeof text - 1));
	printf("%s", text);
	say("the end", read(p[0], text, sizeof text));
	waitpid(pid, NULL, 0);
	close(p[0]);
}

static void a_listener_by_fork(void)
{
	int server = listener(3), fd, status;
	struct address a = name_of(server), peer = { .len = sizeof peer.a };
	char text[16];
	pid_t pid = fork();

	if (pid == 0) {
		fd = accept(server, SA(&peer), &peer.len);
		must(write(fd, "served", 6), "write");
		_exit(peer.a.ss_family != family);
	}
	fd = socket(family, SOCK_STREAM, 0);
	say("connect", connect(fd, SA(&a), a.len));
	say("read", recv(fd, text, 6, MSG_WAITALL));
	waitpid(pid, &status, 0);
	say("child", WEXITSTATUS(status));
	close(fd);
	close(server);
}

static void pass(int channel, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	must(sendmsg(channel, &m, 0), "sendmsg");
}

static int receive(int channel)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int fd = -1;

	must(recvmsg(channel, &m, MSG_CMSG_CLOEXEC), "recvmsg");
	if (CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static void by_message(void)
{
	int p[2], channel[2], fd;
	char text[16];
	struct address a = { .len = sizeof a.a };
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), "socketpair");
	pid = fork();
	if (pid == 0) {
		fd = receive(channel[1]);
		say("getpeername by the other process", getpeername(fd, SA(&a), &a.len));
		must(write(fd, "passed", 6), "write");
		_exit(0);
	}
	close(channel[1]);
	tcp_pair(p);
	pass(channel[0], p[1]);
	close(p[1]);
	say("read", recv(p[0], text, 6, MSG_WAITALL));
	waitpid(pid, NULL, 0);
	say("the end", read(p[0], text, 1));
	close(p[0]);
	close(channel[0]);
}

static void duplicates(void)
{
	int p[2], copy, high;
	char text[8];

	tcp_pair(p);
	copy = dup(p[1]);
	high = fcntl(p[1], F_DUPFD_CLOEXEC, 200);
	close(p[1]);
	say("write to a copy", write(copy, "1", 1));
	close(copy);
	say("write to another", write(high, "2", 1));
	pause_ms(50);
	say("read", read(p[0], text, sizeof text));
	say_events("still open", events_of(p[0], 0, 0));
	dup2(0, high);
	say_events("closed by dup2", events_of(p[0], POLLIN, 1000));
	say("the end", read(p[0], text, sizeof text));
	close(high);
	close(p[0]);
}

static void moved_about(void)
{
	int p[2], pipes[2], file;
	char text[32] = "";
	struct iovec iov[2] = { { text, 4 }, { text + 8, 8 } };

	tcp_pair(p);
	must(pipe(pipes), "pipe");
	file = memfd_create("f", 0);
	must(write(file, "from a file", 11), "write");
	say("sendfile", sendfile(p[0], file, &(off_t){ 0 }, 11));
	say("readv", readv(p[1], iov, 2));
	note("%.4s|%.7s", text, text + 8);
	must(write(pipes[1], "spliced", 7), "write");
	say("splice to it", splice(pipes[0], NULL, p[0], NULL, 7, 0));
	events_of(p[1], POLLIN, 1000);
	say("splice from it", splice(p[1], NULL, pipes[1], NULL, 7, 0));
	say("read", read(pipes[0], text, sizeof text));
	say("lseek", lseek(p[0], 0, SEEK_SET));
	say("pread", pread(p[0], text, 1, 0));
	close(pipes[0]);
	close(pipes[1]);
	close(file);
	close_pair(p);
}

/* Hundreds of sockets, then all of them closed at once by the end of the child. */
static void many(void)
{
	int status, i, bad = 0, server = listener(5), fd;
	struct address a = name_of(server);
	pid_t pid = fork();

	if (pid == 0) {
		for (i = 0; i < 300; i++)
			bad += socket(family, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0) < 0;
		_exit(bad > 255 ? 255 : bad);
	}
	waitpid(pid, &status, 0);
	say("sockets that failed", WEXITSTATUS(status));
	fd = socket(family, SOCK_STREAM, 0);
	say("connect", connect(fd, SA(&a), a.len));
	close(fd);
	close(server);
}

static const struct test tests[] = {
	{ "by_fork", by_fork }, { "by_exec", by_exec }, { "a_listener_by_fork", a_listener_by_fork },
	{ "by_message", by_message }, { "duplicates", duplicates }, { "moved_about", moved_about },
	{ "many", many },
};

NET_MAIN(tests)
