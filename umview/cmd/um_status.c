/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this view consists of.  The monitor tells its own part in lines (um_virtual.h); each
 * stack of this view is asked by netlink while they are printed, as text or as JSON.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "json.h"
#include "stackinfo.h"
#include "um_lib.h"

static const struct tool tool = {
	"um_status", "[--json] [--watch[=SECONDS]]",
	"Show this view and the views inside it: processes, modules, mounts, stacks, calls.\n"
	"      --json            as JSON, an object a time\n"
	"      --watch[=SECONDS] again and again, every 2 seconds or as often as told\n",
};

enum { FIELDS_MAX = 12, OPTION_JSON = TOOL_VERSION + 1, OPTION_WATCH };

/* A kind of line: the names of its fields, those that are numbers marked by a '#'. */
struct kind {
	const char *name, *plural;
	const char *fields[FIELDS_MAX];
};

static const struct kind kinds[] = {
	{ "view", "views", { "#number", "#parent", "#processes", "name" } },
	{ "service", "services", { "#view", "name", "summary" } },
	{ "mount", "mounts", { "#view", "state", "type", "#uid", "#gid", "mode", "#sockets", "path",
		"source", "options" } },
	{ "call", "calls", { "name", "#count", "#total_ns", "#longest_ns" } },
	{ .name = "cut" },
};

enum { VIEW, SERVICE, MOUNT, CALL, CUT, KINDS };

struct line {
	int	kind;			/* -1: not known to us */
	char	*field[FIELDS_MAX];	/* in the text; "" if it has no such field */
};

/* Returns owned.  The text may grow between the question and the answer. */
static char *status_get(void)
{
	enum { MOST = 64 * 1024 + 1 };
	char *text = malloc(MOST);

	if (!text || um_status(text, MOST) < 0)
		tool_fail(&tool, "status", errno, NULL);
	return text;
}

/* Undoes the escapes, in place. */
static void field_plain(char *field)
{
	char *to = field;

	for (const char *from = field; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
}

static struct line line_parse(char *text)
{
	struct line line = { .kind = -1 };
	char *field = text;
	static char none[] = "";

	for (unsigned i = 0; i < FIELDS_MAX; i++)
		line.field[i] = none;
	strsep(&field, "\t");
	for (unsigned i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, text) == 0)
			line.kind = i;
	for (unsigned i = 0; i < FIELDS_MAX && field; i++) {
		line.field[i] = strsep(&field, "\t");
		field_plain(line.field[i]);
	}
	return line;
}

/* Returns owned; cuts the text up. */
static struct line *lines_parse(char *text, size_t *count)
{
	size_t room = 1;
	struct line *lines;

	for (const char *c = text; *c; c++)
		room += *c == '\n';
	lines = calloc(room, sizeof(*lines));
	if (!lines)
		tool_fail(&tool, "status", ENOMEM, NULL);
	*count = 0;
	for (char *line; (line = strsep(&text, "\n")) && *line; )
		lines[(*count)++] = line_parse(line);
	return lines;
}

static void value_json(const char *name, const char *value)
{
	bool number = *name == '#' && *value && !value[strspn(value, "0123456789")];

	json_string(stdout, name + (*name == '#'));
	fputs(": ", stdout);
	if (number)
		fputs(value, stdout);
	else if (*name == '#')
		fputs("null", stdout);
	else
		json_string(stdout, value);
}

static void stack_json(const struct stackinfo *info)
{
	const char *between = "";

	if (info->error) {
		fputs(", \"error\": ", stdout);
		json_string(stdout, strerror(info->error));
		return;
	}
	fputs(", \"addresses\": [", stdout);
	for (unsigned i = 0; i < info->addresses && i < STACKINFO_ADDRESSES; i++) {
		printf("%s{\"interface\": ", i ? ", " : "");
		json_string(stdout, info->address[i].interface);
		printf(", \"address\": \"%s\"}", info->address[i].text);
	}
	printf("], \"udp\": %u, \"tcp\": {", info->udp);
	for (unsigned i = 0; i < STACKINFO_STATES; i++)
		if (info->tcp[i] && stackinfo_state(i)) {
			printf("%s\"%s\": %u", between, stackinfo_state(i), info->tcp[i]);
			between = ", ";
		}
	putchar('}');
}

/* Is this a mount of the caller's own view, which comes first, so that its path is one here? */
static bool mount_is_here(const struct line *lines, size_t count, const struct line *mount)
{
	for (size_t i = 0; i < count; i++)
		if (lines[i].kind == VIEW)
			return strcmp(lines[i].field[0], mount->field[0]) == 0 &&
			       strcmp(mount->field[1], "ready") == 0;
	return false;
}

static void status_json(const struct line *lines, size_t count)
{
	struct stackinfo info;

	putchar('{');
	for (int k = 0; k < CUT; k++) {
		const char *between = "";

		printf("%s\n\"%s\": [", k ? "," : "", kinds[k].plural);
		for (size_t i = 0; i < count; i++) {
			if (lines[i].kind != k)
				continue;
			printf("%s\n  {", between);
			between = ",";
			for (unsigned f = 0; f < FIELDS_MAX && kinds[k].fields[f]; f++) {
				fputs(f ? ", " : "", stdout);
				value_json(kinds[k].fields[f], lines[i].field[f]);
			}
			if (k == MOUNT && mount_is_here(lines, count, &lines[i])) {
				stackinfo_ask(lines[i].field[7], &info);
				stack_json(&info);
			}
			putchar('}');
		}
		putchar(']');
	}
	printf(",\n\"cut\": %s}\n", count && lines[count - 1].kind == CUT ? "true" : "false");
}

/* Controls in what others chose must not reach a terminal. */
static void text_print(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void stack_text(const struct stackinfo *info)
{
	if (info->error) {
		printf("        %s\n", strerror(info->error));
		return;
	}
	for (unsigned i = 0; i < info->addresses && i < STACKINFO_ADDRESSES; i++)
		printf("        %s %s\n", info->address[i].interface, info->address[i].text);
	fputs("        sockets: ", stdout);
	for (unsigned i = 0; i < STACKINFO_STATES; i++)
		if (info->tcp[i] && stackinfo_state(i))
			printf("%u %s, ", info->tcp[i], stackinfo_state(i));
	printf("%u UDP\n", info->udp);
}

static void mount_text(const struct line *l, bool here)
{
	struct stackinfo info;

	fputs("    ", stdout);
	text_print(l->field[7]);
	printf("  %s", l->field[2]);
	if (strcmp(l->field[8], "none") != 0) {
		fputs("  from ", stdout);
		text_print(l->field[8]);
	}
	if (*l->field[9]) {
		fputs("  -o ", stdout);
		text_print(l->field[9]);
	}
	printf("  (%s, %s:%s mode %s, %s carriers)\n", l->field[1], l->field[3], l->field[4],
			l->field[5], l->field[6]);
	if (!here)
		return;
	stackinfo_ask(l->field[7], &info);
	stack_text(&info);
}

static void call_text(const struct line *l)
{
	double count = strtod(l->field[1], NULL);

	printf("    %-20s %10s  %10.1f us  longest %10.1f us\n", l->field[0], l->field[1],
		count ? strtod(l->field[2], NULL) / count / 1000 : 0, strtod(l->field[3], NULL) / 1000);
}

/* In the order in which the lines come: a view, then what it has. */
static void status_text(const struct line *lines, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		const struct line *l = &lines[i];

		switch (l->kind) {
		case VIEW:
			printf("view %s", l->field[0]);
			if (*l->field[3]) {
				fputs(" '", stdout);
				text_print(l->field[3]);
				putchar('\'');
			}
			if (*l->field[1] != '-')
				printf(" inside view %s", l->field[1]);
			printf(": %s processes\n", l->field[2]);
			break;
		case SERVICE:
			printf("    module %s: ", l->field[1]);
			text_print(l->field[2]);
			putchar('\n');
			break;
		case MOUNT:
			mount_text(l, mount_is_here(lines, count, l));
			break;
		case CALL:
			any = true;
			break;
		}
	}
	if (any)
		puts("calls that came to the monitor, and how long an answer took");
	for (size_t i = 0; i < count; i++)
		if (lines[i].kind == CALL)
			call_text(&lines[i]);
	if (count && lines[count - 1].kind == CUT)
		puts("(there is more)");
}

static void status_show(bool json)
{
	char *text = status_get();
	size_t count;
	struct line *lines = lines_parse(text, &count);

	(json ? status_json : status_text)(lines, count);
	free(lines);
	free(text);
}

static double seconds_parse(const char *text)
{
	char *end;
	double seconds = text ? strtod(text, &end) : 2;

	if (text && (end == text || *end || !(seconds >= 0.1 && seconds <= 86400)))
		tool_fail(&tool, text, EINVAL, (const struct tool_reason[]) {
			{ EINVAL, "not a number of seconds, 0.1 or more" }, { 0 } });
	return seconds;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "watch", optional_argument, NULL, OPTION_WATCH },
		TOOL_LONG_OPTIONS, { 0 },
	};
	double seconds = 0;
	bool json = false;
	int option;

	while ((option = tool_option(&tool, argc, argv, "h", options)) != -1)
		if (option == OPTION_JSON)
			json = true;
		else if (option == OPTION_WATCH)
			seconds = seconds_parse(optarg);
	if (argc != optind)
		tool_usage(&tool, EXIT_FAILURE);
	tool_need_view(&tool, false);
	status_show(json);
	while (seconds && tool_end(&tool) == EXIT_SUCCESS) {
		usleep(seconds * 1e6);
		if (!json)
			fputs(isatty(STDOUT_FILENO) ? "\033[H\033[J" : "\n", stdout);
		status_show(json);
	}
	return tool_end(&tool);
}
