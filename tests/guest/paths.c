/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.c - every call that names a file, in an empty directory: natively, in a
 * view, and in a view with unrelated mounts it must do the same.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <dirent.h>
#include <utime.h>

#include "say.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static void say_stat(const char *what, int rc, const struct stat *s)
{
	if (say(what, rc) == 0)
		note("  mode %o nlink %lu size %ld", s->st_mode, (unsigned long)s->st_nlink,
		     S_ISDIR(s->st_mode) ? 0L : (long)s->st_size);
}

/* file, dir/, dir/file, link -> file, dangling -> nowhere, loop -> loop, dirlink -> dir */
static void tree(void)
{
	int fd;

	umask(022);
	fd = open("file", O_CREAT | O_WRONLY, 0644);
	must(fd, "file");
	must(write(fd, "hello\n", 6), "write");
	close(fd);
	must(mkdir("dir", 0755), "dir");
	fd = open("dir/file", O_CREAT | O_WRONLY, 0600);
	must(fd, "dir/file");
	close(fd);
	must(symlink("file", "link"), "link");
	must(symlink("nowhere", "dangling"), "dangling");
	must(symlink("loop", "loop"), "loop");
	must(symlink("dir", "dirlink"), "dirlink");
}

static const char *const names[] = {
	"file", "./file", "dir/../file", "dir/file", "dirlink/file", "link", "dangling", "loop",
	"file/", "dir/", "file/x", "nothing", "", "dirlink/../file", "dir//file", ".", "..",
};

static void opens(void)
{
	static const struct { const char *name; int flags; } how[] = {
		{ "read", O_RDONLY }, { "write", O_WRONLY }, { "nofollow", O_RDONLY | O_NOFOLLOW },
		{ "directory", O_RDONLY | O_DIRECTORY }, { "path", O_PATH },
		{ "path nofollow", O_PATH | O_NOFOLLOW },
		{ "exclusive", O_CREAT | O_EXCL | O_WRONLY },
	};
	char what[128];

	tree();
	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
		for (size_t h = 0; h < sizeof(how) / sizeof(*how); h++) {
			int fd = open(names[n], how[h].flags, 0644);

			snprintf(what, sizeof(what), "open %s '%s'", how[h].name, names[n]);
			say_ok(what, fd);
			if (fd >= 0)
				close(fd);
		}
	say_ok("open a null pointer", open((char *)NULL, O_RDONLY));
	say_ok("open a bad pointer", open((char *)16, O_RDONLY));
	say_ok("creat", creat("created", 0640));
	say_ok("tmpfile", open(".", O_TMPFILE | O_RDWR, 0600));
}

static void opens_at(void)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	char path[5000];
	int dir, file;

	tree();
	dir = open("dir", O_RDONLY | O_DIRECTORY);
	file = open("file", O_RDONLY);
	say_ok("openat", openat(dir, "file", O_RDONLY));
	say_ok("openat ..", openat(dir, "../file", O_RDONLY));
	say_ok("openat a file", openat(file, "x", O_RDONLY));
	say_ok("openat a bad descriptor", openat(77, "x", O_RDONLY));
	say_ok("openat a bad descriptor, absolute", openat(77, "/dev/null", O_RDONLY));
	say_ok("openat2", syscall(SYS_openat2, dir, "file", &how, sizeof(how)));
	say_ok("openat2 beneath", syscall(SYS_openat2, dir, "../file", &how, sizeof(how)));
	say_ok("openat2 size 1", syscall(SYS_openat2, dir, "file", &how, 1));
	memset(path, 'a', sizeof(path));
	path[300] = 0;
	say_ok("a long name", open(path, O_RDONLY));
	path[300] = 'a';
	path[4999] = 0;
	say_ok("a long path", open(path, O_RDONLY));
	for (size_t i = 0; i + 2 < 4000; i += 2)
		memcpy(path + i, "./", 2);
	strcpy(path + 3998, "file");
	say_ok("a path of many parts", open(path, O_RDONLY));
}

static void stats(void)
{
	struct stat s;
	struct statx x;
	char what[128];
	int dir, file;

	tree();
	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++) {
		snprintf(what, sizeof(what), "stat '%s'", names[n]);
		say_stat(what, stat(names[n], &s), &s);
		snprintf(what, sizeof(what), "lstat '%s'", names[n]);
		say_stat(what, lstat(names[n], &s), &s);
		snprintf(what, sizeof(what), "access '%s'", names[n]);
		say(what, access(names[n], R_OK | W_OK));
	}
	dir = open("dir", O_RDONLY);
	file = open("file", O_RDONLY);
	say_stat("fstatat", fstatat(dir, "file", &s, 0), &s);
	say_stat("fstatat empty", fstatat(file, "", &s, AT_EMPTY_PATH), &s);
	say_stat("fstatat empty, not asked for", fstatat(file, "", &s, 0), &s);
	say_stat("fstatat nofollow", fstatat(AT_FDCWD, "link", &s, AT_SYMLINK_NOFOLLOW), &s);
	say_stat("fstatat a bad flag", fstatat(dir, "file", &s, 0x40000000), &s);
	say("stat to a bad pointer", syscall(SYS_newfstatat, AT_FDCWD, "file", (void *)16, 0));
	say("statx", statx(dir, "file", 0, STATX_BASIC_STATS, &x));
	note("  mode %o size %d", x.stx_mode, (int)x.stx_size);
	say("statx nofollow", statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x));
	note("  type %o", x.stx_mode & S_IFMT);
	say("faccessat X", faccessat(dir, "file", X_OK, 0));
	say("faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "dangling", R_OK, AT_SYMLINK_NOFOLLOW));
	say("access with a bad mode", access("file", 64));
}

static void links(void)
{
	char text[64];
	int dir;

	tree();
	dir = open("dir", O_RDONLY);
	memset(text, 0, sizeof(text));
	say("readlink", readlink("link", text, sizeof(text) - 1));
	note("  %s", text);
	say("readlink short", readlink("dangling", text, 3));
	say("readlink of a file", readlink("file", text, sizeof(text)));
	say("readlink of nothing", readlink("nothing", text, sizeof(text)));
	say("readlinkat", readlinkat(dir, "../link", text, sizeof(text)));
	say("link", link("file", "hard"));
	say("link again", link("file", "hard"));
	say("link of a symlink", link("link", "hardlink"));
	say("linkat follow", linkat(AT_FDCWD, "link", dir, "followed", AT_SYMLINK_FOLLOW));
	say("link of a directory", link("dir", "harddir"));
	say("symlink", symlink("a", "dir/new"));
	say("symlink again", symlink("a", "dir/new"));
	say("symlinkat", symlinkat("b", dir, "newer"));
	say("symlink, empty", symlink("", "empty"));
	say("rename", rename("hard", "renamed"));
	say("rename nothing", rename("nothing", "x"));
	say("renameat", renameat(AT_FDCWD, "renamed", dir, "moved"));
	say("renameat2 noreplace", renameat2(dir, "moved", dir, "file", RENAME_NOREPLACE));
	say("renameat2 exchange", renameat2(dir, "moved", AT_FDCWD, "file", RENAME_EXCHANGE));
	say("rename a directory onto a file", rename("dir", "file"));
	say("rename a link", rename("dangling", "dangling2"));
	say("unlink a link", unlink("link"));
	say("unlink a directory", unlink("dir"));
	say("unlink nothing", unlink("nothing"));
	say("unlinkat", unlinkat(dir, "file", 0));
	say("unlinkat removedir", unlinkat(AT_FDCWD, "file", AT_REMOVEDIR));
}

static void makes(void)
{
	struct stat s;
	int dir;

	tree();
	dir = open("dir", O_RDONLY);
	say("mkdir", mkdir("new", 0777));
	say("mkdir again", mkdir("new", 0777));
	say("mkdir through a dangling link", mkdir("dangling", 0777));
	say("mkdir below a file", mkdir("file/x", 0777));
	say("mkdir with a slash", mkdir("slash/", 0700));
	say("mkdirat", mkdirat(dir, "sub", 0755));
	say("rmdir", rmdir("new"));
	say("rmdir not empty", rmdir("dir"));
	say("rmdir a file", rmdir("file"));
	say("rmdir .", rmdir("dir/sub/."));
	say("mkfifo", mknod("fifo", S_IFIFO | 0644, 0));
	say("mknod a file", mknodat(dir, "plain", S_IFREG | 0600, 0));
	say("mknod a socket", mknodat(dir, "socket", S_IFSOCK | 0600, 0));
	say_stat("lstat fifo", lstat("fifo", &s), &s);
	say("chmod", chmod("link", 0751));
	say_stat("stat", stat("file", &s), &s);
	say("fchmodat", fchmodat(dir, "file", 0640, 0));
	say("fchmodat2 nofollow", syscall(SYS_fchmodat2, AT_FDCWD, "file", 0600, AT_SYMLINK_NOFOLLOW));
	say("chmod nothing", chmod("nothing", 0600));
	say("chown to oneself", chown("file", getuid(), getgid()));
	say("lchown", lchown("link", -1, -1));
	say("fchownat", fchownat(dir, "file", -1, getgid(), 0));
	say("truncate", truncate("file", 3));
	say("truncate a directory", truncate("dir", 3));
	say("truncate, negative", truncate("file", -1));
	say_stat("stat", stat("file", &s), &s);
}

static void times(void)
{
	struct timespec precise[2] = { { 5, 6 }, { 7, 8 } };
	struct timeval coarse[2] = { { 9, 10 }, { 11, 12 } };
	struct utimbuf old = { 13, 14 };
	struct stat s;
	int dir;

	tree();
	dir = open("dir", O_RDONLY);
	say("utimensat", utimensat(dir, "file", precise, 0));
	say("stat", stat("dir/file", &s));
	note("  %ld %ld", (long)s.st_atim.tv_sec, (long)s.st_mtim.tv_nsec);
	precise[0].tv_nsec = UTIME_OMIT;
	precise[1].tv_sec = 99;
	say("utimensat omit", utimensat(AT_FDCWD, "link", precise, AT_SYMLINK_NOFOLLOW));
	precise[1].tv_nsec = -5;
	say("utimensat bad", utimensat(AT_FDCWD, "file", precise, 0));
	say("utimes", utimes("file", coarse));
	say("utime", utime("link", &old));
	say("stat", stat("file", &s));
	note("  %ld %ld", (long)s.st_atim.tv_sec, (long)s.st_mtim.tv_sec);
	say("futimesat", futimesat(dir, "file", coarse));
	say("utimensat of a descriptor", utimensat(dir, NULL, NULL, 0));
	say("utime of nothing", utime("nothing", NULL));
}

static void attributes(void)
{
	char value[64];
	struct statfs fs;

	tree();
	say("setxattr", setxattr("link", "user.a", "abc", 3, 0));
	say("getxattr", getxattr("file", "user.a", value, sizeof(value)));
	say("getxattr size", getxattr("file", "user.a", NULL, 0));
	say("lgetxattr", lgetxattr("link", "user.a", value, sizeof(value)));
	say("setxattr create", setxattr("file", "user.a", "x", 1, XATTR_CREATE));
	say("lsetxattr", lsetxattr("link", "user.a", "x", 1, 0));
	say("getxattr nothing", getxattr("nothing", "user.a", value, sizeof(value)));
	say("removexattr", removexattr("file", "user.a"));
	say("removexattr again", removexattr("file", "user.a"));
	say("lremovexattr", lremovexattr("link", "user.a"));
	say("listxattr", listxattr("file", value, 0) >= 0 ? 0 : -1);
	say("llistxattr", llistxattr("link", value, 0) >= 0 ? 0 : -1);
	say("statfs", statfs("link", &fs));
	say("statfs nothing", statfs("nothing", &fs));
	say("inotify", inotify_add_watch(inotify_init(), "link", IN_OPEN) > 0 ? 0 : -1);
	say("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "nothing", value, value, 0));
}

static void directories(void)
{
	struct dirent *entry;
	char cwd[4096];
	long where = 0;
	int count = 0, here;
	DIR *d;

	tree();
	here = open(".", O_RDONLY);
	d = opendir(".");
	while ((entry = readdir(d))) {
		count++;
		if (count == 3)
			where = telldir(d);
	}
	note("%d entries", count);
	seekdir(d, where);
	for (count = 0; readdir(d); )
		count++;
	note("%d after the third", count);
	rewinddir(d);
	for (count = 0; readdir(d); )
		count++;
	note("%d from the start", count);
	closedir(d);
	for (int i = 0; i < 3000; i++) {
		snprintf(cwd, sizeof(cwd), "dir/a-file-with-a-longer-name-%d", i);
		close(open(cwd, O_CREAT | O_WRONLY, 0600));
	}
	d = opendir("dir");
	for (count = 0; readdir(d); )
		count++;
	note("%d in dir", count);
	closedir(d);
	say("chdir", chdir("dirlink"));
	say_ok("open there", open("file", O_RDONLY));
	say_ok("open ../file", open("../file", O_RDONLY));
	note("cwd ends in %s", strrchr(getcwd(cwd, sizeof(cwd)), '/'));
	say("chdir to a file", chdir("../file"));
	say("fchdir", fchdir(here));
	say_ok("back", open("dir/file", O_RDONLY));
	must(mkdir("gone", 0700), "gone");
	say("chdir", chdir("gone"));
	say("rmdir", rmdir("../gone"));
	say_ok("open in a deleted directory", open("file", O_RDONLY));
	say_ok("open . there", open(".", O_RDONLY));
	say_ok("open .. there", open("../file", O_RDONLY));
	say("mkdir there", mkdir("x", 0700));
	say("chroot", chroot("/"));
}

static void exec_one(const char *what, const char *path, int dirfd)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char *argv[] = { (char *)"true", NULL };

		if (dirfd == -1)
			execv(path, argv);
		else
			syscall(SYS_execveat, dirfd, path, argv, environ, *path ? 0 : AT_EMPTY_PATH);
		_exit(errno);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	note("%s: %s", what, WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "ok");
}

static void execs(void)
{
	tree();
	must(symlink("/bin/true", "true"), "true");
	exec_one("a link", "./true", -1);
	exec_one("a file", "./file", -1);
	exec_one("a directory", "./dir", -1);
	exec_one("nothing", "./nothing", -1);
	exec_one("below a file", "./file/x", -1);
	exec_one("at", "true", open(".", O_RDONLY | O_DIRECTORY));
	exec_one("a descriptor", "", open("/bin/true", O_PATH));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "opens", opens }, { "opens_at", opens_at }, { "stats", stats }, { "links", links },
		{ "makes", makes }, { "times", times }, { "attributes", attributes },
		{ "directories", directories }, { "execs", execs },
	};

	(void)argc;
	return run_tests(tests, sizeof(tests) / sizeof(*tests), argv + 1);
}
