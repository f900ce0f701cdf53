/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netprint.h - what this command line does, as a script of the shell. */
#ifndef NETPRINT_H
#define NETPRINT_H

#include "session.h"

/* On standard output.  nested: there is a view already. */
void netprint_session(const struct session *session, bool nested);

#endif
