#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# slides.sh - the two sessions of the slides, verbatim, with Debian's own ip and mount.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip mount

# --- One stack, everyone's default.

preload=
inside "default stack" '
host=$(ip addr)
t_or_end t "um_add_service umnet" um_add_service umnet
t_like "um_ls_service" "$(um_ls_service)" "^umnet: "
t_or_end t "mount" mount -t umnetlwipv6 none /dev/net/default
t_is "what mount printed" "$t_out" ""
t_like "mount lists it" "$(mount)" "/dev/net/default type umnetlwipv6"
before=$(ip addr)
t_like "lo0" "$before" "^1: lo0:"
t_like "vd0 is down" "$(ip link show vd0)" "^2: vd0: <BROADCAST(,MULTICAST)?> .*state DOWN"
t "ip link set vd0 up" ip link set vd0 up
t "ip addr add" ip addr add 10.1.2.3/24 dev vd0
after=$(ip addr)
t_like "lo0 127.0.0.1" "$after" "inet 127\.0\.0\.1/8"
t_like "lo0 ::1" "$after" "inet6 ::1/128"
t_like "vd0 is up" "$(ip link show vd0)" "^2: vd0: <.*UP"
t_like "link/ether" "$(ip addr show vd0)" "link/ether ([0-9a-f]{2}:){5}[0-9a-f]{2} brd ff:ff:ff:ff:ff:ff"
t_like "inet6 fe80" "$(ip addr show vd0)" "inet6 fe80::[0-9a-f:]*/64 scope link"
t_like "inet 10.1.2.3/24" "$(ip addr show vd0)" "inet 10\.1\.2\.3/24"
t "ping itself" ping -c 1 -W 2 10.1.2.3
t "ping lo0" ping -c 1 -W 2 127.0.0.1
t "ping ::1" ping -6 -c 1 -W 2 ::1
t_is "um_del_service while mounted" "$(um_del_service umnet 2>&1)" "um_del_service: umnet: Device or resource busy"
t "umount" umount /dev/net/default
t_is "the host is back" "$(ip addr)" "$host"
t "um_del_service" um_del_service umnet
t_is "no service" "$(um_ls_service)" ""
t_end'

# --- The configuration tools of Debian 12.

preload=umnet
inside "tools" '
t_or_end t "mount" mount -t umnetlwipv6 none /dev/net/default
t "ip link set mtu" ip link set vd0 mtu 1400
t_like "mtu" "$(ip link show vd0)" "mtu 1400"
t "ip link set address" ip link set vd0 address 02:11:22:33:44:55
t_like "address" "$(ip link show vd0)" "02:11:22:33:44:55"
t "ip link set up" ip link set vd0 up
t "ip addr add" ip addr add 10.1.2.3/24 dev vd0
t "a second" ip addr add 10.9.0.1/16 dev vd0
t_like "the same again" "$(ip addr add 10.9.0.1/16 dev vd0 2>&1)" "File exists|already assigned"
t "ip -6 addr add" ip -6 addr add fc00:1::1/64 dev vd0
t_like "ip -6 addr" "$(ip -6 addr show dev vd0)" "fc00:1::1/64"
t "ip addr del" ip addr del 10.9.0.1/16 dev vd0
t_is "deleted" "$(ip addr | grep -c 10.9.0.1)" 0
t_like "del of an absent one" "$(ip addr del 10.9.0.1/16 dev vd0 2>&1)" "Cannot assign requested address|not found"
t_like "ip route" "$(ip route)" "10\.1\.2\.0/24 dev vd0"
t "ip route add default" ip route add default via 10.1.2.1
t_like "default route" "$(ip route)" "^default via 10\.1\.2\.1"
t "ip route add" ip route add 172.16.0.0/12 via 10.1.2.9
t_like "ip route get" "$(ip route get 172.16.5.5)" "172\.16\.5\.5 via 10\.1\.2\.9 dev vd0"
t "ip route del" ip route del 172.16.0.0/12
t_is "deleted" "$(ip route | grep -c 172.16)" 0
t_like "unreachable gateway" "$(ip route add 1.2.3.0/24 via 99.9.9.9 2>&1)" "unreachable|Nexthop"
t "ip -6 route add" ip -6 route add default via fc00:1::ff
t_like "ip -6 route" "$(ip -6 route)" "default via fc00:1::ff"
t_is "ip -j is JSON" "$(ip -j addr | /usr/bin/python3 -c "import json,sys; print([i[\"ifname\"] for i in json.load(sys.stdin)])")" "['"'lo0', 'vd0'"']"
t_like "ip -s" "$(ip -s link show vd0)" "RX:.*bytes"
t "ip neigh" ip neigh
t_like "no such device" "$(ip link set vd7 up 2>&1)" "Cannot find device"
if command -v ifconfig > /dev/null; then
	t_like "ifconfig" "$(ifconfig vd0)" "inet 10\.1\.2\.3 .*netmask 255\.255\.255\.0"
	t "ifconfig sets an address" ifconfig vd0 10.1.2.77 netmask 255.255.255.0
	t_like "set" "$(ifconfig vd0)" "10\.1\.2\.77"
fi
command -v busybox > /dev/null && t_like "busybox ip" "$(busybox ip addr)" "vd0"
t "ip link set down" ip link set vd0 down
t_like "down" "$(ip link show vd0)" "DOWN"
t_end'

# --- Two stacks at two paths: a tun and a tap interface, in a network namespace of
# this test's own (the interfaces appear on the far side of it).

session='
host=$(ip -4 -o addr | sed "s/ valid_lft.*//")
t_or_end t "mount tn0=tunx" mount -t umnetlwipv6 -o tn0=tunx none /dev/lwip0
t_or_end t "mount tp0=tapx" mount -t umnetlwipv6 -o tp0=tapx none /dev/lwip1
zero=$(mstack /dev/lwip0 ip addr) one=$(mstack /dev/lwip1 ip addr)
t_like "/dev/lwip0 has tn0" "$zero" "^2: tn0:"
t_like "/dev/lwip1 has tp0" "$one" "^2: tp0:"
t_like "tp0 is an Ethernet" "$one" "link/ether"
t_is "they differ" "$([ "$zero" != "$one" ] && echo yes)" yes
now=$(ip -4 -o addr | sed "s/ valid_lft.*//")
t_is "plain ip addr shows the host" "$now" "$host"
t "tn0 up" mstack /dev/lwip0 ip link set tn0 up
t "tn0 address" mstack /dev/lwip0 ip addr add 10.3.0.1/24 dev tn0
t "tp0 up" mstack /dev/lwip1 ip link set tp0 up
t "tp0 address" mstack /dev/lwip1 ip addr add 10.4.0.1/24 dev tp0
t_is "each its own" "$(mstack /dev/lwip0 ip addr | grep -c 10.4.0.1)" 0
if [ -n "$1" ]; then
	t "ping of the namespace over tun" mstack /dev/lwip0 ping -c 2 -W 2 10.3.0.254
	t "ping of the namespace over tap" mstack /dev/lwip1 ping -c 2 -W 2 10.4.0.254
fi
t "umount" umount /dev/lwip0
t_like "mstack of a stack that is gone" "$(mstack /dev/lwip0 ip addr 2>&1)" "No such file or directory"
t_end'

if [ "$(id -u)" = 0 ]; then
	if tun_node && unshare -n true 2>/dev/null; then
		cat > "$T/far.sh" <<-EOF
			ip link set lo up
			ip tuntap add dev tunx mode tun user $UMTEST_UID && ip tuntap add dev tapx mode tap user $UMTEST_UID
			ip addr add 10.3.0.254/24 dev tunx && ip addr add 10.4.0.254/24 dev tapx
			ip link set tunx up && ip link set tapx up
			exec "\$@"
		EOF
		around=(unshare -n bash "$T/far.sh")
		inside "two stacks" "$session" far
	else
		skip "two stacks" "no /dev/net/tun can be made here"
	fi
elif tun_node && unshare -Urn true 2>/dev/null; then
	around=(unshare -Urn)
	inside "two stacks" "$session" ""
else
	skip "two stacks with tun and tap" "/dev/net/tun is not ours to open"
fi
finish
