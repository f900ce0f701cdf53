/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container [-e ERRNO] [-m] [-o] COMMAND...: runs it under a seccomp filter as containers
 * have: Docker's default profile without capabilities.
 *
 *   -e ERRNO  what numbers get that the profile does not know: ENOSYS (the default) or EPERM
 *   -m        another process's memory is denied, too (profiles before 2020)
 *   -o        an older profile: it does not know pidfds, and no number after close_range
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEW_ONES	0x7e020000	/* CLONE_NEW*, as the profile has it */
#define NEWEST		462
#define NEWEST_OLD	436

static const int denied[] = {
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open,
	SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_open_by_handle_at,
	SYS_kcmp, SYS_fanotify_init, SYS_lookup_dcookie, SYS_quotactl, SYS_reboot, SYS_sethostname,
	SYS_setdomainname, SYS_syslog, SYS_acct, SYS_swapon, SYS_swapoff, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_iopl,
	SYS_ioperm, SYS_settimeofday, SYS_clock_settime, SYS_vhangup, SYS_move_pages, SYS_mbind,
	SYS_set_mempolicy, SYS_get_mempolicy, SYS_personality, SYS_uselib, SYS_ustat, SYS_sysfs,
	425, 426, 427,			/* io_uring */
	428, 429, 430, 431, 432, 433,	/* the new mount API */
	438, 442,			/* pidfd_getfd, mount_setattr */
};

static struct sock_filter filter[512];
static unsigned length;

static void emit(struct sock_filter instruction)
{
	filter[length++] = instruction;
}

static void answer(int number, int error)
{
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
}

static void build(int unknown, bool memory, bool old)
{
	emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	answer(435, ENOSYS);		/* clone3: its flags cannot be looked at */
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, old ? NEWEST_OLD : NEWEST, 0, 1));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | unknown));
	for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		answer(denied[i], EPERM);
	if (memory) {
		answer(SYS_process_vm_readv, EPERM);
		answer(SYS_process_vm_writev, EPERM);
	}
	if (old)
		answer(434, unknown);	/* pidfd_open */
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
	emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_ONES, 0, 1));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

int main(int argc, char **argv)
{
	int option, unknown = ENOSYS;
	bool memory = false, old = false;
	struct sock_fprog program = { .filter = filter };

	while ((option = getopt(argc, argv, "+e:mo")) != -1)
		switch (option) {
		case 'e':
			unknown = strcmp(optarg, "EPERM") == 0 ? EPERM : ENOSYS;
			break;
		case 'm':
			memory = true;
			break;
		case 'o':
			old = true;
			break;
		default:
			return 2;
		}
	build(unknown, memory, old);
	program.len = length;
	if (optind >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("container");
		return 2;
	}
	execvp(argv[optind], argv + optind);
	perror(argv[optind]);
	return 2;
}
