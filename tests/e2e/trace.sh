#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trace.sh - um_trace: the calls of a view as they are answered, who decided, why one was refused;
# a reader that does not read, or dies, holds nobody up.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3 mount

cat > "$T/calls.py" <<'PY'
import socket
def tried(f):
    try: return f()
    except OSError as e: return e
a = socket.create_server(("127.0.0.1", 4321))
b = socket.create_connection(("127.0.0.1", 4321))
c, _ = a.accept()
tried(lambda: socket.create_connection(("127.0.0.1", 4322)))
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.sendto(b"a \"word\"\n", ("::1", 53))
tried(lambda: socket.socket(socket.AF_UNIX).connect("/nonexistent/socket"))
tried(lambda: open("/nonexistent/file"))
PY
cat >> "$T/in.sh" <<'IN'
# traced OPTIONS COMMAND...: what um_trace said meanwhile, in $T/tmp/trace
traced() {
	rm -f "$T/tmp/trace"
	# shellcheck disable=SC2086
	um_trace $1 > "$T/tmp/trace" 2>&1 & tracer=$!
	shift
	# It looks on once it has its socket.
	wait_for 10 sh -c "ls -l /proc/$tracer/fd | grep -q socket"
	"$@" > "$T/tmp/out" 2>&1
	kill $tracer;	# it still tells what it has
	 wait $tracer 2> /dev/null
	cat "$T/tmp/trace"
}
IN

is "outside a view" "$(bounded um_trace 2>&1; echo $?)" "um_trace: not inside a View-OS view
1"

inside "calls" '
lo_stack; by="umnetlwipv6 /dev/net/default"
traced "" /usr/bin/python3 "$T/calls.py" > "$T/tmp/all"
all=$(cat "$T/tmp/all")
t_like "socket" "$all" "^\[pid [0-9]+\] socket\(AF_INET, SOCK_STREAM\|SOCK_CLOEXEC, [06]\) = a descriptor <0\.[0-9]{6}> $by$"
t_like "bind" "$all" "bind\(3, \{AF_INET, 127.0.0.1:4321\}, 16\) = 0 <0\.[0-9]{6}> $by$"
t_like "connect" "$all" "connect\(4, \{AF_INET, 127.0.0.1:4321\}, 16\) = 0 <"
t_like "accept" "$all" "accept4\(3, .*\) = a descriptor <"
t_like "refused by the stack, without a reason" "$all" "connect\([0-9]+, \{AF_INET, 127.0.0.1:4322\}, 16\) = -1 ECONNREFUSED <0\.[0-9]{6}> $by$"
t_like "sendto, IPv6 and escapes" "$all" "sendto\([0-9]+, \"a .\"word.\".x0a\", 9, 0, \{AF_INET6, \[::1\]:53\}, (28|32)\) = 9 <"
t_like "AF_UNIX is the kernel" "$all" "connect\([0-9]+, \{AF_UNIX, \"/nonexistent/socket\"\}, [0-9]+\) = \? <0\.[0-9]{6}> kernel$"
t_like "a path" "$all" "openat\(AT_FDCWD, \"/nonexistent/file\", [0-9]+, [0-9]+\) = \? <0\.[0-9]{6}> kernel$"
t_is "every line is whole" "$(grep -cvE "^\[pid [0-9]+\] [a-z0-9_]+\(.*\) = .* <[0-9.]+> (kernel|view|umnet)" "$T/tmp/all")" 0
t_is "-e net: no paths" "$(traced "-e net" /usr/bin/python3 "$T/calls.py" | grep -c "openat\|stat")" 0
t_like "-e net: sockets" "$(cat "$T/tmp/trace")" "bind\(3"
t_like "-e path: paths, no sockets" "$(traced "-e path" /usr/bin/python3 "$T/calls.py" | grep -c "nonexistent/file") $(grep -c "bind" "$T/tmp/trace")" "^1 0$"
t_is "-e denied: nothing" "$(traced "-e denied" /usr/bin/python3 "$T/calls.py")" ""
t_like "--json" "$(traced "--json -e net" /usr/bin/python3 "$T/calls.py" | /usr/bin/python3 -c "import json, sys
rows = [json.loads(line) for line in sys.stdin]
r = [r for r in rows if \"4322\" in r[\"call\"]][0]
print(r[\"name\"], r[\"result\"], r[\"decided\"], r[\"path\"], r[\"seconds\"] > 0, r[\"lost\"])")" "^connect -111 $by True 0"
rm -f "$T"/tmp/*
t_end'

inside "refusals" '
open_as() { /usr/bin/python3 -c "import socket; socket.socket(socket.$1, socket.$2)"; }
lo_stack; mount -t umnetnull none /dev/net/null; lo_stack /dev/net/dead
chmod 0 /dev/net/default
t_like "x" "$(traced "-e denied" open_as AF_INET SOCK_STREAM)" "socket\(AF_INET, .*\) = -1 EACCES <0\.[0-9]{6}> umnetlwipv6 /dev/net/default: no permission: x$"
chmod 511 /dev/net/default
t_like "w" "$(traced "-e denied" open_as AF_PACKET SOCK_RAW)" "socket\(AF_PACKET, .*\) = -1 EPERM .*: no permission: w$"
chmod 100 /dev/net/default
t_like "r" "$(traced "-e denied" /usr/bin/python3 -c "import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8913, struct.pack(\"16s16x\", b\"lo0\"))")" "ioctl\(.*\) = -1 EACCES .*: no permission: r$"
chmod 777 /dev/net/default
t_like "a family" "$(traced "-e denied" mstack /dev/net/null /usr/bin/python3 -c "import socket; socket.socket()")" \
	"socket\(AF_INET, .*\) = -1 EAFNOSUPPORT .* umnetnull /dev/net/null: the stack does not serve this family$"
t_like "a stack that is gone" "$(traced "-e denied" mstack /dev/net/null sh -c "umount /dev/net/null; /usr/bin/python3 -c \"import socket; socket.socket()\"")" \
	"socket\(AF_INET, .*\) = -1 ENETDOWN .* view: the chosen stack is gone$"
umount /dev/net/default; umount /dev/net/dead; um_del_service umnet; um_add_service umnet,-ip
t_like "options of a module" "$(traced "-e denied" open_as AF_INET SOCK_STREAM)" "socket\(AF_INET, .*\) = -1 EAFNOSUPPORT .* view: a module.s options deny the host.s$"
rm -f "$T"/tmp/*
t_end'

inside "who is seen" '
lo_stack
sleep 60 & other=$!
t_is "-p: another process is not" "$(traced "-p $other" /usr/bin/python3 "$T/calls.py")" ""
kill $other
mkfifo "$T/tmp/go"
sh -c "read x < $T/tmp/go; exec /usr/bin/python3 $T/calls.py" & one=$!
go() { echo > "$T/tmp/go"; /usr/bin/python3 -c "import socket; socket.create_server((\"127.0.0.1\", 4444))"; wait $one; }
traced "-p $one -e net" go > "$T/tmp/one"
t_is "-p: that one is" "$(grep -c "bind(3, {AF_INET, 127.0.0.1:4321}" "$T/tmp/one") $(grep -c 4444 "$T/tmp/one")" "1 0"
umview -q sh -c "um_trace > $T/tmp/inner & t=\$!; while ! ls -l /proc/\$t/fd | grep -q socket; do sleep 0.1; done; echo > $T/tmp/on
	while [ ! -e $T/tmp/off ]; do sleep 0.1; done; stat $T/tmp/off; kill \$t" > /dev/null 2>&1 & inner=$!
wait_for 10 test -e "$T/tmp/on"
/usr/bin/python3 "$T/calls.py"
: > "$T/tmp/off"
wait $inner
t_is "a view inside does not see the outer" "$(grep -c 4321 "$T/tmp/inner")" 0
t "but itself" grep -q "tmp/off" "$T/tmp/inner"
t_like "the outer sees the inner" "$(traced "-e net" umview -q /usr/bin/python3 "$T/calls.py")" "127.0.0.1:4321"
rm -f "$T"/tmp/*
t_end'

inside "readers in trouble" '
lo_stack
um_trace > /dev/null & slow=$!
wait_for 10 sh -c "ls -l /proc/$slow/fd | grep -q socket"
kill -STOP $slow
t "a stopped one holds nobody up" /usr/bin/python3 -c "import os
for i in range(20000): os.access(\"/nonexistent\", 0)"
kill -KILL $slow; wait $slow 2> /dev/null
t_like "what is lost is counted" "$(um_trace > "$T/tmp/lost" & t=$!; wait_for 10 sh -c "ls -l /proc/$t/fd | grep -q socket"
	kill -STOP $t; /usr/bin/python3 -c "import os
for i in range(5000): os.access(\"/nonexistent\", 0)"
	kill -CONT $t; wait_for 10 sh -c "stat /nonexistent; grep -q were.not.seen $T/tmp/lost"; kill $t; wait $t; cat "$T/tmp/lost")" "^\.\.\. [0-9]+ calls were not seen$"
for i in 1 2 3 4 5 6 7 8; do um_trace > /dev/null & eval p$i=$!; done
wait_for 10 sh -c "for p in $p1 $p2 $p3 $p4 $p5 $p6 $p7 $p8; do ls -l /proc/\$p/fd | grep -q socket || exit 1; done"
t_is "eight, and no more" "$(um_trace 2>&1)" "um_trace: trace: Device or resource busy"
kill $p1 $p2 $p3 $p4 $p5 $p6 $p7 $p8; wait
t_like "then again" "$(traced "" stat /nonexistent)" "nonexistent"
rm -f "$T"/tmp/*
t_end'
finish
