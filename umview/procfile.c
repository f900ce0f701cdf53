/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mount.h"
#include "process.h"
#include "procfile.h"
#include "util.h"
#include "view.h"

enum style { NO_FILE, MOUNTS, MOUNTINFO };

/* "/proc/PID/mounts", "/proc/self/mountinfo" and their other names.  *pid: whose. */
static enum style path_style(const char *path, pid_t tid, pid_t *pid)
{
	size_t n;

	*pid = tid;
	if (strcmp(path, "/etc/mtab") == 0) {
		char link[32];
		ssize_t len = readlink(path, link, sizeof(link) - 1);

		link[len < 0 ? 0 : len] = 0;
		return strstr(link, "proc/self/mounts") || strstr(link, "proc/mounts") ?
		       MOUNTS : NO_FILE;
	}
	if (strncmp(path, "/proc/", 6) != 0)
		return NO_FILE;
	path += 6;
	if (strcmp(path, "mounts") == 0)
		return MOUNTS;
	n = strcspn(path, "/");
	if (isdigit((unsigned char)path[0]))
		*pid = atoi(path);
	else if (strncmp(path, "self/", 5) != 0 && strncmp(path, "thread-self/", 12) != 0)
		return NO_FILE;
	if (strcmp(path + n, "/mounts") == 0)
		return MOUNTS;
	return strcmp(path + n, "/mountinfo") == 0 ? MOUNTINFO : NO_FILE;
}

/* As the kernel writes blanks and backslashes there. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if (strchr(" \t\n\\#", *text))
			fprintf(out, "\\%03o", (unsigned char)*text);
		else
			putc(*text, out);
}

struct listing {
	FILE		*out;
	enum style	 style;
	int		 root_id;	/* of the mount at "/" */
};

static void put_mount(struct mount *m, void *arg)
{
	struct listing *list = arg;

	if (list->style == MOUNTINFO) {
		fprintf(list->out, "%u %d 0:%u / ", m->id, list->root_id, m->id);
		put_escaped(list->out, m->path);
		fprintf(list->out, " rw,relatime - %s ", m->fstype);
		put_escaped(list->out, m->source);
		fprintf(list->out, " rw%s", *m->options ? "," : "");
		put_escaped(list->out, m->options);
		putc('\n', list->out);
		return;
	}
	put_escaped(list->out, m->source);
	putc(' ', list->out);
	put_escaped(list->out, m->path);
	fprintf(list->out, " %s rw,relatime%s", m->fstype, *m->options ? "," : "");
	put_escaped(list->out, m->options);
	fputs(" 0 0\n", list->out);
}

/* Copies the real file, and notes the id of the root's mount. */
static bool copy_real(struct listing *list, pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/%s", pid,
					list->style == MOUNTS ? "mounts" : "mountinfo");
	autofree char *line = NULL;
	size_t room = 0;
	FILE *real = fopen(path, "re");

	if (!real)
		return false;
	while (getline(&line, &room, real) > 0) {
		char point[8];
		int id;

		if (list->style == MOUNTINFO &&
		    sscanf(line, "%d %*d %*s %*s %7s", &id, point) == 2 && strcmp(point, "/") == 0)
			list->root_id = id;
		fputs(line, list->out);
	}
	fclose(real);
	return true;
}

int procfile_open(pid_t tid, const char *path)
{
	struct listing list = { .root_id = 1 };
	autofree char *reopen = NULL;
	pid_t pid;
	int fd = -1;

	list.style = path_style(path, tid, &pid);
	/* Who is no guest is in no view. */
	if (list.style == NO_FILE || (pid != tid && !process_is_below(pid, getpid())))
		return -1;
	fd = memfd_create(list.style == MOUNTS ? "mounts" : "mountinfo", MFD_CLOEXEC);
	list.out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!list.out) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!copy_real(&list, pid)) {
		fclose(list.out);
		return -1;
	}
	mount_each(&view_of(pid)->mounts, put_mount, &list);
	fflush(list.out);
	/* An open file of its own, at its start and not to be written. */
	reopen = xasprintf("/proc/self/fd/%d", fd);
	fd = open(reopen, O_RDONLY | O_CLOEXEC);
	fclose(list.out);
	return fd;
}
