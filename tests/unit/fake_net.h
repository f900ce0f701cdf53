/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_net.h - a network configuration in memory, for tests of what reads and changes one. */
#ifndef FAKE_NET_H
#define FAKE_NET_H

#include "net.h"

extern const struct net_ops fake_net;

/* lo0 up with 127.0.0.1 and ::1; vd0 down; and `more` links vd1 ... */
void fake_net_reset(int more);

#endif
