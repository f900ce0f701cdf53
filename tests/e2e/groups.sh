#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# groups.sh - multicast and broadcast over a wire from stack to stack, and the reports of
# groups (IGMP, MLD) that a switch or a router would look at.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "needs umview"

inside "groups" '
py="/usr/bin/python3 $1"
A=/dev/net/a B=/dev/net/b
t_or_end t "mount a" mount -t umnetlwipv6 none $A
t_or_end t "mount b" mount -t umnetlwipv6 none $B
t_or_end t "addresses of a" up $A vd0 10.9.0.1/24
t_or_end t "addresses of b" up $B vd0 10.9.0.2/24
t "they see each other" wait_for 10 mstack $A ping -c 1 -W 1 10.9.0.2
mstack $B $py watch vd0 20 > "$T/tmp/watch" & watch=$!
wait_for 10 grep -q ready "$T/tmp/watch"
mstack $A $py receive vd0 > "$T/tmp/received" & receive=$!
t "a joins" wait_for 10 grep -q ready "$T/tmp/received"
t_is "a answers questions" "$(mstack $B $py ask vd0 2>&1)" "IGMP 239.1.2.3
MLD ff15::1:2:3"
t "b sends" mstack $B $py send vd0
wait $receive
t_is "what a got" "$(cat "$T/tmp/received")" "ready
to the group
to all
to the group of IPv6
no more"
wait $watch
t_is "reports on the wire" "$(cat "$T/tmp/watch")" "ready
IGMP leave
IGMP report
MLD done
MLD report"
rm -f "$T/tmp/received" "$T/tmp/watch"
t_end' "$guest_dir/groups.py"

finish
