/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - what a view may know of itself, and of the views inside it, as text. */
#ifndef STATUS_H
#define STATUS_H

struct view;

/* As um_virtual.h says at UMV_STATUS; owned by the caller. */
char *status_text(const struct view *view);

#endif
