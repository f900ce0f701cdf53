/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory with mounts in it is read by the monitor, on the guest's own open file: the
 * entries of the mounts come first, then the real ones, without those that a mount hides.
 *
 * How far a reader has come is kept where the kernel keeps it, in the file's position:
 *
 *   0                 at the beginning
 *   FIRST + n         n of ours were given, the real ones not begun
 *   anything else     the kernel's: ours are all given
 *
 * Usually ours fit into the first buffer, and the position in between is never set.
 *
 * Where copies of descriptors are denied (containers), nobody but the guest moves its file. Then the
 * first call at position 0 gets ours, all of them or none, and the next the kernel's; that the first
 * was is remembered here.  Of ours and what it
 * hides, the hidden one is listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "guest.h"
#include "listing.h"
#include "mount.h"
#include "quick.h"
#include "util.h"
#include "view.h"

enum { FIRST = 0x7e000000, BUFFER_MAX = 64 * 1024, ROUNDS_MAX = 64 };

/* As the kernel lays it out. */
struct entry64 {
	uint64_t ino;
	int64_t	 off;
	uint16_t length;
	uint8_t	 type;
	char	 name[];
};

struct listing {
	const char	*directory;
	size_t		 directory_length;
	bool		 old;		/* getdents: the type is the last byte */
	struct mount	**mounts;	/* owned */
	unsigned	 count;
	uint8_t		*buffer;
	size_t		 size, used;
};

/* Of several at one path, one. */
static void listing_collect(struct mount *m, void *arg)
{
	struct listing *list = arg;
	size_t length = m->base - m->path - 1;

	if (!length)
		length = 1;		/* "/" */
	if (length != list->directory_length || memcmp(m->path, list->directory, length) != 0)
		return;
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->mounts[i]->base, m->base) == 0)
			return;
	if (!(list->count & (list->count - 1)))
		list->mounts = xrealloc(list->mounts, list->count ? list->count * 2 : 1,
					sizeof(*list->mounts));
	list->mounts[list->count++] = m;
}

static size_t name_offset(const struct listing *list)
{
	return list->old ? offsetof(struct entry64, type) : offsetof(struct entry64, name);
}

/* False: it does not fit. */
static bool listing_put(struct listing *list, unsigned i)
{
	const struct mount *m = list->mounts[i];
	struct entry64 *e = (struct entry64 *)(list->buffer + list->used);
	size_t at = name_offset(list), n = at + m->base_length + 1 + list->old;

	n = (n + 7) & ~(size_t)7;
	if (list->used + n > list->size)
		return false;
	memset(e, 0, n);
	e->ino = m->id;
	e->off = FIRST + i + 1;
	e->length = n;
	memcpy((char *)e + at, m->base, m->base_length);	/* the type is DT_UNKNOWN */
	list->used += n;
	return true;
}

static bool is_hidden(const struct listing *list, const char *name)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->mounts[i]->base, name) == 0)
			return true;
	return false;
}

/* Closes the gaps of hidden entries among n bytes; how many are left. */
static size_t listing_filter(struct listing *list, size_t n)
{
	uint8_t *bytes = list->buffer + list->used;
	size_t from = 0, to = 0;

	while (from + offsetof(struct entry64, type) < n) {
		const struct entry64 *e = (struct entry64 *)(bytes + from);
		size_t length = e->length;

		if (!length || from + length > n)
			break;
		if (!is_hidden(list, (char *)e + name_offset(list))) {
			memmove(bytes + to, bytes + from, length);
			to += length;
		}
		from += length;
	}
	return to;
}

/* Bytes, 0 at the end, or -errno. */
static ssize_t listing_read(struct listing *list, int fd)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		ssize_t n = syscall(list->old ? SYS_getdents : SYS_getdents64, fd,
				    list->buffer + list->used, list->size - list->used);
		size_t left;

		if (n <= 0)
			return n < 0 ? -errno : 0;
		left = listing_filter(list, n);
		if (left)
			return left;
	}
	return 0;
}

static int64_t listing_fill(struct listing *list, int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	bool ours = at == 0 || (at >= FIRST && at <= (off_t)(FIRST + list->count));
	unsigned i = at ? at - FIRST : 0;
	ssize_t n;

	while (ours && i < list->count && listing_put(list, i))
		i++;
	if (ours && i < list->count) {		/* to be continued */
		if (!list->used)
			return -EINVAL;
		lseek(fd, FIRST + i, SEEK_SET);
		return list->used;
	}
	if (ours && at)
		lseek(fd, 0, SEEK_SET);
	n = listing_read(list, fd);
	if (n >= 0)
		return list->used + n;
	if (!list->used)
		return n;
	lseek(fd, FIRST + list->count, SEEK_SET);
	return list->used;
}

static int64_t listing_answer(struct request *r, struct listing *list, int fd)
{
	int64_t rc;

	list->size = r->reg[2] < BUFFER_MAX ? r->reg[2] : BUFFER_MAX;
	list->buffer = malloc(list->size + sizeof(struct entry64));
	if (!list->buffer)
		return -ENOMEM;
	rc = listing_fill(list, fd);
	if (rc > 0 && guest_write(r->call.tid, r->reg[1], list->buffer, rc) < 0)
		rc = -EFAULT;
	free(list->buffer);
	return rc;
}

/* Has this open directory been given ours?  Yes is said once: else it is given them now. */
static bool given_before(pid_t tid, int fd)
{
	static struct { pid_t tid; int fd; } given[64];
	static unsigned next;

	for (unsigned i = 0; i < ARRAY_SIZE(given); i++)
		if (given[i].tid == tid && given[i].fd == fd) {
			given[i].tid = 0;
			return true;
		}
	given[next % ARRAY_SIZE(given)].tid = tid;
	given[next++ % ARRAY_SIZE(given)].fd = fd;
	return false;
}

/* Where there can be no copy of the guest's descriptor. */
static int64_t listing_apart(struct request *r, struct listing *list)
{
	int fd = (int)r->reg[0];
	int64_t rc = UM_CONTINUE;

	if (guest_position(r->call.tid, fd) != 0 || given_before(r->call.tid, fd))
		return UM_CONTINUE;
	list->size = r->reg[2] < BUFFER_MAX ? r->reg[2] : BUFFER_MAX;
	list->buffer = malloc(list->size + sizeof(struct entry64));
	if (!list->buffer)
		return -ENOMEM;
	for (unsigned i = 0; i < list->count; i++)
		if (!list->mounts[i]->covered.inode && !listing_put(list, i)) {
			list->used = 0;
			break;
		}
	if (list->used)
		rc = guest_write(r->call.tid, r->reg[1], list->buffer, list->used) < 0 ? -EFAULT :
			(int64_t)list->used;
	free(list->buffer);
	return rc;
}

int64_t listing_call(struct request *r)
{
	struct listing list = { .old = r->row->number[ARCH_X86_64] == SYS_getdents };
	autofree char *directory = NULL;
	struct stat status;
	int64_t rc = UM_CONTINUE;
	int fd;

	if (list.old && r->word != 8)
		return UM_CONTINUE;
	directory = guest_directory(r->call.tid, (int)r->reg[0]);
	if (!directory)
		return UM_CONTINUE;
	list.directory = directory;
	list.directory_length = strlen(directory);
	mount_each(&r->view->mounts, listing_collect, &list);
	if (!list.count)
		return UM_CONTINUE;
	fd = guest_descriptor(r->call.tid, (int)r->reg[0]);
	if (fd < 0 && guest_copies_denied())
		rc = listing_apart(r, &list);
	if (fd >= 0 && quick_stat(fd, &status) == 0 && S_ISDIR(status.st_mode) && quick_is(fd))
		rc = listing_answer(r, &list, fd);
	if (fd >= 0)
		close(fd);
	free(list.mounts);
	return rc;
}
