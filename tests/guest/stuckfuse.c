/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stuckfuse.c - a FUSE file system in a mount namespace of its own, whose server answers what
 * the kernel must know and then nothing more. One process looks at files in it, and hangs, as
 * it should; another one must be served all the while.
 *
 * Prints "served", or "stuck" when nobody is. Needs to be root, and /dev/fuse.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int device;

static void attributes(struct fuse_attr *a, uint64_t node)
{
	*a = (struct fuse_attr){ .ino = node, .nlink = 1,
		.mode = node == 1 ? S_IFDIR | 0755 : S_IFLNK | 0777 };
}

static void reply(uint64_t unique, int error, const void *body, size_t n)
{
	char buffer[512];
	struct fuse_out_header head = { .len = sizeof(head) + n, .error = error, .unique = unique };

	memcpy(buffer, &head, sizeof(head));
	memcpy(buffer + sizeof(head), body, n);
	if (write(device, buffer, head.len) < 0)
		perror("write");
}

/* Until a link has been asked for: that its text is, nobody will be told. */
static void serve(void)
{
	static char buffer[1 << 20];
	struct fuse_in_header *in = (struct fuse_in_header *)buffer;

	while (read(device, buffer, sizeof(buffer)) > 0) {
		struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 65536 };
		struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 1000 };
		struct fuse_attr_out attr = { .attr_valid = 0 };
		struct fuse_open_out open = { .fh = 1 };

		switch (in->opcode) {
		case FUSE_INIT:
			reply(in->unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			attributes(&entry.attr, 2);
			reply(in->unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
			attributes(&attr.attr, in->nodeid);
			reply(in->unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_OPENDIR:
			reply(in->unique, 0, &open, sizeof(open));
			break;
		case FUSE_READLINK:
		case FUSE_READDIR:
		case FUSE_READDIRPLUS:
			for (;;)
				pause();
		default:
			reply(in->unique, -ENOSYS, NULL, 0);
		}
	}
}

static void look(const char *how, const char *directory)
{
	struct stat status;
	char path[256];

	if (strcmp(how, "link") == 0)
		stat("link", &status);
	else if (strcmp(how, "proc") == 0) {
		snprintf(path, sizeof(path), "/proc/%d/cwd/link", getpid());
		stat(path, &status);
	} else {
		readdir(opendir(directory));
	}
}

/* Does anybody get an answer within three seconds? */
static int is_served(void)
{
	pid_t pid = fork();
	struct stat status;
	int rc;

	if (!pid) {
		for (int i = 0; i < 100; i++)
			stat("/proc/self/status", &status);
		_exit(0);
	}
	for (int i = 0; i < 300; i++) {
		if (waitpid(pid, &rc, WNOHANG) == pid)
			return 1;
		usleep(10000);
	}
	return 0;
}

/* stuckfuse link|proc|list DIRECTORY */
int main(int argc, char **argv)
{
	pid_t server, looker;
	struct stat status;
	char options[128];

	device = open("/dev/fuse", O_RDWR);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=0,group_id=0", device);
	if (argc < 3 || device < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("stuck", argv[2], "fuse", 0, options) < 0) {
		printf("cannot: %s\n", strerror(errno));
		return 77;
	}
	server = fork();
	if (!server) {
		alarm(20);
		serve();
		_exit(0);
	}
	close(device);
	if (chdir(argv[2]) < 0 || lstat("link", &status) < 0)
		return 1;
	looker = fork();
	if (!looker) {
		close(device);	/* nobody but the server keeps it: then its death ends all waiting */
		look(argv[1], argv[2]);
		_exit(0);
	}
	usleep(300000);		/* it is on its way; that it hangs cannot be waited for */
	puts(is_served() ? "served" : "stuck");
	fflush(stdout);
	kill(server, SIGKILL);
	kill(looker, SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
