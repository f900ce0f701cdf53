/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor: starts the first guest, supervises, and ends the session.
 *
 * The guest is cloned with our descriptor table shared, so that the listener
 * which it makes is ours as well, without pidfd_getfd(2), which containers
 * deny.  We then take a copy of the table for ourselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "banner.h"
#include "call.h"
#include "container.h"
#include "filter.h"
#include "guest.h"
#include "guestrun.h"
#include "loop.h"
#include "mount.h"
#include "notification.h"
#include "process.h"
#include "runtime.h"
#include "service.h"
#include "session.h"
#include "util.h"
#include "view.h"

static int front = -1;		/* socket to the front; -1 when it is gone */
static pid_t first;		/* the first guest, until it is reaped */
static int first_status;	/* its wait status, once it is */
static bool ending;		/* every guest is gone, or has to go */

static void front_report(int what, int value, bool last)
{
	struct report report = { .what = what, .value = value, .last = last };
	int unread = 0;

	/* A front that has stopped reads nothing.  It need not hear that twice, and the
	   end of the command must find room. */
	if (what == REPORT_STOPPED && front >= 0 && ioctl(front, SIOCOUTQ, &unread) == 0 && unread)
		return;
	if (front >= 0)
		send(front, &report, sizeof(report), MSG_NOSIGNAL);
}

/* The first guest has ended, but others go on without a terminal to talk to. */
static void front_dismiss(void)
{
	front_report(REPORT_ENDED, first_status, false);
	loop_watch(front, 0, NULL, NULL);
	close(front);
	front = -1;
	stdio_close(true);
}

static void guest_reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status)) {
			if (pid == first)
				front_report(REPORT_STOPPED, WSTOPSIG(status), false);
			continue;
		}
		if (helper_gone(pid) || pid != first)
			continue;
		first_status = status;
		first = 0;
		if (!notification_no_guests())
			front_dismiss();
	}
}

/* Again and again: one look misses what is being forked. */
static void guests_kill(void)
{
	enum { ROUNDS = 200, PAUSE = 1000 /* us */ };

	for (unsigned i = 0; i < ROUNDS && !ending; i++) {
		if (!process_signal_tree(getpid(), SIGKILL, 0, helper_is))
			break;
		guest_reap();
		usleep(PAUSE);
	}
	guest_reap();
}

static void signal_event(void *arg, uint32_t events)
{
	int fd = *(int *)arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGCHLD)
			guest_reap();
		else
			guests_kill();
}

/* Only its death makes the front's socket readable. */
static void front_event(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	loop_watch(front, 0, NULL, NULL);
	close(front);
	front = -1;
	guests_kill();
}

static void session_ended(void)
{
	ending = true;
}

/* Unmount all, give the helpers a moment to go by themselves. */
static void session_end(void)
{
	enum { PATIENCE = 2000 };
	uint64_t until = loop_now() + PATIENCE;

	mount_end_all();
	service_end_all();
	helper_dismiss();
	while (helper_count() && loop_now() < until) {
		loop_once(10);
		guest_reap();
	}
	helper_kill_all(SIGKILL);
	runtime_remove(getpid());	/* the keeper does it too, if it lives */
	/* The filter's last user may be gone before it can be waited for. */
	if (first)
		waitpid(first, &first_status, 0);
	front_report(REPORT_ENDED, first_status, true);
	_exit(0);
}

static void services_preload(const struct session *session)
{
	for (const char **module = session->preload; *module; module++) {
		int rc = service_add(&view_first()->services, *module, false);

		if (rc < 0)
			die("cannot load '%s': %s", *module, strerror(-rc));
	}
}

static void signals_watch(void)
{
	static int fd;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || loop_watch(fd, EPOLLIN, signal_event, &fd) < 0)
		die("cannot watch signals: %s", strerror(errno));
}

/* What a terminal may still send to a background process of its session. */
static void terminal_ignore(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

	for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_IGN);
}

/* As many descriptors as allowed: guests' sockets pass through here. */
static void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void monitor_run(const struct session *session, int front_socket)
{
	struct kernel_offer offer = { 0 };
	struct guest_start start;
	int listener;

	front = front_socket;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	guest_probe();
	loop_start();
	signals_watch();
	services_preload(session);
	if (session->name && view_set_name(view_first(), session->name) < 0)
		die("bad view name '%s'", session->name);

	first = guest_start(&start, session);
	listener = start.listener;
	offer.killable = start.killable;
	offer.no_mount = container_denies_mount();
	offer.no_copies = guest_copies_denied();
	offer.sync = notification_sync_wake_up(listener);
	if (!session->quiet && isatty(STDERR_FILENO))
		banner_print(&offer);
	/* Out of the terminal's reach, but in the guests' session: schedulers group
	   by session, and a wake-up across groups takes twice the time. */
	setpgid(0, 0);
	terminal_ignore();
	stdio_close(false);
	if (chdir("/") < 0)
		die("chdir: %s", strerror(errno));
	call_start(listener, session_ended);
	if (loop_watch(front, EPOLLIN | EPOLLRDHUP, front_event, NULL) < 0)
		die("cannot watch the front: %s", strerror(errno));
	front_report(REPORT_STARTED, first, false);
	guest_go(&start);
	descriptors_raise();
	while (!ending)
		loop_once(-1);
	session_end();
	_exit(0);
}
