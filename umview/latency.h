/* SPDX-License-Identifier: GPL-2.0-or-later */
/* latency.h - how long calls take, from their receipt to when they have been answered. */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

#include "table.h"

struct latency {
	uint64_t count, total, longest;		/* of calls; nanoseconds */
};

uint64_t latency_now(void);
/* A call of this row (NULL: none) that began then is over. */
void latency_add(const struct row *row, uint64_t begun);
/* Of row table[i]. */
const struct latency *latency_of(unsigned i);

#endif
