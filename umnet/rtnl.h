/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl.h - inside the rtnetlink server: a request, its answer, its handlers. */
#ifndef RTNL_H
#define RTNL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "rtnetlink.h"

/*
 * The datagrams of an answer stay under this, as the kernel's do: glibc reads
 * them into a page, busybox into 8 KiB.  A single message is always smaller.
 */
#define RTNL_DATAGRAM	3776
#define RTNL_MESSAGE	4096

/*
 * One request being answered.  Messages are built in `buffer`, those that are
 * ready in front; they leave when the datagram is full and when the request ends.
 */
struct rtnl_request {
	struct um_sock	*sock;
	const struct net_ops *net;
	const struct nlmsghdr *head;	/* of the request: whole, borrowed */
	uint32_t	 port;		/* of the socket that asks */
	bool		 strict;	/* NETLINK_GET_STRICT_CHK */
	const char	*why;		/* for NLMSGERR_ATTR_MSG; a constant, or NULL */
	size_t		 ready;		/* bytes of complete messages */
	size_t		 open;		/* bytes of the one being built */
	_Alignas(8) uint8_t buffer[RTNL_DATAGRAM + RTNL_MESSAGE];
};

/* Attributes of a request, by type; NULL where there is none. */
struct rtnl_attributes {
	const struct rtattr *at[64];
};

/*
 * The fixed part of the request, at least `size` bytes.  -EINVAL.
 * Attributes that do not add up end the list; those with types of 64 or
 * more are passed over.
 */
int rtnl_parse(struct rtnl_request *r, size_t size, const void **fixed,
		struct rtnl_attributes *attributes);
/* The attribute's bytes if there are at least `size`; else NULL. */
const void *rtnl_bytes(const struct rtnl_attributes *a, unsigned type, size_t size);
/* Copy it out: 1; 0 if absent; -EINVAL if it is shorter than `size`. */
int rtnl_get(const struct rtnl_attributes *a, unsigned type, void *to, size_t size);
/* An address of the family into all 16 bytes of `to`; as rtnl_get. */
int rtnl_get_address(const struct rtnl_attributes *a, unsigned type, int family,
		uint8_t to[16]);
/* A NUL-terminated or full string into NET_NAME bytes; as rtnl_get. */
int rtnl_get_name(const struct rtnl_attributes *a, unsigned type, char to[NET_NAME]);

/* Begin a message with a zeroed fixed part, returned. */
void *rtnl_begin(struct rtnl_request *r, uint16_t type, uint16_t flags, size_t size);
/* Add an attribute; `size` bytes at most some hundreds. */
void rtnl_put(struct rtnl_request *r, unsigned type, const void *data, size_t size);
void rtnl_put_u8(struct rtnl_request *r, unsigned type, uint8_t value);
void rtnl_put_u32(struct rtnl_request *r, unsigned type, uint32_t value);
void rtnl_put_name(struct rtnl_request *r, unsigned type, const char *name);
/* Attributes in an attribute: what is put until rtnl_nest_end(its result). */
size_t rtnl_nest(struct rtnl_request *r, unsigned type);
void rtnl_nest_end(struct rtnl_request *r, size_t nest);
/* The message is complete. */
void rtnl_end(struct rtnl_request *r);

/* One message about one thing: type RTM_NEW* or RTM_DEL*. */
void rtnl_put_link(struct rtnl_request *r, const struct net_link *l, uint16_t type,
		uint16_t flags, int family);
void rtnl_put_address(struct rtnl_request *r, const struct net_address *a, uint16_t type,
		uint16_t flags);
void rtnl_put_route(struct rtnl_request *r, const struct net_route *route, uint16_t type,
		uint16_t flags);
void rtnl_put_neighbour(struct rtnl_request *r, const struct net_neighbour *n, uint16_t type,
		uint16_t flags);

/* Tell the members what has changed; by: whose request it was, or NULL. */
void rtnl_notify(const struct net_ops *net, const struct rtnl_request *by);

/* NLM_F_CREATE and its kin as NET_CREATE and its kin. */
unsigned rtnl_how(const struct nlmsghdr *head);

/*
 * Handlers: `change` and `get` answer one request, `dump` lists.  0 or -errno, which the
 * dispatcher reports.  NLM_F_MULTI is dump's to set.
 */
int rtnl_link_get(struct rtnl_request *r);
int rtnl_link_dump(struct rtnl_request *r);
int rtnl_link_new(struct rtnl_request *r);
int rtnl_link_set(struct rtnl_request *r);
int rtnl_link_delete(struct rtnl_request *r);
int rtnl_address_dump(struct rtnl_request *r);
int rtnl_address_new(struct rtnl_request *r);
int rtnl_address_delete(struct rtnl_request *r);
int rtnl_route_get(struct rtnl_request *r);
int rtnl_route_dump(struct rtnl_request *r);
int rtnl_route_new(struct rtnl_request *r);
int rtnl_route_delete(struct rtnl_request *r);
int rtnl_neighbour_get(struct rtnl_request *r);
int rtnl_neighbour_dump(struct rtnl_request *r);
int rtnl_neighbour_new(struct rtnl_request *r);
int rtnl_neighbour_delete(struct rtnl_request *r);
int rtnl_rule_dump(struct rtnl_request *r);
int rtnl_rule_delete(struct rtnl_request *r);
int rtnl_label_dump(struct rtnl_request *r);
int rtnl_netconf_dump(struct rtnl_request *r);
int rtnl_qdisc_dump(struct rtnl_request *r);
int rtnl_stats_get(struct rtnl_request *r);
int rtnl_stats_dump(struct rtnl_request *r);
/* What no stack has. */
int rtnl_empty_dump(struct rtnl_request *r);

#endif
