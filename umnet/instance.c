/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "family.h"
#include "instance_private.h"
#include "litter.h"
#include "resolver.h"
#include "util.h"
#include "wire.h"

static unsigned next_number = 1;

void *instance_fixed(int64_t answer, struct link *link)
{
	struct instance *in = xcalloc(1, sizeof(*in));

	in->fixed = answer;
	in->link = link;
	in->state = UP;
	in->control = -1;
	ahead_init(&in->ahead);
	in->families = link ? link->families : FAMILY_ALL;
	return in;
}

static uint64_t slot_take(struct instance *in, struct um_call *c)
{
	static uint64_t number;
	unsigned i = 0;

	while (i < in->slot_count && in->slots[i].call)
		i++;
	if (i == in->slot_count) {
		unsigned more = i ? i * 2 : 16;

		in->slots = xrealloc(in->slots, more, sizeof(*in->slots));
		memset(in->slots + i, 0, (more - i) * sizeof(*in->slots));
		in->slot_count = more;
	}
	in->slots[i].call = c;
	in->slots[i].number = number++;
	return (uint64_t)in->slots[i].generation << 32 | i;
}

static struct um_call *slot_call(const struct instance *in, uint64_t tag)
{
	uint32_t i = (uint32_t)tag;

	if (i >= in->slot_count || in->slots[i].generation != tag >> 32)
		return NULL;
	return in->slots[i].call;
}

struct um_call *slot_release(struct instance *in, uint64_t tag)
{
	struct um_call *c = slot_call(in, tag);

	if (c) {
		in->slots[(uint32_t)tag].call = NULL;
		in->slots[(uint32_t)tag].generation++;
	}
	return c;
}

static int queued_send(struct instance *in, const struct queued *q)
{
	struct um_call *c, borrowed;

	switch (q->kind) {
	case WIRE_CALL:
		c = slot_call(in, q->tag);
		if (!c)
			return 0;	/* answered meanwhile */
		borrowed = *c;
		borrowed.fd = q->fd;
		borrowed.sock = q->sock;
		return wire_send_call(in->control, q->tag, &borrowed, q->value, q->adopt);
	case WIRE_UNDO:
		return wire_send_undo(in->control, q->tag, q->sock, q->fd);
	default:
		return wire_send_note(in->control, q->kind, q->tag, q->sock, q->value, q->fd);
	}
}

static void queue_drop(struct instance *in)
{
	struct queued *q = in->queue;

	in->queue = q->next;
	if (!in->queue)
		in->queue_end = &in->queue;
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

static void control_event(void *arg, uint32_t events);

/* A call that did not go out is answered here: nobody else will. */
static void send_failed(struct instance *in, const struct queued *q, int rc)
{
	struct um_call *c = rc < 0 && q->kind == WIRE_CALL ? slot_release(in, q->tag) : NULL;

	if (c)
		um_done(c, rc == -EPIPE || rc == -ECONNRESET ? -ENETDOWN : rc);
}

static void queue_flush(struct instance *in)
{
	while (in->queue) {
		int rc = queued_send(in, in->queue);

		if (rc == -EAGAIN)
			return;
		send_failed(in, in->queue, rc);
		queue_drop(in);
	}
	um_watch(in->control, EPOLLIN, control_event, in);
}

/* Sends, or queues while the stack is slow.  fd is borrowed.  A dead stack is
   noticed by its hangup, not here. */
void instance_send_value(struct instance *in, enum wire_kind kind, uint64_t tag,
		uint64_t sock, uint64_t value, int fd)
{
	struct queued now = { NULL, kind, tag, sock, value, 0, fd };
	struct queued *later;
	int rc = -EAGAIN;

	if (in->control < 0)
		return;
	if (kind == WIRE_CALL)
		now.adopt = instance_untold(in, sock);
	if (!in->queue)
		rc = queued_send(in, &now);
	if (rc == -EAGAIN && fd >= 0) {
		now.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (now.fd < 0 || descriptor_is_last(now.fd))
			rc = -ENFILE;
	}
	if (rc == -EMFILE)
		instance_note_untold(in, sock, now.adopt);
	if (rc != -EAGAIN) {
		if (now.fd >= 0 && now.fd != fd)
			close(now.fd);
		send_failed(in, &now, rc);
		return;
	}
	later = xcalloc(1, sizeof(*later));
	*later = now;
	if (!in->queue)
		um_watch(in->control, EPOLLIN | EPOLLOUT, control_event, in);
	*in->queue_end = later;
	in->queue_end = &later->next;
}

static void instance_send(struct instance *in, enum wire_kind kind, uint64_t tag,
		uint64_t sock, int fd)
{
	instance_send_value(in, kind, tag, sock, 0, fd);
}

/* A call that has not gone out yet need not: true if it was such a one. */
static bool queue_withdraw(struct instance *in, uint64_t tag)
{
	for (struct queued **link = &in->queue; *link; link = &(*link)->next) {
		struct queued *q = *link;

		if (q->kind != WIRE_CALL || q->tag != tag)
			continue;
		*link = q->next;
		if (!q->next)
			in->queue_end = link;
		instance_note_untold(in, q->sock, q->adopt);
		if (q->fd >= 0)
			close(q->fd);
		free(q);
		return true;
	}
	return false;
}

/* No more is heard from the stack: whoever waits for it gets an answer. */
static void instance_hang_up(struct instance *in)
{
	if (in->control >= 0) {
		um_watch(in->control, 0, NULL, NULL);
		close(in->control);
		in->control = -1;
	}
	in->state = DEAD;
	ahead_clear(&in->ahead);
	while (in->queue)
		queue_drop(in);
	for (unsigned i = 0; i < in->slot_count; i++) {
		struct um_call *c = slot_release(in, (uint64_t)in->slots[i].generation << 32 | i);

		if (c)
			um_done(c, -ENETDOWN);
	}
}

static void instance_free(struct instance *in)
{
	instance_hang_up(in);
	free(in->slots);
	free(in->fstype);
	free(in->target);
	free(in->options);
	free(in->directory);
	link_free(in->link);
	resolver_free(in->resolver);
	free(in);
}

/* The mount has failed: nothing of it remains. */
static void instance_fail(struct instance *in, int64_t rc)
{
	struct um_call *c = take_pointer(in->mounting);

	um_kill(in->pid, SIGTERM);
	um_kill(in->pid, SIGCONT);
	instance_free(in);
	um_done(c, rc);
}

static void instance_ready(struct instance *in, const struct wire_message *m)
{
	const char *text = m->call.arg[0].in ? (char *)m->call.arg[0].in : "";

	if (!in->mounting)
		return;
	if (*text)
		um_warn("mount: %s: %s", in->fstype, text);
	if (m->head.rc < 0) {
		/* mount(8) takes these for a device that may be read only, and tries again. */
		instance_fail(in, m->head.rc == -EACCES || m->head.rc == -EROFS ? -EPERM :
			      m->head.rc);
		return;
	}
	in->families = m->head.value & FAMILY_ALL;
	in->state = UP;
	um_done(take_pointer(in->mounting), 0);
}

static void instance_answer(struct instance *in, struct wire_message *m)
{
	struct um_call *c = slot_release(in, m->head.tag);

	if (!c) {	/* it was given up; what it made must not be lost */
		if (m->fds[0] >= 0)
			instance_send(in, WIRE_UNDO, m->head.tag, m->head.sock, m->fds[0]);
		return;
	}
	instance_read_marks(c, m->head.value);
	for (unsigned i = 0; i < UM_ARGS; i++) {
		struct um_arg *from = &m->call.arg[i], *to = &c->arg[i];

		to->value = from->value;
		if (!from->out || from->out_len > to->room)
			continue;
		free(to->out);
		to->out = take_pointer(from->out);
		to->out_len = from->out_len;
		to->full = from->full;
	}
	if (m->head.rc >= 0 && m->cut)
		um_done(c, -ENFILE);
	else if (c->op == UM_CONNECT && m->fds[0] >= 0)
		um_done_replace(c, m->head.rc, take_fd(&m->fds[0]), name_of(in, m->head.sock));
	else if (m->head.rc >= 0 && m->fds[0] >= 0)
		um_done_fd(c, take_fd(&m->fds[0]), name_of(in, m->head.sock));
	else
		um_done(c, m->head.rc);
}

/* One message; false when in is gone, or has no more. */
static bool control_receive(struct instance *in)
{
	struct wire_message m;
	int rc = wire_receive(in->control, &m);
	bool more = true;

	if (rc == -EAGAIN)
		return false;
	if (rc <= 0) {
		if (in->state == STARTING) {
			um_warn("mount: %s: the stack's program died", in->fstype);
			instance_fail(in, -EIO);
			return false;
		}
		um_warn("%s: the stack has died", in->target);
		um_kill(in->pid, SIGKILL);
		litter_remove(in->options, in->directory);
		instance_hang_up(in);
		return false;
	}
	switch (m.head.kind) {
	case WIRE_READY:
		more = m.head.rc >= 0;
		instance_ready(in, &m);
		break;
	case WIRE_ANSWER:
		instance_answer(in, &m);
		break;
	case WIRE_GONE:
		instance_gone(in, &m);
		break;
	case WIRE_SPARE:
		instance_spares(in, &m);
		break;
	case WIRE_INCOMING:
		instance_incoming(in, &m);
		break;
	}
	wire_clear(&m);
	return more;
}

static void control_event(void *arg, uint32_t events)
{
	enum { BATCH = 64 };	/* then the others get their turn */
	struct instance *in = arg;

	if (events & EPOLLOUT)
		queue_flush(in);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	for (unsigned i = 0; i < BATCH; i++)
		if (!control_receive(in))
			return;
}

/* The working directory of a guest; owned by the caller. */
static char *directory_of(pid_t tid)
{
	autofree char *link = xasprintf("/proc/%d/cwd", tid);
	char path[4096];
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	path[n < 0 ? 0 : n] = 0;
	return xstrdup(path);
}

int64_t instance_start(struct um_call *c, const char *program, const char *fstype,
		const char *source, const char *target, const char *options, void **inst)
{
	char *argv[] = { (char *)program, (char *)source, (char *)target, (char *)options, NULL };
	struct instance *in;
	int pair[2];
	int room = 1 << 20;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	if (descriptor_is_last(pair[0])) {
		um_warn("mount: %s: as many stacks as the monitor's RLIMIT_NOFILE allows", fstype);
		close(pair[0]);
		close(pair[1]);
		return -ENFILE;
	}
	for (unsigned i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	pid = um_spawn(argv, pair[1], c->tid);
	close(pair[1]);
	if (pid < 0) {
		um_warn("mount: %s: cannot execute '%s': %s", fstype, program, strerror(-pid));
		close(pair[0]);
		return pid;
	}
	in = xcalloc(1, sizeof(*in));
	in->number = next_number++ & ((1u << INSTANCE_BITS) - 1);
	in->fstype = xstrdup(fstype);
	in->target = xstrdup(target);
	in->options = xstrdup(options);
	in->directory = directory_of(c->tid);
	in->pid = pid;
	in->control = pair[0];
	ahead_init(&in->ahead);
	in->mounting = c;
	in->queue_end = &in->queue;
	*inst = in;
	um_watch(in->control, EPOLLIN, control_event, in);
	return UM_TAKEN;
}

void instance_resolve(void *inst, struct resolver *resolver)
{
	struct instance *in = inst;

	in->resolver = resolver;
}

int instance_umount(void *inst, int flags)
{
	struct instance *in = inst;

	(void)flags;		/* sockets die with their stack, whatever the flags */
	if (in->state != DEAD)
		um_kill(in->pid, SIGCONT);	/* it ends by itself, unless it is stopped */
	instance_free(in);
	return 0;
}

uint64_t instance_families(void *inst)
{
	const struct instance *in = inst;

	return in->families;
}

const char *instance_alias(void *inst, int family)
{
	const struct instance *in = inst;

	return in->link ? link_path(in->link, family) : NULL;
}

/* How names are looked up is not a stack's own affair.  0: it is about something else. */
static int64_t instance_names(struct instance *in, struct um_call *c)
{
	const char *name = c->arg[0].in ? (const char *)c->arg[0].in : "";
	bool is_host = in->fixed == UM_CONTINUE;

	/* The host's caches of names know only the host's. */
	if (strcmp(name, "nscd") == 0)
		return is_host ? UM_CONTINUE : -ENOENT;
	if (strcmp(name, "resolv.conf") != 0 && strcmp(name, "hosts") != 0)
		return 0;
	return in->resolver ? resolver_file(in->resolver, c, is_host) : UM_CONTINUE;
}

/* Where there is no stack: what the host has, or nothing. */
static int64_t instance_answer_alike(const struct instance *in, const struct um_call *c)
{
	if (c->op == UM_FILE && in->fixed != UM_CONTINUE)
		return -ENOENT;
	return in->fixed;
}

int64_t instance_call(void *inst, struct um_call *c)
{
	struct instance *in = inst;
	int64_t rc = c->op == UM_FILE ? instance_names(in, c) : 0;
	uint64_t tag;
	bool blocks;

	if (rc)
		return rc;
	if (in->fixed)
		return instance_answer_alike(in, c);
	if (in->state != UP)
		return -ENETDOWN;
	c->sock = id_of(c->sock);
	rc = instance_call_ahead(in, c);
	if (rc != UM_CONTINUE)
		return rc;
	tag = slot_take(in, c);
	blocks = instance_blocks(c);
	in->slots[(uint32_t)tag].blocks = blocks;
	instance_send_value(in, WIRE_CALL, tag, c->sock, blocks ? WIRE_BLOCKS : 0,
			    blocks ? -1 : c->fd);
	return UM_TAKEN;
}

void instance_interrupt(void *inst, struct um_call *c)
{
	struct instance *in = inst;

	if (c == in->mounting) {
		instance_fail(in, -UM_ERESTARTSYS);
		return;
	}
	for (unsigned i = 0; i < in->slot_count; i++) {
		uint64_t tag = (uint64_t)in->slots[i].generation << 32 | i;

		if (in->slots[i].call != c)
			continue;
		if (queue_withdraw(in, tag))
			um_done(slot_release(in, tag), -UM_ERESTARTSYS);
		else
			instance_send(in, WIRE_INTERRUPT, tag, 0, -1);
		return;
	}
}

void instance_undo(void *inst, struct um_call *c, int fd, uint64_t sock)
{
	(void)c;
	instance_send(inst, WIRE_UNDO, 0, id_of(sock), fd);
	close(fd);
}
