/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namecall.h - the calls that name files. */
#ifndef NAMECALL_H
#define NAMECALL_H

#include <stdint.h>

#include "request.h"

/* A call of a BY_NAME row: the answer (r->answer_fd if it is a descriptor), or UM_CONTINUE. */
int64_t namecall(struct request *r);

#endif
