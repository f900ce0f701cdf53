#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# link.sh - other names of networks: umnetnative, the host's under a path; umnetlink, a
# stack's for some families.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3 curl ip mount
[ -n "$UMVIEW" ] || skip_all "no umview"

# hello.py NAME PORT [HOST]...: whoever connects is told who is there, and so is curl.
cat > "$T/hello.py" <<'EOP'
import socketserver, sys, threading, socket
class Hello(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(sys.argv[1].encode() + b"\n")
        self.request.shutdown(socket.SHUT_WR)
        while self.request.recv(4096):
            pass
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
for host in sys.argv[3:] or ["127.0.0.1"]:
    Server.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = Server((host, int(sys.argv[2])), Hello)
    threading.Thread(target=s.serve_forever).start()
print("ready", flush=True)
EOP

# The host itself, as it is: a server on its loopback, its interfaces.
port=$(free_port)
started() { as_user sh -c 'echo $$ >> "$HOME/pids"; exec "$@"' sh "$@"; }
started /usr/bin/python3 "$T/hello.py" "the host" "$port" > "$T/host.out" 2>&1 &
mkdir "$T/www"
echo "a page of the host's" > "$T/www/page"
web=$(free_port)
started /usr/bin/python3 -u -m http.server -d "$T/www" -b 127.0.0.1 "$web" > "$T/web.out" 2>&1 &
wait_for 20 grep -q ready "$T/host.out" || skip_all "no server on the host's loopback"
wait_for 20 grep -q Serving "$T/web.out" || skip_all "no web server on the host's loopback"

native=$(guest native) || skip_all "no compiler"
local=$(guest local)
native32=$(guest native -m32 2> /dev/null)
interfaces=$(bounded ip -o link | cut -d: -f2)
bounded "$local" interfaces families > "$T/native.local" 2>&1
bounded "$native" "$port" > "$T/native.sockets" 2>&1
like "the host's own" "$(cat "$T/native.sockets")" "^socketcall: 'the host'$"

mkfifo -m 666 "$T/home/fifo"
keep_running=1	# the host's servers are the user's, too

# --- umnetnative.

inside "umnetnative" '
port=$1 web=$2 native=$3 native32=$4 local=$5 interfaces=$6
t_or_end lo_stack
t_is "the default took the host'\''s network" "$(curl -s -m 5 http://127.0.0.1:$web/page; echo $?)" 7
t "mount" mount -t umnetnative none /dev/net/host
t_like "it is listed" "$(cat /proc/mounts)" "^none /dev/net/host umnetnative "
t_is "mstack gives it back" "$(mstack /dev/net/host curl -s -m 20 http://127.0.0.1:$web/page)" "a page of the host'\''s"
t_is "its interfaces" "$(mstack /dev/net/host ip -o link | cut -d: -f2)" "$interfaces"
t_like "the default keeps its own" "$(ip -o link)" "^1: lo0:"
t_is "every way to open a socket" "$(mstack /dev/net/host $native $port)" "$(cat "$T/native.sockets")"
if [ -x "$native32" ]; then
	t_is "and of a 32-bit program" "$(mstack /dev/net/host $native32 $port)" "$(cat "$T/native.sockets")"
else
	echo "skip - a 32-bit program: no 32-bit compiler"
fi
t_is "msocket(2)" "$($native $port /dev/net/host)" "msocket: '\''the host'\''
flags: cloexec nonblock '\''the host'\''
no such type: ESOCKTNOSUPPORT
AF_UNIX: EAFNOSUPPORT"
cd "$T/tmp"
mstack /dev/net/host "$local" interfaces families > local 2>&1
t "interfaces and families as ever" diff "$T/native.local" local
rm local
t_is "IPv4 alone from the host" "$(mstack -o ipv4 /dev/net/host sh -c "
	curl -s -m 20 http://127.0.0.1:$web/page; ip -o link | cut -d: -f2")" "a page of the host'\''s
 lo0"
t_is "no option is known" "$(mount -t umnetnative -o lo none /dev/net/x > /dev/null 2>&1; echo $?)" 32
mstack /dev/net/host sleep 30 & sleeper=$!
t "umount" umount /dev/net/host
t_is "gone" "$(mstack /dev/net/host true 2>&1)" "mstack: /dev/net/host: No such file or directory"
kill $sleeper
t "as the default" mount -t umnetnative none /dev/net/host
t "the default goes" umount /dev/net/default
t "native as the default" mount -t umnetnative none /dev/net/default
t_is "it is the host" "$(curl -s -m 20 http://127.0.0.1:$web/page)" "a page of the host'\''s"
$local interfaces families > local 2>&1
t "the same interfaces and families" diff "$T/native.local" local
rm local
t_end' "$port" "$web" "$native" "${native32:-none}" "$local" "$interfaces"

# What the module's options deny is denied to who chose nothing: a path is a choice.
preload="umnet,-ip"
inside "denied" '
port=$1 native=$2
t_is "the host is denied" "$($native $port)" "socket: EAFNOSUPPORT
flags: EAFNOSUPPORT
socketcall: EAFNOSUPPORT
no such type: EAFNOSUPPORT"
t "mount" mount -t umnetnative none /dev/net/host
t_is "still" "$($native $port | head -n 1)" "socket: EAFNOSUPPORT"
t_is "a choice" "$(mstack /dev/net/host $native $port | head -n 1)" "socket: '\''the host'\''"
t "umount" umount /dev/net/host
t_end' "$port" "$native"
preload=umnet

# --- umnetlink.  Two stacks and a default, with a server on each loopback.

cat > "$T/home/stacks.sh" <<'EOS'
stack() {	# stack PATH NAME: a loopback that says NAME
	lo_stack "$1" || return
	mstack "$1" /usr/bin/python3 "$T/hello.py" "$2" 80 127.0.0.1 ::1 > "$T/tmp/$2" 2>&1 &
	echo $! >> "$T/tmp/servers"
	wait_for 20 grep -q ready "$T/tmp/$2"
}
servers_end() { xargs kill < "$T/tmp/servers"; wait; rm -f "$T"/tmp/*; }
link() {	# link OPTIONS SOURCE PATH
	if [ -n "$1" ]; then
		mount -t umnetlink -o "$1" "$2" "$3"
	else
		mount -t umnetlink "$2" "$3"
	fi
}
# who STACK [HOST]: who answers there?
who() { mstack "$1" curl --http0.9 -s -m 20 "http://${2:-127.0.0.1}/" || echo "none"; }
both() { echo "$(who "$1") $(who "$1" "[::1]")"; }
# try STACK FAMILY TYPE: the name of the error, by socket and by msocket
cat > "$T/home/try.py" <<'EOP'
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
family, type = getattr(socket, sys.argv[2]), getattr(socket, sys.argv[3])
fd = libc.syscall(0x564f00, sys.argv[1].encode(), family, type, 0)
by_path = "ok" if fd >= 0 else errno.errorcode[ctypes.get_errno()]
try:
    socket.socket(family, type)
    print(by_path, "ok")
except OSError as e:
    print(by_path, errno.errorcode[e.errno])
EOP
try() { mstack "$1" /usr/bin/python3 "$HOME/try.py" "$@"; }
EOS

inside "umnetlink" '
. "$HOME/stacks.sh"
# Its name tells a stack in ip link, too.
mark() { mstack "$1" ip link set lo0 mtu "$2"; }
mtu() { mstack "$1" ip -o link 2>&1 | grep -o "mtu [0-9]*"; }
t_or_end stack /dev/net/a a
t_or_end stack /dev/net/b b
mark /dev/net/a 20001 && mark /dev/net/b 20002
t "all of a stack" link "" /dev/net/a /dev/net/all
t_like "it is listed" "$(cat /proc/mounts)" "^/dev/net/a /dev/net/all umnetlink "
t_is "it is a" "$(both /dev/net/all) $(mtu /dev/net/all)" "a a mtu 20001"
t "one family" link ipv6 /dev/net/b /dev/net/six
t_is "it is b for IPv6" "$(who /dev/net/six "[::1]")" b
t_is "nobody, and not the host, for IPv4" "$(try /dev/net/six AF_INET SOCK_STREAM)" "EAFNOSUPPORT EAFNOSUPPORT"
t_is "nor for netlink" "$(try /dev/net/six AF_NETLINK SOCK_RAW)" "EAFNOSUPPORT EAFNOSUPPORT"
t_is "nor bluetooth" "$(try /dev/net/six AF_BLUETOOTH SOCK_RAW)" "EAFNOSUPPORT EAFNOSUPPORT"
t_is "AF_UNIX is always the kernel'\''s" "$(try /dev/net/six AF_UNIX SOCK_STREAM)" "EAFNOSUPPORT ok"
t_is "names of interfaces by AF_UNIX" "$(mstack /dev/net/six /usr/bin/python3 -c "
import socket; print(socket.if_nametoindex(\"lo0\"))")" 1
t "over another: IPv4 and the rest of a" link 6,override /dev/net/b /dev/net/all
t_is "IPv4 of a, IPv6 of b, netlink of a" "$(both /dev/net/all) $(mtu /dev/net/all)" "a b mtu 20001"
t "the list in the words of mstack" link -4,-ipv6,o /dev/net/b /dev/net/all
t_is "netlink of b now" "$(both /dev/net/all) $(mtu /dev/net/all)" "a b mtu 20002"
t "umount gives the one before back" umount /dev/net/all
t_is "netlink of a again" "$(both /dev/net/all) $(mtu /dev/net/all)" "a b mtu 20001"
t "and the one before" umount /dev/net/all
t_is "a alone" "$(both /dev/net/all) $(mtu /dev/net/all)" "a a mtu 20001"
t "a link over the stack itself" link ipv6,override /dev/net/b /dev/net/a
t_is "who names the stack gets both" "$(both /dev/net/a)" "a b"
t_is "and who names a link to it" "$(both /dev/net/all)" "a b"
t "away" umount /dev/net/a
t_is "as before" "$(both /dev/net/all)" "a a"
t "a link over a stack, to itself" link "o,ipv4" /dev/net/a /dev/net/a
t_is "is the stack" "$(both /dev/net/a)" "a a"
t "away" umount /dev/net/a

# The default.
t_or_end stack /dev/net/default d
t_is "with a default stack, that has the rest" "$(both /dev/net/six)" "d b"
t "a link as the default, over the stack" link 4,o /dev/net/a /dev/net/default
default() { echo "$(curl --http0.9 -s -m 20 http://127.0.0.1/) $(curl --http0.9 -s -m 20 "http://[::1]/")"; }
t_is "who chose nothing" "$(default)" "a d"
t_is "a link'\''s rest follows the default" "$(both /dev/net/six)" "a b"
t "away" umount /dev/net/default
t "away with the stack" umount /dev/net/default
t_is "no default, no rest" "$(try /dev/net/six AF_INET SOCK_STREAM)" "EAFNOSUPPORT EAFNOSUPPORT"
t "a link alone as the default" link 6 /dev/net/b /dev/net/default
t_is "IPv6 of b" "$(default)" " b"
t_is "and never the host" "$(/usr/bin/python3 "$HOME/try.py" /dev/net/default AF_INET SOCK_STREAM)" "EAFNOSUPPORT EAFNOSUPPORT"
t "away" umount /dev/net/default

# Chains.
t "a link to a link" link "" /dev/net/six /dev/net/chain
t_is "goes all the way" "$(who /dev/net/chain "[::1]")" b
t_is "and refuses as it does" "$(try /dev/net/chain AF_INET SOCK_STREAM)" "EAFNOSUPPORT EAFNOSUPPORT"
for i in $(seq 1 45); do
	link "" "/dev/net/$([ $i = 1 ] && echo a || echo long$((i - 1)))" /dev/net/long$i || break
done
t_is "39 links are followed" "$(both /dev/net/long39)" "a a"
t_is "45 are not" "$(try /dev/net/long45 AF_INET SOCK_STREAM)" "ELOOP ELOOP"
for i in $(seq 1 45); do umount /dev/net/long$i; done
t "a stack to be replaced" lo_stack /dev/net/x
t "linked" link "" /dev/net/x /dev/net/y
umount /dev/net/x
t "a circle" link "" /dev/net/y /dev/net/x
t_is "goes nowhere" "$(try /dev/net/x AF_INET SOCK_STREAM)" "ELOOP ELOOP"
t_is "from either side" "$(try /dev/net/y AF_INET6 SOCK_DGRAM)" "ELOOP ELOOP"
umount /dev/net/x && umount /dev/net/y

# The target goes, comes back, dies.
mstack /dev/net/all /usr/bin/python3 -uc "
import socket
s = socket.create_connection((\"127.0.0.1\", 80))
print(s.recv(10))
print(s.recv(10))
s.sendall(b\"x\")
s.close()
input()
try:
    socket.socket()
except OSError as e:
    print(e.errno)
" < "$T/home/fifo" > "$T/tmp/holder" & holder=$!
exec 9> "$T/home/fifo"
t "a process on the link" wait_for 20 grep -q "b.." "$T/tmp/holder"
umount /dev/net/a
t_is "its target is gone" "$(try /dev/net/all AF_INET SOCK_STREAM)" "ENETDOWN ENETDOWN"
echo >&9
wait $holder
exec 9>&-
t_is "for who runs on it, too" "$(tail -n 1 "$T/tmp/holder")" 100
t "another at the path" stack /dev/net/a again
t_is "serves the link" "$(both /dev/net/all)" "again again"
t_is "a link to a umnetnull" "$(mount -t umnetnull none /dev/net/null && link "" /dev/net/null /dev/net/nothing &&
	try /dev/net/nothing AF_INET SOCK_STREAM)" "EAFNOSUPPORT EAFNOSUPPORT"

# Another module'\''s.
um_add_service umecho && mount -t umecho none /dev/net/echo
t "of umecho IPv4, the rest of b" eval "link \"\" /dev/net/b /dev/net/mix && link 4,o /dev/net/echo /dev/net/mix"
t_is "IPv6 of b" "$(who /dev/net/mix "[::1]")" b
t_is "IPv4 is an echo" "$(mstack /dev/net/mix /usr/bin/python3 -c "
import socket
s = socket.create_connection((\"192.0.2.1\", 7))
s.sendall(b\"echo\")
print(s.recv(10).decode())")" echo

# What is no link.
s() { "$@" > /dev/null 2> "$T/tmp/said"; echo $?; }
t_is "no such source" "$(s link "" /dev/net/nosuch /dev/net/z)" 32
t_is "no source at all" "$(s link "" none /dev/net/z)" 32
t_is "no such family" "$(s link ipv5 /dev/net/a /dev/net/z)" 32
t_is "no family" "$(s link 4,-4 /dev/net/a /dev/net/z)" 32
t_is "unix alone" "$(s link unix /dev/net/a /dev/net/z)" 32
t_is "over another, without override" "$(s link "" /dev/net/a /dev/net/b)" 32
t_is "another kind over a stack" "$(s mount -t umnetnull none /dev/net/b)" 32
t_is "override over nothing" "$(s link 4,o /dev/net/a /dev/net/z)" 0
t_is "has no rest" "$(who /dev/net/z) $(try /dev/net/z AF_INET6 SOCK_STREAM)" "again EAFNOSUPPORT EAFNOSUPPORT"
cd /dev && t "a source from where one is" link "" net/../net/a /dev/net/zz
t_is "is the same" "$(both /dev/net/zz)" "again again"
servers_end
t_end'
while read -r line; do
	like "it says so" "$(cat "$inside_out")" "^umview: mount: umnetlink: $line\$"
done <<'SAID'
/dev/net/nosuch: no stack is mounted there
'ipv5': unknown protocol family
'4,-4': no protocol family is left
'unix': no protocol family is left
SAID

# The host by a link to umnetnative, and what the module's options deny stays so.
preload="umnet,-ip"
inside "links to umnetnative" '
port=$1 native=$2
. "$HOME/stacks.sh"
t_or_end stack /dev/net/a a
t "native" mount -t umnetnative none /dev/net/host
t "IPv4 of the host, the rest of a" link ipv4,o /dev/net/host /dev/net/a
t_is "every way to open a socket" "$(mstack /dev/net/a $native $port)" "$(cat "$T/native.sockets")"
t_like "msocket(2)" "$($native $port /dev/net/a)" "^msocket: .the host.$"
t_is "IPv6 of a" "$(who /dev/net/a "[::1]")" a
t_is "denied to the others" "$($native $port | head -n 1)" "socket: EAFNOSUPPORT"
t "a link without the host" link ipv6 /dev/net/a /dev/net/six
t_is "does not open it" "$(mstack /dev/net/six $native $port | head -n 1)" "socket: EAFNOSUPPORT"
servers_end
t_end' "$port" "$native"
preload=umnet

# --- A module that was built when um_module.h had no alias: it is served all the same.

sed 's/sizeof(um_module)/__builtin_offsetof(struct um_module, alias)/' \
	"$top_srcdir/modules/umecho.c" > "$T/older.c"
if ${CC:-cc} -shared -fPIC -D_GNU_SOURCE -I"$top_srcdir/lib" -o "$T/older.so" "$T/older.c" \
		2> "$T/older.log"; then
	preload=
	inside "an older module" '
	t_or_end t "load" um_add_service "$T/older.so"
	t "mount" mount -t umecho none /dev/net/echo
	t_is "it works" "$(mstack /dev/net/echo /usr/bin/python3 -c "
import socket
socket.create_connection((\"192.0.2.1\", 7))
print(1)")" 1
	t_is "nothing is mounted over it" "$(mount -t umecho none /dev/net/echo 2> /dev/null; echo $?)" 32
	t_end'
else
	not_ok "an older module: $(cat "$T/older.log")"
fi

xargs kill < "$T/home/pids"
wait
leftovers "link"
finish
