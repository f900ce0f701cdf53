/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_sock.c - the life of a socket's record, and the work list. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "um_stack_private.h"
#include "wire.h"

#define BUCKETS	4096		/* names are counted up: they spread evenly */

static LIST_HEAD(, sock) buckets[BUCKETS];
static struct sock_list work = TAILQ_HEAD_INITIALIZER(work);
static unsigned work_count;

/* Unique in this process: kind, and a count of at most 36 bits. */
static uint64_t sock_name(int domain, int type)
{
	static uint32_t count;
	uint64_t kind = domain == AF_NETLINK ? WIRE_SOCK_NETLINK :
		type == SOCK_STREAM ? WIRE_SOCK_STREAM : WIRE_SOCK_MESSAGE;

	do
		count++;
	while (!count);
	return kind << 56 | count;
}

struct sock *sock_new(int domain, int type, int protocol)
{
	struct sock *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->um.domain = domain;
	s->um.type = type;
	s->um.protocol = protocol;
	s->id = sock_name(domain, type);
	s->fd = s->listener.guest = s->end.fd = -1;
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->listener.queue);
	TAILQ_INIT(&s->message.letters);
	TAILQ_INIT(&s->message.outbox);
	TAILQ_INIT(&s->message.errors);
	LIST_INSERT_HEAD(&buckets[s->id % BUCKETS], s, by_id);
	return s;
}

struct sock *sock_find(uint64_t id)
{
	struct sock *s;

	LIST_FOREACH(s, &buckets[id % BUCKETS], by_id)
		if (s->id == id)
			return s;
	return NULL;
}

/* Off the work list. */
static void sock_rest(struct sock *s)
{
	if (!s->working)
		return;
	s->working = false;
	TAILQ_REMOVE(&work, s, work);
	work_count--;
}

void sock_free(struct sock *s)
{
	listener_leave(s);
	ahead_lost(s);
	carrier_close(s);
	census_forget(s);
	end_drop(s);
	if (s->listener.guest >= 0)
		close(s->listener.guest);
	sock_rest(s);
	message_clear(s);
	free(s->stream.held);
	free(s->listener.inherited);
	LIST_REMOVE(s, by_id);
	free(s);
}

void sock_release(struct sock *s, bool abort)
{
	uint64_t id = s->id;

	listener_clear(s);
	pending_answer_all(s, UM_ACCEPT, -EINVAL);
	pending_answer_all(s, UM_NONE, -EBADF);
	if (!s->spare)
		stack_ops->release(&s->um, abort);
	sock_free(s);
	control_gone(id);
}

void sock_work(struct sock *s)
{
	if (s->working)
		return;
	s->working = true;
	TAILQ_INSERT_TAIL(&work, s, work);
	work_count++;
}

bool sock_has_work(void)
{
	return !TAILQ_EMPTY(&work);
}

/* May free s. */
static void sock_run(struct sock *s)
{
	if (s->state == STATE_LISTENING)
		listener_run(s);
	else if (sock_is_stream(s))
		stream_run(s);
	else
		message_run(s);
}

/* What is added meanwhile waits for the next round. */
void sock_run_all(void)
{
	struct sock *s;

	for (unsigned n = work_count; n && (s = TAILQ_FIRST(&work)); n--) {
		sock_rest(s);
		sock_run(s);
	}
}

void um_sock_facts(const struct um_sock *um, struct um_sock_facts *facts)
{
	struct sock *s = sock_of(um);
	int sizes = 0;

	/* What was given ahead nobody has accepted yet. */
	*facts = (struct um_sock_facts){
		.inode = s->listener.given ? 0 : s->inode, .cookie = s->id,
		.listening = s->state == STATE_LISTENING, .held = s->message.outbox_size,
		.shut_read = s->shut & SHUT_READ, .shut_write = s->shut & SHUT_WRITE };
	if (facts->listening) {
		facts->unread = s->listener.count;
		facts->backlog = s->listener.backlog;
	} else if (sock_is_stream(s)) {
		facts->unread = um_sock_unread(um);
	} else if (s->fd >= 0 && ioctl(s->fd, SIOCOUTQ, &sizes) == 0 && sizes > 0) {
		facts->unread = sizes;
	}
}

bool sock_is_nonblock(const struct sock *s, int fd)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	return flags < 0 ? s->nonblock : !!(flags & O_NONBLOCK);
}

uint64_t sock_timeout(int fd, int option)
{
	struct timeval t;
	socklen_t len = sizeof(t);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, option, &t, &len) < 0 || len != sizeof(t))
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (t.tv_usec + 999) / 1000;
}
