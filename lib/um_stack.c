/* SPDX-License-Identifier: GPL-2.0-or-later */
/* um_stack.c - a stack process from its start to its end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "um_stack_private.h"
#include "util.h"
#include "wire.h"

#define CONTROL_FD	3

const struct um_stack_ops *stack_ops;
static const char *stack_target = "";

void um_stack_warn(const char *format, ...)
{
	struct pollfd control = { .fd = CONTROL_FD, .events = POLLRDHUP };
	char text[768];
	va_list args;

	/* While the session ends, wires go away in any order: no news. */
	if (poll(&control, 1, 0) > 0 && control.revents & (POLLHUP | POLLRDHUP))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	warn("%s: %s: %s", stack_ops->name, stack_target, text);
}

/* A carrier costs one descriptor: take all we may. */
static void stack_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int stack_start(char **argv)
{
	char error[1024] = "";
	int rc;

	rc = stack_ops->init(argv[1], argv[2], argv[3], error, sizeof(error));
	if (rc < 0) {
		if (!*error)
			snprintf(error, sizeof(error), "%s", strerror(-rc));
		wire_send_ready(CONTROL_FD, rc, 0, error);
		return rc;
	}
	return wire_send_ready(CONTROL_FD, 0, stack_ops->families, error);
}

/* Later, what is called is not looked at again. */
static bool ops_are_whole(const struct um_stack_ops *ops)
{
	if (!ops->init || !ops->ioctl)
		return false;
	if (ops->descriptor)
		return true;
	return ops->poll && ops->socket && ops->release && ops->bind && ops->connect &&
	       ops->listen && ops->address && ops->send && ops->room && ops->drain &&
	       ops->shutdown && ops->setsockopt && ops->getsockopt;
}

/* A program that was built with an earlier header has fewer operations. */
static void ops_take(const struct um_stack_ops *ops)
{
	static struct um_stack_ops whole;
	const size_t first = offsetof(struct um_stack_ops, ioctl) + sizeof(ops->ioctl);

	if (ops->api != UM_STACK_API || ops->size < first)
		die("%s: built for another um_stack.h", ops->name);
	memcpy(&whole, ops, ops->size < sizeof(whole) ? ops->size : sizeof(whole));
	stack_ops = &whole;
	if (!ops_are_whole(stack_ops))
		die("%s: an operation is missing", ops->name);
}

int um_stack_main(int argc, char **argv, const struct um_stack_ops *ops)
{
	ops_take(ops);
	if (argc != 4)
		die("usage: %s SOURCE TARGET OPTIONS, with the control socket as descriptor %d",
		    argv[0], CONTROL_FD);
	stack_target = argv[2];
	stack_raise_limits();
	end_open();
	signal(SIGPIPE, SIG_IGN);
	if (loop_open() < 0 || census_open() < 0)
		die("%s: cannot make an epoll set: %s", ops->name, strerror(errno));
	if (control_open(CONTROL_FD) < 0)
		die("%s: descriptor %d is no control socket", ops->name, CONTROL_FD);
	if (stack_start(argv) < 0)
		return 1;
	loop_run();
	if (ops->fini)
		ops->fini();
	return 0;
}
