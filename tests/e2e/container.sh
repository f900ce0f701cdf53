#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# container.sh - inside a container: a seccomp filter like Docker's default profile denies
# mount(2), namespaces, pidfd_getfd(2) and every number that it does not know (../guest/container.c);
# user.max_user_namespaces is 0; /dev/net/tun and /dev/fuse are not to be opened.
# The sessions of the slides work all the same, verbatim, and what else a user-level stack does.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip mount ping curl /usr/bin/python3
[ -n "$UMVIEW" ] || skip_all "is about umview"
# The filter's numbers are those of x86-64.
[ "$(uname -m)" = x86_64 ] || skip_all "needs x86-64"
container=$(guest container) || exit 99

# as_user, but with no user namespaces to be had, if a namespace of ours can be told so.
declare -f as_user | sed '1s/as_user/as_ordinary/' > "$T/as_ordinary.sh"
# shellcheck source=/dev/null
. "$T/as_ordinary.sh"
cat > "$T/limit.sh" <<'EOF'
echo 0 > /proc/sys/user/max_user_namespaces || exit 99
exec setpriv --ambient-caps=-all --inh-caps=-all "$@"
EOF
limits=()
if as_ordinary unshare -U --map-current-user --keep-caps bash "$T/limit.sh" true 2>/dev/null; then
	limits=(unshare -U --map-current-user --keep-caps bash "$T/limit.sh")
else
	echo "# user.max_user_namespaces cannot be set here: the filter alone"
fi
filter=()
as_user() { as_ordinary "${limits[@]}" "$container" "${filter[@]}" "$@"; }

is "the filter denies mount" "$(bounded mount -t tmpfs none /mnt > "$T/out" 2>&1; echo $?)" 32
is "and user namespaces" "$(bounded unshare -U true > "$T/out" 2>&1; echo $?)" 1

# --- The slides, by each kind of filter.

slides='
host=$(ip addr)
t_or_end t "um_add_service umnet" um_add_service umnet
t_like "um_ls_service" "$(um_ls_service)" "^umnet: "
t_or_end t "mount" mount -t umnetlwipv6 none /dev/net/default
t_is "what mount printed" "$t_out" ""
t_like "mount lists it" "$(mount)" "/dev/net/default type umnetlwipv6"
t_like "vd0 is down" "$(ip link show vd0)" "^2: vd0: <BROADCAST(,MULTICAST)?> .*state DOWN"
t "ip link set vd0 up" ip link set vd0 up
t "ip addr add" ip addr add 10.1.2.3/24 dev vd0
t_like "inet 10.1.2.3/24" "$(ip addr show vd0)" "inet 10\.1\.2\.3/24"
t "ping itself" ping -c 1 -W 2 10.1.2.3
t "ping ::1" ping -6 -c 1 -W 2 ::1
t_is "um_del_service while mounted" "$(um_del_service umnet 2>&1)" "um_del_service: umnet: Device or resource busy"
t "umount" umount /dev/net/default
t_is "the host is back" "$(ip addr)" "$host"
t "umount again fails" sh -c "! umount /dev/net/default"
t "um_del_service" um_del_service umnet
t_is "no service" "$(um_ls_service)" ""
t_is "a type that nobody serves" "$(mount -t tmpfs none /mnt > /dev/null 2>&1; echo $?)" 32
t_end'
preload=
inside "ENOSYS for what it does not know" "$slides"
filter=(-e EPERM -m)
inside "EPERM, and no process_vm_readv" "$slides"
filter=(-o)
inside "no pidfds" "$slides"
filter=()

# --- Two stacks at two paths, joined by a wire.

preload=umnet
inside "two stacks" '
t_or_end t "mount" mount -t umnetlwipv6 -o "vd0=ptp://$T/tmp/wire" none /dev/lwip0
t_or_end t "mount another" mount -t umnetlwipv6 -o "vd0=ptp://$T/tmp/wire" none /dev/lwip1
up /dev/lwip0 vd0 10.5.0.1/24 fc05::1/64
up /dev/lwip1 vd0 10.5.0.2/24 fc05::2/64
zero() { mstack /dev/lwip0 "$@"; }
one() { mstack /dev/lwip1 "$@"; }
t_is "each its own" "$(zero ip addr | grep -c 10.5.0.2)" 0
t "ping" wait_for 10 zero ping -c 1 -W 1 10.5.0.2
t "ping, IPv6" wait_for 10 zero ping -c 1 -W 1 fc05::2

mkdir "$T/tmp/www" && head -c 1000000 /dev/urandom > "$T/tmp/www/big"
cat > "$T/tmp/www.py" <<EOF
import sys, functools, http.server as h
handler = functools.partial(h.SimpleHTTPRequestHandler, directory=sys.argv[1])
h.ThreadingHTTPServer(("10.5.0.2", 80), handler).serve_forever()
EOF
mstack /dev/lwip1 /usr/bin/python3 "$T/tmp/www.py" "$T/tmp/www" > /dev/null 2>&1 &
server=$!
t "a server" wait_for 10 zero curl -sf -o /dev/null http://10.5.0.2/
t_is "curl" "$(zero curl -s http://10.5.0.2/big | sum)" "$(sum < "$T/tmp/www/big")"

cat > "$T/tmp/many.py" <<EOF
import socket
for i in range(200):
    s = socket.create_connection(("10.5.0.2", 80), 5)
    s.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
    data = b""
    while True:
        piece = s.recv(4096)
        if not piece:
            break
        data += piece
    s.close()
    assert data.startswith(b"HTTP/1.0 200"), data
EOF
t "200 connections, each with its end" zero /usr/bin/python3 "$T/tmp/many.py"
kill $server; wait $server 2>/dev/null
# Who has a listener is looked up now and then only.
refused() { zero curl -s -m 5 -o /dev/null http://10.5.0.2/; [ $? = 7 ]; }
t "refused when the server is gone" wait_for 5 refused

# The port of what was closed is free, though nobody tells of the close.
cat > "$T/tmp/again.py" <<EOF
import socket
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    for i in range(10):
        s = socket.socket(socket.AF_INET, kind)
        s.bind(("10.5.0.2", 5353))
        if kind == socket.SOCK_STREAM:
            s.listen()
        s.close()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.5.0.2", 5353))
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("10.5.0.2", 5353))
    print("two with one port")
except OSError as e:
    print(e.strerror)
EOF
t_is "a port closed and bound again" "$(one /usr/bin/python3 "$T/tmp/again.py" 2>&1)" "Address already in use"

# Addresses, time-outs, who waits and who does not.
cat > "$T/tmp/answer.py" <<EOF
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.5.0.2", 53))
while True:
    data, who = s.recvfrom(2000)
    s.sendto(data[::-1], who)
EOF
cat > "$T/tmp/ask.py" <<EOF
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
for i in range(50):
    try:
        s.sendto(b"abc%d" % i, ("10.5.0.2", 53))
        data, who = s.recvfrom(2000)
        assert (data, who) == ((b"abc%d" % i)[::-1], ("10.5.0.2", 53)), (data, who)
    except TimeoutError:
        assert i < 5, i     # the server may only just begin
s.setblocking(False)
try:
    s.recvfrom(10)
    assert False
except BlockingIOError:
    pass
s.setblocking(True)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\0" * 8 + (200000).to_bytes(8, "little"))
began = time.monotonic()
try:
    s.recvfrom(10)
    assert False
except BlockingIOError:
    assert 0.15 < time.monotonic() - began < 5
t = socket.socket()
t.settimeout(0.2)
try:
    t.connect(("10.5.0.9", 1))
    assert False
except TimeoutError:
    pass
except OSError as e:
    assert "No route" in e.strerror, e
t = socket.socket()
t.setblocking(False)
assert t.connect_ex(("10.5.0.2", 9)) in (115, 111)
EOF
mstack /dev/lwip1 /usr/bin/python3 "$T/tmp/answer.py" &
server=$!
t "UDP with addresses, and time-outs" zero /usr/bin/python3 "$T/tmp/ask.py"

# Sockets outlive who made them.
cat > "$T/tmp/inherit.py" <<EOF
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.5.0.1", 700))
l = socket.socket()
l.bind(("10.5.0.1", 701)); l.listen()
if os.fork():
    os._exit(0)
time.sleep(2.5)
c = socket.socket(); c.connect(("10.5.0.1", 701))
a, who = l.accept(); assert who == c.getsockname()
c.sendall(b"x"); assert a.recv(1) == b"x"
s.sendto(b"y", ("10.5.0.1", 700)); assert s.recvfrom(9) == (b"y", ("10.5.0.1", 700))
open(os.environ["T"] + "/tmp/inherited", "w").close()
EOF
zero /usr/bin/python3 "$T/tmp/inherit.py"
t "inherited sockets live on" wait_for 10 test -e "$T/tmp/inherited"
kill $server
t "umount" umount /dev/lwip0
rm -rf "$T/tmp/"*
t_end'

# --- The kernel is the oracle: what needs the guest's end of a socket, beside native.

while read -r name one; do
	program=$(guest "$name") || exit 99
	for family in 4 6; do
		as_ordinary timeout -k 3 $limit "$program" $family "$one" > "$T/native" 2>&1
		view '. "$T/in.sh"; lo_stack && exec "$@"' "$program" $family "$one" > "$T/view" 2>&1
		is "$name $one, IPv$family" "$(cat "$T/view")" "$(cat "$T/native")"
	done
done <<'TESTS'
tcp_states refused
tcp_states resets
streams flags
tricks rights
listen gone
TESTS

# --- Views, and the other kinds of stack.

inside "views" '
t_or_end lo_stack
t "viewname" viewname outer
t_is "named" "$(viewname)" outer
t_is "a view inside" "$(umview -q -p umecho sh -c "viewname inner; mount -t umecho none /dev/net/echo; um_ls_service | wc -l; viewname")" "2
inner"
t_is "ends with its status" "$(umview -q sh -c "exit 7"; echo $?)" 7
t_is "outside nothing changed" "$(um_ls_service | wc -l) $(viewname)" "1 outer"
t_is "mounts are its own" "$(mount | grep -c echo)" 0
t "null" mount -t umnetnull none /dev/net/null
t_like "no network on it" "$(mstack /dev/net/null curl -sS http://127.0.0.1/ 2>&1)" "curl"
t_is "umnetns is told why not" "$(mount -t umnetns none /dev/net/ns 2>&1; echo $?)" "mount: /dev/net/ns: Operation not permitted.
32"
if ! (: <> /dev/net/tun) 2> /dev/null; then
	t_is "no tun to be had" "$(mount -t umnetlwipv6 -o tn0=tunx none /dev/net/tn 2>&1; echo $?)" "mount: /dev/net/tn: Operation not permitted.
32"
	echo "tun denied"
fi
t_is "virtual calls with nonsense" "$(/usr/bin/python3 -c "
import ctypes, errno, os
call = ctypes.CDLL(None, use_errno=True).syscall
def virtual(number, block):
    return errno.errorcode[ctypes.get_errno()] if call(157, 0x564f5549, number, block, 0, 0) < 0 else 0
block = ctypes.create_string_buffer(56)
print(virtual(0x564f04, None), virtual(0x564f04, ctypes.c_void_p(1)), virtual(0x564eff, block),
      virtual(0x564fff, block), virtual(0x564f04 + 2**31, block), virtual(0x564f09, block))")" "EFAULT EFAULT EINVAL EINVAL EINVAL ENOSYS"
t "all else goes on" ip link show lo0
um_umount /dev/net/null && um_mount -t umnetnull none /dev/net/null
t_like "um_mount by name" "$(mount)" "/dev/net/null type umnetnull"
t "files have names" test -e /dev/net/default
mkdir "$T/tmp/d"; touch "$T/tmp/d/real" "$T/tmp/d/hidden"
mount -t umnetnull none "$T/tmp/d/stack"; mount -t umnetnull none "$T/tmp/d/hidden"
t_is "listed in its directory" "$(ls "$T/tmp/d" | xargs) $(ls -U "$T/tmp/d" | sort | xargs)" "hidden real stack hidden real stack"
t_is "by find, with its type" "$(find "$T/tmp/d" -mindepth 1 -printf "%f:%m " | tr " " "\\n" | sort | grep -c :)" 3
t_is "and by who goes back to the beginning" "$(/usr/bin/python3 -c "
import ctypes, os, sys
c = ctypes.CDLL(None); c.opendir.restype = ctypes.c_void_p; c.readdir.restype = ctypes.c_void_p
d = ctypes.c_void_p(c.opendir(sys.argv[1].encode()))
def all():
    n = 0
    while c.readdir(d): n += 1
    return n
first = all(); c.rewinddir(d); print(first, all())" "$T/tmp/d")" "5 5"
umount "$T/tmp/d/stack" "$T/tmp/d/hidden"; rm -r "$T/tmp/d"
t_like "as a file" "$(stat -c %a:%F /dev/net/default)" "^[0-7]*:"
t_is "umshutdown" "$(umview -q sh -c "sleep 100 & umshutdown; wait; echo on" > /dev/null 2>&1; viewname)" outer
t_end'
if grep -q "tun denied" "$inside_out"; then
	like "why tn0 is not to be had" "$(cat "$inside_out")" \
		"umview: mount: umnetlwipv6: tn0: cannot open /dev/net/tun: "
else
	skip "no tun to be had" "/dev/net/tun is anybody's here"
fi
message=$(grep 'umview: mount: umnetns' "$inside_out")
like "why umnetns is not to be had" "$message" "user namespaces are denied"
filter=(-o -m)
inside "views without pidfds" '
t_is "a view inside" "$(umview -q -p umecho sh -c "sleep 1; um_ls_service | wc -l")" 2
t_is "and its view goes on, in the background" "$(umview -q sh -c "(sleep 1; viewname late; viewname > \"$T/tmp/late\") & viewname early"
	wait_for 5 test -s "$T/tmp/late"; cat "$T/tmp/late")" late
rm "$T/tmp/late"
t_end'
filter=()

# --- One command.

one() { bounded "$UMVIEW" -q "$@" < /dev/null; }
is "--net=lo" "$(one --net=lo --addr 10.1.2.3/32 -- ip -br addr | xargs)" "lo0 UNKNOWN 127.0.0.1/8 10.1.2.3/32 ::1/128"
is "--net inside a view" "$(one --net=lo -- umview -q --net=lo --addr 10.1.2.4/32 -- ip -br addr | xargs)" \
	"lo0 UNKNOWN 127.0.0.1/8 10.1.2.4/32 ::1/128"
is "--mount" "$(one --mount umnetnull::/dev/net/null -- mount | grep -o "/dev/net/null type umnetnull")" \
	"/dev/net/null type umnetnull"

message=$(plain_view true 2>&1)
is "nothing is said" "$message" ""
finish
