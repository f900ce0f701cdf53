#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# many.sh - a thousand sockets open at once, five thousand connections one after the
# other: descriptors and memory of monitor and stack level off.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

limit=250
crowd=$(guest crowd) || { not_ok "compile"; finish; }
[ "$(ulimit -Hn)" -ge 4096 ] || skip_all "needs 4096 descriptors, has $(ulimit -Hn)"
ulimit -n "$(ulimit -Hn)"
mkfifo "$T/go" "$T/report"

# The crowd runs in the view, its steps told through two fifos.
view '. "$T/in.sh"; lo_stack || exit 98; exec "$@"' "$crowd" open 1000 open 1000 cycles 2500 cycles 2500 cycles 2500 \
	< "$T/go" > "$T/report" 2> "$T/errors" &
session=$!
exec 8> "$T/go" 9< "$T/report"

# ours COMMAND-PATTERN: pids of this session's processes named so.
ours() {
	local p
	for p in $(our_processes); do
		tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null | grep -qE -e "$1" && echo "$p"
	done
}

# measure WHAT PATTERN: "descriptors kilobytes", of the process with most descriptors.
measure() {
	local p d best=0 result="0 0"
	for p in $(ours "$1"); do
		d=$(find "/proc/$p/fd" -mindepth 1 2>/dev/null | wc -l)
		[ "$d" -ge "$best" ] || continue
		best=$d
		result="$d $(awk '/^VmRSS/ { print $2 }' "/proc/$p/status")"
	done
	echo "$result"
}

declare -A monitor stack
# next STEP NAME: awaits the step, notes the figures, lets it go on.
next() {
	local line
	if ! read -r -t 200 -u 9 line || [ "$line" != "$1" ]; then
		not_ok "$2"
		{ echo "got: ${line:-nothing}"; cat "$T/errors"; } | note
		return 1
	fi
	sleep 1.5
	monitor[$2]=$(measure '(^|/)umview ')
	stack[$2]=$(measure 'umnet-lwipv6')
	echo "# $2: monitor ${monitor[$2]}, stack ${stack[$2]} (descriptors, KB)"
	echo go >&8
}
fds() { echo "${1% *}"; }
rss() { echo "${1#* }"; }
at_most() {
	if [ "$2" -le "$3" ]; then ok "$1 ($2 <= $3)"; else not_ok "$1 ($2 > $3)"; fi
}

if next start start && next open "1000 open" && next closed "1000 closed" &&
	next open "again open" && next closed "again closed" &&
	next cycled "2500 cycles" && next cycled "5000 cycles" && next cycled "7500 cycles"; then
	ok "1000 sockets at once, 7500 cycles"
	at_most "monitor: descriptors after closing" "$(fds "${monitor[again closed]}")" $(($(fds "${monitor[start]}") + 10))
	at_most "monitor: descriptors after cycles" "$(fds "${monitor[7500 cycles]}")" $(($(fds "${monitor[start]}") + 10))
	at_most "stack: descriptors after closing" "$(fds "${stack[again closed]}")" $(($(fds "${stack[start]}") + 10))
	at_most "stack: descriptors after cycles" "$(fds "${stack[7500 cycles]}")" $(($(fds "${stack[start]}") + 10))
	at_most "monitor: memory of the second thousand" "$(rss "${monitor[again open]}")" $(($(rss "${monitor[1000 open]}") + 2000))
	at_most "stack: memory of the second thousand" "$(rss "${stack[again open]}")" $(($(rss "${stack[1000 open]}") + 2000))
	at_most "monitor: memory levels off" "$(rss "${monitor[7500 cycles]}")" $(($(rss "${monitor[2500 cycles]}") + 1000))
	at_most "stack: memory levels off" "$(rss "${stack[7500 cycles]}")" $(($(rss "${stack[2500 cycles]}") + 1000))
fi
exec 8>&- 9<&-
wait "$session"
is "the session's status" $? 0
leftovers "many sockets"
finish
