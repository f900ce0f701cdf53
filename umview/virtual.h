/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual.h - the calls that the monitor answers itself (owner BY_VIEW). */
#ifndef VIRTUAL_H
#define VIRTUAL_H

#include "request.h"

/* As route(). */
int64_t virtual_call(struct request *r);

#endif
