/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "router.h"
#include "um_stack.h"

/* The library's, used nowhere else. */
void ip_radv_netif_init(struct netif *n);
void ip_radv_start(struct netif *n);
void ip_radv_stop(struct netif *n);
void ip_radv_handle_rs(struct netif *n, struct pbuf *p, void *ip, void *icmp);
int lwip_radv_load_configfile(struct stack *stack, void *path);

static bool running;
static uint64_t last;			/* ms: its timers were advanced to */

int router_start(const char *file, char *error, size_t size)
{
	if (access(file, R_OK) < 0) {
		int rc = -errno;

		snprintf(error, size, "ra: cannot read '%s': %s", file, strerror(-rc));
		return rc;
	}
	for (struct interface *i = interface_first(); i; i = interface_next(i)) {
		if (!i->ethernet)
			continue;
		ip_radv_netif_init(&i->netif);
		i->netif.flags |= NETIF_FLAG_RADV;
		/* The configuration may not announce more than this. */
		i->netif.mtu = i->mtu;
	}
	if (!lwip_radv_load_configfile(engine_stack(), (void *)file)) {
		snprintf(error, size, "ra: cannot use '%s'", file);
		return -EINVAL;
	}
	for (struct interface *i = interface_first(); i; i = interface_next(i))
		i->netif.mtu = 0;
	running = true;
	last = um_stack_now();
	return 0;
}

void router_link(struct interface *i, bool up)
{
	if (!running || !i->netif.radv)
		return;
	if (up)
		ip_radv_start(&i->netif);
	else
		ip_radv_stop(&i->netif);
}

void router_solicited(const struct inet_packet *p)
{
	if (running && p->interface->netif.radv && inet_payload_len(p) >= 8 && p->ttl == 255)
		ip_radv_handle_rs(&p->interface->netif, NULL, (void *)p->ip,
				(void *)inet_payload(p));
}

int router_poll(uint64_t now)
{
	struct sys_timeouts *timers;
	uint64_t passed = now - last;

	if (!running)
		return -1;
	timers = sys_arch_timeouts();
	last = now;
	while (timers->next && timers->next->time <= passed) {
		struct sys_timeout *t = timers->next;

		passed -= t->time;
		timers->next = t->next;
		t->h(t->arg);
		if (!t->raw)
			memp_free(MEMP_SYS_TIMEOUT, t);
	}
	if (!timers->next)
		return -1;
	timers->next->time -= passed;
	return timers->next->time;
}
