#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill.sh [ROUNDS] - SIGKILL of the guest, the stack, the session's switch, the monitor,
# its keeper and the front, at many moments: nothing remains, nobody hangs, the next
# session starts clean.  ROUNDS: moments for each victim (6).

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
rounds=${1:-6}
limit=60

command_of() { tr '\0' ' ' < "/proc/$1/cmdline" 2>/dev/null; }

# victims ROLE: the pids that play it now.
victims() {
	local p parent
	for p in $(our_processes); do
		parent=$(ppid_of "$p")
		case $1 in
		stack) command_of "$p" | grep -q '^[^ ]*umnet-lwipv6' && echo "$p" ;;
		switch) command_of "$p" | grep -q '^[^ ]*vde_switch' && echo "$p" ;;
		guest) command_of "$p" | grep -q '^[^ ]*/python3 .*bereaved' && echo "$p" ;;
		*)	# front -> keeper -> monitor: all run umview itself
			is_umview "$p" || continue
			case $1 in
			front) is_umview "$parent" || echo "$p" ;;
			keeper) is_umview "$parent" && ! is_umview "$(ppid_of "$parent")" && echo "$p" ;;
			monitor) is_umview "$parent" && is_umview "$(ppid_of "$parent")" && echo "$p" ;;
			esac
			;;
		esac
	done
}
ppid_of() { sed -n 's/^PPid:.//p' "/proc/$1/status" 2>/dev/null; }
is_umview() { [ "$(readlink "/proc/$1/exe" 2>/dev/null)" = "$(readlink -f "$UMVIEW")" ]; }

# A session that mounts two stacks, moves bytes, and waits in several calls.
session='
. "$T/in.sh"
mount -t umnetlwipv6 -o lo none /dev/net/default || echo FAILED
mount -t umnetlwipv6 none /dev/net/wire || echo FAILED
mstack /dev/net/wire ip link set vd0 up
exec /usr/bin/python3 '"$guest_dir"'/bereaved.py'

start_session() {
	view "$session" < /dev/null > "$T/session.out" 2>&1 &
	session_pid=$!
}
ready() { wait_for 15 grep -q READY "$T/session.out"; }

# ended: the session is over within 15 s (its status is in $status).
ended() {
	local i=0
	while kill -0 "$session_pid" 2>/dev/null; do
		sleep 0.1
		i=$((i + 1))
		[ $i -lt 150 ] || return 1
	done
	wait "$session_pid"
	status=$?
}

[ -n "$UMVIEW" ] || skip_all "needs umview"

# --- The stack: guests get an error.

start_session
if ready; then
	for p in $(victims stack); do kill -KILL "$p"; done
	if wait_for 30 grep -q END "$T/session.out"; then
		ok "guests of a dead stack go on"
	else
		not_ok "guests of a dead stack go on"
		note < "$T/session.out"
	fi
	is "none hangs" "$(grep -c HANGS "$T/session.out")" 0 || note < "$T/session.out"
	for what in accept recv recvfrom "send of much" "later socket" "later sendto"; do
		like "$what has an error" "$(grep "^$what = " "$T/session.out")" '= (E[A-Z]+|.*b..)'
	done
	like "a waiting accept" "$(grep '^accept = ' "$T/session.out")" ENETDOWN
	like "a new socket" "$(grep '^later socket = ' "$T/session.out")" ENETDOWN
	like "AF_UNIX lives" "$(grep 'unix' "$T/session.out")" ok
	check "the session ends" ended
else
	not_ok "a session starts"
	note < "$T/session.out"
fi
leftovers "the stack killed"

# One stack dies, another lives, the dead one can be replaced.
inside "a stack of two" '
t_or_end t "mount a" lo_stack /dev/net/a
t_or_end t "mount b" lo_stack /dev/net/b
victim=$(pgrep -n -f "umnet-lwipv6.*/dev/net/a") || victim=$(pgrep -o umnet-lwipv6)
kill -KILL $victim; sleep 0.3
t_like "the dead one says so" "$(mstack /dev/net/a ip addr 2>&1)" "Network is down|ENETDOWN"
t "the other serves" mstack /dev/net/b ping -c 1 127.0.0.1
t "umount of the dead" umount /dev/net/a
t "mount again" lo_stack /dev/net/a
t "it serves" mstack /dev/net/a ping -c 1 127.0.0.1
t_end'

# --- Everyone, at several moments: at the start (milliseconds), when all is ready.

for victim in front keeper monitor guest switch stack; do
	left=0
	for round in $(seq "$rounds"); do
		start_session
		if [ $((round % 2)) = 1 ]; then
			sleep "0.$(printf %03d $((RANDOM % 300)))"
		else
			ready || true
		fi
		for p in $(victims $victim); do kill -KILL "$p" 2>/dev/null; done
		case $victim in
		switch | stack) sleep 0.5; for p in $(victims guest); do kill -KILL "$p"; done ;;
		guest) # before it had begun there was nobody to kill
			sleep 0.2; for p in $(victims guest); do kill -KILL "$p"; done ;;
		esac
		if ! ended; then
			not_ok "$victim killed, round $round: the session ends"
			note < "$T/session.out"
		fi
		i=0
		while p=$(our_processes | xargs); f=$(our_files); [ -n "$p$f" ] && [ $i -lt 50 ]; do
			sleep 0.1
			i=$((i + 1))
		done
		[ -z "$p$f" ] && continue
		left=$((left + 1))
		leftovers "$victim killed, round $round"
	done
	is "$victim killed $rounds times: nothing left" $left 0
	is "$victim killed: the next session" "$(view '. "$T/in.sh"; lo_stack; ping -c 1 127.0.0.1 > /dev/null && echo fine' 2>&1)" fine
done

# The first guest dies before it has its filter: an error, and no waiting.
killer=$(guest killfilter) || not_ok "compile killfilter"
is "killed at its start: status" "$(bounded "$killer" "$UMVIEW" -q true 2> "$T/err"; echo $?)" 125
is "killed at its start: the message" "$(cat "$T/err")" "umview: the first guest died before it began"

# A guest that forks all the time, whose front dies.
as_user "$UMVIEW" -q sh -c 'while :; do (exec sleep 99 &); done' > /dev/null 2>&1 &
sleep 0.5
for p in $(victims front); do kill -KILL "$p"; done
sleep 1
leftovers "the front of a fork bomb killed"

# The guest's own kill is the session's status.
view 'kill -KILL $$'
is "status of a killed guest" $? 137
leftovers "at the end"
finish
