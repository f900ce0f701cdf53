/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first guest makes its network as any guest could: it mounts, asks by netlink, and chooses
 * stacks.  Of what it has made nothing is left if a step fails: the view ends with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "container.h"
#include "msocket.h"
#include "netlink.h"
#include "netsetup.h"
#include "um_lib.h"
#include "util.h"

#define SCRIPT	"umnet-dhcp"

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warn_list(format, args);
	va_end(args);
	_exit(EXIT_UMVIEW);
}

char *netsetup_dhcp_script(void)
{
	const char *own = getenv("UMVIEW_LIBEXEC");
	char *path;

	if (own) {
		path = xasprintf("%s/%s", own, SCRIPT);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return xasprintf("%s/%s", LIBEXEC_DIR, SCRIPT);
}

/* In a child: becomes the client. */
static void dhcp_exec(const char *interface, bool keep_resolver)
{
	autofree char *script = netsetup_dhcp_script();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), report = dup(STDERR_FILENO);

	fcntl(report, F_SETFD, FD_CLOEXEC);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (keep_resolver)
		setenv("UMNET_KEEP_RESOLVER", "1", 1);
	execlp("busybox", "busybox", "udhcpc", "-f", "-q", "-n", "-t", "5", "-T", "1",
		"-i", interface, "-s", script, (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

static void dhcp_run(const char *interface, bool keep_resolver)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		dhcp_exec(interface, keep_resolver);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && status == 0)
		return;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126))
		fail("--net: --addr dhcp needs busybox and its udhcpc (Debian package busybox)");
	fail("--net: no DHCP server has answered on %s", interface);
}

static bool service_is_there(const char *name)
{
	char list[4096] = "\n";
	int n = um_list_service(list + 1, sizeof(list) - 1);
	autofree char *line = xasprintf("\n%s: ", name);

	return n > 0 && strstr(list, line);
}

/* -p, or the view around this one, may have it already. */
static int service_load(const char *name)
{
	return service_is_there(name) || um_add_service(name, 0) == 0 ? 0 : -errno;
}

/* um_mount() for containers alone: what a stack has refused with EPERM it asks for again. */
static int mount_make(const struct net_step *step)
{
	int rc = container_denies_mount() ?
		um_mount(step->source, step->target, step->what, 0, step->value) :
		mount(step->source, step->target, step->what, 0, step->value);

	return rc < 0 ? -errno : 0;
}

static int step_take(const struct net_step *step)
{
	switch (step->kind) {
	case STEP_SERVICE:
		return service_load(step->what);
	case STEP_UNMOUNT:
		return um_umount(step->what, 0) < 0 ? -errno : 0;
	case STEP_MOUNT:
		return mount_make(step);
	case STEP_CHOOSE:
		return msocket(step->what, PF_UNSPEC, SOCK_DEFAULT, 0) < 0 ? -errno : 0;
	case STEP_UP:
		return netlink_up(step->what);
	case STEP_ADDRESS:
		return netlink_address(step->what, step->value);
	case STEP_ROUTE:
		return netlink_route(step->what, step->value);
	case STEP_DHCP:
		dhcp_run(step->what, step->value);
		return 0;
	}
	return -EINVAL;
}

static void step_fail(const struct net_step *step, int rc)
{
	static const char *const words[] = {
		[STEP_SERVICE] = "cannot load %s",
		[STEP_UNMOUNT] = "cannot unmount %s",
		[STEP_MOUNT] = "cannot mount %s at %s",
		[STEP_CHOOSE] = "cannot take the stack %s",
		[STEP_UP] = "cannot bring up %s",
		[STEP_ADDRESS] = "%s cannot have the address %s",
		[STEP_ROUTE] = "%s cannot have the gateway %s",
	};
	char text[512];

	snprintf(text, sizeof(text), words[step->kind], step->what,
		step->target ? step->target : step->value);
	fail("%s: %s: %s", step->of_mount ? "--mount" : "--net", text, rc == -ENOTSUP && step->kind == STEP_CHOOSE ?
		"Not a network stack" : strerror(-rc));
}

void netsetup_run(const struct netspec *net, const struct mountspec *mounts, bool nested)
{
	struct net_step steps[NET_STEPS];
	unsigned n = netspec_steps(net, mounts, nested, steps);

	for (unsigned i = 0; i < n; i++) {
		int rc = step_take(&steps[i]);

		if (rc < 0)
			step_fail(&steps[i], rc);
	}
}
