/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "mountspec.h"
#include "util.h"

/* Ends the field at `text`; the next one, or NULL. */
static char *field_end(char *text)
{
	char *colon = text ? strchr(text, ':') : NULL;

	if (!colon)
		return NULL;
	*colon = 0;
	return colon + 1;
}

void mountspec_take(struct mountspec *mounts, const char *value)
{
	char *type = xstrdup(value);		/* lives as long as the process */
	char *source = field_end(type), *target = field_end(source), *options = field_end(target);

	if (!target || !*type || !*target)
		die("--mount: '%s' is not TYPE:SOURCE:TARGET[:OPTIONS]", value);
	if (mounts->count == MOUNTS)
		die("--mount: '%s' is one too many", value);
	mounts->item[mounts->count++] = (struct mountspec_item){
		type, *source ? source : "none", target, options ? options : "",
	};
}
