#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dhcp.sh, installed as umnet-dhcp - what udhcpc(8) runs with what a DHCP server has
# said, for `umview --addr dhcp`.  UMNET_KEEP_RESOLVER: the name servers are known already.

# shellcheck disable=SC2154  # udhcpc sets them
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
busybox ip -4 addr flush dev "$interface" scope global
busybox ip addr add "$ip/${mask:-32}" dev "$interface" || exit
for gateway in $router; do
	busybox ip route add default via "$gateway" dev "$interface"
	break
done
[ -z "$UMNET_KEEP_RESOLVER" ] && [ -n "$dns" ] || exit 0
{
	for server in $dns; do
		echo "nameserver $server"
	done
	[ -z "$domain" ] || echo "search $domain"
} > /etc/resolv.conf
