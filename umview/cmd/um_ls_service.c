/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"um_ls_service", "",
	"List the modules of this view: a line \"name: description\" for each.\n",
};

/* Returns owned.  The list may grow between the question and the answer. */
static char *list_services(void)
{
	char *list = NULL;
	size_t size = 1024;

	for (;;) {
		char *larger = realloc(list, size);
		int length;

		if (!larger)
			tool_fail(&tool, "services", errno, NULL);
		list = larger;
		length = um_list_service(list, size);
		if (length < 0)
			tool_fail(&tool, "services", errno, NULL);
		if ((size_t)length < size)
			return list;
		size = (size_t)length + 1;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = { TOOL_LONG_OPTIONS, { 0 } };
	char *list;

	tool_option(&tool, argc, argv, "h", options);
	if (argc != optind)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	list = list_services();
	fputs(list, stdout);
	free(list);
	return tool_end(&tool);
}
