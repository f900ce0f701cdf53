/* SPDX-License-Identifier: GPL-2.0-or-later */
/* common.h - what the small tools share: usage, version, errors. */
#ifndef COMMON_H
#define COMMON_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* One per program, in static storage. */
struct tool {
	const char *name;
	const char *synopsis;		/* what follows the name */
	const char *help;		/* lines, one an option; may be "" */
};

/* What an errno means for this tool, where strerror() would mislead. */
struct tool_reason {
	int	    error;
	const char *text;
};

/* Every tool has them; -h is in each short option string. */
#define TOOL_VERSION	0x100
#define TOOL_LONG_OPTIONS \
	{ "help",    no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, TOOL_VERSION }

/*
 * getopt_long() that answers -h, --version and errors by itself (it exits).
 */
int tool_option(const struct tool *tool, int argc, char **argv, const char *letters,
		const struct option *options);

/* Prints the usage: on standard output for status 0, else on standard error. */
void tool_usage(const struct tool *tool, int status) __attribute__((noreturn));
/* Outside a view: says so, unless quiet, and exits 1. */
void tool_need_view(const struct tool *tool, bool quiet);
/* Exits 1 with "NAME: subject: reason"; reasons, ended by { 0 }, may be NULL. */
void tool_fail(const struct tool *tool, const char *subject, int error,
		const struct tool_reason *reasons) __attribute__((noreturn));
/* The exit status: 0, or 1 and a message if standard output was not written. */
int tool_end(const struct tool *tool);

#endif
