/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a call.
 *
 *   received --route--> CONTINUE, or a result ------------------> answered
 *                \-> module->call --result, UM_CONTINUE---------> answered
 *                              \--UM_TAKEN--> pending --um_done-> answered
 *
 * A pending request is on a list, and a tick looks every 10 ms whether its
 * caller has been signalled.  The kernel tells by the thread's state: while it
 * waits for us it sleeps interruptibly (S); a signal makes it go on waiting, because
 * of WAIT_KILLABLE_RECV, but uninterruptibly (D).  Then the module is asked to
 * hurry (interrupt): it answers with the result, or -ERESTARTSYS, of which the
 * kernel makes EINTR or a restart.  A module that does not answer that in
 * ANSWER_TIME has the request abandoned: the guest gets -ERESTARTSYS from us,
 * and the module's late answer is undone.  Nothing is answered twice.
 *
 * A guest that was killed says nothing; the tick finds it gone, or the answer
 * comes back ENOENT: then what was given is undone.
 *
 * A request is freed when it has been answered and no module holds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "call.h"
#include "guest.h"
#include "latency.h"
#include "loop.h"
#include "mount.h"
#include "notification.h"
#include "request.h"
#include "route.h"
#include "service.h"
#include "sock.h"
#include "trace.h"
#include "util.h"
#include "virtual.h"

enum {
	TICK = 10,		/* ms between looks at the pending calls */
	TICK_LOOKS = 100,	/* how many calls a tick looks at */
	ANSWER_TIME = 200,	/* ms for a module to answer an interrupt */
};

static void (*guests_ended)(void);
static const struct request *asked;	/* the request that a module is just being asked */
static struct request pending = { .next = &pending, .previous = &pending };

static void request_free(struct request *r)
{
	latency_add(r->row, r->received);
	request_clear(r);
	if (r->answer_fd >= 0)
		close(r->answer_fd);
	free(r);
}

/* The guest's memory is written only while it still waits: its pid could
   have become another's. */
static int64_t answer_encode(struct request *r, int64_t rc)
{
	bool any = r->flags_at || r->count_at;

	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < UM_ARGS && !any; i++)
		any = r->call.arg[i].out_len || r->place[i].length_at;
	if (!any)
		return rc;
	return notification_valid(r) ? request_encode(r, rc) : -ENOENT;
}

static void request_to_module(struct request *r, bool new_mount);

/*
 * After a message of sendmmsg or recvmmsg, rc is how many there were.  True: there is
 * another, and it is on its way.
 */
static bool answer_next(struct request *r, int64_t rc)
{
	struct sock *sock;
	int fd = -1;

	if (rc <= 0 || !r->count_at || r->interrupted_at || !request_next(r))
		return false;
	if (sock_of_guest(r->call.tid, (int)r->reg[0], &fd, &sock) < 0)
		return false;
	/* The module may have changed the name that it was given. */
	if (sock && sock->mount == mount_ref(r->mount)) {
		r->call.sock = sock->name;
		r->call.fd = fd;
		request_to_module(r, false);
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

static void answer_message(struct request *r, int64_t rc)
{
	rc = answer_encode(r, rc);
	if (answer_next(r, rc))
		return;
	if (rc < 0 && r->index)
		rc = r->index;		/* those before it */
	if (rc > 0 && r->count_at)
		request_encode_time(r);
	notification_send(r, rc);
	request_free(r);
}

static void answer(struct request *r, int64_t rc)
{
	if (rc == -UM_ERESTARTSYS && !r->interrupted_at)
		rc = -EINTR;	/* the kernel would hand 512 to the guest */
	if (trace_on)
		trace_note(r, rc, r->answer_fd >= 0);
	if (r->answer_fd >= 0 && rc >= 0) {
		int error = notification_send_fd(r, r->answer_fd);

		if (error < 0)
			notification_send(r, error);
		request_free(r);
		return;
	}
	answer_message(r, rc);
}

static void pending_remove(struct request *r)
{
	r->next->previous = r->previous;
	r->previous->next = r->next;
	r->pending = false;
	if (asked == r)
		asked = NULL;
	if (pending.next == &pending)
		loop_tick(0, NULL);
}

/* The module has answered: the request is ours alone again. */
static void request_return(struct request *r, int64_t rc)
{
	if (r->pending)
		pending_remove(r);
	if (r->call.op == UM_MOUNT)
		mount_started(r->mount, rc);
	/* A module that knows nothing of files. */
	if (r->call.op == UM_FILE && (rc == -ENOSYS || rc == -EOPNOTSUPP))
		rc = UM_CONTINUE;
	if (r->call.op == UM_SOCKET && rc == UM_CONTINUE && !r->abandoned)
		rc = virtual_host_socket(r);
	if (r->abandoned)
		request_free(r);
	else
		answer(r, rc);
}

void um_done(struct um_call *c, int64_t rc)
{
	request_return((struct request *)c, rc);
}

/* Remember whose carrier this is. */
static int sock_register(const struct request *r, int fd, uint64_t name)
{
	struct stat status;
	socklen_t len = sizeof(int);
	int type = 0;
	struct sock sock = { .name = name, .mount = mount_ref(r->mount) };

	if (fstat(fd, &status) < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -errno;
	sock.device = status.st_dev;
	sock.inode = status.st_ino;
	sock.stream = type == SOCK_STREAM;
	sock.begun = sock.stream && r->call.op == UM_ACCEPT;
	sock.netlink = r->call.op == UM_SOCKET && r->call.arg[0].value == AF_NETLINK;
	sock.ipv6 = r->call.op == UM_SOCKET ? r->call.arg[0].value == AF_INET6 : r->ipv6;
	return sock_add(&sock);
}

void um_done_fd(struct um_call *c, int fd, uint64_t name)
{
	struct request *r = (struct request *)c;
	const struct um_module *module = r->mount->service->module;
	int64_t rc = 0;

	if (r->file.finish && !r->abandoned) {
		request_return(r, r->file.finish(r, fd));
		return;
	}
	pending_remove(r);
	if (r->abandoned)
		rc = -ENOENT;
	if (rc == 0)
		rc = answer_encode(r, 0);
	if (rc == 0 && name)
		rc = sock_register(r, fd, name);
	if (trace_on && !r->abandoned)
		trace_note(r, rc, true);
	if (rc == 0) {
		rc = notification_send_fd(r, fd);
		if (rc == 0) {
			close(fd);
			request_free(r);
			return;
		}
		if (name)
			um_forget(name);
	}
	if (module->undo)
		module->undo(r->mount->instance, c, fd, name);
	else
		close(fd);
	if (!r->abandoned)
		notification_send(r, rc);
	request_free(r);
}

void um_done_replace(struct um_call *c, int64_t rc, int fd, uint64_t name)
{
	struct request *r = (struct request *)c;
	autoclose int new = fd;
	int error = 0;

	/* With nobody to have it, its hangup tells the module. */
	if (!r->abandoned) {
		um_forget(name);
		error = sock_register(r, new, name);
	}
	if (error == 0 && !r->abandoned)
		error = notification_replace_fd(r, new, (int)r->reg[0]);
	request_return(r, error < 0 ? error : rc);
}

int um_descriptor(const struct um_call *c)
{
	const struct request *r = (const struct request *)c;
	int fd = r->name ? guest_descriptor(c->tid, (int)r->reg[0]) : -EBADF;
	const struct sock *sock = fd < 0 ? NULL : sock_find(fd);

	if (fd < 0 || (sock && sock->name == r->name))
		return fd;
	close(fd);
	return -EBADF;
}

static void request_interrupt(struct request *r)
{
	const struct um_module *module = r->mount->service->module;

	r->interrupted_at = loop_now();
	if (module->interrupt)
		module->interrupt(r->mount->instance, &r->call);
}

/* Has this pending request's caller been signalled, or died? */
static void pending_look(struct request *r)
{
	char state;

	if (r->abandoned)
		return;
	if (r->interrupted_at) {
		if (loop_now() - r->interrupted_at < ANSWER_TIME)
			return;
		r->abandoned = true;
		if (trace_on)
			trace_note(r, -UM_ERESTARTSYS, false);
		/* What recvmmsg has already given cannot be given again. */
		notification_send(r, r->index ? (int64_t)r->index : -UM_ERESTARTSYS);
		return;
	}
	state = guest_state(r->call.tid);
	if (state == 0 || state == 'Z' || state == 'X') {
		r->abandoned = true;
		request_interrupt(r);
	} else if (state == 'D') {
		request_interrupt(r);
	}
}

/*
 * Looks from the oldest on, and turns the list round when it is long, so that
 * all get their turn.  A module may answer the request looked at, and only that one,
 * from within.
 */
static void pending_tick(void)
{
	struct request *r = pending.next;

	for (unsigned n = 0; n < TICK_LOOKS && r != &pending; n++) {
		struct request *next = r->next;

		pending_look(r);
		r = next;
	}
	if (r == &pending || r == pending.next)
		return;
	/* The head moves to just before r. */
	pending.next->previous = pending.previous;
	pending.previous->next = pending.next;
	pending.next = r;
	pending.previous = r->previous;
	r->previous->next = &pending;
	r->previous = &pending;
}

static void pending_add(struct request *r)
{
	if (pending.next == &pending)
		loop_tick(TICK, pending_tick);
	r->next = &pending;
	r->previous = pending.previous;
	r->previous->next = r;
	pending.previous = r;
	r->pending = true;
}

/* Hands the request to its mount's module. */
static void request_to_module(struct request *r, bool new_mount)
{
	const struct um_module *module = r->mount->service->module;
	int fd = r->call.fd;
	int64_t rc;

	pending_add(r);
	asked = r;
	if (new_mount)
		rc = module->mount(&r->call, &r->mount->instance);
	else
		rc = module->call(r->mount->instance, &r->call);
	/* With UM_TAKEN, r may be gone already. */
	if (rc != UM_TAKEN)
		request_return(r, rc);
	else if (asked)
		loop_expect();
	asked = NULL;
	if (fd >= 0)
		close(fd);
}

static struct request *request_new(const struct seccomp_notif *n)
{
	enum arch arch = n->data.arch == 0x40000003 ? ARCH_I386 : ARCH_X86_64; /* AUDIT_ARCH_I386 */
	const struct row *row = table_find(arch, n->data.nr);
	struct request *r = row ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return NULL;
	r->id = n->id;
	r->received = latency_now();
	r->row = row;
	r->word = arch == ARCH_I386 ? 4 : 8;
	r->answer_fd = -1;
	r->call.op = row->op;
	r->call.tid = n->pid;
	r->call.fd = -1;
	for (unsigned i = 0; i < 6; i++)
		r->reg[i] = n->data.args[i];
	return r;
}

static void call_receive(void)
{
	/* The kernel may know longer structures than we: leave room. */
	static union {
		struct seccomp_notif n;
		char room[512];
	} message;
	struct request *r;
	int64_t rc;

	memset(&message, 0, sizeof(message));
	if (notification_receive(&message.n) < 0)
		return;
	r = request_new(&message.n);
	if (!r) {
		struct request unknown = { .id = message.n.id };

		notification_send(&unknown, -ENOSYS);
		return;
	}
	rc = route(r);
	if (rc == ROUTE_MODULE || rc == ROUTE_MOUNT)
		request_to_module(r, rc == ROUTE_MOUNT);
	else
		answer(r, rc);
}

static void listener_event(void *arg, uint32_t events)
{
	(void)arg;
	if (events & EPOLLIN)
		call_receive();
	else if (events & (EPOLLHUP | EPOLLERR)) {
		loop_direct(-1, NULL);
		guests_ended();
	}
}

void call_start(int fd, void (*ended)(void))
{
	notification_start(fd);
	guests_ended = ended;
	loop_direct(fd, listener_event);
}
