/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/route.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "routecall.h"
#include "util.h"

enum { DEVICE_MAX = 32 };

/* The same two of i386: its words are short, and 64-bit ones need no alignment. */
struct narrow_rtentry {
	uint32_t	pad1;
	struct sockaddr	dst, gateway, genmask;
	uint16_t	flags, pad2;
	uint32_t	pad3;
	uint8_t		tos, class;
	int16_t		pad4, metric;
	uint32_t	dev, mtu, window;
	uint16_t	irtt;
};

struct narrow_in6_rtmsg {
	struct in6_addr	dst, src, gateway;
	uint32_t	type;
	uint16_t	dst_len, src_len;
	uint32_t	metric, info, flags;
	int32_t		ifindex;
};

_Static_assert(sizeof(struct narrow_rtentry) == 84 && sizeof(struct narrow_in6_rtmsg) == 72,
	       "as i386 has them");

static int route6_read(const struct request *r, struct in6_rtmsg *route)
{
	struct narrow_in6_rtmsg n;
	int rc;

	if (r->word == 8)
		return guest_read(r->call.tid, r->reg[2], route, sizeof(*route));
	rc = guest_read(r->call.tid, r->reg[2], &n, sizeof(n));
	if (rc < 0)
		return rc;
	*route = (struct in6_rtmsg){ .rtmsg_dst = n.dst, .rtmsg_src = n.src,
		.rtmsg_gateway = n.gateway, .rtmsg_type = n.type, .rtmsg_dst_len = n.dst_len,
		.rtmsg_src_len = n.src_len, .rtmsg_metric = n.metric, .rtmsg_info = n.info,
		.rtmsg_flags = n.flags, .rtmsg_ifindex = n.ifindex };
	return 0;
}

static int route4_read(const struct request *r, struct rtentry *route)
{
	struct narrow_rtentry n;
	int rc;

	if (r->word == 8)
		return guest_read(r->call.tid, r->reg[2], route, sizeof(*route));
	rc = guest_read(r->call.tid, r->reg[2], &n, sizeof(n));
	if (rc < 0)
		return rc;
	*route = (struct rtentry){ .rt_dst = n.dst, .rt_gateway = n.gateway,
		.rt_genmask = n.genmask, .rt_flags = n.flags, .rt_tos = n.tos,
		.rt_class = n.class, .rt_metric = n.metric,
		.rt_dev = (char *)(uintptr_t)n.dev, .rt_mtu = n.mtu, .rt_window = n.window,
		.rt_irtt = n.irtt };
	return 0;
}

/* The argument: size bytes of a structure, and the n bytes of a device's name if there is one. */
static int argument_set(struct request *r, const void *route, size_t size, const char *device,
		size_t n)
{
	struct um_arg *arg = &r->call.arg[2];

	arg->in = calloc(1, size + n + 1);
	if (!arg->in)
		return -ENOMEM;
	memcpy(arg->in, route, size);
	if (device)
		memcpy(arg->in + size, device, n);
	arg->in_len = device ? size + n + 1 : size;
	arg->room = 0;
	r->place[2].address = 0;
	return 0;
}

int routecall_decode(struct request *r)
{
	autofree char *device = NULL;
	struct in6_rtmsg route6 = { 0 };
	struct rtentry route4 = { 0 };
	ssize_t n = 0;
	int rc;

	if (r->ipv6) {
		rc = route6_read(r, &route6);
		return rc < 0 ? rc : argument_set(r, &route6, sizeof(route6), NULL, 0);
	}
	rc = route4_read(r, &route4);
	if (rc == 0 && route4.rt_dev)
		n = guest_string(r->call.tid, (uintptr_t)route4.rt_dev, DEVICE_MAX, &device);
	if (rc < 0 || n == -EFAULT)
		return rc < 0 ? rc : n;
	return argument_set(r, &route4, sizeof(route4), n < 0 ? NULL : device, n < 0 ? 0 : n);
}
