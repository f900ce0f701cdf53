/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.h - directories in which something is mounted: what getdents(2) says of them. */
#ifndef LISTING_H
#define LISTING_H

#include <stdint.h>

#include "request.h"

/* getdents or getdents64.  The answer; UM_CONTINUE if nothing of the view is there. */
int64_t listing_call(struct request *r);

#endif
