/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * badpointers.c - every call that a monitor may intercept, with pointers that
 * point nowhere, to the end of a page, into the kernel; with absurd lengths.
 * Prints each errno: natively and in a view they must be the same.
 *
 * With "virtual" as argument: View-OS's own numbers, which must only survive.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "net.h"
#include "um_virtual.h"

static char *edge;		/* one readable byte, then nothing */
static int tcp, udp, local[2], file, nothing = 999;

#define NOWHERE		((void *)8)
#define KERNEL		((void *)0xffff800000000000ul)
#define WILD		((void *)0x7ffff0000000ul)

static void call(const char *what, long number, long a, long b, long c, long d, long e, long f)
{
	say(what, syscall(number, a, b, c, d, e, f));
}

/* CALL(name, arguments): for each bad pointer, in place of P. */
#define CALL(name, a, b, c, d, e, f) do { \
	void *const bad[] = { NULL, NOWHERE, KERNEL, WILD, edge }; \
	static const char *const names[] = { "NULL", "nowhere", "kernel", "wild", "edge" }; \
	char what[64]; \
	for (int i_ = 0; i_ < 5; i_++) { \
		void *P = bad[i_]; \
		(void)P; \
		snprintf(what, sizeof what, #name "(%s)", names[i_]); \
		call(what, SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)); \
	} \
} while (0)

static void addresses(int fd)
{
	int len = 16, big = 1 << 30, negative = -1;

	CALL(bind, fd, P, 16, 0, 0, 0);
	CALL(bind, fd, P, 1 << 20, 0, 0, 0);
	CALL(bind, fd, P, -1, 0, 0, 0);
	CALL(connect, fd, P, 16, 0, 0, 0);
	CALL(connect, fd, P, 4096, 0, 0, 0);
	CALL(getsockname, fd, P, &len, 0, 0, 0);
	CALL(getsockname, fd, edge - 200, P, 0, 0, 0);
	CALL(getsockname, fd, edge - 200, &negative, 0, 0, 0);
	CALL(getsockname, fd, edge - 200, &big, 0, 0, 0);
	CALL(getpeername, fd, P, &len, 0, 0, 0);
	CALL(setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, P, 4, 0);
	CALL(setsockopt, fd, SOL_SOCKET, SO_LINGER, P, 8, 0);
	CALL(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, P, -1, 0);
	CALL(getsockopt, fd, SOL_SOCKET, SO_ERROR, P, &len, 0);
	CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, edge - 200, P, 0);
	CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, edge - 200, &negative, 0);
	CALL(ioctl, fd, 0x8913 /* SIOCGIFFLAGS */, P, 0, 0, 0);
	CALL(ioctl, fd, 0x8912 /* SIOCGIFCONF */, P, 0, 0, 0);
	CALL(ioctl, fd, 0x8914 /* SIOCSIFFLAGS */, P, 0, 0, 0);
}

static void messages(int fd)
{
	struct iovec iov = { edge, 100 }, many = { edge, -1ul };
	struct msghdr bad_iov = { .msg_iov = NOWHERE, .msg_iovlen = 1 };
	struct msghdr too_many = { .msg_iov = &iov, .msg_iovlen = 1 << 20 };
	struct msghdr bad_name = { .msg_name = NOWHERE, .msg_namelen = 16, .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr long_name = { .msg_name = NOWHERE, .msg_namelen = -1, .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr bad_control = { .msg_control = NOWHERE, .msg_controllen = 64, .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr huge = { .msg_iov = &many, .msg_iovlen = 1 };
	struct msghdr *all[] = { &bad_iov, &too_many, &bad_name, &long_name, &bad_control, &huge };

	CALL(sendto, fd, P, 10, MSG_NOSIGNAL, edge - 200, 16);
	CALL(sendto, fd, edge - 200, 10, MSG_NOSIGNAL, P, 16);
	CALL(sendto, fd, edge - 200, 10, MSG_NOSIGNAL, P, -1);
	CALL(recvfrom, fd, P, 10, MSG_DONTWAIT, edge - 200, edge - 100);
	CALL(recvfrom, fd, edge - 200, 10, MSG_DONTWAIT, P, NOWHERE);
	CALL(sendmsg, fd, P, MSG_NOSIGNAL, 0, 0, 0);
	CALL(recvmsg, fd, P, MSG_DONTWAIT, 0, 0, 0);
	CALL(sendmmsg, fd, P, 1, MSG_NOSIGNAL, 0, 0);
	CALL(recvmmsg, fd, P, 1, MSG_DONTWAIT, 0, 0);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char what[32];

		snprintf(what, sizeof what, "sendmsg %zu", i);
		call(what, SYS_sendmsg, fd, (long)all[i], MSG_NOSIGNAL, 0, 0, 0);
		snprintf(what, sizeof what, "recvmsg %zu", i);
		call(what, SYS_recvmsg, fd, (long)all[i], MSG_DONTWAIT, 0, 0, 0);
	}
}

static void sockets(void)
{
	note("-- tcp");
	addresses(tcp);
	messages(tcp);
	note("-- unix");
	addresses(local[0]);
	messages(local[0]);
	note("-- a file");
	addresses(file);
	note("-- no descriptor");
	addresses(nothing);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, P, 0, 0);
}

/* Not compared over a stack: which of two errors is told first may differ. */
static void datagrams(void)
{
	addresses(udp);
	messages(udp);
	CALL(accept, tcp, P, P, 0, 0, 0);
	CALL(accept4, tcp, P, P, 12345, 0, 0);
}

static void paths(void)
{
	CALL(open, P, O_RDONLY, 0, 0, 0, 0);
	CALL(openat, AT_FDCWD, P, O_RDONLY, 0, 0, 0);
	CALL(openat2, AT_FDCWD, P, NOWHERE, 24, 0, 0);
	CALL(creat, P, 0600, 0, 0, 0, 0);
	CALL(stat, P, P, 0, 0, 0, 0);
	CALL(lstat, "/", P, 0, 0, 0, 0);
	CALL(newfstatat, AT_FDCWD, P, P, 0, 0, 0);
	CALL(statx, AT_FDCWD, P, 0, 0x7ff, P, 0);
	CALL(access, P, 0, 0, 0, 0, 0);
	CALL(faccessat, AT_FDCWD, P, 0, 0, 0, 0);
	CALL(readlink, P, P, 10, 0, 0, 0);
	CALL(readlink, "/proc/self/exe", P, 10, 0, 0, 0);
	CALL(readlinkat, AT_FDCWD, P, P, 10, 0, 0);
	CALL(statfs, P, P, 0, 0, 0, 0);
	CALL(truncate, P, 0, 0, 0, 0, 0);
	CALL(rename, P, P, 0, 0, 0, 0);
	CALL(renameat2, AT_FDCWD, P, AT_FDCWD, P, 0, 0);
	CALL(mkdir, P, 0700, 0, 0, 0, 0);
	CALL(rmdir, P, 0, 0, 0, 0, 0);
	CALL(link, P, P, 0, 0, 0, 0);
	CALL(unlink, P, 0, 0, 0, 0, 0);
	CALL(unlinkat, AT_FDCWD, P, 0, 0, 0, 0);
	CALL(symlink, P, P, 0, 0, 0, 0);
	CALL(chmod, P, 0700, 0, 0, 0, 0);
	CALL(fchmodat, AT_FDCWD, P, 0700, 0, 0, 0);
	CALL(chown, P, -1, -1, 0, 0, 0);
	CALL(lchown, P, -1, -1, 0, 0, 0);
	CALL(mknod, P, S_IFREG | 0600, 0, 0, 0, 0);
	CALL(utimensat, AT_FDCWD, P, P, 0, 0, 0);
	CALL(getxattr, P, P, P, 10, 0, 0);
	CALL(chdir, P, 0, 0, 0, 0, 0);
	CALL(getcwd, P, 4096, 0, 0, 0, 0);
	CALL(chroot, P, 0, 0, 0, 0, 0);
	CALL(getdents64, file, P, 1000, 0, 0, 0);
	CALL(inotify_add_watch, file, P, 1, 0, 0, 0);
	CALL(mount, P, P, P, 0, P, 0);
	CALL(mount, "none", "/mnt", P, 0, NULL, 0);
	CALL(umount2, P, 0, 0, 0, 0, 0);
	CALL(execve, P, NULL, NULL, 0, 0, 0);
	CALL(execve, "/bin/true", NOWHERE, P, 0, 0, 0);
	CALL(execveat, AT_FDCWD, P, NULL, NULL, 0, 0);
}

static void others(void)
{
	CALL(getrlimit, RLIMIT_RTTIME, P == edge ? NOWHERE : P, 0, 0, 0, 0);
	CALL(setrlimit, RLIMIT_RTTIME, P, 0, 0, 0, 0);
	CALL(prlimit64, 0, RLIMIT_RTTIME, P == NULL ? NOWHERE : P, P, 0, 0);
	CALL(seccomp, 1, 0, P, 0, 0, 0);
	CALL(seccomp, 99, 0, P, 0, 0, 0);
	CALL(prctl, 22 /* SECCOMP */, 2, P, 0, 0, 0);
	CALL(uname, P == edge ? NOWHERE : P, 0, 0, 0, 0, 0);
}

/* Only: it must come back. */
static void virtual_calls(void)
{
	long number;
	size_t i;
	void *bad[] = { NULL, NOWHERE, KERNEL, WILD, edge, edge - 100 };
	long sizes[] = { 0, 1, 64, 1 << 20, -1 };
	int calls = 0;

	memset(edge - 4000, 'x', 4001);
	for (number = UMV_BASE; number < UMV_END + 3; number++) {
		if (number == UMV_KILL_ALL)
			continue;
		for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
			for (size_t k = 0; k < 5; k++, calls++)
				syscall(number, bad[i], sizes[k], SOCK_STREAM, sizes[k]);
		}
	}
	note("%d calls survived", calls);
}

int main(int argc, char **argv)
{
	long page = sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	int p[2];

	(void)argc;
	munmap(two + 2 * page, page);
	edge = two + 2 * page - 1;
	*edge = 1;
	alarm(60);
	tcp_pair(p);	/* connected: one that is not is tcp_states' business */
	tcp = p[0];
	set_nonblocking(tcp);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, local), "socketpair");
	file = open("/", O_RDONLY | O_DIRECTORY);
	if (argv[1] && !strcmp(argv[1], "virtual")) {
		virtual_calls();
		return 0;
	}
	if (!argv[1] || !strcmp(argv[1], "sockets"))
		sockets();
	if (!argv[1] || !strcmp(argv[1], "datagrams"))
		datagrams();
	if (!argv[1] || !strcmp(argv[1], "paths"))
		paths();
	if (!argv[1] || !strcmp(argv[1], "others"))
		others();
	note("end");
	return 0;
}
