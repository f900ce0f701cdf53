/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vde.h - the switch that interfaces join which name none. */
#ifndef VDE_H
#define VDE_H

/*
 * If these mount options make an interface on the default switch, see to it
 * that there is one: the machine's or the user's default VDE switch, else one
 * of the session's own, started in its runtime directory.  Its path is left in
 * the environment ($UMNET_DEFAULT_VDE) for the stack's program.  0 or -errno;
 * the reason has been told.
 */
int vde_prepare(const char *options);
/* The session, or umnet, ends: so does that switch. */
void vde_stop(void);

#endif
