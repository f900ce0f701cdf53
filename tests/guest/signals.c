/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals.c 4|6 - signals while a call waits: EINTR, restarts, nothing lost. */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "net.h"

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
	(void)number;
	handled++;
}

static void handle(int number, int action_flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = action_flags };

	sigaction(number, &action, NULL);
	handled = 0;
}

static void signal_in(int first_ms, int then_ms)
{
	struct itimerval t = { { 0, then_ms * 1000 }, { 0, first_ms * 1000 } };

	setitimer(ITIMER_REAL, &t, NULL);
}

static void interrupted(void)
{
	struct address a, from = { .len = sizeof from.a };
	int server = listener(1), p[2], udp = socket(family, SOCK_DGRAM, 0);
	char byte;

	a = address_of(NULL, 0);
	must(bind(udp, SA(&a), a.len), "bind");
	handle(SIGALRM, 0);
	signal_in(200, 0);
	say("accept", accept(server, NULL, NULL));
	tcp_pair(p);
	signal_in(200, 0);
	say("read", read(p[0], &byte, 1));
	signal_in(200, 0);
	say("recvfrom", recvfrom(udp, &byte, 1, 0, SA(&from), &from.len));
	signal_in(200, 0);
	say("recvmsg", recvmsg(udp, &(struct msghdr){ .msg_iov = &(struct iovec){ &byte, 1 }, .msg_iovlen = 1 }, 0));
	signal_in(200, 0);
	say("poll", poll(&(struct pollfd){ server, POLLIN, 0 }, 1, 5000));
	note("handled %d", handled);
	close_pair(p);
	close(udp);
	close(server);
}

/* A child that does something later. */
static pid_t later(void (*act)(void *), void *argument, int ms)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	pause_ms(ms);
	act(argument);
	_exit(0);
}

static void connect_to(void *a)
{
	int fd = socket(family, SOCK_STREAM, 0);

	connect(fd, SA((struct address *)a), ((struct address *)a)->len);
	pause_ms(200);
	close(fd);
}

static void send_to(void *a)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	sendto(fd, "late", 4, 0, SA((struct address *)a), ((struct address *)a)->len);
	close(fd);
}

static void restarted(void)
{
	struct address a, b = address_of(NULL, 0), from = { .len = sizeof from.a };
	int server = listener(1), udp = socket(family, SOCK_DGRAM, 0), fd;
	char text[8];
	pid_t pid;

	a = name_of(server);
	must(bind(udp, SA(&b), b.len), "bind");
	b = name_of(udp);
	handle(SIGALRM, SA_RESTART);
	pid = later(connect_to, &a, 500);
	signal_in(50, 50);
	say_ok("accept", fd = accept(server, NULL, NULL));
	signal_in(0, 0);
	note("several signals: %d", handled >= 3);
	waitpid(pid, NULL, 0);
	pid = later(send_to, &b, 500);
	signal_in(50, 50);
	say("recvfrom", recvfrom(udp, text, sizeof text, 0, SA(&from), &from.len));
	signal_in(0, 0);
	waitpid(pid, NULL, 0);
	close(fd);
	close(udp);
	close(server);
}

static void *storm(void *thread)
{
	int i;

	for (i = 0; i < 500; i++) {
		pthread_kill(*(pthread_t *)thread, SIGUSR1);
		pause_ms(1);
	}
	return NULL;
}

/* Signals at any moment: no connection, byte or datagram is lost or doubled. */
static void storms(void)
{
	struct address a, b = address_of(NULL, 0), from;
	pthread_t self = pthread_self(), thread;
	int server = listener(5), udp = socket(family, SOCK_DGRAM, 0), fd, peer, rounds, wrong = 0, n;
	char byte;

	a = name_of(server);
	must(bind(udp, SA(&b), b.len), "bind");
	b = name_of(udp);
	handle(SIGUSR1, SA_RESTART);
	pthread_create(&thread, NULL, storm, &self);
	for (rounds = 0; rounds < 100; rounds++) {
		fd = socket(family, SOCK_STREAM, 0);
		if (connect(fd, SA(&a), a.len) < 0)
			wrong++, note("connect: %s", strerrorname_np(errno));
		peer = accept(server, NULL, NULL);
		wrong += write(fd, "x", 1) != 1 || read(peer, &byte, 1) != 1;
		close(fd);
		close(peer);
		sendto(udp, "abc", 3, 0, SA(&b), b.len);
		from.len = sizeof from.a;
		n = recvfrom(udp, &byte, 1, 0, SA(&from), &from.len);
		wrong += n != 1 || port_of(&from.a) != port_of(&b.a);
	}
	pthread_join(thread, NULL);
	note("%d wrong, signals came: %d", wrong, handled > 50);
	say("a connection too many", recv(server, &byte, 1, MSG_DONTWAIT) < 0 ? 0 : 1);
	set_nonblocking(server);
	say("accept", accept(server, NULL, NULL));
	close(udp);
	close(server);
}

static void accept_for_ever(void *fd)
{
	accept(*(int *)fd, NULL, NULL);
}

/* Stop, continue and kill one that waits; then its server still serves. */
static void stopped_and_killed(void)
{
	struct address a;
	int server = listener(3), status, fd, i;
	pid_t pid;

	a = name_of(server);
	for (i = 0; i < 3; i++) {
		pid = later(accept_for_ever, &server, 0);
		pause_ms(100);
		kill(pid, SIGSTOP);
		waitpid(pid, &status, WUNTRACED);
		note("stopped %d", WIFSTOPPED(status));
		kill(pid, SIGCONT);
		pause_ms(50);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		note("killed %d", WIFSIGNALED(status));
	}
	fd = socket(family, SOCK_STREAM, 0);
	say("connect", connect(fd, SA(&a), a.len));
	close(fd);
	say_ok("accept", fd = accept(server, NULL, NULL));
	close(fd);
	close(server);
}

static const struct test tests[] = {
	{ "interrupted", interrupted }, { "restarted", restarted }, { "storms", storms },
	{ "stopped_and_killed", stopped_and_killed },
};

NET_MAIN(tests)
