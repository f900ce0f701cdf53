/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filecall.h - a call that names a file, done with a real one that a module gives. */
#ifndef FILECALL_H
#define FILECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/* Is it one of the calls that can be done so? */
bool filecall_serves(const struct request *r);
/*
 * The call becomes UM_FILE, and is finished when the module's descriptor has come.  `index`
 * is the argument that was the path; rest (copied) the path below the module's directory,
 * or "".  *flags: open(2)'s, for the module.  0 or -errno.
 */
int filecall_begin(struct request *r, unsigned index, bool follow, const char *rest,
		int64_t *flags);

#endif
