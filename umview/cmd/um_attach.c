/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"um_attach", "PID",
	"Move a process of this session, and its future children, into this view.\n",
};

static const struct tool_reason reasons[] = {
	{ EOPNOTSUPP, "It does not run below this umview: a process from outside cannot be "
		"brought into a view, as only itself could install the filter" },
	{ EPERM, "It may not be moved" },
	{ 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct option options[] = { TOOL_LONG_OPTIONS, { 0 } };
	char *end;
	long pid;

	tool_option(&tool, argc, argv, "h", options);
	if (argc - optind != 1)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	errno = 0;
	pid = strtol(argv[optind], &end, 10);
	if (end == argv[optind] || *end || errno || pid <= 0 || pid > 0x7fffffff)
		tool_fail(&tool, argv[optind], EINVAL, NULL);
	if (um_attach(pid) < 0)
		tool_fail(&tool, argv[optind], errno, reasons);
	return EXIT_SUCCESS;
}
