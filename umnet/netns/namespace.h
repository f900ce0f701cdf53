/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace.h - the network namespace that is the stack. */
#ifndef NAMESPACE_H
#define NAMESPACE_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* Each: 0, or the reason in error, and -errno. */

/* The right to make network namespaces; while there is one thread. */
int namespace_rights(char *error, size_t size);
/* Remember a value below /proc/sys/net of our own network: "net.ipv4.ip_forward",
   "1".  -ENOENT: it is no such name. */
int namespace_plan(const char *name, const char *value, char *error, size_t size);
/* Go from the host's network to an empty one of our own, with lo up. */
int namespace_enter(char *error, size_t size);
/* The values that were remembered: those of interfaces can be set now. */
int namespace_set_all(char *error, size_t size);

/* A socket of the namespace, for ioctl(2); borrowed. */
int namespace_socket(void);

/* On a socket of any namespace; 0 or -errno. */
int link_up(int socket, const char *name, int up);
int link_set_mac(int socket, const char *name, const uint8_t mac[6]);
int link_set_mtu(int socket, const char *name, uint32_t mtu);

#endif
