#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netns.sh - umnetns: a network namespace as a stack.  The session of the slides, links,
# servers and tools, wires to each other and to umnetlwipv6, wires and stacks that
# die, machines that deny namespaces.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip mount ping python3
[ -n "$UMVIEW" ] || skip_all "there is no such stack without umview"
limit=120
cat >> "$T/in.sh" <<'IN'
has() {	# has PROGRAM WHAT
	command -v "$1" > /dev/null && return
	echo "skip - $2: $1 is not installed"
	return 1
}
link() {	# link TYPE ARGUMENT...: the kernel may not know such links
	link_out=$(ip link add x0 type "$@" 2>&1) && { echo "ok - ip link add type $1"; ip link del x0; return; }
	case $link_out in
	*"Unknown device type"*|*"not supported"*) echo "skip - ip link add type $1: the kernel has none" ;;
	*) echo "not ok - ip link add type $1"; echo "$link_out"; return 1 ;;
	esac
}
two() {	# two TYPE OPTIONS TYPE OPTIONS: stacks a and b on a wire
	t_or_end t "mount a ($1)" mount -t "$1" -o "$2" none /dev/net/a
	t_or_end t "mount b ($3)" mount -t "$3" -o "$4" none /dev/net/b
	t_or_end t "addresses of a" up /dev/net/a vd0 10.0.0.1/24 fc00::1/64
	t_or_end t "addresses of b" up /dev/net/b vd0 10.0.0.2/24 fc00::2/64
	wait_for 8 mstack /dev/net/a ping -c 1 -W 1 fc00::2	# duplicate address detection
	t "ping b from a" mstack /dev/net/a ping -c 2 -i 0.2 -W 2 10.0.0.2
	t "ping a from b" mstack /dev/net/b ping -c 2 -i 0.2 -W 2 10.0.0.1
	t "ping6 b from a" mstack /dev/net/a ping -c 2 -i 0.2 -W 2 fc00::2
	t "ping6 a from b" mstack /dev/net/b ping -c 2 -i 0.2 -W 2 fc00::1
}
transfer() {	# transfer FROM TO ADDRESS: 5 MB
	mstack "$1" /usr/bin/python3 -m http.server --bind :: --directory "$T/www" 8000 > /dev/null 2>&1 & transfer_pid=$!
	wait_for 10 mstack "$2" curl -s -m 1 -o /dev/null "http://$3:8000/one"
	t_is "5 MB to $2 from $3" "$(mstack "$2" curl -s -m 30 "http://$3:8000/big" | sum)" "$big"
	kill $transfer_pid
	wait $transfer_pid
}
IN
mkdir "$T/www"
head -c 5000000 /dev/urandom > "$T/www/big"
echo "a page" > "$T/www/one"
chmod -R a+rX "$T/www"
big=$(sha256sum < "$T/www/big" | cut -d' ' -f1)

# --- Machines that deny it: the message says what does.

no_user='
out=$(mount -t umnetns -o lo none /dev/net/k0 2>&1)
t_is "the mount fails" "$?" 32
t_is "nothing is mounted" "$(mount | grep -c umnetns)" 0
t "the next stack works" mount -t umnetlwipv6 -o lo none /dev/net/k0
t_end'
denied() {	# denied WHAT PATTERN COMMAND...: $around for a session
	local what=$1 pattern=$2 message
	around=("${@:3}")
	inside "denied: $what" "$no_user"
	around=()
	message=$(grep 'umview: mount: umnetns' "$inside_out")
	like "denied: $what: the message" "$message" "$pattern"
}
program=$(guest denied) && denied seccomp "user namespaces are denied: by a seccomp filter" "$program"
if unshare -U true 2>/dev/null; then
	# A limit of a namespace of our own, for which a user is made that has no rights in it.
	cat > "$T/limit.sh" <<-'EOF'
		[ "$(id -u)" = 0 ] && echo "$1" > "/proc/sys/user/max_$2_namespaces" || exit 99
		shift 2
		exec setpriv --bounding-set=-all --inh-caps=-all "$@"
	EOF
	save=$(declare -f as_user)
	as_user() { as_ordinary unshare -Ur bash "$T/limit.sh" "${limits[@]}" "$@"; }
	eval "as_ordinary${save#as_user}"
	for kind in user net; do
		limits=(0 "$kind")
		denied "user.max_${kind}_namespaces" \
			"$kind.* namespaces are denied: user.max_${kind}_namespaces is 0"
	done
	eval "$save"
else
	skip "limits of namespaces" "there are none to set"
fi

# Everything else needs it.
if ! view 'mount -t umnetns -o lo none /dev/net/k0' > "$T/out" 2>&1; then
	grep -q "namespaces are denied" "$T/out" && {
		skip "umnetns" "$(sed -n 's/^umview: mount: //p' "$T/out")"
		finish
	}
	not_ok "a umnetns can be mounted"
	note < "$T/out"
	finish
fi

# --- The slides' session.

preload=
inside "default stack" '
host=$(ip addr)
t_or_end t "um_add_service umnet" um_add_service umnet
t_or_end t "mount" mount -t umnetns none /dev/net/default
t_is "what mount printed" "$t_out" ""
t_like "mount lists it" "$(mount)" "/dev/net/default type umnetns"
t_like "lo" "$(ip addr)" "^1: lo: <LOOPBACK,UP,LOWER_UP>"
t_like "lo has 127.0.0.1" "$(ip addr)" "inet 127\.0\.0\.1/8"
t_like "lo has ::1" "$(ip addr)" "inet6 ::1/128"
t_like "vd0 is down" "$(ip link show vd0)" "^2: vd0[:@].*<BROADCAST,MULTICAST> mtu 1500 .*state DOWN"
t "ip link set vd0 up" ip link set vd0 up
t "ip addr add" ip addr add 10.1.2.3/24 dev vd0
t_like "vd0 is up" "$(ip link show vd0)" "<BROADCAST,MULTICAST,UP,LOWER_UP>"
t_like "inet" "$(ip addr show vd0)" "inet 10\.1\.2\.3/24"
t_like "inet6 fe80" "$(ip addr show vd0)" "inet6 fe80::[0-9a-f:]*/64 scope link"
t_like "ip route" "$(ip route)" "10\.1\.2\.0/24 dev vd0"
t "ip route add default" ip route add default via 10.1.2.1
t_like "ip route get" "$(ip route get 192.0.2.1)" "via 10\.1\.2\.1 dev vd0"
t "ping itself" ping -c 1 -W 2 10.1.2.3
t "ping 127.0.0.1" ping -c 1 -W 2 127.0.0.1
t "ping ::1" ping -c 1 -W 2 ::1
t_is "if_nametoindex(3)" "$(/usr/bin/python3 -c "
import socket
print(socket.if_nametoindex(\"vd0\"), socket.if_indextoname(1), len(socket.if_nameindex()))")" "2 lo 2"
has ifconfig ifconfig && {
	t_like "ifconfig" "$(ifconfig vd0)" "inet 10\.1\.2\.3 .*netmask 255\.255\.255\.0"
	t "ifconfig sets" ifconfig vd0 10.1.2.77 netmask 255.255.255.0 mtu 1400
	t_like "what ifconfig set" "$(ip addr show vd0)" "mtu 1400.*|10\.1\.2\.77"
}
t "umount" umount /dev/net/default
t_is "the host is back" "$(ip addr)" "$host"
t "um_del_service" um_del_service umnet
t_end'
preload=umnet

# --- Options.

inside "options" '
t "vd0= with mac and mtu" mount -t umnetns \
	-o vd0=,mac=02:00:00:00:00:77,mtu=1300,net.ipv4.ip_default_ttl=7 none /dev/net/a
t_like "mac and mtu" "$(mstack /dev/net/a ip link show vd0)" "mtu 1300"
t_like "mac" "$(mstack /dev/net/a ip link show vd0)" "02:00:00:00:00:77"
t_like "the value" "$(mstack /dev/net/a ping -c 1 127.0.0.1)" "ttl=7 "
t "two interfaces" mount -t umnetns -o vd2 none /dev/net/b
t_is "vd0 and vd1" "$(mstack /dev/net/b ip -o link | grep -c ": vd[01]")" 2
for bad in bla=1 ra=/etc/passwd net.ipv4.nothing=1 net.ipv4.../kernel=1 net/ipv4=1 vd0=/no/switch mtu=5 vdx=; do
	t_is "$bad is refused" "$(mount -t umnetns -o "lo,$bad" none /dev/net/bad > /dev/null 2>&1; echo $?)" 32
done
t_end'
is "options: a message each" "$(grep -c "umview: mount: umnetns" "$inside_out")" 8

# --- Links that the user may make.

inside "links" '
t_or_end t "mount" mount -t umnetns -o lo none /dev/net/default
for type in dummy veth bridge ifb wireguard vrf "vxlan id 5 dstport 4789" gre ipip; do
	case $type in gre|ipip) type="$type local 127.0.0.1 remote 127.0.0.2" ;; esac
	link $type
done
ip link add e0 type veth peer name e1
ip link set e0 up && ip link set e1 up
link vlan id 5
t "bridge" ip link add b0 type bridge
t "a port of a bridge" ip link set e1 master b0
t_like "bridge link" "$(bridge link)" "e1.* master b0"
t "ip addr add" ip addr add 10.5.0.1/24 dev b0
t "ip link set b0 up" ip link set b0 up
t "ip neigh add" ip neigh add 10.5.0.9 lladdr 02:00:00:00:00:09 dev b0
t_like "ip neigh" "$(ip neigh)" "10\.5\.0\.9 .*PERMANENT"
t "ip rule" ip rule add from 10.5.0.1 table 100
t_like "the host is out of reach" "$(ip link set e0 netns $$ 2>&1)" "not permitted"
t_end'

# --- Servers and tools.

cat > "$T/nginx.conf" <<-EOF
	daemon off;
	pid $T/tmp/nginx.pid;
	worker_processes 2;
	error_log $T/home/nginx.error;
	events { worker_connections 512; }
	http {
		access_log off;
		sendfile on;
		client_body_temp_path $T/home/body;
		proxy_temp_path $T/home/proxy;
		fastcgi_temp_path $T/home/fastcgi;
		uwsgi_temp_path $T/home/uwsgi;
		scgi_temp_path $T/home/scgi;
		server { listen 80; listen [::]:80; root $T/www; }
	}
EOF
cat > "$T/echo.py" <<-'EOF'
	import asyncio, sys
	async def serve(r, w):
	    while data := await r.read(65536):
	        w.write(data)
	        await w.drain()
	    w.close()
	async def ask(host, port, n):
	    r, w = await asyncio.open_connection(host, port)
	    async def send():
	        w.write(bytes([n]) * 300000)
	        await w.drain()
	        w.write_eof()
	    _, got = await asyncio.gather(send(), r.read())
	    w.close()
	    return got == bytes([n]) * 300000
	async def main():
	    for host in "127.0.0.1", "::1":
	        s = await asyncio.start_server(serve, host, 7)
	        print(host, all(await asyncio.gather(*(ask(host, 7, n) for n in range(50)))))
	        s.close()
	asyncio.run(main())
EOF
inside "servers" 'big='"$big"'
t_or_end t "mount" mount -t umnetns -o lo none /dev/net/default
has nginx nginx && has curl nginx && {
	nginx -c "$T/nginx.conf" > "$HOME/nginx.out" 2>&1 & p=$!
	wait_for 10 curl -s -o /dev/null http://127.0.0.1/one
	t_is "nginx on port 80" "$(curl -s http://127.0.0.1/one)" "a page"
	t_is "and over IPv6" "$(curl -s "http://[::1]/big" | sum)" "$big"
	has ss ss && {
		t_like "ss finds it" "$(ss -tlnp)" "0\.0\.0\.0:80 .*nginx"
		t_like "ss over IPv6" "$(ss -6tln)" "\[::\]:80 "
	}
	kill $p; wait $p
}
has iperf3 iperf3 && for way in "" -R; do
	iperf3 -s -1 > /dev/null & p=$!
	wait_for 10 sh -c "ss -tln | grep -q :5201"
	t_like "iperf3 $way" "$(iperf3 $way -c 127.0.0.1 -t 1 2>&1)" "receiver"
	wait $p
done
t_is "asyncio" "$(/usr/bin/python3 "$T/echo.py")" "127.0.0.1 True
::1 True"
t "icmp datagram socket" /usr/bin/python3 -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)"
has tcpdump tcpdump && {
	tcpdump -i lo -n -c 2 -w "$HOME/lo.pcap" icmp 2> "$HOME/tcpdump.err" & p=$!
	wait_for 10 grep -q "listening on" "$HOME/tcpdump.err"
	ping -c 2 -i 0.2 127.0.0.1 > /dev/null
	wait $p
	t_is "tcpdump ends" $? 0
	t_is "tcpdump of lo" "$(tcpdump -n -r "$HOME/lo.pcap" 2>/dev/null | grep -c "127.0.0.1 > 127.0.0.1: ICMP echo")" 2
}
# A family that no namespace holds is refused to who chose the stack, not lent by the host.
t_is "AF_VSOCK" "$(mstack /dev/net/default /usr/bin/python3 -c "
import socket
try: print(socket.socket(socket.AF_VSOCK))
except OSError as e: print(e.errno)")" 97
t_end'

# A socket keeps its stack, wherever it goes; and outlives it.
cat > "$T/far.py" <<-'EOF'
	# On /dev/net/k0: gives a listener on port 80 to whoever started us, who has another stack.
	import socket, sys
	s = socket.socket()
	s.bind(("127.0.0.1", 80))
	s.listen()
	there = socket.socket(fileno=0)
	socket.send_fds(there, [b"x"], [s.fileno()])
	there.recv(1)
	c = socket.create_connection(("127.0.0.1", 80))
	c.sendall(b"over k0")
	there.recv(1)
EOF
cat > "$T/passing.py" <<-'EOF'
	import socket, subprocess, sys
	def say(what, good): print("ok" if good else "not ok", "-", what)
	here, there = socket.socketpair()
	far = subprocess.Popen(["mstack", "/dev/net/k0", sys.executable, sys.argv[1]], stdin=there)
	_, (fd,), _, _ = socket.recv_fds(here, 1, 1)
	listener = socket.socket(fileno=fd)
	own = socket.socket()
	own.bind(("127.0.0.1", 80))
	own.listen()
	say("port 80 of one's own beside one that was received", True)
	here.send(b"x")
	connection, _ = listener.accept()
	say("a received listener accepts from its own stack", connection.recv(20) == b"over k0")
	here.send(b"x")
	far.wait()
	say("end of file when the other end is closed", connection.recv(20) == b"")
EOF
inside "passing" '
t_or_end t "mount k0" mount -t umnetns -o lo none /dev/net/k0
t_or_end t "mount k1" mount -t umnetns -o lo none /dev/net/k1
mstack /dev/net/k1 /usr/bin/python3 "$T/passing.py" "$T/far.py"
t_end'

cat > "$T/outlives.py" <<-'EOF'
	import os, signal, socket, subprocess, time
	def say(what, good): print("ok" if good else "not ok", "-", what)
	def stack():
	    for p in filter(str.isdigit, os.listdir("/proc")):
	        try: line = open(f"/proc/{p}/cmdline", "rb").read().split(b"\0")
	        except OSError: continue
	        if line[:2] == [b"umnet-ns", os.environb[b"T"]]: return int(p)
	def new():
	    try: return socket.socket()
	    except OSError as error: return error.errno
	server, client, late = socket.socket(), socket.socket(), socket.socket()
	server.bind(("127.0.0.1", 80))
	server.listen()
	client.connect(("127.0.0.1", 80))
	os.kill(stack(), signal.SIGKILL)
	for _ in range(100):
	    if new() == 100: break
	    time.sleep(0.05)
	say("a new socket on a stack that was killed is ENETDOWN", new() == 100)
	peer, _ = server.accept()
	client.sendall(b"still here")
	say("connected sockets go on", peer.recv(100) == b"still here")
	late.connect(("127.0.0.1", 80))
	say("so does one that connects now", True)
	subprocess.run(["umount", "/dev/net/default"], check=True)
	peer.sendall(b"and after umount")
	say("after umount, too", client.recv(100) == b"and after umount")
EOF
inside "killed" '
t_or_end t "mount" mount -t umnetns -o lo "$T" /dev/net/default
/usr/bin/python3 "$T/outlives.py"
t "a new one" mount -t umnetns -o lo none /dev/net/default
t "which works" ping -c 1 127.0.0.1
t_end'
like "killed: the message" "$(cat "$inside_out")" "/dev/net/default: the stack has died"

# --- Wires.

cat > "$T/tag.py" <<-'EOF'
	# Sends a frame with an 802.1Q tag from a to b, as their packet sockets see it.
	import socket, struct, subprocess, sys
	def packet():
	    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
	    s.bind(("vd0", 0 if sys.argv[1:] else 3))
	    return s
	s = packet()
	frame = b"\xff" * 6 + s.getsockname()[4] + b"\x81\x00\x00\x05\x88\xb5" + b"tagged".ljust(50)
	if sys.argv[1:]:
	    s.send(frame)
	    sys.exit()
	s.settimeout(10)
	s.setsockopt(263, 8, 1)		# PACKET_AUXDATA: the kernel takes the tag out of the frame
	subprocess.run(["mstack", "/dev/net/a", sys.executable, __file__, "send"], check=True)
	while b"tagged" not in (got := s.recvmsg(2000, 200))[0]: pass
	status, *_, tag, protocol = struct.unpack("=IIIHHHH", got[1][0][2])
	print(got[0][12:18].hex(), "tag", hex(protocol), tag if status & 16 else "none")
EOF
wires() {	# wires WHAT: once for each kind of device
	inside "$1, two on the session's wire" 'big='"$big"'
two umnetns vd0= umnetns vd0=
transfer /dev/net/a /dev/net/b 10.0.0.1
transfer /dev/net/b /dev/net/a "[fc00::2]"
has tcpdump tcpdump && {
	mstack /dev/net/b tcpdump -i vd0 -n -c 2 -w "$HOME/vd0.pcap" icmp 2> "$HOME/tcpdump.err" & p=$!
	wait_for 10 grep -q "listening on" "$HOME/tcpdump.err"
	mstack /dev/net/a ping -c 2 -i 0.2 10.0.0.2 > /dev/null
	wait $p
	t_is "tcpdump ends" $? 0
	t_is "tcpdump of vd0" "$(tcpdump -n -r "$HOME/vd0.pcap" 2>/dev/null | grep -c "ICMP echo")" 2
}
has arping arping && t "arping" mstack /dev/net/a arping -c 2 -w 5 -I vd0 10.0.0.2
has iperf3 iperf3 && {
	mstack /dev/net/a iperf3 -s -1 > /dev/null & p=$!
	wait_for 10 sh -c "mstack /dev/net/a ss -tln | grep -q :5201"
	t_like "iperf3" "$(mstack /dev/net/b iperf3 -c 10.0.0.1 -t 1 2>&1)" "receiver"
	wait $p
}
t_end'
	inside "$1, with umnetlwipv6 on ptp://" 'big='"$big"'
two umnetns "vd0=ptp://$T/tmp/ptp" umnetlwipv6 "vd0=ptp://$T/tmp/ptp"
transfer /dev/net/a /dev/net/b 10.0.0.1
transfer /dev/net/b /dev/net/a "[fc00::2]"
t_is "a VLAN tag goes through" "$(mstack /dev/net/b /usr/bin/python3 "$T/tag.py")" "88b574616767 tag 0x8100 5"
t_end'
}
devices=0
if ! as_user sh -c ': <> /dev/net/tun' 2>/dev/null; then
	wires "veth"
	devices=1
else
	skip "wires that end in a veth pair" "/dev/net/tun can be opened: they end in a TAP"
fi
if tun_node; then
	wires "TAP"
elif [ $devices = 1 ]; then
	skip "wires that end in a TAP" "/dev/net/tun is not ours to open"
fi

if PATH=$search_path command -v vde_switch > /dev/null; then
	inside "a wire that dies" '
vde_switch -s "$T/tmp/switch" -d -p "$T/tmp/pid" < /dev/null > /dev/null 2>&1
wait_for 5 test -S "$T/tmp/switch/ctl"
two umnetns "vd0=$T/tmp/switch" umnetlwipv6 "vd0=$T/tmp/switch"
kill "$(cat "$T/tmp/pid")"
t "no carrier" wait_for 10 sh -c "mstack /dev/net/a ip link show vd0 | grep -q NO-CARRIER"
t "the stack lives" mstack /dev/net/a ping -c 1 -W 2 10.0.0.1
t "so does its configuration" mstack /dev/net/a ip link set vd0 mtu 1400
rm -rf "$T/tmp/switch" "$T/tmp/pid"
t_end'
	is "a wire that dies: said once" "$(grep -c "umnetns: /dev/net/a: vd0: the wire is gone" "$inside_out")" 1
else
	skip "a wire that dies" "vde_switch is not installed"
fi
inside "an interface that is deleted" '
t_or_end t "mount" mount -t umnetns -o vd0= "$T" /dev/net/default
t "ip link del vd0" ip link del vd0
t_is "it is gone" "$(ip -br link | wc -l)" 1
t "the stack lives" ping -c 1 -W 2 127.0.0.1
stack=$(grep -lsz "^$T\$" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ p _; do
	grep -qs "(umnet-ns)" "/proc/$p/stat" && echo "$p"
done)
before=$(cut -d" " -f14,15 "/proc/$stack/stat")
sleep 0.5
t_is "and rests" "$(cut -d" " -f14,15 "/proc/$stack/stat")" "$before"
t_end'

# --- Wires to the host's TAP and TUN interfaces, in a network namespace of this test's own.

if [ "$(id -u)" = 0 ] && tun_node && unshare -n true 2>/dev/null; then
	cat > "$T/far.sh" <<-EOF
		ip link set lo up
		echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range
		ip tuntap add dev tunx mode tun user $UMTEST_UID && ip tuntap add dev tapx mode tap user $UMTEST_UID
		ip addr add 10.3.0.254/24 dev tunx && ip addr add 10.4.0.254/24 dev tapx
		ip link set tunx up && ip link set tapx up
		exec "\$@"
	EOF
	around=(unshare -n bash "$T/far.sh")
	inside "TAP and TUN of the host" '
t_or_end t "mount" mount -t umnetns -o tp0=tapx,tn0=tunx none /dev/net/k0
t_like "tn0" "$(mstack /dev/net/k0 ip link show tn0)" "<POINTOPOINT,MULTICAST,NOARP>"
t "tp0" up /dev/net/k0 tp0 10.4.0.1/24
t "tn0" up /dev/net/k0 tn0 10.3.0.1/24
t "ping of the host over tp0" mstack /dev/net/k0 ping -c 2 -i 0.2 -W 2 10.4.0.254
t "ping of the host over tn0" mstack /dev/net/k0 ping -c 2 -i 0.2 -W 2 10.3.0.254
t "and back" ping -c 2 -i 0.2 -W 2 10.4.0.1
t "a link to it" mount -t umnetlink -o ip /dev/net/k0 /dev/net/link
t "ping through the link" mstack /dev/net/link ping -c 1 -W 2 10.3.0.254
t_end'
	around=()
else
	skip "TAP and TUN of the host" "no /dev/net/tun can be made here"
fi

# --- Root's views, in a network namespace of this test's own.

if [ "$(id -u)" = 0 ]; then
	cat > "$T/root.sh" <<-'EOF'
		. "$T/in.sh"
		t_or_end t "mount" mount -t umnetns -o lo none /dev/net/default
		t_is "an empty network" "$(ip -br link | wc -l)" 1
		t "ip link add" ip link add e0 type veth peer name e1
		t "ping" ping -c 1 127.0.0.1
		serve='import socket; s = socket.socket(); s.bind(("127.0.0.1", PORT)); print("bound")'
		port() { echo "$serve" | sed "s/PORT/$1/"; }
		t_is "port 80" "$(/usr/bin/python3 -c "$(port 80)")" bound
		nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
		t_is "another user binds" "$($nobody /usr/bin/python3 -c "$(port 8080)")" bound
		t_like "but not port 80" "$($nobody /usr/bin/python3 -c "$(port 80)" 2>&1)" "PermissionError"
		t_like "nor configures" "$($nobody ip link set e0 up 2>&1)" "not permitted"
		chmod 755 /dev/net/default
		t_like "by ioctl either" "$($nobody /usr/bin/python3 -c '
		import fcntl, socket, struct
		s = socket.socket(socket.AF_UNIX)
		print(struct.unpack("16sh", fcntl.ioctl(s, 0x8913, struct.pack("16sh22x", b"lo", 0))[:18])[1] & 1)
		fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0))' 2>&1 | tr '\n' ' ')" "^1 .*PermissionError"
		t_end
	EOF
	timeout -k 3 60 unshare -n env T="$T" PATH="$search_path" XDG_RUNTIME_DIR="$T/run" TMPDIR="$T/tmp" \
		"$UMVIEW" -q -p umnet -- sh "$T/root.sh" > "$T/root.out" 2>&1 < /dev/null
	relay "root" "$T/root.out" || { not_ok "root: the session came to its end"; note < "$T/root.out"; }
else
	skip "root's views" "not root"
fi
finish
