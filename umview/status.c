/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "latency.h"
#include "mount.h"
#include "process.h"
#include "sock.h"
#include "status.h"
#include "util.h"
#include "view.h"

enum {
	TEXT_MAX = 60000,	/* what one call may bring fits into 64 KiB */
	FIELD_MAX = 1024,	/* mount options may be longer than all of that */
};

struct text {
	char	*bytes;		/* owned */
	size_t	 used;
	size_t	 line;		/* where the line began that is being written */
	bool	 cut;
};

struct where {
	const struct view **views;	/* owned: of each process */
	unsigned count;
};

static void text_put(struct text *t, char c)
{
	if (t->used < TEXT_MAX)
		t->bytes[t->used++] = c;
	else
		t->cut = true;
}

/* A tab, and the field. */
static void text_field(struct text *t, const char *field)
{
	text_put(t, '\t');
	for (unsigned i = 0; i < FIELD_MAX && field && field[i]; i++) {
		const char *special = strchr("\t\n\\", field[i]);

		if (special)
			text_put(t, '\\');
		text_put(t, !special ? field[i] : *special == '\t' ? 't' : *special == '\n' ? 'n' : '\\');
	}
}

static void text_number(struct text *t, uint64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	text_field(t, digits);
}

static void line_begin(struct text *t, const char *kind)
{
	t->line = t->used;
	while (*kind)
		text_put(t, *kind++);
}

/* Whole lines only. */
static void line_end(struct text *t)
{
	text_put(t, '\n');
	if (t->cut)
		t->used = t->line;
}

static void services_text(struct text *t, const struct view *view)
{
	autofree char *list = service_text(&view->services);
	char *save = NULL;

	for (char *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strstr(line, ": ");

		if (colon)
			*colon = 0;
		line_begin(t, "service");
		text_number(t, view->number);
		text_field(t, line);
		text_field(t, colon ? colon + 2 : "");
		line_end(t);
	}
}

static void mounts_text(struct text *t, const struct view *view)
{
	for (unsigned i = 0; i < view->mounts.count && !t->cut; i++) {
		const struct mount *m = mount_get(view->mounts.refs[i]);
		char mode[8];

		if (!m)
			continue;
		snprintf(mode, sizeof(mode), "%o", m->mode & 07777);
		line_begin(t, "mount");
		text_number(t, view->number);
		text_field(t, m->state == MOUNT_READY ? "ready" : "starting");
		text_field(t, m->fstype);
		text_number(t, m->uid);
		text_number(t, m->gid);
		text_field(t, mode);
		text_number(t, sock_count_mount(mount_ref(m)));
		text_field(t, m->path);
		text_field(t, m->source);
		text_field(t, m->options);
		line_end(t);
	}
}

static void view_text(struct text *t, const struct view *view, const struct view *asking,
		const struct where *where)
{
	unsigned processes = 0;

	for (unsigned i = 0; i < where->count; i++)
		processes += where->views[i] == view;
	line_begin(t, "view");
	text_number(t, view->number);
	if (view == asking)		/* what it is inside of is not its affair */
		text_field(t, "-");
	else
		text_number(t, view->parent->number);
	text_number(t, processes);
	text_field(t, view->name);
	line_end(t);
	services_text(t, view);
	mounts_text(t, view);
}

/* They are the session's: not for views inside. */
static void calls_text(struct text *t)
{
	for (unsigned i = 0; i < table_size; i++) {
		const struct latency *l = latency_of(i);

		if (!l->count)
			continue;
		line_begin(t, "call");
		text_field(t, table[i].name);
		text_number(t, l->count);
		text_number(t, l->total);
		text_number(t, l->longest);
		line_end(t);
	}
}

static int where_add(pid_t pid, void *arg)
{
	struct where *where = arg;

	if (!(where->count & (where->count - 1)))
		where->views = xrealloc(where->views, where->count ? where->count * 2 : 1,
					sizeof(*where->views));
	where->views[where->count++] = view_of(pid);
	return 0;
}

char *status_text(const struct view *view)
{
	struct text t = { .bytes = xcalloc(1, TEXT_MAX + sizeof("cut\n")) };
	struct where where = { 0 };

	process_each_below(getpid(), helper_is, where_add, &where);
	if (!view->parent)
		calls_text(&t);
	view_text(&t, view, view, &where);
	for (const struct view *v = view_newest(); v && !t.cut; v = v->next)
		if (v != view && view_is_within(v, view))
			view_text(&t, v, view, &where);
	if (t.cut)
		memcpy(t.bytes + t.used, "cut\n", sizeof("cut\n"));
	free(where.views);
	return t.bytes;
}
