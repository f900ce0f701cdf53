/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native PORT: opens sockets in every way there is, and says for each which network
 * answered: it connects to 127.0.0.1:PORT and reads a line from whoever is there.
 *
 * native PORT STACK: the same by msocket(STACK).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "um_virtual.h"

static void say(const char *what, int fd, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char line[64] = "";
	ssize_t n;

	printf("%s: ", what);
	if (fd < 0) {
		printf("%s\n", strerrorname_np(errno));
		return;
	}
	printf("%s%s", fcntl(fd, F_GETFD) & FD_CLOEXEC ? "cloexec " : "",
	       fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblock " : "");
	fcntl(fd, F_SETFL, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		printf("%s\n", strerrorname_np(errno));
	} else {
		n = read(fd, line, sizeof(line) - 1);
		line[n > 0 ? strcspn(line, "\r\n") : 0] = 0;
		printf("'%s'\n", line);
	}
	close(fd);
}

/* The old way of 32-bit programs: arguments in memory. */
static int by_socketcall(int domain, int type)
{
#ifdef SYS_socketcall
	unsigned long args[3] = { domain, type, 0 };

	return syscall(SYS_socketcall, 1, args);
#else
	return socket(domain, type, 0);
#endif
}

int main(int argc, char **argv)
{
	int port = argc > 1 ? atoi(argv[1]) : 0;
	const char *stack = argc > 2 ? argv[2] : NULL;

	if (!stack) {
		say("socket", socket(AF_INET, SOCK_STREAM, 0), port);
		say("flags", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), port);
		say("socketcall", by_socketcall(AF_INET, SOCK_STREAM), port);
		say("no such type", socket(AF_INET, 9, 0), port);
		return 0;
	}
	say("msocket", syscall(UMV_MSOCKET, stack, AF_INET, SOCK_STREAM, 0), port);
	say("flags", syscall(UMV_MSOCKET, stack, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), port);
	say("no such type", syscall(UMV_MSOCKET, stack, AF_INET, 9, 0), port);
	say("AF_UNIX", syscall(UMV_MSOCKET, stack, AF_UNIX, SOCK_STREAM, 0), port);
	return 0;
}
