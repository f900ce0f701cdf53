/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view ends with its last process.  The kernel, which knows who is in it (view.h),
 * does not tell; so one process of each view is watched, through a pidfd:
 *
 *   WATCHED --it exits--> a look at all processes --> another is found: WATCHED
 *                              \--none: look again in a moment--> none: ENDED
 *
 * The second look is for what was forking during the first.  Nothing is done
 * between exits: a view costs nothing while its processes run.
 *
 * The first view is not watched: it lasts as long as the session.
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "loop.h"
#include "process.h"
#include "util.h"
#include "view.h"
#include "viewlife.h"

enum { SECOND_LOOK = 10, WITHOUT_PIDFD = 300 };	/* ms */

struct life {
	struct view	*view;
	int		 pidfd;		/* of who is watched, or a timer; owned */
	bool		 looked;	/* nobody was found once */
};

static void life_look(struct life *life);

static void life_event(void *arg, uint32_t events)
{
	(void)events;
	life_look(arg);
}

/* Wait for what fd (consumed; -1: it cannot be had) tells. */
static int life_watch(struct life *life, int fd)
{
	if (life->pidfd >= 0) {
		loop_watch(life->pidfd, 0, NULL, NULL);
		close(life->pidfd);
	}
	life->pidfd = fd;
	return fd < 0 ? -ESRCH : loop_watch(fd, EPOLLIN, life_event, life);
}

static int timer_in(unsigned milliseconds)
{
	struct itimerspec when = { .it_value.tv_nsec = milliseconds * 1000000l };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &when, NULL);
	return fd;
}

/* What tells of pid's end: a pidfd; where those are denied, a timer, and then all is looked
   at again.  -1: it has ended. */
static int life_descriptor(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	return fd >= 0 || errno == ESRCH ? fd : timer_in(WITHOUT_PIDFD);
}

/* A live process of the view, into *arg.  The first that is found will do. */
static int life_find(pid_t pid, void *arg)
{
	struct life *life = arg;
	int fd;

	if (life->looked || view_told(pid) != life->view)
		return 0;
	fd = life_descriptor(pid);
	if (fd < 0)
		return 0;
	life->looked = true;
	return life_watch(life, fd) == 0;
}

static void life_look(struct life *life)
{
	bool second = life->looked;
	int found;

	life->looked = false;
	found = process_each_below(getpid(), helper_is, life_find, life);
	life->looked = false;
	if (found)
		return;
	if (!second && life_watch(life, timer_in(SECOND_LOOK)) == 0) {
		life->looked = true;
		return;
	}
	life_watch(life, -1);
	view_end(life->view);
	free(life);
}

static int life_begin(struct view *view, pid_t pid)
{
	struct life *life = xcalloc(1, sizeof(*life));
	int fd = life_descriptor(pid);
	int rc;

	*life = (struct life){ .view = view, .pidfd = -1 };
	rc = life_watch(life, fd < 0 ? timer_in(SECOND_LOOK) : fd);
	if (rc < 0)
		free(life);
	return rc;
}

int viewlife_begin(struct view *parent, pid_t pid)
{
	struct view *view = view_new(parent);
	int rc = view_enter(pid, view);

	if (rc == 0)
		rc = life_begin(view, pid);
	if (rc == 0)
		return view->number;
	view_enter(pid, parent);
	view_end(view);
	return rc;
}
