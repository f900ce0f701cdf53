/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router.h - router advertisements, by the library (mount option ra=). */
#ifndef ROUTER_H
#define ROUTER_H

#include "inet.h"

/* Read the configuration file and begin.  The reason in error, and -errno. */
int router_start(const char *file, char *error, size_t size);
/* The interface has gone up or down. */
void router_link(struct interface *i, bool up);
/* A router solicitation, validated but for its checksum. */
void router_solicited(const struct inet_packet *p);
/* Timers of the library: ms to the next, -1 for none. */
int router_poll(uint64_t now);

#endif
