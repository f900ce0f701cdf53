/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends every process of the view: TERM, some time to obey, KILL.  It must outlive
 * them: its own terminal's hangup and broken pipe are ignored.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "common.h"
#include "um_lib.h"

static const struct tool tool = {
	"umshutdown", "[SECONDS]",
	"Send TERM to every other process of this view and, if some are left after\n"
	"SECONDS (30), KILL.\n",
};

#define STEPS	20			/* looks a second */
#define KILLED	5			/* seconds a killed process gets to vanish */

static int parse_seconds(const char *text)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (end == text || *end || errno || seconds < 0 || seconds > 24 * 3600)
		tool_fail(&tool, text, EINVAL, NULL);
	return seconds;
}

static int send_signal(int signal)
{
	int left = um_killall(signal);

	if (left < 0)
		tool_fail(&tool, "killing", errno, NULL);
	return left;
}

static void announce(const char *what)
{
	struct um_view_info info;

	if (um_view_getinfo(&info) < 0)
		tool_fail(&tool, "view", errno, NULL);
	printf("View %d: Sending processes the %s signal\n", info.view, what);
	fflush(stdout);
}

/* Are they all gone, at most so many seconds from now? */
static bool wait_for_end(int seconds)
{
	const struct timespec step = { .tv_nsec = 1000000000 / STEPS };

	for (int i = 0; i < seconds * STEPS; i++) {
		if (send_signal(0) == 0)
			return true;
		nanosleep(&step, NULL);
	}
	return send_signal(0) == 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { TOOL_LONG_OPTIONS, { 0 } };
	static const int ignored[] = { SIGHUP, SIGPIPE, SIGTERM, SIGTTOU };
	int seconds = 30;

	tool_option(&tool, argc, argv, "h", options);
	if (argc - optind > 1)
		tool_usage(&tool, EXIT_FAILURE);
	if (optind < argc)
		seconds = parse_seconds(argv[optind]);
	tool_need_view(&tool, false);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	announce("TERM");
	send_signal(SIGTERM);
	if (wait_for_end(seconds))
		return EXIT_SUCCESS;
	announce("KILL");
	send_signal(SIGKILL);
	if (wait_for_end(KILLED))
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: %d processes are still there\n", tool.name, send_signal(0));
	return EXIT_FAILURE;
}
