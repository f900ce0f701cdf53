/* SPDX-License-Identifier: GPL-2.0-or-later */
/* litter.h - what a stack that was killed leaves in the file system. */
#ifndef LITTER_H
#define LITTER_H

/*
 * Removes the sockets of point-to-point wires (ptp://PATH and unix://PATH, that
 * bind PATH or PATH+) in these mount options, if nobody is behind them any more.
 * Relative paths are from `directory`.
 */
void litter_remove(const char *options, const char *directory);

#endif
