/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "membership.h"

#define BUCKETS	64

struct membership {
	struct ip_addr	 group;
	int		 index;
	unsigned	 count;		/* of sockets that have joined */
	struct membership *next;
};

static struct membership *buckets[BUCKETS];

static struct membership **membership_place(const struct ip_addr *group)
{
	return &buckets[ntohl(group->addr[3]) % BUCKETS];
}

static struct membership *membership_find(const struct ip_addr *group, int index)
{
	struct membership *m = *membership_place(group);

	while (m && (m->index != index || !address_equal(&m->group, group)))
		m = m->next;
	return m;
}

int membership_add(const struct ip_addr *group, int index)
{
	struct membership *m = membership_find(group, index), **place = membership_place(group);

	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return -ENOBUFS;
		m->group = *group;
		m->index = index;
		m->next = *place;
		*place = m;
		membership_tell(group, index, true);
	}
	m->count++;
	return 0;
}

void membership_drop(const struct ip_addr *group, int index)
{
	struct membership *m = membership_find(group, index), **link = membership_place(group);

	if (!m || --m->count)
		return;
	while (*link != m)
		link = &(*link)->next;
	*link = m->next;
	free(m);
	if (!membership_exists(group, index))
		membership_tell(group, index, false);
}

bool membership_exists(const struct ip_addr *group, int index)
{
	return membership_find(group, index) || membership_find(group, 0);
}

void membership_answer(const struct ip_addr *group, int index)
{
	bool all = address_is_any(group);

	for (unsigned k = 0; k < BUCKETS; k++)
		for (struct membership *m = buckets[k]; m; m = m->next)
			if ((!m->index || m->index == index) &&
			    (all ? address_is_v4(&m->group) == address_is_v4(group) :
			     address_equal(&m->group, group)))
				membership_tell(&m->group, index, true);
}
