/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "util.h"

struct one {
	pid_t pid, parent;
	bool  below;		/* a descendant that counts */
	bool  other;		/* skipped, or below one that is */
};

/* "pid (name) S ppid ...": the name may hold anything but is before the last ')'. */
static bool stat_parse(pid_t pid, struct one *one)
{
	char path[32], text[512], state;
	autoclose int fd = -1;
	char *end;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = 0;
	end = strrchr(text, ')');
	*one = (struct one){ .pid = pid };
	return end && sscanf(end + 1, " %c %d", &state, &one->parent) == 2 &&
	       state != 'Z' && state != 'X';
}

static int one_compare(const void *a, const void *b)
{
	const struct one *one = a, *two = b;

	return (one->pid > two->pid) - (one->pid < two->pid);
}

static struct one *process_list(size_t *count)
{
	size_t room = 0, n = 0;
	struct one *all = NULL;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0)
			continue;
		if (n == room) {
			room = room ? room * 2 : 256;
			all = xrealloc(all, room, sizeof(*all));
		}
		n += stat_parse(pid, &all[n]);
	}
	if (proc)
		closedir(proc);
	if (n)
		qsort(all, n, sizeof(*all), one_compare);
	*count = n;
	return all;
}

static struct one *process_in(struct one *all, size_t n, pid_t pid)
{
	const struct one wanted = { .pid = pid };

	return bsearch(&wanted, all, n, sizeof(*all), one_compare);
}

int process_each_below(pid_t root, bool (*skip)(pid_t pid), int (*fn)(pid_t pid, void *arg),
		void *arg)
{
	size_t n;
	autofree struct one *all = process_list(&n);
	bool changed = true;
	int found = 0;

	while (changed) {	/* one generation a round, more if pids are in order */
		changed = false;
		for (size_t i = 0; i < n; i++) {
			struct one *parent = process_in(all, n, all[i].parent);
			bool under = all[i].parent == root || (parent && parent->below);
			bool other = (parent && parent->other) || (under && skip && skip(all[i].pid));

			if (all[i].below || all[i].other || !(under || other))
				continue;
			all[i].other = other;
			all[i].below = !other;
			changed = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (all[i].below)
			found += fn(all[i].pid, arg);
	return found;
}

struct signalling {
	int	signal;
	pid_t	spare;
};

static int process_signal(pid_t pid, void *arg)
{
	const struct signalling *s = arg;

	if (pid == s->spare)
		return 0;
	if (s->signal)
		kill(pid, s->signal);
	return 1;
}

int process_signal_tree(pid_t root, int signal, pid_t spare, bool (*skip)(pid_t pid))
{
	struct signalling s = { signal, spare };

	return process_each_below(root, skip, process_signal, &s);
}

bool process_is_below(pid_t pid, pid_t root)
{
	enum { DEPTH = 4096 };
	struct one one;

	for (unsigned i = 0; i < DEPTH && pid > 1 && stat_parse(pid, &one); i++) {
		if (one.parent == root)
			return true;
		pid = one.parent;
	}
	return false;
}

pid_t process_of(pid_t tid)
{
	char path[32], line[128];
	pid_t leader = tid;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	status = fopen(path, "re");
	if (!status)
		return tid;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Tgid: %d", &leader) == 1)
			break;
	fclose(status);
	return leader;
}
