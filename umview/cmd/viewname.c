/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/utsname.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"viewname", "[-pq] [NAME]",
	"Print the name of this view, or set it.\n"
	"  -p, --prompt     for a prompt: the name, or HOST[MONITOR:VIEW] if it has none\n"
	"  -q, --quiet      no message outside a view\n",
};

static const struct tool_reason reasons[] = {
	{ EINVAL, "A name is 1 to 63 printable characters" },
	{ 0, NULL },
};

static void print_name(const struct um_view_info *info, bool prompt)
{
	struct utsname host;

	if (!prompt || *info->name || uname(&host) < 0)
		puts(info->name);
	else
		printf("%s[%d:%d]\n", host.nodename, info->server, info->view);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "prompt", no_argument, NULL, 'p' },
		{ "quiet",  no_argument, NULL, 'q' },
		TOOL_LONG_OPTIONS, { 0 },
	};
	struct um_view_info info;
	bool prompt = false, quiet = false;
	int option;

	while ((option = tool_option(&tool, argc, argv, "pqh", options)) != -1) {
		if (option == 'p')
			prompt = true;
		else
			quiet = true;
	}
	if (argc - optind > 1)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, quiet);
	if (optind < argc && um_set_viewname(argv[optind]) < 0)
		tool_fail(&tool, argv[optind], errno, reasons);
	if (optind < argc && !prompt)
		return EXIT_SUCCESS;
	if (um_view_getinfo(&info) < 0)
		tool_fail(&tool, "view", errno, NULL);
	print_name(&info, prompt);
	return tool_end(&tool);
}
