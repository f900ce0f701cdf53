#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crowd.sh [CONNECTIONS [STACKS]] - ten thousand connections open at once on one stack (or
# as many as RLIMIT_NOFILE lets it have, both ends counted), a thousand stacks mounted in one session.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "needs umview"
memory=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
[ "$memory" -ge 6000 ] || skip_all "needs 6 GB of memory, $memory MB are available"
hard=$(ulimit -Hn)
connections=${1:-$(((hard - 100) / 2 < 10000 ? (hard - 100) / 2 : 10000))}
stacks=${2:-1000}
cat >> "$T/in.sh" <<'IN'
monitor=$(vuname -qx | cut -d" " -f1)
stacks() { pgrep -P $monitor -f umnet-lwipv6; }
now() { date +%s%N; }
took() { echo "$1: $((($(now) - began) / 1000000)) ms"; began=$(now); }
talk='
import socket
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen()
c = socket.create_connection(l.getsockname(), timeout=15); p = l.accept()[0]; c.send(b"x"); print(p.recv(1))'
IN

# --- Stacks.

limit=150
if [ "$hard" -lt $((stacks + 100)) ] || [ "$(ulimit -Hu)" != unlimited ] && [ "$(ulimit -Hu)" -lt $((stacks + 500)) ]; then
	skip "$stacks stacks" "RLIMIT_NOFILE is $hard, RLIMIT_NPROC $(ulimit -Hu)"
else
	inside "$stacks stacks" '
n='"$stacks"'
began=$(now)
seq 1 $n | xargs -P 8 -I{} mount -t umnetlwipv6 -o lo none /dev/net/s{}
t_is "mounted" "$(grep -c umnetlwipv6 /proc/mounts) $(stacks | wc -l)" "$n $n"
took "mount of $n"
for p in $(stacks); do cat /proc/$p/status; done 2> /dev/null |
	awk "/^VmRSS/ { r += \$2; n++ } /^RssAnon/ { a += \$2 } END { printf \"a stack: %d KB resident, %d KB its own\\n\", r / n, a / n }"
echo "the monitor: $(awk "/^VmRSS/ { print \$2 }" /proc/$monitor/status) KB, $(ls /proc/$monitor/fd | wc -l) descriptors"
began=$(now)
seq 1 $n | xargs -P 8 -I{} sh -c "mstack /dev/net/s{} /bin/ip -br addr | grep -q 127.0.0.1 || echo {}" > "$TMPDIR/bad"
t_is "all answer" "$(xargs < "$TMPDIR/bad")" ""
rm "$TMPDIR/bad"
took "all answer"
t_is "mstack" "$(mstack /dev/net/s$((n * 777 / 1000)) /usr/bin/python3 -c "$talk")" "b'"'x'"'"
t "one more" lo_stack
t_is "it serves" "$(/usr/bin/python3 -c "$talk")" "b'"'x'"'"
/usr/bin/python3 -c "
import os, socket, time
for what, call in (\"socket+close\", lambda: socket.socket().close()), (\"open+close\", lambda: os.close(os.open(\"/etc/hostname\", 0))):
    t = time.perf_counter()
    for i in range(1000): call()
    print(\"%s: %.1f us\" % (what, (time.perf_counter() - t) * 1000))"
began=$(now)
seq 1 $n | sed "s,^,/dev/net/s," | xargs -P 8 -n 50 umount
t_is "unmounted" "$(grep -c umnetlwipv6 /proc/mounts)" 1
t "their processes are gone" wait_for 20 test "$(stacks | wc -l)" = 1
took "umount of $n"
t_is "the last one serves" "$(/usr/bin/python3 -c "$talk")" "b'"'x'"'"
seq 1 $n | xargs -P 8 -I{} mount -t umnetlwipv6 -o lo none /dev/net/s{}
t_is "mounted again, and left" "$(grep -c umnetlwipv6 /proc/mounts)" $((n + 1))
t_end'
fi

# --- Connections.

limit=500
swarm=$(guest swarm) || { not_ok "compile"; finish; }
mkfifo "$T/go" "$T/report"
ulimit -n "$hard"
view '. "$T/in.sh"; lo_stack || exit 98; exec "$@"' "$swarm" "$connections" < "$T/go" > "$T/report" 2> "$T/errors" &
session=$!
exec 8> "$T/go" 9< "$T/report"

# look PATTERN: descriptors and KB of the session's process named so.
look() {
	local p
	for p in $(our_processes); do
		tr '\0' ' ' < "/proc/$p/cmdline" 2> /dev/null | grep -qE -e "$1" || continue
		echo "$(find "/proc/$p/fd" -mindepth 1 2> /dev/null | wc -l) $(awk '/^VmRSS/ { print $2 }' "/proc/$p/status")"
	done | sort -n | tail -n 1
}

# next STEP: awaits it, notes the figures, lets it go on.
next() {
	local line
	if ! read -r -t 240 -u 9 line || [ "${line%% *}" != "$1" ]; then
		not_ok "$connections connections: $1"
		{ echo "got: ${line:-nothing}"; cat "$T/errors"; } | note
		return 1
	fi
	[ "$1" != closed ] || wait_for 60 closed
	read -r fds rss < <(look '^[^ ]*umnet-lwipv6')
	read -r monitor_fds monitor_rss < <(look '(^|/)umview ')
	echo "# $1 after ${line#* } s: stack $fds descriptors, $rss KB; monitor $monitor_fds, $monitor_rss KB"
	echo go >&8
}
# shellcheck disable=SC2317  # called by wait_for
closed() { [ "$(look '^[^ ]*umnet-lwipv6' | cut -d' ' -f1)" -le $((start_fds + 5)) ]; }
at_most() { if [ "$2" -le "$3" ]; then ok "$1 ($2 <= $3)"; else not_ok "$1 ($2 > $3)"; fi; }

if next start; then
	start_fds=$fds start_rss=$rss monitor_start=$monitor_fds
	if next open; then
		ok "$connections connections at once, each with its data"
		at_most "both ends are open" $((connections * 2)) "$fds"
		at_most "KB in the stack a connection" $(((rss - start_rss) / connections)) 20
		at_most "descriptors of the monitor" "$monitor_fds" $((monitor_start + 40))
	fi
	if next closed; then
		at_most "descriptors of the stack after closing" "$fds" $((start_fds + 5 + 8))	# 8: given ahead
		at_most "descriptors of the monitor" "$monitor_fds" $((monitor_start + 40))
	fi
fi
exec 8>&- 9<&-
wait "$session"
is "the session's status" $? 0
leftovers "$connections connections"
finish
