/* SPDX-License-Identifier: GPL-2.0-or-later */
/* closing.c 4|6 - the ends of TCP connections: what is delivered, who is reset, what is seen of it. */
#include <sys/wait.h>

#include "net.h"

static char block[100000];

static size_t read_all(int fd)
{
	size_t got = 0;
	ssize_t n;

	while ((n = read(fd, block, sizeof block)) > 0)
		got += n;
	if (n < 0)
		say("read", n);
	return got;
}

static void queued(void)
{
	int p[2], status;
	pid_t pid;

	tcp_pair(p);
	must(write(p[0], block, sizeof block), "write");
	close(p[0]);
	note("after close: %zu", read_all(p[1]));
	close(p[1]);
	tcp_pair(p);
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		_exit(write(p[0], block, sizeof block) != sizeof block);
	}
	close(p[0]);
	waitpid(pid, &status, 0);
	note("after exit %d: %zu", status, read_all(p[1]));
	close(p[1]);
}

static void unread(void)
{
	int p[2];

	tcp_pair(p);
	must(write(p[0], "x", 1), "write");
	events_of(p[1], POLLIN, 5000);
	close(p[1]);
	say_events("closed over data", events_of(p[0], POLLERR, 5000));
	say("read", read(p[0], block, 1));
	say("read again", read(p[0], block, 1));
	close(p[0]);
}

static void lingering(void)
{
	struct linger zero = { 1, 0 };
	int p[2];

	tcp_pair(p);
	setsockopt(p[1], SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
	close(p[1]);
	say_events("reset", events_of(p[0], POLLERR, 5000));
	say_error("reset", p[0]);
	close(p[0]);
}

static void halves(void)
{
	int p[2];

	for (int k = 0; k < 2; k++) {
		tcp_pair(p);
		say("shutdown", shutdown(p[k], SHUT_WR));
		note("end: %zu", read_all(p[!k]));
		must(write(p[!k], block, 50000), "write");
		close(p[!k]);
		note("the other way: %zu", read_all(p[k]));
		close(p[k]);
	}
	tcp_pair(p);
	shutdown(p[0], SHUT_WR);
	shutdown(p[1], SHUT_WR);
	note("both at once: %zu %zu", read_all(p[0]), read_all(p[1]));
	close_pair(p);
}

static void listener_closed(void)
{
	int server = listener(5), client = socket(family, SOCK_STREAM, 0);
	struct address a = name_of(server);

	must(connect(client, SA(&a), a.len), "connect");
	close(server);
	say_events("in its queue", events_of(client, POLLERR, 5000));
	say("read", read(client, block, 1));
	close(client);
}

static void fin_while_unread(void)
{
	int p[2];

	tcp_pair(p);
	must(write(p[0], block, 1000), "write");
	close(p[0]);
	say_events("data and the end", events_of(p[1], POLLRDHUP, 5000));
	note("it is there: %zu", read_all(p[1]));
	close(p[1]);
}

static const struct test tests[] = {
	{ "queued", queued }, { "unread", unread }, { "lingering", lingering }, { "halves", halves },
	{ "listener_closed", listener_closed }, { "fin_while_unread", fin_while_unread },
};

NET_MAIN(tests)
