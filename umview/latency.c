/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <time.h>

#include "latency.h"

static struct latency latencies[256];	/* the table has fewer rows */

uint64_t latency_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void latency_add(const struct row *row, uint64_t begun)
{
	struct latency *l = row ? &latencies[row - table] : NULL;
	uint64_t time = latency_now() - begun;

	if (!l)
		return;
	l->count++;
	l->total += time;
	if (time > l->longest)
		l->longest = time;
}

const struct latency *latency_of(unsigned i)
{
	return &latencies[i];
}
