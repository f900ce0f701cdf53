/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what the engine uses of Debian's liblwipv6.so.2 (1.5a): own
 * declarations of the structures and functions of its raw core, which no packaged
 * header has.
 *
 * The offsets were measured in the packaged x86-64 library; abi_check() proves
 * the ones that can be proved on the library found at run time, before
 * anything else is done with it.  Holes are named padN and never touched.
 *
 * Addresses: every one is 16 bytes in network order, IPv4 being the mapped
 * ::ffff:a.b.c.d with a netmask that begins with 96 ones.  Only the IPv4 header
 * on the wire is shorter.
 */
#ifndef ABI_H
#define ABI_H

#include <stddef.h>
#include <stdint.h>

struct stack;
struct netif;

struct ip_addr {
	uint32_t	addr[4];	/* network order */
};

/* A packet in pieces; tot_len counts this piece and all that follow. */
struct pbuf {
	struct pbuf	*next;
	void		*payload;
	uint16_t	 tot_len;
	uint16_t	 len;
	uint16_t	 flags;
	uint16_t	 ref;
	uint8_t		 pad24[16];
};

enum pbuf_layer { PBUF_TRANSPORT, PBUF_IP, PBUF_LINK, PBUF_RAW };
enum pbuf_flag { PBUF_RAM, PBUF_ROM, PBUF_REF, PBUF_POOL };

/* err_t */
enum {
	ERR_OK = 0, ERR_MEM = -1, ERR_BUF = -2, ERR_ABRT = -3, ERR_RST = -4,
	ERR_CLSD = -5, ERR_CONN = -6, ERR_VAL = -7, ERR_ARG = -8, ERR_RTE = -9,
	ERR_USE = -10, ERR_IF = -11, ERR_ISCONN = -12,
};

/* The addresses of an interface: a ring, netif->addrs its last element. */
struct ip_addr_list {
	struct ip_addr_list *next;
	struct ip_addr	 ipaddr;
	struct ip_addr	 netmask;
	struct netif	*netif;
	int8_t		 flags;		/* IFA_F_*: the low 8 bits */
	uint8_t		 pad49[3];
	struct {
		uint8_t	 flag, dad_counter;
		uint32_t preferred, valid;
	} info;
};

/* The routes of a stack: a list, the widest mask first; the first match wins. */
struct ip_route_list {
	struct ip_route_list *next;
	struct ip_addr	 addr;
	struct ip_addr	 netmask;
	struct ip_addr	 nexthop;	/* any: directly connected */
	struct netif	*netif;
	int8_t		 flags;
};

/* netif->flags: the low bits are Linux's IFF_*, these are not. */
#define NETIF_FLAG_UP		0x0001u
#define NETIF_FLAG_AUTOCONF	0x0800u
#define NETIF_FLAG_RADV		0x2000u
#define NETIF_FLAG_DHCP		0x4000u
#define NETIF_FLAG_LINK_UP	0x8000u	/* the wire is connected */

struct netif {
	struct netif	*next;
	struct ip_addr_list *addrs;	/* the last of the ring, or NULL */
	int8_t		(*input)(struct pbuf *p, struct netif *n);
	int8_t		(*output)(struct netif *n, struct pbuf *p, struct ip_addr *next_hop);
	int8_t		(*linkoutput)(struct netif *n, struct pbuf *p);
	int8_t		(*netifctl)(struct netif *n, int request, void *arg);
	void		*state;		/* struct interface, see interface.h */
	void		(*change)(struct netif *n, uint32_t type);
	void		*dhcp, *autoconf, *radv;
	uint8_t		 hwaddr_len;
	uint8_t		 hwaddr[6];
	uint16_t	 mtu;		/* 0: the library is not to fragment; the
					   real one is interface_mtu() */
	uint8_t		 link_type;
	char		 name[2];
	uint8_t		 num;
	uint8_t		 id;		/* the interface's index */
	uint16_t	 flags;
	uint16_t	 type;		/* ARPHRD_* */
	struct stack	*stack;
};

struct tcp_seg {
	struct tcp_seg	*next;
	struct pbuf	*p;
	void		*dataptr;
	uint16_t	 len;
	void		*tcphdr;
};

enum tcp_state {
	CLOSED, LISTEN, SYN_SENT, SYN_RCVD, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2,
	CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT,
};

/* pcb->flags */
#define TF_ACK_DELAY	0x01u
#define TF_ACK_NOW	0x02u
#define TF_NODELAY	0x40u

#define TCP_SND_QUEUELEN 88	/* pieces a connection may have queued */

struct tcp_pcb {
	struct stack	*stack;
	struct ip_addr	 local_ip, remote_ip;
	uint16_t	 so_options;
	uint8_t		 tos, ttl;
	void		*pad48;
	struct tcp_pcb	*next;
	uint32_t	 state;		/* enum tcp_state */
	uint32_t	 pad68;
	uint8_t		 prio;
	void		*callback_arg;
	uint16_t	 local_port, remote_port;
	uint8_t		 flags;
	uint32_t	 rcv_nxt;
	uint16_t	 rcv_wnd;
	uint32_t	 tmr;		/* tcp_ticks at the last segment */
	uint8_t		 polltmr, pollinterval;
	uint16_t	 rtime;
	uint16_t	 mss;
	uint32_t	 rttest, rtseq;
	int16_t		 sa, sv;
	uint16_t	 rto;		/* ticks of 500 ms */
	uint8_t		 nrtx;
	uint32_t	 lastack;
	uint8_t		 dupacks;
	uint16_t	 cwnd, ssthresh;
	uint32_t	 snd_nxt, snd_max, snd_wnd, snd_wl1, snd_wl2, snd_lbb;
	uint16_t	 acked;
	uint16_t	 snd_buf;
	uint8_t		 snd_queuelen;
	struct tcp_seg	*unsent, *unacked, *ooseq;
	int8_t		(*sent)(void *arg, struct tcp_pcb *pcb, uint16_t space);
	int8_t		(*recv)(void *arg, struct tcp_pcb *pcb, struct pbuf *p, int8_t error);
	int8_t		(*connected)(void *arg, struct tcp_pcb *pcb, int8_t error);
	int8_t		(*accept)(void *arg, struct tcp_pcb *pcb, int8_t error);
	int8_t		(*poll)(void *arg, struct tcp_pcb *pcb);
	void		(*errf)(void *arg, int8_t error);
	uint32_t	 keepalive;
	uint8_t		 keep_cnt;
	void		*pad256;
};

/* A listening pcb is shorter: of a tcp_pcb's fields only those up to remote_port
   are there, and accept is elsewhere (tcp_accept() knows). */

struct stack {
	uint32_t	 stack_flags;
	void		*stack_capfun;
	struct netif	*netif_list;
	void		*netif_cleanup_mutex;
	int		 netif_pipe[2];
	uint16_t	 ip_id;
	struct ip_route_list *ip_route_head;
	uint8_t		 pad56[332936 - 56];
	void		*raw_pcbs;
	uint8_t		 pad332944[333016 - 332944];
	struct tcp_pcb	*tcp_input_pcb;
	uint16_t	 uniqueid;	/* the last interface index given */
	uint16_t	 active_pfpacket;
	void		*packet_pcbs;
	void		*udp_pcbs, *pcb_cache;
	uint32_t	 tcp_ticks;	/* of 500 ms */
	struct tcp_pcb	*tcp_listen_pcbs;
	struct tcp_pcb	*tcp_active_pcbs;
	struct tcp_pcb	*tcp_tw_pcbs;
	uint8_t		 tcp_timer;
	void		*stack_queue;
	uint8_t		 pad333104[333152 - 333104];
	int		 tcpip_tcp_timer_active;
	int		 netif_num[6];
	uint8_t		 pad333180[333200 - 333180];
};

/* What tcp_input() is told of the IP header. */
struct pseudo_iphdr {
	uint8_t		 version;
	uint16_t	 iphdrlen;
	uint16_t	 proto;
	struct ip_addr	*src, *dest;
};

struct sys_timeout {
	struct sys_timeout *next;
	uint32_t	 time;		/* ms after the one before it */
	void		(*h)(void *arg);
	void		*arg;
	uint8_t		 raw;
};

struct sys_timeouts {
	struct sys_timeout *next;
};

#define ABI_AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
#define ABI_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type)

ABI_SIZE(pbuf, 40);
ABI_AT(pbuf, payload, 8);
ABI_AT(pbuf, tot_len, 16);
ABI_AT(pbuf, ref, 22);
ABI_SIZE(ip_addr_list, 64);
ABI_AT(ip_addr_list, netmask, 24);
ABI_AT(ip_addr_list, netif, 40);
ABI_AT(ip_addr_list, flags, 48);
ABI_AT(ip_addr_list, info, 52);
ABI_SIZE(ip_route_list, 72);
ABI_AT(ip_route_list, nexthop, 40);
ABI_AT(ip_route_list, netif, 56);
ABI_SIZE(netif, 120);
ABI_AT(netif, addrs, 8);
ABI_AT(netif, output, 24);
ABI_AT(netif, state, 48);
ABI_AT(netif, radv, 80);
ABI_AT(netif, hwaddr, 89);
ABI_AT(netif, mtu, 96);
ABI_AT(netif, name, 99);
ABI_AT(netif, id, 102);
ABI_AT(netif, flags, 104);
ABI_AT(netif, stack, 112);
ABI_SIZE(tcp_seg, 40);
ABI_AT(tcp_seg, tcphdr, 32);
ABI_SIZE(tcp_pcb, 264);
ABI_AT(tcp_pcb, ttl, 43);
ABI_AT(tcp_pcb, next, 56);
ABI_AT(tcp_pcb, state, 64);
ABI_AT(tcp_pcb, callback_arg, 80);
ABI_AT(tcp_pcb, local_port, 88);
ABI_AT(tcp_pcb, flags, 92);
ABI_AT(tcp_pcb, rcv_wnd, 100);
ABI_AT(tcp_pcb, tmr, 104);
ABI_AT(tcp_pcb, mss, 112);
ABI_AT(tcp_pcb, rto, 128);
ABI_AT(tcp_pcb, lastack, 132);
ABI_AT(tcp_pcb, dupacks, 136);
ABI_AT(tcp_pcb, cwnd, 138);
ABI_AT(tcp_pcb, snd_nxt, 144);
ABI_AT(tcp_pcb, snd_wnd, 152);
ABI_AT(tcp_pcb, snd_lbb, 164);
ABI_AT(tcp_pcb, snd_buf, 170);
ABI_AT(tcp_pcb, snd_queuelen, 172);
ABI_AT(tcp_pcb, unsent, 176);
ABI_AT(tcp_pcb, ooseq, 192);
ABI_AT(tcp_pcb, sent, 200);
ABI_AT(tcp_pcb, errf, 240);
ABI_AT(tcp_pcb, keepalive, 248);
ABI_SIZE(stack, 333200);
ABI_AT(stack, netif_list, 16);
ABI_AT(stack, netif_pipe, 32);
ABI_AT(stack, ip_route_head, 48);
ABI_AT(stack, raw_pcbs, 332936);
ABI_AT(stack, tcp_input_pcb, 333016);
ABI_AT(stack, packet_pcbs, 333032);
ABI_AT(stack, udp_pcbs, 333040);
ABI_AT(stack, tcp_ticks, 333056);
ABI_AT(stack, tcp_listen_pcbs, 333064);
ABI_AT(stack, tcp_tw_pcbs, 333080);
ABI_AT(stack, stack_queue, 333096);
ABI_AT(stack, tcpip_tcp_timer_active, 333152);
ABI_AT(stack, netif_num, 333156);
ABI_SIZE(pseudo_iphdr, 24);
ABI_AT(pseudo_iphdr, src, 8);
ABI_SIZE(sys_timeout, 40);

/* Functions of the library.  int8_t results are err_t. */

struct pbuf *pbuf_alloc(enum pbuf_layer layer, uint16_t len, enum pbuf_flag flag);
uint8_t pbuf_free(struct pbuf *p);
void pbuf_ref(struct pbuf *p);

void ip_addr_list_init(struct stack *stack);
void ip_init(struct stack *stack);
void udp_init(struct stack *stack);
void tcp_init(struct stack *stack);

/* Append to the stack's list; gives netif->id.  init returns ERR_OK. */
struct netif *netif_add(struct stack *stack, struct netif *n, void *state,
		int8_t (*init)(struct netif *n),
		int8_t (*input)(struct pbuf *p, struct netif *n),
		void (*change)(struct netif *n, uint32_t type));
/* Also add and remove the connected route; del aborts the connections of the
   address.  0 or -errno. */
int netif_add_addr(struct netif *n, struct ip_addr *address, struct ip_addr *mask);
int netif_del_addr(struct netif *n, struct ip_addr *address, struct ip_addr *mask);

/* nexthop NULL: directly connected.  ERR_CONN: is there already / is not there. */
int8_t ip_route_list_add(struct stack *stack, struct ip_addr *address, struct ip_addr *mask,
		struct ip_addr *nexthop, struct netif *n, int flags);
int8_t ip_route_list_del(struct stack *stack, struct ip_addr *address, struct ip_addr *mask,
		struct ip_addr *nexthop, struct netif *n, int flags);
int8_t ip_route_findpath(struct stack *stack, struct ip_addr *address,
		struct ip_addr **nexthop, struct netif **n, int *flags);
/* Never with n->addrs NULL. */
struct ip_addr_list *ip_route_select_source_ip(struct netif *n, struct ip_addr *dst,
		struct ip_addr *nexthop);

struct tcp_pcb *tcp_new(struct stack *stack);
void tcp_arg(struct tcp_pcb *pcb, void *arg);
void tcp_accept(struct tcp_pcb *pcb, int8_t (*fn)(void *, struct tcp_pcb *, int8_t));
void tcp_recv(struct tcp_pcb *pcb, int8_t (*fn)(void *, struct tcp_pcb *, struct pbuf *, int8_t));
void tcp_sent(struct tcp_pcb *pcb, int8_t (*fn)(void *, struct tcp_pcb *, uint16_t));
void tcp_err(struct tcp_pcb *pcb, void (*fn)(void *, int8_t));
int8_t tcp_connect(struct tcp_pcb *pcb, struct ip_addr *address, uint16_t port,
		int8_t (*connected)(void *, struct tcp_pcb *, int8_t));
struct tcp_pcb *tcp_listen(struct tcp_pcb *pcb);	/* consumes pcb */
void tcp_abort(struct tcp_pcb *pcb);
int8_t tcp_close(struct tcp_pcb *pcb);
int8_t tcp_write(struct tcp_pcb *pcb, const void *data, uint16_t len, uint8_t copy);
int8_t tcp_output(struct tcp_pcb *pcb);
void tcp_tmr(struct stack *stack);
void tcp_pcb_remove(struct tcp_pcb **list, struct tcp_pcb *pcb);
void tcp_rst(struct stack *stack, uint32_t seqno, uint32_t ackno,
		struct ip_addr *local_ip, struct ip_addr *remote_ip,
		uint16_t local_port, uint16_t remote_port);
/* Consumes p, whose payload is the IP header. */
void tcp_input(struct pbuf *p, struct ip_addr_list *destination,
		struct pseudo_iphdr *header, struct netif *slirp);

void memp_free(int type, void *memory);
#define MEMP_TCP_PCB	3
#define MEMP_SYS_TIMEOUT 9

struct sys_timeouts *sys_arch_timeouts(void);

/* 0, or -ENOEXEC with the reason in error: this is not the library we know. */
int abi_check(struct stack *stack, char *error, size_t size);

#endif
