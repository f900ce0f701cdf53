#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sockets.sh [PROGRAM [TEST]] - the kernel is the oracle: each test of each socket
# program of ../guest prints the same natively on the host's loopback and in a view
# on the loopback of a stack, over IPv4 and IPv6, and by 32-bit programs.
#
# A difference that is known and meant is kept, as diff(1) prints it, in
# ../guest/known/PROGRAM.TEST[.4|.6]; each begins with lines "# why".

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

limit=40
programs="tcp_states tcp_blocking udp names options listen signals inherit tricks storm shortage"
[ $# = 0 ] || programs=$1

# known NATIVE VIEW NAME FAMILY: do they differ just as it is written?
known() {
	local file
	for file in "$guest_dir/known/$3.$4" "$guest_dir/known/$3"; do
		[ -f "$file" ] || continue
		diff "$1" "$2" | cmp -s - <(grep -v '^#' "$file")
		return
	done
	return 1
}

# compare PROGRAM-FILE NAME FAMILY TEST
compare() {
	local program=$1 name=$2 family=$3 one=$4
	bounded "$program" "$family" "$one" > "$T/native" 2>&1
	echo "status $?" >> "$T/native"
	view '. "$T/in.sh"; lo_stack || exit 99; exec "$@"' "$program" "$family" "$one" > "$T/view" 2>&1
	echo "status $?" >> "$T/view"
	if cmp -s "$T/native" "$T/view"; then
		ok "$name $family $one"
	elif known "$T/native" "$T/view" "${name%-*}.$one" "$family"; then
		ok "$name $family $one (known differences)"
	else
		not_ok "$name $family $one"
		diff -u --label native --label view "$T/native" "$T/view" | note
	fi
}

if [ -z "$UMVIEW" ]; then
	view() { shift; bounded "$@"; }
elif ! view '. "$T/in.sh"; lo_stack' > "$T/out" 2>&1; then
	not_ok "a stack can be mounted"
	note < "$T/out"
	finish
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
