/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plug.c - frames between an interface of the namespace (a device) and the
 * far end of its wire (a cable).
 *
 * Each direction moves at most FRAMES_AT_ONCE frames an event, so that no wire
 * and no call waits long for another.  A frame that the cable has no room
 * for is held, and the device is not read until it is gone, or HOLD_TIME has
 * passed: the kernel's queue then fills, and TCP slows down, as on a real
 * wire.  To the other side nothing waits: what the device does not take is lost.
 *
 *   open --the far end hangs up--> dead: carrier off, never read again
 *      \--the interface is deleted--> dead
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "cable.h"
#include "device.h"
#include "namespace.h"
#include "plug.h"
#include "um_stack.h"
#include "util.h"

#define FRAMES_AT_ONCE	64
#define FRAMES_BETWEEN	4	/* a switch drops what does not fit in the cable's short queue */
#define HOLD_TIME	200	/* ms */
#define RETRY_TIME	1	/* ms; a cable need not tell that it has room */

struct plug {
	TAILQ_ENTRY(plug) next;
	char		name[IFNAMSIZ];
	struct cable	*cable;		/* owned */
	struct device	device;
	bool		has_mac;
	uint8_t		mac[6];
	uint32_t	mtu;		/* 0: as it comes */
	bool		dead;
	bool		carrier;	/* what the device was told last */
	uint8_t		*held;		/* a frame for the cable; NULL if none */
	size_t		held_len;
	uint64_t	held_until;
};

static TAILQ_HEAD(, plug) plugs = TAILQ_HEAD_INITIALIZER(plugs);

static void plug_cable_event(void *arg, uint32_t events);
static void plug_device_event(void *arg, uint32_t events);
static void plug_hangup_event(void *arg, uint32_t events);

static void plug_watch(struct plug *p)
{
	bool on = !p->dead;

	um_stack_watch(p->cable->fd, on ? p->held ? EPOLLIN | EPOLLOUT : EPOLLIN : 0,
			plug_cable_event, p);
	um_stack_watch(p->device.fd, on && !p->held ? EPOLLIN : 0, plug_device_event, p);
	if (p->cable->hangup_fd >= 0)
		um_stack_watch(p->cable->hangup_fd, on ? EPOLLIN | EPOLLRDHUP : 0,
				plug_hangup_event, p);
}

static void plug_carrier(struct plug *p)
{
	bool on = !p->dead && p->cable->connected;

	if (p->carrier == on)
		return;
	p->carrier = on;
	p->device.kind->carrier(&p->device, on);
}

static void plug_release(struct plug *p)
{
	free(take_pointer(p->held));
	plug_watch(p);
}

static void plug_die(struct plug *p, const char *what, int error)
{
	if (p->dead)
		return;
	um_stack_warn("%s: %s: %s", p->name, what, strerror(-error));
	p->dead = true;
	plug_carrier(p);
	plug_release(p);
}

/* --- from the cable --- */

static void plug_receive(struct plug *p, int frames)
{
	static uint8_t frame[CABLE_FRAME_MAX];

	for (int k = 0; k < frames; k++) {
		ssize_t n = p->cable->kind->receive(p->cable, frame, sizeof(frame));

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			plug_die(p, "the wire is gone", n);
			return;
		}
		if (n > 0)
			p->device.kind->send(&p->device, frame, n);
	}
	plug_carrier(p);
}

/* --- to the cable --- */

static void plug_hold(struct plug *p, const void *frame, size_t len)
{
	p->held = malloc(len);
	if (!p->held)
		return;		/* it is lost */
	memcpy(p->held, frame, len);
	p->held_len = len;
	p->held_until = um_stack_now() + HOLD_TIME;
	plug_watch(p);
}

static bool plug_is_full(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOBUFS;
}

static void plug_retry(struct plug *p)
{
	ssize_t n = p->cable->kind->send(p->cable, p->held, p->held_len);

	if (!plug_is_full(n) || um_stack_now() >= p->held_until)
		plug_release(p);
}

static void plug_device_event(void *arg, uint32_t events)
{
	static uint8_t frame[CABLE_FRAME_MAX];
	struct plug *p = arg;

	for (int k = 0; k < FRAMES_AT_ONCE && !p->dead && !p->held; k++) {
		ssize_t n = p->device.kind->receive(&p->device, frame, sizeof(frame));

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			plug_die(p, "the interface is gone", n);
			return;
		}
		if (!p->cable->connected)
			continue;
		if (plug_is_full(p->cable->kind->send(p->cable, frame, n)))
			plug_hold(p, frame, n);
		if (k % FRAMES_BETWEEN == FRAMES_BETWEEN - 1)
			plug_receive(p, FRAMES_BETWEEN);
	}
}

static void plug_cable_event(void *arg, uint32_t events)
{
	struct plug *p = arg;

	if (events & EPOLLOUT && p->held)
		plug_retry(p);
	if (events & ~EPOLLOUT)
		plug_receive(p, FRAMES_AT_ONCE);
}

static void plug_hangup_event(void *arg, uint32_t events)
{
	struct plug *p = arg;
	char byte;

	/* Whatever the far end says here is of no interest; its silence is. */
	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP) ||
	    recv(p->cable->hangup_fd, &byte, 1, MSG_DONTWAIT) == 0)
		plug_die(p, "the wire is gone", -ENOTCONN);
}

int plug_poll(void)
{
	struct plug *p;
	int wait = -1;

	TAILQ_FOREACH(p, &plugs, next)
		if (p->held) {
			plug_retry(p);
			wait = p->held ? RETRY_TIME : wait;
		}
	return wait;
}

/* --- start and end --- */

int plug_plan(const char *name, unsigned n, struct cable *cable, const uint8_t *mac,
		uint32_t mtu, char *error, size_t size)
{
	struct plug *p = xcalloc(1, sizeof(*p));

	snprintf(p->name, sizeof(p->name), "%.2s%u", name, n);
	p->cable = cable;
	p->device.fd = p->device.far = -1;
	p->mtu = mtu;
	p->has_mac = mac && cable->kind->ethernet;
	if (p->has_mac)
		memcpy(p->mac, mac, sizeof(p->mac));
	TAILQ_INSERT_TAIL(&plugs, p, next);
	return 0;
}

static int plug_make(struct plug *p, char *error, size_t size)
{
	int rc = device_open(&p->device, p->name, 0, p->cable->kind->ethernet, error, size);

	if (rc < 0)
		return rc;
	if (p->has_mac)
		rc = link_set_mac(namespace_socket(), p->name, p->mac);
	if (rc == 0 && p->mtu)
		rc = link_set_mtu(namespace_socket(), p->name, p->mtu);
	if (rc < 0) {
		snprintf(error, size, "%s: mac or mtu: %s", p->name, strerror(-rc));
		return rc;
	}
	p->carrier = true;	/* as it is born */
	plug_carrier(p);
	plug_watch(p);
	return 0;
}

int plug_make_all(char *error, size_t size)
{
	struct plug *p;
	int rc = 0;

	TAILQ_FOREACH(p, &plugs, next) {
		rc = plug_make(p, error, size);
		if (rc < 0)
			break;
	}
	return rc;
}

void plug_close_all(void)
{
	struct plug *p;

	while ((p = TAILQ_FIRST(&plugs))) {
		TAILQ_REMOVE(&plugs, p, next);
		p->cable->kind->close(p->cable);
		device_close(&p->device);
		free(p->held);
		free(p);
	}
}
