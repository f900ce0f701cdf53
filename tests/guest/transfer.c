/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer.c FILE [6] - a static program: a child serves the file over TCP, the
   parent fetches it to standard output.  No glibc here: it is built with musl. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int copy(int from, int to)
{
	static char buffer[30000];
	ssize_t n, done, k;

	while ((n = read(from, buffer, sizeof buffer)) > 0)
		for (done = 0; done < n; done += k)
			if ((k = write(to, buffer + done, n - done)) <= 0)
				return 1;
	return n < 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *a = argc > 2 ? (void *)&v6 : (void *)&v4;
	socklen_t len = argc > 2 ? sizeof v6 : sizeof v4;
	int server = socket(a->sa_family, SOCK_STREAM, 0), fd, status = 1;

	if (argc < 2 || bind(server, a, len) || listen(server, 1) || getsockname(server, a, &len))
		return 1;
	if (fork() == 0) {
		fd = accept(server, NULL, NULL);
		_exit(fd < 0 || copy(open(argv[1], O_RDONLY), fd));
	}
	close(server);
	fd = socket(a->sa_family, SOCK_STREAM, 0);
	if (connect(fd, a, len) || copy(fd, 1))
		return 2;
	wait(&status);
	return status ? 3 : 0;
}
