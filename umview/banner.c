/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "banner.h"

static bool offers_thread_pidfd(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), O_EXCL);	/* PIDFD_THREAD, Linux 6.9 */

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void banner_print(const struct kernel_offer *offer)
{
	fprintf(stderr, "UMView %s: a process with a view (View-OS)\n"
		"This kernel offers: USER_NOTIF ADDFD_SEND%s%s%s; View-OS will use %s\n\n",
		UMVIEW_VERSION,
		offer->killable ? " WAIT_KILLABLE_RECV" : "",
		offer->sync ? " SYNC_WAKE_UP" : "",
		offers_thread_pidfd() ? " PIDFD_THREAD" : "",
		offer->killable ? "them all" :
		"them all (without WAIT_KILLABLE_RECV, signals may repeat calls)");
	if (offer->no_mount || offer->no_copies)
		fprintf(stderr, "A container's filter denies%s%s%s.%s\n\n",
			offer->no_mount ? " mount(2)" : "",
			offer->no_mount && offer->no_copies ? " and" : "",
			offer->no_copies ? " pidfd_getfd(2)" : "",
			offer->no_mount ? "  mount and umount are our own here: see um_mount(1)" : "");
}
