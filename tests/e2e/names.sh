#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# names.sh - names follow the network: dns=, search=, resolv=, hosts= of a stack, what a
# DHCP client sets, and the host's caches of names, which are not asked.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3 curl getent ip

# A DNS server that knows one address for every name.
cat > "$T/dns.py" <<'PY'
import socket, struct, sys
address = socket.inet_aton(sys.argv[1])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[2], 53))
open(sys.argv[3], "w").close()
while True:
    query, peer = s.recvfrom(512)
    question = query[12:]
    end = question.index(0) + 5
    known = struct.unpack(">H", question[end - 4:end - 2])[0] == 1
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address if known else b""
    s.sendto(query[:2] + b"\x81\x80\0\1" + struct.pack(">H", known) + b"\0\0\0\0" + question[:end] + answer, peer)
PY
cat > "$T/lookup.c" <<'C'
#include <netdb.h>
#include <stdio.h>
#include <arpa/inet.h>
int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	if (getaddrinfo(argv[argc - 1], "80", &hints, &found))
		return 1;
	puts(inet_ntoa(((struct sockaddr_in *)found->ai_addr)->sin_addr));
	return 0;
}
C
mkdir -p "$T/bin"
musl-gcc -static -o "$T/bin/lookup" "$T/lookup.c" 2>/dev/null || echo "# no musl"

inside "two stacks" '
echo "192.0.2.77 special" > "$T/home/hosts"; cd "$T/home"
t "mount" mount -t umnetlwipv6 -o lo,dns=127.0.0.1,search=a.example:b.example none /dev/net/one
t "mount" mount -t umnetlwipv6 -o lo,dns=127.0.0.1:[::1],hosts=hosts none /dev/net/two
mstack /dev/net/one ip addr add 10.0.0.1/32 dev lo0
mstack /dev/net/two ip addr add 10.0.0.2/32 dev lo0
t_is "resolv.conf" "$(mstack /dev/net/one cat /etc/resolv.conf)" "nameserver 127.0.0.1
search a.example b.example"
t_is "resolv.conf with IPv6" "$(mstack /dev/net/two cat /etc/resolv.conf)" "nameserver 127.0.0.1
nameserver ::1"
t_is "its size" "$(mstack /dev/net/two stat -c %s /etc/resolv.conf)" 36
t_is "through a link" "$(ln -s /etc/resolv.conf l; mstack /dev/net/two cat l | wc -l)" 2
t_is "hosts" "$(mstack /dev/net/two getent hosts special | xargs)" "192.0.2.77 special"
t_is "hosts of the other" "$(mstack /dev/net/one cat /etc/hosts | cksum)" "$(cksum < /etc/hosts)"
t_is "without a stack" "$(cat /etc/resolv.conf | cksum)" "$(cksum < /etc/resolv.conf)"
mstack /dev/net/one python3 "$T/dns.py" 192.0.2.1 127.0.0.1 "$T/tmp/one" & one=$!
mstack /dev/net/two python3 "$T/dns.py" 192.0.2.2 127.0.0.1 "$T/tmp/two" & two=$!
wait_for 10 test -e "$T/tmp/one"; wait_for 10 test -e "$T/tmp/two"
for n in 1 2; do
	s=/dev/net/one; [ $n = 1 ] || s=/dev/net/two
	t_is "getent, stack $n" "$(mstack $s getent ahostsv4 www.example.org | awk "{ print \$1; exit }")" 192.0.2.$n
	t_is "python3, stack $n" "$(mstack $s python3 -c "import socket; print(socket.gethostbyname(\"www.example.org\"))")" 192.0.2.$n
	t_like "curl, stack $n" "$(mstack $s curl -sv -m 2 http://www.example.org/ 2>&1)" "192.0.2.$n"
	if command -v busybox > /dev/null; then
		t_like "busybox nslookup, stack $n" "$(mstack $s busybox nslookup www.example.org 2>&1)" "Address.*: 192.0.2.$n\$"
	else
		echo "skip - no busybox"
	fi
	if [ -x "$T/bin/lookup" ]; then
		t_is "a static musl program, stack $n" "$(mstack $s "$T/bin/lookup" www.example.org)" 192.0.2.$n
	else
		echo "skip - no musl-gcc"
	fi
done
kill $one $two
rm "$T/tmp/one" "$T/tmp/two"
t_end'

inside "writing it" '
lo_stack /dev/net/w; lo_stack /dev/net/v
host=$(cksum < /etc/resolv.conf)
t_is "before" "$(mstack /dev/net/w cat /etc/resolv.conf | cksum)" "$host"
t "write" mstack /dev/net/w sh -c "echo nameserver 192.0.2.9 > /etc/resolv.conf"
t "append" mstack /dev/net/w sh -c "echo search c.example >> /etc/resolv.conf"
t_is "after" "$(mstack /dev/net/w cat /etc/resolv.conf | xargs)" "nameserver 192.0.2.9 search c.example"
t_is "another stack" "$(mstack /dev/net/v cat /etc/resolv.conf | cksum)" "$host"
t_is "the host" "$(cksum < /etc/resolv.conf)" "$host"
chmod 577 /dev/net/w
t_like "without w" "$(mstack /dev/net/w sh -c "echo x > /etc/resolv.conf" 2>&1)" "Permission denied"
t_like "it is not removed" "$(mstack /dev/net/w rm -f /etc/resolv.conf 2>&1)" "busy"
umount /dev/net/w; lo_stack /dev/net/w
t_is "a new stack" "$(mstack /dev/net/w cat /etc/resolv.conf | cksum)" "$host"
t_end'

bad() { view "mount -t umnetlwipv6 -o lo,$1 none /dev/net/x" 2>&1 | head -n 1; }
is "dns= that is none" "$(bad dns=1.2.3)" "umview: mount: umnetlwipv6: dns: '1.2.3' is not an address"
is "four of them" "$(bad dns=1.1.1.1:2.2.2.2:3.3.3.3:4.4.4.4)" "umview: mount: umnetlwipv6: dns: '4.4.4.4' is one too many"
is "search= that is none" "$(bad 'search="a b"')" "umview: mount: umnetlwipv6: search: 'a b' is not a domain"
is "resolv= that is not there" "$(bad resolv=/nonexistent)" \
	"umview: mount: umnetlwipv6: resolv: cannot read '/nonexistent': No such file or directory"
is "resolv= and dns=" "$(bad resolv=/etc/passwd,dns=1.1.1.1)" \
	"umview: mount: umnetlwipv6: resolv= leaves nothing to say for dns= and search="

if [ -n "${UMTEST_SANITIZED:-}" ]; then
	skip "slirp's resolver" "plugins of libvdeplug cannot be loaded under ASan"
elif find /usr/lib /usr/local/lib -name libvdeplug_slirp.so 2>/dev/null | grep -q .; then
	is "slirp's resolver" "$(view 'mount -t umnetlwipv6 -o vd0=slirp:// none /dev/net/default && cat /etc/resolv.conf')" \
		"nameserver 10.0.2.3"
else
	skip "slirp's resolver" "needs libvdeplug-slirp"
fi

# --- A DHCP client on a stack, its server on another, a wire between.

cat > "$T/home/udhcpc.script" <<'SH'
#!/bin/sh
# shellcheck disable=SC2154  # udhcpc sets them
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface" scope global
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
{ echo "search $domain"; for server in $dns; do echo "nameserver $server"; done; } > /etc/resolv.conf
SH
cat > "$T/home/udhcpd.conf" <<'CONF'
start 10.7.0.20
end 10.7.0.30
interface vd0
lease_file /dev/null
pidfile /dev/null
option subnet 255.255.255.0
option router 10.7.0.1
option dns 10.7.0.1
option domain dhcp.example
CONF
chmod 755 "$T/home/udhcpc.script"
chmod 644 "$T/home/udhcpd.conf"
if command -v busybox > /dev/null && busybox --list | grep -qx udhcpc && busybox --list | grep -qx udhcpd; then
	inside "dhcp" '
cd "$T/home"
mount -t umnetlwipv6 -o vd0=unix://$T/home/wire none /dev/net/server
mount -t umnetlwipv6 -o vd0=unix://$T/home/wire none /dev/net/client
up /dev/net/server vd0 10.7.0.1/24
up /dev/net/client vd0
mstack /dev/net/server python3 "$T/dns.py" 192.0.2.55 10.7.0.1 "$T/tmp/ready" & dns=$!
mstack /dev/net/server busybox udhcpd -f udhcpd.conf > udhcpd.log 2>&1 & server=$!
wait_for 10 test -e "$T/tmp/ready"
t "udhcpc" mstack /dev/net/client timeout 30 busybox udhcpc -i vd0 -n -q -f -s "$T/home/udhcpc.script"
t_like "its address" "$(mstack /dev/net/client ip -br addr show vd0)" "10\.7\.0\.(2[0-9]|30)/24"
t_like "its route" "$(mstack /dev/net/client ip route)" "^default via 10.7.0.1 dev vd0"
t_is "its resolver" "$(mstack /dev/net/client cat /etc/resolv.conf | xargs)" "search dhcp.example nameserver 10.7.0.1"
t_is "a name" "$(mstack /dev/net/client getent hosts www | awk "{ print \$1 }")" 192.0.2.55
kill $dns $server
rm -f "$T/tmp/ready"
t_end'
else
	skip "dhcp" "needs busybox with udhcpc and udhcpd"
fi

# --- The host's caches of names.  As root, on a /run of the test's own.

if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ] && mount -t tmpfs -o mode=755 tmpfs /run; then
	mkdir -p /run/nscd /run/systemd/resolve
	cat > "$T/cache.py" <<'PY'
import errno, os, select, socket, sys
paths = ["/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve"]
if len(sys.argv) > 1:
    servers = []
    for p in paths:
        s = socket.socket(socket.AF_UNIX); s.bind(p); s.listen(); os.chmod(p, 0o666); servers.append(s)
    open(sys.argv[1], "w").close()
    while True:	# whoever asks in earnest must not wait for an answer
        for s in select.select(servers, [], [])[0]:
            s.accept()[0].close()
for p in paths + ["/var" + paths[0]]:
    try:
        socket.socket(socket.AF_UNIX).connect(p)
        print("connected")
    except OSError as e:
        print(errno.errorcode[e.errno])
PY
	chmod 644 "$T/cache.py"
	python3 "$T/cache.py" "$T/run/ready" & caches=$!
	wait_for 10 test -e "$T/run/ready"
	ask='python3 "$T/cache.py" | xargs'
	is "without a stack they are asked" "$(view "$ask")" "connected connected connected"
	is "on a stack they are not" "$(view "lo_stack() { mount -t umnetlwipv6 -o lo none \$1; }; lo_stack /dev/net/default; $ask")" \
		"ENOENT ENOENT ENOENT"
	is "on the host's they are" "$(view "mount -t umnetnative none /dev/net/default; $ask")" \
		"connected connected connected"
	kill $caches
	wait $caches 2>/dev/null
	rm -f "$T/run/ready"
	umount /run
else
	skip "the host's caches of names" "only root can make a /run of its own"
fi

leftovers "names"
finish
