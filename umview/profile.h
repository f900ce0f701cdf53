/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.h - options in a file, NAME.profile in $XDG_CONFIG_HOME/umview or
 * ~/.config/umview: one long option a line, without its dashes, then `=` or blanks and
 * its value.  Lines that are empty or begin with # say nothing.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "session.h"

/* Dies of what it cannot read or does not understand.  A name with a / is a path. */
void profile_read(struct session *session, const char *name);

#endif
