/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swarm.c N [ROUNDS] - N connections open at once over loopback, ends in different
 * processes (PROCESSES for the clients' ends): each says its number, each is answered; then all
 * are closed.  ROUNDS times.  A line at each step ("open SECONDS", "closed SECONDS"), after which
 * a line is awaited on standard input, so that the test can look.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "net.h"

enum { PROCESSES = 4, SIZE = 100 };

static int64_t began;

static void step(const char *what)
{
	char line[64];

	printf("%s %.1f\n", what, (now_ms() - began) / 1000.0);
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		exit(1);
	began = now_ms();
}

static void fail(const char *what, int i)
{
	printf("%s %d: %s\n", what, i, strerror(errno));
	fflush(stdout);
	exit(1);
}

static void exchange(int fd, const void *out, void *in, bool first, int i)
{
	if (first && write(fd, out, SIZE) != SIZE)
		fail("write", i);
	if (recv(fd, in, SIZE, MSG_WAITALL) != SIZE)
		fail("read", i);
	if (!first && write(fd, in, SIZE) != SIZE)
		fail("write", i);
}

/* Opens n connections, then tells each one's number and hears it again; waits for `end`. */
static void client(const struct address *a, int n, int end)
{
	int *fds = calloc(n, sizeof *fds), i;
	char out[SIZE], in[SIZE], byte;

	for (i = 0; i < n; i++) {
		fds[i] = socket(family, SOCK_STREAM, 0);
		if (fds[i] < 0 || connect(fds[i], SA(a), a->len) < 0)
			fail("connect", i);
	}
	for (i = 0; i < n; i++) {
		snprintf(out, sizeof out, "%d of %d", i, getpid());
		exchange(fds[i], out, in, true, i);
		if (memcmp(in, out, SIZE))
			fail("another's answer", i);
	}
	if (read(end, &byte, 1) < 0)
		fail("end", 0);
	exit(0);	/* closes them all at once */
}

static void swarm(int n)
{
	int *fds = calloc(n, sizeof *fds), server = listener(4096), end[2], i, status;
	struct address a = name_of(server);
	pid_t clients[PROCESSES];
	char bytes[SIZE];

	must(pipe(end), "pipe");
	for (i = 0; i < PROCESSES; i++) {
		int share = n / PROCESSES + (i < n % PROCESSES);

		clients[i] = fork();
		if (clients[i] == 0) {
			close(end[1]);
			client(&a, share, end[0]);
		}
		if (clients[i] < 0)
			fail("fork", i);
	}
	close(end[0]);
	for (i = 0; i < n; i++) {
		fds[i] = accept(server, NULL, NULL);
		if (fds[i] < 0)
			fail("accept", i);
	}
	for (i = 0; i < n; i++)
		exchange(fds[i], NULL, bytes, false, i);
	step("open");
	close(end[1]);
	for (i = 0; i < PROCESSES; i++) {
		waitpid(clients[i], &status, 0);
		if (status)
			fail("client", status);
	}
	for (i = 0; i < n; i++) {
		if (read(fds[i], bytes, 1) != 0)
			fail("end of file", i);
		close(fds[i]);
	}
	close(server);
	free(fds);
	step("closed");
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int rounds = argc > 2 ? atoi(argv[2]) : 1;

	if (argc < 2)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	began = now_ms();
	step("start");
	while (rounds--)
		swarm(atoi(argv[1]));
	return 0;
}
