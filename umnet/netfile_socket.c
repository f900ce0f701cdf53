/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netfile_socket.c - /proc/net/tcp, udp, raw and their kin. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "netfile.h"

enum { TCP_WIDTH = 149, UDP_WIDTH = 127 };

#define TITLES6	"local_address                         remote_address                        st " \
	"tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

/* "0100007F:0050", or four such words for IPv6. */
static void put_address(char *text, size_t size, int family, const uint8_t *address, unsigned port)
{
	size_t n = 0;

	for (unsigned i = 0; i < net_address_len(family); i += 4) {
		uint32_t word;

		memcpy(&word, address + i, sizeof(word));
		n += snprintf(text + n, size - n, "%08X", word);
	}
	snprintf(text + n, size - n, ":%04X", port);
}

/* What all lines begin with, up to the inode. */
static int put_socket(char *line, size_t size, struct netfile *f, const struct net_socket *s,
		int width, unsigned local_port, unsigned state)
{
	char local[48], remote[48];

	put_address(local, sizeof(local), s->family, s->local, local_port);
	put_address(remote, sizeof(remote), s->family, s->remote, s->remote_port);
	return snprintf(line, size, "%*u: %s %s %02X %08X:%08X %02X:%08X %08X %5u %8d %llu",
			width, f->count++, local, remote, state,
			state == TCP_LISTEN ? 0 : s->send_queue, s->receive_queue,
			s->timer, s->expires / 10, s->retransmits, 0, 0,
			(unsigned long long)s->inode);
}

static bool is_wanted(const struct netfile *f, const struct net_socket *s)
{
	return s->family == f->family && s->raw == f->raw &&
	       (f->raw || s->protocol == f->protocol);
}

static int tcp_line(void *arg, const struct net_socket *s)
{
	struct netfile *f = arg;
	char line[256];
	int n;

	if (!is_wanted(f, s))
		return 0;
	n = put_socket(line, sizeof(line), f, s, 4, s->local_port, s->state);
	snprintf(line + n, sizeof(line) - n, " %d %016x %lu %lu %u %u %d", 1, 0, 100ul, 0ul, 0, 10,
		 0);
	fprintf(f->out, "%-*s\n", f->family == AF_INET ? TCP_WIDTH : 0, line);
	return 0;
}

static void list_sockets(struct netfile *f, int (*visit)(void *arg, const struct net_socket *s))
{
	if (f->net->sockets)
		f->net->sockets(visit, f);
}

void netfile_tcp(struct netfile *f)
{
	if (f->family == AF_INET)
		fprintf(f->out, "%-*s\n", TCP_WIDTH, "  sl  local_address rem_address   st tx_queue "
			"rx_queue tr tm->when retrnsmt   uid  timeout inode");
	else
		fputs("  sl  " TITLES6 "\n", f->out);
	list_sockets(f, tcp_line);
}

static int udp_line(void *arg, const struct net_socket *s)
{
	struct netfile *f = arg;
	char line[256];
	int n;

	if (!is_wanted(f, s))
		return 0;
	n = put_socket(line, sizeof(line), f, s, 5, s->raw ? s->protocol : s->local_port,
		       s->state ? s->state : TCP_CLOSE);
	snprintf(line + n, sizeof(line) - n, " %d %016x %u", 2, 0, 0);
	fprintf(f->out, "%-*s\n", f->family == AF_INET ? UDP_WIDTH : 0, line);
	return 0;
}

void netfile_udp(struct netfile *f)
{
	if (f->family == AF_INET)
		fprintf(f->out, "%-*s\n", UDP_WIDTH, "   sl  local_address rem_address   st tx_queue "
			"rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops");
	else
		fputs("  sl  " TITLES6 " ref pointer drops\n", f->out);
	list_sockets(f, udp_line);
}

static int packet_line(void *arg, const struct net_socket *s)
{
	struct netfile *f = arg;

	if (s->family == AF_PACKET)
		fprintf(f->out, "%016x %-6d %-4d %04x   %-5d %1d %-6u %-6u %-6llu\n", 0, 3, s->type,
			s->local_port, s->link, 1, s->receive_queue, 0,
			(unsigned long long)s->inode);
	return 0;
}

void netfile_packet(struct netfile *f)
{
	fprintf(f->out, "%-16s RefCnt Type Proto  Iface R Rmem   User   Inode\n", "sk");
	list_sockets(f, packet_line);
}

struct tally {
	struct netfile	*f;
	unsigned	 tcp, orphans, waiting, established, udp, udplite, raw;
};

static int tally_one(void *arg, const struct net_socket *s)
{
	struct tally *t = arg;
	bool tcp = s->protocol == IPPROTO_TCP && !s->raw;

	if ((s->family != AF_INET && s->family != AF_INET6) ||
	    (t->f->family && s->family != t->f->family))
		return 0;
	t->raw += s->raw;
	t->udp += !s->raw && s->protocol == IPPROTO_UDP;
	t->udplite += !s->raw && s->protocol == IPPROTO_UDPLITE;
	t->waiting += tcp && s->state == TCP_TIME_WAIT;
	t->established += tcp && (s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT);
	t->orphans += tcp && s->state != TCP_TIME_WAIT && !s->inode;
	t->tcp += tcp && s->state != TCP_TIME_WAIT;
	return 0;
}

void netfile_sockstat(struct netfile *f)
{
	struct tally t = { .f = f };

	if (f->net->sockets)
		f->net->sockets(tally_one, &t);
	if (f->family == AF_INET6) {
		fprintf(f->out, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse %u\nRAW6: inuse %u\n"
			"FRAG6: inuse 0 memory 0\n", t.tcp, t.udp, t.udplite, t.raw);
		return;
	}
	fprintf(f->out, "sockets: used %u\nTCP: inuse %u orphan %u tw %u alloc %u mem 0\n"
		"UDP: inuse %u mem 0\nUDPLITE: inuse %u\nRAW: inuse %u\nFRAG: inuse 0 memory 0\n",
		t.tcp + t.udp + t.udplite + t.raw, t.tcp, t.orphans, t.waiting, t.tcp, t.udp,
		t.udplite, t.raw);
}

/* Of the counters only how many connections there are is known. */
void netfile_snmp(struct netfile *f)
{
	struct tally t = { .f = f };

	if (f->net->sockets)
		f->net->sockets(tally_one, &t);
	fprintf(f->out, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn CurrEstab\nTcp: 1 200 120000 -1 %u\n",
		t.established);
}
