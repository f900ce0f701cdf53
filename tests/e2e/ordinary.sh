#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ordinary.sh [NAME...] - with no module, ordinary programs print the same in a view
# as natively: output and exit status of every case of ../guest/battery.list.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

list=$guest_dir/battery.list
mkdir -p "$T/bin" "$T/cases"
for p in ordinary local tcp_states tcp_blocking udp; do
	[ -f "$guest_dir/$p.c" ] || continue
	guest "$p" > /dev/null || not_ok "compile $p"
	guest "$p" -m32 > /dev/null 2>&1
	guest "$p" -static > /dev/null 2>&1
done

# One file a case: its header, then its script.
awk -v dir="$T/cases" '/^=== / { n++; file = sprintf("%s/%03d", dir, n); print > file; next }
	n { print >> file }' "$list"

# has_all PROGRAM...
has_all() {
	local p
	for p; do
		PATH=$search_path command -v "$p" > /dev/null || { echo "$p"; return 1; }
	done
}

# run_case native|view SCRIPT: in an empty directory, always of the same name.
run_case() {
	local prefix=() view_prefix=''
	if [ "$1" = view ] && [ -n "$UMVIEW" ]; then
		prefix=("$UMVIEW" -q --)
		view_prefix="$UMVIEW -q --"
	fi
	rm -rf "$T/home/work"
	as_user mkdir "$T/home/work"
	[ -z "$outer" ] || prefix=()
	(cd "$T/home/work" && bounded env VIEW="$view_prefix" G="$T/bin" SRC="$guest_dir" \
		HOME="$T/home" UMVIEW_MODULES="${UMVIEW_MODULES:-}" "${prefix[@]}" bash "$2" \
		< /dev/null > "$T/$1.out" 2> "$T/$1.err")
	echo "status $?" >> "$T/$1.out"
}

for file in "$T"/cases/*; do
	read -r _ header < "$file"
	pattern='' outer='' needs=''
	case $header in *" view "*) pattern=${header##* view } header=${header%% view *} ;; esac
	case $header in *" needs "*) needs=${header##* needs } header=${header%% needs *} ;; esac
	case $header in *" outer") outer=yes header=${header% outer} ;; esac
	case $needs in *" outer") outer=yes needs=${needs% outer} ;; esac
	if [ $# -gt 0 ]; then
		case " $* " in *" $header "*) ;; *) continue ;; esac
	fi
	# shellcheck disable=SC2086
	missing=$(has_all $needs) || { skip "$header" "needs $missing"; continue; }
	tail -n +2 "$file" > "$T/case.sh"
	chmod 644 "$T/case.sh"
	run_case native "$T/case.sh"
	if grep -qx 'status 77' "$T/native.out"; then
		skip "$header" "not possible here"
		continue
	fi
	run_case view "$T/case.sh"
	if [ -n "$pattern" ] && [ -n "$UMVIEW" ]; then
		like "$header" "$(cat "$T/view.out")" "$pattern"
	elif cmp -s "$T/native.out" "$T/view.out"; then
		ok "$header"
	else
		not_ok "$header"
		{
			diff -u --label native --label view "$T/native.out" "$T/view.out"
			diff --label native.err --label view.err "$T/native.err" "$T/view.err"
		} | note
	fi
done

leftovers "ordinary programs"
finish
