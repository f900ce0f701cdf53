/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow.h - real directories made of what a stack says is in them. */
#ifndef SHADOW_H
#define SHADOW_H

struct mount;

/*
 * A stack that has no directory of the kernel's to show gives, for a directory, a list: a regular
 * file of lines "PATH CONTENT", and of every file that is to be there, in order.  This makes, in
 * the session's own directory, a real one of it, anew if something has changed.
 *
 * fd (consumed) is what the module gave for `key`.  Returns owned a descriptor of the
 * directory, or fd itself if it is no list: if it is a directory, or key does not
 * name one.  -errno.
 */
int shadow_directory(const struct mount *m, const char *key, int fd);

#endif
