/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * socket-list.c - sockets as sock_diag(7) shows them.
 *
 * TCP: the guests' sockets are streams; connections that are half open or that nobody
 * owns any more are the library's pcbs alone.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/tcp.h>

#include "config.h"
#include "datagram.h"
#include "mirror.h"
#include "socket-list.h"
#include "stream.h"

#define BUFFER		212992		/* a carrier's, if nobody changed it */
#define TICK_MS		500
#define TIME_WAIT_MS	10000

/* In struct inet_diag_msg. */
enum { TIMER_NONE = 0, TIMER_RETRANSMIT = 1, TIMER_TIME_WAIT = 3 };

static void list_addresses(struct net_socket *to, const struct ip_addr *local,
		const struct ip_addr *remote, uint16_t local_port, uint16_t remote_port)
{
	size_t skip = to->family == AF_INET ? 12 : 0;

	memcpy(to->local, (const uint8_t *)local->addr + skip, 16 - skip);
	memcpy(to->remote, (const uint8_t *)remote->addr + skip, 16 - skip);
	to->local_port = local_port;
	to->remote_port = remote_port;
}

/* What every socket of a guest's has. */
static void list_facts(struct net_socket *to, const struct endpoint *e)
{
	const struct sockopt *o = &e->options;
	struct um_sock_facts facts = { 0 };

	to->receive_buffer = to->send_buffer = BUFFER;
	if (!e->sock)
		return;
	um_sock_facts(e->sock, &facts);
	to->inode = facts.inode;
	to->cookie = facts.cookie;
	to->receive_queue = facts.unread;
	to->shut_read = facts.shut_read;
	to->shut_write = facts.shut_write;
	to->link = o->device;
	to->v6only = o->v6only;
	if (e->sock->domain != AF_INET && e->sock->domain != AF_INET6)
		return;
	to->tos = sockopt_value(o, IPPROTO_IP, IP_TOS);
	if (e->sock->domain == AF_INET6)
		to->tclass = sockopt_value(o, IPPROTO_IPV6, IPV6_TCLASS);
	if (facts.listening)
		to->send_queue = facts.backlog;
}

/* --- TCP ------------------------------------------------------------------ */

static uint8_t pcb_family(const struct tcp_pcb *pcb)
{
	return address_is_v4(&pcb->remote_ip) ? AF_INET : AF_INET6;
}

static void list_pcb(struct net_socket *to, const struct tcp_pcb *pcb)
{
	to->state = stream_linux_state(pcb->state);
	to->send_queue = pcb->snd_lbb - pcb->lastack;
	to->retransmits = pcb->nrtx;
	if (pcb->state == TIME_WAIT) {
		uint32_t age = (engine_stack()->tcp_ticks - pcb->tmr) * TICK_MS;

		to->send_queue = 0;
		to->timer = TIMER_TIME_WAIT;
		to->expires = age < TIME_WAIT_MS ? TIME_WAIT_MS - age : 0;
	} else if (pcb->unacked) {
		to->timer = TIMER_RETRANSMIT;
		to->expires = pcb->rto > pcb->rtime ? (pcb->rto - pcb->rtime) * TICK_MS : 0;
	}
	/* The SYN and the FIN are no data. */
	if (to->send_queue && (to->state == TCP_SYN_SENT || to->state == TCP_SYN_RECV))
		to->send_queue = to->state == TCP_SYN_SENT;
}

/* False: Linux does not list such a one. */
static bool list_stream(struct net_socket *to, const struct stream *s)
{
	*to = (struct net_socket){ .protocol = IPPROTO_TCP, .congestion = "reno" };
	to->family = s->e.sock ? s->e.sock->domain :
		address_is_v4(&s->remote) ? AF_INET : AF_INET6;
	list_facts(to, &s->e);
	to->cookie = to->cookie ? to->cookie : (uintptr_t)s;
	if (s->state == STREAM_LISTENING)
		to->state = TCP_LISTEN;
	else if (!s->pcb || s->state == STREAM_IDLE || s->state == STREAM_CLOSED)
		return false;
	else
		list_pcb(to, s->pcb);
	if (s->state != STREAM_LISTENING)
		for (unsigned k = 0; k < s->count; k++)
			to->receive_queue += s->queue[(s->head + k) % s->room]->tot_len;
	if (address_is_link_local(&s->local) && !to->link)
		to->link = s->index;
	list_addresses(to, &s->local, &s->remote, s->local_port, s->remote_port);
	return to->state != TCP_CLOSE;
}

/* Connections without a socket: TIME_WAIT, half open, the last acknowledgements. */
static int list_pcbs(const struct tcp_pcb *pcb, int (*visit)(void *arg, const struct net_socket *s),
		void *arg)
{
	struct net_socket s;
	int rc = 0;

	for (; pcb && !rc; pcb = pcb->next) {
		if (pcb->callback_arg && pcb->state != SYN_RCVD && pcb->state != TIME_WAIT)
			continue;
		s = (struct net_socket){ .protocol = IPPROTO_TCP, .family = pcb_family(pcb),
			.cookie = (uintptr_t)pcb };
		list_pcb(&s, pcb);
		list_addresses(&s, &pcb->local_ip, &pcb->remote_ip, pcb->local_port,
				pcb->remote_port);
		rc = visit(arg, &s);
	}
	return rc;
}

static int list_tcp(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	struct tcp_info info;
	struct net_socket s;
	int rc = 0;

	for (struct endpoint *e = streams; e && !rc; e = e->next) {
		if (!list_stream(&s, (struct stream *)e))
			continue;
		stream_info((struct stream *)e, &info);
		s.info = &info;
		s.info_len = sizeof(info);
		rc = visit(arg, &s);
	}
	if (!rc)
		rc = list_pcbs(engine_stack()->tcp_active_pcbs, visit, arg);
	return rc ? rc : list_pcbs(engine_stack()->tcp_tw_pcbs, visit, arg);
}

/* --- the others ------------------------------------------------------------- */

static int list_datagrams(struct endpoint *first, bool raw,
		int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	int rc = 0;

	for (struct endpoint *e = first; e && !rc; e = e->next) {
		const struct datagram *d = (struct datagram *)e;
		struct net_socket s = { .family = e->sock->domain, .raw = raw,
			.protocol = raw ? e->sock->protocol : IPPROTO_UDP,
			.state = d->connected ? TCP_ESTABLISHED : TCP_CLOSE };

		if (!raw && !d->local_port)
			continue;	/* in no table yet */
		list_facts(&s, e);
		if (!s.link && (address_is_link_local(&d->local) || address_is_link_local(&d->remote)))
			s.link = d->index;
		list_addresses(&s, &d->local, &d->remote, raw ? e->sock->protocol : d->local_port,
				d->connected ? d->remote_port : 0);
		rc = visit(arg, &s);
	}
	return rc;
}

static int list_packets(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	int rc = 0;

	for (struct endpoint *e = packet_endpoints(); e && !rc; e = e->next) {
		struct net_socket s = { .family = AF_PACKET, .type = e->sock->type };
		struct sockaddr_storage name = { 0 };
		struct sockaddr_ll ll;
		socklen_t len = sizeof(name);

		list_facts(&s, e);
		if (e->kind->address(e, false, &name, &len) == 0) {
			memcpy(&ll, &name, sizeof(ll));
			s.link = ll.sll_ifindex;
			s.local_port = ntohs(ll.sll_protocol);
		}
		rc = visit(arg, &s);
	}
	return rc;
}

int socket_list(int (*visit)(void *arg, const struct net_socket *s), void *arg)
{
	int rc = list_tcp(visit, arg);

	if (!rc)
		rc = list_datagrams(udp_endpoints(), false, visit, arg);
	if (!rc)
		rc = list_datagrams(raw_endpoints(), true, visit, arg);
	if (!rc)
		rc = list_packets(visit, arg);
	return rc ? rc : mirror_list(visit, arg);
}
