#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tcplimits.sh - what LWIPv6 by itself cannot do, and umnetlwipv6 must: more connections
# than there are ports, connections half closed for long, the end of the handshake at once, datagrams that
# nobody reads, more than ten neighbours, packets larger than the wire, window updates that are lost.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "needs umview"
limit=120
program=$(guest limits) || { not_ok "compile"; finish; }
mkdir -p "$T/guest"
cp "$guest_dir"/*.py "$T/guest"
chmod -R a+rX "$T/guest"

# --- On a loopback.  What takes long goes on beside the rest.

loopback() {	# loopback TEST FAMILY
	view '. "$T/in.sh"; lo_stack || exit 99; exec "$@"' "$program" "$2" "$1" > "$T/$1.$2" 2>&1
	echo "status $?" >> "$T/$1.$2"
}
came_to() {	# came_to WHAT TEST FAMILY LINE...: it printed these
	is "$1, IPv$3" "$(cat "$T/$2.$3")" "$(printf '%s\n' "== $2" "${@:4}" "status 0")"
}

slow=()
for family in 4 6; do
	loopback half_closed $family &
	slow+=($!)
done
for family in 4 6; do
	loopback time_wait $family
	came_to "31000 connections" time_wait $family "31000 connections"
	loopback handshake $family
	came_to "the end of the handshake" handshake $family "accepted at once"
	loopback unread $family
	came_to "20000 datagrams that nobody reads" unread $family "sent 20000" "another socket = 7" "another socket = 7" \
		"TCP = 1" "TCP = 1" "some came, others did not" "one more = 5" "one more = 5"
done

# --- Many neighbours.

as_user python3 "$T/guest/hosts.py" "$T/tmp/hosts" &
hosts=$!
wait_for 10 test -S "$T/tmp/hosts"
cat > "$T/guest/askall.py" <<'X'
import socket
def ask(s, host, port, text):
    s.sendto(text, (host, port))
    while True:
        data, peer = s.recvfrom(2000)
        if peer[0] == host:
            return data
sockets = {f: socket.socket(f, socket.SOCK_DGRAM) for f in (socket.AF_INET, socket.AF_INET6)}
for s in sockets.values():
    s.settimeout(10)
good = 0
for turn in range(4):
    for n in range(2, 62):
        for f, host in (socket.AF_INET, f"10.0.0.{n}"), (socket.AF_INET6, f"fc00::{n:x}"):
            good += ask(sockets[f], host, 7, b"%d %d" % (n, turn)) == b"%d %d" % (n, turn)
print(good, "answers, asked for", ask(sockets[socket.AF_INET], "10.0.0.2", 9, b"?").decode())
X
keep_running=yes
inside "neighbours" '
t_or_end t "mount" mount -t umnetlwipv6 -o vd0=unix://$T/tmp/hosts none /dev/net/default
t "addresses" up /dev/net/default vd0 10.0.0.1/24 fc00::1/64
t_is "60 of IPv4 and 60 of IPv6, in turn" "$(/usr/bin/python3 "$T/guest/askall.py")" "480 answers, asked for 60 60"
t_end'
wait $hosts
rm -f "$T/tmp/hosts"

# --- Two stacks, and between them a wire that loses frames.

# over RULE NUMBER WHAT SCRIPT: on $A is 10.0.0.1, which serves, and on $B 10.0.0.2.
over() {
	as_user python3 "$T/guest/filter.py" "$T/tmp/a" "$T/tmp/b" "$1" "$2" 2> "$T/filter.out" &
	local filter=$!
	wait_for 10 test -S "$T/tmp/b"
	inside "$3" '
A=/dev/net/a B=/dev/net/b
t_or_end t "mount" mount -t umnetlwipv6 -o vd0=unix://$T/tmp/a none $A
t_or_end t "mount" mount -t umnetlwipv6 -o vd0=unix://$T/tmp/b none $B
t "addresses" up $A vd0 10.0.0.1/24 fc00::1/64
t "addresses" up $B vd0 10.0.0.2/24 fc00::2/64
carried() { t_is "$*" "$(timeout 60 mstack $B /usr/bin/python3 "$T/guest/carry.py" "$@" 2>&1)" "the same"; }
mstack $A /usr/bin/python3 "$T/guest/carry.py" serve & server=$!
wait_for 10 mstack $B /usr/bin/python3 "$T/guest/carry.py" echo 10.0.0.1 1
'"$4"'
kill $server
t_end'
	wait $filter
	rm -f "$T/tmp/a" "$T/tmp/b"
}

over updates 2 "window updates that are lost" '
carried get 10.0.0.1 1000000 1 &
carried put 10.0.0.1 1000000 1 &
carried get fc00::1 1000000 1 &
carried put fc00::1 1000000 1
wait %2 %3 %4'
like "they were lost" "$(cat "$T/filter.out")" 'lost [1-9]'

over loss 0 "packets larger than the wire" '
for host in 10.0.0.1 fc00::1; do
	for mtu in 1500 1300 4000 1500; do
		mstack $A ip link set vd0 mtu $mtu
		carried echo $host 60000 5
		carried echo $host 65000
		carried put $host 300000
		mstack $B ip link set vd0 mtu $mtu
		carried get $host 300000
	done
	carried put $host 20000000 & big=$!
	for mtu in 1280 9000 1400 65000 1500; do
		sleep 0.1
		mstack $A ip link set vd0 mtu $mtu
		mstack $B ip link set vd0 mtu $mtu
	done
	wait $big
done'

over loss 3 "segments sent again" '
carried get 10.0.0.1 2000000 &
carried put 10.0.0.1 2000000 &
carried get fc00::1 2000000 &
carried put fc00::1 2000000
wait %2 %3 %4'
like "frames were lost" "$(cat "$T/filter.out")" 'lost [1-9][0-9]'

for host in 10.0.0.1 fc00::1; do
	over cut 0 "a peer that is cut off, $host" '
t_is "errors" "$(timeout 60 mstack $B /usr/bin/python3 "$T/guest/cutoff.py" '$host')" "alive: []
user timeout: ETIMEDOUT in time
keepalive: ETIMEDOUT in time
keepalive and user timeout: ETIMEDOUT in time
connect: ETIMEDOUT in time"'
done

# --- What takes long.

wait "${slow[@]}"
for family in 4 6; do
	came_to "half closed for 27 s" half_closed $family "shutdown = 0" "shutdown = 0" "end of file = 0" "end of file = 0" \
		"the server's answer: 100000 sent, 100000 got" "the client's answer: 100000 sent, 100000 got" \
		"end of file = 0" "end of file = 0"
done
keep_running=''
leftovers "limits"
finish
