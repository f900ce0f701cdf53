/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netsetup.h - the network of --net and the mounts of --mount are made, by the first guest itself. */
#ifndef NETSETUP_H
#define NETSETUP_H

#include <stdbool.h>

#include "netspec.h"

/* Inside the view, before anything runs there: takes the steps, or ends this process
   with a message and EXIT_UMVIEW. */
void netsetup_run(const struct netspec *net, const struct mountspec *mounts, bool nested);
/* Where the program is that udhcpc(8) is to run; owned by the caller. */
char *netsetup_dhcp_script(void);

#endif
