/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "netprint.h"
#include "netsetup.h"
#include "util.h"

/* As a word of sh(1). */
static void print_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_@%+=:,./-";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	putchar('\'');
}

/* Words up to NULL, then the end of the line. */
static void print_line(const char *word, ...)
{
	va_list args;

	va_start(args, word);
	for (const char *separator = ""; word; word = va_arg(args, const char *)) {
		fputs(separator, stdout);
		print_word(word);
		separator = " ";
	}
	va_end(args);
	putchar('\n');
}

static void print_option(const char *option, const char *value)
{
	if (!value)
		return;
	printf(" %s ", option);
	print_word(value);
}

static bool preloads(const struct session *session, const char *module)
{
	size_t n = strlen(module);

	for (const char **m = session->preload; *m; m++)
		if (!strncmp(*m, module, n) && (!(*m)[n] || (*m)[n] == ','))
			return true;
	return false;
}

static void print_service(const struct session *session, const char *module, bool nested)
{
	if (preloads(session, module))
		return;
	if (nested)
		printf("um_ls_service | grep -q '^%s:' || ", module);
	print_line("um_add_service", module, NULL);
}

static void print_dhcp(const struct net_step *step)
{
	autofree char *script = netsetup_dhcp_script();

	printf("%sbusybox udhcpc -f -q -n -t 5 -T 1 -i %s -s ",
		step->value ? "env UMNET_KEEP_RESOLVER=1 " : "", step->what);
	print_word(script);
	puts(" > /dev/null 2>&1");
}

static void print_step(const struct session *session, const struct net_step *step, bool nested)
{
	switch (step->kind) {
	case STEP_SERVICE:
		print_service(session, step->what, nested);
		break;
	case STEP_UNMOUNT:
		print_line("umount", step->what, NULL);
		break;
	case STEP_MOUNT:
		if (*step->value)
			print_line("mount", "-t", step->what, "-o", step->value, step->source,
				step->target, NULL);
		else
			print_line("mount", "-t", step->what, step->source, step->target, NULL);
		break;
	case STEP_CHOOSE:
		break;		/* before each command that follows */
	case STEP_UP:
		print_line("ip", "link", "set", step->what, "up", NULL);
		break;
	case STEP_ADDRESS:
		print_line("ip", "addr", "add", step->value, "dev", step->what,
			netspec_is_ipv6(step->value) ? "nodad" : NULL, NULL);
		break;
	case STEP_ROUTE:
		print_line("ip", netspec_is_ipv6(step->value) ? "-6" : "-4", "route", "add", "default",
			"via", step->value, "dev", step->what, NULL);
		break;
	case STEP_DHCP:
		print_dhcp(step);
		break;
	}
}

static void print_chosen(const char *stack)
{
	if (!stack)
		return;
	fputs("mstack ", stdout);
	print_word(stack);
	putchar(' ');
}

static void print_head(const struct session *session)
{
	fputs("#!/bin/sh\n# To be run in a view: umview", stdout);
	print_option("-V", session->name);
	for (const char **module = session->preload; *module; module++)
		print_option("-p", *module);
	print_option("-f", session->rc_file);
	puts(" sh FILE\nset -e");
}

void netprint_session(const struct session *session, bool nested)
{
	struct net_step steps[NET_STEPS];
	unsigned n = netspec_steps(&session->net, &session->mounts, nested, steps);
	const char *chosen = NULL;

	print_head(session);
	for (unsigned i = 0; i < n; i++) {
		print_chosen(chosen);
		print_step(session, &steps[i], nested);
		if (steps[i].kind == STEP_CHOOSE)
			chosen = steps[i].what;
	}
	fputs("exec ", stdout);
	print_chosen(chosen);
	for (char **word = session->command; *word; word++) {
		if (word != session->command)
			putchar(' ');
		print_word(*word);
	}
	putchar('\n');
}
