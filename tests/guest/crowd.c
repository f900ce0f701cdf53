/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd.c open N | cycles N - many sockets of one guest, over loopback.
 *
 * open: N sockets open at once (TCP connections, both ends ours), a byte through each,
 * then, told by a line on standard input, all closed.
 * cycles: N times connect, accept, a byte, close.  A line is printed at each step,
 * and after it a line is awaited on standard input, so that the test can look.
 */
#include <sys/resource.h>

#include "net.h"

static void step(const char *what)
{
	char line[64];

	puts(what);
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		exit(1);
}

static int connection(int server, const struct address *a, int pair[2])
{
	char byte = 'x';

	pair[0] = socket(family, SOCK_STREAM, 0);
	if (pair[0] < 0 || connect(pair[0], SA(a), a->len) < 0)
		return -1;
	pair[1] = accept(server, NULL, NULL);
	if (pair[1] < 0 || write(pair[0], &byte, 1) != 1 || read(pair[1], &byte, 1) != 1)
		return -1;
	return 0;
}

static int open_many(int n)
{
	int (*pairs)[2] = calloc(n, sizeof *pairs), server = listener(64), i;
	struct address a = name_of(server);

	for (i = 0; i < n / 2; i++) {
		if (connection(server, &a, pairs[i]) < 0) {
			printf("connection %d: %s\n", i, strerror(errno));
			return 1;
		}
	}
	step("open");
	for (i = 0; i < n / 2; i++)
		close_pair(pairs[i]);
	close(server);
	free(pairs);
	step("closed");
	return 0;
}

static int cycles(int n)
{
	int server = listener(64), pair[2], i;
	struct address a = name_of(server);

	for (i = 0; i < n; i++) {
		if (connection(server, &a, pair) < 0) {
			printf("cycle %d: %s\n", i, strerror(errno));
			return 1;
		}
		/* In turn, so that neither end always keeps the TIME_WAIT. */
		close(pair[i % 2]);
		close(pair[!(i % 2)]);
	}
	close(server);
	step("cycled");
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int i;

	if (argc < 3)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	step("start");
	for (i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "open") ? cycles(atoi(argv[i + 1])) : open_many(atoi(argv[i + 1])))
			return 1;
	return 0;
}
