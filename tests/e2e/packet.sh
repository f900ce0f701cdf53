#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packet.sh - packet sockets on a user-level stack: tcpdump (with its mapped ring), arping,
# frames made by hand; with a veth pair and with a TAP device; and where the kernel gives no
# namespace.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip tcpdump python3

if ! bounded unshare -Urn true 2>/dev/null; then
	skip "tcpdump" "no user namespace for us here"
	finish
fi

# --- What the scripts share: two stacks on a wire, a and b.

cat > "$T/two.sh" <<'EOF'
wire=$T/tmp/wire
two() {
	mount -t umnetlwipv6 -o vd0=ptp://$wire,mac=02:00:00:00:00:01 none /dev/net/a || return
	mount -t umnetlwipv6 -o vd0=ptp://$wire,mac=02:00:00:00:00:02 none /dev/net/b || return
	up /dev/net/a vd0 10.0.0.1/24 fc00::1/64 && up /dev/net/b vd0 10.0.0.2/24 fc00::2/64
	wait_for 10 mstack /dev/net/a ping -c 1 -W 1 10.0.0.2
}
# dump STACK FILE OPTIONS...: tcpdump, which listens when this returns; its pid in $dump
dump() {
	dump_stack=$1 dump_file=$2
	shift 2
	mstack "$dump_stack" tcpdump -n -U --immediate-mode "$@" > "$dump_file" 2> "$dump_file.err" &
	dump=$!
	wait_for 10 grep -q "listening on" "$dump_file.err"
}
done_dumping() {
	kill "$dump" && wait "$dump" 2>/dev/null
}
EOF

capture='
. "$T/two.sh"
t_or_end t "two stacks" two
f=$T/tmp/dump
# A ping and a connection, as a sees them.
mstack /dev/net/b ip neigh flush dev vd0; mstack /dev/net/a ip neigh flush dev vd0
dump /dev/net/a $f -w $f.pcap -i vd0
mstack /dev/net/a ping -c 3 -i 0.2 10.0.0.2 > /dev/null
mstack /dev/net/b python3 -c "
import socket
l = socket.socket(); l.bind((\"10.0.0.2\", 8080)); l.listen(1)
open(\"$f.ready\", \"w\").close()
s = l.accept()[0]; s.sendall(s.recv(100)); s.recv(1)" & server=$!
wait_for 10 test -e $f.ready
mstack /dev/net/a python3 -c "
import socket
s = socket.create_connection((\"10.0.0.2\", 8080)); s.sendall(b\"hello hello\"); print(s.recv(100))" > /dev/null
wait $server
wait_for 10 sh -c "[ \$(tcpdump -n -r $f.pcap tcp 2>/dev/null | grep -c \"\\[F\") = 2 ]"
done_dumping
tcpdump -n -t -r $f.pcap > $f.text 2>/dev/null
t_is "tcpdump -w, -r: who has" "$(grep -c "ARP, Request who-has 10.0.0.2 tell 10.0.0.1" $f.text)" 1
t_is "echo requests" "$(grep -c "10.0.0.1 > 10.0.0.2: ICMP echo request" $f.text)" 3
t_is "echo replies" "$(grep -c "10.0.0.2 > 10.0.0.1: ICMP echo reply" $f.text)" 3
t_is "the handshake" "$(grep -o "Flags \[S[.]*\]" $f.text | xargs)" "Flags [S] Flags [S.]"
t_is "the data, both ways" "$(grep -c "length 11" $f.text)" 2
t_like "the sums are right" "$(tcpdump -n -vv -r $f.pcap tcp 2>/dev/null | grep -c "cksum.*(correct)")" "^[1-9][0-9]*$"
t_is "none is wrong" "$(tcpdump -n -vv -r $f.pcap 2>/dev/null | grep -c incorrect)" 0
rm $f*
# Which way, on any interface, loopback too.
dump /dev/net/a $f -i any -l -t icmp
mstack /dev/net/a ping -c 1 10.0.0.2 > /dev/null; mstack /dev/net/b ping -c 1 10.0.0.1 > /dev/null
mstack /dev/net/a ping -c 1 127.0.0.1 > /dev/null
wait_for 10 sh -c "[ \$(wc -l < $f) = 8 ]"
done_dumping
t_is "directions" "$(awk "{ print \$1, \$2 }" $f | xargs)" "vd0 Out vd0 In vd0 In vd0 Out lo0 Out lo0 In lo0 Out lo0 In"
rm $f*
dump /dev/net/a $f -i lo0 -l -t -Q in icmp6
mstack /dev/net/a ping -c 1 ::1 > /dev/null
wait_for 10 sh -c "[ \$(wc -l < $f) = 2 ]"
done_dumping
t_is "lo0, IPv6, -Q in" "$(cut -d, -f1-2 $f)" "IP6 ::1 > ::1: ICMP6, echo request
IP6 ::1 > ::1: ICMP6, echo reply"
rm $f*
# Nothing is sent twice while somebody listens.
dump /dev/net/a $f -i vd0 -w /dev/null
t_like "a flood of pings, no duplicates" "$(mstack /dev/net/a ping -c 200 -i 0.002 10.0.0.2)" "200 packets transmitted, 200 received, 0% packet loss"
mstack /dev/net/a ip link set vd0 mtu 1400; mstack /dev/net/a ip link set vd0 mtu 1500
mstack /dev/net/a ip link set vd0 address 02:00:00:00:00:09; mstack /dev/net/b ip neigh flush dev vd0
t "its MAC may change meanwhile" mstack /dev/net/a ping -c 1 -W 3 10.0.0.2
mstack /dev/net/a ip link set vd0 address 02:00:00:00:00:01; mstack /dev/net/b ip neigh flush dev vd0
t "and be what it was" mstack /dev/net/a ping -c 1 -W 3 10.0.0.2
mstack /dev/net/a ip link set vd0 down
mstack /dev/net/a ip link set vd0 up
done_dumping
t_like "tcpdump outlives down and up" "$(cat $f.err)" "packets received by filter"
rm $f*
t_like "tcpdump -D" "$(mstack /dev/net/a tcpdump -D)" "vd0"
'
arping='
if command -v arping > /dev/null; then
	t_like "arping" "$(mstack /dev/net/a arping -c 2 -w 5 -I vd0 10.0.0.2)" "Received 2 response"
	t_like "arping, nobody" "$(mstack /dev/net/a arping -c 1 -w 1 -I vd0 10.0.0.77)" "Received 0 response"
else
	echo "skip - no arping here"
fi
'
# by_hand NAME: a socket of b's and one of a's; frames with the first's own hands.
cat > "$T/frames.py" <<'EOF'
import errno, os, socket, struct, subprocess, sys, time
A, B, T = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", 0x88b5	# a protocol nobody has
def packet(type=socket.SOCK_RAW, protocol=T, device="vd0"):
    s = socket.socket(socket.AF_PACKET, type, socket.htons(protocol))
    s.bind((device, protocol))
    s.settimeout(5)
    return s
def show(what, s):
    try:
        data, (device, protocol, kind, hardware, address) = s.recvfrom(2000)
        print(what, device, hex(protocol), kind, hardware, len(data), data[:18].hex(), address.hex(), flush=True)
    except OSError as e:
        print(what, e, flush=True)
def tell(f): open(f, "w").close()
if sys.argv[1] == "listen":
    raw, cooked, promiscuous = packet(), packet(socket.SOCK_DGRAM), packet(protocol=T + 1)
    promiscuous.setsockopt(263, 1, struct.pack("=iHH8s", socket.if_nametoindex("vd0"), 1, 0, b""))
    time.sleep(0.2)
    tell(sys.argv[2])
    for i in range(2): show("raw", raw); show("cooked", cooked)
    show("not ours, promiscuous", promiscuous)
else:
    s, d = packet(protocol=3), packet(socket.SOCK_DGRAM)
    print("sent", s.send(B + A + struct.pack("!H", T) + b"to b" + bytes(50)))
    print("sent", d.sendto(b"to all" + bytes(50), ("vd0", T, 0, 1, b"\xff" * 6)))
    print("sent", s.send(b"\2\0\0\0\0\x77" + A + struct.pack("!H", T + 1) + b"somebody" + bytes(50)))
    s.settimeout(0.5)		# not what it sent itself
    for i in range(2): show("my own", s)
    for bad in (b"", b"short", bytes(1600)):
        try: print("sent", s.send(bad))
        except OSError as e: print(len(bad), errno.errorcode[e.errno])
    n = packet(device="lo0")
    n.send(bytes(12) + struct.pack("!H", T) + b"on lo0" + bytes(50))
    show("lo0", n)
    try: packet(device="nosuch")
    except OSError as e: print("nosuch", errno.errorcode[e.errno])
EOF
chmod 644 "$T/frames.py"
frames='
mstack /dev/net/b python3 $T/frames.py listen $T/tmp/ready > $T/tmp/listened & listener=$!
wait_for 10 test -e $T/tmp/ready
sent=$(mstack /dev/net/a python3 $T/frames.py send 2>&1)
wait $listener
listened=$(cat $T/tmp/listened)
rm $T/tmp/listened $T/tmp/ready
'
frames_check='
t_is "frames by hand: received" "$listened" "raw vd0 0x88b5 0 1 68 02000000000202000000000188b5746f2062 020000000001
cooked vd0 0x88b5 0 1 54 746f20620000000000000000000000000000 020000000001
raw vd0 0x88b5 1 1 70 ffffffffffff02000000000188b5746f2061 020000000001
cooked vd0 0x88b5 1 1 56 746f20616c6c000000000000000000000000 020000000001
not ours, promiscuous vd0 0x88b6 3 1 72 02000000007702000000000188b6736f6d65 020000000001"
'
frames_sent='
t_is "frames by hand: sent" "$sent" "sent 68
sent 56
sent 72
my own vd0 0x88b5 4 1 70 ffffffffffff02000000000188b5746f2061 020000000001
my own timed out
0 EINVAL
5 EINVAL
1600 EMSGSIZE
lo0 lo0 0x88b5 0 772 70 00000000000000000000000088b56f6e206c 000000000000
nosuch ENODEV"
'
ends='
# The last socket is gone: so is the image, when the next packets come by.
mirrors() {
	for m in $(pgrep -x umnet-mirror); do
		grep -qsz "^UMTEST_MARK=$UMTEST_MARK" /proc/$m/environ && echo $m
	done | wc -l
}
mirrored() { mstack /dev/net/a ping -c 1 -W 1 10.0.0.2 > /dev/null; mstack /dev/net/b ping -c 1 -W 1 10.0.0.1 > /dev/null; [ $(mirrors) = $1 ]; }
t "nothing is left of it" wait_for 20 mirrored 0
dump /dev/net/a $T/tmp/dump -i vd0 -w /dev/null
t_is "there it is again" "$(mirrors)" 1
t_is "ss knows the socket" "$(mstack /dev/net/a ss -0anp | grep -c tcpdump)" 1
for p in $(pgrep -x umnet-lwipv6); do
	tr "\0" " " < /proc/$p/cmdline | grep -q "/dev/net/a.*$wire" && kill -9 $p
done
gone() { [ "$(mirrors)" = 0 ]; }
t "it dies with its stack" wait_for 10 gone
kill $dump 2>/dev/null; wait $dump 2>/dev/null
rm -f $T/tmp/dump* $T/tmp/wire*
t_end'

chmod 644 "$T/two.sh"
inside "veth" "$capture$arping$frames$frames_check$frames_sent$ends" 2>&1

if tun_node; then
	inside "TAP" "$capture$arping$frames$frames_check$frames_sent$ends"
else
	skip "TAP" "/dev/net/tun is not ours to open"
fi

# --- No namespace: packet sockets are carriers.  arping and frames by hand work, rings do not.

if bounded unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_net_namespaces && ! unshare -n true' 2>/dev/null; then
	real=$UMVIEW
	cat > "$T/denied" <<-EOF
		#!/bin/sh
		exec unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_net_namespaces && exec "\$@"' sh $real "\$@"
	EOF
	chmod 755 "$T/denied"
	UMVIEW=$T/denied
	inside "no namespaces" '. "$T/two.sh"
t_or_end t "two stacks" two
'"$arping$frames$frames_check"'
rm -f $T/tmp/wire*
t_end'
	UMVIEW=$real
else
	skip "no namespaces" "their number cannot be limited here"
fi

finish
