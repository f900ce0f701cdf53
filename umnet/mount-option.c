/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cable.h"
#include "mount-option.h"
#include "util.h"

#define MAX_EACH 10			/* one digit */

enum family { VD, TP, TN, FAMILIES };

static const char family_name[FAMILIES][3] = { "vd", "tp", "tn" };

struct plan {
	const struct mount_maker *maker;
	struct planned {
		const char	*where;		/* NULL: the default */
		bool		 has_mac;
		uint8_t		 mac[6];
		uint32_t	 mtu;		/* 0: the usual one */
	}	 interface[FAMILIES][MAX_EACH];
	unsigned count[FAMILIES];
	struct planned *named;		/* whom mac= and mtu= are about */
	bool	 lo;
	const char *ra;
	char	*error;
	size_t	 size;
};

static int plan_fail(struct plan *p, const char *format, const char *what)
{
	snprintf(p->error, p->size, format, what);
	return -EINVAL;
}

static int plan_mac(struct plan *p, struct planned *i, const char *text)
{
	unsigned m[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n",
			m, m + 1, m + 2, m + 3, m + 4, m + 5, &end) != 6 || text[end])
		return plan_fail(p, "'%.40s' is not a MAC address", text);
	for (int k = 0; k < 6; k++)
		i->mac[k] = m[k];
	if (m[0] & 1 || !(m[0] | m[1] | m[2] | m[3] | m[4] | m[5]))
		return plan_fail(p, "'%.40s' is not the MAC address of one host", text);
	i->has_mac = true;
	return 0;
}

static int plan_mtu(struct plan *p, struct planned *i, const char *text)
{
	char *end;
	unsigned long mtu = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || mtu < p->maker->mtu_min ||
	    mtu > p->maker->mtu_max)
		return plan_fail(p, "'%.40s' is not an MTU", text);
	i->mtu = mtu;
	return 0;
}

/* vdN, tpN, tnN: N is an index with a value, a count without. */
static int plan_interface(struct plan *p, enum family f, const char *key, const char *value)
{
	unsigned n = key[2] - '0', count = value ? n + 1 : n;

	if (!isdigit((unsigned char)key[2]) || key[3])
		return plan_fail(p, "'%.40s': one digit must follow the kind of interface", key);
	if (count > p->count[f])
		p->count[f] = count;
	if (value && *value)
		p->interface[f][n].where = value;
	if (count)
		p->named = &p->interface[f][value ? n : n - 1];
	return 0;
}

/* One option; value NULL if there was no '='. */
static int plan_option(struct plan *p, const char *key, const char *value)
{
	/* Before any was named, the first interface there will be. */
	struct planned *i = p->named ? p->named : &p->interface[VD][0];
	int rc = -ENOENT;

	if (!*key && !value)
		return 0;
	if (!strcmp(key, "lo") && !value) {
		p->lo = true;
		return 0;
	}
	if (!strcmp(key, "ra") && value && p->maker->router) {
		p->ra = value;
		return 0;
	}
	if (!strcmp(key, "mac") && value)
		return plan_mac(p, i, value);
	if (!strcmp(key, "mtu") && value)
		return plan_mtu(p, i, value);
	for (enum family f = 0; f < FAMILIES; f++)
		if (!strncmp(key, family_name[f], 2))
			return plan_interface(p, f, key, value);
	if (value && p->maker->other)
		rc = p->maker->other(key, value, p->error, p->size);
	return rc != -ENOENT ? rc : plan_fail(p, "unknown option '%.40s'", key);
}

/* The next option of *at, in place: quotes and commas are gone.  False: none. */
static bool option_next(char **at, char **key, char **value)
{
	char *from = *at, *to = *at, quote = 0;

	if (!from)
		return false;
	*key = to;
	*value = NULL;
	for (; *from && (quote || *from != ','); from++) {
		if (quote ? *from == quote : *from == '"' || *from == '\'') {
			quote = quote ? 0 : *from;
		} else if (*from == '=' && !*value) {
			*to++ = 0;
			*value = to;
		} else {
			*to++ = *from;
		}
	}
	*at = *from ? from + 1 : NULL;
	*to = 0;
	return true;
}

static int plan_make(const struct plan *p, enum family f, unsigned n)
{
	static const struct cable_kind *const kinds[FAMILIES] = { NULL, &cable_tap, &cable_tun };
	const struct planned *i = &p->interface[f][n];
	const char *where = i->where ? i->where : f == VD ? getenv("UMNET_DEFAULT_VDE") : NULL;
	const struct cable_kind *kind = kinds[f] ? kinds[f] : cable_for_url(where);
	struct cable *cable;
	char label[32];
	int rc;

	snprintf(label, sizeof(label), "%.2s%u", family_name[f], n);
	if (i->mtu > kind->mtu_max) {
		snprintf(p->error, p->size, "%s: its largest MTU is %u", label, kind->mtu_max);
		return -EINVAL;
	}
	rc = kind->open(label, where, &cable, p->error, p->size);
	if (rc < 0)
		return rc;
	return p->maker->interface(family_name[f], n, cable, i->has_mac ? i->mac : NULL,
			i->mtu, p->error, p->size);
}

int mount_options_apply(const char *options, const struct mount_maker *maker,
		char *error, size_t size)
{
	autofree char *text = xstrdup(options);
	struct plan plan = { .maker = maker, .error = error, .size = size };
	char *at = *text ? text : NULL, *key, *value;
	int rc;

	cable_owner(maker->owner);
	while (option_next(&at, &key, &value)) {
		rc = plan_option(&plan, key, value);
		if (rc < 0)
			return rc;
	}
	if (!plan.lo && !plan.count[VD] && !plan.count[TP] && !plan.count[TN])
		plan.count[VD] = 1;
	for (enum family f = 0; f < FAMILIES; f++)
		for (unsigned n = 0; n < plan.count[f]; n++) {
			rc = plan_make(&plan, f, n);
			if (rc < 0)
				return rc;
		}
	return plan.ra ? maker->router(plan.ra, error, size) : 0;
}
