/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls that come to the monitor, as strace(1) would print them, and who decided. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common.h"
#include "json.h"
#include "um_lib.h"
#include "um_trace.h"

static const struct tool tool = {
	"um_trace", "[-p PID] [-e calls|net|path|denied] [--json]",
	"Show the calls that come to the monitor, as they are answered, until it is interrupted.\n"
	"  -p, --pid PID    of this process only\n"
	"  -e WHAT          calls: all; net: of sockets; path: that name files;\n"
	"                   denied: that the view refused\n"
	"      --json       an object a line\n",
};

enum { OPTION_JSON = TOOL_VERSION + 1, TEXT_MAX = 2048, AFTER_MAX = 10000 };

static const char *family_name(unsigned family)
{
	static const char *const names[] = {
		[AF_UNSPEC] = "AF_UNSPEC", [AF_UNIX] = "AF_UNIX", [AF_INET] = "AF_INET",
		[AF_INET6] = "AF_INET6", [AF_NETLINK] = "AF_NETLINK", [AF_PACKET] = "AF_PACKET",
	};

	return family < sizeof(names) / sizeof(names[0]) ? names[family] : NULL;
}

static void put_quoted(FILE *to, const uint8_t *bytes, size_t n)
{
	putc('"', to);
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '"' || bytes[i] == '\\')
			fprintf(to, "\\%c", bytes[i]);
		else if (isprint(bytes[i]))
			putc(bytes[i], to);
		else
			fprintf(to, "\\x%02x", bytes[i]);
	putc('"', to);
	if (n == UM_TRACE_BYTES)
		fputs("...", to);
}

static void put_address(FILE *to, const uint8_t *bytes, size_t n)
{
	union {
		struct sockaddr		any;
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
		struct sockaddr_un	un;
		uint8_t			bytes[UM_TRACE_BYTES];
	} a = { 0 };
	char text[INET6_ADDRSTRLEN];
	const char *family;

	memcpy(a.bytes, bytes, n);
	family = family_name(a.any.sa_family);
	if (n >= sizeof(a.in) && a.any.sa_family == AF_INET) {
		fprintf(to, "{AF_INET, %s:%u}", inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof(text)),
			ntohs(a.in.sin_port));
	} else if (n >= 24 && a.any.sa_family == AF_INET6) {
		fprintf(to, "{AF_INET6, [%s]:%u}", inet_ntop(AF_INET6, &a.in6.sin6_addr, text,
			sizeof(text)), ntohs(a.in6.sin6_port));
	} else if (n > 2 && a.any.sa_family == AF_UNIX) {
		fputs("{AF_UNIX, ", to);
		put_quoted(to, bytes + 2, a.un.sun_path[0] ? strnlen(a.un.sun_path, n - 2) : n - 2);
		putc('}', to);
	} else if (n >= 2 && family) {
		fprintf(to, "{%s}", family);
	} else {
		put_quoted(to, bytes, n);
	}
}

static void put_type(FILE *to, int type)
{
	static const char *const names[] = {
		[SOCK_STREAM] = "SOCK_STREAM", [SOCK_DGRAM] = "SOCK_DGRAM", [SOCK_RAW] = "SOCK_RAW",
		[SOCK_SEQPACKET] = "SOCK_SEQPACKET",
	};
	unsigned base = type & 0xf;

	if (base < sizeof(names) / sizeof(names[0]) && names[base])
		fputs(names[base], to);
	else
		fprintf(to, "%u", base);
	fputs(type & SOCK_NONBLOCK ? "|SOCK_NONBLOCK" : "", to);
	fputs(type & SOCK_CLOEXEC ? "|SOCK_CLOEXEC" : "", to);
}

static void put_argument(FILE *to, const struct um_trace_record *r, unsigned i, const uint8_t *bytes)
{
	bool socket = strcmp(r->name, "socket") == 0;
	bool address = strcmp(r->name, "connect") == 0 || strcmp(r->name, "bind") == 0 ||
		       (strcmp(r->name, "sendto") == 0 && i == 4);
	int value = r->value[i];

	if (socket && i == 0 && family_name(value))
		fputs(family_name(value), to);
	else if (socket && i == 1)
		put_type(to, value);
	else if (r->length[i] && r->kind[i] == 'b' && address)
		put_address(to, bytes, r->length[i]);
	else if (r->kind[i] == 's' || (r->kind[i] == 'b' && r->length[i]))
		put_quoted(to, bytes, r->length[i]);
	else if (r->kind[i] == 'd' && value == -100)
		fputs("AT_FDCWD", to);
	else if (r->kind[i] == 'd' || r->kind[i] == 'i')
		fprintf(to, "%d", value);
	else if (r->kind[i] == 'l')
		fprintf(to, "%lld", (long long)r->value[i]);
	else if (!r->value[i])
		fputs("NULL", to);
	else
		fprintf(to, "%#llx", (unsigned long long)r->value[i]);
}

/* name(arguments) = result; text has room. */
static void call_text(char *text, size_t size, const struct um_trace_record *r)
{
	FILE *to = fmemopen(text, size, "w");
	unsigned used = 0;

	if (!to)
		return;
	fprintf(to, "%.*s(", (int)sizeof(r->name), r->name);
	for (unsigned i = 0; i < 6 && r->kind[i]; i++) {
		fputs(i ? ", " : "", to);
		put_argument(to, r, i, r->bytes[used < 2 ? used : 1]);
		used += r->length[i] != 0;
	}
	fputs(") = ", to);
	if (r->result_kind == UM_TRACE_CONTINUED)
		putc('?', to);
	else if (r->result_kind == UM_TRACE_DESCRIPTOR)
		fputs("a descriptor", to);
	else if (r->result >= 0)
		fprintf(to, "%lld", (long long)r->result);
	else
		fprintf(to, "-1 %s", strerrorname_np(-r->result) ? strerrorname_np(-r->result) :
			r->result == -512 ? "ERESTARTSYS" : "E?");
	fclose(to);
}

static const char *who(const struct um_trace_record *r)
{
	return r->result_kind == UM_TRACE_CONTINUED ? "kernel" : r->type[0] ? r->type : "view";
}

static void print_json(const struct um_trace_record *r, const char *call)
{
	const struct { const char *name, *value; } fields[] = {
		{ "name", r->name }, { "call", call }, { "decided", who(r) }, { "path", r->path },
		{ "why", r->why },
	};

	printf("{\"pid\": %d, \"seconds\": %.6f", r->tid, r->duration / 1e9);
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		printf(", \"%s\": ", fields[i].name);
		json_string(stdout, fields[i].value);
	}
	if (r->result_kind == UM_TRACE_VALUE)
		printf(", \"result\": %lld", (long long)r->result);
	printf(", \"lost\": %llu}\n", (unsigned long long)r->lost);
}

static void print_text(const struct um_trace_record *r, const char *call)
{
	if (r->lost)
		printf("... %llu calls were not seen\n", (unsigned long long)r->lost);
	printf("[pid %d] %s <%.6f> %s", r->tid, call, r->duration / 1e9, who(r));
	for (const char *c = r->path; *c; c++) {
		if (c == r->path)
			putchar(' ');
		putchar(isprint((unsigned char)*c) ? *c : '?');
	}
	if (r->why[0])
		printf(": %s", r->why);
	putchar('\n');
}

static bool is_wanted(const struct um_trace_record *r, char what)
{
	return what == 'c' || (what == 'd' ? r->why[0] != 0 : r->about == what);
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Waits for a record.  After an interrupt, what was there before it is still read. */
static bool record_next(int fd, struct um_trace_record *r)
{
	static unsigned left = AFTER_MAX;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	if (stopped && !left--)
		return false;
	while (!stopped && ppoll(&wait, 1, NULL, &none) < 0 && errno == EINTR)
		;
	return recv(fd, r, sizeof(*r), MSG_DONTWAIT) == sizeof(*r);
}

static void trace(int fd, char what, bool json)
{
	static struct um_trace_record r;
	static char call[TEXT_MAX];
	const struct sigaction action = { .sa_handler = stop };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);	/* ppoll(2) lets them in */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (record_next(fd, &r) && !ferror(stdout)) {
		if (!is_wanted(&r, what))
			continue;
		memset(call, 0, sizeof(call));
		call_text(call, sizeof(call) - 1, &r);
		(json ? print_json : print_text)(&r, call);
		fflush(stdout);
	}
}

static char what_parse(const char *text)
{
	static const char *const names[] = { "calls", "net", "path", "denied" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0)
			return names[i][0];
	tool_usage(&tool, EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, OPTION_JSON },
		TOOL_LONG_OPTIONS, { 0 },
	};
	bool json = false;
	char what = 'c';
	int option, pid = 0, fd;

	while ((option = tool_option(&tool, argc, argv, "p:e:h", options)) != -1)
		if (option == 'p')
			pid = atoi(optarg);
		else if (option == 'e')
			what = what_parse(optarg);
		else if (option == OPTION_JSON)
			json = true;
	if (argc != optind || pid < 0)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	fd = um_trace(pid);
	if (fd < 0)
		tool_fail(&tool, "trace", errno, NULL);
	trace(fd, what, json);
	return tool_end(&tool);
}
