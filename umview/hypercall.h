/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hypercall.h - a virtual call that came as a prctl(2): see um_virtual.h. */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include <stdint.h>

struct request;

/* What route() returns, but never UM_CONTINUE: the kernel knows nothing of it. */
int64_t hypercall(struct request *r);

#endif
