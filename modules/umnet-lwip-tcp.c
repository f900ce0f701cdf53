/* SPDX-License-Identifier: GPL-2.0-or-later */
/* umnet-lwip-tcp.c - TCP connections: what the library calls, and what it is called for. */
#include "umnet-lwip.h"

enum {
	WAITING_MAX = 4096,	/* connections beyond their backlogs */
	ROOM_LOW = 16384,	/* a blocked writer waits for so much room */
};

static struct conn *waiting;
static unsigned waiting_count;

static void conn_free(struct conn *c)
{
	if (c->in)
		pbuf_free(c->in);
	free(c);
}

/* The pcb goes its own way. */
static struct tcp_pcb *conn_detach(struct conn *c)
{
	struct tcp_pcb *pcb = c->tcp;

	c->tcp = NULL;
	if (!pcb)
		return NULL;
	c->local = pcb->local_ip;
	c->local_port = pcb->local_port;
	tcp_arg(pcb, NULL);
	if (pcb->state == LISTEN)
		return pcb;
	c->remote = pcb->remote_ip;
	c->remote_port = pcb->remote_port;
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	return pcb;
}

/* The first `taken` bytes, and empty buffers then: the library leaves some where it cut. */
static void conn_consume(struct conn *c, size_t taken)
{
	c->in = pbuf_free_header(c->in, taken);
	while (c->in && !c->in->len) {
		struct pbuf *empty = c->in;

		c->in = empty->next;
		empty->next = NULL;
		pbuf_free(empty);
	}
	if (c->tcp)
		tcp_recved(c->tcp, taken);
}

void tcp_conn_deliver(struct conn *c)
{
	struct iovec iov[PIECES];
	size_t total, taken;

	while (c->in) {
		int n = pieces_of(c->in, iov, &total);

		taken = um_sock_deliver(c->s, iov, n);
		conn_consume(c, taken);
		if (taken < total)
			return;
	}
	if (c->error)
		um_sock_error(c->s, c->error);
	else if (c->fin)
		um_sock_eof(c->s);
	c->error = 0;
}

static err_t conn_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	struct conn *c = arg;

	interfaces_progress();
	if (p && c->in)
		c->in_last->next = p;	/* its tot_len is nobody's here */
	else if (p)
		c->in = p;
	else
		c->fin = true;
	while (p) {
		c->in_last = p;
		p = p->next;
	}
	/* With no window, it answers every ACK by an ACK, as the other side may do, for ever. */
	if (!pcb->rcv_wnd)
		pcb->rcv_wnd = 1;
	if (c->s)
		tcp_conn_deliver(c);
	if (c->fin && c->fin_sent)
		conn_detach(c);
	return ERR_OK;
}

static err_t conn_sent(void *arg, struct tcp_pcb *pcb, uint16_t len)
{
	struct conn *c = arg;

	interfaces_progress();
	if (c->blocked && c->s && tcp_sndbuf(pcb) >= ROOM_LOW) {
		c->blocked = false;
		um_sock_writable(c->s);
	}
	return ERR_OK;
}

/* The pcb is no more. */
static void conn_failed(void *arg, err_t error)
{
	struct conn *c = arg;

	c->tcp = NULL;
	c->bound = false;
	if (c->s && c->connecting) {
		c->connecting = false;
		um_sock_connected(c->s, error == ERR_RST ? -ECONNREFUSED : error_of(error));
		return;
	}
	if (error != ERR_CLSD)
		c->error = error_of(error);
	if (c->s)
		tcp_conn_deliver(c);
}

static err_t conn_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct conn *c = arg;

	interfaces_progress();
	c->connecting = false;
	um_sock_connected(c->s, 0);
	return ERR_OK;
}

static void conn_attach(struct conn *c, struct tcp_pcb *pcb)
{
	c->tcp = pcb;
	tcp_nagle_disable(pcb);		/* its delayed ACK waits for 250 ms */
	tcp_arg(pcb, c);
	tcp_recv(pcb, conn_received);
	tcp_sent(pcb, conn_sent);
	tcp_err(pcb, conn_failed);
}

/* False: it waits on. */
static bool conn_announce(struct conn *c)
{
	if (!um_sock_backlog_free(c->listener->s))
		return false;
	c->s = um_sock_incoming(c->listener->s, c);
	if (!c->s)
		return false;
	c->listener = NULL;
	tcp_conn_deliver(c);
	return true;
}

static err_t conn_accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct conn *listener = arg, *c;

	if (!listener || !pcb || waiting_count >= WAITING_MAX)
		return ERR_MEM;		/* the library resets it */
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_MEM;
	c->listener = listener;
	conn_attach(c, pcb);
	c->local = pcb->local_ip;
	c->remote = pcb->remote_ip;
	c->local_port = pcb->local_port;
	c->remote_port = pcb->remote_port;
	if (!conn_announce(c)) {
		struct conn **at = &waiting;

		while (*at)
			at = &(*at)->next;
		*at = c;
		waiting_count++;
	}
	return ERR_OK;
}

void waiting_run(const struct conn *gone)
{
	struct conn **at = &waiting, *c;

	while ((c = *at)) {
		struct conn *next = c->next;
		bool dead = c->listener == gone || !c->tcp;

		if (!dead && !conn_announce(c)) {
			at = &c->next;
			continue;
		}
		*at = next;
		waiting_count--;
		if (!dead)
			continue;
		if (c->tcp)
			tcp_abort(conn_detach(c));
		conn_free(c);
	}
}

/* --- operations --- */

/* A connection that failed may be tried again, with another pcb. */
int tcp_conn_open(struct conn *c)
{
	struct tcp_pcb *pcb;

	if (c->tcp)
		return 0;
	pcb = tcp_new_ip_type(c->s->domain == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY);
	if (!pcb)
		return -ENOBUFS;
	conn_attach(c, pcb);
	return 0;
}

int tcp_conn_connect(struct conn *c, const ip_addr_t *ip, uint16_t port)
{
	int rc = tcp_conn_open(c);

	if (rc == 0)
		rc = error_of(tcp_connect(c->tcp, ip, port, conn_connected));
	c->connecting = rc == 0;
	return rc < 0 ? rc : -EINPROGRESS;
}

int tcp_conn_listen(struct um_sock *s, int backlog)
{
	struct conn *c = conn_of(s);
	struct tcp_pcb *pcb;
	err_t error;
	int rc = tcp_conn_open(c);

	if (rc == 0 && !c->bound)
		rc = error_of(tcp_bind(c->tcp, s->domain == AF_INET ? IP4_ADDR_ANY : IP_ANY_TYPE, 0));
	if (rc < 0)
		return rc;
	c->bound = true;
	if (c->tcp->state == LISTEN)
		return 0;
	pcb = tcp_listen_with_backlog_and_err(c->tcp, 255, &error);
	if (!pcb)
		return error_of(error);
	c->tcp = pcb;
	tcp_accept(pcb, conn_accepted);
	return 0;
}

void tcp_conn_release(struct conn *c, bool abort)
{
	bool listening = c->tcp && c->tcp->state == LISTEN;
	struct tcp_pcb *pcb = conn_detach(c);

	if (listening)
		waiting_run(c);
	if (pcb && (abort || c->in) && !listening)
		tcp_abort(pcb);
	else if (pcb)
		tcp_close(pcb);
	conn_free(c);
}

size_t tcp_conn_room(struct um_sock *s)
{
	struct conn *c = conn_of(s);
	size_t room = 0;

	if (c->tcp && !c->fin_sent && tcp_sndqueuelen(c->tcp) < TCP_SND_QUEUELEN / 2)
		room = tcp_sndbuf(c->tcp) < ROOM_LOW && c->blocked ? 0 : tcp_sndbuf(c->tcp);
	c->blocked = !room;
	return room < 0xffff ? room : 0xffff;
}

ssize_t tcp_conn_send(struct conn *c, const void *data, size_t len)
{
	int rc;

	if (!c->tcp)
		return len;		/* the error is on its way */
	rc = error_of(tcp_write(c->tcp, data, len, TCP_WRITE_FLAG_COPY));
	tcp_output(c->tcp);
	c->blocked = rc < 0;
	return rc < 0 ? 0 : len;
}

int tcp_conn_shutdown(struct um_sock *s, int how)
{
	struct conn *c = conn_of(s);

	if (how == SHUT_RD && c->tcp && c->tcp->state == LISTEN) {
		waiting_run(c);
		tcp_close(conn_detach(c));
		c->bound = false;
	}
	if (how == SHUT_RD || !c->tcp || c->fin_sent)
		return 0;
	c->fin_sent = true;
	tcp_shutdown(c->tcp, 0, 1);
	if (c->tcp && c->fin)
		conn_detach(c);
	return 0;
}
