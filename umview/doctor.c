/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of probes; running them; the answer as text or JSON. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "denied.h"
#include "doctor.h"
#include "json.h"
#include "um_lib.h"
#include "util.h"

enum { PATIENCE = 20000 /* ms, for one probe */ };

struct probe {
	const char *name;
	void	(*run)(struct finding *f, int argument);
	int	argument;
	bool	outside;	/* of the monitor's own doing: inside a view it is not tried */
	bool	decides;	/* if umview works here */
};

static const struct probe probes[] = {
	{ .name = "kernel",		.run = probe_kernel },
	{ .name = "listener",		.run = probe_listener, LISTENER, .outside = true },
	{ .name = "wait-killable",	.run = probe_listener, KILLABLE, .outside = true },
	{ .name = "sync-wake-up",	.run = probe_listener, SYNC_WAKE_UP, .outside = true },
	{ .name = "addfd",		.run = probe_listener, ADDFD, .outside = true },
	{ .name = "addfd-send",		.run = probe_listener, ADDFD_SEND, .outside = true },
	{ .name = "virtual-calls",	.run = probe_virtual },
	{ .name = "mount",		.run = probe_mount, .outside = true },
	{ .name = "pidfd_open",		.run = probe_look, PIDFD_OPEN, .outside = true },
	{ .name = "pidfd-thread",	.run = probe_look, PIDFD_OF_THREAD, .outside = true },
	{ .name = "pidfd_getfd",	.run = probe_look, PIDFD_GETFD, .outside = true },
	{ .name = "process_vm_readv",	.run = probe_look, VM_READ, .outside = true },
	{ .name = "process_vm_writev",	.run = probe_look, VM_WRITE, .outside = true },
	{ .name = "proc-mem",		.run = probe_look, PROC_MEM, .outside = true },
	{ .name = "yama",		.run = probe_yama },
	{ .name = "prlimit",		.run = probe_look, RTTIME, .outside = true },
	{ .name = "descriptors",	.run = probe_descriptors },
	{ .name = "runtime-directory",	.run = probe_runtime },
	{ .name = "modules",		.run = probe_modules },
	{ .name = "umnet-lwipv6",	.run = probe_program, LWIPV6_PROGRAM },
	{ .name = "umnet-ns",		.run = probe_program, NS_PROGRAM },
	{ .name = "user-namespaces",	.run = probe_namespace, USER_NAMESPACE },
	{ .name = "network-namespaces",	.run = probe_namespace, NET_NAMESPACE },
	{ .name = "tun",		.run = probe_tun },
	{ .name = "fuse",		.run = probe_fuse },
	{ .name = "vdeplug",		.run = probe_vdeplug },
	{ .name = "vdeplug-slirp",	.run = probe_slirp },
	{ .name = "vde_switch",		.run = probe_vde_switch },
	{ .name = "default-switch",	.run = probe_default_switch },
	{ .name = "session-umnetlwipv6", .run = probe_session, USER_STACK_SESSION, .decides = true },
	{ .name = "session-umnetns",	.run = probe_session, KERNEL_STACK_SESSION },
	{ .name = "session-slirp",	.run = probe_session, SLIRP_SESSION },
};

void found(struct finding *f, enum verdict verdict, const char *remedy, const char *format, ...)
{
	va_list args;

	f->verdict = verdict;
	va_start(args, format);
	vsnprintf(f->detail, sizeof(f->detail), format, args);
	va_end(args);
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy ? remedy : "");
}

void found_error(struct finding *f, const char *call, int error, bool filtered)
{
	if (filtered && denied_filtered()) {
		found(f, NO, NULL, "%s: %s: a seccomp filter that was there before us refuses it "
			"(a container's or a service manager's)", call, strerror(error));
		snprintf(f->remedy, sizeof(f->remedy), "allow %s in the container's seccomp profile",
				call);
		return;
	}
	found(f, NO, error == ENOSYS ? "use a newer kernel" : NULL, "%s: %s", call, strerror(error));
}

void found_lesser(struct finding *f, const char *without)
{
	size_t used = strlen(f->detail);

	f->verdict = WARN;
	snprintf(f->detail + used, sizeof(f->detail) - used, "; %s", without);
}

pid_t doctor_fork(void (*fn)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });	/* a filter that kills leaves no core */
	if (getppid() == parent)
		fn(arg);
	_exit(0);
}

struct running {
	const struct probe *probe;
	int	to;
};

static void probe_child(void *arg)
{
	const struct running *running = arg;
	struct finding f = { .verdict = NO, .detail = "the probe said nothing" };

	running->probe->run(&f, running->probe->argument);
	if (write(running->to, &f, sizeof(f)) != sizeof(f))
		_exit(1);
}

static void child_explain(struct finding *f, int status, bool late)
{
	if (late)
		found(f, NO, NULL, "it hung, and was killed after %d s", PATIENCE / 1000);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		found(f, NO, "allow the call in the profile of the container or service",
			"killed by SIGSYS: a seccomp filter that was there before us kills whoever tries");
	else if (WIFSIGNALED(status))
		found(f, NO, NULL, "the probe was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		found(f, NO, NULL, "the probe ended with status %d", WEXITSTATUS(status));
}

static void probe_run(const struct probe *probe, struct finding *f)
{
	struct running running = { .probe = probe };
	struct pollfd wait = { .events = POLLIN };
	int ends[2], status = 0;
	ssize_t n = -1;
	bool late;
	pid_t pid;

	if (pipe(ends) < 0) {
		found(f, NO, NULL, "not tried: pipe: %s", strerror(errno));
		return;
	}
	running.to = ends[1];
	pid = doctor_fork(probe_child, &running);
	close(ends[1]);
	wait.fd = ends[0];
	late = pid > 0 && poll(&wait, 1, PATIENCE) == 0;
	if (!late && pid > 0)
		n = read(ends[0], f, sizeof(*f));
	close(ends[0]);
	if (pid < 0) {
		found(f, NO, NULL, "not tried: fork: %s", strerror(errno));
		return;
	}
	if (late)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (n != sizeof(*f))
		child_explain(f, status, late);
}

static const char *const verdict_name[] = {
	[OK] = "ok", [WARN] = "warn", [NO] = "no", [SKIPPED] = "skip",
};

static void finding_text(const struct probe *probe, const struct finding *f)
{
	printf("%-4s  %-20s %s\n", verdict_name[f->verdict], probe->name, f->detail);
	if (f->remedy[0])
		printf("%-4s  %-20s -> %s\n", "", "", f->remedy);
}

static void finding_json(const struct probe *probe, const struct finding *f)
{
	printf("%s{\"name\": ", probe == probes ? "[\n" : ",\n");
	json_string(stdout, probe->name);
	printf(", \"status\": ");
	json_string(stdout, verdict_name[f->verdict]);
	printf(", \"detail\": ");
	json_string(stdout, f->detail);
	printf(", \"remedy\": ");
	json_string(stdout, f->remedy);
	putchar('}');
}

int doctor_run(char **arguments)
{
	struct um_view_info info = { .server = 0 };
	bool json = false, works = true, inside = false;

	for (; *arguments; arguments++) {
		if (strcmp(*arguments, "--json") != 0)
			die("--doctor takes no more than --json");
		json = true;
	}
	inside = um_view_getinfo(&info) >= 0;
	for (unsigned i = 0; i < ARRAY_SIZE(probes); i++) {
		struct finding f = { .verdict = NO };

		if (inside && probes[i].outside)
			found(&f, SKIPPED, NULL, "not tried: inside a view its monitor (pid %d) does it",
				info.server);
		else
			probe_run(&probes[i], &f);
		f.detail[sizeof(f.detail) - 1] = f.remedy[sizeof(f.remedy) - 1] = 0;
		if (probes[i].decides && f.verdict != OK)
			works = false;
		(json ? finding_json : finding_text)(&probes[i], &f);
		fflush(stdout);
	}
	if (json)
		printf("\n]\n");
	else
		printf("\n%s\n", works ? "Sessions with a user-level stack work here: one was run." :
			"A session with a user-level stack does not work here: see what says \"no\".");
	if (fflush(stdout) || ferror(stdout))
		return EXIT_UMVIEW;
	return works ? 0 : EXIT_UMVIEW;
}
