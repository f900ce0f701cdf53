/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umnet-lwip: a stack of Debian's liblwip (lwIP 2), a whole stack program.
 *
 *	mount -t umnetlwip none /dev/net/l
 *	mount -t umnetlwip -o vd0=ptp:///tmp/wire,ip=10.0.0.1/24,gw=10.0.0.254 none /dev/net/l
 *
 * TCP and UDP over IPv4 and IPv6, a loopback, at most one Ethernet wire of libvdeplug.
 * There is no netlink, so no ip(8): addresses are mount options.
 *
 * The library is built for threads (NO_SYS 0), but its protocols need none: without
 * tcpip_init() there is no thread of its own, and everything runs here, timers from
 * engine_poll().  Its netif_loop_output(), which needs that thread, is replaced by ours.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#undef TCP_MSS			/* the library has its own */
#include <stdio.h>
#include <sys/random.h>

#include <lwip/init.h>
#include <lwip/timeouts.h>

#include "umnet-lwip.h"

int error_of(err_t error)
{
	switch (error) {
	case ERR_OK: return 0;
	case ERR_MEM: return -ENOBUFS;
	case ERR_RTE: return -ENETUNREACH;
	case ERR_USE: return -EADDRINUSE;
	case ERR_BUF: return -EADDRNOTAVAIL;
	case ERR_ISCONN: return -EISCONN;
	case ERR_CONN: return -ENOTCONN;
	case ERR_RST: return -ECONNRESET;
	case ERR_ABRT: return -ETIMEDOUT;
	default: return -EINVAL;
	}
}

int pieces_of(struct pbuf *p, struct iovec iov[PIECES], size_t *total)
{
	int n = 0;

	for (*total = 0; p && n < PIECES && *total + p->len <= UINT16_MAX; p = p->next) {
		iov[n++] = (struct iovec){ p->payload, p->len };
		*total += p->len;
	}
	return n;
}

/* --- UDP --- */

static void datagram_received(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *ip,
		uint16_t port)
{
	struct conn *c = arg;
	struct sockaddr_storage from;
	struct um_envelope envelope = { .name = &from };
	struct iovec iov[PIECES];
	struct pbuf *whole = pbuf_clen(p) > PIECES ? pbuf_clone(PBUF_RAW, PBUF_RAM, p) : p;
	size_t total;

	interfaces_progress();
	if (whole) {
		int n = pieces_of(whole, iov, &total);

		address_out(c->s, ip, port, &from, &envelope.name_len);
		um_sock_deliver_message(c->s, iov, n, &envelope);
	}
	if (whole && whole != p)
		pbuf_free(whole);
	pbuf_free(p);
}

static ssize_t datagram_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct conn *c = conn_of(s);
	ip_addr_t ip = c->udp->remote_ip;
	uint16_t port = c->udp->remote_port;
	struct pbuf *p;
	int rc = to->name ? address_in(s, to->name, to->name_len, &ip, &port) : 0;

	if (rc == 0 && !to->name && !(c->udp->flags & UDP_FLAGS_CONNECTED))
		rc = -EDESTADDRREQ;
	if (rc == 0 && to->name && !port)
		rc = -EINVAL;
	if (rc == 0 && len > 65507)
		rc = -EMSGSIZE;
	if (rc < 0)
		return rc;
	address_any_is_lo(&ip);
	p = pbuf_alloc(PBUF_TRANSPORT, len, PBUF_RAM);
	if (!p)
		return -ENOBUFS;
	pbuf_take(p, data, len);
	rc = error_of(udp_sendto(c->udp, p, &ip, port));
	pbuf_free(p);
	return rc < 0 ? rc : (ssize_t)len;
}

/* --- operations --- */

static int engine_socket(struct um_sock *s)
{
	bool stream = s->type == SOCK_STREAM;
	uint8_t kind = s->domain == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY;
	struct conn *c;

	if (!stream && s->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (s->protocol && s->protocol != (stream ? IPPROTO_TCP : IPPROTO_UDP))
		return -EPROTONOSUPPORT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->s = s;
	c->udp = stream ? NULL : udp_new_ip_type(kind);
	if (!stream == !c->udp) {
		free(c);
		return -ENOBUFS;
	}
	if (c->udp)
		udp_recv(c->udp, datagram_received, c);
	s->engine = c;
	return 0;
}

static void engine_release(struct um_sock *s, bool abort)
{
	struct conn *c = conn_of(s);

	if (!c->udp) {
		tcp_conn_release(c, abort);
		return;
	}
	udp_remove(c->udp);
	free(c);
}

static int engine_bind(struct um_sock *s, const struct sockaddr *a, socklen_t len, bool reuse)
{
	struct conn *c = conn_of(s);
	ip_addr_t ip;
	uint16_t port;
	int rc = address_in(s, a, len, &ip, &port);

	if (rc == 0 && (c->bound || c->connecting))
		rc = -EINVAL;
	if (rc == 0 && !address_is_ours(&ip))
		rc = -EADDRNOTAVAIL;
	if (rc == 0 && !c->udp)
		rc = tcp_conn_open(c);
	if (rc < 0)
		return rc;
	if (s->domain == AF_INET6 && ip_addr_isany(&ip) && !c->v6only)
		ip = *IP_ANY_TYPE;
	if (c->udp) {
		c->udp->so_options |= reuse ? SOF_REUSEADDR : 0;
		rc = error_of(udp_bind(c->udp, &ip, port));
	} else {
		c->tcp->so_options |= reuse ? SOF_REUSEADDR : 0;
		rc = error_of(tcp_bind(c->tcp, &ip, port));
	}
	c->bound = rc == 0;
	return rc;
}

static int engine_connect(struct um_sock *s, const struct sockaddr *a, socklen_t len)
{
	struct conn *c = conn_of(s);
	ip_addr_t ip;
	uint16_t port;
	int rc;

	if (c->udp && a->sa_family == AF_UNSPEC) {
		udp_disconnect(c->udp);
		return 0;
	}
	rc = address_in(s, a, len, &ip, &port);
	if (rc < 0)
		return rc;
	address_any_is_lo(&ip);
	if (c->udp)
		return error_of(udp_connect(c->udp, &ip, port));
	return tcp_conn_connect(c, &ip, port);
}

static int engine_address(struct um_sock *s, bool peer, struct sockaddr_storage *a, socklen_t *len)
{
	struct conn *c = conn_of(s);
	const struct udp_pcb *udp = c->udp;
	const ip_addr_t *ip = peer ? &c->remote : &c->local;
	uint16_t port = peer ? c->remote_port : c->local_port;
	struct netif *out;

	if (udp && peer && !(udp->flags & UDP_FLAGS_CONNECTED))
		return -ENOTCONN;
	if (udp) {
		ip = peer ? &udp->remote_ip : &udp->local_ip;
		port = peer ? udp->remote_port : udp->local_port;
		if (!peer && udp->flags & UDP_FLAGS_CONNECTED && ip_addr_isany(ip)) {
			out = ip_route(ip, &udp->remote_ip);
			ip = out ? ip_netif_get_local_ip(out, &udp->remote_ip) : ip;
		}
	} else if (c->tcp) {
		if (peer && (c->connecting || c->tcp->state < SYN_RCVD))
			return -ENOTCONN;
		ip = peer ? &c->tcp->remote_ip : &c->tcp->local_ip;
		port = peer ? c->tcp->remote_port : c->tcp->local_port;
	} else if (peer && !port) {
		return -ENOTCONN;
	}
	address_out(s, ip, port, a, len);
	return 0;
}

static ssize_t engine_send(struct um_sock *s, const void *data, size_t len,
		const struct um_envelope *to)
{
	struct conn *c = conn_of(s);

	return c->udp ? datagram_send(s, data, len, to) : tcp_conn_send(c, data, len);
}

static void engine_drain(struct um_sock *s)
{
	if (s->type == SOCK_STREAM)
		tcp_conn_deliver(conn_of(s));
}

static int engine_shutdown(struct um_sock *s, int how)
{
	return s->type == SOCK_STREAM ? tcp_conn_shutdown(s, how) : 0;
}

/* Where an option lives, and how many bytes it has there; NULL: we have none such. */
static void *option_at(struct conn *c, int level, int name, bool *is_flag)
{
	bool six = c->s->domain == AF_INET6;
	struct ip_pcb *pcb = c->udp ? (struct ip_pcb *)c->udp : (struct ip_pcb *)c->tcp;

	*is_flag = false;
	if (six && level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
		*is_flag = true;
		return &c->v6only;
	}
	if (level == IPPROTO_TCP && name == TCP_NODELAY && !c->udp) {
		*is_flag = true;
		return &c->nodelay;
	}
	if (!pcb)
		return NULL;
	if ((level == IPPROTO_IP && name == IP_TTL) ||
	    (six && level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS))
		return &pcb->ttl;
	if ((level == IPPROTO_IP && name == IP_TOS) ||
	    (six && level == IPPROTO_IPV6 && name == IPV6_TCLASS))
		return &pcb->tos;
	return NULL;
}

static int engine_setsockopt(struct um_sock *s, int level, int name, const void *value, socklen_t len)
{
	struct conn *c = conn_of(s);
	bool is_flag;
	void *at;
	int number;

	if (s->type == SOCK_STREAM && tcp_conn_open(c) < 0)
		return -ENOBUFS;
	at = option_at(c, level, name, &is_flag);
	if (!at)
		return -ENOPROTOOPT;
	if (len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	if (is_flag)
		*(bool *)at = number;
	else if (number < 0 || number > 255)
		return -EINVAL;
	else
		*(uint8_t *)at = number;
	return 0;
}

static int engine_getsockopt(struct um_sock *s, int level, int name, void *value, socklen_t *len)
{
	struct conn *c = conn_of(s);
	bool is_flag;
	void *at = option_at(c, level, name, &is_flag);
	int number;

	if (level == IPPROTO_TCP && name == TCP_MAXSEG && c->tcp && c->tcp->state != LISTEN)
		number = tcp_mss(c->tcp);
	else if (at)
		number = is_flag ? *(bool *)at : *(uint8_t *)at;
	else
		return -ENOPROTOOPT;
	if (*len > sizeof(number))
		*len = sizeof(number);
	memcpy(value, &number, *len);
	return 0;
}

static int engine_ioctl(struct um_sock *s, unsigned long request, void *arg, size_t *len)
{
	return -ENOTTY;
}

static int engine_poll(void)
{
	int self, timer;

	sys_check_timeouts();
	waiting_run(NULL);
	self = interfaces_run();
	timer = sys_timeouts_sleeptime();	/* (int)SYS_TIMEOUTS_SLEEPTIME_INFINITE is -1 */
	return self < 0 || (timer >= 0 && timer < self) ? timer : self;
}

static int engine_init(const char *source, const char *target, const char *options,
		char *error, size_t size)
{
	char *copy = strdup(options);
	unsigned seed = 0;
	int rc;

	if (!copy || getrandom(&seed, sizeof(seed), 0) < 0) {
		free(copy);
		return -ENOMEM;
	}
	srand(seed);		/* the library's ports come from rand() */
	lwip_init();
	rc = interfaces_open(copy, error, size);
	free(copy);
	return rc;
}

static const struct um_stack_ops ops = {
	.api = UM_STACK_API, .size = sizeof(ops), .name = "umnetlwip",
	.families = 1 << AF_INET | 1 << AF_INET6,
	.init = engine_init, .fini = interfaces_close, .poll = engine_poll,
	.socket = engine_socket, .release = engine_release, .bind = engine_bind,
	.connect = engine_connect, .listen = tcp_conn_listen, .address = engine_address,
	.send = engine_send, .room = tcp_conn_room, .drain = engine_drain,
	.shutdown = engine_shutdown, .setsockopt = engine_setsockopt,
	.getsockopt = engine_getsockopt, .ioctl = engine_ioctl,
};

int main(int argc, char **argv)
{
	return um_stack_main(argc, argv, &ops);
}
