/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.c - the LWIPv6 engine: struct um_stack_ops over the raw core of
 * liblwipv6.
 *
 * Of the library we use TCP, the lists of interfaces, addresses and routes, packets
 * in memory, and its router advertisements.  It is told of no threads, no mailboxes, no
 * descriptors: struct stack is made here, packets come in from interface.c, and
 * its clocks are advanced by engine_poll().  Its own socket calls crash.
 *
 *   wire --cable--> interface --> inet --+--> udp, raw, ping, packet --> frame
 *                      ^  |              `--> tcp-segment --> library --callback--.
 *                 loop `--'                                                       v
 *   wire <--cable-- interface <-- neighbour <-- inet <-- udp ...      dirty streams
 *                      ^-------------- library's TCP <-- tcp-socket       |
 *                                                             engine_poll: tcp_run
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "../mount-option.h"
#include "../netfile.h"
#include "../netioctl.h"
#include "../rtnetlink.h"
#include "config.h"
#include "engine.h"
#include "inet.h"
#include "main.h"
#include "mirror.h"
#include "neighbour.h"
#include "router.h"
#include "util.h"

#define PORT_FIRST	32768
#define PORT_LAST	60999

static struct stack *stack;

struct stack *engine_stack(void)
{
	return stack;
}

/* --- endpoints and ports --- */

static void endpoint_link(struct endpoint *e, struct endpoint **list)
{
	e->next = *list;
	e->link = list;
	if (e->next)
		e->next->link = &e->next;
	*list = e;
}

void endpoint_init(struct endpoint *e, const struct endpoint_kind *kind,
		struct um_sock *s, struct endpoint **list)
{
	e->kind = kind;
	e->sock = s;
	sockopt_init(&e->options);
	if (s && s->domain == AF_INET6)
		sockopt_set(&e->options, AF_INET6, IPPROTO_IP, IP_MULTICAST_ALL,
				&(int){ 0 }, sizeof(int));
	endpoint_link(e, list);
}

void endpoint_first(struct endpoint *e, struct endpoint **list)
{
	endpoint_unlink(e);
	endpoint_link(e, list);
}

void endpoint_unlink(struct endpoint *e)
{
	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
}

void port_take(struct ports *p, uint16_t port)
{
	p->used[port]++;
}

void port_give(struct ports *p, uint16_t port)
{
	p->used[port]--;
}

uint16_t port_take_free(struct ports *p)
{
	if (!p->last && getrandom(&p->last, sizeof(p->last), 0) < 0)
		p->last = 1;
	for (unsigned k = 0; k <= PORT_LAST - PORT_FIRST; k++) {
		if (p->last < PORT_FIRST || p->last >= PORT_LAST)
			p->last = PORT_FIRST + p->last % (PORT_LAST - PORT_FIRST);
		else
			p->last++;
		if (!p->used[p->last]) {
			port_take(p, p->last);
			return p->last;
		}
	}
	return 0;
}

/* --- the operations --- */

static struct endpoint *endpoint_of(const struct um_sock *s)
{
	return s->engine;
}

static int engine_socket(struct um_sock *s)
{
	switch (s->domain) {
	case AF_NETLINK:
		return rtnl_socket(s, &config_net);
	case AF_PACKET:
		return packet_endpoint_new(s);
	case AF_INET:
	case AF_INET6:
		break;
	default:
		return -EAFNOSUPPORT;
	}
	switch (s->type) {
	case SOCK_STREAM:
		return tcp_endpoint_new(s);
	case SOCK_DGRAM:
		if (s->protocol == (s->domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
			return ping_endpoint_new(s);
		return udp_endpoint_new(s);
	case SOCK_RAW:
		return raw_endpoint_new(s);
	}
	return -ESOCKTNOSUPPORT;
}

static void engine_release(struct um_sock *s, bool abort)
{
	if (s->domain == AF_NETLINK)
		rtnl_release(s);
	else if (s->engine)
		endpoint_of(s)->kind->release(s->engine, abort);
}

static int engine_bind(struct um_sock *s, const struct sockaddr *a, socklen_t len, bool reuse)
{
	if (s->domain == AF_NETLINK)
		return rtnl_bind(s, a, len);
	return endpoint_of(s)->kind->bind(s->engine, a, len, reuse);
}

static int engine_connect(struct um_sock *s, const struct sockaddr *a, socklen_t len)
{
	if (s->domain == AF_NETLINK)
		return rtnl_connect(s, a, len);
	if (!endpoint_of(s)->kind->connect)
		return -EOPNOTSUPP;
	return endpoint_of(s)->kind->connect(s->engine, a, len);
}

static int engine_listen(struct um_sock *s, int backlog)
{
	if (s->domain == AF_NETLINK || !endpoint_of(s)->kind->listen)
		return -EOPNOTSUPP;
	return endpoint_of(s)->kind->listen(s->engine, backlog);
}

static int engine_address(struct um_sock *s, bool peer, struct sockaddr_storage *a,
		socklen_t *len)
{
	if (s->domain == AF_NETLINK)
		return rtnl_address(s, peer, a, len);
	return endpoint_of(s)->kind->address(s->engine, peer, a, len);
}

static ssize_t engine_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to)
{
	if (s->domain == AF_NETLINK)
		return rtnl_send(s, data, len, to);
	return endpoint_of(s)->kind->send(s->engine, data, len, to);
}

static size_t engine_room(struct um_sock *s)
{
	if (s->domain == AF_NETLINK || !endpoint_of(s)->kind->room)
		return 0;
	return endpoint_of(s)->kind->room(s->engine);
}

static void engine_drain(struct um_sock *s)
{
	if (s->domain != AF_NETLINK && endpoint_of(s)->kind->drain)
		endpoint_of(s)->kind->drain(s->engine);
}

static int engine_shutdown(struct um_sock *s, int how)
{
	if (s->domain == AF_NETLINK)
		return -EOPNOTSUPP;
	return endpoint_of(s)->kind->shutdown ?
		endpoint_of(s)->kind->shutdown(s->engine, how) : 0;
}

static int engine_setsockopt(struct um_sock *s, int level, int name,
		const void *value, socklen_t len)
{
	if (s->domain == AF_NETLINK)
		return rtnl_setsockopt(s, level, name, value, len);
	return endpoint_of(s)->kind->setsockopt(s->engine, level, name, value, len);
}

static int engine_getsockopt(struct um_sock *s, int level, int name,
		void *value, socklen_t *len)
{
	if (s->domain == AF_NETLINK)
		return rtnl_getsockopt(s, level, name, value, len);
	return endpoint_of(s)->kind->getsockopt(s->engine, level, name, value, len);
}

static int engine_file(const char *name)
{
	return netfile_open(&config_net, name);
}

static int engine_ioctl(struct um_sock *s, unsigned long request, void *arg, size_t *len)
{
	int rc;

	if (s && (request == SIOCOUTQ || request == SIOCOUTQNSD)) {
		if (s->domain == AF_NETLINK || !endpoint_of(s)->kind->queued || *len < sizeof(rc))
			return -ENOTTY;
		rc = endpoint_of(s)->kind->queued(s->engine, request == SIOCOUTQNSD);
		memcpy(arg, &rc, sizeof(rc));
		return 0;
	}
	rc = net_ioctl(&config_net, s ? s->domain : AF_INET, request, arg, len);
	rtnl_touch();
	rtnl_changed(&config_net);
	return rc;
}

/* --- start, run, end --- */

static void engine_loopback(void)
{
	struct interface *lo = interface_new("lo", 0, NULL, NULL, 65536);
	struct ip_addr v4 = { { 0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK) } };
	struct ip_addr v4_mask = { { ~0u, ~0u, ~0u, htonl(0xff000000) } };
	struct ip_addr v6 = { { 0, 0, 0, htonl(1) } };
	struct ip_addr v6_mask = { { ~0u, ~0u, ~0u, ~0u } };

	netif_add_addr(&lo->netif, &v4, &v4_mask);
	netif_add_addr(&lo->netif, &v6, &v6_mask);
	interface_set_up(lo, true, false);
}

static void engine_fini(void)
{
	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		if (!i->cable)
			continue;
		i->cable->kind->close(i->cable);
		i->cable = NULL;
	}
}

static int engine_interface(const char *name, unsigned n, struct cable *cable,
		const uint8_t *mac, uint32_t mtu, char *error, size_t size)
{
	interface_new(name, n, cable, mac, mtu ? mtu : INTERFACE_MTU);
	return 0;
}

static const struct mount_maker maker = {
	.owner = "VIEWOS-LWIPv6",
	.mtu_min = INTERFACE_MTU_MIN,
	.mtu_max = INTERFACE_MTU_MAX,
	.interface = engine_interface,
	.router = router_start,
};

static int engine_init(const char *source, const char *target, const char *options,
		char *error, size_t size)
{
	int rc;

	stack = calloc(1, sizeof(*stack));
	if (!stack)
		return -ENOMEM;
	stack->netif_pipe[0] = stack->netif_pipe[1] = -1;
	stack->tcpip_tcp_timer_active = 1;	/* its timer is ours */
	ip_addr_list_init(stack);
	udp_init(stack);
	tcp_init(stack);
	rc = abi_check(stack, error, size);
	if (rc < 0)
		return rc;
	engine_loopback();
	rc = mount_options_apply(options, &maker, error, size);
	if (rc < 0)
		engine_fini();
	return rc;
}

static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int engine_poll(void)
{
	uint64_t now = um_stack_now();
	bool more = interface_run();
	int wait;

	more |= tcp_run();
	wait = tcp_poll_timers(now);
	wait = sooner(wait, neighbour_poll(now));
	wait = sooner(wait, fragment_poll(now));
	wait = sooner(wait, config_poll(now));
	wait = sooner(wait, router_poll(now));
	wait = sooner(wait, mirror_poll(now));
	rtnl_changed(&config_net);
	/* Deferred work makes packets for ourselves, and those make work. */
	return more || interface_pending() ? 0 : wait;
}

static int engine_descriptor(int domain, int type, int protocol)
{
	return domain == AF_PACKET ? mirror_socket(type, protocol) : -ENOSYS;
}

const struct um_stack_ops engine_ops = {
	.api = UM_STACK_API,
	.size = sizeof(struct um_stack_ops),
	.name = "umnetlwipv6",
	.families = UINT64_C(1) << AF_INET | UINT64_C(1) << AF_INET6 |
		UINT64_C(1) << AF_NETLINK | UINT64_C(1) << AF_PACKET,
	.init = engine_init,
	.fini = engine_fini,
	.poll = engine_poll,
	.socket = engine_socket,
	.release = engine_release,
	.bind = engine_bind,
	.connect = engine_connect,
	.listen = engine_listen,
	.address = engine_address,
	.send = engine_send,
	.room = engine_room,
	.drain = engine_drain,
	.shutdown = engine_shutdown,
	.setsockopt = engine_setsockopt,
	.getsockopt = engine_getsockopt,
	.ioctl = engine_ioctl,
	.file = engine_file,
	.descriptor = engine_descriptor,
	.spare_families = UINT64_C(1) << AF_INET | UINT64_C(1) << AF_INET6,
};
