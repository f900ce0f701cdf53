/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "guest.h"
#include "latency.h"
#include "loop.h"
#include "mount.h"
#include "process.h"
#include "trace.h"
#include "um_trace.h"
#include "util.h"
#include "view.h"

enum { WATCHERS_MAX = 8 };

bool trace_on;
static struct watcher {
	int	fd;		/* ours, owned; 0: a free place */
	unsigned view;		/* its number: views end, numbers stay */
	pid_t	self, pid;
	uint64_t lost;
} watchers[WATCHERS_MAX];

static void watcher_gone(struct watcher *w)
{
	loop_watch(w->fd, 0, NULL, NULL);
	close(w->fd);
	w->fd = 0;
	trace_on = false;
	for (unsigned i = 0; i < WATCHERS_MAX; i++)
		trace_on |= watchers[i].fd != 0;
}

static void watcher_event(void *arg, uint32_t events)
{
	(void)events;
	watcher_gone(arg);
}

int trace_begin(const struct view *view, pid_t self, pid_t pid)
{
	struct watcher *w = watchers;
	int ends[2];

	while (w < watchers + WATCHERS_MAX && w->fd)
		w++;
	if (w == watchers + WATCHERS_MAX)
		return -EBUSY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	if (descriptor_is_last(ends[0]) || descriptor_is_last(ends[1])) {
		close(ends[0]);
		close(ends[1]);
		return -ENFILE;
	}
	*w = (struct watcher){ .fd = ends[0], .view = view->number, .self = self, .pid = pid };
	if (loop_watch(w->fd, EPOLLRDHUP, watcher_event, w) < 0) {
		close(ends[0]);
		close(ends[1]);
		w->fd = 0;
		return -ENOMEM;
	}
	trace_on = true;
	return ends[1];
}

static bool watcher_sees(const struct watcher *w, pid_t process, const struct view *view)
{
	if (!w->fd || process == w->self || (w->pid && w->pid != process))
		return false;
	while (view && view->number != w->view)
		view = view->parent;
	return view;
}

/* A byte array in the guest, or a string of it: how much was read, -1 if it cannot be. */
static int bytes_read(pid_t tid, uint64_t address, uint64_t size, uint8_t *bytes)
{
	size_t n = size < UM_TRACE_BYTES ? size : UM_TRACE_BYTES;

	return n && address && guest_read(tid, address, bytes, n) == 0 ? (int)n : -1;
}

static int string_read(pid_t tid, uint64_t address, uint8_t *bytes)
{
	autofree char *text = NULL;
	ssize_t n = guest_string(tid, address, 4096, &text);

	if (n < 0)
		return -1;
	if (n > UM_TRACE_BYTES)
		n = UM_TRACE_BYTES;
	memcpy(bytes, text, n);
	return n;
}

static char kind_letter(enum kind kind)
{
	switch (kind) {
	case NONE:
		return 0;
	case FD:
	case DIRFD:
		return 'd';
	case INT:
	case FLAGS:
	case OPEN_FLAGS:
		return 'i';
	case STR:
	case OPTSTR:
	case PATH:
	case LINK:
		return 's';
	case IN:
		return 'b';
	case LONG:
	case LEN:
		return 'l';
	default:
		return 'p';
	}
}

/* The guest's own arguments, read once more: what was decoded may have been changed. */
static void arguments_fill(struct um_trace_record *record, const struct request *r)
{
	unsigned used = 0;

	for (unsigned i = 0; i < 6; i++) {
		char letter = kind_letter(r->row->kind[i]);
		int n;

		record->kind[i] = letter;
		record->value[i] = r->reg[i];
		if ((letter != 's' && letter != 'b') || used == ARRAY_SIZE(record->bytes))
			continue;
		n = letter == 's' ? string_read(r->call.tid, r->reg[i], record->bytes[used]) :
			bytes_read(r->call.tid, r->reg[i], i < 5 ? r->reg[i + 1] : 0,
				record->bytes[used]);
		if (n < 0)
			record->kind[i] = 'p';
		else
			record->length[i] = n;
		used += n > 0;
	}
}

static const char *why_refused(const struct request *r, int64_t rc)
{
	if (rc >= 0)
		return "";
	if (r->why)
		return r->why;
	if (rc == -EAFNOSUPPORT && r->call.op == UM_SOCKET)
		return "the stack does not serve this family";
	return rc == -ENETDOWN ? "the stack is dead" : "";
}

static void record_fill(struct um_trace_record *record, const struct request *r, int64_t rc,
		bool descriptor)
{
	*record = (struct um_trace_record){
		.size = sizeof(*record), .tid = r->call.tid, .duration = latency_now() - r->received,
		.result = rc, .result_kind = rc == UM_CONTINUE ? UM_TRACE_CONTINUED :
			descriptor && rc >= 0 ? UM_TRACE_DESCRIPTOR : UM_TRACE_VALUE,
		.about = r->row->owner == BY_FAMILY || r->row->owner == BY_FD ? 'n' :
			r->row->owner == BY_NAME ? 'p' : 'v',
	};
	snprintf(record->name, sizeof(record->name), "%s", r->row->name);
	snprintf(record->why, sizeof(record->why), "%s", why_refused(r, rc));
	if (r->mount && r->mount->path && rc != UM_CONTINUE) {
		snprintf(record->type, sizeof(record->type), "%s", r->mount->fstype);
		snprintf(record->path, sizeof(record->path), "%s", r->mount->path);
	}
	arguments_fill(record, r);
}

void trace_note(const struct request *r, int64_t rc, bool descriptor)
{
	static struct um_trace_record record;
	pid_t process = process_of(r->call.tid);
	const struct view *view = view_of(r->call.tid);
	bool filled = false;

	if (!r->row)
		return;
	for (struct watcher *w = watchers; w < watchers + WATCHERS_MAX; w++) {
		if (!watcher_sees(w, process, view))
			continue;
		if (!filled)
			record_fill(&record, r, rc, descriptor);
		filled = true;
		record.lost = w->lost;
		if (send(w->fd, &record, sizeof(record), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			w->lost = 0;
		else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
			w->lost++;
		else
			watcher_gone(w);
	}
}
