#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# slirp.sh - vd0=slirp:// : curl from inside reaches an HTTP server on the host's
# loopback as 10.0.2.2.  Needs Debian's libvdeplug-slirp.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need curl python3
find /usr/lib /usr/local/lib -name libvdeplug_slirp.so 2>/dev/null | grep -q . ||
	skip_all "needs libvdeplug-slirp"

mkdir "$T/www"
head -c 5000000 /dev/urandom > "$T/www/file"
chmod -R a+rX "$T/www"
sum=$(sha256sum < "$T/www/file" | cut -d' ' -f1)
port=$(free_port)
(cd "$T/www" && as_user /usr/bin/python3 -m http.server --bind 127.0.0.1 "$port") > /dev/null 2>&1 &
server=$!
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/" || { not_ok "a server on the host"; finish; }

keep_running=yes
# The plugin has a thread: it stays in the host's network when a umnetns leaves that.
for type in umnetlwipv6 umnetns; do
	if ! view "mount -t $type -o lo none /dev/net/default" > "$T/out" 2>&1 &&
	   grep -q "namespaces are denied" "$T/out"; then
		skip "$type" "$(sed -n 's/^umview: mount: //p' "$T/out")"
		continue
	fi
	inside "$type" '
t_or_end t "mount" mount -t '"$type"' -o vd0=slirp:// none /dev/net/default
t "link" ip link set vd0 up
t "address" ip addr add 10.0.2.15/24 dev vd0
t "route" ip route add default via 10.0.2.2
t_is "the host loopback itself is not seen" "$(curl -s -m 5 -o /dev/null http://127.0.0.1:'"$port"'/; echo $?)" 7
for i in 1 2 3; do
	t_is "curl 10.0.2.2" "$(curl -s -m 30 http://10.0.2.2:'"$port"'/file | sum)" '"$sum"'
done
t_is "8 at once" "$(seq 8 | xargs -P 8 -n 1 sh -c "curl -s -m 50 http://10.0.2.2:'"$port"'/file | sha256sum" | sort -u)" "'"$sum"'  -"
t "umount" umount /dev/net/default
t_end'
done
kill "$(pgrep -P "$server" 2>/dev/null || echo "$server")" 2>/dev/null
kill "$server" 2>/dev/null
wait "$server" 2>/dev/null
leftovers "slirp"
finish
