/* SPDX-License-Identifier: GPL-2.0-or-later */
/* um_trace.h - what um_trace() of um_lib.h reads: a message of this kind for each call. */
#ifndef UM_TRACE_H
#define UM_TRACE_H

#include <stdint.h>

enum { UM_TRACE_BYTES = 256 };	/* of an argument; what is longer is cut */

enum um_trace_result { UM_TRACE_VALUE, UM_TRACE_DESCRIPTOR, UM_TRACE_CONTINUED };

struct um_trace_record {
	uint32_t size;			/* of this structure */
	int32_t	 tid;
	uint64_t duration;		/* nanoseconds */
	uint64_t lost;			/* records that found no room, since the last that did */
	int64_t	 result;		/* or -errno; of a VALUE */
	uint8_t	 result_kind;		/* enum um_trace_result; CONTINUED: the kernel answers */
	char	 about;			/* 'n'etwork, 'p'aths, or 'v'iews */
	char	 name[30];		/* of the call */
	char	 type[32], path[128];	/* of the mount that decided; "": none */
	char	 why[64];		/* why the view refused it; "": it did not */
	uint64_t value[6];		/* the registers */
	/* 'd'escriptor, 'i'nt, 'l'ong, 'p'ointer, 's'tring, 'b'ytes, 0: there is no such. */
	char	 kind[8];
	uint16_t length[6];		/* of a string or of bytes that could be read */
	uint8_t	 bytes[2][UM_TRACE_BYTES];	/* the first two arguments that have some */
};

#endif
