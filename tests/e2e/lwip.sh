#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lwip.sh - umnetlwip, a stack of another library (Debian's liblwip): on its loopback, and
# over a wire to a umnetlwipv6.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3 curl mount
[ -n "$UMVIEW" ] || skip_all "no umview"
programs=${UMVIEW_LIBEXEC:-$(pkg-config --variable=stackdir umview-stack 2> /dev/null)}
[ -x "$programs/umnet-lwip" ] || skip_all "built without liblwip (Debian package liblwip-dev)"

cat > "$T/home/web.sh" <<'EOS'
web() {	# web STACK ADDRESS: a web server of $HOME/www, its pid in $web
	mstack "$1" /usr/bin/python3 -u -m http.server -d "$HOME/www" -b "$2" 80 > "$T/tmp/web" 2>&1 &
	web=$!
	wait_for 20 grep -q Serving "$T/tmp/web"
}
web_end() { kill $web; wait $web; rm -f "$T"/tmp/*; }
fetch() { mstack "$1" curl -s -g -m 60 "http://$2/big" | sum; }
EOS
mkdir "$T/home/www"
head -c 20000000 /dev/urandom > "$T/home/www/big"
chmod -R a+rX "$T/home/www"
big=$(sha256sum < "$T/home/www/big" | cut -d' ' -f1)

# Two who write and do not read, for so long that closed windows are probed; a stack
# that answers every ACK by an ACK, or counts a full window in 16 bits, would be lost.
cat > "$T/stubborn.py" <<'EOP'
import socket, time
server = socket.create_server(("127.0.0.1", 7))
def pair():
    one = socket.create_connection(("127.0.0.1", 7))
    return one, server.accept()[0]
one, two = pair()
sent = {one: 0, two: 0}
idle = 0
while idle < 120:
    idle += 1
    for s in one, two:
        s.setblocking(False)
        try:
            while True:
                sent[s] += s.send(bytes(65536))
                idle = 0
        except BlockingIOError:
            pass
    time.sleep(0.05)
three, four = pair()
three.sendall(b"alive")
print(four.recv(10).decode())
for s, other in (one, two), (two, one):
    s.setblocking(True)
    s.settimeout(20)
    while sent[other] > 0:
        sent[other] -= len(s.recv(65536))
assert not any(sent.values())
print("all came")
EOP

inside "on its loopback" '
. "$HOME/web.sh"
t_or_end t "mount" mount -t umnetlwip none /dev/net/l
t_or_end web /dev/net/l ::
t_is "curl over IPv4" "$(fetch /dev/net/l 127.0.0.1)" "$1"
t_is "curl over IPv6" "$(fetch /dev/net/l "[::1]")" "$1"
t "200 connections" mstack /dev/net/l sh -c "
	seq 200 | xargs -P 20 -I N curl -s -f -g -m 30 -o /dev/null -r 0-99 http://[::1]/big"
web_end
t_is "two who do not read, and a third" "$(mstack /dev/net/l timeout 60 /usr/bin/python3 "$T/stubborn.py" 2>&1)" "alive
all came"
t_is "what it has not" "$(mstack /dev/net/l /usr/bin/python3 -c "
import socket
for kind in (socket.AF_NETLINK, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_DGRAM, 1):
    try:
        socket.socket(*kind)
    except OSError as e:
        print(e.errno)" | xargs)" "97 94 93"
t "umount" umount /dev/net/l
s() { mount -t umnetlwip -o "$1" none /dev/net/x > /dev/null 2>&1; echo $?; }
t_is "no such option" "$(s foo)" 32
t_is "an address without a wire" "$(s ip=10.0.0.1/24)" 32
t_is "no such wire" "$(s vd0=/nonexistent/switch)" 32
t_end' "$big"
while read -r line; do
	like "it says why" "$(cat "$inside_out")" "^umview: mount: umnetlwip: $line"
done <<'SAID'
'foo': no such option
'ip=10.0.0.1/24': no such option, or a wrong address, or no wire yet
vd0: cannot connect to '/nonexistent/switch': No such file or directory
SAID

# --- The kernel is the oracle: what holds of tests/guest.

compare() {	# compare PROGRAM-FILE NAME FAMILY TEST
	bounded "$1" "$3" "$4" > "$T/native" 2>&1
	echo "status $?" >> "$T/native"
	view 'mount -t umnetlwip none /dev/net/default || exit 99; exec "$@"' "$1" "$3" "$4" > "$T/view" 2>&1
	echo "status $?" >> "$T/view"
	check "$2 $3 $4" diff -u "$T/native" "$T/view"
}
while read -r name tests; do
	program=$(guest "$name") || { not_ok "compile $name"; continue; }
	for one in $tests; do
		compare "$program" "$name" 4 "$one"
		compare "$program" "$name" 6 "$one"
	done
done <<'HOLD'
tcp_states connect_nonblocking refused data_and_fin resets write_to_closed edges wrong bulk
tcp_blocking echo shut_while_waiting
udp connected mixed messages
names stream unbound_listener datagram dual
listen flags queue gone wakes ports
inherit by_fork by_exec a_listener_by_fork by_message many
HOLD

# --- A wire to the other engine.

if command -v ip > /dev/null; then
	inside "over a wire" '
	. "$HOME/web.sh"
	t_or_end t "mount umnetlwipv6" mount -t umnetlwipv6 -o "vd0=ptp://$HOME/wire" none /dev/net/a
	t_or_end t "mount umnetlwip" mount -t umnetlwip \
		-o "vd0=ptp://$HOME/wire,ip=10.0.0.2/24,ip=2001:db8::2/64,gw=10.0.0.1" none /dev/net/b
	t_or_end t "addresses" up /dev/net/a vd0 10.0.0.1/24 2001:db8::1/64
	t "IPv6 is there" wait_for 20 mstack /dev/net/a /usr/bin/python3 -c "
import socket
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect((\"2001:db8::2\", 9))"
	web /dev/net/a ::
	t_is "from a over IPv4" "$(fetch /dev/net/b 10.0.0.1)" "$1"
	t_is "from a over IPv6" "$(fetch /dev/net/b "[2001:db8::1]")" "$1"
	web_end
	web /dev/net/b ::
	t_is "from b over IPv4" "$(fetch /dev/net/a 10.0.0.2)" "$1"
	t_is "from b over IPv6" "$(fetch /dev/net/a "[2001:db8::2]")" "$1"
	t_is "by its router, nobody is there" "$(mstack /dev/net/b curl -s -m 2 http://192.0.2.1/; echo $?)" 28
	web_end
	t_like "its own address is its own" "$(mstack /dev/net/b /usr/bin/python3 -c "
import socket
for family, host in (socket.AF_INET, \"10.0.0.2\"), (socket.AF_INET6, \"2001:db8::2\"):
    s = socket.create_server((host, 7), family=family)
    socket.create_connection((host, 7))
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.connect((host[:-1] + \"1\", 9))
    print(s.accept()[1][0], u.getsockname()[0])" 2>&1 | xargs)" \
		"^10.0.0.2 10.0.0.2 2001:db8::2 2001:db8::2$"
	umount /dev/net/b
	umount /dev/net/a
	rm -f "$HOME"/wire*
	t_end' "$big"
else
	skip "over a wire" "no ip"
fi

# --- Built from outside, as somebody else would.

if pkg-config --exists lwip 2> /dev/null && [ -e "$builddir/lib/.libs/libumstack.so" ]; then
	mkdir -p "$T/include" "$T/home/.umview/stacks"
	cp "$top_srcdir/lib/um_stack.h" "$T/include"
	# shellcheck disable=SC2046,SC2086
	check "it needs the public header and libraries alone" ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 \
		-o "$T/home/.umview/stacks/umnet-other" "$top_srcdir"/modules/umnet-lwip*.c -I"$T/include" \
		-L"$builddir/lib/.libs" -Wl,-rpath,"$builddir/lib/.libs" -lumstack \
		$(pkg-config --cflags --libs lwip) -lvdeplug
	inside "built from outside" '
	. "$HOME/web.sh"
	t_or_end t "mount" mount -t umnetother none /dev/net/o
	t_or_end web /dev/net/o 127.0.0.1
	t_is "curl" "$(fetch /dev/net/o 127.0.0.1)" "$1"
	web_end
	t_end' "$big"
else
	skip "built from outside" "no liblwip-dev, or no libumstack in the build directory"
fi

finish
