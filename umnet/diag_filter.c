/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diag_filter.c - the conditions of ss(8) ("sport = :80"), a program of forward jumps.
 *
 * Each step is a struct inet_diag_bc_op, with its arguments behind it: `yes` is how far to
 * go if its condition holds, `no` if not.  Who comes to the end passes, who comes 4 bytes
 * past it does not.  diag_filter_check() proves that every path goes forward, by whole
 * steps; so a run is bounded, and needs no look at lengths.
 */
#include <errno.h>
#include <string.h>
#include <linux/inet_diag.h>

#include "sock_diag.h"

#define STEP	sizeof(struct inet_diag_bc_op)

/* Bytes of a step with its arguments; 0 for one that is wrong. */
static size_t step_size(const struct inet_diag_bc_op *op, size_t left)
{
	const struct inet_diag_hostcond *c = (const void *)(op + 1);
	size_t size;

	switch (op->code) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		return STEP;
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_D_EQ:
		return 2 * STEP;
	case INET_DIAG_BC_DEV_COND:
		return STEP + sizeof(uint32_t);
	case INET_DIAG_BC_MARK_COND:
		return STEP + sizeof(struct inet_diag_markcond);
	case INET_DIAG_BC_CGROUP_COND:
		return STEP + sizeof(uint64_t);
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		size = STEP + sizeof(*c);
		if (left < size)
			return 0;
		if (c->family != AF_UNSPEC && !net_address_len(c->family))
			return 0;
		size += net_address_len(c->family);
		return c->prefix_len <= 8 * net_address_len(c->family) ? size : 0;
	}
	return 0;
}

/* Does `target` begin a step, of those from the start? */
static bool lands(const uint8_t *code, size_t len, size_t target)
{
	size_t at = 0;

	while (at < target && at < len) {
		const struct inet_diag_bc_op *op = (const void *)(code + at);

		if (op->yes < STEP || op->yes % STEP)
			return false;
		at += op->yes;
	}
	return at == target;
}

int diag_filter_check(const struct rtattr *bytecode)
{
	const uint8_t *code = RTA_DATA(bytecode);
	size_t len = RTA_PAYLOAD(bytecode), at = 0, size;

	/* What is checked costs its square: ss makes some hundred bytes. */
	if (len > 4096 || len % STEP)
		return -EINVAL;
	while (at < len) {
		const struct inet_diag_bc_op *op = (const void *)(code + at);

		size = step_size(op, len - at);
		if (!size || size > len - at || op->yes < size || op->yes > len - at + 4 ||
		    op->yes % STEP)
			return -EINVAL;
		if (op->code != INET_DIAG_BC_NOP) {
			if (op->no < STEP || op->no > len - at + 4 || op->no % STEP)
				return -EINVAL;
			if (op->no < len - at && !lands(code, len, at + op->no))
				return -EINVAL;
		}
		at += op->yes;
	}
	return at == len ? 0 : -EINVAL;
}

static bool host_matches(const struct inet_diag_hostcond *c, const struct net_socket *s, bool source)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *address = source ? s->local : s->remote;
	int port = source ? s->local_port : s->remote_port;

	if (c->port != -1 && c->port != port)
		return false;
	if (!c->prefix_len && (c->family == AF_UNSPEC || c->family == s->family))
		return true;
	if (c->family == s->family)
		return net_prefix_equal(address, (const uint8_t *)c->addr, c->prefix_len);
	/* An IPv4 condition holds for a mapped address, too. */
	if (c->family != AF_INET || s->family != AF_INET6 || memcmp(address, mapped, sizeof(mapped)))
		return false;
	return net_prefix_equal(address + 12, (const uint8_t *)c->addr, c->prefix_len);
}

static bool step_holds(const struct inet_diag_bc_op *op, const struct net_socket *s)
{
	const void *argument = op + 1;
	uint32_t number;

	switch (op->code) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_EQ:
		return s->local_port == op[1].no;
	case INET_DIAG_BC_S_GE:
		return s->local_port >= op[1].no;
	case INET_DIAG_BC_S_LE:
		return s->local_port <= op[1].no;
	case INET_DIAG_BC_D_EQ:
		return s->remote_port == op[1].no;
	case INET_DIAG_BC_D_GE:
		return s->remote_port >= op[1].no;
	case INET_DIAG_BC_D_LE:
		return s->remote_port <= op[1].no;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		return host_matches(argument, s, op->code == INET_DIAG_BC_S_COND);
	case INET_DIAG_BC_DEV_COND:
		memcpy(&number, argument, sizeof(number));
		return number == (uint32_t)s->link;
	case INET_DIAG_BC_MARK_COND: {
		struct inet_diag_markcond mark;

		memcpy(&mark, argument, sizeof(mark));
		return !mark.mark;	/* nothing here is marked */
	}
	case INET_DIAG_BC_AUTO:
	case INET_DIAG_BC_CGROUP_COND:
		return false;
	}
	return true;
}

bool diag_filter_run(const struct rtattr *bytecode, const struct net_socket *s)
{
	const uint8_t *code = RTA_DATA(bytecode);
	size_t len = RTA_PAYLOAD(bytecode), at = 0;

	while (at < len) {
		const struct inet_diag_bc_op *op = (const void *)(code + at);

		at += step_holds(op, s) ? op->yes : op->no;
	}
	return at == len;
}
