/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - processes below one of ours. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Calls fn for every live descendant of root, but for those that skip(pid) (or NULL) names,
 * with their descendants.  Returns the sum of what fn returned.
 */
int process_each_below(pid_t root, bool (*skip)(pid_t pid), int (*fn)(pid_t pid, void *arg),
		void *arg);
/*
 * Sends `signal` (0: none) to every live descendant of root but `spare` (0:
 * nobody), and but those that skip(pid) names, with their descendants.  Returns
 * how many there were.
 */
int process_signal_tree(pid_t root, int signal, pid_t spare, bool (*skip)(pid_t pid));
/* Is pid a descendant of root? */
bool process_is_below(pid_t pid, pid_t root);
/* The thread group of a thread; tid itself if it is gone. */
pid_t process_of(pid_t tid);

/* Helper programs of modules: um_spawn() of um_module.h starts them. */
bool helper_is(pid_t pid);
/* A program of that name in $UMVIEW_LIBEXEC, where programs are installed, or PATH: its path,
   owned, or NULL. */
char *helper_find(const char *name);
/* pid was reaped; true if it was a helper. */
bool helper_gone(pid_t pid);
unsigned helper_count(void);
/* The session is over: helpers that read their stdin see its end. */
void helper_dismiss(void);
void helper_kill_all(int signal);

#endif
