/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink server: takes the requests of a datagram apart, gives each to
 * its handler, acknowledges.
 *
 * A request is answered before rtnl_send() returns.  Its answer goes out in
 * datagrams: those of a dump, ended by NLMSG_DONE with the dump's status; or one
 * reply and, where asked for or on failure, one NLMSG_ERROR.  As in Linux,
 * what cannot be a message (zeros after the last, lengths that lie) is passed over in
 * silence, since nobody could tell which request an error is about.
 */
#include <errno.h>
#include <string.h>
#include <linux/sock_diag.h>
#include <unistd.h>

#include "rtnl.h"
#include "rtnl_socket.h"
#include "sock_diag.h"
#include "util.h"

/* One row a kind of request. */
static const struct rtnl_handler {
	uint16_t type;
	int	(*act)(struct rtnl_request *r);
	int	(*dump)(struct rtnl_request *r);	/* with NLM_F_DUMP */
} handlers[] = {
	{ RTM_GETLINK,	 rtnl_link_get,		rtnl_link_dump },
	{ RTM_NEWLINK,	 rtnl_link_new,		NULL },
	{ RTM_SETLINK,	 rtnl_link_set,		NULL },
	{ RTM_DELLINK,	 rtnl_link_delete,	NULL },
	{ RTM_GETADDR,	 NULL,			rtnl_address_dump },
	{ RTM_NEWADDR,	 rtnl_address_new,	NULL },
	{ RTM_DELADDR,	 rtnl_address_delete,	NULL },
	{ RTM_GETROUTE,	 rtnl_route_get,	rtnl_route_dump },
	{ RTM_NEWROUTE,	 rtnl_route_new,	NULL },
	{ RTM_DELROUTE,	 rtnl_route_delete,	NULL },
	{ RTM_GETNEIGH,	 rtnl_neighbour_get,	rtnl_neighbour_dump },
	{ RTM_NEWNEIGH,	 rtnl_neighbour_new,	NULL },
	{ RTM_DELNEIGH,	 rtnl_neighbour_delete,	NULL },
	{ RTM_GETRULE,	 NULL,			rtnl_rule_dump },
	{ RTM_DELRULE,	 rtnl_rule_delete,	NULL },
	{ RTM_GETADDRLABEL, NULL,		rtnl_label_dump },
	{ RTM_GETNETCONF, NULL,			rtnl_netconf_dump },
	{ RTM_GETQDISC,	 NULL,			rtnl_qdisc_dump },
	{ RTM_GETTCLASS, NULL,			rtnl_empty_dump },
	{ RTM_GETTFILTER, NULL,			rtnl_empty_dump },
	{ RTM_GETSTATS,	 rtnl_stats_get,	rtnl_stats_dump },
	{ RTM_GETNEXTHOP, NULL,			rtnl_empty_dump },
	{ RTM_GETMDB,	 NULL,			rtnl_empty_dump },
	{ RTM_GETNEIGHTBL, NULL,		rtnl_empty_dump },
};

/* --- requests ------------------------------------------------------------- */

int rtnl_parse(struct rtnl_request *r, size_t size, const void **fixed,
		struct rtnl_attributes *attributes)
{
	const uint8_t *data = NLMSG_DATA(r->head);
	size_t left = r->head->nlmsg_len - NLMSG_HDRLEN;
	const struct rtattr *a;
	unsigned type;

	memset(attributes, 0, sizeof(*attributes));
	if (left < size)
		return -EINVAL;
	*fixed = data;
	size = NLMSG_ALIGN(size);
	if (left <= size)
		return 0;
	data += size;
	left -= size;
	while (left >= sizeof(*a)) {
		a = (const struct rtattr *)data;
		if (a->rta_len < sizeof(*a) || a->rta_len > left)
			break;
		type = a->rta_type & NLA_TYPE_MASK;
		if (type < ARRAY_SIZE(attributes->at))
			attributes->at[type] = a;
		if (RTA_ALIGN(a->rta_len) >= left)
			break;
		data += RTA_ALIGN(a->rta_len);
		left -= RTA_ALIGN(a->rta_len);
	}
	return 0;
}

const void *rtnl_bytes(const struct rtnl_attributes *a, unsigned type, size_t size)
{
	const struct rtattr *at = a->at[type];

	return at && RTA_PAYLOAD(at) >= size ? RTA_DATA(at) : NULL;
}

int rtnl_get(const struct rtnl_attributes *a, unsigned type, void *to, size_t size)
{
	const void *bytes;

	if (!a->at[type])
		return 0;
	bytes = rtnl_bytes(a, type, size);
	if (!bytes)
		return -EINVAL;
	memcpy(to, bytes, size);
	return 1;
}

int rtnl_get_address(const struct rtnl_attributes *a, unsigned type, int family,
		uint8_t to[16])
{
	memset(to, 0, 16);
	return rtnl_get(a, type, to, net_address_len(family));
}

int rtnl_get_name(const struct rtnl_attributes *a, unsigned type, char to[NET_NAME])
{
	const struct rtattr *at = a->at[type];
	size_t len;

	if (!at)
		return 0;
	len = strnlen(RTA_DATA(at), RTA_PAYLOAD(at));
	if (len >= NET_NAME)
		return -EINVAL;
	memset(to, 0, NET_NAME);
	memcpy(to, RTA_DATA(at), len);
	return 1;
}

unsigned rtnl_how(const struct nlmsghdr *head)
{
	static const struct {
		uint16_t flag;
		unsigned how;
	} flags[] = {
		{ NLM_F_CREATE, NET_CREATE }, { NLM_F_EXCL, NET_EXCLUSIVE },
		{ NLM_F_REPLACE, NET_REPLACE }, { NLM_F_APPEND, NET_APPEND },
	};
	unsigned how = 0, i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (head->nlmsg_flags & flags[i].flag)
			how |= flags[i].how;
	return how;
}

/* --- answers -------------------------------------------------------------- */

static void rtnl_flush(struct rtnl_request *r)
{
	if (r->ready)
		rtnl_deliver(r->sock, r->buffer, r->ready);
	memmove(r->buffer, r->buffer + r->ready, r->open);
	r->ready = 0;
}

void *rtnl_begin(struct rtnl_request *r, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(r->buffer + r->ready);

	r->open = NLMSG_SPACE(size);
	memset(head, 0, r->open);
	head->nlmsg_type = type;
	head->nlmsg_flags = flags;
	head->nlmsg_seq = r->head->nlmsg_seq;
	head->nlmsg_pid = r->port;
	return NLMSG_DATA(head);
}

void rtnl_put(struct rtnl_request *r, unsigned type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)(r->buffer + r->ready + r->open);

	/* The handlers' messages have a bounded size; an attribute that is too
	   much is left out rather than trusted to fit. */
	if (r->open + RTA_SPACE(size) > RTNL_MESSAGE)
		return;
	memset(a, 0, RTA_SPACE(size));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	r->open += RTA_SPACE(size);
}

void rtnl_put_u8(struct rtnl_request *r, unsigned type, uint8_t value)
{
	rtnl_put(r, type, &value, sizeof(value));
}

void rtnl_put_u32(struct rtnl_request *r, unsigned type, uint32_t value)
{
	rtnl_put(r, type, &value, sizeof(value));
}

void rtnl_put_name(struct rtnl_request *r, unsigned type, const char *name)
{
	rtnl_put(r, type, name, strnlen(name, NET_NAME - 1) + 1);
}

size_t rtnl_nest(struct rtnl_request *r, unsigned type)
{
	size_t at = r->open;

	rtnl_put(r, type, NULL, 0);
	return at;
}

void rtnl_nest_end(struct rtnl_request *r, size_t nest)
{
	struct rtattr *a = (struct rtattr *)(r->buffer + r->ready + nest);

	if (nest < r->open)
		a->rta_len = r->open - nest;
}

void rtnl_end(struct rtnl_request *r)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(r->buffer + r->ready);

	head->nlmsg_len = r->open;
	if (r->ready && r->ready + r->open > RTNL_DATAGRAM)
		rtnl_flush(r);
	r->ready += r->open;
	r->open = 0;
}

/* Add the words for an error, if they are wanted. */
static bool rtnl_explain(struct rtnl_request *r)
{
	if (!r->why || !rtnl_option(r->sock, NETLINK_EXT_ACK))
		return false;
	rtnl_put(r, NLMSGERR_ATTR_MSG, r->why, strlen(r->why) + 1);
	return true;
}

static void rtnl_acknowledge(struct rtnl_request *r, int error)
{
	size_t echo = sizeof(struct nlmsghdr);
	uint16_t flags = NLM_F_CAPPED;
	struct nlmsghdr *head;
	struct nlmsgerr *e;

	/* An error carries the request, unless it is long (then as if capped). */
	if (error && !rtnl_option(r->sock, NETLINK_CAP_ACK) &&
	    r->head->nlmsg_len <= RTNL_MESSAGE / 2) {
		echo = r->head->nlmsg_len;
		flags = 0;
	}
	e = rtnl_begin(r, NLMSG_ERROR, flags, sizeof(e->error) + echo);
	head = (struct nlmsghdr *)(r->buffer + r->ready);
	e->error = error;
	memcpy(&e->msg, r->head, echo);
	if (rtnl_explain(r))
		head->nlmsg_flags |= NLM_F_ACK_TLVS;
	rtnl_end(r);
}

static void rtnl_done(struct rtnl_request *r, int error)
{
	int *status = rtnl_begin(r, NLMSG_DONE, NLM_F_MULTI, sizeof(*status));
	struct nlmsghdr *head = (struct nlmsghdr *)(r->buffer + r->ready);

	*status = error;
	if (error && rtnl_explain(r))
		head->nlmsg_flags |= NLM_F_ACK_TLVS;
	rtnl_end(r);
}

/* --- dispatch ------------------------------------------------------------- */

static const struct rtnl_handler *rtnl_find(uint16_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++)
		if (handlers[i].type == type)
			return &handlers[i];
	return NULL;
}

/* As in Linux, one dump at a time: who asks for another must have read the last. */
static int rtnl_dump(struct rtnl_request *r, int (*dump)(struct rtnl_request *r), bool *dumped)
{
	struct um_sock_facts facts;
	int rc;

	um_sock_facts(r->sock, &facts);
	if (facts.held)
		return -EBUSY;
	rc = dump(r);
	rtnl_done(r, rc);
	*dumped = true;
	return rc;
}

static int rtnl_handle_diag(struct rtnl_request *r, bool *dumped)
{
	int rc;

	if (r->head->nlmsg_type == SOCK_DESTROY)
		return -EOPNOTSUPP;
	if (r->head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -EINVAL;
	if (!(r->head->nlmsg_flags & NLM_F_DUMP))
		return diag_get(r);
	rc = diag_dump_check(r);
	return rc < 0 ? rc : rtnl_dump(r, diag_dump, dumped);
}

/* Generic netlink: no family has been registered. */
static int rtnl_handle_generic(struct rtnl_request *r, bool *dumped)
{
	if (r->head->nlmsg_flags & NLM_F_DUMP)
		return rtnl_dump(r, rtnl_empty_dump, dumped);
	return -ENOENT;
}

/* Answer one request; all but the acknowledgement. Returns its status; *dumped if a
   dump has said it already. */
static int rtnl_handle(struct rtnl_request *r, bool *dumped)
{
	const struct nlmsghdr *head = r->head;
	const struct rtnl_handler *handler = rtnl_find(head->nlmsg_type);
	bool get = (head->nlmsg_type & 3) == 2;

	if (!(head->nlmsg_flags & NLM_F_REQUEST) || head->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (r->sock->protocol == NETLINK_SOCK_DIAG)
		return r->sock->rights & R_OK ? rtnl_handle_diag(r, dumped) : -EACCES;
	if (r->sock->protocol == NETLINK_GENERIC)
		return rtnl_handle_generic(r, dumped);
	if (head->nlmsg_type < RTM_BASE || !handler)
		return -EOPNOTSUPP;
	if (!(r->sock->rights & (get ? R_OK : W_OK)))
		return get ? -EACCES : -EPERM;
	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtgenmsg)))
		return 0;
	if (!get || !(head->nlmsg_flags & NLM_F_DUMP))
		return handler->act ? handler->act(r) : -EOPNOTSUPP;
	return handler->dump ? rtnl_dump(r, handler->dump, dumped) : -EOPNOTSUPP;
}

static void rtnl_answer(struct rtnl_request *r)
{
	bool dumped = false;
	int rc;

	if (r->head->nlmsg_flags & NLM_F_ECHO)
		rtnl_watch(r->net);
	rc = rtnl_handle(r, &dumped);
	/* A half-built message of a handler that failed is not sent. */
	r->open = 0;
	rtnl_notify(r->net, r);
	if (!dumped && (rc < 0 || r->head->nlmsg_flags & NLM_F_ACK)) {
		/* As Linux: the acknowledgement is a datagram of its own. */
		rtnl_flush(r);
		rtnl_acknowledge(r, rc < 0 ? rc : 0);
	}
	rtnl_flush(r);
}

/* data: aligned for struct nlmsghdr. */
static void rtnl_requests(struct um_sock *s, const struct net_ops *net, uint32_t port,
		const uint8_t *data, size_t len)
{
	struct rtnl_request r = { .sock = s, .net = net, .port = port,
		.strict = rtnl_option(s, NETLINK_GET_STRICT_CHK) };
	size_t step;

	while (len >= NLMSG_HDRLEN) {
		r.head = (const struct nlmsghdr *)data;
		r.why = NULL;
		if (r.head->nlmsg_len < NLMSG_HDRLEN || r.head->nlmsg_len > len)
			return;
		rtnl_answer(&r);
		step = NLMSG_ALIGN(r.head->nlmsg_len);
		if (step >= len)
			return;
		data += step;
		len -= step;
	}
}

ssize_t rtnl_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to)
{
	const struct net_ops *net;
	autofree uint8_t *copy = NULL;
	uint32_t port;
	int rc = rtnl_sending(s, to, &net, &port);

	if (rc < 0)
		return rc;
	if ((uintptr_t)data % NLMSG_ALIGNTO) {
		copy = malloc(len ? len : 1);
		if (!copy)
			return -ENOBUFS;
		data = memcpy(copy, data, len);
	}
	rtnl_requests(s, net, port, data, len);
	return len;
}
