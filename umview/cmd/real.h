/* SPDX-License-Identifier: GPL-2.0-or-later */
/* real.h - the system's own program of the same name. */
#ifndef REAL_H
#define REAL_H

/* Becomes the first `name` in PATH, /bin or /usr/bin that is not this program; exits 127 if
   there is none. */
void real_become(const char *name, char **argv) __attribute__((noreturn));

#endif
