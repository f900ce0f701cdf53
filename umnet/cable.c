/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cable.h"
#include "util.h"

/* The kinds that serve a URL of their own; all other URLs are libvdeplug's. */
static const struct {
	const char	*prefix;
	const struct cable_kind *kind;
} kinds[] = {
	{ "unix://", &cable_unix },
};

static const char *owner = "VIEWOS";

void cable_owner(const char *name)
{
	owner = name;
}

const char *cable_owner_name(void)
{
	return owner;
}

const struct cable_kind *cable_for_url(const char *url)
{
	for (unsigned k = 0; url && k < ARRAY_SIZE(kinds); k++)
		if (!strncmp(url, kinds[k].prefix, strlen(kinds[k].prefix)))
			return kinds[k].kind;
	return &cable_vde;
}
