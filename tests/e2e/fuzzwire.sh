#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzzwire.sh [SEED FRAMES] - hundreds of thousands of wrong frames from the wire: the stack goes on to serve,
# and (under the sanitizers) does nothing wrong in memory.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "needs umview"
program=$(guest wire_fuzz) || { not_ok "compile"; finish; }
cp "$guest_dir/carry.py" "$T/carry.py"
chmod a+r "$T/carry.py"
limit=100
frames=${2:-100000}
if [ $# -gt 0 ]; then
	seeds=$1
else
	seeds="1 2 $RANDOM"
fi

# A server for each family at 5000, and at 5001 a listener that never accepts.
cat > "$T/servers" <<'X'
. "$T/in.sh"
t_or_end t "mount" mount -t umnetlwipv6 -o "vd0=unix://$T/tmp/wire,mac=02:02:00:00:00:01" none /dev/net/default
t "addresses" up /dev/net/default vd0 10.0.0.1/24 fc00::1/64
/usr/bin/python3 "$T/carry.py" serve 2> /dev/null & server=$!
/usr/bin/python3 -c "
import socket, time
s = socket.create_server(('::', 5001), family=socket.AF_INET6, dualstack_ipv6=True, backlog=5)
time.sleep(1000)" & deaf=$!
until [ -e "$T/tmp/done" ]; do sleep 0.1; done
t_is "it serves its own guests" "$(timeout 20 /usr/bin/python3 "$T/carry.py" get ::1 300000)" "the same"
t_is "the stack lives" "$(mount | grep -c umnetlwipv6)" 1
kill $server $deaf
t_end
X
for seed in $seeds; do
	as_user timeout 90 "$program" "$T/tmp/wire" "$seed" "$frames" > "$T/fuzz.out" 2>&1 &
	fuzzer=$!
	wait_for 10 test -S "$T/tmp/wire"
	view '. "$T/servers"' > "$T/view.out" 2>&1 < /dev/null &
	session=$!
	wait $fuzzer
	is "seed $seed: $frames frames, and it serves" "$? $(cat "$T/fuzz.out")" "0 ping 1, ping6 1, TCP 1, TCP over IPv6 1"
	as_user touch "$T/tmp/done"
	wait $session
	is "seed $seed: the session's status" $? 0
	relay "seed $seed" "$T/view.out" || not_ok "seed $seed: the session came to its end"
	is "seed $seed: no sanitizer has a word" "$(grep -E 'Sanitizer|runtime error' "$T/view.out")" ""
	rm -f "$T/tmp/done" "$T/tmp/wire"
done
leftovers "wrong frames"
finish
