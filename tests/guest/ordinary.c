/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ordinary.c - processes, files and local sockets: what the kernel does must
   be what a view with no module shows. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "say.h"

static char **environment;

static void say_status(const char *what, int status)
{
	if (WIFEXITED(status))
		note("%s: exit %d", what, WEXITSTATUS(status));
	else
		note("%s: signal %d", what, WTERMSIG(status));
}

static int wait_status(pid_t pid)
{
	int status = 0;

	must(waitpid(pid, &status, 0), "waitpid");
	return status;
}

static void memfd_exec(void)
{
	char *argv[] = { (char *)"echo", (char *)"from a memfd", NULL };
	int in = open("/bin/echo", O_RDONLY), out = memfd_create("prog", MFD_CLOEXEC);
	struct stat st;
	pid_t pid;

	must(fstat(in, &st), "fstat");
	say_ok("sendfile", sendfile(out, in, NULL, st.st_size));
	pid = fork();
	if (pid == 0) {
		fexecve(out, argv, environment);
		_exit(99);
	}
	say_status("fexecve", wait_status(pid));
	close(in);
	close(out);
}

static void openat_rename(void)
{
	int dir, fd;

	say("mkdir", mkdir("a", 0755));
	dir = open("a", O_DIRECTORY | O_RDONLY);
	say("rename", rename("a", "b"));
	say_ok("openat", fd = openat(dir, "f", O_CREAT | O_WRONLY, 0644));
	say("access b/f", access("b/f", F_OK));
	say("access a/f", access("a/f", F_OK));
	say("mkdirat", mkdirat(dir, "g", 0700));
	say("unlinkat", unlinkat(dir, "f", 0));
	say("unlinkat dir", unlinkat(dir, "g", AT_REMOVEDIR));
	say("openat through a file", openat(fd, "x", O_RDONLY));
	say("openat bad fd", openat(999, "x", O_RDONLY));
	say("mkdir x/", mkdir("x/", 0755));
	say("mkdir x/ again", mkdir("x/", 0755));
	say("open of f/", open("b/f/", O_RDONLY));
	say("creat of new/", open("new/", O_CREAT | O_WRONLY, 0644));
	say("open empty", open("", O_RDONLY));
	say("rmdir .", rmdir("."));
	say("rmdir x", rmdir("x"));
	close(fd);
	close(dir);
	rmdir("b");
}

static void deleted_cwd(void)
{
	char path[4096];
	int before = open(".", O_PATH);

	say("mkdir", mkdir("gone", 0755));
	say("chdir", chdir("gone"));
	say("rmdir", rmdir("../gone"));
	say("getcwd", getcwd(path, sizeof path) ? 0 : -1);
	say("open", open("f", O_CREAT | O_WRONLY, 0644));
	say("stat .", access(".", F_OK));
	say("stat ..", access("..", F_OK));
	say("getcwd of 1 byte", getcwd(path, 1) ? 0 : -1);
	say("fchdir", fchdir(before));
	say("getcwd", getcwd(path, sizeof path) ? 0 : -1);
	close(before);
}

static void *exec_echo(void *text)
{
	execl("/bin/echo", "echo", (char *)text, (char *)NULL);
	return NULL;
}

static void thread_exec(void)
{
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&thread, NULL, exec_echo, (void *)"exec from a second thread");
		for (;;)
			pause();
	}
	say_status("thread exec", wait_status(pid));
}

static void *many_opens(void *count)
{
	int i, fd;

	for (i = 0; i < 500; i++) {
		fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			__atomic_add_fetch((int *)count, 1, __ATOMIC_SEQ_CST);
		close(fd);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[8];
	int i, count = 0;

	for (i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, many_opens, &count);
	for (i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	say("opens by 8 threads", count);
}

static void *after_leader(void *unused)
{
	int count = 0;

	(void)unused;
	pause_ms(50);
	many_opens(&count);
	say("opens after the leader's exit", count);
	say("mkdir", mkdir("leader", 0755));
	say("rmdir", rmdir("leader"));
	exit(7);
}

static void leader_exit(void)
{
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&thread, NULL, after_leader, NULL);
		pthread_exit(NULL);
	}
	say_status("leader_exit", wait_status(pid));
}

static void vfork_exec(void)
{
	volatile int shared = 1;
	pid_t pid = vfork();

	if (pid == 0) {
		shared = 2;
		execl("/nonexistent", "x", (char *)NULL);
		shared = errno;
		execl("/bin/echo", "echo", "vforked", (char *)NULL);
		_exit(99);
	}
	say_status("vfork", wait_status(pid));
	note("the child's errno: %s", strerrorname_np(shared));
}

static void spawn(void)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"cat; exit 5", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int fd = open("in", O_CREAT | O_WRONLY, 0644);

	must(write(fd, "spawned\n", 8), "write");
	close(fd);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "in", O_RDONLY, 0);
	say("posix_spawn", posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environment));
	say_status("spawned", wait_status(pid));
	note("absent: %s", strerrorname_np(posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, environment)));
	note("a directory: %s", strerrorname_np(posix_spawn(&pid, "/etc", NULL, NULL, argv, environment)));
	unlink("in");
}

static void say_rttime(const char *what)
{
	struct rlimit r = { 0, 0 };

	say(what, getrlimit(RLIMIT_RTTIME, &r));
	note("  soft %lld hard %lld", (long long)r.rlim_cur, (long long)r.rlim_max);
}

static void rttime(void)
{
	struct rlimit r = { 5000, RLIM_INFINITY }, old = { 0, 0 };
	pid_t pid;

	say_rttime("getrlimit");
	say("setrlimit 5000", setrlimit(RLIMIT_RTTIME, &r));
	say_rttime("after");
	pid = fork();
	if (pid == 0) {
		say_rttime("in a child");
		_exit(0);
	}
	wait_status(pid);
	r.rlim_cur = RLIM_INFINITY;
	say("prlimit", prlimit(0, RLIMIT_RTTIME, &r, &old));
	note("  old soft %lld hard %lld", (long long)old.rlim_cur, (long long)old.rlim_max);
	say_rttime("back");
	r.rlim_cur = 10, r.rlim_max = 5;
	say("soft over hard", setrlimit(RLIMIT_RTTIME, &r));
	say("prlimit of init", prlimit(1, RLIMIT_RTTIME, NULL, &old));
	say("unknown resource", getrlimit(99, &old));
	say("NULL", syscall(SYS_getrlimit, RLIMIT_RTTIME, NULL));
	r.rlim_cur = 64, r.rlim_max = 1024;
	say("NOFILE", setrlimit(RLIMIT_NOFILE, &r));
}

static void dumpable(void)
{
	int fd;

	say("get", prctl(PR_GET_DUMPABLE));
	say("set 0", prctl(PR_SET_DUMPABLE, 0));
	/* What "get" says now differs, and is meant to (umview(1), BUGS): in a view
	   the process stays readable, and is not told otherwise. */
	say("get is 0 or 1", prctl(PR_GET_DUMPABLE) >> 1);
	say_ok("open", fd = open("/etc/passwd", O_RDONLY));
	close(fd);
	say("mkdir", mkdir("d", 0755));
	say("rmdir", rmdir("d"));
	say("set 2", prctl(PR_SET_DUMPABLE, 2));
	say("set 1", prctl(PR_SET_DUMPABLE, 1));
	say("get", prctl(PR_GET_DUMPABLE));
}

static void on_signal(int number)
{
	(void)number;
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int pipes[2];
	char byte;
	pid_t pid;

	must(pipe(pipes), "pipe");
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	say("read", read(pipes[0], &byte, 1));
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		pause();
	}
	kill(pid, SIGTERM);
	say_status("terminated", wait_status(pid));
	pid = fork();
	if (pid == 0)
		raise(SIGKILL);
	say_status("killed", wait_status(pid));
	close(pipes[0]);
	signal(SIGPIPE, SIG_IGN);
	say("write to a broken pipe", write(pipes[1], "x", 1));
	close(pipes[1]);
	say("kill nobody", kill(0x3ffffffe, 0));
}

static void traced(void)
{
	int status, stops = 0;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl("/bin/true", "true", (char *)NULL);
		_exit(99);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		stops++;
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			break;
	}
	say_status("traced", status);
	note(stops > 20 ? "many stops" : "few stops");
}

static void pidfds(void)
{
	siginfo_t info = { 0 };
	pid_t pid = fork();
	int fd;

	if (pid == 0) {
		pause();
		_exit(1);
	}
	say_ok("pidfd_open", fd = syscall(SYS_pidfd_open, pid, 0));
	say("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
	say("waitid", waitid(P_PIDFD, fd, &info, WEXITED));
	say("signal", info.si_status);
	close(fd);
}

static void files(void)
{
	struct stat st;
	char text[16] = { 0 };
	int fd, other, watch = inotify_init1(IN_NONBLOCK);
	char buffer[512];

	say_ok("inotify_add_watch", inotify_add_watch(watch, ".", IN_CREATE));
	say_ok("open", fd = open("f", O_CREAT | O_RDWR, 0640));
	say_ok("event", read(watch, buffer, sizeof buffer));
	say("write", write(fd, "0123456789", 10));
	say("pread", pread(fd, text, 3, 4));
	note("text %s", text);
	say("ftruncate", ftruncate(fd, 5));
	say("fstat", fstat(fd, &st));
	note("mode %o size %ld links %ld", st.st_mode, (long)st.st_size, (long)st.st_nlink);
	say("link", link("f", "g"));
	say("symlink", symlink("g", "s"));
	say("readlink", readlink("s", text, sizeof text));
	say("stat s", stat("s", &st));
	say("links", st.st_nlink);
	say("O_NOFOLLOW", open("s", O_RDONLY | O_NOFOLLOW));
	say("O_EXCL", open("s", O_CREAT | O_EXCL | O_RDWR, 0600));
	say("chmod", chmod("g", 0));
	say("access", access("f", R_OK));
	say("chown to root", chown("f", 0, 0));
	say("symlink loop", symlink("loop", "loop"));
	say("open loop", open("loop", O_RDONLY));
	say_ok("O_TMPFILE", other = open(".", O_TMPFILE | O_RDWR, 0600));
	say("copy_file_range", copy_file_range(fd, &(loff_t){ 0 }, other, NULL, 5, 0));
	say("fallocate", fallocate(other, 0, 0, 4096));
	say("O_DIRECTORY", open("f", O_DIRECTORY | O_RDONLY));
	say("RENAME_NOREPLACE", renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_NOREPLACE));
	say("exec of a file without x", execl("./f", "f", (char *)NULL));
	say("mount", syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
	say("mount of a type nobody knows", syscall(SYS_mount, "none", "/mnt", "nosuchfs", 0, NULL));
	say("umount", syscall(SYS_umount2, "/mnt", 0));
	say("unknown call", syscall(5000));
	say("call -1", syscall(-1));
	close(fd);
	close(other);
	close(watch);
	say("unlink", unlink("f") + unlink("g") + unlink("s") + unlink("loop"));
}

static void uring(void)
{
	char parameters[256] = { 0 };
	long fd = syscall(SYS_io_uring_setup, 4, parameters);

	say_ok("io_uring_setup", fd);
	if (fd >= 0)
		close(fd);
}

/* getpid by x32's number: a program of that architecture does not run in a view. */
static void x32(void)
{
	say_ok("x32 getpid", syscall(0x40000000 + 39));
}

static const struct test tests[] = {
	{ "memfd_exec", memfd_exec }, { "openat_rename", openat_rename },
	{ "deleted_cwd", deleted_cwd }, { "thread_exec", thread_exec }, { "threads", threads },
	{ "leader_exit", leader_exit }, { "vfork", vfork_exec }, { "spawn", spawn },
	{ "rttime", rttime }, { "dumpable", dumpable }, { "signals", signals },
	{ "traced", traced }, { "pidfds", pidfds }, { "files", files },
	{ "io_uring", uring }, { "x32", x32 },
};

int main(int argc, char **argv, char **envp)
{
	(void)argc;
	environment = envp;
	return run_tests(tests, sizeof tests / sizeof tests[0], argv + 1);
}
