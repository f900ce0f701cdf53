/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink sockets themselves: ports, options, names. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "rtnl_socket.h"
#include "util.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define GROUPS_MAX	64	/* more than RTNLGRP_MAX of today */
#define MEMBER_MAX	212992	/* bytes that wait for a member who does not read */

/*
 * The port (nl_pid) is unique in the stack: bind(2)'s, or chosen at the first bind to
 * 0, connect or send.  Linux tries the process's id, then goes down from -4097; we do
 * not know the process, so all chosen ones are of the second kind.
 */
struct rtnl_socket {
	const struct net_ops *net;
	struct rtnl_socket *next;	/* of all, for finding ports */
	uint32_t	 port;
	bool		 bound;
	uint32_t	 peer, peer_groups; /* connect(2) */
	uint32_t	 options;	/* bits 1 << NETLINK_* */
	uint64_t	 groups;	/* bit n - 1: member of group n */
	struct um_sock	*sock;
	bool		 overrun;	/* notifications were lost; said once */
};

static struct rtnl_socket *sockets;
static uint32_t port_rover = (uint32_t)-4096;

static bool port_free(uint32_t port)
{
	struct rtnl_socket *k;

	for (k = sockets; k; k = k->next)
		if (k->bound && k->port == port)
			return false;
	return true;
}

static void port_choose(struct rtnl_socket *k)
{
	do
		if (--port_rover >= (uint32_t)-4096 || port_rover < (uint32_t)INT_MIN)
			port_rover = (uint32_t)-4097;
	while (!port_free(port_rover));
	k->port = port_rover;
	k->bound = true;
}

int rtnl_socket(struct um_sock *s, const struct net_ops *net)
{
	struct rtnl_socket *k;

	if (s->type != SOCK_RAW && s->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (s->protocol != NETLINK_ROUTE && s->protocol != NETLINK_SOCK_DIAG &&
	    s->protocol != NETLINK_GENERIC)
		return -EPROTONOSUPPORT;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOBUFS;
	k->net = net;
	k->sock = s;
	k->next = sockets;
	sockets = k;
	s->engine = k;
	return 0;
}

void rtnl_release(struct um_sock *s)
{
	struct rtnl_socket *k = s->engine, **at;

	for (at = &sockets; *at && *at != k; at = &(*at)->next)
		;
	if (*at)
		*at = k->next;
	free(k);
	s->engine = NULL;
}

/* A first member of any group: what there is now is no news to it. */
static void groups_set(struct rtnl_socket *k, uint64_t groups)
{
	k->groups = groups;
	if (groups && k->sock->protocol == NETLINK_ROUTE)
		rtnl_watch(k->net);
}

bool rtnl_member(unsigned group)
{
	struct rtnl_socket *k;

	for (k = sockets; k; k = k->next)
		if (k->sock->protocol == NETLINK_ROUTE &&
		    (!group ? k->groups != 0 : k->groups & 1ull << (group - 1)))
			return true;
	return false;
}

void rtnl_multicast(unsigned group, const void *data, size_t len, const struct um_sock *but)
{
	struct rtnl_socket *k;
	struct um_sock_facts facts;

	for (k = sockets; k; k = k->next) {
		if (k->sock == but || k->sock->protocol != NETLINK_ROUTE ||
		    !(k->groups & 1ull << (group - 1)))
			continue;
		um_sock_facts(k->sock, &facts);
		if (facts.held + len <= MEMBER_MAX) {
			k->overrun = false;
			rtnl_deliver_group(k->sock, group, data, len);
		} else if (!k->overrun) {
			k->overrun = true;
			if (!(k->options & 1u << NETLINK_NO_ENOBUFS))
				um_sock_error(k->sock, -ENOBUFS);
		}
	}
}

int rtnl_sockets(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	struct rtnl_socket *k;
	int rc = 0;

	for (k = sockets; k && !rc; k = k->next) {
		struct um_sock_facts facts;
		struct net_socket s = { .family = AF_NETLINK, .type = k->sock->type,
			.protocol = k->sock->protocol, .port = k->port, .groups = k->groups };

		um_sock_facts(k->sock, &facts);
		s.inode = facts.inode;
		s.receive_queue = facts.unread + facts.held;
		s.receive_buffer = s.send_buffer = MEMBER_MAX;
		s.cookie = facts.cookie;
		s.state = k->peer ? 1 : 0;	/* NETLINK_CONNECTED */
		rc = visit(arg, &s);
	}
	return rc;
}

static int name_check(const struct sockaddr *a, socklen_t len, struct sockaddr_nl *name)
{
	if (len < sizeof(*name) || !a)
		return -EINVAL;
	memcpy(name, a, sizeof(*name));
	return name->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

int rtnl_bind(struct um_sock *s, const struct sockaddr *a, socklen_t len)
{
	struct rtnl_socket *k = s->engine;
	struct sockaddr_nl name;
	int rc = name_check(a, len, &name);

	if (rc < 0)
		return rc;
	if (k->bound && name.nl_pid != k->port)
		return -EINVAL;
	if (!k->bound && name.nl_pid) {
		if (!port_free(name.nl_pid))
			return -EADDRINUSE;
		k->port = name.nl_pid;
		k->bound = true;
	}
	if (!k->bound)
		port_choose(k);
	groups_set(k, (k->groups & ~(uint64_t)UINT32_MAX) | name.nl_groups);
	return 0;
}

int rtnl_connect(struct um_sock *s, const struct sockaddr *a, socklen_t len)
{
	struct rtnl_socket *k = s->engine;
	struct sockaddr_nl name;
	int rc;

	if (len >= sizeof(a->sa_family) && a && a->sa_family == AF_UNSPEC) {
		k->peer = k->peer_groups = 0;
		return 0;
	}
	rc = name_check(a, len, &name);
	if (rc < 0)
		return rc;
	if (!k->bound)
		port_choose(k);
	k->peer = name.nl_pid;
	k->peer_groups = name.nl_groups;
	return 0;
}

int rtnl_address(struct um_sock *s, bool peer, struct sockaddr_storage *a, socklen_t *len)
{
	struct rtnl_socket *k = s->engine;
	struct sockaddr_nl name = { .nl_family = AF_NETLINK,
		.nl_pid = peer ? k->peer : k->port,
		.nl_groups = peer ? k->peer_groups : (uint32_t)k->groups };

	memcpy(a, &name, *len < sizeof(name) ? *len : sizeof(name));
	*len = sizeof(name);
	return 0;
}

static int membership(struct rtnl_socket *k, int group, bool join)
{
	uint64_t bit;

	if (group < 1 || group > GROUPS_MAX)
		return -EINVAL;
	bit = 1ull << (group - 1);
	groups_set(k, join ? k->groups | bit : k->groups & ~bit);
	return 0;
}

/* The options that are a mere switch. */
static bool option_is_switch(int name)
{
	return name == NETLINK_PKTINFO || name == NETLINK_BROADCAST_ERROR ||
		name == NETLINK_NO_ENOBUFS || name == NETLINK_LISTEN_ALL_NSID ||
		name == NETLINK_CAP_ACK || name == NETLINK_EXT_ACK ||
		name == NETLINK_GET_STRICT_CHK;
}

int rtnl_setsockopt(struct um_sock *s, int level, int name, const void *value, socklen_t len)
{
	struct rtnl_socket *k = s->engine;
	int number;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len < sizeof(number) || !value)
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_DROP_MEMBERSHIP)
		return membership(k, number, name == NETLINK_ADD_MEMBERSHIP);
	if (!option_is_switch(name))
		return -ENOPROTOOPT;
	if (number)
		k->options |= 1u << name;
	else
		k->options &= ~(1u << name);
	return 0;
}

int rtnl_getsockopt(struct um_sock *s, int level, int name, void *value, socklen_t *len)
{
	struct rtnl_socket *k = s->engine;
	int number;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		memcpy(value, &k->groups, *len < sizeof(k->groups) ? *len : sizeof(k->groups));
		*len = sizeof(k->groups);
		return 0;
	}
	if (!option_is_switch(name))
		return -ENOPROTOOPT;
	if (*len < sizeof(number))
		return -EINVAL;
	number = rtnl_option(s, name);
	memcpy(value, &number, sizeof(number));
	*len = sizeof(number);
	return 0;
}

bool rtnl_option(const struct um_sock *s, int name)
{
	const struct rtnl_socket *k = s->engine;

	return k->options & 1u << name;
}

int rtnl_sending(struct um_sock *s, const struct um_envelope *to,
		const struct net_ops **net, uint32_t *port)
{
	struct rtnl_socket *k = s->engine;
	struct sockaddr_nl name = { .nl_pid = k->peer, .nl_groups = k->peer_groups };
	int rc;

	if (to && to->name) {
		rc = name_check(to->name, to->name_len, &name);
		if (rc < 0)
			return rc;
	}
	if (to && to->flags & MSG_OOB)
		return -EOPNOTSUPP;
	/* Guests do not talk to each other by netlink here. */
	if (name.nl_pid)
		return -ECONNREFUSED;
	if (!k->bound)
		port_choose(k);
	*net = k->net;
	*port = k->port;
	return 0;
}

void rtnl_deliver(struct um_sock *s, const void *data, size_t len)
{
	rtnl_deliver_group(s, 0, data, len);
}

void rtnl_deliver_group(struct um_sock *s, uint32_t group, const void *data, size_t len)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct nl_pktinfo))] = { 0 };
	struct cmsghdr *c = (struct cmsghdr *)control;
	struct iovec iov = { (void *)data, len };
	struct um_envelope from = { .name = &kernel, .name_len = sizeof(kernel) };

	if (rtnl_option(s, NETLINK_PKTINFO)) {
		memcpy(CMSG_DATA(c), &group, sizeof(group));	/* struct nl_pktinfo */
		c->cmsg_level = SOL_NETLINK;
		c->cmsg_type = NETLINK_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(struct nl_pktinfo));
		from.control = control;
		from.control_len = sizeof(control);
	}
	um_sock_deliver_message(s, &iov, 1, &from);
}
