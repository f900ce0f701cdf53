/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forbid ERRNO|kill NUMBER... -- COMMAND...: runs it under a filter that answers these
 * system calls with ERRNO, or kills; above 0x500000 a NUMBER stands for all from it on.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter filter[128] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { 1, filter };
	unsigned action;
	int i;

	if (argc < 4)
		return 2;
	action = strcmp(argv[1], "kill") ? SECCOMP_RET_ERRNO | atoi(argv[1]) : SECCOMP_RET_KILL_PROCESS;
	for (i = 2; i < argc && strcmp(argv[i], "--") && program.len < 125; i++) {
		unsigned number = strtoul(argv[i], NULL, 0);

		filter[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K |
			(number > 0x500000 ? BPF_JGE : BPF_JEQ), number, 0, 1);
		filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (i + 1 >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	execvp(argv[i + 1], argv + i + 1);
	return 2;
}
