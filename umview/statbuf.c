/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "guest.h"
#include "statbuf.h"
#include "util.h"

/* i386's struct stat64 and struct stat (asm/stat.h). */
struct stat64_i386 {
	uint64_t dev;
	uint32_t pad0, ino32, mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad3;
	int64_t  size __attribute__((packed, aligned(4)));
	uint32_t blksize;
	uint64_t blocks __attribute__((packed, aligned(4)));
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	uint64_t ino __attribute__((packed, aligned(4)));
};

struct stat_i386 {
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, blksize, blocks;
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, unused[2];
};

_Static_assert(sizeof(struct stat64_i386) == 96, "the kernel's layout");
_Static_assert(sizeof(struct stat_i386) == 64, "the kernel's layout");

static int write_stat64(const struct request *r, uint64_t at, const struct stat *s)
{
	struct stat64_i386 out = {
		.dev = s->st_dev, .ino32 = s->st_ino, .mode = s->st_mode, .nlink = s->st_nlink,
		.uid = s->st_uid, .gid = s->st_gid, .rdev = s->st_rdev, .size = s->st_size,
		.blksize = s->st_blksize, .blocks = s->st_blocks,
		.atime = s->st_atim.tv_sec, .atime_nsec = s->st_atim.tv_nsec,
		.mtime = s->st_mtim.tv_sec, .mtime_nsec = s->st_mtim.tv_nsec,
		.ctime = s->st_ctim.tv_sec, .ctime_nsec = s->st_ctim.tv_nsec, .ino = s->st_ino,
	};

	return guest_write(r->call.tid, at, &out, sizeof(out));
}

static int write_stat32(const struct request *r, uint64_t at, const struct stat *s)
{
	struct stat_i386 out = {
		.dev = s->st_dev, .ino = s->st_ino, .mode = s->st_mode, .nlink = s->st_nlink,
		.uid = s->st_uid > UINT16_MAX ? 65534 : s->st_uid,
		.gid = s->st_gid > UINT16_MAX ? 65534 : s->st_gid, .size = s->st_size,
		.blksize = s->st_blksize, .blocks = s->st_blocks,
		.atime = s->st_atim.tv_sec, .atime_nsec = s->st_atim.tv_nsec,
		.mtime = s->st_mtim.tv_sec, .mtime_nsec = s->st_mtim.tv_nsec,
		.ctime = s->st_ctim.tv_sec, .ctime_nsec = s->st_ctim.tv_nsec,
	};

	return guest_write(r->call.tid, at, &out, sizeof(out));
}

int statbuf_write(const struct request *r, unsigned index, const struct stat *status)
{
	uint64_t at = r->reg[index];

	if (r->word == 8)
		return guest_write(r->call.tid, at, status, sizeof(*status));
	if (r->row->number[ARCH_X86_64] >= 0 && r->row->kind[0] != DIRFD)
		return write_stat32(r, at, status);
	return write_stat64(r, at, status);
}

static void statx_time(struct statx_timestamp *to, const struct timespec *from)
{
	to->tv_sec = from->tv_sec;
	to->tv_nsec = from->tv_nsec;
}

int statbuf_write_statx(const struct request *r, unsigned index, const struct stat *s)
{
	struct statx out = {
		.stx_mask = STATX_BASIC_STATS, .stx_blksize = s->st_blksize,
		.stx_nlink = s->st_nlink, .stx_uid = s->st_uid, .stx_gid = s->st_gid,
		.stx_mode = s->st_mode, .stx_ino = s->st_ino, .stx_size = s->st_size,
		.stx_blocks = s->st_blocks,
		.stx_rdev_major = major(s->st_rdev), .stx_rdev_minor = minor(s->st_rdev),
		.stx_dev_major = major(s->st_dev), .stx_dev_minor = minor(s->st_dev),
	};

	statx_time(&out.stx_atime, &s->st_atim);
	statx_time(&out.stx_mtime, &s->st_mtim);
	statx_time(&out.stx_ctime, &s->st_ctim);
	return guest_write(r->call.tid, r->reg[index], &out, sizeof(out));
}

/* How a call gives two times: words or 64-bit numbers, and what the second one counts. */
static int read_pairs(const struct request *r, uint64_t at, bool wide, long unit,
		struct timespec times[2])
{
	int64_t numbers[4];
	int32_t narrow[4];
	int rc = wide ? guest_read(r->call.tid, at, numbers, sizeof(numbers)) :
		guest_read(r->call.tid, at, narrow, sizeof(narrow));

	for (unsigned i = 0; rc == 0 && i < 4 && !wide; i++)
		numbers[i] = narrow[i];
	for (unsigned i = 0; rc == 0 && i < 2; i++) {
		int64_t part = numbers[2 * i + 1];
		bool special = unit == 1 && (part == UTIME_NOW || part == UTIME_OMIT);

		if (!special && (part < 0 || part * unit >= 1000000000))
			return -EINVAL;
		times[i] = (struct timespec){ numbers[2 * i], special ? part : part * unit };
	}
	return rc;
}

int statbuf_read_times(const struct request *r, unsigned index, struct timespec times[2])
{
	const char *name = r->row->name;
	bool wide = r->word == 8 || strcmp(name, "utimensat_time64") == 0;
	uint64_t at = r->reg[index];
	int64_t seconds[2];
	int32_t narrow[2];
	int rc;

	times[0] = times[1] = (struct timespec){ .tv_nsec = UTIME_NOW };
	if (!at)
		return 0;
	if (strncmp(name, "utimensat", 9) == 0)
		return read_pairs(r, at, wide, 1, times);
	if (strcmp(name, "utime") != 0)
		return read_pairs(r, at, wide, 1000, times);
	rc = wide ? guest_read(r->call.tid, at, seconds, sizeof(seconds)) :
		guest_read(r->call.tid, at, narrow, sizeof(narrow));
	for (unsigned i = 0; rc == 0 && i < 2; i++)
		times[i] = (struct timespec){ wide ? seconds[i] : narrow[i], 0 };
	return rc;
}
