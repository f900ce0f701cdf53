/* SPDX-License-Identifier: GPL-2.0-or-later */
/* denied.h - why the kernel refuses something, a namespace most of all. */
#ifndef DENIED_H
#define DENIED_H

#include <stdbool.h>
#include <stddef.h>

/* Remember the limits that will be out of sight once a namespace is entered. */
void denied_prepare(void);
/*
 * "WHAT are denied: SETTING is VALUE" for error (-errno) of an unshare(2) of
 * `what`, "user namespaces" or "network namespaces".  Returns error.
 */
int denied_explain(const char *what, int error, char *text, size_t size);

/* Is this process under a seccomp filter?  It is somebody else's: the monitor's is for guests. */
bool denied_filtered(void);

#endif
