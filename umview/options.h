/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - the command line of umview, into a struct session. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "session.h"

/* Dies of what makes no sense; exits after --help and the like. */
void options_parse(struct session *session, int argc, char **argv);
/* The long option `name`, as a profile has it; value (kept) NULL: there is none.  NULL, or
   what is wrong with it. */
const char *options_named(struct session *session, const char *name, const char *value);

#endif
