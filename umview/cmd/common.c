/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "common.h"
#include "um_lib.h"

void tool_usage(const struct tool *tool, int status)
{
	FILE *to = status ? stderr : stdout;

	fprintf(to, "Usage: %s%s%s\n%s", tool->name, *tool->synopsis ? " " : "",
		tool->synopsis, tool->help);
	fputs("  -h, --help       print this\n"
	      "      --version    print the version\n", to);
	exit(status ? status : tool_end(tool));
}

static void tool_version(const struct tool *tool)
{
	printf("%s (View-OS) %s\n", tool->name, UMVIEW_VERSION);
	exit(tool_end(tool));
}

int tool_option(const struct tool *tool, int argc, char **argv, const char *letters,
		const struct option *options)
{
	int option = getopt_long(argc, argv, letters, options, NULL);

	switch (option) {
	case 'h':
		tool_usage(tool, EXIT_SUCCESS);
	case TOOL_VERSION:
		tool_version(tool);
		break;
	case '?':
		tool_usage(tool, EXIT_FAILURE);
	}
	return option;
}

void tool_need_view(const struct tool *tool, bool quiet)
{
	if (um_check())
		return;
	if (!quiet)
		fprintf(stderr, "%s: not inside a View-OS view\n", tool->name);
	exit(EXIT_FAILURE);
}

void tool_fail(const struct tool *tool, const char *subject, int error,
		const struct tool_reason *reasons)
{
	const char *text = strerror(error);

	for (; reasons && reasons->error; reasons++) {
		if (reasons->error == error)
			text = reasons->text;
	}
	fprintf(stderr, "%s: %s: %s\n", tool->name, subject, text);
	exit(EXIT_FAILURE);
}

int tool_end(const struct tool *tool)
{
	if (!ferror(stdout) && !fflush(stdout))
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: write error: %s\n", tool->name, strerror(errno));
	return EXIT_FAILURE;
}
