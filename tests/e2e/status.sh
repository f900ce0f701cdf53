#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# status.sh - um_status: what it tells of views, mounts, stacks and calls is so; a view inside is
# told nothing of what it is inside of; a stack that is dead or stopped does not hold it up.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3 ip mount

# get PATH...: a value of the JSON on stdin by keys and indices; "len" is a length.
cat > "$T/get.py" <<'PY'
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    if key == "len":
        value = len(value)
    elif "=" in key:
        name, wanted = key.split("=", 1)
        value = [v for v in value if str(v[name]) == wanted]
    else:
        value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value)
PY
cat > "$T/sockets.py" <<'PY'
import os, socket, sys
a = socket.create_server(("127.0.0.1", 80))
b = socket.create_connection(("127.0.0.1", 80))
c = a.accept()
u = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
for n, s in enumerate(u):
    s.bind(("0.0.0.0", 1000 + n))
open(sys.argv[1], "w").close()
sys.stdin.read()
PY
cat >> "$T/in.sh" <<'IN'
get() { um_status --json > "$T/tmp/json" && /usr/bin/python3 "$T/get.py" "$@" < "$T/tmp/json"; }
IN

is "outside a view" "$(bounded um_status 2>&1; echo $?)" "um_status: not inside a View-OS view
1"

inside "a view" '
t_is "its number, parent and name" "$(get views 0 number) $(get views 0 parent) [$(get views 0 name)]" "0 None []"
viewname "name \"quoted\" \\ here"
t_is "a name with a quote and a backslash" "$(get views 0 name)" "name \"quoted\" \\ here"
n=$(get views 0 processes)
sleep 60 & a=$!; sleep 60 & b=$!
t_is "two processes more" $(($(get views 0 processes) - n)) 2
kill $a $b; wait
t_is "its module" "$(get services)" "[{\"name\": \"umnet\", \"summary\": \"virtual (multi-stack) networking\", \"view\": 0}]"
t_is "no mounts" "$(get mounts)" "[]"
t_or_end t "a stack" mount -t umnetlwipv6 -o vd0=ptp://$T/home/wire none /dev/net/default
mount -t umnetnull none "/dev/net/a	tab"
mount -t umnetns -o lo none /dev/net/ns && ns=yes
chmod 751 /dev/net/default
t_is "a mount" "$(get mounts path=/dev/net/default 0 type) $(get mounts path=/dev/net/default 0 source) $(get mounts \
	path=/dev/net/default 0 options) $(get mounts path=/dev/net/default 0 state)" "umnetlwipv6 none vd0=ptp://$T/home/wire ready"
t_is "its owner and mode" "$(get mounts path=/dev/net/default 0 uid) $(get mounts path=/dev/net/default 0 mode)" "$(id -u) 751"
t_is "a tab in a path" "$(get mounts "path=/dev/net/a	tab" 0 type)" umnetnull
ip link set vd0 up; ip addr add 10.1.2.3/24 dev vd0; ip addr add fd00::7/64 dev vd0
t_is "addresses are those of ip" "$(get mounts path=/dev/net/default 0 addresses |
	/usr/bin/python3 -c "import json, sys
for a in sorted(a[\"interface\"] + \" \" + a[\"address\"] for a in json.load(sys.stdin)): print(a)")" \
	"$(ip -o addr show | awk "{ print \$2, \$4 }" | sort)"
mkfifo "$T/tmp/end"
/usr/bin/python3 "$T/sockets.py" "$T/tmp/ready" < "$T/tmp/end" & server=$!
exec 9> "$T/tmp/end"
wait_for 10 test -e "$T/tmp/ready"
t_is "TCP sockets by state" "$(get mounts path=/dev/net/default 0 tcp)" "{\"ESTAB\": 2, \"LISTEN\": 1}"
t_is "UDP sockets" "$(get mounts path=/dev/net/default 0 udp)" 3
t_is "carriers" "$(get mounts path=/dev/net/default 0 sockets)" 6
t_like "as text" "$(um_status)" "^        sockets: 2 ESTAB, 1 LISTEN, 3 UDP$"
t_like "as text: an address" "$(um_status)" "^        vd0 10.1.2.3/24$"
t_is "as text: no controls" "$(um_status | tr -d "\n" | tr -cd "\000-\037" | wc -c)" 0
exec 9>&-; wait $server
wait_for 5 sh -c "! um_status | grep -q ESTAB"
t_is "no connections are left" "$(get mounts path=/dev/net/default 0 tcp | grep -c "ESTAB\|LISTEN")" 0
t_is "no netlink on umnetnull" "$(get mounts type=umnetnull 0 error)" "Address family not supported by protocol"
if [ -n "${ns:-}" ]; then
	t_like "umnetns" "$(get mounts type=umnetns 0 addresses)" "\"address\": \"127.0.0.1/8\", \"interface\": \"lo\""
else
	echo "skip - no umnetns here"
fi
before=$(get calls name=listen | tr -dc 0-9)
n=$(get calls name=listen 0 count)
/usr/bin/python3 -c "import socket
for i in range(7): socket.create_server((\"127.0.0.1\", 2000 + i))"
t_is "calls are counted" $(($(get calls name=listen 0 count) - n)) 7
t "and timed" test "$(get calls name=listen 0 longest_ns)" -gt 1000 -a "$(get calls name=listen 0 total_ns)" -ge "$(get calls name=listen 0 longest_ns)"
t_is "watch" "$(timeout 1 um_status --watch=0.1 --json | grep -c "^{" | sed "s/[0-9][0-9]*/&:/" | awk -F: "{ print (\$1 >= 3) }")" 1
t_like "watch: no number" "$(um_status --watch=x 2>&1)" "^um_status: x: not a number of seconds"
t_is "a pipe that closes" "$(um_status --watch=0.1 | head -n 1 | cut -c1-6)" "view 0"
rm -f "$T"/tmp/*
t_end'

inside "views inside" '
viewname secret
mount -t umnetnull none /dev/net/outer
umview -q -V one sh -c "
	mount -t umnetnull none /dev/net/inner; umount /dev/net/outer
	umview -q -V two sh -c \"echo > $T/tmp/two; read x < $T/tmp/end2\" &
	um_status --json > $T/tmp/one.json; um_status > $T/tmp/one.txt; echo > $T/tmp/one; read x < $T/tmp/end1; wait" &
mkfifo "$T/tmp/end1" "$T/tmp/end2"
wait_for 10 test -e "$T/tmp/one" -a -e "$T/tmp/two"
t_is "three views" "$(get views len)" 3
t_is "who is inside whom" "$(get views name=one 0 parent) $(get views name=two 0 parent)" "0 1"
t_is "their mounts" "$(get mounts view=0 0 path) $(get mounts view=0 len) $(get mounts view=1 0 path) $(get mounts view=1 len)" \
	"/dev/net/outer 1 /dev/net/inner 1"
t_is "a view inside hears nothing of the outer" "$(grep -c "secret\|/dev/net/outer\|\"number\": 0" "$T/tmp/one.json" "$T/tmp/one.txt" | cut -d: -f2 | xargs)" "0 0"
t_is "nor of the calls of all" "$(/usr/bin/python3 "$T/get.py" calls < "$T/tmp/one.json")" "[]"
t_is "its own parent is not its affair" "$(/usr/bin/python3 "$T/get.py" views 0 parent < "$T/tmp/one.json")" None
echo > "$T/tmp/end2"; echo > "$T/tmp/end1"; wait
t "they end" wait_for 5 sh -c "test \$(um_status | grep -c ^view) = 1"
rm -f "$T"/tmp/*
t_end'

inside "stacks in trouble" '
lo_stack /dev/net/dead; lo_stack /dev/net/stopped; lo_stack /dev/net/closed
pids=$(pgrep -P "$(vuname -U 2>/dev/null || vuname -s)" -x umnet-lwipv6 2>/dev/null | xargs)
set -- $pids
if [ $# = 3 ]; then
	kill -KILL $1; kill -STOP $2
	wait_for 5 sh -c "um_status --json | grep -q \"Network is down\""
	t_is "a dead one" "$(get mounts path=/dev/net/dead 0 error)" "Network is down"
	t_is "a stopped one" "$(get mounts path=/dev/net/stopped 0 error)" "Connection timed out"
	kill -CONT $2
	t_like "it goes on" "$(get mounts path=/dev/net/stopped 0 addresses)" 127.0.0.1
else
	echo "skip - cannot tell the stacks processes"
fi
chmod 0 /dev/net/closed
t_is "one that may not be asked" "$(get mounts path=/dev/net/closed 0 error)" "Permission denied"
chmod 777 /dev/net/closed
rm -f "$T"/tmp/*
t_end'

# More than fits: whole lines, and the end is told.
inside "much" '
/usr/bin/python3 -c "import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for i in range(300): assert libc.mount(b\"none\", b\"/dev/net/m\" + b\"x\" * 240 + b\"%d\" % i, b\"umnetnull\", 0, None) == 0"
um_status > "$T/tmp/much"
t "whole lines" test "$(grep -c "^    /dev/net/m" "$T/tmp/much")" -gt 100
t_is "that is told" "$(tail -n 1 "$T/tmp/much") $(get cut)" "(there is more) True"
t_is "nothing is half" "$(grep "^    /dev/net/m" "$T/tmp/much" | grep -vc "carriers)$")" 0
rm -f "$T"/tmp/*
t_end'
finish
