/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_end.c - guests' ends, kept, where calls cannot bring them.
 *
 * What asks or changes the guest's end A is done with the copy that comes with a call.  Where
 * pidfd_getfd(2) is denied (containers) no copy comes, and the monitor says so by
 * UMVIEW_KEEP_ENDS in the environment.  Then a copy is kept from the socket's
 * making on: of a STREAM socket until it is connected (what follows needs none), of a listener or a message socket for
 * good.
 *
 *   KEPT --connected, released---------> dropped
 *       \--no process has the socket---> dropped; the hangup (or the census) does the rest
 *
 * While A is kept, B sees no hangup.  So who has the socket is looked up in
 * /proc/PID/fd, of every process that may be looked at, a little at a time.  It is slow
 * (2 us a descriptor) and may miss one that is on its way from one process to
 * another; but all that is done is to drop the copy: if somebody has the socket after all, it
 * goes on, without what needs A.
 *
 * A port that a closed socket still has would be missed at once: bind and listen look
 * before they say EADDRINUSE.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "util.h"

#define PAUSE_FIRST	200		/* ms between looks; twice as many after each in vain */
#define PAUSE_MAX	1000
#define PAUSE_PART	10		/* at most a tenth of the time is spent on it */
#define SLICE		2000		/* us at a time */
#define SLICE_PAUSE	5		/* ms between slices */
#define NOW_MAX		50000		/* us, when a call waits for it */
#define BUCKETS		256

static bool keeps;
static LIST_HEAD(, sock) by_inode[BUCKETS];
static unsigned kept;			/* how many there are */
static uint64_t due, pause_ms = PAUSE_FIRST;

static struct {
	DIR	*processes, *descriptors;	/* owned; NULL: not under way */
	unsigned number;		/* of looks begun */
	uint64_t spent;			/* us */
} look;

void end_open(void)
{
	keeps = getenv("UMVIEW_KEEP_ENDS") != NULL;
}

bool ends_are_kept(void)
{
	return keeps;
}

void end_keep(struct sock *s, int guest)
{
	if (!keeps || s->um.domain == AF_NETLINK)
		return;
	s->end.fd = fcntl(guest, F_DUPFD_CLOEXEC, 0);
	if (s->end.fd < 0 || descriptor_is_last(s->end.fd)) {
		if (s->end.fd >= 0)
			close(take_fd(&s->end.fd));
		return;
	}
	s->end.since = look.number;
	LIST_INSERT_HEAD(&by_inode[s->inode % BUCKETS], s, end.by_inode);
	if (!kept++ || pause_ms > PAUSE_FIRST) {
		pause_ms = PAUSE_FIRST;
		due = um_stack_now() + pause_ms;
	}
}

void end_drop(struct sock *s)
{
	if (s->end.fd < 0)
		return;
	close(take_fd(&s->end.fd));
	LIST_REMOVE(s, end.by_inode);
	kept--;
}

int end_copy(struct sock *s)
{
	if (s->end.fd < 0)
		return -1;
	s->end.used = true;	/* the guest has got it */
	return fcntl(s->end.fd, F_DUPFD_CLOEXEC, 0);
}

static void look_stop(void)
{
	if (look.descriptors)
		closedir(take_pointer(look.descriptors));
	if (look.processes)
		closedir(take_pointer(look.processes));
}

/* Marks the socket that this entry of a /proc/PID/fd is. */
static void look_at(const char *name)
{
	char text[32];
	ssize_t n = readlinkat(dirfd(look.descriptors), name, text, sizeof(text) - 1);
	uint64_t inode;
	struct sock *s;

	if (n <= 0)
		return;
	text[n] = 0;
	if (sscanf(text, "socket:[%" SCNu64 "]", &inode) != 1)
		return;
	LIST_FOREACH(s, &by_inode[inode % BUCKETS], end.by_inode)
		if (s->inode == inode)
			s->end.seen = look.number;
}

/* False: this look cannot be finished. */
static bool look_at_process(const char *name)
{
	char path[32];
	int fd;

	if (!isdigit(*name) || atoi(name) == getpid())
		return true;
	snprintf(path, sizeof(path), "%.10s/fd", name);
	fd = openat(dirfd(look.processes), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)		/* gone, or not ours to look at */
		return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
	look.descriptors = fdopendir(fd);
	if (!look.descriptors)
		close(fd);
	return look.descriptors;
}

/* Goes on with the look for so many microseconds.  1 at its end, 0: not yet, or -errno. */
static int look_on(uint64_t most)
{
	uint64_t start = clock_microseconds(), now = start;
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && now - start < most) {
		DIR *from = look.descriptors ? look.descriptors : look.processes;

		entry = readdir(from);
		if (!entry && from == look.processes)
			rc = 1;
		else if (!entry)
			closedir(take_pointer(look.descriptors));
		else if (from == look.descriptors)
			look_at(entry->d_name);
		else if (!look_at_process(entry->d_name))
			rc = -ENFILE;
		now = clock_microseconds();
	}
	look.spent += now - start;
	if (rc)
		look_stop();
	return rc;
}

static int look_begin(void)
{
	look.number++;
	look.spent = 0;
	look.processes = opendir("/proc");
	return look.processes ? 0 : -errno;
}

/* Nobody had it.  One that is only just made may not have arrived: it has another look. */
static bool end_is_lost(struct sock *s)
{
	if (s->end.since >= look.number || s->end.seen == look.number)
		s->end.absent = false;
	else if (s->end.used || s->end.absent)
		return true;
	else
		s->end.absent = true;
	return false;
}

/* After a whole look. */
static unsigned lost_drop(const struct sock *but)
{
	struct sock *s, *next;
	unsigned dropped = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		for (s = LIST_FIRST(&by_inode[i]); s; s = next) {
			struct pollfd p = { .fd = s->fd };

			next = LIST_NEXT(s, end.by_inode);
			if (s == but || !end_is_lost(s))
				continue;
			end_drop(s);
			dropped++;
			if (s->fd < 0)
				census_doubt(s, true);
			/* B's event would come in the next round: this is as good. */
			if (s->fd >= 0 && poll(&p, 1, 0) > 0 && p.revents & POLLHUP) {
				s->hup |= EPOLLHUP | EPOLLRDHUP;
				s->readable = true;
				sock_work(s);
			}
		}
	return dropped;
}

bool end_look_now(const struct sock *but)
{
	if (!kept)
		return false;
	look_stop();
	if (look_begin() < 0 || look_on(NOW_MAX) <= 0) {
		look_stop();
		return false;
	}
	return lost_drop(but);
}

int end_run(void)
{
	uint64_t now = um_stack_now();
	int rc;

	if (!kept) {
		look_stop();
		return -1;
	}
	if (!look.processes && due > now)
		return due - now;
	rc = look.processes || (rc = look_begin()) == 0 ? look_on(SLICE) : rc;
	if (rc == 0)
		return SLICE_PAUSE;
	if (rc > 0 && lost_drop(NULL))
		pause_ms = PAUSE_FIRST;
	else
		pause_ms = pause_ms * 2 < PAUSE_MAX ? pause_ms * 2 : PAUSE_MAX;
	if (pause_ms < look.spent * PAUSE_PART / 1000)
		pause_ms = look.spent * PAUSE_PART / 1000;
	due = now + pause_ms;
	return sock_has_work() ? 0 : (int)pause_ms;
}
