/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "family.h"
#include "util.h"

#define BIT(family) (UINT64_C(1) << (family))

static const struct {
	const char *name, *letter;
	uint64_t mask;
} items[] = {
	{ "all", NULL, FAMILY_ALL },
	{ "ip", NULL, BIT(AF_INET) | BIT(AF_INET6) | BIT(AF_NETLINK) | BIT(AF_PACKET) },
	{ "unix", "u", BIT(AF_UNIX) },
	{ "ipv4", "4", BIT(AF_INET) },
	{ "ipv6", "6", BIT(AF_INET6) },
	{ "netlink", "n", BIT(AF_NETLINK) },
	{ "packet", "p", BIT(AF_PACKET) },
	{ "bluetooth", "b", BIT(AF_BLUETOOTH) },
	{ "irda", "i", BIT(AF_IRDA) },
};

/* 0 if the text, n bytes, is no item. */
static uint64_t item_mask(const char *text, size_t n)
{
	char *end;
	long number;

	for (unsigned i = 0; i < ARRAY_SIZE(items); i++)
		if ((strlen(items[i].name) == n && memcmp(text, items[i].name, n) == 0) ||
		    (items[i].letter && n == 1 && *text == *items[i].letter))
			return items[i].mask;
	if (n < 2 || (*text != '#' && *text != 'f'))
		return 0;
	number = strtol(text + 1, &end, 10);
	return end == text + n && number > 0 && number < AF_MAX ? BIT(number) : 0;
}

int family_list(const char *list, uint64_t *mask, char *bad, size_t size)
{
	*mask = *list == '-' ? FAMILY_ALL : 0;
	while (*list) {
		size_t n = strcspn(list, ",");
		size_t sign = *list == '-' || *list == '+';
		uint64_t item = item_mask(list + sign, n - sign);

		if (!item) {
			snprintf(bad, size, "%.*s", (int)n, list);
			return -EINVAL;
		}
		*mask = *list == '-' ? *mask & ~item : *mask | item;
		list += n + (list[n] == ',');
	}
	return 0;
}

const char *family_name(int family)
{
	for (unsigned i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i].mask == BIT(family))
			return items[i].name;
	return NULL;
}
