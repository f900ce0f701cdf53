/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mirror.h - packet sockets that are the kernel's own, with rings, filters, mmap(2).
 *
 * THEORY OF OPERATION
 *
 * tcpdump maps its socket, and a carrier cannot be mapped.  So a guest's AF_PACKET socket
 * is a real one, in a network namespace that is empty but for an image of each interface of
 * the stack: same name, index, MAC, MTU, state.  What the stack sees goes by it:
 *
 *   from the wire:  device_send()              the image receives it
 *   to the wire:    send() on `out`            the image sends it: PACKET_OUTGOING
 *   on lo0:         send() on `out`            both, by the namespace's own loopback
 *   a guest sends:  device_receive()           to the stack's wire
 *
 * What is sent on `out` comes out of the device as well, as if a guest had sent it; it
 * is known by its bytes, of which `echoes` keeps a hash until they have come.
 *
 * The namespace has no addresses and no IPv6: its kernel sends nothing by itself.  A helper
 * process (mirror-helper.c) lives in it, makes it and opens sockets in it; all else is done
 * here, on descriptors it has sent.  It ends when its socket hangs up, so with this process.
 *
 *   OFF --the first AF_PACKET socket--> ON --the guests' last one is gone--> OFF
 *    `--no namespace, no device--> DENIED: packet sockets have carriers (packet.c)
 *
 * Nobody tells of a guest's close: the namespace's /proc/net/packet lists who is there, and
 * is looked at once a second while packets come by.
 */
#ifndef MIRROR_H
#define MIRROR_H

#include <stddef.h>
#include <stdint.h>

#include "../net.h"
#include "interface.h"

/* A packet socket of the kernel's, owned; or -errno; -ENOSYS: it must have a carrier. */
int mirror_socket(int type, int protocol);
/* A frame of i (on lo: an IP packet) was received, or is being sent. */
void mirror_tap(struct interface *i, const uint8_t *frame, size_t len, bool outgoing);
/* i was changed: up, down, MAC, MTU, carrier. */
void mirror_update(struct interface *i);
/* Deferred work; -1. */
int mirror_poll(uint64_t now);
/* As socket_list(): the guests' packet sockets. */
int mirror_list(int (*visit)(void *arg, const struct net_socket *s), void *arg);

/* Inside: between mirror.c and mirror-helper.c. */

/* What the helper is to make of an interface, and what it answers with. */
struct mirror_plan {
	char	name[16];
	int	index;
	bool	ethernet, loopback;
};
struct mirror_request {
	enum { MIRROR_PORT, MIRROR_SOCKET } what;
	struct mirror_plan plan;
	int	type, protocol;
};
#define MIRROR_FDS 4
struct mirror_answer {
	int	rc;
	const void *kind;	/* the device's; the helper is a fork of us */
	int	count;		/* of descriptors: hello: an IP socket for ioctl, rtnetlink,
				   /proc/net/packet; port: out, device, far; socket: one */
};

/* In the child: serves requests on `socket` until it hangs up. */
void mirror_helper(int socket) __attribute__((noreturn));
int mirror_send(int socket, const struct mirror_answer *answer, const int *fds);
/* Descriptors are owned by the caller.  -errno of the transport, or 0. */
int mirror_receive(int socket, struct mirror_answer *answer, int fds[MIRROR_FDS]);

#endif
