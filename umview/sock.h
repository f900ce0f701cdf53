/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock.h - which carrier is whose: the inode of a guest's descriptor names
 * the module's socket.  There is no table of descriptors: dup, fork and
 * SCM_RIGHTS move them about without telling us, the inode stays.
 */
#ifndef SOCK_H
#define SOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sock {
	dev_t		 device;	/* with the inode: sockets have files, too, elsewhere */
	ino_t		 inode;
	uint64_t	 name;		/* the module's; 0: free */
	uint64_t	 mount;		/* mount_ref */
	bool		 stream;	/* receiving is the kernel's business ... */
	bool		 begun;		/* ... once it was connected or accepted */
	bool		 netlink;	/* sending is, too */
	bool		 ipv6;		/* AF_INET6 */
};

int sock_add(const struct sock *sock);		/* copies; 0 or -errno */
/* What fd (anyone's copy) carries; NULL if it is no carrier.  Good until the
   next sock_add() or um_forget(); `begun` may be set. */
struct sock *sock_find(int fd);
/* The same for the guest's descriptor `number`, into *sock.  *fd: a copy of it (owned), or -1
   where copies are denied.  0, or -EBADF ... as guest_descriptor(). */
int sock_of_guest(pid_t tid, int number, int *fd, struct sock **sock);
unsigned sock_count(void);
unsigned sock_count_mount(uint64_t mount);	/* of this mount_ref */
void sock_forget_mount(uint64_t mount);	/* all that are of this mount_ref */

#endif
