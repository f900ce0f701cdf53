#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netfiles.sh - /proc/net and /sys/class/net show the caller's stack, and ifconfig, netstat,
# ip, ss, df, findmnt and mount agree with each other.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need ip ss ifconfig netstat python3 findmnt curl

cat > "$T/agree.sh" <<'SH'
# What two tools say of one stack.  $1: its loopback's name
links_ip() { ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort | xargs; }
t_is "ifconfig -a and ip: interfaces" "$(ifconfig -a | sed -n 's/^\([^ ]*\): .*/\1/p' | sort | xargs)" "$(links_ip)"
t_is "/sys/class/net and ip" "$(ls /sys/class/net | sort | xargs)" "$(links_ip)"
t_is "netstat -i and ip" "$(netstat -ia | awk 'NR > 2 { print $1 }' | sort | xargs)" "$(links_ip)"
t_is "/proc/net/dev and ip" "$(awk 'NR > 2 { sub(":", "", $1); print $1 }' /proc/net/dev | sort | xargs)" "$(links_ip)"
for i in $(links_ip); do
	t_is "$i: mtu in /sys" "$(cat /sys/class/net/$i/mtu)" "$(ip -o link show "$i" | sed 's/.* mtu \([0-9]*\).*/\1/')"
	t_is "$i: index" "$(cat "/sys/class/net/$i/ifindex")" "$(python3 -c "import socket; print(socket.if_nametoindex('$i'))")"
	t_is "$i: operstate" "$(tr a-z A-Z < /sys/class/net/$i/operstate)" "$(ip -br link show "$i" | awk '{ print $2 }')"
	t_is "$i: IPv4 addresses" "$(ifconfig "$i" | sed -n 's/.*inet \([0-9.]*\) .*/\1/p')" \
		"$(ip -4 -o addr show "$i" | awk '{ sub("/.*", "", $4); print $4; exit }')"
	t_is "$i: IPv6 addresses" "$(ifconfig "$i" | sed -n 's/.*inet6 \([0-9a-f:]*\) .*/\1/p' | sort | xargs)" \
		"$(ip -6 -o addr show "$i" | awk '{ sub("/.*", "", $4); print $4 }' | sort | xargs)"
done
t_is "netstat -rn and ip route" "$(netstat -rn | awk 'NR > 2 { print $1, $8 }' | sort | xargs)" \
	"$(ip -4 route | sed 's/^default/0.0.0.0/' | awk '{ sub("/.*", "", $1); for (i = 1; i < NF; i++) if ($i == "dev") print $1, $(i + 1) }' | sort | xargs)"
python3 -c '
import socket, time
a = socket.create_server(("127.0.0.1", 4321)); b = socket.create_server(("::1", 4322), family=socket.AF_INET6)
c = socket.create_connection(("127.0.0.1", 4321)); u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 4323))
open("'"$T"'/tmp/up", "w"); time.sleep(30)' &
server=$!
wait_for 10 test -e "$T/tmp/up"
rm "$T/tmp/up"
netstat_lines() { netstat -tuan | awk '/^(tcp|udp)/ { sub("6$", "", $1); print $1, $4, $5, $6 }' | sed 's/ESTABLISHED/ESTAB/' | sort; }
ss_lines() { ss -tuanH | awk '{ if ($1 == "udp") $2 = ""; print $1, $5, $6, $2 }' | sed 's/[][]//g; s/0.0.0.0:\*/0.0.0.0:*/' | sort; }
t_is "netstat and ss: sockets" "$(netstat_lines | sed 's/:::\*/[::]:*/' | tr -d '[] ')" "$(ss_lines | tr -d ' ')"
t_like "netstat -p finds the process" "$(netstat -tlnp 2>/dev/null)" "127.0.0.1:4321 .*LISTEN +$server/python3"
t_like "ss -p does" "$(ss -tlnpH)" "127.0.0.1:4321 .*pid=$server,"
t_is "another process's file" "$(grep -c 0100007F:10E1 /proc/$server/net/tcp)" 3
t_is "below a thread" "$(grep -c 0100007F:10E1 /proc/$server/task/$server/net/tcp)" 3
t_is "the link of /proc/net" "$(grep -c 0100007F:10E1 /proc/self/net/tcp)" 3
kill $server
wait $server 2>/dev/null
t_like "a file there is none of" "$(cat /proc/net/nonesuch 2>&1)" "No such file"
t_like "an interface there is none of" "$(cat /sys/class/net/nonesuch/mtu 2>&1)" "No such file"
t_like "it cannot be written" "$(sh -c 'echo 1 > /sys/class/net/'"$1"'/mtu' 2>&1)" "([Pp]ermission denied|Read-only file system)"
t "a file that is read to its end twice" python3 -c '
f = open("/proc/net/dev"); a = f.read(); f.seek(0); assert f.read().splitlines()[0] == a.splitlines()[0]'
SH

inside "umnetlwipv6" '
mount -t umnetlwipv6 -o vd0=unix://$T/tmp/wire none /dev/net/default
ip link set vd0 up; ip addr add 10.1.2.3/24 dev vd0; ip addr add fd00::3/64 dev vd0; ip route add default via 10.1.2.1
ip link set vd0 mtu 1400
. "$T/agree.sh" lo0
ip neigh add 10.1.2.9 lladdr 02:02:03:04:05:06 dev vd0 nud permanent
t_like "arp -n" "$(arp -n 2>&1)" "10.1.2.9 +ether +02:02:03:04:05:06 +CM +vd0"
t_is "unix sockets are of the kernel" "$(head -n 1 /proc/net/unix | cut -c1-3)" Num
t_end'

if bounded unshare -Urn true 2>/dev/null; then
	inside "umnetns" '
mount -t umnetns -o lo none /dev/net/default
ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up; ip addr add 10.1.2.3/24 dev d0; ip route add default via 10.1.2.1
. "$T/agree.sh" lo
t_end'
else
	skip "umnetns" "no user namespaces"
fi

inside "others" '
host_tcp=$(head -n 1 /proc/net/tcp | cksum) host_links=$(ls /sys/class/net | xargs)
lo_stack /dev/net/a
mount -t umnetnull none /dev/net/null
mount -t umnetnative none /dev/net/host
mount -t umnetlink /dev/net/a /dev/net/link
t_is "who chose none sees the host" "$(ls /sys/class/net | xargs)" "$host_links"
t_is "umnetnative shows the host" "$(mstack /dev/net/host ls /sys/class/net | xargs)" "$host_links"
t_is "umnetlink shows its stack" "$(mstack /dev/net/link ls /sys/class/net)" lo0
t_like "umnetnull shows nothing" "$(mstack /dev/net/null cat /proc/net/tcp 2>&1)" "No such file"
mstack /dev/net/a sh -c "sleep 30 & echo \$! > \$T/tmp/pid"
t_like "another process, of another stack" "$(cat /proc/$(cat "$T/tmp/pid")/net/dev)" "lo0:"
kill "$(cat "$T/tmp/pid")"; rm "$T/tmp/pid"
chmod 300 /dev/net/a
t_like "without r" "$(mstack /dev/net/a cat /proc/net/tcp 2>&1)" "Permission denied"
t_like "without r" "$(mstack /dev/net/a ls /sys/class/net 2>&1)" "Permission denied"
t_end'

inside "mounts" '
lo_stack /dev/net/default
mount -t umnetnull none /dev/net/null
t_is "findmnt and mount" "$(findmnt -rno TARGET,FSTYPE | grep umnet | sort)" \
	"$(mount | sed -n "s/^none on \(.*\) type \(umnet[a-z0-9]*\) .*/\1 \2/p" | sort)"
t_is "findmnt and /proc/self/mountinfo" "$(findmnt -rno TARGET | grep -c /dev/net/)" \
	"$(grep -c " - umnet" /proc/self/mountinfo)"
t_is "findmnt of one" "$(findmnt -no FSTYPE /dev/net/null)" umnetnull
t_like "df -a" "$(df -a 2>&1)" "/dev/net/null"
umount /dev/net/null
t_is "after umount" "$(findmnt -rno TARGET,FSTYPE | grep umnet)" "/dev/net/default umnetlwipv6"
t_end'

finish
