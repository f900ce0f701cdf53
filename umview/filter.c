/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter: a binary search over the numbers of the table, then the tests of
 * a number's rows, one row after the other.
 *
 *	arch?  -> its tree
 *	tree:  number >= middle? right half : left half ... number == n? -> leaf n
 *	leaf:  tests of row 1 -> action; tests of row 2 -> action; ... allow
 *
 * libseccomp does not serve here: it refuses numbers that it has no name for,
 * for any architecture but its own, and those of Linux 6.8 and of our virtual calls
 * are such.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "filter.h"
#include "table.h"
#include "util.h"

#define X32_BIT	0x40000000u

enum { PROGRAM_MAX = 4096 };	/* BPF_MAXINSNS */

static const uint32_t audit_arch[ARCH_COUNT] = {
	[ARCH_X86_64] = AUDIT_ARCH_X86_64, [ARCH_I386] = AUDIT_ARCH_I386,
};

static void emit(struct sock_fprog *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (p->len == PROGRAM_MAX)
		die("the table of calls makes too long a filter");
	p->filter[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void emit_load(struct sock_fprog *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void emit_return(struct sock_fprog *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, 0, 0, action);
}

static uint32_t row_action(const struct row *row)
{
	switch (row->owner) {
	case REFUSED:
		return SECCOMP_RET_ERRNO | ENOSYS;
	case IGNORED:
		return SECCOMP_RET_ERRNO | 0;
	default:
		return SECCOMP_RET_USER_NOTIF;
	}
}

static size_t argument_low(unsigned i)
{
	return offsetof(struct seccomp_data, args) + 8 * i;	/* little-endian */
}

/* Falls through when the test holds; else jumps over `rest` more instructions. */
static void emit_test(struct sock_fprog *p, const struct test *test, uint8_t rest)
{
	size_t low = argument_low(test->argument);

	switch (test->how) {
	case NOT_ZERO:
	case NOT_EQUAL:		/* value is 0 for NOT_ZERO */
		emit_load(p, low + 4);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0);
		emit_load(p, low);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, rest, 0, test->value);
		break;
	case MASKED:
		emit_load(p, low);
		emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, test->mask);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, rest, test->value);
		break;
	}
}

static unsigned test_length(const struct test *test)
{
	return test->how == ALWAYS ? 0 : test->how == MASKED ? 3 : 4;
}

static void emit_leaf(struct sock_fprog *p, enum arch arch, int number)
{
	for (unsigned i = 0; i < table_size; i++) {
		const struct test *tests = table[i].only_if;

		if (table[i].number[arch] != number)
			continue;
		if (tests[0].how != ALWAYS)
			emit_test(p, &tests[0], test_length(&tests[1]) + 1);
		if (tests[1].how != ALWAYS)
			emit_test(p, &tests[1], 1);
		emit_return(p, row_action(&table[i]));
	}
	emit_return(p, SECCOMP_RET_ALLOW);
}

/* The numbers from..to-1 of the sorted list.  The accumulator holds the call's. */
static void emit_tree(struct sock_fprog *p, enum arch arch, const int *numbers,
		unsigned from, unsigned to)
{
	unsigned middle = (from + to) / 2;
	unsigned jump;

	if (to - from == 1) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, numbers[from]);
		emit_return(p, SECCOMP_RET_ALLOW);
		emit_leaf(p, arch, numbers[from]);
		return;
	}
	emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, numbers[middle]);
	jump = p->len;
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);	/* a conditional jump would be too short */
	emit_tree(p, arch, numbers, from, middle);
	p->filter[jump].k = p->len - jump - 1;
	emit_tree(p, arch, numbers, middle, to);
}

static int number_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The table's numbers on this architecture, sorted, each once. */
static unsigned numbers_sorted(enum arch arch, int *numbers)
{
	unsigned n = 0, unique = 0;

	for (unsigned i = 0; i < table_size; i++)
		if (table[i].number[arch] >= 0)
			numbers[n++] = table[i].number[arch];
	qsort(numbers, n, sizeof(*numbers), number_compare);
	for (unsigned i = 0; i < n; i++)
		if (!unique || numbers[unique - 1] != numbers[i])
			numbers[unique++] = numbers[i];
	return unique;
}

struct sock_fprog *filter_build(void)
{
	struct sock_fprog *p = xcalloc(1, sizeof(*p));
	autofree int *numbers = xcalloc(table_size, sizeof(*numbers));

	p->filter = xcalloc(PROGRAM_MAX, sizeof(*p->filter));
	for (enum arch arch = 0; arch < ARCH_COUNT; arch++) {
		unsigned jump, n = numbers_sorted(arch, numbers);

		emit_load(p, offsetof(struct seccomp_data, arch));
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, audit_arch[arch]);
		jump = p->len;
		emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_load(p, offsetof(struct seccomp_data, nr));
		/* x32's calls would be the same ones by other numbers. */
		emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
		emit_return(p, SECCOMP_RET_ERRNO | ENOSYS);
		emit_tree(p, arch, numbers, 0, n);
		p->filter[jump].k = p->len - jump - 1;
	}
	emit_return(p, SECCOMP_RET_ERRNO | ENOSYS);	/* a machine we know nothing of */
	return p;
}

int filter_load(const struct sock_fprog *program, bool *killable)
{
	/* SPEC_ALLOW: this is no sandbox for untrusted code; before Linux 5.16 the
	   mitigation would slow down the guests. */
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			 flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);

	*killable = fd >= 0;
	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	return fd < 0 ? -errno : fd;
}
