/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plug.h - an interface of the namespace, joined to a wire. */
#ifndef PLUG_H
#define PLUG_H

#include <stddef.h>
#include <stdint.h>

struct cable;

/*
 * Remember a wire that was opened (consumed), for plug_make_all(), which makes its
 * interface NAMEn: in the host's network the one, in ours the other.
 */
int plug_plan(const char *name, unsigned n, struct cable *cable, const uint8_t *mac,
		uint32_t mtu, char *error, size_t size);
/* 0, or the reason in error, and -errno. */
int plug_make_all(char *error, size_t size);
void plug_close_all(void);
/* Milliseconds until it must be called again, -1 for never. */
int plug_poll(void);

#endif
