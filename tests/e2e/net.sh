#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# net.sh - one command: umview --net=SPEC, its addresses, routes, names and errors; --mount
# and --profile; what --print-session prints does the same.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need curl ip ping python3

# net SPEC [OPTION...] -- COMMAND...
net() { bounded "$UMVIEW" -q "--net=$1" "${@:2}" < /dev/null; }
# said COMMAND...: its output, errors and status, in one line for each.
said() { "$@" 2>&1; echo "status $?"; }

has_slirp='' has_kernel=''
find /usr/lib /usr/local/lib -name libvdeplug_slirp.so 2>/dev/null | grep -q . && has_slirp=yes
net kernel -- true > "$T/kernel.out" 2>&1 && has_kernel=yes

# stop PID: ends what as_user started in the background.
stop() {
	pkill -P "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# web DIRECTORY PORT [ADDRESS]: a server of the host's; its pid in $web.
web() {
	as_user python3 -m http.server --directory "$1" --bind "${3:-::}" "$2" > /dev/null 2>&1 &
	web=$!
	wait_for 20 curl -s -o /dev/null "http://127.0.0.1:$2/"
}
mkdir "$T/www"
head -c 3000000 /dev/urandom > "$T/www/file"
truncate -s 1G "$T/www/big"
chmod -R a+rX "$T/www"
sum=$(sha256sum < "$T/www/file")
port=$(free_port)
web "$T/www" "$port" || { not_ok "a server on the host"; finish; }
host_web=$web

# --- Words

is "none: curl" "$(said net none -- curl -sS -m 20 http://127.0.0.1 | sed 's/after [0-9]* ms/after N ms/')" \
	"curl: (7) Failed to connect to 127.0.0.1 port 80 after N ms: Couldn't connect to server
status 7"
is "none: a socket" "$(said net none -- python3 -c 'import socket
for f in socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET:
    try: socket.socket(f, socket.SOCK_RAW); print("made")
    except OSError as e: print(e.strerror)' | uniq -c | xargs)" \
	"4 Address family not supported by protocol 1 status 0"
is "host: it is the host's" "$(net host -- ip -o addr)" "$(as_user ip -o addr)"
is "host: curl" "$(net host -- curl -s "http://127.0.0.1:$port/file" | sha256sum)" "$sum"
is "lo: a loopback of its own" "$(net lo -- ip -br addr | xargs)" "lo0 UNKNOWN 127.0.0.1/8 ::1/128"
is "lo: the host's is not there" "$(net lo -- curl -s -m 20 -o /dev/null "http://127.0.0.1:$port/"; echo $?)" 7
is "lo: addresses" "$(net lo --addr 10.1.2.3/32 --addr fd01::1/128 -- \
	sh -c 'ping -qc 1 -W 2 10.1.2.3 && ping -qc 1 -W 2 fd01::1' | grep -c ' 0% packet loss')" 2
is "lo: a server and its client" "$(net lo -- sh -c 'cd "$T/www" && python3 -m http.server 80 > /dev/null 2>&1 & s=$!
	curl -s --retry 50 --retry-delay 1 --retry-connrefused http://localhost/file | sha256sum; kill $s')" "$sum"
if [ -n "$has_kernel" ]; then
	is "kernel: a loopback" "$(net kernel -- ip -br addr | xargs)" "lo UNKNOWN 127.0.0.1/8 ::1/128"
	is "kernel: an address" "$(net kernel --addr 10.1.2.3/32 -- ping -qc 1 -W 2 10.1.2.3 | grep -c ' 0% packet loss')" 1
else
	skip "kernel" "$(tail -n 1 "$T/kernel.out")"
fi

# --- The world

slirp() {	# slirp SPEC
	is "$1: addresses and routes" "$(net "$1" -- sh -c 'ip -o -4 addr show vd0; ip -o -6 addr show vd0 scope global
		ip route show default; ip -6 route show default' | grep -oE '(10\.0|fd00)[^ ]*' | sort | xargs)" \
		"10.0.2.15/24 10.0.2.2 fd00::15/64 fd00::2" ||
		net "$1" -- ip addr | note
	is "$1: names" "$(net "$1" -- cat /etc/resolv.conf)" "nameserver 10.0.2.3"
	is "$1: names, given" "$(net "$1" --dns 192.0.2.1 --dns fd02::1 -- cat /etc/resolv.conf | xargs)" \
		"nameserver 192.0.2.1 nameserver fd02::1"
	check "$1: ping" net "$1" -- ping -c 1 -W 5 10.0.2.2
	check "$1: ping, IPv6" net "$1" -- ping -c 1 -W 5 fd00::2
	is "$1: the host's loopback is closed" \
		"$(net "$1" -- curl -s -m 20 -o /dev/null "http://10.0.2.2:$port/" 2> /dev/null; echo $?)" 7
	is "$1: and open by request" \
		"$(net "$1" --allow-host-loopback -- curl -s -m 20 "http://10.0.2.2:$port/file" | sha256sum)" "$sum"
	is "$1: IPv6" \
		"$(net "$1" --allow-host-loopback -- curl -s -m 20 "http://[fd00::2]:$port/file" | sha256sum)" "$sum"
	is "$1: nothing is said at its end" "$(said net "$1" --allow-host-loopback -- timeout 0.2 \
		curl -s -o /dev/null "http://10.0.2.2:$port/big")" "status 124"
	is "$1: another address and MTU" "$(net "$1" --addr 10.0.2.77/24 --mtu 1400 --allow-host-loopback -- sh -c '
		ip -o -4 addr show vd0 | grep -o "inet [^ ]*"; ip link show vd0 | grep -o "mtu [0-9]*"
		curl -s -m 20 "http://10.0.2.2:$1/file" | sha256sum' sh "$port")" "inet 10.0.2.77/24
mtu 1400
$sum"
}
if [ -n "$has_slirp" ]; then
	slirp slirp
else
	skip "slirp" "needs libvdeplug-slirp"
fi
if [ -n "$has_slirp$has_kernel" ]; then
	slirp kernel:slirp
else
	skip "kernel:slirp" "needs libvdeplug-slirp and user namespaces"
fi

# --- Wires

# server SPEC OPTION... : a web server in a session of its own; its pid in $server.
server() {
	as_user "$UMVIEW" -q "--net=$1" "${@:2}" -- sh -c \
		'cd "$T/www"; : > "$T/tmp/ready"; exec python3 -m http.server --bind :: 80' < /dev/null > /dev/null 2>&1 &
	server=$!
	wait_for 20 test -e "$T/tmp/ready"
	rm -f "$T/tmp/ready"
}
fetch=(curl -s -m 30 --retry 30 --retry-delay 1 --retry-connrefused)
wire() {	# wire SERVERSPEC CLIENTSPEC MTU
	server "$1" --addr 10.9.0.1/24 --addr fd09::1/64 --mtu "$3"
	is "$1 and $2: IPv4" "$(net "$2" --addr 10.9.0.2/24 --mtu "$3" -- "${fetch[@]}" http://10.9.0.1/file | sha256sum)" "$sum"
	is "$1 and $2: IPv6" "$(net "$2" --addr fd09::2/64 --mtu "$3" -- "${fetch[@]}" 'http://[fd09::1]/file' | sha256sum)" "$sum"
	check "$1 and $2: long packets" net "$2" --addr 10.9.0.2/24 --mtu "$3" -- ping -c 1 -W 5 -s $(($3 - 28)) -M "do" 10.9.0.1
	is "$1 and $2: all of it" "$(net "$2" --addr 10.9.0.2/24 --gw 10.9.0.1 --addr fd09::2/64 --gw fd09::1 \
		--mac 02:00:00:00:00:07 --mtu 1400 --dns 10.9.0.1 -- sh -c '
		ip link show vd0 | grep -oE "mtu [0-9]*|link/ether [^ ]*"; ip route show default; ip -6 route show default
		ip -o -6 addr show vd0 scope global | grep -o "fd09::2.*64 scope"; cat /etc/resolv.conf' |
		sed 's/ *metric.*//;s/ *$//;s/ proto boot//')" "mtu 1400
link/ether 02:00:00:00:00:07
default via 10.9.0.1 dev vd0
default via fd09::1 dev vd0
fd09::2/64 scope
nameserver 10.9.0.1"
	stop $server
}
wire "unix://$T/home/unix" "unix://$T/home/unix" 9000
server "ptp://$T/home/ptp" --addr 10.9.0.1/24
is "ptp://: IPv4" "$(net "ptp://$T/home/ptp" --addr 10.9.0.2/24 -- "${fetch[@]}" http://10.9.0.1/file | sha256sum)" "$sum"
stop $server
if [ -n "$has_kernel" ]; then
	wire "kernel:unix://$T/home/unix2" "unix://$T/home/unix2" 9000
else
	skip "kernel:unix" "needs user namespaces"
fi
if command -v vde_switch > /dev/null; then
	as_user vde_switch -d -p "$T/home/switch.pid" -s "$T/home/switch" < /dev/null > /dev/null 2>&1
	wait_for 20 test -e "$T/home/switch/ctl"
	wire "vde://$T/home/switch" "vde://$T/home/switch" 1500
	kill "$(cat "$T/home/switch.pid")"
else
	skip "vde://" "needs vde_switch"
fi

# --- DHCP

cat > "$T/home/udhcpd.conf" <<'CONF'
start 10.7.0.20
end 10.7.0.30
interface vd0
lease_file /dev/null
pidfile /dev/null
option subnet 255.255.255.0
option router 10.7.0.1
option dns 10.7.0.53
option domain dhcp.example
CONF
chmod 644 "$T/home/udhcpd.conf"
if command -v busybox > /dev/null && busybox --list | grep -qx udhcpc && busybox --list | grep -qx udhcpd; then
	wire="unix://$T/home/dhcp"
	as_user "$UMVIEW" -q "--net=$wire" --addr 10.7.0.1/24 -- sh -c \
		': > "$T/tmp/ready"; exec busybox udhcpd -f "$T/home/udhcpd.conf"' < /dev/null > /dev/null 2>&1 &
	server=$!
	wait_for 20 test -e "$T/tmp/ready"
	rm -f "$T/tmp/ready"
	tell='ip -o -4 addr show vd0 | grep -oE "10.7.0.(2[0-9]|30)/24" | sed -E "s,[0-9]+/24,N,"; ip route show default; cat /etc/resolv.conf'
	is "dhcp" "$(net "$wire" --addr dhcp -- sh -c "$tell" | sed 's/ *$//;s/ proto boot//')" "10.7.0.N
default via 10.7.0.1 dev vd0
nameserver 10.7.0.53
search dhcp.example"
	like "dhcp, with a name server of one's own" "$(net "$wire" --addr dhcp --dns 10.7.0.54 -- sh -c "$tell" | xargs)" \
		'^10.7.0.N default via 10.7.0.1 dev vd0 nameserver 10.7.0.54$'
	if [ -n "$has_kernel" ]; then
		like "dhcp, kernel" "$(net "kernel:$wire" --addr dhcp -- sh -c "$tell" | xargs)" \
			'^10.7.0.N default via 10.7.0.1 dev vd0 nameserver 10.7.0.53 search dhcp.example$'
	else
		skip "dhcp, kernel" "needs user namespaces"
	fi
	stop $server
	is "dhcp that nobody answers" "$(said net "$wire" --addr dhcp -- echo started)" \
		"umview: --net: no DHCP server has answered on vd0
status 125"
else
	skip "dhcp" "needs busybox with udhcpc and udhcpd"
fi
is "dhcp without busybox" "$(said bounded env PATH="$T/nothing" "$UMVIEW" -q "--net=unix://$T/home/x" --addr dhcp -- /bin/echo started)" \
	"umview: --net: --addr dhcp needs busybox and its udhcpc (Debian package busybox)
status 125"

# --- Exit codes, errors

is "the command's status" "$(said net lo -- sh -c 'exit 3')" "status 3"
is "no such command" "$(said net lo -- /nonexistent | tail -n 1)" "status 127"
wrong() {	# wrong WHAT MESSAGE OPTION...
	is "$1" "$(said bounded "$UMVIEW" -q "${@:3}" -- echo started < /dev/null)" "umview: $2
status 125"
}
wrong "a word that is none" "--net: 'foo' is none of: none, host, lo, slirp, kernel, kernel:slirp, kernel:URL, URL, the path of a stack" --net foo
wrong "kernel: and a word" "--net: 'kernel:host' is none of: none, host, lo, slirp, kernel, kernel:slirp, kernel:URL, URL, the path of a stack" --net kernel:host
wrong "a path, with no view" "--net: '/tmp/x': there is no view yet that has stacks (a switch is 'vde:///tmp/x')" --net /tmp/x
wrong "no address" "--addr: '10.0.0.1' is neither ADDRESS/BITS nor 'dhcp'" --net slirp --addr 10.0.0.1
wrong "too many bits" "--addr: '10.0.0.1/33' is neither ADDRESS/BITS nor 'dhcp'" --net slirp --addr 10.0.0.1/33
wrong "a gateway that is none" "--gw: '10.0.0' is not an address" --net slirp --gw 10.0.0
wrong "two gateways" "--gw: '10.0.0.2' is one too many" --net slirp --gw 10.0.0.1 --gw 10.0.0.2
wrong "a name server that is none" "--dns: 'ns' is not an address" --net slirp --dns ns
wrong "an address of nothing" "--addr with --net=none: it has no meaning there" --net none --addr 10.0.0.1/8
wrong "an address without --net" "--addr: it is about --net, which is missing" --addr 10.0.0.1/8
wrong "a gateway of a loopback" "--gw with --net=lo: it has no meaning there" --net lo --gw 10.0.0.1
wrong "dhcp without a wire" "--addr dhcp with --net=lo: there is no wire" --net lo --addr dhcp
wrong "a gateway that is nowhere near" "--net: vd0 cannot have the gateway 10.8.0.1: Network is unreachable" \
	"--net=unix://$T/home/x" --addr 10.9.0.1/24 --gw 10.8.0.1
wrong "an address twice" "--net: vd0 cannot have the address 10.9.0.1/24: File exists" \
	"--net=unix://$T/home/x" --addr 10.9.0.1/24 --addr 10.9.0.1/24
is "a switch that is not there" "$(said net "vde://$T/none" -- echo started)" \
	"umview: mount: umnetlwipv6: vd0: cannot connect to 'vde://$T/none': No such file or directory
umview: --net: cannot mount umnetlwipv6 at /dev/net/default: No such file or directory
status 125"
is "a wire that may not be made: said once" "$(said net unix:///usr/wire -- echo started)" \
	"umview: mount: umnetlwipv6: vd0: cannot connect to 'unix:///usr/wire': Permission denied
umview: --net: cannot mount umnetlwipv6 at /dev/net/default: Operation not permitted
status 125"
is "a MAC address that is none" "$(said net slirp --mac x -- echo started | sed 1d)" \
	"umview: --net: cannot mount umnetlwipv6 at /dev/net/default: Invalid argument
status 125"

# --- Views inside views

is "nested" "$(net lo --addr 10.1.0.1/32 -- sh -c '
	show() { ip -br addr | xargs; }
	show
	umview -q --net=lo --addr 10.1.0.2/32 -- ip -br addr | xargs
	umview -q --net=none -- ip addr 2>&1
	umview -q --net=/dev/net/default -- ip -br addr | xargs
	mstack /dev/net/default umview -q --net=lo --addr 10.1.0.3/32 -- ip -br addr | xargs
	umview -q --net=host -- ip -br addr | cksum
	show')" "lo0 UNKNOWN 127.0.0.1/8 10.1.0.1/32 ::1/128
lo0 UNKNOWN 127.0.0.1/8 10.1.0.2/32 ::1/128
Cannot open netlink socket: Address family not supported by protocol
lo0 UNKNOWN 127.0.0.1/8 10.1.0.1/32 ::1/128
lo0 UNKNOWN 127.0.0.1/8 10.1.0.3/32 ::1/128
$(as_user ip -br addr | cksum)
lo0 UNKNOWN 127.0.0.1/8 10.1.0.1/32 ::1/128"
is "nested: a path that is no stack" "$(said net lo -- umview -q --net=/etc -- echo started)" \
	"umview: --net: cannot take the stack /etc: Not a network stack
status 125"
is "nested: a path that is not there" "$(said net lo -- umview -q --net=/dev/net/x -- echo started)" \
	"umview: --net: cannot take the stack /dev/net/x: No such file or directory
status 125"

# --- The session that is printed

printed() {	# printed WHAT OPTION... -- COMMAND...
	local what=$1 end='#!/bin/sh'
	shift
	as_user "$UMVIEW" "$@" --print-session -- sh -c "$tell" > "$T/home/session"
	is "printed: $what: it begins" "$(head -n 1 "$T/home/session")" "$end"
	is "printed: $what" "$(bounded "$UMVIEW" -q sh "$T/home/session" < /dev/null 2>&1)" \
		"$(bounded "$UMVIEW" -q "$@" -- sh -c "$tell" < /dev/null 2>&1)"
}
tell='ip addr | sed "s,link/ether [^ ]*,,;s,fe80[^ ]*,," 2>&1; ip route; ip -6 route; cat /etc/resolv.conf; echo "it'\''s $((1 + 1))"'
touch "$T/home/session"
[ "$(id -u)" != 0 ] || chown "$UMTEST_UID" "$T/home/session"
printed none --net=none
printed host --net=host
printed lo --net=lo --addr 10.1.2.3/32 --dns 10.1.2.4
[ -z "$has_slirp" ] || printed slirp --net=slirp
printed wire "--net=unix://$T/home/x" --addr 10.1.2.3/24 --gw 10.1.2.1 --addr fd01::1/64 --gw fd01::2 --mac 02:00:00:00:00:01
if [ -n "$has_kernel" ]; then
	printed kernel --net=kernel --addr 10.1.2.3/32
fi
is "printed, nested" "$(net lo -- sh -c 'umview --print-session --net=lo --addr 10.1.0.9/32 -- ip -br addr > "$T/home/session"
	umview -q sh "$T/home/session"' | xargs)" "lo0 UNKNOWN 127.0.0.1/8 10.1.0.9/32 ::1/128"
is "printed: nothing is done" "$(as_user "$UMVIEW" --net=slirp --print-session -- touch "$T/tmp/done" > /dev/null; ls "$T/tmp")" ""
is "printed: the names of what is to be loaded" "$(as_user "$UMVIEW" -V "a b" -p umnet --net=none --print-session -- true)" \
	"#!/bin/sh
# To be run in a view: umview -V 'a b' -p umnet sh FILE
set -e
mount -t umnetnull none /dev/net/default
exec true"

# --- Mounts and profiles

run() { bounded "$UMVIEW" -q "$@" < /dev/null; }
is "mount: two stacks" "$(run --mount umnetlwipv6::/dev/net/a:lo,dns=192.0.2.1 --mount umnetnull:none:/dev/net/b -- sh -c '
	mount | grep -o "on /dev/net/.*" | sort; mstack /dev/net/a cat /etc/resolv.conf; mstack /dev/net/b ip addr 2>&1')" \
	"on /dev/net/a type umnetlwipv6 (rw,relatime,lo,dns=192.0.2.1)
on /dev/net/b type umnetnull (rw,relatime)
nameserver 192.0.2.1
Cannot open netlink socket: Address family not supported by protocol"
is "mount: another module's" "$(run -p umecho --mount umecho::/dev/net/echo -- mstack /dev/net/echo python3 -c '
import socket
s = socket.create_connection(("192.0.2.1", 7)); s.send(b"hello"); print(s.recv(9).decode())')" hello
is "mount: with a network, which it adds to" "$(run --net=lo --mount umnetlink:/dev/net/default:/dev/net/c -- \
	mstack /dev/net/c ip -br addr | xargs)" "lo0 UNKNOWN 127.0.0.1/8 ::1/128"
is "mount: a source with a link's options" "$(run --net=lo --mount umnetlink:/dev/net/default:/dev/net/c:ipv4 -- \
	mount | grep -o "/dev/net/default on.*")" "/dev/net/default on /dev/net/c type umnetlink (rw,relatime,ipv4)"
wrong "mount: two fields" "--mount: 'a:b' is not TYPE:SOURCE:TARGET[:OPTIONS]" --mount a:b
wrong "mount: no target" "--mount: 'a:b:' is not TYPE:SOURCE:TARGET[:OPTIONS]" --mount a:b:
like "mount: what nobody serves" "$(said run --mount nosuch::/tmp -- echo started | xargs)" \
	"^umview: --mount: cannot mount nosuch at /tmp: (No such device|Operation not permitted) status 125\$"
is "mount: a place that is taken" "$(said run --net=lo --mount umnetnull::/dev/net/default -- echo started)" \
	"umview: --mount: cannot mount umnetnull at /dev/net/default: Device or resource busy
status 125"
printed mounts --net=lo --mount umnetnull::/dev/net/a --mount "umnetlwipv6::/dev/net/b:lo,dns=192.0.2.1"

profile() { as_user sh -c 'mkdir -p ~/.config/umview; cat > ~/.config/umview/$1.profile' sh "$1"; }
profile lab << 'P'
# A network for tests.

net = lo
addr 10.1.2.3/32
  addr=fd01::1/128
dns	10.1.2.4
viewname lab
mount umnetnull::/dev/net/null
quiet
P
is "profile" "$(bounded "$UMVIEW" --profile lab --addr 10.1.2.5/32 -- sh -c '
	viewname; ip -br addr; cat /etc/resolv.conf; mount | grep -c umnetnull' < /dev/null | xargs)" \
	"lab lo0 UNKNOWN 127.0.0.1/8 10.1.2.3/32 10.1.2.5/32 fd01::1/128 ::1/128 nameserver 10.1.2.4 1"
is "profile: by its path" "$(bounded "$UMVIEW" --profile "$T/home/.config/umview/lab.profile" -V other -- viewname < /dev/null)" other
is "profile: XDG_CONFIG_HOME" "$(bounded env XDG_CONFIG_HOME="$T/home/.config" HOME=/nonexistent "$UMVIEW" --profile lab -- viewname < /dev/null)" lab
is "profile: printed" "$(as_user "$UMVIEW" --profile lab --print-session -- true | sed -n '2p;5p')" \
	"# To be run in a view: umview -V lab sh FILE
mount -t umnetlwipv6 -o lo,dns=10.1.2.4 none /dev/net/default"
wrong "profile: that is not there" "--profile: cannot read '$T/home/.config/umview/none.profile': No such file or directory" --profile none
bad_profile() {	# bad_profile WHAT LINE MESSAGE
	printf 'net lo\n%s\n' "$2" | profile bad
	wrong "profile: $1" "$3" --profile bad
}
where="--profile: $T/home/.config/umview/bad.profile:2:"
bad_profile "an unknown word" "colour red" "$where 'colour red' is unknown"
bad_profile "a value that is missing" "addr" "$where 'addr' needs a value"
bad_profile "a value too many" "quiet yes" "$where 'quiet yes' has no value"
bad_profile "a profile" "profile lab" "$where 'profile lab' is not for a profile"
bad_profile "an address that is none" "addr 10" "--addr: '10' is neither ADDRESS/BITS nor 'dhcp'"

stop "$host_web"
leftovers "net"
finish
