/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "family.h"
#include "link.h"
#include "um_module.h"
#include "util.h"

#define FSTYPE		"umnetlink"
#define DEFAULT_STACK	"/dev/net/default"

static bool item_is_override(const char *item, size_t n)
{
	return (n == 1 && *item == 'o') || (n == 8 && memcmp(item, "override", n) == 0);
}

/* Is it there?  Appends all other items to *families, if not NULL. */
static bool options_split(const char *options, char *families)
{
	bool found = false;

	while (*options) {
		size_t n = strcspn(options, ",");

		if (item_is_override(options, n)) {
			found = true;
		} else if (families) {
			if (*families)
				strcat(families, ",");
			strncat(families, options, n);
		}
		options += n + (options[n] == ',');
	}
	return found;
}

bool link_overrides(const char *options)
{
	return options_split(options, NULL);
}

static int families_parse(const char *list, uint64_t *families)
{
	char bad[64];

	if (!*list) {
		*families = FAMILY_ALL;
		return 0;
	}
	if (family_list(list, families, bad, sizeof(bad)) < 0) {
		um_warn("mount: " FSTYPE ": '%s': unknown protocol family", bad);
		return -EINVAL;
	}
	*families &= FAMILY_ALL;
	if (!*families) {
		um_warn("mount: " FSTYPE ": '%s': no protocol family is left", list);
		return -EINVAL;
	}
	return 0;
}

int link_new(int tid, const char *source, const char *target, const char *options,
		struct link **link)
{
	autofree char *list = xcalloc(1, strlen(options) + 1);
	bool override = options_split(options, list);
	uint64_t families;
	char *path;
	int rc = families_parse(list, &families);

	if (rc < 0)
		return rc;
	path = um_stack_path(tid, source);
	if (!path) {
		um_warn("mount: " FSTYPE ": %s: no stack is mounted there", source);
		return -ENOENT;
	}
	*link = xcalloc(1, sizeof(**link));
	**link = (struct link){ families, path, xstrdup(override ? target : DEFAULT_STACK) };
	return 0;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	free(link->source);
	free(link->rest);
	free(link);
}

const char *link_path(const struct link *link, int family)
{
	if (!(FAMILY_ALL >> family & 1))
		return NULL;
	return link->families >> family & 1 ? link->source : link->rest;
}
