/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hammer.c SEED SECONDS threads|calls - guests that hammer, as the seed has it:
 *
 *   threads    200 threads that make, connect, accept, use and close sockets of the same
 *              table of descriptors, while other threads fork, exec and kill
 *   calls      random calls with random arguments on virtual sockets, in processes
 *              that may well die of it
 *
 * It ends with "survived": what each call returns is nobody's business.  A connection of the guest's own
 * must work before and after.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "net.h"

enum { THREADS = 200, SLOTS = 64, CALLERS = 8 };

extern char **environ;
static volatile int slots[SLOTS];	/* sockets that anybody may use and close */
static struct address server_at;
static volatile bool stop;
static int64_t until;

/* Is it time to end? */
static bool over(void)
{
	return stop || now_ms() > until;
}

static unsigned draw(unsigned *state, unsigned below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

static void timeouts(int fd)
{
	struct timeval t = { 0, 20000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static void put(unsigned slot, int fd)
{
	int old;

	if (fd < 0)
		return;
	timeouts(fd);
	old = __atomic_exchange_n(&slots[slot], fd, __ATOMIC_SEQ_CST);
	if (old > 0)
		close(old);
}

static void use(int fd, unsigned what)
{
	char bytes[512] = "";
	struct address a = { .len = sizeof a.a };
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	int error;
	socklen_t len = sizeof error;

	switch (what) {
	case 0: send(fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT); break;
	case 1: recv(fd, bytes, sizeof bytes, MSG_DONTWAIT); break;
	case 2: shutdown(fd, SHUT_WR); break;
	case 3: getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len); break;
	case 4: getpeername(fd, SA(&a), &a.len); break;
	case 5: poll(&p, 1, 1); break;
	case 6: close(dup(fd)); break;
	case 7: sendto(fd, bytes, 10, MSG_NOSIGNAL | MSG_DONTWAIT, SA(&server_at), server_at.len); break;
	case 8: recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, SA(&a), &a.len); break;
	default: connect(fd, SA(&server_at), server_at.len); break;
	}
}

static void *hammer(void *arg)
{
	unsigned state = (uintptr_t)arg * 7919 + 1, own = state % SLOTS;
	struct address any = address_of(NULL, 0);

	while (!over()) {
		unsigned slot = draw(&state, SLOTS);
		int fd = slots[slot];

		switch (draw(&state, 10)) {
		case 0:
			put(slot, socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0));
			break;
		case 1:
			put(slot, socket(family, SOCK_DGRAM, 0));
			bind(slots[slot], SA(&any), any.len);
			break;
		case 2:
			fd = socket(family, SOCK_STREAM, 0);
			timeouts(fd);
			if (fd >= 0 && connect(fd, SA(&server_at), server_at.len) < 0)
				close(fd);
			else
				put(slot, fd);
			break;
		case 3:
			put(slot, accept(slots[0], NULL, NULL));
			break;
		case 4:
			put(own, accept4(slots[0], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
			break;
		case 5:
			if (slot)
				put(slot, dup(0));
			break;
		default:
			use(fd, draw(&state, 10));
		}
	}
	return NULL;
}

/* Children that inherit it all, and exec, or are killed in the midst. */
static void *breed(void *arg)
{
	unsigned state = (uintptr_t)arg * 104729 + 5;
	char *quick[] = { "/bin/true", NULL };

	while (!over()) {
		pid_t child;

		if (draw(&state, 2)) {
			if (posix_spawn(&child, quick[0], NULL, NULL, quick, environ) == 0)
				waitpid(child, NULL, 0);
			continue;
		}
		child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				put(1 + draw(&state, SLOTS - 1), socket(family, SOCK_STREAM, 0)),
				use(slots[draw(&state, SLOTS)], draw(&state, 10));
		}
		usleep(draw(&state, 5000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return NULL;
}

static void threads(unsigned seed)
{
	static pthread_t all[THREADS + 4];
	int server = listener(100), n = 0;

	timeouts(server);
	server_at = name_of(server);
	slots[0] = server;
	for (uintptr_t i = 0; i < THREADS; i++)
		n += pthread_create(&all[n], NULL, hammer, (void *)(seed + i)) == 0;
	for (uintptr_t i = 0; i < 4; i++)
		n += pthread_create(&all[n], NULL, breed, (void *)(seed + i)) == 0;
	while (n)
		pthread_join(all[--n], NULL);
}

/* The calls that may be made, but for those that would hurt the test itself. */
static const int numbers[] = {
	SYS_socket, SYS_connect, SYS_accept, SYS_accept4, SYS_bind, SYS_listen, SYS_getsockname,
	SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg,
	SYS_recvmmsg, SYS_shutdown, SYS_setsockopt, SYS_getsockopt, SYS_ioctl, SYS_read, SYS_write,
	SYS_readv, SYS_writev, SYS_splice, SYS_tee, SYS_vmsplice, SYS_sendfile, SYS_dup, SYS_dup2,
	SYS_dup3, SYS_close, SYS_fcntl, SYS_poll, SYS_epoll_ctl, SYS_fstat, SYS_lseek, SYS_mmap,
	SYS_prlimit64, SYS_socketpair, SYS_close_range, SYS_readlinkat, SYS_openat,
};

static uint64_t argument(unsigned *state, char *memory, size_t size)
{
	static const uint64_t odd[] = { 0, 1, 2, 4, 8, 16, 28, 100, 128, 4096, 65536, -1ul, 1ul << 31, 1ul << 32, 0x8912, 0x8913, 0x8914, 0x891b, 0x5421 };

	switch (draw(state, 8)) {
	case 0: case 1: case 2:
		return 3 + draw(state, 24);			/* a descriptor */
	case 3: case 4:
		return (uintptr_t)memory + draw(state, size);	/* some memory, perhaps near its end */
	case 5:
		return draw(state, 64);
	case 6:
		return (uint64_t)draw(state, 1 << 24) << draw(state, 40);
	default:
		return odd[draw(state, sizeof odd / sizeof odd[0])];
	}
}

/* Something like addresses, iovecs, control messages. */
static void scribble(unsigned *state, char *memory, size_t size)
{
	for (unsigned i = 0; i < 40; i++) {
		uint64_t value = argument(state, memory, size);
		struct address a = address_of(NULL, draw(state, 65536));

		if (draw(state, 4))
			memcpy(memory + draw(state, size / 8 - 1) * 8, &value, sizeof value);
		else
			memcpy(memory + draw(state, (size - 32) / 8) * 8, &a.a, a.len);
	}
}

/* Ends a call that waits. */
static void awake(int number)
{
	(void)number;
}

/* One process that calls until its time is over, or it dies. */
static void call(unsigned seed)
{
	enum { SIZE = 16384 };
	char *memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned state = seed;
	struct rlimit core = { 0, 0 };
	struct sigaction action = { .sa_handler = awake };
	struct itimerval often = { { 0, 30000 }, { 0, 30000 } };
	int i, p[2];

	setrlimit(RLIMIT_CORE, &core);
	munmap(memory + SIZE, SIZE);
	for (i = 0; i < 4; i++) {
		socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
		if (pipe2(p, O_NONBLOCK) < 0)
			break;
		tcp_pair(p);
		set_nonblocking(p[0]);
		set_nonblocking(p[1]);
	}
	set_nonblocking(listener(5));
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (!over()) {
		uint64_t a[6];
		int number = numbers[draw(&state, sizeof numbers / sizeof numbers[0])];

		scribble(&state, memory, SIZE);
		for (i = 0; i < 6; i++)
			a[i] = argument(&state, memory, SIZE);
		if (number != SYS_socket && number != SYS_mmap && number != SYS_poll && draw(&state, 4))
			a[0] = 3 + draw(&state, 24);
		/* Not the files, mounts and mappings of the machine. */
		if (number == SYS_openat || number == SYS_mmap)
			a[2] = a[3] = 0;
		if (number == SYS_prlimit64)
			a[0] = 0, a[1] = 15 /* RTTIME */;
		if (number == SYS_close_range && draw(&state, 50))
			continue;
		if (number == SYS_poll)
			a[1] &= 15, a[2] = 1;
		if (number == SYS_fcntl && (a[1] == F_SETOWN || a[1] == F_SETOWN_EX || a[1] == F_SETSIG))
			continue;
		syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	_exit(0);
}

static void calls(unsigned seed)
{
	unsigned died = 0;
	int running = 0;

	while (!over() || running) {
		if (!over() && running < CALLERS) {
			pid_t child = fork();

			if (child == 0) {
				setpgid(0, 0);
				freopen("/dev/null", "w", stdout);
				freopen("/dev/null", "w", stderr);
				signal(SIGPIPE, SIG_IGN);
				call(seed + died);
			}
			died++;
			running += child > 0;
			continue;
		}
		running -= waitpid(-1, NULL, 0) > 0;
	}
	note("%u processes called", died);
}

int main(int argc, char **argv)
{
	unsigned seed = argc > 1 ? atoi(argv[1]) : 1;
	int p[2];
	char byte = 'x';

	if (argc < 4)
		return 2;
	alarm(0);
	signal(SIGPIPE, SIG_IGN);
	until = now_ms() + atoi(argv[2]) * 1000;
	if (!strcmp(argv[3], "threads"))
		threads(seed);
	else
		calls(seed);
	for (int i = 3; i < 500; i++)
		close(i);
	tcp_pair(p);
	if (write(p[0], &byte, 1) != 1 || read(p[1], &byte, 1) != 1)
		return 1;
	note("survived");
	return 0;
}
