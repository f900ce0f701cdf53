/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * um_module.h - what a View-OS module exports, and what it may call.
 *
 * A module is a shared object, loaded into the monitor by um_add_service(1).
 * It exports one symbol, `struct um_module um_module`.  The monitor has one
 * thread: no operation may block; what takes time is answered later.  See
 * um_module(3), and modules/umecho.c for a whole network in 60 lines.
 *
 * Throughout: 0 or more is success, -errno is failure, errno is never read.
 */
#ifndef UM_MODULE_H
#define UM_MODULE_H

#include <stdint.h>
#include <sys/types.h>

#include "um_call.h"

#define UM_MODULE_API	1

/* Returned by an operation instead of a result. */
#define UM_TAKEN	INT64_MIN	/* I answer later, with um_done*() */
#define UM_CONTINUE	(INT64_MIN + 1)	/* the kernel's own answer is right: on a
					   carrier it acts on the carrier; a socket is
					   the host's, of which no more is heard */
/* -UM_ERESTARTSYS: a signal came first; the kernel makes it EINTR or a restart. */
#define UM_ERESTARTSYS	512

struct um_module {
	unsigned	 api;		/* UM_MODULE_API */
	unsigned	 size;		/* sizeof(struct um_module): it may grow at its end */
	const char	*name;		/* service name, "umnet" */
	const char	*summary;	/* one line for um_ls_service */
	const char *const *fstypes;	/* what mount(2) may name; NULL-terminated.  "umnet*":
					   all that begin so and no module names in full;
					   mount() says -ENODEV if it knows none such */

	/* Loaded with `options` (never NULL).  Optional.  0 or -errno.  Again, when another
	   view of the session loads it too. */
	int	(*init)(const char *options);
	/* No view has it any more: about to be unloaded; nothing is mounted.  Optional. */
	void	(*fini)(void);

	/*
	 * UM_MOUNT.  On success (now, or later with um_done) *inst, set before
	 * returning, is what the other operations get; owned by the module until
	 * umount.  After a failure nothing else is called for it.
	 */
	int64_t	(*mount)(struct um_call *c, void **inst);
	/* The mount goes away (flags 0 or MNT_*), or the session ends
	   (UM_SESSION_END): free inst.  0, or -errno and it stays. */
	int	(*umount)(void *inst, int flags);
	/* Address families served: bit 1 << AF_*. */
	uint64_t (*families)(void *inst);
	/* Any other operation: a result, -errno, UM_TAKEN or UM_CONTINUE. */
	int64_t	(*call)(void *inst, struct um_call *c);
	/*
	 * A signal waits for the caller of `c`, which was UM_TAKEN: answer it
	 * soon, with its result if there is one, else with -UM_ERESTARTSYS.
	 * Optional.
	 */
	void	(*interrupt)(void *inst, struct um_call *c);
	/*
	 * The answer `fd` (consumed) named `sock` to `c` found its caller
	 * gone: undo what can be undone (an accepted connection goes back to its
	 * queue).  Optional; without it fd is closed.  `c` is borrowed.
	 */
	void	(*undo)(void *inst, struct um_call *c, int fd, uint64_t sock);

	/* Members since the first release: a module that was built before has none. */

	/*
	 * Which mount serves `family` (1 to 63) instead of inst: its path
	 * (borrowed, read at once), or inst's own path, which means what was mounted
	 * there before it.  NULL: inst itself serves it, or nobody does.  Asked at each
	 * socket(2).  If there is no such mount, the socket fails: with
	 * ENETDOWN where families() promised the family, else with
	 * EAFNOSUPPORT.  Optional.
	 */
	const char *(*alias)(void *inst, int family);
	/* Something is mounted at c's (a UM_MOUNT's) target: not 0 if c may be
	   mounted over it.  Optional; without it, it may not (EBUSY). */
	int	(*covers)(const struct um_call *c);
};

#define UM_SESSION_END	0x40000000

/* Answers: each consumes c, which must have been UM_TAKEN. */
void um_done(struct um_call *c, int64_t rc);
/*
 * The answer is a descriptor: a copy of fd (consumed) appears in the guest.
 * sock (not 0) will name it in later calls, until um_forget(sock); it must be
 * unique in this process: the address of the module's own record is a good name.
 * sock 0: an ordinary descriptor, of which no more is heard.
 * The guest's descriptor is close-on-exec if the call asked for that.
 * May also be called before returning from `call`, which then returns UM_TAKEN.
 *
 * Sending without an address, and receiving where no address is asked for, on a
 * descriptor that sock names never come back here: the kernel does them on fd.
 * On a SOCK_STREAM fd no receiving does, and on one made for AF_NETLINK neither.
 */
void um_done_fd(struct um_call *c, int fd, uint64_t sock);

/*
 * The guest's descriptor that a pending call is about, once more: owned by the
 * caller, to be closed at once.  -errno; -EBADF if it is another by now.
 */
int um_descriptor(const struct um_call *c);

/*
 * As um_done(c, rc), but first a copy of fd (consumed) takes the place of the descriptor that
 * is the call's argument 0, and is named sock from now on: when what the guest has can
 * serve no longer.  Its duplicates stay what they are.
 */
void um_done_replace(struct um_call *c, int64_t rc, int fd, uint64_t sock);

/* The socket named sock is closed everywhere: it will not be named again. */
void um_forget(uint64_t sock);

/*
 * Watch a descriptor (borrowed): fn(arg, events) runs from the loop on EPOLL*
 * events.  Watching it again changes events and fn; events 0 stops.
 */
int um_watch(int fd, uint32_t events, void (*fn)(void *arg, uint32_t events), void *arg);

/*
 * Start a helper program: argv (argv[0] looked up in the directory of View-OS
 * programs if it has no slash, then in PATH), in the working directory of
 * thread `tid` (0: "/"), with `fd` (borrowed) as descriptor 3, or -1.
 * On stdin nothing comes until the session is over, then end of file; stdout is
 * /dev/null.  The monitor reaps it.  When the session is over, or the monitor is
 * killed, it has a fifth of a second to end by itself: then it is killed.  Returns the pid, or -errno if it cannot be executed.
 */
pid_t um_spawn(char *const argv[], int fd, int tid);

/* Signal (0: only ask) a helper: -ESRCH once it has been reaped, whoever has
   its pid by then. */
int um_kill(pid_t pid, int signal);

/* The session's own directory, mode 0700, made when first asked for and
   removed with everything in it when the session ends; NULL and errno if it can't be made. */
const char *um_runtime_dir(void);

/* The absolute path that `path` is for thread `tid`, if a stack is mounted there;
   NULL if none is.  Owned by the caller. */
char *um_stack_path(int tid, const char *path);

/* From init: address families (bits 1 << AF_*) for which, in the view that loads the module,
   processes that chose no stack get EAFNOSUPPORT instead of the host's network. */
void um_deny_host(uint64_t families);

/* A line on the monitor's standard error: "umview: ..." */
void um_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
