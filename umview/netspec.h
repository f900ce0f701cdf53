/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netspec.h - what --net and the options about it say, and the steps that make it so, with
 * those of --mount.
 *
 * The steps are data: netsetup.c takes them, inside the view and before the command
 * starts, and netprint.c prints them as commands of a shell.
 */
#ifndef NETSPEC_H
#define NETSPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "mountspec.h"

#define NET_TARGET	"/dev/net/default"

/* As getopt_long(3) has them. */
enum net_option {
	NET_SPEC = 256, NET_ADDRESS, NET_GATEWAY, NET_DNS, NET_MAC, NET_MTU, NET_HOST_LOOPBACK,
	NET_OPTION_END,
};

enum { NET_ADDRESSES = 16, NET_DNS_SERVERS = 3, NET_STEPS = NET_ADDRESSES + MOUNTS + 16 };

struct netspec {
	const char	*spec;		/* NULL: no --net */
	const char	*fstype;	/* NULL: `spec` is the path of a stack */
	const char	*wire;		/* URL; NULL: none */
	bool		 slirp;		/* the wire is slirp's usual one: its network is known */
	bool		 host_loopback;
	bool		 dhcp;
	unsigned	 given;		/* bit option - NET_SPEC: which were */
	const char	*address[NET_ADDRESSES];	/* "ADDRESS/BITS" */
	const char	*gateway[2];	/* IPv4's, IPv6's; NULL: none */
	const char	*dns[NET_DNS_SERVERS];
	const char	*mac, *mtu;
	unsigned	 addresses, servers;
};

struct net_step {
	enum net_step_kind {
		STEP_SERVICE,		/* load `what` */
		STEP_UNMOUNT,		/* what is mounted at `what` */
		STEP_MOUNT,		/* the type `what` with the options `value` */
		STEP_CHOOSE,		/* the stack at `what`, from here on */
		STEP_UP,		/* the interface `what` */
		STEP_ADDRESS,		/* `value` for the interface `what` */
		STEP_ROUTE,		/* the default one, through `value` on `what` */
		STEP_DHCP,		/* on `what`; `value` not NULL: but for the resolver */
	}		 kind;
	const char	*what, *value;
	const char	*source, *target;	/* STEP_MOUNT */
	bool		 of_mount;	/* --mount asked for it, not --net */
};

/* One option of the command line; dies of one that makes no sense. */
void netspec_take(struct netspec *net, int option, const char *value);
/* All were taken; dies if they do not go together.  nested: there is a view already. */
void netspec_finish(struct netspec *net, bool nested);
/* The steps, in order, those of --mount at the end; how many.  What they point to lives as
   long as the process. */
unsigned netspec_steps(const struct netspec *net, const struct mountspec *mounts, bool nested,
		struct net_step steps[NET_STEPS]);
/* Is it one of IPv4 (false) or IPv6 (true)?  The text is an address. */
bool netspec_is_ipv6(const char *address);

#endif
