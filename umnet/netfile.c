/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netfile.h"
#include "util.h"

enum { ROUTE_WIDTH = 127 };

/* --- /proc/net/dev -------------------------------------------------------- */

static int dev_link(void *arg, const struct net_link *l)
{
	const struct netfile *f = arg;

	fprintf(f->out, "%6s: %7llu %7llu %4llu %4llu %4u %5u %10u %9llu ", l->name,
		(unsigned long long)l->rx.bytes, (unsigned long long)l->rx.packets,
		(unsigned long long)l->rx.errors, (unsigned long long)l->rx.dropped, 0, 0, 0,
		(unsigned long long)l->multicast);
	fprintf(f->out, "%8llu %7llu %4llu %4llu %4u %5u %7u %10u\n",
		(unsigned long long)l->tx.bytes, (unsigned long long)l->tx.packets,
		(unsigned long long)l->tx.errors, (unsigned long long)l->tx.dropped, 0, 0, 0, 0);
	return 0;
}

static void file_dev(struct netfile *f)
{
	fputs("Inter-|   Receive                            "
	      "                    |  Transmit\n"
	      " face |bytes    packets errs drop fifo frame "
	      "compressed multicast|bytes    packets errs "
	      "drop fifo colls carrier compressed\n", f->out);
	f->net->links(dev_link, f);
}

/* --- routes --------------------------------------------------------------- */

static uint32_t word(const uint8_t *bytes)
{
	uint32_t w;

	memcpy(&w, bytes, sizeof(w));
	return w;
}

static void put_hex(FILE *out, const uint8_t *bytes, unsigned n)
{
	while (n--)
		fprintf(out, "%02x", *bytes++);
}

static const char *link_name(struct netfile *f, int index, const char *none)
{
	return index && net_link_find(f->net, index, NULL, &f->link) == 0 ? f->link.name : none;
}

static unsigned route_flags(const struct net_route *r)
{
	unsigned bits = net_address_len(r->family) * 8;

	return RTF_UP | (r->has_gateway ? RTF_GATEWAY : 0) | (r->prefix == bits ? RTF_HOST : 0) |
	       (r->type == RTN_UNICAST ? 0 : RTF_REJECT);
}

static int route_line4(void *arg, const struct net_route *r)
{
	struct netfile *f = arg;
	char line[ROUTE_WIDTH + 1];
	uint32_t mask;

	if (r->family != AF_INET || r->table != RT_TABLE_MAIN)
		return 0;
	mask = r->prefix ? htonl(0xffffffffu << (32 - r->prefix)) : 0;
	snprintf(line, sizeof(line), "%s\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u",
		 link_name(f, r->link, "*"), word(r->dst), r->has_gateway ? word(r->gateway) : 0,
		 route_flags(r), 0, 0, (int)r->metric, mask, 0, 0, 0);
	fprintf(f->out, "%-*s\n", ROUTE_WIDTH, line);
	return 0;
}

static void file_route(struct netfile *f)
{
	fprintf(f->out, "%-*s\n", ROUTE_WIDTH, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\t"
		"Metric\tMask\t\tMTU\tWindow\tIRTT");
	f->net->routes(route_line4, f);
}

static int route_line6(void *arg, const struct net_route *r)
{
	static const uint8_t none[16];
	struct netfile *f = arg;

	if (r->family != AF_INET6)
		return 0;
	put_hex(f->out, r->dst, 16);
	fprintf(f->out, " %02x ", r->prefix);
	put_hex(f->out, none, 16);
	fputs(" 00 ", f->out);
	put_hex(f->out, r->has_gateway ? r->gateway : none, 16);
	fprintf(f->out, " %08x %08x %08x %08x %8s\n", r->metric, 1, 0, route_flags(r),
		link_name(f, r->link, "lo"));
	return 0;
}

static void file_ipv6_route(struct netfile *f)
{
	f->net->routes(route_line6, f);
}

/* --- addresses, neighbours ------------------------------------------------ */

static unsigned address_scope(const struct net_address *a)
{
	switch (a->scope) {
	case RT_SCOPE_HOST:
		return 0x10;
	case RT_SCOPE_LINK:
		return 0x20;
	case RT_SCOPE_SITE:
		return 0x40;
	default:
		return 0;
	}
}

static int address_line6(void *arg, const struct net_address *a)
{
	struct netfile *f = arg;

	if (a->family != AF_INET6)
		return 0;
	put_hex(f->out, a->local, 16);
	fprintf(f->out, " %02x %02x %02x %02x %8s\n", a->link, a->prefix, address_scope(a),
		a->flags & 0xff, link_name(f, a->link, ""));
	return 0;
}

static void file_if_inet6(struct netfile *f)
{
	f->net->addresses(address_line6, f);
}

static int arp_line(void *arg, const struct net_neighbour *n)
{
	struct netfile *f = arg;
	char ip[INET_ADDRSTRLEN];
	unsigned flags = n->state & NUD_PERMANENT ? ATF_PERM | ATF_COM :
		n->state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE) ? ATF_COM : 0;

	if (n->family != AF_INET || n->state & NUD_NOARP)
		return 0;
	inet_ntop(AF_INET, n->dst, ip, sizeof(ip));
	fprintf(f->out, "%-16s 0x%-10x0x%-10x%02x:%02x:%02x:%02x:%02x:%02x     *        %s\n", ip,
		ARPHRD_ETHER, flags, n->address[0], n->address[1], n->address[2], n->address[3],
		n->address[4], n->address[5], link_name(f, n->link, ""));
	return 0;
}

static void file_arp(struct netfile *f)
{
	fputs("IP address       HW type     Flags       HW address            Mask     Device\n",
	      f->out);
	f->net->neighbours(arp_line, f);
}

/* --- the table ------------------------------------------------------------ */

static const struct row {
	const char *name;
	void	(*write)(struct netfile *f);
	int	family, protocol;
	bool	raw;
} rows[] = {
	{ "net/dev", file_dev, 0, 0, false },
	{ "net/route", file_route, 0, 0, false },
	{ "net/ipv6_route", file_ipv6_route, 0, 0, false },
	{ "net/if_inet6", file_if_inet6, 0, 0, false },
	{ "net/arp", file_arp, 0, 0, false },
	{ "net/tcp", netfile_tcp, AF_INET, IPPROTO_TCP, false },
	{ "net/tcp6", netfile_tcp, AF_INET6, IPPROTO_TCP, false },
	{ "net/udp", netfile_udp, AF_INET, IPPROTO_UDP, false },
	{ "net/udp6", netfile_udp, AF_INET6, IPPROTO_UDP, false },
	{ "net/udplite", netfile_udp, AF_INET, IPPROTO_UDPLITE, false },
	{ "net/udplite6", netfile_udp, AF_INET6, IPPROTO_UDPLITE, false },
	{ "net/raw", netfile_udp, AF_INET, 0, true },
	{ "net/raw6", netfile_udp, AF_INET6, 0, true },
	{ "net/packet", netfile_packet, AF_PACKET, 0, false },
	{ "net/sockstat", netfile_sockstat, AF_INET, 0, false },
	{ "net/sockstat6", netfile_sockstat, AF_INET6, 0, false },
	{ "net/snmp", netfile_snmp, 0, 0, false },
	{ "sys/class/net", netfile_class, 0, 0, false },
};

/* An open file of its own: at its start, and not to be written. */
static int file_reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int netfile_open(const struct net_ops *net, const char *name)
{
	const struct row *row = rows;
	struct netfile f = { .net = net };
	int fd;

	while (row < rows + ARRAY_SIZE(rows) && strcmp(row->name, name) != 0)
		row++;
	if (row == rows + ARRAY_SIZE(rows))
		return -ENOENT;
	fd = memfd_create(name, MFD_CLOEXEC);
	f.out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f.out) {
		if (fd >= 0)
			close(fd);
		return -ENFILE;
	}
	f.family = row->family;
	f.protocol = row->protocol;
	f.raw = row->raw;
	row->write(&f);
	fflush(f.out);
	fd = file_reopen(fd);
	fclose(f.out);
	return fd < 0 ? -ENFILE : fd;
}
