/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/net.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "table.h"
#include "um_virtual.h"
#include "util.h"

#ifndef SO_PASSPIDFD		/* Linux 6.5 */
#define SO_PASSPIDFD	76
#define SO_PEERPIDFD	77
#endif
#ifndef SO_PASSRIGHTS		/* Linux 6.16 */
#define SO_PASSRIGHTS	83
#endif

#define BOTH(n)		{ n, n }
#define LOW		0xffffffffu
#define IF_EQUAL(argument, value)	{ MASKED, argument, LOW, value }

/* A getsockopt(2) whose answer the carrier would get wrong. */
#define GETSOCKOPT_OF(what) \
	{ "getsockopt", { SYS_getsockopt, 365 }, UM_GETSOCKOPT, BY_FD, \
	  { FD, INT, INT, INOUT, LENP }, { IF_EQUAL(1, SOL_SOCKET), IF_EQUAL(2, what) } }
#define SETSOCKOPT_OF(what) \
	{ "setsockopt", { SYS_setsockopt, 366 }, UM_SETSOCKOPT, BY_FD, \
	  { FD, INT, INT, IN, LEN }, { IF_EQUAL(1, SOL_SOCKET), IF_EQUAL(2, what) } }
#define ARG(...)	__VA_ARGS__
#define NAMES(name, numbers, operation, ...) \
	{ name, { numbers }, operation, BY_NAME, { __VA_ARGS__ }, { { 0 } } }
#define REFUSE(name, x86_64, i386)	{ name, { x86_64, i386 }, 0, REFUSED, { 0 }, { { 0 } } }

const struct row table[] = {
/* name		numbers			operation	owner		arguments */
{ "socket",	{ SYS_socket, 359 },	UM_SOCKET,	BY_FAMILY,	{ INT, INT, INT },
	{ { NOT_EQUAL, 0, 0, AF_UNIX } } },
{ "bind",	{ SYS_bind, 361 },	UM_BIND,	BY_FD,		{ FD, IN, LEN }, { { 0 } } },
{ "connect",	{ SYS_connect, 362 },	UM_CONNECT,	BY_FD,		{ FD, IN, LEN }, { { 0 } } },
{ "listen",	{ SYS_listen, 363 },	UM_LISTEN,	BY_FD,		{ FD, INT }, { { 0 } } },
{ "accept",	{ SYS_accept, -1 },	UM_ACCEPT,	BY_FD,		{ FD, OUT, LENP }, { { 0 } } },
{ "accept4",	{ SYS_accept4, 364 },	UM_ACCEPT,	BY_FD,		{ FD, OUT, LENP, INT }, { { 0 } } },
{ "getsockname", { SYS_getsockname, 367 }, UM_GETSOCKNAME, BY_FD,	{ FD, OUT, LENP }, { { 0 } } },
{ "getpeername", { SYS_getpeername, 368 }, UM_GETPEERNAME, BY_FD,	{ FD, OUT, LENP }, { { 0 } } },
{ "shutdown",	{ SYS_shutdown, 373 },	UM_SHUTDOWN,	BY_FD,		{ FD, INT }, { { 0 } } },
{ "sendto",	{ SYS_sendto, 369 },	UM_SENDTO,	BY_FD,		{ FD, IN, LEN, INT, IN, LEN },
	{ { NOT_ZERO, 4, 0, 0 } } },
{ "sendto",	{ SYS_sendto, 369 },	UM_SENDTO,	BY_FD,		{ FD, IN, LEN, INT, IN, LEN },
	{ { MASKED, 3, MSG_MORE, MSG_MORE } } },
{ "recvfrom",	{ SYS_recvfrom, 371 },	UM_RECVFROM,	BY_FD,		{ FD, OUT, LEN, INT, OUT, LENP },
	{ { NOT_ZERO, 4, 0, 0 } } },
{ "recvfrom",	{ SYS_recvfrom, 371 },	UM_RECVFROM,	BY_FD,		{ FD, OUT, LEN, INT, OUT, LENP },
	{ { MASKED, 3, MSG_ERRQUEUE, MSG_ERRQUEUE } } },
{ "recvfrom",	{ SYS_recvfrom, 371 },	UM_RECVFROM,	BY_FD,		{ FD, OUT, LEN, INT, OUT, LENP },
	{ { MASKED, 3, MSG_OOB, MSG_OOB } } },
/* One byte is what asks whether a socket is connected at all (Python's ssl). */
{ "recvfrom",	{ SYS_recvfrom, 371 },	UM_RECVFROM,	BY_FD,		{ FD, OUT, LEN, INT, OUT, LENP },
	{ IF_EQUAL(2, 1) } },
{ "sendmsg",	{ SYS_sendmsg, 370 },	UM_SENDTO,	BY_FD,		{ FD, MSG_SEND, INT }, { { 0 } } },
{ "recvmsg",	{ SYS_recvmsg, 372 },	UM_RECVFROM,	BY_FD,		{ FD, MSG_RECEIVE, INT }, { { 0 } } },
{ "sendmmsg",	{ SYS_sendmmsg, 345 },	UM_SENDTO,	BY_FD,		{ FD, MMSG_SEND, POINTER, POINTER },
	{ { 0 } } },
{ "recvmmsg",	{ SYS_recvmmsg, 337 },	UM_RECVFROM,	BY_FD,		
	{ FD, MMSG_RECEIVE, POINTER, POINTER, POINTER }, { { 0 } } },
{ "recvmmsg",	{ -1, 417 },		UM_RECVFROM,	BY_FD,		
	{ FD, MMSG_RECEIVE, POINTER, POINTER, POINTER }, { { 0 } } },
{ "setsockopt",	{ SYS_setsockopt, 366 }, UM_SETSOCKOPT, BY_FD,		{ FD, INT, INT, IN, LEN },
	{ { NOT_EQUAL, 1, 0, SOL_SOCKET } } },
SETSOCKOPT_OF(SO_REUSEPORT), SETSOCKOPT_OF(SO_BINDTODEVICE), SETSOCKOPT_OF(SO_LINGER),
SETSOCKOPT_OF(SO_BINDTOIFINDEX), SETSOCKOPT_OF(SO_ATTACH_FILTER),
SETSOCKOPT_OF(SO_ATTACH_BPF), SETSOCKOPT_OF(SO_ATTACH_REUSEPORT_CBPF),
SETSOCKOPT_OF(SO_ATTACH_REUSEPORT_EBPF), SETSOCKOPT_OF(SO_BROADCAST), SETSOCKOPT_OF(SO_KEEPALIVE), SETSOCKOPT_OF(SO_PASSCRED),
SETSOCKOPT_OF(SO_PASSSEC), SETSOCKOPT_OF(SO_PASSPIDFD), SETSOCKOPT_OF(SO_PASSRIGHTS),
{ "getsockopt",	{ SYS_getsockopt, 365 }, UM_GETSOCKOPT, BY_FD,		{ FD, INT, INT, INOUT, LENP },
	{ { NOT_EQUAL, 1, 0, SOL_SOCKET } } },
GETSOCKOPT_OF(SO_ERROR), GETSOCKOPT_OF(SO_TYPE), GETSOCKOPT_OF(SO_DOMAIN),
GETSOCKOPT_OF(SO_PROTOCOL), GETSOCKOPT_OF(SO_ACCEPTCONN),
GETSOCKOPT_OF(SO_REUSEPORT), GETSOCKOPT_OF(SO_BINDTODEVICE), GETSOCKOPT_OF(SO_BINDTOIFINDEX),
GETSOCKOPT_OF(SO_PEERCRED), GETSOCKOPT_OF(SO_PEERNAME), GETSOCKOPT_OF(SO_PEERSEC), GETSOCKOPT_OF(SO_PEERGROUPS),
GETSOCKOPT_OF(SO_PEERPIDFD), GETSOCKOPT_OF(SO_PASSCRED), GETSOCKOPT_OF(SO_PASSSEC),
GETSOCKOPT_OF(SO_PASSPIDFD), GETSOCKOPT_OF(SO_PASSRIGHTS),
{ "ioctl",	{ SYS_ioctl, 54 },	UM_IOCTL,	BY_FD,		{ FD, LONG, REQUEST },
	{ { MASKED, 1, 0xffffff00u, SIOCGIFNAME & 0xff00u } } },
/* How much waits to be read, to be sent: of datagrams the first, of streams the stack's, too. */
{ "ioctl",	{ SYS_ioctl, 54 },	UM_IOCTL,	BY_FD,		{ FD, LONG, REQUEST },
	{ IF_EQUAL(1, FIONREAD) } },
{ "ioctl",	{ SYS_ioctl, 54 },	UM_IOCTL,	BY_FD,		{ FD, LONG, REQUEST },
	{ IF_EQUAL(1, TIOCOUTQ) } },
{ "socketcall",	{ -1, 102 },		UM_SOCKETCALL,	BY_VIEW,	{ INT, POINTER }, { { 0 } } },

{ "mount",	{ SYS_mount, 21 },	UM_MOUNT,	BY_FSTYPE,
	{ OPTSTR, STR, OPTSTR, LONG, OPTIONS }, { { NOT_ZERO, 2, 0, 0 } } },
{ "umount2",	{ SYS_umount2, 52 },	UM_UMOUNT,	BY_PATH,	{ STR, INT }, { { 0 } } },
{ "umount",	{ -1, 22 },		UM_UMOUNT,	BY_PATH,	{ STR }, { { 0 } } },

/* What names files.  Where nothing in the view has the name, the kernel goes on with the call. */
NAMES("open", ARG(SYS_open, 5), UM_OPEN, PATH, OPEN_FLAGS, INT),
NAMES("creat", ARG(SYS_creat, 8), UM_OPEN, PATH, INT),
NAMES("openat", ARG(SYS_openat, 295), UM_OPEN, DIRFD, PATH, OPEN_FLAGS, INT),
NAMES("openat2", ARG(437, 437), UM_OPEN, DIRFD, PATH, POINTER, LEN),
NAMES("stat", ARG(SYS_stat, 106), UM_STAT, PATH, POINTER),
NAMES("lstat", ARG(SYS_lstat, 107), UM_STAT, LINK, POINTER),
NAMES("stat64", ARG(-1, 195), UM_STAT, PATH, POINTER),
NAMES("lstat64", ARG(-1, 196), UM_STAT, LINK, POINTER),
NAMES("newfstatat", ARG(SYS_newfstatat, 300), UM_STAT, DIRFD, PATH, POINTER, FLAGS),
NAMES("statx", ARG(SYS_statx, 383), UM_STATX, DIRFD, PATH, FLAGS, INT, POINTER),
NAMES("access", ARG(SYS_access, 33), UM_ACCESS, PATH, INT),
NAMES("faccessat", ARG(SYS_faccessat, 307), UM_ACCESS, DIRFD, PATH, INT),
NAMES("faccessat2", ARG(439, 439), UM_ACCESS, DIRFD, PATH, INT, FLAGS),
NAMES("readlink", ARG(SYS_readlink, 85), UM_READLINK, LINK, POINTER, LEN),
NAMES("readlinkat", ARG(SYS_readlinkat, 305), UM_READLINK, DIRFD, LINK, POINTER, LEN),
NAMES("statfs", ARG(SYS_statfs, 99), UM_STATFS, PATH, POINTER),
NAMES("statfs64", ARG(-1, 268), UM_STATFS, PATH, LEN, POINTER),
NAMES("truncate", ARG(SYS_truncate, 92), UM_TRUNCATE, PATH, LONG),
NAMES("truncate64", ARG(-1, 193), UM_TRUNCATE, PATH, LONG),
NAMES("rename", ARG(SYS_rename, 38), UM_RENAME, LINK, LINK),
NAMES("renameat", ARG(SYS_renameat, 302), UM_RENAME, DIRFD, LINK, DIRFD, LINK),
NAMES("renameat2", ARG(SYS_renameat2, 353), UM_RENAME, DIRFD, LINK, DIRFD, LINK, INT),
NAMES("mkdir", ARG(SYS_mkdir, 39), UM_MAKE, LINK, INT),
NAMES("mkdirat", ARG(SYS_mkdirat, 296), UM_MAKE, DIRFD, LINK, INT),
NAMES("mknod", ARG(SYS_mknod, 14), UM_MAKE, LINK, INT, INT),
NAMES("mknodat", ARG(SYS_mknodat, 297), UM_MAKE, DIRFD, LINK, INT, INT),
NAMES("symlink", ARG(SYS_symlink, 83), UM_MAKE, POINTER, LINK),
NAMES("symlinkat", ARG(SYS_symlinkat, 304), UM_MAKE, POINTER, DIRFD, LINK),
NAMES("link", ARG(SYS_link, 9), UM_LINK, LINK, LINK),
NAMES("linkat", ARG(SYS_linkat, 303), UM_LINK, DIRFD, LINK, DIRFD, LINK, FLAGS),
NAMES("unlink", ARG(SYS_unlink, 10), UM_UNLINK, LINK),
NAMES("unlinkat", ARG(SYS_unlinkat, 301), UM_UNLINK, DIRFD, LINK, INT),
NAMES("rmdir", ARG(SYS_rmdir, 40), UM_RMDIR, LINK),
NAMES("chmod", ARG(SYS_chmod, 15), UM_CHMOD, PATH, INT),
NAMES("fchmodat", ARG(SYS_fchmodat, 306), UM_CHMOD, DIRFD, PATH, INT),
NAMES("fchmodat2", ARG(452, 452), UM_CHMOD, DIRFD, PATH, INT, FLAGS),
NAMES("chown", ARG(SYS_chown, 212), UM_CHOWN, PATH, INT, INT),
NAMES("lchown", ARG(SYS_lchown, 198), UM_CHOWN, LINK, INT, INT),
NAMES("fchownat", ARG(SYS_fchownat, 298), UM_CHOWN, DIRFD, PATH, INT, INT, FLAGS),
NAMES("utime", ARG(SYS_utime, 30), UM_UTIME, PATH, POINTER),
NAMES("utimes", ARG(SYS_utimes, 271), UM_UTIME, PATH, POINTER),
NAMES("futimesat", ARG(SYS_futimesat, 299), UM_UTIME, DIRFD, PATH, POINTER),
NAMES("utimensat", ARG(SYS_utimensat, 320), UM_UTIME, DIRFD, PATH, POINTER, FLAGS),
NAMES("utimensat_time64", ARG(-1, 412), UM_UTIME, DIRFD, PATH, POINTER, FLAGS),
NAMES("getxattr", ARG(SYS_getxattr, 229), UM_GETXATTR, PATH, POINTER, POINTER, LEN),
NAMES("lgetxattr", ARG(SYS_lgetxattr, 230), UM_GETXATTR, LINK, POINTER, POINTER, LEN),
NAMES("setxattr", ARG(SYS_setxattr, 226), UM_SETXATTR, PATH, POINTER, POINTER, LEN, INT),
NAMES("lsetxattr", ARG(SYS_lsetxattr, 227), UM_SETXATTR, LINK, POINTER, POINTER, LEN, INT),
NAMES("listxattr", ARG(SYS_listxattr, 232), UM_LISTXATTR, PATH, POINTER, LEN),
NAMES("llistxattr", ARG(SYS_llistxattr, 233), UM_LISTXATTR, LINK, POINTER, LEN),
NAMES("removexattr", ARG(SYS_removexattr, 235), UM_SETXATTR, PATH, POINTER),
NAMES("lremovexattr", ARG(SYS_lremovexattr, 236), UM_SETXATTR, LINK, POINTER),
NAMES("chdir", ARG(SYS_chdir, 12), UM_CHDIR, PATH),
NAMES("chroot", ARG(SYS_chroot, 61), UM_CHROOT, PATH),
NAMES("name_to_handle_at", ARG(SYS_name_to_handle_at, 341), UM_HANDLE, DIRFD, LINK, POINTER, POINTER, FLAGS),
{ "getdents",	{ SYS_getdents, 141 },	UM_GETDENTS,	BY_NAME,	{ INT, POINTER, LEN }, { { 0 } } },
{ "getdents64", { SYS_getdents64, 220 }, UM_GETDENTS,	BY_NAME,	{ INT, POINTER, LEN }, { { 0 } } },

/* The number of a process's context lives in its soft RLIMIT_RTTIME. */
{ "getrlimit",	{ SYS_getrlimit, 76 },	UM_RLIMIT,	BY_VIEW,	{ INT, POINTER },
	{ IF_EQUAL(0, RLIMIT_RTTIME) } },
{ "ugetrlimit",	{ -1, 191 },		UM_RLIMIT,	BY_VIEW,	{ INT, POINTER },
	{ IF_EQUAL(0, RLIMIT_RTTIME) } },
{ "setrlimit",	{ SYS_setrlimit, 75 },	UM_RLIMIT,	BY_VIEW,	{ INT, POINTER },
	{ IF_EQUAL(0, RLIMIT_RTTIME) } },
{ "prlimit64",	{ SYS_prlimit64, 340 },	UM_RLIMIT,	BY_VIEW,	{ INT, INT, POINTER, POINTER },
	{ IF_EQUAL(1, RLIMIT_RTTIME) } },

{ "msocket",	BOTH(UMV_MSOCKET),	UM_MSOCKET,	BY_VIEW,	{ OPTSTR, INT, INT, INT }, { { 0 } } },
{ "add_service", BOTH(UMV_ADD_SERVICE),	UM_ADD_SERVICE,	BY_VIEW,	{ STR, INT }, { { 0 } } },
{ "del_service", BOTH(UMV_DEL_SERVICE),	UM_DEL_SERVICE,	BY_VIEW,	{ STR }, { { 0 } } },
{ "ls_service",	BOTH(UMV_LS_SERVICE),	UM_LS_SERVICE,	BY_VIEW,	{ OUT, LEN }, { { 0 } } },
{ "view_info",	BOTH(UMV_VIEW_INFO),	UM_VIEW_INFO,	BY_VIEW,	{ OUT, LEN }, { { 0 } } },
{ "set_viewname", BOTH(UMV_SET_VIEWNAME), UM_SET_VIEWNAME, BY_VIEW,	{ STR }, { { 0 } } },
{ "new_view",	BOTH(UMV_NEW_VIEW),	UM_NEW_VIEW,	BY_VIEW,	{ NONE }, { { 0 } } },
{ "trace",	BOTH(UMV_TRACE),	UM_TRACE,	BY_VIEW,	{ INT }, { { 0 } } },
{ "status",	BOTH(UMV_STATUS),	UM_STATUS,	BY_VIEW,	{ OUT, LEN }, { { 0 } } },
{ "attach",	BOTH(UMV_ATTACH),	UM_ATTACH,	BY_VIEW,	{ INT }, { { 0 } } },
{ "virtual_mount", BOTH(UMV_MOUNT),	UM_MOUNT,	BY_FSTYPE,
	{ OPTSTR, STR, OPTSTR, LONG, OPTIONS }, { { 0 } } },
{ "virtual_umount", BOTH(UMV_UMOUNT),	UM_UMOUNT,	BY_PATH,	{ STR, INT }, { { 0 } } },
{ "kill_all",	BOTH(UMV_KILL_ALL),	UM_KILL_ALL,	BY_VIEW,	{ INT }, { { 0 } } },

/* Any of these, where a container's filter knows no such numbers.  It is the first of
   prctl's rows: the others are the filter's alone. */
{ "prctl",	{ SYS_prctl, 172 },	UM_VIRTUAL,	BY_VIEW,	{ INT, INT, POINTER },
	{ IF_EQUAL(0, UMV_PRCTL) } },
/* A guest that made itself unreadable could not be served; nothing is gained by
   it against a monitor of the same user. */
{ "prctl",	{ SYS_prctl, 172 },	0,		IGNORED,	{ 0 },
	{ IF_EQUAL(0, PR_SET_DUMPABLE), IF_EQUAL(1, 0) } },

/* io_uring opens sockets and files behind every filter's back. */
REFUSE("io_uring_setup", 425, 425), REFUSE("io_uring_enter", 426, 426),
REFUSE("io_uring_register", 427, 427),
/* The new mount API: ENOSYS makes mount(8) use mount(2). */
REFUSE("open_tree", 428, 428), REFUSE("move_mount", 429, 429),
REFUSE("fsopen", 430, 430), REFUSE("fsconfig", 431, 431), REFUSE("fsmount", 432, 432),
REFUSE("fspick", 433, 433), REFUSE("mount_setattr", 442, 442),
REFUSE("quotactl_fd", 443, 443), REFUSE("statmount", 457, 457), REFUSE("listmount", 458, 458),
REFUSE("open_tree_attr", 467, 467),
};

const unsigned table_size = ARRAY_SIZE(table);

const struct row *table_find(enum arch arch, int number)
{
	enum { KNOWN = 512 };
	/* Row + 1 of each ordinary number, filled when first asked. */
	static uint8_t index[ARCH_COUNT][KNOWN];
	static int filled;

	_Static_assert(ARRAY_SIZE(table) < 255, "index is of bytes");
	if (!filled) {
		for (unsigned i = table_size; i-- > 0; )
			for (unsigned a = 0; a < ARCH_COUNT; a++)
				if (table[i].number[a] >= 0 && table[i].number[a] < KNOWN)
					index[a][table[i].number[a]] = i + 1;
		filled = 1;
	}
	if (number >= 0 && number < KNOWN)
		return index[arch][number] ? &table[index[arch][number] - 1] : NULL;
	for (unsigned i = 0; i < table_size; i++)
		if (table[i].number[arch] == number)
			return &table[i];
	return NULL;
}

static bool test_holds(const struct test *test, const uint64_t reg[6])
{
	uint64_t value = reg[test->argument];

	switch (test->how) {
	case NOT_ZERO:
		return value != 0;
	case NOT_EQUAL:
		return value != test->value;
	case MASKED:
		return (value & test->mask) == test->value;
	default:
		return true;
	}
}

const struct row *table_applying(const struct row *row, const uint64_t reg[6])
{
	for (unsigned i = 0; i < table_size; i++)
		if (table[i].number[ARCH_X86_64] == row->number[ARCH_X86_64] &&
		    test_holds(&table[i].only_if[0], reg) && test_holds(&table[i].only_if[1], reg))
			return &table[i];
	return NULL;
}

const struct row *table_socketcall(unsigned call)
{
	static const int number[] = {
		[SYS_SOCKET] = SYS_socket, [SYS_BIND] = SYS_bind, [SYS_CONNECT] = SYS_connect,
		[SYS_LISTEN] = SYS_listen, [SYS_ACCEPT] = SYS_accept,
		[SYS_GETSOCKNAME] = SYS_getsockname, [SYS_GETPEERNAME] = SYS_getpeername,
		[SYS_SEND] = SYS_sendto, [SYS_RECV] = SYS_recvfrom,	/* the first four */
		[SYS_SENDTO] = SYS_sendto, [SYS_RECVFROM] = SYS_recvfrom,
		[SYS_SHUTDOWN] = SYS_shutdown, [SYS_SETSOCKOPT] = SYS_setsockopt,
		[SYS_GETSOCKOPT] = SYS_getsockopt, [SYS_SENDMSG] = SYS_sendmsg,
		[SYS_RECVMSG] = SYS_recvmsg, [SYS_ACCEPT4] = SYS_accept4,
		[SYS_RECVMMSG] = SYS_recvmmsg, [SYS_SENDMMSG] = SYS_sendmmsg,
	};

	if (call >= ARRAY_SIZE(number) || !number[call])
		return NULL;
	return table_find(ARCH_X86_64, number[call]);
}
