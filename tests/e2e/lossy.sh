#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lossy.sh - two stacks on two switches, joined by Debian's wirefilter: what it loses, delays, doubles and
# reorders arrives whole all the same, over IPv4 and IPv6, both ways at once.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ping python3 vde_switch wirefilter
[ -n "$UMVIEW" ] || skip_all "needs umview"
limit=100
cp "$guest_dir/carry.py" "$T/carry.py"
chmod a+r "$T/carry.py"
keep_running=yes
for s in one two; do
	as_user vde_switch -n 16 -s "$T/tmp/$s" -d -p "$T/tmp/$s.pid" < /dev/null > /dev/null
	wait_for 5 test -S "$T/tmp/$s/ctl"
done

# through WHAT PING-SEES BYTES WIREFILTER-OPTION...
through() {
	local what=$1 sees=$2 bytes=$3
	as_user wirefilter -v "$T/tmp/one:$T/tmp/two" "${@:4}" --daemon --pidfile "$T/tmp/filter.pid" \
		-M "$T/tmp/filter" < /dev/null > /dev/null 2>&1
	wait_for 5 test -s "$T/tmp/filter.pid"
	inside "$what" '
A=/dev/net/a B=/dev/net/b
t_or_end t "mount" mount -t umnetlwipv6 -o vd0=$T/tmp/one none $A
t_or_end t "mount" mount -t umnetlwipv6 -o vd0=$T/tmp/two none $B
t "addresses" up $A vd0 10.0.0.1/24 fc00::1/64
t "addresses" up $B vd0 10.0.0.2/24 fc00::2/64
carried() { t_is "$*" "$(timeout 60 mstack $B /usr/bin/python3 "$T/carry.py" "$@" 2>&1)" "the same"; }
mstack $A /usr/bin/python3 "$T/carry.py" serve & server=$!
wait_for 10 mstack $B /usr/bin/python3 "$T/carry.py" echo 10.0.0.1 1
t_like "the wire is as it should be" "$(mstack $B ping -c 300 -i 0.004 -W 1 -q 10.0.0.1 2>&1)" "$2"
carried get 10.0.0.1 $1 & one=$!
carried put 10.0.0.1 $1 & two=$!
carried get fc00::1 $1 & three=$!
carried put fc00::1 $1
wait $one $two $three
kill $server
t_end' "$bytes" "$sees"
	kill "$(cat "$T/tmp/filter.pid")"
	rm -f "$T/tmp/filter" "$T/tmp/filter.pid"
}

through "2 % lost" ' [1-9][0-9.]*% packet loss' 2000000 -l 2
through "20 ms of delay" 'rtt min/avg/[a-z/]* = [3-9][0-9]' 2000000 -d 20
through "5 % doubled" '[1-9][0-9]* duplicates' 2000000 -D 5
through "reordered, 1 to 9 ms" 'rtt min/avg/max/mdev = [0-9.]*/[0-9.]*/[0-9.]*/[1-9]' 2000000 -d 5+4 -N
through "all of it" 'duplicates.* [1-9][0-9.]*% packet loss' 1000000 -l 2 -d 20+10 -D 5 -N
through "bursts of 4 lost" ' [1-9][0-9.]*% packet loss' 500000 -l 2 -L 4
for s in one two; do
	kill "$(cat "$T/tmp/$s.pid")"
done
keep_running=''
leftovers "a bad wire"
finish
