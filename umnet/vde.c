/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "um_module.h"
#include "util.h"
#include "vde.h"
#include "vde_default.h"

#define VARIABLE	"UMNET_DEFAULT_VDE"

static bool is_interface(const char *item, const char *prefix)
{
	return strncmp(item, prefix, 2) == 0 && isdigit((unsigned char)item[2]);
}

/* Would some vdN be on the default switch?  When in doubt, yes: an idle switch
   does no harm, and what is wrong in the options the stack's program says. */
static bool options_use_default(const char *options)
{
	bool any = false, counted = false;
	unsigned named = 0, highest = 0;

	for (const char *item = options; *item; ) {
		size_t n = strcspn(item, ",");

		if (is_interface(item, "vd")) {
			unsigned digit = item[2] - '0';

			any = true;
			counted |= item[3] != '=' || n == strlen("vd0=");
			named++;
			if (digit > highest)
				highest = digit;
		} else if (is_interface(item, "tp") || is_interface(item, "tn") ||
			   strncmp(item, "lo", n > 2 ? n : 2) == 0) {
			any = true;
		}
		item += n + (item[n] == ',');
	}
	return !any || counted || (named && highest >= named);
}

static pid_t own_switch;	/* the session's; 0 if there is none */

void vde_stop(void)
{
	if (own_switch)
		um_kill(own_switch, SIGKILL);	/* its directory goes with the session's */
	own_switch = 0;
}

static int switch_start(const char *directory)
{
	char *argv[] = { "vde_switch", "-s", (char *)directory, "-n", "1024", "-m", "600",
			 "--dirmode", "700", NULL };
	pid_t pid = um_spawn(argv, -1, 0);

	if (pid < 0) {
		um_warn("no default VDE switch runs, and vde_switch cannot be started "
			"(Debian package vde2): %s", strerror(-pid));
		return pid;
	}
	own_switch = pid;
	return 0;
}

int vde_prepare(const char *options)
{
	const char *runtime;
	autofree char *directory = NULL;
	int rc;

	if (!options_use_default(options))
		return 0;
	if (vde_default_runs(NULL, 0)) {
		unsetenv(VARIABLE);
		return 0;
	}
	runtime = um_runtime_dir();
	if (!runtime)
		return errno ? -errno : -EIO;
	directory = xasprintf("%s/switch", runtime);
	if (!own_switch || um_kill(own_switch, 0) < 0) {
		rc = switch_start(directory);
		if (rc < 0)
			return rc;
	}
	setenv(VARIABLE, directory, 1);
	return 0;
}
