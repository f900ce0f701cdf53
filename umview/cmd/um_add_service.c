/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"um_add_service", "[-p] MODULE[,OPTION...]",
	"Load a module into the monitor of this view.\n"
	"  -p, --permanent  it cannot be removed\n",
};

static const struct tool_reason reasons[] = {
	{ ENOENT, "No such module" },
	{ EEXIST, "Already loaded" },
	{ ENOEXEC, "Not a module, or made for another version of View-OS" },
	{ 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "permanent", no_argument, NULL, 'p' },
		TOOL_LONG_OPTIONS, { 0 },
	};
	bool permanent = false;

	while (tool_option(&tool, argc, argv, "ph", options) == 'p')
		permanent = true;
	if (argc - optind != 1)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	if (um_add_service(argv[optind], permanent) < 0)
		tool_fail(&tool, argv[optind], errno, reasons);
	return EXIT_SUCCESS;
}
