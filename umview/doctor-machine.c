/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel, limits, directories, namespaces and devices. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "denied.h"
#include "doctor.h"
#include "process.h"
#include "runtime.h"
#include "service.h"
#include "util.h"

void probe_kernel(struct finding *f, int unused)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	(void)unused;
	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		found(f, WARN, NULL, "its version cannot be told");
	else if (major < 5 || (major == 5 && minor < 14))
		found(f, NO, "Linux 5.19 or later", "Linux %s: before 5.14 umview does not start",
				name.release);
	else if (major == 5 && minor < 19)
		found(f, WARN, "Linux 5.19 or later", "Linux %s: a signal may make a call happen twice",
				name.release);
	else
		found(f, OK, NULL, "Linux %s %s", name.release, name.machine);
}

void probe_descriptors(struct finding *f, int unused)
{
	enum { COMFORT = 1024 };
	struct rlimit limit;

	(void)unused;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		found(f, WARN, NULL, "RLIMIT_NOFILE: %s", strerror(errno));
	else if (limit.rlim_max < COMFORT)
		found(f, WARN, "raise the hard limit (ulimit -Hn, LimitNOFILE= of a service)",
			"RLIMIT_NOFILE is at most %llu: a stack has no more sockets than that, less "
			"some twenty", (unsigned long long)limit.rlim_max);
	else
		found(f, OK, NULL, "RLIMIT_NOFILE is %llu, at most %llu",
			(unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
}

void probe_modules(struct finding *f, int unused)
{
	bool there = false;
	void *handle = module_open("umnet", &there);

	(void)unused;
	if (handle)
		found(f, OK, NULL, "umnet was found and loaded");
	else if (there)
		found(f, NO, NULL, "umnet: %s", dlerror());
	else
		found(f, NO, "make install, or set UMVIEW_MODULES to where umnet.so is",
			"umnet.so is not in $UMVIEW_MODULES, ~/.umview/modules, nor readable in %s",
			MODULES_DIR);
}

void probe_runtime(struct finding *f, int unused)
{
	autofree char *path = xasprintf("%s/umview.doctor.XXXXXX", runtime_base());

	(void)unused;
	if (!mkdtemp(path)) {
		found(f, WARN, "set XDG_RUNTIME_DIR to a directory of your own, or make /tmp writable",
			"no directory can be made in %s: %s (a session's own VDE switch needs one)",
			runtime_base(), strerror(errno));
		return;
	}
	rmdir(path);
	found(f, OK, NULL, "a directory was made in %s, and removed", runtime_base());
}

void probe_program(struct finding *f, int stack_program)
{
	static const char *const programs[] = {
		[LWIPV6_PROGRAM] = "umnet-lwipv6", [NS_PROGRAM] = "umnet-ns",
	};
	autofree char *path = helper_find(programs[stack_program]);

	if (path)
		found(f, OK, NULL, "%s", path);
	else
		found(f, stack_program == NS_PROGRAM ? WARN : NO,
			"make install, or set UMVIEW_LIBEXEC to where it is",
			"%s is not executable in $UMVIEW_LIBEXEC, %s, nor in $PATH",
			programs[stack_program], LIBEXEC_DIR);
}

/* Enters a user namespace, then perhaps one of the network, for which whoever has rights
   enough, as umnetns does, needs no other.  0, or told why not. */
static int namespace_enter(struct finding *f, bool net)
{
	int rc;

	denied_prepare();
	rc = unshare(CLONE_NEWUSER);
	if (rc < 0 && !net) {
		f->verdict = WARN;
		denied_explain("user namespaces", -errno, f->detail, sizeof(f->detail));
		return -1;
	}
	if (rc < 0 && unshare(CLONE_NEWNET) < 0) {
		found(f, SKIPPED, NULL, "not tried: there is no user namespace");
		return -1;
	}
	if (rc < 0)
		return 0;
	if (net && unshare(CLONE_NEWNET) < 0) {
		f->verdict = WARN;
		denied_explain("network namespaces", -errno, f->detail, sizeof(f->detail));
		return -1;
	}
	return 0;
}

void probe_namespace(struct finding *f, int space)
{
	bool net = space == NET_NAMESPACE;

	if (namespace_enter(f, net) == 0)
		found(f, OK, NULL, "%s", net ? "a network namespace was entered" :
			"a user namespace was entered");
	else if (f->verdict == WARN)
		snprintf(f->remedy, sizeof(f->remedy), "raise that setting or allow unshare(2): umnetns "
			"and packet sockets (tcpdump) on umnetlwipv6 need it, but for root");
}

/* What a device's node says of itself.  A descriptor, or -1 and it is told. */
static int node_open(struct finding *f, const char *path, const char *remedy)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		found(f, WARN, errno == EACCES ? "chmod 666, as udev does" : remedy, "%s: %s", path,
				strerror(errno));
	return fd;
}

void probe_tun(struct finding *f, int unused)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = node_open(f, "/dev/net/tun", "modprobe tun; in a container, --device /dev/net/tun");

	(void)unused;
	if (fd < 0)
		return;
	if (namespace_enter(f, true) < 0)
		found(f, SKIPPED, NULL, "/dev/net/tun was opened; no interface was made: that needs "
			"a network namespace");
	else if (close(fd), fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), fd < 0 ||
		 ioctl(fd, TUNSETIFF, &request) < 0)
		found(f, WARN, NULL, "/dev/net/tun: no interface in a namespace of ours: %s",
				strerror(errno));
	else
		found(f, OK, NULL, "an interface was made in a namespace of ours");
}

void probe_fuse(struct finding *f, int unused)
{
	(void)unused;
	if (node_open(f, "/dev/fuse", "modprobe fuse; in a container, --device /dev/fuse") >= 0)
		found(f, OK, NULL, "/dev/fuse was opened");
}
