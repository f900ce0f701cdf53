/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - umview --doctor: what works here, what does not, which setting or
 * filter forbids it, what to do.
 *
 * A row of the table in doctor.c is a probe and a line of the answer.  A probe runs in a
 * process of its own, within a time limit: it may take namespaces, load filters,
 * or be killed by one.  It says nothing that it did not try.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <sys/types.h>

enum verdict {
	OK,
	WARN,		/* sessions do without */
	NO,
	SKIPPED,	/* not tried, and why */
};

/* What a probe found: plain data, it comes through a pipe. */
struct finding {
	enum verdict verdict;
	char	detail[320];
	char	remedy[320];	/* "" if there is nothing to do */
};

/* Set the finding; remedy may be NULL. */
void found(struct finding *f, enum verdict verdict, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* `call` failed with this errno.  filtered: a filter was seen to refuse it, since it fails
   so even where the kernel itself has another answer. */
void found_error(struct finding *f, const char *call, int error, bool filtered);
/* What was found is not the end: what it is like without. */
void found_lesser(struct finding *f, const char *without);
/* A child of the probe that dies with it; it calls fn(arg) and ends. */
pid_t doctor_fork(void (*fn)(void *arg), void *arg);

/* The probes.  What the argument means is said at the table. */
enum listener_part { LISTENER, KILLABLE, SYNC_WAKE_UP, ADDFD, ADDFD_SEND };
void probe_listener(struct finding *f, int part);
void probe_virtual(struct finding *f, int unused);
void probe_mount(struct finding *f, int unused);

enum look { PIDFD_OPEN, PIDFD_OF_THREAD, PIDFD_GETFD, VM_READ, VM_WRITE, PROC_MEM, RTTIME };
void probe_look(struct finding *f, int look);
void probe_yama(struct finding *f, int unused);

void probe_kernel(struct finding *f, int unused);
void probe_descriptors(struct finding *f, int unused);
void probe_modules(struct finding *f, int unused);
void probe_runtime(struct finding *f, int unused);

enum stack_program { LWIPV6_PROGRAM, NS_PROGRAM };
void probe_program(struct finding *f, int stack_program);

enum space { USER_NAMESPACE, NET_NAMESPACE };
void probe_namespace(struct finding *f, int space);
void probe_tun(struct finding *f, int unused);
void probe_fuse(struct finding *f, int unused);

void probe_vdeplug(struct finding *f, int unused);
void probe_slirp(struct finding *f, int unused);
void probe_vde_switch(struct finding *f, int unused);
void probe_default_switch(struct finding *f, int unused);

enum session_kind { USER_STACK_SESSION, KERNEL_STACK_SESSION, SLIRP_SESSION };
void probe_session(struct finding *f, int session_kind);
/* Inside the session that probe_session() starts: the exit status. */
int doctor_guest(const char *session_kind);

/* umview --doctor with these further arguments: the exit status. */
int doctor_run(char **arguments);

#endif
