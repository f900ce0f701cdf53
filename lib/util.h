/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util.h - what every room may use: cleanup of locals, memory, messages. */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* autoclose int fd = ...; autofree char *s = ...; */
static inline void autoclose_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void autofree_(void *p)
{
	free(*(void **)p);
}
#define autoclose __attribute__((cleanup(autoclose_)))
#define autofree __attribute__((cleanup(autofree_)))

/* Hand a cleaned-up local to a new owner. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
#define take_number(n) ({ __auto_type taken_ = (n); (n) = 0; taken_; })
#define take_pointer(p) ({ __auto_type taken_ = (p); (p) = NULL; taken_; })

/*
 * Is fd among the last few that RLIMIT_NOFILE allows?  They are kept for what is
 * closed again at once (a call's own descriptors, files of /proc): whoever keeps a
 * descriptor for long closes one that is, and says -ENFILE.
 */
bool descriptor_is_last(int fd);

uint64_t clock_microseconds(void);	/* CLOCK_MONOTONIC */

/* Writes a control message (struct cmsghdr, data) at control + at, where there must be
   CMSG_SPACE(len) bytes; where the next one goes. */
size_t control_put(uint8_t *control, size_t at, int level, int type, const void *data, size_t len);

/* Allocation that does not fail: the process ends instead.  For start-up and
   for small records; sizes that a guest chooses use malloc(). */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Messages: "NAME: text\n" on standard error, in one write. */
void log_name(const char *name);	/* borrowed; the default is "umview" */
void log_quiet(void);			/* no more messages (stderr is someone else's now) */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn_list(const char *format, va_list args);	/* the same, as vprintf(3) is to printf(3) */
void die_with(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
#define EXIT_UMVIEW 125			/* our own failure */
#define die(...) die_with(EXIT_UMVIEW, __VA_ARGS__)

#endif
