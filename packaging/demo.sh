# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh - the session that ./try shows; runs inside a view.

bold=
plain=
[ ! -t 1 ] || { bold=$(printf '\033[1m'); plain=$(printf '\033[0m'); }
say() { printf '\n# %s\n' "$*"; }
run() {
	printf '%s$ %s%s\n' "$bold" "$*" "$plain"
	sh -c "$*" || { printf '# that failed (status %d)\n' $?; exit 1; }
}

say "An ordinary user (uid $(id -u)) in a view loads the networking module"
run um_add_service umnet
run um_ls_service
say "and mounts a network stack: the default of every process in this view"
run mount -t umnetlwipv6 none /dev/net/default
run ip link set vd0 up
run ip addr add 10.1.2.3/24 dev vd0
run ip addr
run umount /dev/net/default

say "Two stacks at two paths, on one wire, each with a program of its own"
run mount -t umnetlwipv6 none /dev/lwip0
run mount -t umnetlwipv6 none /dev/lwip1
for i in 0 1; do
	run mstack /dev/lwip$i ip link set vd0 up
	run mstack /dev/lwip$i ip addr add 10.1.2.1$i/24 dev vd0
done
run mstack /dev/lwip1 ip -4 addr show vd0
site=$(mktemp -d) || exit 1
echo "This page came over TCP between two user-level stacks." > "$site/index.html"
say "A web server on port 80 of the second, without privileges"
printf '%s$ mstack /dev/lwip1 python3 -m http.server 80 &%s\n' "$bold" "$plain"
mstack /dev/lwip1 python3 -m http.server 80 --directory "$site" > /dev/null 2>&1 &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	mstack /dev/lwip0 curl -s -m 2 -o /dev/null http://10.1.2.11/ && break
	sleep 0.5
done
say "and a client of the first"
run mstack /dev/lwip0 curl -s http://10.1.2.11/
say "The host's own network, seen by who chose no stack, is as it was"
run ip -br link
kill $server
wait $server 2>/dev/null
rm -rf "$site"
run umount /dev/lwip0
run umount /dev/lwip1
run um_del_service umnet
