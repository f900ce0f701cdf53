#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sockets.sh [PROGRAM [TEST]] - the kernel is the oracle: each test of each socket
# program of ../guest prints the same natively on the host's loopback and in a view
# on the loopback of each type of stack, over IPv4 and IPv6, and by 32-bit programs.
# STACKS="TYPE ..." chooses the types.
#
# A difference that is known and meant on umnetlwipv6 is kept, as diff(1) prints it, in
# ../guest/known/PROGRAM.TEST[.4|.6]; each begins with lines "# why".  umnetns has none.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

limit=40
programs="tcp_states tcp_blocking udp datagram control multicast udplite streams ready sockopts names options listen signals inherit
tricks storm shortage tcp_options closing"
programs="$programs ahead"
[ $# = 0 ] || programs=$1
: "${STACKS:=umnetlwipv6 umnetns}"

# known STACK NATIVE VIEW NAME FAMILY: do they differ just as it is written?
known() {
	local file stack=$1
	shift
	[ "$stack" = umnetlwipv6 ] || return 1
	for file in "$guest_dir/known/$3.$4" "$guest_dir/known/$3"; do
		[ -f "$file" ] || continue
		diff "$1" "$2" | cmp -s - <(grep -v '^#' "$file")
		return
	done
	return 1
}

# run_view STACK COMMAND...
run_view() {
	view '. "$T/in.sh"; lo_stack /dev/net/default "$1" || exit 99; shift; exec "$@"' "$@" \
		> "$T/view.$1" 2>&1
	echo "status $?" >> "$T/view.$1"
}

# compare PROGRAM-FILE NAME FAMILY TEST: all at once, for the most part they sleep.
compare() {
	local program=$1 name=$2 family=$3 one=$4 stack
	for stack in $STACKS; do
		run_view "$stack" "$program" "$family" "$one" &
	done
	bounded "$program" "$family" "$one" > "$T/native" 2>&1
	echo "status $?" >> "$T/native"
	wait
	for stack in $STACKS; do
		if cmp -s "$T/native" "$T/view.$stack"; then
			ok "$stack: $name $family $one"
		elif known "$stack" "$T/native" "$T/view.$stack" "${name%-*}.$one" "$family"; then
			ok "$stack: $name $family $one (known differences)"
		else
			not_ok "$stack: $name $family $one"
			diff -u --label native --label view "$T/native" "$T/view.$stack" | note
		fi
	done
}

# stack_works TYPE: one can be mounted.  umnetns may be denied by the machine.
stack_works() {
	view '. "$T/in.sh"; lo_stack /dev/net/default "$1"' "$1" > "$T/out" 2>&1 && return
	if grep -q "namespaces are denied" "$T/out"; then
		skip "$1" "$(sed 's/^umview: mount: //' "$T/out" | head -n 1)"
		return 1
	fi
	not_ok "$1 can be mounted"
	note < "$T/out"
	return 1
}

if [ -z "$UMVIEW" ]; then
	STACKS=native
	view() { shift 2; bounded "$@"; }
else
	works=
	for stack in $STACKS; do
		! stack_works "$stack" || works="$works $stack"
	done
	STACKS=$works
	[ -n "$STACKS" ] || finish
fi

for name in $programs; do
	program=$(guest "$name") || { not_ok "compile $name"; continue; }
	tests=$(grep -o '{ "[a-z_]*", [a-z_]* }' "$guest_dir/$name.c" | cut -d'"' -f2)
	[ $# -lt 2 ] || tests=$2
	for one in $tests; do
		compare "$program" "$name" 4 "$one"
		compare "$program" "$name" 6 "$one"
	done
	if program=$(guest "$name" -m32 2>/dev/null); then
		for one in $tests; do
			compare "$program" "$name-32" 4 "$one"
		done
	fi
done

leftovers "socket programs"
finish
