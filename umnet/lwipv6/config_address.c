/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses.  The library's ring of an interface says which there are; a
 * record beside it, found by (interface, address, prefix), what else Linux would keep.
 *
 * The library's netif_add_addr() is not used: it makes a route of its own
 * for the unmasked address, and reads a null pointer if there is one already.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "address.h"
#include "config.h"
#include "rtnetlink.h"
#include "util.h"

#define ADDRESS_MAX	4096		/* in the stack */

struct record {
	struct record	*next;
	struct net_address address;	/* lifetimes: as they were given */
	uint64_t	 given;		/* ms */
};

static struct record *records;

static bool same_address(const struct net_address *a, const struct net_address *b)
{
	return a->link == b->link && a->family == b->family && a->prefix == b->prefix &&
		!memcmp(a->local, b->local, 16);
}

static struct record **record_find(const struct net_address *a)
{
	struct record **at;

	for (at = &records; *at && !same_address(&(*at)->address, a); at = &(*at)->next)
		;
	return at;
}

static void record_drop(const struct net_address *a)
{
	struct record **at = record_find(a), *old = *at;

	if (old) {
		*at = old->next;
		free(old);
	}
}

static uint32_t lifetime_left(uint32_t given, uint64_t elapsed)
{
	if (given == NET_FOREVER)
		return given;
	return elapsed / 1000 >= given ? 0 : given - elapsed / 1000;
}

static unsigned mask_bits(const struct ip_addr *mask)
{
	unsigned k, bits = 0;

	for (k = 0; k < 4; k++)
		bits += __builtin_popcount(mask->addr[k]);
	return bits;
}

/* --- listing -------------------------------------------------------------- */

/* An entry of the library's as Linux would show it. */
static void address_fill(const struct ip_addr_list *el, int link, struct net_address *a)
{
	const struct record *record;
	unsigned bits = mask_bits(&el->netmask);

	*a = (struct net_address){ .link = link, .flags = (uint8_t)el->flags,
		.valid = NET_FOREVER, .preferred = NET_FOREVER };
	config_address_from(&el->ipaddr, &a->family, a->local);
	a->prefix = a->family == AF_INET ? (bits > 96 ? bits - 96 : 0) : bits;
	a->scope = net_scope_of(a->family, a->local);
	memcpy(a->peer, a->local, sizeof(a->peer));
	record = *record_find(a);
	if (record) {
		uint64_t elapsed = um_stack_now() - record->given;

		*a = record->address;
		a->valid = lifetime_left(a->valid, elapsed);
		a->preferred = lifetime_left(a->preferred, elapsed);
		if (!a->preferred)
			a->flags |= IFA_F_DEPRECATED;
	} else if (!(a->flags & IFA_F_PERMANENT)) {
		/* Learnt from a router: the library counts the seconds down. */
		a->valid = el->info.valid;
		a->preferred = el->info.preferred;
	}
}

/* Linux's order on a link: IPv4, secondaries last; IPv6, wide scopes and new ones first. */
static int address_compare(const struct net_address *a, const struct net_address *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	if (a->family == AF_INET6 && a->scope != b->scope)
		return a->scope < b->scope ? -1 : 1;
	if (a->family == AF_INET && (a->flags ^ b->flags) & IFA_F_SECONDARY)
		return a->flags & IFA_F_SECONDARY ? 1 : -1;
	return 0;
}

static void address_insert(struct net_address *list, size_t n, const struct net_address *new)
{
	size_t at = n;

	/* After its equals (IPv4), before them (IPv6). */
	while (at > 0 && (new->family == AF_INET6 ? address_compare(new, &list[at - 1]) <= 0 :
	    address_compare(new, &list[at - 1]) < 0))
		at--;
	memmove(list + at + 1, list + at, (n - at) * sizeof(*list));
	list[at] = *new;
}

static bool is_secondary(const struct net_address *list, size_t n, const struct net_address *a)
{
	size_t k;

	for (k = 0; k < n && a->family == AF_INET; k++)
		if (list[k].family == AF_INET && list[k].prefix == a->prefix && a->prefix < 32 &&
		    net_prefix_equal(list[k].peer, a->peer, a->prefix))
			return true;
	return false;
}

static size_t ring_length(const struct ip_addr_list *last)
{
	const struct ip_addr_list *el = last;
	size_t n = 0;

	if (!el)
		return 0;
	do
		n++;
	while ((el = el->next) != last);
	return n;
}

/* All addresses of an interface, sorted; owned by the caller.  NULL: none, or no memory. */
static struct net_address *address_list(const struct interface *i, size_t *count)
{
	struct ip_addr_list *last = i->netif.addrs, *el = last;
	struct net_address *list, new;

	*count = ring_length(last);
	list = *count ? calloc(*count, sizeof(*list)) : NULL;
	if (!list)
		return NULL;
	*count = 0;
	do {
		el = el->next;
		address_fill(el, interface_index(i), &new);
		new.flags &= ~IFA_F_SECONDARY;
		if (is_secondary(list, *count, &new))
			new.flags |= IFA_F_SECONDARY;
		address_insert(list, (*count)++, &new);
	} while (el != last);
	return list;
}

int config_addresses(int (*visit)(void *arg, const struct net_address *a), void *arg)
{
	struct interface *i;
	int rc = 0;

	for (i = interface_first(); i && !rc; i = interface_next(i)) {
		size_t n, k;
		autofree struct net_address *list = address_list(i, &n);

		for (k = 0; list && k < n && !rc; k++)
			rc = visit(arg, &list[k]);
	}
	return rc;
}

/* --- changes -------------------------------------------------------------- */

static size_t address_count(void)
{
	struct interface *i;
	size_t n = 0;

	for (i = interface_first(); i; i = interface_next(i))
		n += ring_length(i->netif.addrs);
	return n;
}

int config_address_set(const struct net_address *a)
{
	struct record **at = record_find(a);

	rtnl_touch();
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return -ENOBUFS;
	}
	(*at)->address = *a;
	(*at)->given = um_stack_now();
	return 0;
}

int config_address_add(const struct net_address *a)
{
	struct interface *i = interface_by_index(a->link);
	struct ip_addr_list *el;
	int rc;

	if (!i)
		return -ENODEV;
	if (config_address_mapped(a->family, a->local))
		return -EADDRNOTAVAIL;
	if (address_count() >= ADDRESS_MAX)
		return -ENOBUFS;
	el = calloc(1, sizeof(*el));
	rc = el ? config_address_set(a) : -ENOBUFS;
	if (rc < 0) {
		free(el);
		return rc;
	}
	el->ipaddr = config_address_to(a->family, a->local);
	el->netmask = config_mask_to(a->family, a->prefix);
	el->netif = &i->netif;
	el->flags = IFA_F_PERMANENT;	/* of lifetimes the record knows */
	if (i->netif.addrs) {
		el->next = i->netif.addrs->next;
		i->netif.addrs->next = el;
	} else {
		el->next = el;
	}
	i->netif.addrs = el;
	config_routes_connect(a->link, a);
	return 0;
}

static struct ip_addr_list *element_find(const struct interface *i, const struct ip_addr *address,
		const struct ip_addr *mask)
{
	struct ip_addr_list *el = i->netif.addrs;

	if (el)
		do {
			if (memcmp(&el->ipaddr, address, sizeof(*address)) == 0 &&
			    memcmp(&el->netmask, mask, sizeof(*mask)) == 0)
				return el;
			el = el->next;
		} while (el != i->netif.addrs);
	return NULL;
}

int config_address_remove(const struct net_address *a)
{
	struct interface *i = interface_by_index(a->link);
	struct ip_addr address = config_address_to(a->family, a->local);
	struct ip_addr mask = config_mask_to(a->family, a->prefix);
	struct net_address gone = *a;
	struct ip_addr_list *el;
	int rc;

	if (!i)
		return -ENODEV;
	el = element_find(i, &address, &mask);
	/* Also aborts the connections that use it.  It forgets the element, unfreed. */
	rc = netif_del_addr(&i->netif, &address, &mask);
	if (rc < 0)
		return rc;
	free(el);
	rtnl_touch();
	record_drop(&gone);
	config_routes_unaddressed(&gone);
	config_routes_connect(gone.link, &gone);
	return 0;
}

void config_addresses_down(int link)
{
	struct interface *i = interface_by_index(link);
	size_t n, k;
	autofree struct net_address *list = address_list(i, &n);

	for (k = 0; list && k < n; k++)
		if (list[k].family == AF_INET6)
			config_address_remove(&list[k]);
}

int config_poll(uint64_t now)
{
	struct record *record = records, *next;
	uint64_t end, soonest = UINT64_MAX;

	for (; record; record = next) {
		next = record->next;
		if (record->address.valid == NET_FOREVER)
			continue;
		end = record->given + 1000ull * record->address.valid;
		if (end <= now) {
			struct net_address gone = record->address;

			if (config_address_remove(&gone) < 0)
				record_drop(&gone);
			next = records;	/* others may have gone with it */
			soonest = UINT64_MAX;
		} else if (end < soonest) {
			soonest = end;
		}
	}
	if (soonest == UINT64_MAX)
		return -1;
	return soonest - now < 3600000 ? soonest - now : 3600000;
}
