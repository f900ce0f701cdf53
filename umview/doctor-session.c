/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole: a session is run, whose guest mounts a stack and sends some bytes through it,
 * or just mounts it.  The guest is this program again.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "container.h"
#include "doctor.h"
#include "msocket.h"
#include "um_lib.h"
#include "util.h"

#define STACK	"/dev/net/default"

static const struct kind {
	const char *type, *options;
	bool	talks;			/* bytes go over its loopback */
	const char *done;
} kinds[] = {
	[USER_STACK_SESSION] = { "umnetlwipv6", "lo", true, "a session ran, with a stack of its own "
		"and a TCP connection over it" },
	[KERNEL_STACK_SESSION] = { "umnetns", "lo", true, "a session ran, with a network namespace as "
		"its stack and a TCP connection over it" },
	[SLIRP_SESSION] = { "umnetlwipv6", "vd0=slirp://", false, "a session ran, with a slirp:// "
		"wire mounted; nothing was sent on it" },
};

/* A call of the guest that failed: on standard error, where the doctor reads it. */
static int guest_failed(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

/* A number that a filter answers has a second way, but mount(2) only if it is asked for. */
static int stack_mount(const struct kind *kind)
{
	if (container_denies_mount())
		return um_mount("none", STACK, kind->type, 0, kind->options);
	return mount("none", STACK, kind->type, 0, kind->options);
}

static int guest_talk(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int server = msocket(STACK, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = msocket(STACK, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), taken;
	char byte = 0;

	if (server < 0 || client < 0)
		return guest_failed("msocket");
	if (bind(server, (struct sockaddr *)&address, size) < 0 || listen(server, 1) < 0 ||
	    getsockname(server, (struct sockaddr *)&address, &size) < 0)
		return guest_failed("listen");
	if (connect(client, (struct sockaddr *)&address, size) < 0)
		return guest_failed("connect");
	taken = accept(server, NULL, NULL);
	if (taken < 0)
		return guest_failed("accept");
	if (write(client, "!", 1) != 1 || read(taken, &byte, 1) != 1 || byte != '!')
		return guest_failed("write and read");
	return 0;
}

/* A new view inside a view has what that has loaded; ours has umnet from the start. */
static int umnet_load(void)
{
	char services[4096] = "";

	if (um_list_service(services, sizeof(services)) < 0 ||
	    strncmp(services, "umnet:", 6) == 0 || strstr(services, "\numnet:"))
		return 0;
	return um_add_service("umnet", 0);
}

int doctor_guest(const char *session_kind)
{
	unsigned which = atoi(session_kind);
	const struct kind *kind;

	if (which >= ARRAY_SIZE(kinds))
		return EXIT_UMVIEW;
	kind = &kinds[which];
	if (umnet_load() < 0)
		return guest_failed("umnet");
	if (stack_mount(kind) < 0)
		return guest_failed("mount");
	return kind->talks ? guest_talk() : 0;
}

struct start {
	int	kind, messages;
};

/* In a child: becomes umview. */
static void session_start(void *arg)
{
	const struct start *start = arg;
	char which[] = { '0' + start->kind, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	dup2(start->messages, 2);
	/* Inside a view, loading it twice would be an error that the monitor complains of. */
	if (um_check())
		execl("/proc/self/exe", "umview", "-q", "-f", "/dev/null", "--",
		      "/proc/self/exe", "--doctor-guest", which, (char *)NULL);
	else
		execl("/proc/self/exe", "umview", "-q", "-f", "/dev/null", "-p", "umnet", "--",
		      "/proc/self/exe", "--doctor-guest", which, (char *)NULL);
	guest_failed("/proc/self/exe");
	_exit(EXIT_UMVIEW);
}

/* On one line, without our own name before it. */
static void message_trim(char *text)
{
	static const char own[] = "umview: ";
	size_t n = strlen(text), skip = strncmp(text, own, strlen(own)) ? 0 : strlen(own);

	while (n > skip && text[n - 1] == '\n')
		text[--n] = 0;
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ';';
	memmove(text, text + skip, n - skip + 1);
}

void probe_session(struct finding *f, int session_kind)
{
	struct start start = { .kind = session_kind };
	bool decides = session_kind == USER_STACK_SESSION;
	char text[256] = "";
	size_t have = 0;
	ssize_t n;
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		found(f, decides ? NO : WARN, NULL, "not tried: pipe: %s", strerror(errno));
		return;
	}
	start.messages = ends[1];
	pid = doctor_fork(session_start, &start);
	close(ends[1]);
	while (pid > 0 && have < sizeof(text) - 1 &&
	       (n = read(ends[0], text + have, sizeof(text) - 1 - have)) > 0)
		have += n;
	text[have] = 0;
	message_trim(text);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		found(f, decides ? NO : WARN, NULL, "not tried: fork: %s", strerror(errno));
	else if (status == 0)
		found(f, OK, NULL, "%s", kinds[session_kind].done);
	else
		found(f, decides ? NO : WARN, "see what says \"no\" or \"warn\" above",
			"%s with '%s': %s", kinds[session_kind].type, kinds[session_kind].options,
			have ? text : "the session failed without a word");
}
