/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "guest.h"
#include "hypercall.h"
#include "route.h"
#include "um_module.h"
#include "um_virtual.h"

int64_t hypercall(struct request *r)
{
	enum arch arch = r->word == 4 ? ARCH_I386 : ARCH_X86_64;
	uint32_t number = r->reg[1];
	const struct row *row = number >= UMV_BASE && number < UMV_END ? table_find(arch, number) : NULL;
	uint64_t at = r->word == 4 ? (uint32_t)r->reg[2] : r->reg[2];
	struct um_virtual_call call;
	int64_t rc;

	if (!row)
		return -EINVAL;
	if (guest_read(r->call.tid, at, &call, sizeof(call)) < 0)
		return -EFAULT;
	call.answered = 1;
	if (guest_write(r->call.tid, at + offsetof(struct um_virtual_call, answered),
			&call.answered, sizeof(call.answered)) < 0)
		return -EFAULT;
	r->row = row;
	r->call.op = row->op;
	memcpy(r->reg, call.argument, sizeof(r->reg));
	rc = route(r);
	return rc == UM_CONTINUE ? -ENOSYS : rc;
}
