/* SPDX-License-Identifier: GPL-2.0-or-later */
/* banner.h - what is said at the start of an interactive view. */
#ifndef BANNER_H
#define BANNER_H

#include <stdbool.h>

struct kernel_offer {
	bool killable;		/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
	bool no_mount;		/* a container's filter denies mount(2) */
	bool no_copies;		/* and pidfd_getfd(2) */
	bool sync;		/* SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP */
};

void banner_print(const struct kernel_offer *offer);

#endif
