# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lib.sh - what the end-to-end tests share.  Each test begins with
#
#	. "$(dirname "$0")/lib.sh"
#
# and ends with `finish`.  It gets a private directory $T, an ordinary user to
# run as (a throw-away one when the suite runs as root), and umview, its tools
# and modules of the build tree ($builddir), else the installed ones.
#
# Every line "ok N - what" or "not ok N - what" is one check; the exit status
# is 0 (all passed), 77 (skipped: "SKIP why"), 99 (cannot run here), else 1.
#
# Knobs: UMVIEW (the program), builddir, UMTEST_KEEP=1 (leave $T for a look),
# UMTEST_NATIVE=1 (no umview at all: checks the tests themselves).

set -u
export LC_ALL=C

self=$(readlink -f "$0")
srcdir_e2e=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top_srcdir=$(dirname "$(dirname "$srcdir_e2e")")
guest_dir=$top_srcdir/tests/guest
test_name=$(basename "$0" .sh)

# --- As root: a mount namespace of our own, with a user made for this test.
# Only root's view of /etc/passwd and of /dev/net/tun changes, and only here.
# Pseudo-terminals and /proc stay the machine's.

if [ "$(id -u)" = 0 ] && [ -z "${UMTEST_UID:-}" ]; then
	UMTEST_UID=$((20000 + $$ % 30000))
	if unshare --mount true 2>/dev/null; then
		export UMTEST_UID
		exec unshare --mount --propagation private "$BASH" "$self" "$@"
	fi
	UMTEST_UID=$(id -u nobody)
	export UMTEST_UID
fi

T=$(mktemp -d "${TMPDIR:-/tmp}/umtest.$test_name.XXXXXX") || exit 99
chmod 755 "$T"
mkdir -m 700 "$T/home" "$T/run" "$T/tmp"
mark=$$.$RANDOM$RANDOM	# in the environment of all that as_user starts

if [ "$(id -u)" = 0 ]; then
	user_name=umtest
	cp /etc/passwd "$T/passwd"
	cp /etc/group "$T/group"
	if getent passwd "$UMTEST_UID" >/dev/null; then
		user_name=$(id -un "$UMTEST_UID")
	else
		echo "umtest:x:$UMTEST_UID:$UMTEST_UID::$T/home:/bin/bash" >> "$T/passwd"
		echo "umtest:x:$UMTEST_UID:" >> "$T/group"
		mount --bind "$T/passwd" /etc/passwd && mount --bind "$T/group" /etc/group
	fi
	user_gid=$(id -g "$user_name")
	chown -R "$UMTEST_UID:$user_gid" "$T/home" "$T/run" "$T/tmp"
else
	user_name=$(id -un)
fi

# --- The programs under test.

: "${builddir:=$top_srcdir/build}"
builddir=$(readlink -f "$builddir" 2>/dev/null || echo /nonexistent)
search_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ -n "${UMTEST_NATIVE:-}" ]; then
	UMVIEW=
elif [ -n "${UMVIEW:-}" ]; then
	UMVIEW=$(command -v "$UMVIEW") || { echo "no $UMVIEW"; exit 99; }
elif [ -x "$builddir/umview/umview" ]; then
	UMVIEW=$builddir/umview/umview
else
	UMVIEW=$(PATH=$PATH:$search_path command -v umview) || {
		echo "SKIP no umview in $builddir nor in PATH"
		rm -rf "$T"
		exit 77
	}
fi
[ -z "$UMVIEW" ] || search_path=$(dirname "$UMVIEW"):$search_path
if [ -d "$builddir/umview/cmd" ]; then
	search_path=$builddir/umview/cmd:$search_path
	: "${UMVIEW_MODULES:=$builddir/modules/.libs}"
	: "${UMVIEW_LIBEXEC:=$builddir/umnet}"
	export UMVIEW_MODULES UMVIEW_LIBEXEC
fi
case :$PATH: in
	*umview/cmd*) search_path=$(printf %s "$PATH" | tr : '\n' | grep umview | paste -sd:):$search_path ;;
esac

# --- Processes and files of this test, to see what is left behind.

# our_processes: pids of every process that as_user started.
our_processes() {
	local p
	if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
		ps -eo pid=,uid=,stat= | awk -v uid="$UMTEST_UID" '$2 == uid && $3 !~ /^[ZX]/ { print $1 }'
		return
	fi
	grep -lsz "^UMTEST_MARK=$mark" /proc/[0-9]*/environ | while IFS=/ read -r _ _ p _; do
		grep -qs '^State:.[ZX]' "/proc/$p/status" || echo "$p"
	done
}

# our_files: what lies in the temporary and runtime directories of the user,
# or anywhere in /tmp by their hand.
our_files() {
	find "$T/run" "$T/tmp" -mindepth 1 2>/dev/null
	if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
		find /tmp /run /dev/shm /var/tmp -xdev -maxdepth 3 -path "$T" -prune -o \
			-uid "$UMTEST_UID" -print 2>/dev/null
	fi
}

# leftovers WHAT: checks that within 5 s nothing remains of a session.
leftovers() {
	local i=0 p f
	while p=$(our_processes | xargs); f=$(our_files); [ -n "$p$f" ] && [ $i -lt 50 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	if [ -z "$p$f" ]; then
		ok "$1: no process and no file left"
		return
	fi
	not_ok "$1: no process and no file left"
	# shellcheck disable=SC2086
	[ -z "$p" ] || ps -o pid,ppid,stat,args -p ${p// /,} | note
	[ -z "$f" ] || echo "$f" | note
	sweep
}

sweep() {
	local p
	for p in $(our_processes); do
		kill -KILL "$p" 2>/dev/null
	done
	find "$T/run" "$T/tmp" -mindepth 1 -delete 2>/dev/null
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
	local status=$?
	trap - EXIT
	sweep
	[ -n "${UMTEST_KEEP:-}" ] && { echo "# kept $T"; exit $status; }
	umount "$T"/* 2>/dev/null
	rm -rf "$T" 2>/dev/null
	exit $status
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# --- Reporting.

count=0 failures=0
note() { sed 's/^/# /' | head -n "${note_lines:-40}"; }
ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() { count=$((count + 1)); failures=$((failures + 1)); echo "not ok $count - $1"; }
skip_all() { echo "SKIP $1"; exit 77; }
skip() { count=$((count + 1)); echo "ok $count - $1 # SKIP $2"; }
finish() {
	echo "1..$count"
	[ "$failures" = 0 ] || { echo "# $failures of $count failed"; exit 1; }
	exit 0
}

# check WHAT COMMAND...: passes if the command succeeds; else shows its output.
check() {
	local what=$1
	shift
	if "$@" > "$T/check.out" 2>&1; then
		ok "$what"
	else
		local rc=$?
		not_ok "$what"
		{ echo "status $rc of: $*"; tail -n 30 "$T/check.out"; } | note
		return 1
	fi
}

# is WHAT GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | note
		return 1
	fi
}

# like WHAT GOT PATTERN (an extended regular expression)
like() {
	if printf '%s\n' "$2" | grep -qE -- "$3"; then
		ok "$1"
	else
		not_ok "$1"
		{ echo "no match for: $3"; echo "in: $2"; } | note
		return 1
	fi
}

# need PROGRAM...: skips the whole test without one of them.
need() {
	local p
	for p in "$@"; do
		PATH=$search_path command -v "$p" >/dev/null || skip_all "needs $p"
	done
}

# --- Running.

# as_user COMMAND...: as an ordinary user, with a home, runtime and temporary
# directory of its own; $around is put before it all (unshare ...).
around=()
as_user() {
	local set_user=()
	if [ "$(id -u)" = 0 ]; then
		set_user=(setpriv "--reuid=$UMTEST_UID" "--regid=$user_gid" --clear-groups
			--inh-caps=-all)
	fi
	"${around[@]}" "${set_user[@]}" env -u SUDO_USER -u MAIL -u DISPLAY -u UMTEST_UID \
		HOME="$T/home" TMPDIR="$T/tmp" XDG_RUNTIME_DIR="$T/run" USER="$user_name" \
		LOGNAME="$user_name" UMTEST_MARK="$mark" SHELL=/bin/bash PATH="$search_path" T="$T" "$@"
}

limit=60	# seconds that one bounded command may take

# bounded COMMAND...: as_user with a time limit; 124 when it is over.
bounded() { as_user timeout -k 3 "$limit" "$@"; }

# view SCRIPT [ARG...]: a session whose guest is sh -c SCRIPT, with the modules
# named in $preload.
preload=umnet
view() {
	local script=$1 m options=()
	shift
	if [ -z "$UMVIEW" ]; then
		bounded sh -c "$script" sh "$@"
		return
	fi
	for m in $preload; do
		options+=(-p "$m")
	done
	bounded "$UMVIEW" -q "${options[@]}" -- sh -c "$script" sh "$@"
}

# plain_view COMMAND...: a session with no module.
plain_view() {
	if [ -z "$UMVIEW" ]; then
		bounded "$@"
	else
		bounded "$UMVIEW" -q -- "$@"
	fi
}

# relay WHAT FILE: counts the checks in what a script printed; fails if it was cut.
relay() {
	local line end=1
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "$1: ${line#ok *- }" ;;
		"not ok "*) not_ok "$1: ${line#not ok *- }" ;;
		"skip - "*) skip "$1" "${line#skip - }" ;;
		"# end") end=0 ;;
		*) echo "# $line" ;;
		esac
	done < "$2"
	return $end
}

# inside WHAT SCRIPT [ARG...]: a session, as view() does, whose script checks by
# itself with t, t_is and t_like (see in.sh below) and ends with t_end; its checks
# are counted here.  The session is bounded by $limit and must leave nothing.
inside() {
	local what=$1 out status
	shift
	out=$(mktemp "$T/inside.XXXX")
	view ". \"\$T/in.sh\"
$1" "${@:2}" > "$out" 2>&1 < /dev/null
	status=$?
	# shellcheck disable=SC2034  # for checks on what umview itself said
	inside_out=$out
	relay "$what" "$out" || not_ok "$what: the session came to its end (status $status)"
	[ -n "${keep_running:-}" ] || leftovers "$what"
}

# guest NAME [FLAGS...]: compiles tests/guest/NAME.c, prints where it is.
guest() {
	local name=$1
	shift
	local to
	to=$T/bin/$name$(printf %s "$*" | tr -c 'a-zA-Z0-9\n' _)
	mkdir -p "$T/bin"
	if [ ! -x "$to" ]; then
		${guest_cc:-${CC:-cc}} -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra \
			-I"$guest_dir" -I"$top_srcdir/lib" -o "$to" "$guest_dir/$name.c" \
			-pthread "$@" >&2 || return 1
	fi
	echo "$to"
}

# tun_node: may the ordinary user open /dev/net/tun?  Root makes it so, here only.
tun_node() {
	if [ "$(id -u)" = 0 ] && [ -e /dev/net/tun ] && [ ! -e "$T/tun" ]; then
		mknod "$T/tun" c 10 200 && chmod 666 "$T/tun" && mount --bind "$T/tun" /dev/net/tun
	fi
	as_user sh -c ': <> /dev/net/tun' 2>/dev/null
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# free_port: a TCP port of 127.0.0.1 nobody uses.
free_port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# For scripts inside views: . "$T/in.sh"; inside() does it.
cat > "$T/in.sh" <<'IN'
# Functions for scripts that run inside a view (sh).
lo_stack() {	# lo_stack [PATH [TYPE]]: a stack with loopback only
	mount -t "${2:-umnetlwipv6}" -o lo none "${1:-/dev/net/default}"
}
up() {	# up STACK INTERFACE ADDRESS...: brings an interface up with its addresses
	up_stack=$1 up_if=$2
	shift 2
	mstack "$up_stack" ip link set "$up_if" up || return
	for up_address; do
		mstack "$up_stack" ip addr add "$up_address" dev "$up_if" || return
	done
}
wait_for() {	# wait_for SECONDS COMMAND...
	wait_left=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $wait_left -gt 0 ] || return 1
		wait_left=$((wait_left - 1))
		sleep 0.1
	done
}
sum() { sha256sum | cut -d" " -f1; }
t() {	# t WHAT COMMAND...: one check, a command that succeeds within 60 s
	t_what=$1
	shift
	case $(command -v "$1") in	# functions cannot be run by timeout
	/*) t_out=$(timeout -k 2 60 "$@" 2>&1) ;;
	*) t_out=$("$@" 2>&1) ;;
	esac
	t_status=$?
	[ $t_status = 0 ] && echo "ok - $t_what" && return
	echo "not ok - $t_what"
	echo "status $t_status of: $*"
	echo "$t_out" | tail -n 12
	return 1
}
t_is() {	# t_is WHAT GOT EXPECTED
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "got: $2"
		echo "expected: $3"
		return 1
	fi
}
t_like() {	# t_like WHAT GOT PATTERN
	if echo "$2" | grep -qE -e "$3"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "no match for: $3"
		echo "in: $2"
		return 1
	fi
}
t_end() { echo "# end"; }
t_or_end() { "$@" || { t_end; exit 1; }; }
IN
