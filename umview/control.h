/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.h - control messages (struct cmsghdr) of 32-bit guests: theirs are shorter. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Folds the answer's, in place, into at most room bytes; returns how many.  *cut: not
   all fitted. */
size_t control_narrow(uint8_t *control, size_t size, size_t room, bool *cut);
/* Unfolds a guest's; *wide is owned by the caller.  -EINVAL, -ENOMEM. */
int control_widen(const uint8_t *control, size_t size, uint8_t **wide, size_t *wide_size);

#endif
