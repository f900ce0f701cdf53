/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "profile.h"
#include "util.h"

#define BLANKS	" \t\r\n"

static char *profile_path(const char *name)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (strchr(name, '/'))
		return xstrdup(name);
	if (config && *config == '/')
		return xasprintf("%s/umview/%s.profile", config, name);
	return xasprintf("%s/.config/umview/%s.profile", home ? home : "", name);
}

/* What is wrong with the line, or NULL.  Its text is kept. */
static const char *line_take(struct session *session, char *line)
{
	char *end = line + strlen(line), *value;

	while (end > line && strchr(BLANKS, end[-1]))
		*--end = 0;
	line += strspn(line, BLANKS);
	if (!*line || *line == '#')
		return NULL;
	value = line + strcspn(line, "=" BLANKS);
	if (*value) {
		*value++ = 0;
		value += strspn(value, "=" BLANKS);
	} else {
		value = NULL;
	}
	return options_named(session, line, value);
}

void profile_read(struct session *session, const char *name)
{
	autofree char *path = profile_path(name);
	FILE *file = fopen(path, "re");
	unsigned number = 0;
	char *line = NULL;
	size_t room = 0;

	if (!file)
		die("--profile: cannot read '%s': %s", path, strerror(errno));
	for (; getline(&line, &room, file) >= 0; line = NULL, room = 0) {
		autofree char *copy = xstrdup(line);
		const char *wrong = line_take(session, line);

		number++;
		copy[strcspn(copy, "\n")] = 0;
		if (wrong)
			die("--profile: %s:%u: '%s' %s", path, number, copy, wrong);
	}
	free(line);
	if (ferror(file))
		die("--profile: cannot read '%s'", path);
	fclose(file);
}
