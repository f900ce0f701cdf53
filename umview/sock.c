/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "guest.h"
#include "sock.h"
#include "um_module.h"
#include "util.h"

/*
 * Two chained tables over one array of entries, by inode and by name: close
 * is told by name.  Both have as many heads as there are entries.
 */
struct entry {
	struct sock	 sock;
	int32_t		 next_inode, next_name;	/* index, -1 ends */
};

static struct entry *entries;
static int32_t *by_inode, *by_name;
static int32_t free_list = -1;		/* through next_inode */
static unsigned capacity, used;

static int32_t *head_inode(ino_t inode)
{
	return &by_inode[inode % capacity];
}

static int32_t *head_name(uint64_t name)
{
	return &by_name[(name * 0x9e3779b97f4a7c15u >> 32) % capacity];
}

static void entry_link(int32_t i)
{
	int32_t *head = head_inode(entries[i].sock.inode);

	entries[i].next_inode = *head;
	*head = i;
	head = head_name(entries[i].sock.name);
	entries[i].next_name = *head;
	*head = i;
}

static void sock_grow(void)
{
	unsigned old = capacity;

	capacity = old ? old * 2 : 256;
	entries = xrealloc(entries, capacity, sizeof(*entries));
	by_inode = xrealloc(by_inode, capacity, sizeof(*by_inode));
	by_name = xrealloc(by_name, capacity, sizeof(*by_name));
	for (unsigned i = 0; i < capacity; i++)
		by_inode[i] = by_name[i] = -1;
	for (unsigned i = old; i < capacity; i++) {
		entries[i].sock.name = 0;
		entries[i].next_inode = free_list;
		free_list = i;
	}
	for (unsigned i = 0; i < old; i++)	/* it grows when all are in use */
		entry_link(i);
}

int sock_add(const struct sock *sock)
{
	int32_t i;

	if (!sock->name)
		return -EINVAL;
	if (free_list < 0)
		sock_grow();
	i = free_list;
	free_list = entries[i].next_inode;
	entries[i].sock = *sock;
	entry_link(i);
	used++;
	return 0;
}

static struct sock *sock_find_inode(ino_t inode)
{
	for (int32_t i = used ? *head_inode(inode) : -1; i >= 0; i = entries[i].next_inode)
		if (entries[i].sock.inode == inode)
			return &entries[i].sock;
	return NULL;
}

struct sock *sock_find(int fd)
{
	struct sock *sock;
	struct stat status;

	if (!used || fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
		return NULL;
	sock = sock_find_inode(status.st_ino);
	return sock && sock->device == status.st_dev ? sock : NULL;
}

int sock_of_guest(pid_t tid, int number, int *fd, struct sock **sock)
{
	int64_t inode;

	*sock = NULL;
	*fd = guest_descriptor(tid, number);
	if (*fd >= 0) {
		*sock = sock_find(*fd);
		return 0;
	}
	if (!guest_copies_denied())
		return take_fd(fd);
	*fd = -1;
	inode = guest_socket(tid, number);
	if (inode > 0)
		*sock = sock_find_inode(inode);
	return inode > 0 || inode == -ENOTSOCK ? 0 : (int)inode;
}

void um_forget(uint64_t name)
{
	int32_t *link, i;

	if (!used || !name)
		return;
	for (link = head_name(name); *link >= 0; link = &entries[*link].next_name)
		if (entries[*link].sock.name == name)
			break;
	i = *link;
	if (i < 0)
		return;
	*link = entries[i].next_name;
	for (link = head_inode(entries[i].sock.inode); *link != i; )
		link = &entries[*link].next_inode;
	*link = entries[i].next_inode;
	entries[i].sock.name = 0;
	entries[i].next_inode = free_list;
	free_list = i;
	used--;
}

unsigned sock_count(void)
{
	return used;
}

unsigned sock_count_mount(uint64_t mount)
{
	unsigned n = 0;

	for (unsigned i = 0; i < capacity; i++)
		n += entries[i].sock.name && entries[i].sock.mount == mount;
	return n;
}

void sock_forget_mount(uint64_t mount)
{
	for (unsigned i = 0; i < capacity; i++)
		if (entries[i].sock.name && entries[i].sock.mount == mount)
			um_forget(entries[i].sock.name);
}
