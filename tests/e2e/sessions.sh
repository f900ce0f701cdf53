#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sessions.sh - two umview sessions on one vde_switch, and a view and a vdens
# namespace on it: pings and a transfer of 50 MB each way.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need vde_switch curl ping python3
limit=200
switch=$T/tmp/switch
mkdir "$T/www"
head -c 50000000 /dev/urandom > "$T/www/big"
chmod -R a+rX "$T/www"
big=$(sha256sum < "$T/www/big" | cut -d' ' -f1)
as_user vde_switch -n 64 -s "$switch" -d -p "$T/tmp/switch.pid" < /dev/null > /dev/null
wait_for 5 test -S "$switch/ctl" || { not_ok "vde_switch"; finish; }
keep_running=yes

# A server for the other side, until the file "done" appears.
server='
t_or_end t "mount" mount -t umnetlwipv6 -o "vd0=$T/tmp/switch" none /dev/net/default
t "link" ip link set vd0 up
t "address" ip addr add 10.0.0.1/24 dev vd0
t "address" ip addr add fc00::1/64 dev vd0
(cd "$T/www" && exec /usr/bin/python3 -m http.server --bind :: 80 > /dev/null 2>&1) & p=$!
: > "$T/tmp/serving"
wait_for 150 test -e "$T/tmp/done"
kill $p; wait $p
t_end'

# What the other side does.  Its interface has its addresses already.
client='
t "ping" ping -c 3 -i 0.2 -W 2 10.0.0.1
t "ping6" ping -6 -c 3 -i 0.2 -W 2 fc00::1
wait_for 10 curl -s -m 1 -o /dev/null http://10.0.0.1/
t_is "50 MB over IPv4" "$(curl -s -m 60 http://10.0.0.1/big | sum)" "$big"
t_is "50 MB over IPv6" "$(curl -s -m 60 "http://[fc00::1]/big" | sum)" "$big"
'

view '. "$T/in.sh"'"$server" > "$T/server.out" 2>&1 < /dev/null &
server_pid=$!
wait_for 20 test -e "$T/tmp/serving" || {
	relay "the server" "$T/server.out"
	not_ok "the server starts"
	finish
}
inside "two sessions, the client" 'big='"$big"'
t_or_end t "mount" mount -t umnetlwipv6 -o "vd0='"$switch"'" none /dev/net/default
t "link" ip link set vd0 up
t "address" ip addr add 10.0.0.2/24 dev vd0
t "address" ip addr add fc00::2/64 dev vd0
'"$client"'t_end'

if PATH=$search_path command -v vdens > /dev/null && tun_node && as_user unshare -Urn true 2>/dev/null; then
	cat > "$T/vdens.sh" <<-EOF
		. "$T/in.sh"
		big=$big
		ip link set lo up; ip link set vde0 up
		ip addr add 10.0.0.3/24 dev vde0; ip addr add fc00::3/64 dev vde0 nodad
		$client
		t_end
	EOF
	bounded vdens "$switch" sh "$T/vdens.sh" < /dev/null > "$T/vdens.out" 2>&1
	relay "a vdens namespace, the client" "$T/vdens.out" || not_ok "the vdens namespace came to its end"

	# And the reverse: the namespace serves.
	cat > "$T/vdens.sh" <<-EOF
		ip link set lo up; ip link set vde0 up
		ip addr add 10.0.0.9/24 dev vde0; ip addr add fc00::9/64 dev vde0 nodad
		cd "$T/www"
		timeout 100 /usr/bin/python3 -m http.server --bind :: 80 > /dev/null 2>&1 & p=\$!
		: > "$T/tmp/serving.vdens"
		while [ ! -e "$T/tmp/done" ]; do sleep 0.1; done
		kill \$p
	EOF
	bounded vdens "$switch" sh "$T/vdens.sh" < /dev/null > "$T/vdens.out" 2>&1 &
	vdens_pid=$!
	wait_for 10 test -e "$T/tmp/serving.vdens"
	inside "a view, a vdens namespace serving" 'big='"$big"'
	t_or_end t "mount" mount -t umnetlwipv6 -o "vd0='"$switch"'" none /dev/net/default
	t "link" ip link set vd0 up
	t "address" ip addr add 10.0.0.4/24 dev vd0
	t "address" ip addr add fc00::4/64 dev vd0
	'"$(echo "$client" | sed 's/10\.0\.0\.1/10.0.0.9/g; s/fc00::1/fc00::9/g')"'
	t_end'
else
	skip "a view and a vdens namespace" "vdens, user namespaces or /dev/net/tun are missing"
	vdens_pid=''
fi

as_user touch "$T/tmp/done"
wait "$server_pid"
[ -z "$vdens_pid" ] || wait "$vdens_pid"
relay "the server of these" "$T/server.out" || not_ok "the server came to its end"
kill "$(cat "$T/tmp/switch.pid")"
rm -f "$T/tmp/done" "$T/tmp/serving" "$T/tmp/serving.vdens"
leftovers "sessions on a switch"
finish
