/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"um_del_service", "SERVICE",
	"Unload a module of this view.\n",
};

static const struct tool_reason reasons[] = {
	{ ENOENT, "No such service" },
	{ 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct option options[] = { TOOL_LONG_OPTIONS, { 0 } };

	tool_option(&tool, argc, argv, "h", options);
	if (argc - optind != 1)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	if (um_del_service(argv[optind]) < 0)
		tool_fail(&tool, argv[optind], errno, reasons);
	return EXIT_SUCCESS;
}
