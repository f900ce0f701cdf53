/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket-list.h - the engine's sockets and connections, for ss(8). */
#ifndef SOCKET_LIST_H
#define SOCKET_LIST_H

#include "../net.h"

/* As net_ops.sockets: each that Linux would list. */
int socket_list(int (*visit)(void *arg, const struct net_socket *s), void *arg);

#endif
