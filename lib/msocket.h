/* SPDX-License-Identifier: GPL-2.0-or-later */
/* msocket.h - msocket(3): sockets on a stack chosen by its path. */
#ifndef MSOCKET_H
#define MSOCKET_H

#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The file type of a stack in st_mode (mask S_IFMT). */
#ifndef S_IFSTACK
#define S_IFSTACK	0160000
#endif
#ifndef S_ISSTACK
#define S_ISSTACK(mode)	(((mode) & 0170000) == S_IFSTACK)
#endif

/* As `type`: no socket; the stack becomes the caller's default for `domain`. */
#define SOCK_DEFAULT	0

/*
 * A socket on the stack mounted at path; with path NULL, on the caller's
 * default stack: msocket(NULL, d, t, p) is socket(d, t, p).
 *
 * With type SOCK_DEFAULT no socket is made: the stack becomes the default of
 * the calling process, and of its future children, for domain (PF_UNSPEC: for every
 * family but AF_UNIX, those the stack does not serve being refused from
 * then on).  Returns 0.
 *
 * Returns a descriptor (or 0), or -1 and errno:
 *   ENOSYS          not inside a view
 *   EFAULT          path is a bad address
 *   ENAMETOOLONG    path is longer than PATH_MAX
 *   ENOENT          nothing is mounted at path and it does not exist
 *   ENOTSUP         path is not a stack
 *   EINVAL          path NULL with SOCK_DEFAULT; unknown flags in type
 *   EAFNOSUPPORT    the stack does not serve domain (with SOCK_DEFAULT that is found
 *                   out later: socket(2) fails so from then on); AF_UNIX, which is
 *                   always the kernel's
 *   ENETDOWN        the stack has died
 *   others          as socket(2) has them
 */
int msocket(const char *path, int domain, int type, int protocol);

#ifdef __cplusplus
}
#endif
#endif
