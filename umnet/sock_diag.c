/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock_diag.c - NETLINK_SOCK_DIAG: the stack's own sockets, for ss(8).
 *
 * AF_INET and AF_INET6 (TCP, UDP, raw), AF_PACKET and AF_NETLINK are answered.  For other
 * families it is ENOENT, as by a kernel that was built without them: AF_UNIX sockets are
 * no stack's, and ss then reads /proc/net/unix.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>

#include "rtnl.h"
#include "rtnl_socket.h"
#include "sock_diag.h"

enum { STATE_CLOSE = 7, STATE_LISTEN = 10 };	/* TCP_CLOSE, TCP_LISTEN */

/* --- INET ----------------------------------------------------------------- */

struct diag_walk {
	struct rtnl_request *request;
	struct inet_diag_req_v2 want;
	const struct rtattr *bytecode;	/* checked, or NULL */
	const struct net_socket *exact;	/* not a dump: this one */
	uint16_t	 flags;
	bool		 found, stale;
};

/* As struct sock's; where: which attribute it is. */
static void memory_put(struct rtnl_request *r, const struct net_socket *s, unsigned where)
{
	uint32_t memory[SK_MEMINFO_VARS] = { [SK_MEMINFO_RMEM_ALLOC] = s->receive_queue,
		[SK_MEMINFO_RCVBUF] = s->receive_buffer, [SK_MEMINFO_WMEM_ALLOC] = s->send_queue,
		[SK_MEMINFO_SNDBUF] = s->send_buffer, [SK_MEMINFO_WMEM_QUEUED] = s->send_queue };

	rtnl_put(r, where, memory, sizeof(memory));
}

static void inet_put_extensions(struct rtnl_request *r, const struct net_socket *s, unsigned ext)
{
	struct inet_diag_meminfo memory = { .idiag_rmem = s->receive_queue,
		.idiag_wmem = s->send_queue, .idiag_tmem = s->send_queue };

	rtnl_put_u8(r, INET_DIAG_SHUTDOWN, s->shut_read | s->shut_write << 1);
	if (ext & 1 << (INET_DIAG_TOS - 1))
		rtnl_put_u8(r, INET_DIAG_TOS, s->tos);
	if (s->family == AF_INET6 && ext & 1 << (INET_DIAG_TCLASS - 1))
		rtnl_put_u8(r, INET_DIAG_TCLASS, s->tclass);
	if (s->family == AF_INET6 && (s->state == STATE_LISTEN || s->state == STATE_CLOSE))
		rtnl_put_u8(r, INET_DIAG_SKV6ONLY, s->v6only);
	if (s->raw)
		rtnl_put_u8(r, INET_DIAG_PROTOCOL, s->protocol);
	if (s->state == STATE_LISTEN)
		memory = (struct inet_diag_meminfo){ 0 };
	if (ext & 1 << (INET_DIAG_MEMINFO - 1))
		rtnl_put(r, INET_DIAG_MEMINFO, &memory, sizeof(memory));
	if (ext & 1 << (INET_DIAG_SKMEMINFO - 1))
		memory_put(r, s, INET_DIAG_SKMEMINFO);
	if (s->info && ext & 1 << (INET_DIAG_INFO - 1))
		rtnl_put(r, INET_DIAG_INFO, s->info, s->info_len);
	if (s->congestion && ext & 1 << (INET_DIAG_CONG - 1))
		rtnl_put(r, INET_DIAG_CONG, s->congestion, strlen(s->congestion) + 1);
}

static void inet_put(struct rtnl_request *r, const struct net_socket *s, unsigned ext,
		uint16_t flags)
{
	struct inet_diag_msg *m = rtnl_begin(r, SOCK_DIAG_BY_FAMILY, flags, sizeof(*m));

	m->idiag_family = s->family;
	m->idiag_state = s->state;
	m->idiag_timer = s->timer;
	m->idiag_retrans = s->retransmits;
	m->idiag_expires = s->expires;
	m->idiag_rqueue = s->receive_queue;
	m->idiag_wqueue = s->send_queue;
	m->idiag_uid = s->inode ? getuid() : 0;
	m->idiag_inode = s->inode;
	m->id.idiag_sport = htons(s->local_port);
	m->id.idiag_dport = htons(s->remote_port);
	m->id.idiag_if = s->link;
	memcpy(m->id.idiag_src, s->local, sizeof(s->local));
	memcpy(m->id.idiag_dst, s->remote, sizeof(s->remote));
	m->id.idiag_cookie[0] = s->cookie;
	m->id.idiag_cookie[1] = s->cookie >> 32;
	if (s->inode)
		inet_put_extensions(r, s, ext);
	rtnl_end(r);
}

static bool inet_wanted(const struct diag_walk *walk, const struct net_socket *s)
{
	const struct inet_diag_req_v2 *want = &walk->want;
	bool raw = want->sdiag_protocol == IPPROTO_RAW;

	if (s->family != want->sdiag_family || s->raw != raw)
		return false;
	/* In a raw request, the padding is the protocol (0: all). */
	return raw ? !want->pad || want->pad == s->protocol : want->sdiag_protocol == s->protocol;
}

static int inet_dump_visit(void *arg, const struct net_socket *s)
{
	struct diag_walk *walk = arg;
	const struct inet_diag_req_v2 *want = &walk->want;

	if (!inet_wanted(walk, s) || !(want->idiag_states & 1u << s->state) ||
	    (want->id.idiag_sport && want->id.idiag_sport != htons(s->local_port)) ||
	    (want->id.idiag_dport && want->id.idiag_dport != htons(s->remote_port)) ||
	    (walk->bytecode && !diag_filter_run(walk->bytecode, s)))
		return 0;
	inet_put(walk->request, s, want->idiag_ext, NLM_F_MULTI);
	return 0;
}

/* The kernel looks both ways: a connection's addresses, or a listener's. */
static int inet_get_visit(void *arg, const struct net_socket *s)
{
	struct diag_walk *walk = arg;
	const struct inet_diag_req_v2 *want = &walk->want;
	size_t len = net_address_len(s->family);
	static const uint8_t any[16];
	uint64_t cookie;

	if (!inet_wanted(walk, s) || want->id.idiag_sport != htons(s->local_port))
		return 0;
	if (s->remote_port && (want->id.idiag_dport != htons(s->remote_port) ||
	    memcmp(want->id.idiag_dst, s->remote, len)))
		return 0;
	if ((s->remote_port || memcmp(s->local, any, len)) &&
	    memcmp(want->id.idiag_src, s->local, len))
		return 0;
	cookie = want->id.idiag_cookie[0] | (uint64_t)want->id.idiag_cookie[1] << 32;
	if (cookie != UINT64_MAX && cookie != s->cookie) {
		walk->stale = true;
		return 0;
	}
	inet_put(walk->request, s, want->idiag_ext, 0);
	walk->found = true;
	return 1;
}

static int inet_walk(struct rtnl_request *r, struct diag_walk *walk)
{
	struct rtnl_attributes a;
	const void *fixed;
	int rc = rtnl_parse(r, sizeof(walk->want), &fixed, &a);

	if (rc < 0)
		return rc;
	*walk = (struct diag_walk){ .request = r, .bytecode = a.at[INET_DIAG_REQ_BYTECODE] };
	memcpy(&walk->want, fixed, sizeof(walk->want));
	/* A protocol whose number has no room in the header, as MPTCP's: nobody's here. */
	if (a.at[INET_DIAG_REQ_PROTOCOL])
		return -ENOENT;
	switch (walk->want.sdiag_protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_RAW:
		break;
	default:
		return -ENOENT;
	}
	return walk->bytecode ? diag_filter_check(walk->bytecode) : 0;
}

static int inet_dump(struct rtnl_request *r)
{
	struct diag_walk walk;
	int rc = inet_walk(r, &walk);

	if (!rc && r->net->sockets)
		r->net->sockets(inet_dump_visit, &walk);
	return rc;
}

static int inet_get(struct rtnl_request *r)
{
	struct diag_walk walk;
	int rc = inet_walk(r, &walk);

	if (rc < 0)
		return rc;
	if (r->net->sockets)
		r->net->sockets(inet_get_visit, &walk);
	return walk.found ? 0 : walk.stale ? -ESTALE : -ENOENT;
}

/* --- PACKET, NETLINK -------------------------------------------------------- */

static int packet_visit(void *arg, const struct net_socket *s)
{
	struct rtnl_request *r = arg;
	const struct packet_diag_req *want = NLMSG_DATA(r->head);
	struct packet_diag_info info = { .pdi_index = s->link, .pdi_flags = PDI_RUNNING };
	struct packet_diag_msg *m;

	if (s->family != AF_PACKET)
		return 0;
	m = rtnl_begin(r, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, sizeof(*m));
	m->pdiag_family = AF_PACKET;
	m->pdiag_type = s->type;
	m->pdiag_num = s->local_port;
	m->pdiag_ino = s->inode;
	m->pdiag_cookie[0] = s->cookie;
	m->pdiag_cookie[1] = s->cookie >> 32;
	if (want->pdiag_show & PACKET_SHOW_INFO) {
		rtnl_put(r, PACKET_DIAG_INFO, &info, sizeof(info));
		rtnl_put_u32(r, PACKET_DIAG_UID, getuid());
	}
	if (want->pdiag_show & PACKET_SHOW_MEMINFO)
		memory_put(r, s, PACKET_DIAG_MEMINFO);
	rtnl_end(r);
	return 0;
}

static int packet_dump(struct rtnl_request *r)
{
	if (r->head->nlmsg_len < NLMSG_LENGTH(sizeof(struct packet_diag_req)))
		return -EINVAL;
	return r->net->sockets ? r->net->sockets(packet_visit, r) : 0;
}

static int netlink_visit(void *arg, const struct net_socket *s)
{
	struct rtnl_request *r = arg;
	const struct netlink_diag_req *want = NLMSG_DATA(r->head);
	struct netlink_diag_msg *m;

	if (want->sdiag_protocol != NDIAG_PROTO_ALL && want->sdiag_protocol != s->protocol)
		return 0;
	m = rtnl_begin(r, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, sizeof(*m));
	m->ndiag_family = AF_NETLINK;
	m->ndiag_type = s->type;
	m->ndiag_protocol = s->protocol;
	m->ndiag_state = s->state;
	m->ndiag_portid = s->port;
	m->ndiag_ino = s->inode;
	m->ndiag_cookie[0] = s->cookie;
	m->ndiag_cookie[1] = s->cookie >> 32;
	if (want->ndiag_show & NDIAG_SHOW_MEMINFO)
		memory_put(r, s, NETLINK_DIAG_MEMINFO);
	if (want->ndiag_show & NDIAG_SHOW_GROUPS)
		rtnl_put(r, NETLINK_DIAG_GROUPS, &s->groups, sizeof(s->groups));
	rtnl_end(r);
	return 0;
}

static int netlink_dump(struct rtnl_request *r)
{
	if (r->head->nlmsg_len < NLMSG_LENGTH(sizeof(struct netlink_diag_req)))
		return -EINVAL;
	return rtnl_sockets(netlink_visit, r);
}

/* --- dispatch ------------------------------------------------------------- */

static const struct diag_family {
	uint8_t	 family;
	int	(*get)(struct rtnl_request *r);		/* NULL: dumps only */
	int	(*dump)(struct rtnl_request *r);
} families[] = {
	{ AF_INET,	inet_get,	inet_dump },
	{ AF_INET6,	inet_get,	inet_dump },
	{ AF_PACKET,	NULL,		packet_dump },
	{ AF_NETLINK,	NULL,		netlink_dump },
};

/* -EINVAL, or -ENOENT for a family that is not listed here. */
static int diag_find(struct rtnl_request *r, const struct diag_family **found)
{
	const struct sock_diag_req *req = NLMSG_DATA(r->head);
	size_t i;

	if (r->head->nlmsg_len < NLMSG_LENGTH(sizeof(*req)) || req->sdiag_family >= AF_MAX)
		return -EINVAL;
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i].family == req->sdiag_family) {
			*found = &families[i];
			return 0;
		}
	return -ENOENT;
}

int diag_get(struct rtnl_request *r)
{
	const struct diag_family *f;
	int rc = diag_find(r, &f);

	if (rc < 0)
		return rc;
	return f->get ? f->get(r) : -EOPNOTSUPP;
}

int diag_dump_check(struct rtnl_request *r)
{
	const struct diag_family *f;

	return diag_find(r, &f);
}

int diag_dump(struct rtnl_request *r)
{
	const struct diag_family *f;
	int rc = diag_find(r, &f);

	return rc < 0 ? rc : f->dump(r);
}
