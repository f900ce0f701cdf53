#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ping.sh - ICMP: ping sockets and raw ones, their errors, fragments, traceroute's way of asking.
# The kernel is the oracle: the same script runs in a network namespace with a neighbour, and on a
# stack with one.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip ping python3

cat > "$T/native.sh" <<'EOF'
ip link set lo name lo0 && ip link set lo0 up || exit 98
unshare -n sleep 1000 &
far=$!
trap 'kill $far' EXIT
wait_for 5 sh -c "[ \$(readlink /proc/$far/ns/net) != \$(readlink /proc/self/ns/net) ]" || exit 98
ip link add far index 77 type veth peer name vd0 index 2 && ip link set far netns $far || exit 98
nsenter -t $far -n sh -c 'ip link set lo up; ip addr add 10.0.0.2/24 dev far; ip addr add fc00::2/64 dev far nodad; ip link set far up' || exit 98
ip addr add 10.0.0.1/24 dev vd0; ip addr add fc00::1/64 dev vd0 nodad; ip link set vd0 up
echo "0 0" > /proc/sys/net/ipv4/ping_group_range
run=
EOF
cat > "$T/view.sh" <<'EOF'
for s in a b; do mount -t umnetlwipv6 -o "vd0=ptp://$T/tmp/wire" none /dev/net/$s || exit 98; done
up /dev/net/a vd0 10.0.0.1/24; up /dev/net/b vd0 10.0.0.2/24
mstack /dev/net/a ip addr add fc00::1/64 dev vd0 nodad; mstack /dev/net/b ip addr add fc00::2/64 dev vd0 nodad
trap 'rm -f "$T"/tmp/wire*' EXIT
run="mstack /dev/net/a"
EOF
cat > "$T/p.sh" <<'EOF'
wait_for 10 $run ping -c 1 -W 1 10.0.0.2; wait_for 10 $run ping -c 1 -W 1 fc00::2
p() {
	echo "== $*"
	timeout 15 $run ping "$@" 2>&1 | sed -E 's/time[=<][0-9.]+ ms/time/; s/, time [0-9]+ms//; s/^rtt.*/rtt/; s/pipe [0-9]+/pipe/; s/fe80[0-9a-f:]+/LL/'
}
EOF
chmod 644 "$T"/*.sh

both() {	# both WHAT SCRIPT: compares what it prints in both places
	if [ -z "$namespace" ]; then
		skip "$1" "no network namespace with a veth pair can be made here"
		return
	fi
	printf '%s\n' "$2" > "$T/script.sh"
	bounded unshare -Urn sh -c '. "$T/in.sh"; . "$T/native.sh"; . "$T/p.sh"; . "$T/script.sh"' > "$T/native" 2>&1 < /dev/null
	view '. "$T/in.sh"; . "$T/view.sh"; . "$T/p.sh"; . "$T/script.sh"' > "$T/view" 2>&1 < /dev/null
	if [ -s "$T/native" ] && cmp -s "$T/native" "$T/view"; then
		ok "$1"
	else
		not_ok "$1"
		diff -u --label native --label view "$T/native" "$T/view" | note
	fi
}
namespace=yes
bounded unshare -Urn sh -c '. "$T/in.sh"; . "$T/native.sh"' > "$T/out" 2>&1 || namespace=

both "ping" 'p -c 1 10.0.0.2; p -c 1 fc00::2; p -c 1 127.0.0.1; p -c 1 ::1; p -c 1 10.0.0.1; p -c 1 -s 0 10.0.0.2
p -c 1 -s 60000 10.0.0.2; p -c 1 -s 60000 fc00::2; p -c 1 -s 65507 10.0.0.2; p -c 1 -t 1 10.0.0.2; p -c 1 -Q 16 10.0.0.2
p -c 1 -I 10.0.0.1 10.0.0.2; p -c 1 -I vd0 10.0.0.2; p -c 1 -I nosuch 10.0.0.2; p -c 1 -p ff -s 8 10.0.0.2; p -c 1 -W 1 127.0.0.5
p -c 2 -A -q 10.0.0.2; p -c 3 -l 3 -i 0.2 10.0.0.2; p -c 100 -i 0.002 -q 10.0.0.2; p -c 10 -i 0.05 -q -s 5000 fc00::2'
both "errors" 'p -c 1 -M do -s 2000 10.0.0.2; p -c 1 -M do -s 2000 fc00::2; p -c 1 -M dont -s 2000 10.0.0.2
p -c 1 -W 5 10.0.0.77; p -c 1 -W 5 fc00::77; p -c 1 9.9.9.9; p -c 1 fd00::1; p -c 1 -W 1 10.0.0.255'

program=$(guest icmp) || not_ok "compile icmp"
both "sockets" "\$run $program"
leftovers "ping"
finish
