/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "util.h"

static const char *name = "umview";
static bool quiet;

uint64_t clock_microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
}

size_t control_put(uint8_t *control, size_t at, int level, int type, const void *data, size_t len)
{
	struct cmsghdr c = { .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };

	memset(control + at, 0, CMSG_SPACE(len));
	memcpy(control + at, &c, sizeof(c));
	memcpy(control + at + CMSG_LEN(0), data, len);
	return at + CMSG_SPACE(len);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("out of memory");
	return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (!p)
		die("out of memory");
	return p;
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		die("out of memory");
	return copy;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		die("out of memory");
	return text;
}

bool descriptor_is_last(int fd)
{
	enum { KEPT = 16 };
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	return (rlim_t)fd + (limit.rlim_cur < 4 * KEPT ? limit.rlim_cur / 4 : KEPT) >= limit.rlim_cur;
}

void log_name(const char *new_name)
{
	name = new_name;
}

void log_quiet(void)
{
	quiet = true;
}

void warn_list(const char *format, va_list args)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s: ", name);
	ssize_t ignored;

	if (quiet)
		return;
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	ignored = write(STDERR_FILENO, line, n);
	(void)ignored;
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warn_list(format, args);
	va_end(args);
}

void die_with(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warn_list(format, args);
	va_end(args);
	exit(status);
}
