/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "inet.h"
#include "mirror.h"
#include "neighbour.h"
#include "router.h"
#include "rtnetlink.h"
#include "util.h"

struct interface *interface_first(void)
{
	return (struct interface *)engine_stack()->netif_list;
}

struct interface *interface_next(const struct interface *i)
{
	return (struct interface *)i->netif.next;
}

struct interface *interface_by_index(int index)
{
	struct interface *i = interface_first();

	while (i && interface_index(i) != index)
		i = interface_next(i);
	return i;
}

struct interface *interface_by_label(const char *label)
{
	struct interface *i = interface_first();

	while (i && strcmp(i->label, label))
		i = interface_next(i);
	return i;
}

bool interface_up(const struct interface *i)
{
	return i->netif.flags & NETIF_FLAG_UP;
}

bool interface_running(const struct interface *i)
{
	return interface_up(i) && (i->loopback || (i->cable && i->cable->connected));
}

int interface_index(const struct interface *i)
{
	return i->netif.id;
}

void interface_link_local(const struct interface *i, struct ip_addr *address)
{
	const uint8_t *mac = i->netif.hwaddr;
	uint8_t *a = (uint8_t *)address->addr;

	memset(a, 0, 16);
	a[0] = 0xfe;
	a[1] = 0x80;
	a[8] = mac[0] ^ 2;
	a[9] = mac[1];
	a[10] = mac[2];
	a[11] = 0xff;
	a[12] = 0xfe;
	a[13] = mac[3];
	a[14] = mac[4];
	a[15] = mac[5];
}

static bool interface_has_link_local(const struct interface *i)
{
	struct ip_addr_list *last = i->netif.addrs, *el = last;

	if (!el)
		return false;
	do {
		el = el->next;
		if (address_is_link_local(&el->ipaddr))
			return true;
	} while (el != last);
	return false;
}

int interface_set_up(struct interface *i, bool up, bool link_local)
{
	struct ip_addr address, mask = { { 0xffffffff, 0xffffffff, 0, 0 } };

	if (!up) {
		i->netif.flags &= ~NETIF_FLAG_UP;
		mirror_update(i);
		neighbour_flush(i, true);
		router_link(i, false);
		return 0;
	}
	i->netif.flags |= NETIF_FLAG_UP;
	mirror_update(i);
	if (link_local && i->ethernet && !interface_has_link_local(i)) {
		interface_link_local(i, &address);
		netif_add_addr(&i->netif, &address, &mask);
	}
	router_link(i, true);
	return 0;
}

int interface_set_mtu(struct interface *i, uint32_t mtu)
{
	if (mtu < INTERFACE_MTU_MIN || mtu > i->mtu_max)
		return -EINVAL;
	i->mtu = mtu;
	mirror_update(i);
	return 0;
}

int interface_set_mac(struct interface *i, const uint8_t *mac)
{
	static const uint8_t none[6];

	if (!i->ethernet)
		return -EOPNOTSUPP;
	if (mac[0] & 1 || !memcmp(mac, none, 6))
		return -EADDRNOTAVAIL;
	memcpy(i->netif.hwaddr, mac, 6);
	mirror_update(i);
	return 0;
}

void interface_set_promiscuous(struct interface *i, bool on)
{
	i->promiscuous = on;
}

/* --- the wire --- */

/* What the wire says of its far end. */
void interface_carrier(struct interface *i)
{
	bool was = i->netif.flags & NETIF_FLAG_LINK_UP;

	if (i->cable->connected)
		i->netif.flags |= NETIF_FLAG_LINK_UP | IFF_RUNNING;
	else
		i->netif.flags &= ~(NETIF_FLAG_LINK_UP | IFF_RUNNING);
	if (was != !!(i->netif.flags & NETIF_FLAG_LINK_UP)) {
		rtnl_touch();
		mirror_update(i);
	}
}

void interface_disconnected(struct interface *i, int error)
{
	um_stack_warn("%s: the wire is gone: %s", i->label, strerror(-error));
	um_stack_watch(i->cable->fd, 0, NULL, NULL);
	if (i->cable->hangup_fd >= 0)
		um_stack_watch(i->cable->hangup_fd, 0, NULL, NULL);
	i->cable->connected = false;
	interface_carrier(i);
}

static void interface_hangup(void *arg, uint32_t events)
{
	struct interface *i = arg;
	char byte;

	/* Whatever the far end says here is of no interest; its silence is. */
	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP) ||
	    (recv(i->cable->hangup_fd, &byte, 1, MSG_DONTWAIT) == 0))
		interface_disconnected(i, -ENOTCONN);
}

static int8_t interface_init(struct netif *n)
{
	n->output = interface_output;
	return ERR_OK;
}

struct interface *interface_new(const char name[2], int num, struct cable *cable,
		const uint8_t *mac, uint32_t mtu)
{
	struct interface *i = xcalloc(1, sizeof(*i));
	struct netif *n = &i->netif;

	memcpy(n->name, name, 2);
	snprintf(i->label, sizeof(i->label), "%.2s%d", name, num);
	i->cable = cable;
	i->loopback = !cable;
	i->ethernet = cable && cable->kind->ethernet;
	i->mtu_max = cable ? cable->kind->mtu_max : 65536;
	i->mtu = mtu;
	n->hwaddr_len = i->ethernet ? 6 : 0;
	if (i->ethernet && mac) {
		memcpy(n->hwaddr, mac, 6);
	} else if (i->ethernet) {
		n->hwaddr[0] = n->hwaddr[1] = 2;
		if (getrandom(n->hwaddr + 2, 3, 0) != 3)
			die("no random numbers");
		n->hwaddr[5] = 6;
	}
	n->flags = i->loopback ? IFF_LOOPBACK :
		i->ethernet ? IFF_BROADCAST | IFF_MULTICAST :
		IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	n->type = i->loopback ? ARPHRD_LOOPBACK : i->ethernet ? ARPHRD_ETHER : ARPHRD_NONE;
	netif_add(engine_stack(), n, i, interface_init, interface_input, NULL);
	n->num = num;
	if (cable) {
		interface_carrier(i);
		um_stack_watch(cable->fd, EPOLLIN, interface_readable, i);
		if (cable->hangup_fd >= 0)
			um_stack_watch(cable->hangup_fd, EPOLLIN | EPOLLRDHUP,
					interface_hangup, i);
	}
	return i;
}
