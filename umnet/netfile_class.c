/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netfile_class.c - /sys/class/net, as a list of files (um_stack.h). */
#include <net/if.h>

#include "netfile.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP	0x10000
#endif

static void put_number(const struct netfile *f, const struct net_link *l, const char *file,
		unsigned long long value)
{
	fprintf(f->out, "%s/%s %llu\n", l->name, file, value);
}

static void put_mac(const struct netfile *f, const struct net_link *l, const char *file,
		const uint8_t *mac)
{
	fprintf(f->out, "%s/%s ", l->name, file);
	for (unsigned i = 0; i < 6; i++)
		fprintf(f->out, "%s%02x", i ? ":" : "", l->address_len ? mac[i] : 0);
	fputc('\n', f->out);
}

static void put_statistics(const struct netfile *f, const struct net_link *l)
{
	const struct { const char *file; uint64_t value; } all[] = {
		{ "rx_bytes", l->rx.bytes }, { "rx_packets", l->rx.packets },
		{ "rx_errors", l->rx.errors }, { "rx_dropped", l->rx.dropped },
		{ "tx_bytes", l->tx.bytes }, { "tx_packets", l->tx.packets },
		{ "tx_errors", l->tx.errors }, { "tx_dropped", l->tx.dropped },
		{ "multicast", l->multicast }, { "collisions", 0 },
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		fprintf(f->out, "%s/statistics/%s %llu\n", l->name, all[i].file,
			(unsigned long long)all[i].value);
}

static int class_link(void *arg, const struct net_link *l)
{
	const struct netfile *f = arg;
	bool up = l->flags & IFF_UP, carrier = l->flags & IFF_LOWER_UP;

	put_mac(f, l, "address", l->address);
	put_mac(f, l, "broadcast", l->broadcast);
	put_number(f, l, "addr_len", l->address_len);
	put_number(f, l, "addr_assign_type", 3);
	if (up)
		put_number(f, l, "carrier", carrier);
	put_number(f, l, "dormant", 0);
	fprintf(f->out, "%s/flags 0x%x\n", l->name, l->flags & 0xffff);
	put_number(f, l, "ifindex", l->index);
	put_number(f, l, "iflink", l->index);
	put_number(f, l, "link_mode", 0);
	put_number(f, l, "mtu", l->mtu);
	put_number(f, l, "netdev_group", 0);
	fprintf(f->out, "%s/operstate %s\n", l->name,
		l->flags & IFF_LOOPBACK ? "unknown" : up && carrier ? "up" : "down");
	put_number(f, l, "tx_queue_len", l->tx_queue);
	put_number(f, l, "type", l->type);
	put_statistics(f, l);
	return 0;
}

void netfile_class(struct netfile *f)
{
	f->net->links(class_link, f);
}
