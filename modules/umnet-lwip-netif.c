/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umnet-lwip-netif.c - interfaces and addresses: lo0, and at most one wire, vd0.
 */
#include "umnet-lwip.h"

#include <fcntl.h>
#include <libvdeplug.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <netif/ethernet.h>

enum {
	FRAME_MAX = 1514,
	FRAMES_A_ROUND = 64,
	OPEN_SECONDS = 5,
	SELF_MAX = 16384,	/* packets to ourselves that wait */
	IDLE_ROUNDS = 32,	/* then they wait, too, ... */
	IDLE_PAUSE = 10,	/* ... so many milliseconds a round */
};

static struct netif lo, vd;
static VDECONN *wire;
static struct self {		/* packets to ourselves, oldest first, linked by `next` */
	struct pbuf	*first, *last;
	unsigned	count;
} self_lo, self_vd;
static unsigned idle_rounds;	/* of such packets, since one brought anybody anything */

/*
 * Replaces the library's, which would have a thread of its own take them in, until there
 * are none: two sides that answer every ACK by an ACK never end.
 */
err_t netif_loop_output(struct netif *n, struct pbuf *p)
{
	struct self *self = n == &vd ? &self_vd : &self_lo;
	struct pbuf *copy = self->count < SELF_MAX ? pbuf_clone(PBUF_LINK, PBUF_RAM, p) : NULL;

	if (!copy)
		return ERR_MEM;
	if (self->count++)
		self->last->next = copy;
	else
		self->first = copy;
	self->last = copy;
	return ERR_OK;
}

static void self_run(struct self *self, struct netif *n)
{
	for (unsigned k = self->count; k; k--) {
		struct pbuf *p = self->first;

		self->first = p->next;
		self->count--;
		p->next = NULL;
		ip_input(p, n);
	}
}

void interfaces_progress(void)
{
	idle_rounds = 0;
}

int interfaces_run(void)
{
	static uint64_t next;
	bool any = self_lo.count || self_vd.count;

	if (any && (idle_rounds < IDLE_ROUNDS || um_stack_now() >= next)) {
		idle_rounds++;
		next = um_stack_now() + IDLE_PAUSE;
		self_run(&self_lo, &lo);
		self_run(&self_vd, &vd);
	}
	if (!self_lo.count && !self_vd.count)
		return -1;
	return idle_rounds < IDLE_ROUNDS ? 0 : IDLE_PAUSE;
}

int address_in(const struct um_sock *s, const void *name, socklen_t len, ip_addr_t *ip,
		uint16_t *port)
{
	const struct sockaddr_in *four = name;
	const struct sockaddr_in6 *six = name;

	if (len < (s->domain == AF_INET ? sizeof(*four) : sizeof(*six)))
		return -EINVAL;
	if (four->sin_family != s->domain)
		return -EAFNOSUPPORT;
	*port = ntohs(four->sin_port);
	memset(ip, 0, sizeof(*ip));
	if (s->domain == AF_INET || IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		ip_addr_set_ip4_u32(ip, s->domain == AF_INET ? four->sin_addr.s_addr :
				six->sin6_addr.s6_addr32[3]);
		return 0;
	}
	IP_SET_TYPE(ip, IPADDR_TYPE_V6);
	memcpy(ip_2_ip6(ip)->addr, &six->sin6_addr, 16);
	if (ip6_addr_has_scope(ip_2_ip6(ip), IP6_UNKNOWN))
		ip6_addr_set_zone(ip_2_ip6(ip), six->sin6_scope_id);
	return 0;
}

void address_out(const struct um_sock *s, const ip_addr_t *ip, uint16_t port,
		struct sockaddr_storage *a, socklen_t *len)
{
	struct sockaddr_in *four = (struct sockaddr_in *)a;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof(*six));
	if (s->domain == AF_INET) {
		*four = (struct sockaddr_in){ AF_INET, htons(port), { ip_addr_get_ip4_u32(ip) }, { 0 } };
		*len = sizeof(*four);
		return;
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	if (IP_IS_V4_VAL(*ip) && !ip_addr_isany(ip)) {
		six->sin6_addr.s6_addr32[2] = htonl(0xffff);
		six->sin6_addr.s6_addr32[3] = ip_addr_get_ip4_u32(ip);
	} else if (IP_IS_V6_VAL(*ip)) {
		memcpy(&six->sin6_addr, ip_2_ip6(ip)->addr, 16);
		six->sin6_scope_id = ip6_addr_zone(ip_2_ip6(ip));
	}
	*len = sizeof(*six);
}

bool address_is_ours(const ip_addr_t *ip)
{
	struct netif *n;

	NETIF_FOREACH(n)
		if (IP_IS_V4_VAL(*ip) ? ip4_addr_cmp(ip_2_ip4(ip), netif_ip4_addr(n)) :
				netif_get_ip6_addr_match(n, ip_2_ip6(ip)) >= 0)
			return true;
	return ip_addr_isany(ip) || ip_addr_ismulticast(ip);
}

void address_any_is_lo(ip_addr_t *to)
{
	if (ip_addr_isany(to))
		*to = IP_IS_V4_VAL(*to) ? *netif_ip_addr4(&lo) : *netif_ip_addr6(&lo, 0);
}

/* --- lo0 --- */

static err_t lo_output4(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
	return netif_loop_output(n, p);
}

static err_t lo_output6(struct netif *n, struct pbuf *p, const ip6_addr_t *to)
{
	return netif_loop_output(n, p);
}

static err_t lo_init(struct netif *n)
{
	memcpy(n->name, "lo", 2);
	n->mtu = 65535;
	n->output = lo_output4;
	n->output_ip6 = lo_output6;
	n->flags = NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static err_t vd_output(struct netif *n, struct pbuf *p)
{
	uint8_t frame[FRAME_MAX];

	if (p->tot_len > sizeof(frame))
		return ERR_BUF;
	pbuf_copy_partial(p, frame, p->tot_len, 0);
	return vde_send(wire, frame, p->tot_len, 0) < 0 ? ERR_IF : ERR_OK;
}

static err_t vd_init(struct netif *n)
{
	memcpy(n->name, "vd", 2);
	n->mtu = 1500;
	n->hwaddr_len = sizeof(n->hwaddr);
	if (getrandom(n->hwaddr, sizeof(n->hwaddr), 0) < 0)
		return ERR_IF;
	n->hwaddr[0] = 2;		/* locally administered */
	n->output = etharp_output;
	n->output_ip6 = ethip6_output;
	n->linkoutput = vd_output;
	n->ip6_autoconfig_enabled = 1;
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		NETIF_FLAG_IGMP | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

/* Addresses of the loopback never come over a wire; the library would take them. */
static bool frame_is_forged(const uint8_t *frame, size_t n)
{
	if (n >= 34 && frame[12] == 8 && frame[13] == 0)
		return frame[26] == 127 || frame[30] == 127;
	return n >= 54 && frame[12] == 0x86 && frame[13] == 0xdd &&
		(!memcmp(frame + 22, &in6addr_loopback, 16) || !memcmp(frame + 38, &in6addr_loopback, 16));
}

static void vd_readable(void *arg, uint32_t events)
{
	uint8_t frame[FRAME_MAX];
	struct pbuf *p;
	ssize_t n;

	for (unsigned i = 0; i < FRAMES_A_ROUND; i++) {
		errno = 0;
		n = vde_recv(wire, frame, sizeof(frame), 0);
		if (n <= 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			um_stack_warn("vd0: the wire is cut");
			um_stack_watch(vde_datafd(wire), 0, NULL, NULL);
			netif_set_link_down(&vd);
			return;
		}
		if (frame_is_forged(frame, n))
			continue;
		p = pbuf_alloc(PBUF_RAW, n, PBUF_RAM);	/* PBUF_POOL's corrupts the heap */
		if (p && (pbuf_take(p, frame, n) != ERR_OK || vd.input(p, &vd) != ERR_OK))
			pbuf_free(p);
	}
}

static int option_wire(char *url, char *error, size_t size)
{
	int fd;

	alarm(OPEN_SECONDS);		/* a full switch never answers */
	wire = wire ? NULL : vde_open(url, "umnetlwip", NULL);
	alarm(0);
	if (!wire) {
		snprintf(error, size, "vd0: cannot connect to '%.200s': %s", url, strerror(errno));
		return -EIO;
	}
	fd = vde_datafd(wire);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (!netif_add_noaddr(&vd, NULL, vd_init, ethernet_input))
		return -EIO;
	netif_set_default(&vd);
	netif_set_up(&vd);
	netif_create_ip6_linklocal_address(&vd, 1);
	return um_stack_watch(fd, EPOLLIN, vd_readable, NULL);
}

/* "10.0.0.1/24" or "2001:db8::1/64" (IPv6 prefixes are of 64 bits here). */
static int option_address(const char *text)
{
	char address[64];
	unsigned bits;
	ip4_addr_t mask;
	ip_addr_t ip;
	int8_t slot;

	if (!wire || sscanf(text, "%63[^/]/%u", address, &bits) != 2 || !ipaddr_aton(address, &ip))
		return -EINVAL;
	if (IP_IS_V4_VAL(ip) && bits <= 32) {
		mask.addr = bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
		netif_set_addr(&vd, ip_2_ip4(&ip), &mask, netif_ip4_gw(&vd));
		return 0;
	}
	if (!IP_IS_V6_VAL(ip) || bits != 64 ||
	    netif_add_ip6_address(&vd, ip_2_ip6(&ip), &slot) != ERR_OK)
		return -EINVAL;
	netif_ip6_addr_set_state(&vd, slot, IP6_ADDR_PREFERRED);
	return 0;
}

static int option_router(const char *text)
{
	ip4_addr_t ip;

	if (!wire || !ip4addr_aton(text, &ip))
		return -EINVAL;
	netif_set_gw(&vd, &ip);
	return 0;
}

static int options_read(char *options, char *error, size_t size)
{
	char *item;
	int rc = 0;

	while (rc == 0 && (item = strsep(&options, ","))) {
		if (!*item || strcmp(item, "lo") == 0)
			continue;
		if (strncmp(item, "vd0=", 4) == 0)
			rc = option_wire(item + 4, error, size);
		else if (strncmp(item, "ip=", 3) == 0)
			rc = option_address(item + 3);
		else if (strncmp(item, "gw=", 3) == 0)
			rc = option_router(item + 3);
		else
			rc = -EINVAL;
		if (rc < 0 && !*error)
			snprintf(error, size, "'%.200s': no such option, or a wrong address, or no wire yet", item);
	}
	return rc;
}

int interfaces_open(char *options, char *error, size_t size)
{
	ip4_addr_t own, mask;

	IP4_ADDR(&own, 127, 0, 0, 1);
	IP4_ADDR(&mask, 255, 0, 0, 0);
	if (!netif_add(&lo, &own, &mask, NULL, NULL, lo_init, ip_input))
		return -ENOMEM;
	ip6_addr_set_loopback(ip_2_ip6(&lo.ip6_addr[0]));
	netif_ip6_addr_set_state(&lo, 0, IP6_ADDR_PREFERRED);
	netif_set_up(&lo);
	return options_read(options, error, size);
}

void interfaces_close(void)
{
	if (wire)
		vde_close(wire);
}
