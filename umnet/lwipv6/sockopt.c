/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/icmp.h>
#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "interface.h"
#include "sockopt.h"
#include "util.h"

#ifndef IP_FREEBIND
#define IP_FREEBIND 15
#endif

/* Integers: what they are at first, and what they may be. */
static const struct row {
	int	level, name, initial, least, most;
} rows[] = {
	{ SOL_SOCKET, SO_REUSEPORT, 0, 0, 1 },
	{ SOL_SOCKET, SO_BROADCAST, 0, 0, 1 },
	{ SOL_SOCKET, SO_KEEPALIVE, 0, 0, 1 },
	{ IPPROTO_IP, IP_TTL, 64, -1, 255 },
	{ IPPROTO_IP, IP_TOS, 0, 0, 255 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT, 0, 5 },
	{ IPPROTO_IP, IP_RECVERR, 0, 0, 1 },
	{ IPPROTO_IP, IP_PKTINFO, 0, 0, 1 },
	{ IPPROTO_IP, IP_RECVTTL, 0, 0, 1 },
	{ IPPROTO_IP, IP_RECVTOS, 0, 0, 1 },
	{ IPPROTO_IP, IP_RECVOPTS, 0, 0, 1 },
	{ IPPROTO_IP, IP_RETOPTS, 0, 0, 1 },
	{ IPPROTO_IP, IP_RECVORIGDSTADDR, 0, 0, 1 },
	{ IPPROTO_IP, IP_HDRINCL, 0, 0, 1 },
	{ IPPROTO_IP, IP_MULTICAST_TTL, 1, -1, 255 },
	{ IPPROTO_IP, IP_MULTICAST_LOOP, 1, 0, 1 },
	{ IPPROTO_IP, IP_MULTICAST_ALL, 1, 0, 1 },
	{ IPPROTO_IP, IP_FREEBIND, 0, 0, 1 },
	{ IPPROTO_IP, IP_TRANSPARENT, 0, 0, 1 },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, 0, 1 },
	{ IPPROTO_IP, IP_UNICAST_IF, 0, INT_MIN, INT_MAX },
	{ IPPROTO_IP, IP_MINTTL, 0, 0, 255 },
	{ IPPROTO_IP, IP_NODEFRAG, 0, 0, 1 },
	{ IPPROTO_IP, IP_CHECKSUM, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_V6ONLY, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, -1, 255 },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, -1, 255 },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 0, 1 },
	{ IPPROTO_IPV6, IPV6_MULTICAST_IF, 0, 0, INT_MAX },
	{ IPPROTO_IPV6, IPV6_MULTICAST_ALL, 1, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_2292PKTINFO, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_2292HOPLIMIT, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_TCLASS, 0, -1, 255 },
	{ IPPROTO_IPV6, IPV6_RECVERR, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVRTHDR, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVHOPOPTS, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVDSTOPTS, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVPATHMTU, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_WANT, 0, 5 },
	{ IPPROTO_IPV6, IPV6_DONTFRAG, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_FLOWINFO, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1, 0, 1 },
	{ IPPROTO_IPV6, IPV6_FREEBIND, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_UNICAST_IF, 0, INT_MIN, INT_MAX },
	{ IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 0, INT_MIN, INT_MAX },
	{ IPPROTO_IPV6, IPV6_CHECKSUM, -1, -1, 65534 },
	{ IPPROTO_RAW, IPV6_CHECKSUM, -1, -1, 65534 },
	{ IPPROTO_ICMP, ICMP_FILTER, 0, INT_MIN, INT_MAX },
	{ IPPROTO_TCP, TCP_NODELAY, 0, 0, 1 },
	{ IPPROTO_TCP, TCP_CORK, 0, 0, 1 },
	{ IPPROTO_TCP, TCP_MAXSEG, 0, 0, 32767 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 7200, 1, 32767 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, 75, 1, 32767 },
	{ IPPROTO_TCP, TCP_KEEPCNT, 9, 1, 127 },
	{ IPPROTO_TCP, TCP_SYNCNT, 6, 1, 127 },
	{ IPPROTO_TCP, TCP_LINGER2, 60, -1, 120 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, 0, INT_MAX },
	{ IPPROTO_TCP, TCP_QUICKACK, 1, 0, INT_MAX },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, INT_MAX },
	{ IPPROTO_TCP, TCP_FASTOPEN, 0, 0, INT_MAX },
	{ IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0, 0, 1 },
	{ IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 0, 0, 1 },
	{ IPPROTO_UDP, 1 /* UDP_CORK */, 0, 0, 1 },
	{ IPPROTO_UDP, 103 /* UDP_SEGMENT */, 0, 0, 65535 },
	{ IPPROTO_UDP, 104 /* UDP_GRO: allows, but does not ask for it */, 0, 0, 1 },
	{ IPPROTO_UDPLITE, 10 /* UDPLITE_SEND_CSCOV */, 0, 0, 65535 },
	{ IPPROTO_UDPLITE, 11 /* UDPLITE_RECV_CSCOV */, 0, 0, 65535 },
	{ IPPROTO_UDP, 101 /* UDP_NO_CHECK6_TX */, 0, 0, 1 },
	{ IPPROTO_UDP, 102 /* UDP_NO_CHECK6_RX */, 0, 0, 1 },
};

_Static_assert(ARRAY_SIZE(rows) <= SOCKOPT_KEPT, "SOCKOPT_KEPT");

static int row_find(int level, int name)
{
	for (unsigned k = 0; k < ARRAY_SIZE(rows); k++)
		if (rows[k].level == level && rows[k].name == name)
			return k;
	return -ENOPROTOOPT;
}

void sockopt_init(struct sockopt *o)
{
	memset(o, 0, sizeof(*o));
	for (unsigned k = 0; k < ARRAY_SIZE(rows); k++)
		o->kept[k] = rows[k].initial;
	o->keep_idle = 7200;
	o->keep_interval = 75;
	o->keep_count = 9;
	o->linger2 = 60;
}

int sockopt_value(const struct sockopt *o, int level, int name)
{
	int k = row_find(level, name);

	return k < 0 ? 0 : o->kept[k];
}

static int sockopt_set_device(struct sockopt *o, const void *value, socklen_t len)
{
	char label[16] = "";
	struct interface *i;

	memcpy(label, value, len < sizeof(label) ? len : sizeof(label) - 1);
	if (!label[0]) {
		o->device = 0;
		return 0;
	}
	i = interface_by_label(label);
	if (!i)
		return -ENODEV;
	o->device = interface_index(i);
	return 0;
}

/* SO_BINDTOIFINDEX */
static int sockopt_set_index(struct sockopt *o, const void *value, socklen_t len)
{
	int index;

	if (len < sizeof(index))
		return -EINVAL;
	memcpy(&index, value, sizeof(index));
	if (index < 0)
		return -EINVAL;
	if (index && !interface_by_index(index))
		return -ENODEV;
	o->device = index;
	return 0;
}

/* The fields that follow from a row. */
static void sockopt_apply(struct sockopt *o, const struct row *r, int value)
{
	if (r->level == SOL_SOCKET && r->name == SO_REUSEPORT)
		o->reuse_port = value;
	if (r->level == SOL_SOCKET && r->name == SO_KEEPALIVE)
		o->keepalive = value;
	if (r->level == IPPROTO_IPV6 && r->name == IPV6_V6ONLY)
		o->v6only = value;
	if (r->level != IPPROTO_TCP)
		return;
	if (r->name == TCP_KEEPIDLE)
		o->keep_idle = value;
	else if (r->name == TCP_KEEPINTVL)
		o->keep_interval = value;
	else if (r->name == TCP_KEEPCNT)
		o->keep_count = value;
	else if (r->name == TCP_NODELAY)
		o->nodelay = value;
	else if (r->name == TCP_CORK)
		o->cork = value;
	else if (r->name == TCP_USER_TIMEOUT)
		o->user_timeout = value;
	else if (r->name == TCP_DEFER_ACCEPT)
		o->defer_accept = value;
	else if (r->name == TCP_LINGER2)
		o->linger2 = value;
}

/* Of IPPROTO_IP: is the value one that Linux takes from a user? */
static bool sockopt_ip_value(int name, socklen_t len, int *value)
{
	switch (name) {
	case IP_TOS:
		*value &= 0xff;
		return true;
	case IP_TTL:
		return len && *value;
	case IP_MULTICAST_TTL:
	case IP_MULTICAST_LOOP:
	case IP_FREEBIND:
	case IP_MINTTL:
		return len;
	case IP_TRANSPARENT:
		return len && !*value;
	}
	return true;
}

int sockopt_set(struct sockopt *o, int domain, int level, int name,
		const void *value, socklen_t len)
{
	int k, v;

	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return sockopt_set_device(o, value, len);
	if (level == SOL_SOCKET && name == SO_BINDTOIFINDEX)
		return sockopt_set_index(o, value, len);
	if (level == IPPROTO_IPV6 && domain != AF_INET6)
		return -ENOPROTOOPT;
	k = row_find(level, name);
	if (k < 0)
		return k;
	if (len >= sizeof(int))
		memcpy(&v, value, sizeof(v));
	else if (level == IPPROTO_IP)
		v = len ? *(const uint8_t *)value : 0;
	else
		return -EINVAL;
	if (level == IPPROTO_IP && !sockopt_ip_value(name, len, &v))
		return name == IP_TRANSPARENT && len ? -EPERM : -EINVAL;
	if (rows[k].least == 0 && rows[k].most == 1 &&
	    !(level == IPPROTO_IPV6 && name == IPV6_MULTICAST_LOOP))
		v = v != 0;
	if (v < rows[k].least || v > rows[k].most)
		return -EINVAL;
	if (v == -1 && rows[k].initial >= 0 && level != IPPROTO_TCP)
		v = rows[k].initial;	/* "the default" */
	o->kept[k] = v;
	sockopt_apply(o, &rows[k], v);
	return 0;
}

static int sockopt_get_device(const struct sockopt *o, void *value, socklen_t *len)
{
	struct interface *i = o->device ? interface_by_index(o->device) : NULL;
	socklen_t n = i ? strlen(i->label) + 1 : 0;

	if (*len < n)
		return -EINVAL;
	if (n)
		memcpy(value, i->label, n);
	*len = n;
	return 0;
}

int sockopt_get(const struct sockopt *o, int domain, int level, int name,
		void *value, socklen_t *len)
{
	int k;

	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return sockopt_get_device(o, value, len);
	/* As ip_getsockopt() of Linux has it; setting one is ENOPROTOOPT. */
	if (domain == AF_INET && level != SOL_SOCKET && level != IPPROTO_IP &&
	    level != IPPROTO_TCP && level != IPPROTO_UDP && level != IPPROTO_UDPLITE)
		return -EOPNOTSUPP;
	if (level == SOL_SOCKET && name == SO_BINDTOIFINDEX) {
		if (*len > sizeof(o->device))
			*len = sizeof(o->device);
		memcpy(value, &o->device, *len);
		return 0;
	}
	k = row_find(level, name);
	if (k < 0)
		return k;
	if (*len > sizeof(int))
		*len = sizeof(int);
	/* A byte is enough for a small value of IPPROTO_IP, as Linux has it. */
	memcpy(value, &o->kept[k], *len);
	return 0;
}
