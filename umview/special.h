/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * special.h - the special file of a mounted stack: what the calls that name it say.
 *
 * It is of the type S_IFSTACK (msocket.h), its owner who mounted it; its permissions say
 * who may open sockets on the stack (x), read its configuration (r) and change it (w).
 */
#ifndef SPECIAL_H
#define SPECIAL_H

#include <stdint.h>
#include <sys/types.h>

#include "request.h"

/* A BY_NAME call of whose paths one (argument `index`) is m's, or is below m.
   The answer; UM_CONTINUE if it is the kernel's affair after all. */
int64_t special_call(struct request *r, unsigned index, struct mount *m, bool below);

/* May the process of tid do what `want` (R_OK, W_OK, X_OK) stands for?  0 or -EACCES. */
int special_access(pid_t tid, const struct mount *m, int want);
/* Of R_OK, W_OK, X_OK, those that it may. */
int special_rights(pid_t tid, const struct mount *m);

#endif
