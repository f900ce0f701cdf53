#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netlink.sh - ip, ss, tc, bridge, getifaddrs and ioctls: the kernel is the oracle.  The same
# script runs in a network namespace with two interfaces of the same names, and on a stack;
# what both print must be equal.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip ss

# --- Twice the same script: lo0 and vd0 are there, vd0 has a carrier.

cat > "$T/native.sh" <<'EOF'
ip link set lo name lo0 && ip link set lo0 up || exit 98
unshare -n sleep 1000 &
far=$!
wait_for 5 sh -c "[ \$(readlink /proc/$far/ns/net) != \$(readlink /proc/self/ns/net) ]" || exit 98
ip link add far index 77 type veth peer name vd0 index 2 || exit 98
ip link set far netns $far && nsenter -t $far -n ip link set far up || exit 98
ip link set vd0 address 02:02:00:00:00:06 || exit 98
echo 0 > /proc/sys/net/ipv6/conf/vd0/accept_dad
echo 1 > /proc/sys/net/ipv6/conf/lo0/disable_ipv6; echo 0 > /proc/sys/net/ipv6/conf/lo0/disable_ipv6
ip addr add ::1/128 dev lo0 2>/dev/null
trap 'kill $far' EXIT
EOF
cat > "$T/view.sh" <<'EOF'
mount -t umnetlwipv6 -o vd0,mac=02:02:00:00:00:06 none /dev/net/default || exit 98
EOF
# Linux makes the link-local address some time after the link is up, and each is tentative
# until its work queue has looked at it, tested for duplicates or not.
cat > "$T/up.sh" <<'EOF'
addresses_settle() {
	wait_for 20 sh -c 'ip -6 addr show dev vd0 scope link | grep -q fe80 && [ -z "$(ip -6 addr show tentative)" ]'
}
vd0_up() { ip link set vd0 up; addresses_settle; }
EOF
chmod 755 "$T"/*.sh

namespace=yes
bounded unshare -Urn sh -c '. "$T/in.sh"; . "$T/native.sh"' > "$T/out" 2>&1 || namespace=
[ -n "$namespace" ] || note < "$T/out"

# both WHAT SCRIPT [FILTER]: compares what it prints in both places.
both() {
	local filter=${3:-cat}
	if [ -z "$namespace" ]; then
		skip "$1" "no network namespace with a veth pair can be made here"
		return
	fi
	echo "$2" > "$T/script.sh"
	chmod 755 "$T/script.sh"
	bounded unshare -Urn sh -c '. "$T/in.sh"; . "$T/native.sh"; . "$T/up.sh"; . "$T/script.sh"' 2>&1 < /dev/null |
		sed -E 's/@if77//; s/ link-netnsid 0//; s/uid [0-9]+/uid N/; s/"link_index":77,//; s/,"link_netnsid":0//' | $filter > "$T/native"
	view '. "$T/in.sh"; . "$T/view.sh"; . "$T/up.sh"; . "$T/script.sh"' 2>&1 < /dev/null |
		sed -E 's/uid [0-9]+/uid N/' | $filter > "$T/view"
	if [ -s "$T/native" ] && cmp -s "$T/native" "$T/view"; then
		ok "$1"
	else
		not_ok "$1"
		diff -u --label native --label view "$T/native" "$T/view" | note
	fi
}

say='s() { echo "== $*"; "$@" 2>&1; echo "= $?"; }
vd0_up; ip addr add 10.1.2.3/24 brd + dev vd0; ip addr add 10.1.2.4/24 dev vd0
ip addr add fc00::1/64 dev vd0 nodad; addresses_settle; ip route add 172.16.0.0/12 via 10.1.2.9
ip neigh add 10.1.2.50 lladdr 02:00:00:00:00:01 dev vd0
'
both "ip addr and its kin" "$say"'
s ip addr; s ip -4 -o addr; s ip -6 addr; s ip -br link show lo0; s ip -j addr; s ip addr show permanent
s ip addr show to 10.0.0.0/8; s ip addr show label vd0; s ip link show up; s ip link show nosuch'
both "ip route" "$say"'
s ip route; s ip route show table all; s ip -6 route; s ip -6 route show table local; s ip -j route
s ip route get 10.1.2.77; s ip route get 172.16.1.1; s ip route get 127.0.0.1; s ip -6 route get ::1
s ip -6 route get fc00::9; s ip route get 99.9.9.9; s ip route get fibmatch 172.16.1.1
s ip route show match 10.1.2.3; s ip route show root 10.0.0.0/8; s ip route show proto kernel
s ip route show table 77; s ip route flush table 77'
both "ip neigh, rule, netconf; tc, bridge" "$say"'
s ip neigh; s ip -s neigh show nud permanent; s ip neigh show 10.1.2.50; s ip -j neigh
s ip rule; s ip -6 rule; s ip mrule; s ip netconf; s ip -6 netconf; s ip nexthop; s ip addrlabel
s ip token; s ip mroute; s tc qdisc show; s tc class show dev vd0; s tc filter show dev vd0
s bridge link; s bridge vlan; s bridge mdb; s ip vrf; s ip tunnel; s ip netns' 'sed s/used.[0-9/]*/used/'
both "errors, in the words of the kernel" "$say"'
s ip link add x type nosuch; s ip addr add 10.1.2.3/24 dev vd0; s ip addr del 10.9.9.9/24 dev vd0
s ip addr add fc00::1/64 dev vd0; s ip addr del fc00::9/64 dev vd0; s ip addr add ff02::5/64 dev vd0
s ip route add 1.0.0.0/8 via 9.9.9.9; s ip route add 10.1.0.0/8 dev vd0; s ip route add 10.1.2.0/24 dev nosuch
s ip route add 172.16.0.0/12 via 10.1.2.8; s ip route del 172.17.0.0/16; s ip route add default via 10.1.2.3
s ip -6 route add default via fe80::9; s ip -6 route add default via fd00::9
s ip link set vd0 mtu 10; s ip link set vd0 mtu 1000000; s ip link set vd0 address 01:00:00:00:00:01
s ip neigh add 10.1.2.1 dev nosuch; s ip neigh add 10.1.2.50 lladdr 02:00:00:00:00:02 dev vd0
s ip neigh get 10.1.2.1 dev vd0; s ip rule del from 1.2.3.4 table 6; s ip neigh del 10.1.2.50 dev vd0
s ip addr flush dev vd0; s ip addr; s ip route'

# --- ip monitor.  A step ends when an address of its own has been seen.

monitor='
ip -o monitor > "$T/tmp/monitor" & watcher=$!
n=0
step() {
	n=$((n + 1))
	"$@"
	ip addr add 192.0.2.$n/32 dev lo0
	wait_for 10 grep -q "inet 192.0.2.$n/32" "$T/tmp/monitor" || echo "nothing is told"
	echo "== $*"
	grep -v -e NO-CARRIER -e 192.0.2. -e NOARP "$T/tmp/monitor" | sed "s/ qlen.*//; s/ $//" | sort -u
	: > "$T/tmp/monitor"
}
wait_for 10 sh -c "ip addr add 192.0.2.99/32 dev lo0 2>/dev/null; ip addr del 192.0.2.99/32 dev lo0; [ -s \$T/tmp/monitor ]"
step vd0_up
'
# The monitor appends: what is cut off above stays cut off.
monitor=${monitor/> \"\$T\/tmp\/monitor\" &/>> \"\$T\/tmp\/monitor\" &}
both "ip monitor" "$monitor"'
step ip addr add 10.1.2.3/24 dev vd0
step ip addr add 10.1.2.4/24 dev vd0
step ip addr add fc00::1/64 dev vd0 nodad
step ip route add 172.16.0.0/12 via 10.1.2.9
step ip route replace 172.16.0.0/12 via 10.1.2.8
step ip route append 172.16.0.0/12 via 10.1.2.7
step ip route del 172.16.0.0/12 via 10.1.2.8
step ip -6 route add fd00::/8 via fc00::9
step ip -6 route del fd00::/8
step ip neigh add 10.1.2.50 lladdr 02:00:00:00:00:01 dev vd0
step ip neigh change 10.1.2.50 lladdr 02:00:00:00:00:02 dev vd0
step ip neigh del 10.1.2.50 dev vd0
step ip link set vd0 mtu 1400
step ip addr del 10.1.2.4/24 dev vd0
step ip addr del 10.1.2.3/24 dev vd0
step ip addr del fc00::1/64 dev vd0
step ip link set vd0 down
step ip route del 99.0.0.0/8
kill $watcher; rm "$T/tmp/monitor"'
both "changes by ioctl are told, too" "$monitor"'
if command -v ifconfig > /dev/null; then
	step ifconfig vd0 10.7.0.1 netmask 255.255.0.0
	step ifconfig vd0 mtu 1300
	step route add -net 10.8.0.0/16 gw 10.7.0.9
	step arp -s 10.7.0.5 02:00:00:00:00:05
fi
kill $watcher; rm "$T/tmp/monitor"'

cat > "$T/groups.py" <<'EOF'
import errno, fcntl, socket, struct, sys
NL, ADD, LIST = 270, 1, 9
def new(): return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
a = new(); a.bind((0, 1 | 1 << 2))
print("groups", a.getsockname()[1])
b = new(); b.setsockopt(NL, ADD, 5); b.setsockopt(NL, ADD, 11)
print("memberships", b.getsockopt(NL, LIST, 8)[:4])
b.bind((0, 0))
print("after bind", b.getsockname()[1])
for group in (0, 300):
    try: b.setsockopt(NL, ADD, group)
    except OSError as e: print("group", group, errno.errorcode[e.errno])
# Who never reads loses messages, and hears of it.
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(3000):
    fcntl.ioctl(c, 0x8922, struct.pack("16si12x", b"vd0", 1300 + i % 50))
print("overrun", errno.errorcode.get(a.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
n = 0
a.setblocking(False)
try:
    while a.recv(65536): n += 1
except OSError as e: pass
print("some were kept", 10 < n < 3000)
fcntl.ioctl(c, 0x8922, struct.pack("16si12x", b"vd0", 1400))
a.setblocking(True); a.settimeout(10)
print("and it goes on", struct.unpack("=IH", a.recv(65536)[:6])[1])
EOF
chmod 644 "$T/groups.py"
both "groups" 'vd0_up; python3 "$T/groups.py"'

# --- ss

cat > "$T/socks.py" <<'EOF'
import os, socket, struct, sys, time
def tcp(f=socket.AF_INET): return socket.socket(f, socket.SOCK_STREAM)
def udp(f=socket.AF_INET): return socket.socket(f, socket.SOCK_DGRAM)
a = tcp(); a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); a.bind(("127.0.0.1", 8080)); a.listen(5)
def pair(port):
    c = tcp(); c.bind(("127.0.0.1", port)); c.connect(("127.0.0.1", 8080))
    return c, a.accept()[0]
c1, s1 = pair(5001)
c2, s2 = pair(5002); s2.send(b"x" * 100)
c3, s3 = pair(5003); c3.shutdown(socket.SHUT_WR); s3.recv(1)
c4, s4 = pair(5004); c4.close(); s4.recv(1); s4.close()
c5 = tcp(); c5.bind(("127.0.0.1", 5005)); c5.connect(("127.0.0.1", 8080))	# not accepted
l6 = tcp(socket.AF_INET6); l6.bind(("::", 8081)); l6.listen(7)
o6 = tcp(socket.AF_INET6); o6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); o6.bind(("::1", 8082)); o6.listen(1)
m = tcp(); m.bind(("127.0.0.1", 5006)); m.connect(("127.0.0.1", 8081)); ms = l6.accept()[0]
n = tcp(); n.bind(("127.0.0.1", 5007))		# in no table
u = udp(); u.bind(("127.0.0.1", 53))
v = udp(socket.AF_INET6); v.bind(("::1", 53)); v.connect(("::1", 99))
w = udp(); 				# in no table
r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 200)
p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x88b5))
time.sleep(0.3)
open(os.environ["T"] + "/tmp/ready", "w").close()
time.sleep(60)
EOF
chmod 644 "$T/socks.py"
with='ip addr add ::1/128 dev lo0 2>/dev/null
rm -f "$T/tmp/ready"; python3 "$T/socks.py" & p=$!
wait_for 15 test -e "$T/tmp/ready"
s() { echo "== $*"; "$@" 2>&1 | sort; }
'
columns='sed -E s/(pid=)[0-9]+/\1N/;s/\s+/\x20/g;s/timewait[^)]*/timewait/'
both "ss" "$with"'s ss -tan; s ss -tlnp; s ss -tnp; s ss -uanp; s ss -wanp; s ss -0anp; s ss -tan sport = :8080
s ss -tan "( dport = :5001 or dport = :5002 )"; s ss -tan src 127.0.0.1/8 and not sport = :8080
s ss -tan dst "[::1]"; s ss -6 -tan; s ss -4 -uan; s ss -tan state established; s ss -tan state listening
s ss -tan exclude time-wait; s ss -ton state time-wait; s ss -lt4n "sport >= 8081"
kill $p; rm "$T/tmp/ready"' "$columns"

inside "ss" '
lo_stack
'"$with"'
t_like "ss -i" "$(ss -tin src 127.0.0.1:5001)" "mss:[0-9]+.*cwnd:[0-9]+"
t_like "ss -m" "$(ss -tmn src 127.0.0.1:5001)" "skmem:\(r0,rb[0-9]+"
t_like "ss -e" "$(ss -tlen sport = :8080)" "uid:$(id -u) ino:[0-9]+ sk:"
t_like "ss -f netlink" "$(ss -anp -f netlink)" "UNCONN +[0-9]+ +0 +4:-[0-9]+"
t_like "ss of all" "$(ss -an | grep -c 127.0.0.1)" "^[1-9]"
t_is "no error for MPTCP" "$(ss -Man 2>&1 | wc -l)" 1
kill $p
rm "$T/tmp/ready"
t_end'

# --- interfaces as glibc and ioctl see them; many of everything

program=$(guest ifaddrs) || not_ok "compile ifaddrs"
addressed="vd0_up; ip addr add 10.1.2.3/24 brd + dev vd0
ip addr add fc00::1/64 dev vd0 nodad; addresses_settle"
both "getifaddrs, ioctls" "$addressed; $program"
if program=$(guest ifaddrs -m32 2>/dev/null); then
	both "getifaddrs, ioctls of a 32-bit program" "$addressed; $program"
else
	skip "getifaddrs, ioctls of a 32-bit program" "no 32-bit compiler"
fi
both "Python's socket.if_nameindex" 'python3 -c "import socket; print(socket.if_nameindex())"'

both "1,000 addresses, 1,000 routes" '
vd0_up
python3 - <<P > "$T/tmp/batch"
for i in range(1000): print(f"addr add 10.{i // 250 + 1}.{i % 250 + 1}.1/24 dev vd0")
for i in range(1000): print(f"route add 20.{i // 250 + 1}.{i % 250 + 1}.0/24 via 10.1.1.9")
P
ip -batch "$T/tmp/batch"; echo $?
ip -4 -o addr show dev vd0 | wc -l; ip route | wc -l; ip route show table all | wc -l
ip -4 -o addr show dev vd0 | cksum; ip -4 route show table local | cksum
python3 -c "import socket; print(len(socket.if_nameindex()))"
ip route flush proto boot; ip route | wc -l; ip addr flush dev vd0; ip route | wc -l
rm "$T/tmp/batch"'

inside "neighbours" '
mount -t umnetlwipv6 -o vd0=ptp://$T/tmp/wire none /dev/net/a
mount -t umnetlwipv6 -o vd0=ptp://$T/tmp/wire none /dev/net/b
mstack /dev/net/a ip monitor neigh > "$T/tmp/monitor" & watcher=$!
up /dev/net/a vd0 10.0.0.1/24; up /dev/net/b vd0 10.0.0.2/24
wait_for 10 sh -c "mstack /dev/net/a ping -c 1 -W 1 10.0.0.2"
t "a neighbour that answers is told" wait_for 10 grep -q "10.0.0.2 dev vd0 lladdr .* REACHABLE" "$T/tmp/monitor"
mstack /dev/net/a ping -c 1 -W 4 10.0.0.77 > /dev/null 2>&1
t "one that does not, too" wait_for 10 grep -q "10.0.0.77 dev vd0 .*FAILED" "$T/tmp/monitor"
t_like "statistics are real" "$(mstack /dev/net/a ip -j -s link show vd0 | tr -d " ")" "\"rx\":.\"bytes\":[1-9][0-9]+,\"packets\":[1-9]"
mstack /dev/net/a ip neigh flush dev vd0
t "flushed" wait_for 10 grep -q "Deleted 10.0.0.2" "$T/tmp/monitor"
kill $watcher
rm "$T/tmp/monitor"
t_end'

finish
