/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - another process, looked at from outside: its memory, its
 * descriptors, who it is, where it stands.  `tid` is what a notification
 * names: a thread.  All of this can fail at any moment, because the guest may
 * die: -ESRCH; or be of another user: -EPERM.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* len bytes, all of them: 0, or -EFAULT, -ESRCH, -EPERM. */
int guest_read(pid_t tid, uint64_t address, void *buffer, size_t len);
int guest_write(pid_t tid, uint64_t address, const void *buffer, size_t len);
/* A string shorter than max bytes.  Returns its length, *text is owned by the
   caller (NUL included); -ENAMETOOLONG if no NUL is found in max bytes. */
ssize_t guest_string(pid_t tid, uint64_t address, size_t max, char **text);

/* Containers deny pidfd_getfd(2), old ones process_vm_readv(2), too: looks, once, before
   anything else here is used. */
void guest_probe(void);
bool guest_copies_denied(void);

/* A copy (owned, CLOEXEC) of the guest's descriptor; -EBADF ...; -EOPNOTSUPP where copies are denied. */
int guest_descriptor(pid_t tid, int fd);
/* The inode of the guest's socket, without a copy of it; -EBADF, -ENOTSOCK ... */
int64_t guest_socket(pid_t tid, int fd);
/* Is it one of AF_UNIX? */
bool guest_socket_is_local(pid_t tid, int fd);

/* Effective ids. */
int guest_credentials(pid_t tid, uid_t *uid, gid_t *gid);
/* path made absolute by the guest's directory dirfd (or AT_FDCWD: where it is) and freed of
   ".", ".." and "//", by the text alone.  Returned owned; NULL if the guest is gone. */
char *guest_absolute(pid_t tid, int dirfd, const char *path);
/* The same, by the root directory that the guest may have changed. */
char *guest_absolute_rooted(pid_t tid, int dirfd, const char *path);

/* Is the guest's descriptor close-on-exec? */
bool guest_close_on_exec(pid_t tid, int fd);
/* The position of its file; -1: it cannot be told. */
long long guest_position(pid_t tid, int fd);
/* Where a descriptor of the guest's is in the tree of files.  Returned owned; NULL: nowhere. */
char *guest_directory(pid_t tid, int fd);

/* The letter of /proc/TID/stat: 'S' asleep ... 'Z', or 0 if it is gone. */
char guest_state(pid_t tid);

#endif
