/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_call.h - a system call as modules and stack programs see it: decoded,
 * every buffer copied in, no guest address anywhere.
 *
 * Public, included by um_module.h and um_stack.h.
 */
#ifndef UM_CALL_H
#define UM_CALL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Operations.  The numbers are part of the protocol between umnet and its
 * stack programs: add at the end of a group, never renumber.
 *
 * The arguments of each operation, by index in um_call.arg[]:
 *
 *  UM_SOCKET      0 domain  1 type (with SOCK_NONBLOCK|SOCK_CLOEXEC)  2 protocol
 *  UM_BIND        1 address (in)
 *  UM_CONNECT     1 address (in)
 *  UM_LISTEN      1 backlog
 *  UM_ACCEPT      1 address (out)  3 flags (SOCK_NONBLOCK|SOCK_CLOEXEC)
 *  UM_GETSOCKNAME 1 address (out)
 *  UM_GETPEERNAME 1 address (out)
 *  UM_SENDTO      1 data (in)   3 flags (MSG_*)  4 address (in)   6 control (in)
 *  UM_RECVFROM    1 data (out)  3 flags (MSG_*)  4 address (out)  6 control (out)
 *                 7 msg_flags (value, out)
 *                 both serve the msg forms too: sendmsg, recvmsg, sendmmsg ...
 *  UM_SETSOCKOPT  1 level  2 name  3 value (in)
 *  UM_GETSOCKOPT  1 level  2 name  3 value (in: what the guest had there; out)
 *  UM_SHUTDOWN    1 how (SHUT_RD, SHUT_WR, SHUT_RDWR)
 *  UM_IOCTL       1 request  2 argument (in and out, the request's structure);
 *                 for SIOCGIFCONF arg 2 is an array of struct ifreq (out), its
 *                 room 0 when the guest only asks for the size.  sock is 0 for an
 *                 interface's request on a socket that is not the stack's (AF_UNIX)
 *  UM_FILE        0 name (string)  1 flags of open(2).  A file by which the system tells of the
 *                 caller's network: "net/tcp" is /proc/net/tcp, "sys/class/net" that
 *                 directory, "resolv.conf" and "hosts" those of /etc, "nscd" stands for
 *                 the sockets of the host's caches of names.  The answer is a
 *                 descriptor of it (um_done_fd() with sock 0): of a file at its start, of
 *                 a directory, or for a directory of a list, see um_stack.h.
 *                 -ENOENT: the stack has no such file; UM_CONTINUE: the host's is right
 *  UM_MOUNT       0 source (string)  1 target (string, absolute)  2 type (string)
 *                 3 flags (MS_*)  4 options (string, may be absent)
 *  UM_UMOUNT      0 target (string)  1 flags (MNT_*, UMOUNT_*)
 */
enum um_op {
	UM_NONE = 0,
	UM_SOCKET = 1, UM_BIND, UM_CONNECT, UM_LISTEN, UM_ACCEPT,
	UM_GETSOCKNAME, UM_GETPEERNAME, UM_SENDTO, UM_RECVFROM,
	UM_SETSOCKOPT, UM_GETSOCKOPT, UM_SHUTDOWN, UM_IOCTL, UM_FILE,
	UM_MOUNT = 32, UM_UMOUNT,
	UM_VIEW = 64,		/* first of the monitor's own; see umview/table.h */
};

#define UM_ARGS	8		/* six registers, then control and msg_flags */

struct um_arg {
	int64_t		 value;	/* an integer argument; sign-extended */
	uint8_t		*in;	/* bytes copied from the guest, or NULL where it
				   passed a null pointer; a NUL follows them that
				   in_len does not count */
	uint32_t	 in_len;
	uint32_t	 room;	/* how many bytes the guest takes back here */
	uint8_t		*out;	/* the answer's bytes, set with um_put() */
	uint32_t	 out_len; /* how many are there, at most room */
	uint32_t	 full;	/* the length to report, which may exceed room */
};

/*
 * A call belongs to the monitor (or, in a stack process, to the frame) from
 * its arrival until it is answered; `in` and `out` are freed with it.
 */
struct um_call {
	uint32_t	 op;	/* enum um_op */
	int32_t		 tid;	/* the calling thread */
	uint32_t	 uid, gid; /* of the caller; for UM_MOUNT, UM_UMOUNT, UM_FILE */
	uint64_t	 sock;	/* the name given with um_done_fd() to the socket
				   the call is about, 0 if none */
	int		 fd;	/* the guest's descriptor: borrowed, valid until the
				   first return from the operation, never to be
				   kept (a kept copy hides the guest's close);
				   -1 if there is none */
	struct um_arg	 arg[UM_ARGS];
	uint32_t	 rights; /* UM_SOCKET: of R_OK, W_OK, X_OK, what the stack's
				   permissions allow the caller */
};

/*
 * Set the answer's bytes of argument `index`: copies at most `room` bytes of
 * data, and remembers len as the length to report, as the kernel does for
 * addresses and options.  Returns 0 or -ENOMEM.
 */
int um_put(struct um_call *call, unsigned index, const void *data, size_t len);

#endif
