/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure.c - one measurement a run; prints one number.
 *
 *	bench CALL COUNT		nanoseconds a call (the table `calls`)
 *	bench bulk|rtt|connect [ADDRESS]	server and client in one run, on loopback
 *	bench serve ADDRESS		the server alone, on port 5000, for ever
 *	bench bulk|rtt|connect -c ADDRESS	the client alone
 *	bench hold COUNT ADDRESS	COUNT connections to the server, open until stdin ends;
 *			prints how many when they are there
 *
 * bulk: MB/s; rtt: microseconds for 64 bytes there and back; connect: connections a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 5000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void must(long rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Calls. */

static int fd;		/* what the calls work on, made by their prepare() */
static char byte;

static struct sockaddr_storage address_of(const char *text, int port, socklen_t *len)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *v4 = (void *)&a;
	struct sockaddr_in6 *v6 = (void *)&a;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof *v4;
	} else {
		inet_pton(AF_INET6, text, &v6->sin6_addr);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof *v6;
	}
	return a;
}

static int listener(const char *text, int port)
{
	socklen_t len;
	struct sockaddr_storage a = address_of(text, port, &len);
	int s = socket(a.ss_family, SOCK_STREAM, 0), on = 1;

	must(s, "socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	must(bind(s, (void *)&a, len), "bind");
	must(listen(s, 4096), "listen");
	return s;
}

static int connected(const struct sockaddr_storage *a, socklen_t len)
{
	int s = socket(a->ss_family, SOCK_STREAM, 0), on = 1;

	must(s, "socket");
	must(connect(s, (void *)a, len), "connect");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return s;
}

static void prepare_file(void)
{
	must(fd = open("/etc/passwd", O_RDONLY), "/etc/passwd");
}

/* A connected stream with nothing to read: of the kernel, or a carrier. */
static void prepare_pair(void)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), "socketpair");
	fd = pair[0];
}

static void prepare_tcp(void)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	int s = listener("127.0.0.1", 0);

	must(getsockname(s, (void *)&a, &len), "getsockname");
	fd = connected(&a, len);
	must(accept(s, NULL, NULL), "accept");
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void do_getppid(void) { syscall(SYS_getppid); }
static void do_getpid(void) { syscall(SYS_getuid); }
static void do_open(void) { close(open("/etc/passwd", O_RDONLY)); }
static void do_stat(void) { struct stat st; stat("/etc/passwd", &st); }
static void do_pread(void) { must(pread(fd, &byte, 1, 0), "pread"); }
static void do_read_empty(void) { if (read(fd, &byte, 1) >= 0) exit(1); }
static void do_poll(void) { struct pollfd p = { fd, POLLIN, 0 }; poll(&p, 1, 0); }
static void do_socket(void) { int s = socket(AF_INET, SOCK_STREAM, 0); must(s, "socket"); close(s); }
static void do_unix(void) { close(socket(AF_UNIX, SOCK_STREAM, 0)); }

static void do_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* One byte written, and read at the other end of the kernel's own pair. */
static void do_echo(void)
{
	static int pair[2];

	if (!pair[1])
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	must(write(pair[0], &byte, 1), "write");
	must(read(pair[1], &byte, 1), "read");
}

static const struct { const char *name; void (*prepare)(void), (*call)(void); } calls[] = {
	{ "getppid", NULL, do_getppid }, { "getuid", NULL, do_getpid }, { "open", NULL, do_open },
	{ "stat", NULL, do_stat }, { "read-file", prepare_file, do_pread },
	{ "read-pair", prepare_pair, do_read_empty }, { "poll-pair", prepare_pair, do_poll },
	{ "read-tcp", prepare_tcp, do_read_empty }, { "poll-tcp", prepare_tcp, do_poll },
	{ "echo-pair", NULL, do_echo }, { "exec", NULL, do_exec },
	{ "socket", NULL, do_socket }, { "socket-unix", NULL, do_unix },
};

/* TCP. */

enum { BLOCK = 1 << 18 };
static char block[BLOCK];

/* The first byte of a connection says what it is for.  True: it stays open. */
static bool serve_one(int s)
{
	ssize_t n;
	int on = 1;

	if (read(s, block, 1) != 1)
		return false;
	if (block[0] == 'h')
		return true;
	if (fork())			/* it may take long: others need not wait */
		return false;
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (block[0] == 'b') {		/* bulk: count, then answer */
		while ((n = read(s, block, BLOCK)) > 0)
			;
		must(write(s, block, 1), "write");
	} else if (block[0] == 'r') {
		while ((n = recv(s, block, 64, MSG_WAITALL)) == 64)
			must(write(s, block, 64), "write");
	}
	_exit(0);
}

static void serve(int s)
{
	int *held = NULL, count = 0;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int c = accept(s, NULL, NULL);

		if (c < 0)
			exit(0);
		if (!serve_one(c)) {
			close(c);
			continue;
		}
		if (count && read(held[0], block, 1) == 0) {	/* those of an earlier client */
			while (count)
				close(held[--count]);
		}
		held = realloc(held, (count + 1) * sizeof(*held));
		held[count++] = c;
		fcntl(c, F_SETFL, O_NONBLOCK);
		must(write(c, "h", 1), "write");
	}
}

static int hold(int count, const char *text)
{
	socklen_t len;
	struct sockaddr_storage a = address_of(text, PORT, &len);

	for (int i = 0; i < count; i++) {
		int s = connected(&a, len);

		must(write(s, "h", 1), "write");
		must(read(s, block, 1) - 1, "the answer");
	}
	printf("%d\n", count);
	fflush(stdout);
	while (read(0, block, BLOCK) > 0)
		;
	return 0;
}

static void raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static double bulk(const struct sockaddr_storage *a, socklen_t len)
{
	int s = connected(a, len);
	double start, end;
	long sent = 0;

	must(write(s, "b", 1), "write");
	start = now();
	do {
		ssize_t n = write(s, block, BLOCK);

		must(n, "write");
		sent += n;
	} while (now() - start < 1.0);
	shutdown(s, SHUT_WR);
	must(read(s, block, 1) - 1, "the answer");
	end = now();
	close(s);
	return sent / (end - start) / 1e6;
}

static double rtt(const struct sockaddr_storage *a, socklen_t len)
{
	int s = connected(a, len), i, n = 3000;
	double start;

	must(write(s, "r", 1), "write");
	for (i = -200, start = now(); i < n; i++) {
		if (i == 0)
			start = now();
		must(write(s, block, 64), "write");
		must(recv(s, block, 64, MSG_WAITALL) - 64, "read");
	}
	start = (now() - start) / n * 1e6;
	close(s);
	return start;
}

static double connects(const struct sockaddr_storage *a, socklen_t len)
{
	int i, n = 1000;
	double start = now();

	for (i = 0; i < n; i++)
		close(connected(a, len));
	return n / (now() - start);
}

static int network(const char *what, bool alone, const char *text)
{
	double (*run)(const struct sockaddr_storage *, socklen_t) =
		!strcmp(what, "bulk") ? bulk : !strcmp(what, "rtt") ? rtt : connects;
	struct sockaddr_storage a;
	socklen_t len;
	pid_t pid = 0;

	if (alone) {
		a = address_of(text, PORT, &len);
	} else {
		int s = listener(text, 0);

		len = sizeof a;
		must(getsockname(s, (void *)&a, &len), "getsockname");
		must(pid = fork(), "fork");
		if (pid == 0)
			serve(s);
		close(s);
	}
	printf("%.2f\n", run(&a, len));
	if (pid)
		kill(pid, SIGKILL);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	if (argc > 2 && !strcmp(argv[1], "serve")) {
		alarm(0);
		raise_limit();
		serve(listener(argv[2], PORT));
	}
	if (argc > 3 && !strcmp(argv[1], "hold")) {
		raise_limit();
		return hold(atoi(argv[2]), argv[3]);
	}
	if (argc > 1 && (!strcmp(argv[1], "bulk") || !strcmp(argv[1], "rtt") || !strcmp(argv[1], "connect")))
		return network(argv[1], argc > 3, argc > 3 ? argv[3] : argc > 2 ? argv[2] : "127.0.0.1");
	for (size_t i = 0; argc > 2 && i < sizeof calls / sizeof calls[0]; i++) {
		long n = atol(argv[2]), k;
		double start;

		if (strcmp(argv[1], calls[i].name))
			continue;
		if (calls[i].prepare)
			calls[i].prepare();
		for (k = 0; k < n / 10; k++)
			calls[i].call();
		start = now();
		for (k = 0; k < n; k++)
			calls[i].call();
		printf("%.1f\n", (now() - start) / n * 1e9);
		return 0;
	}
	fprintf(stderr, "usage: bench CALL COUNT | bulk|rtt|connect [-c] [ADDRESS] | serve ADDRESS | hold COUNT ADDRESS\n");
	return 2;
}
