#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# link.sh - the host's network under a path: umnetnative.

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

xargs kill < "$T/home/pids"
wait
leftovers "link"
finish
