#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tools.sh - the small tools, outside and inside a view, and the module umecho.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "no umview"

# --- Outside every tool says where it is not, and its usage costs nothing.

outside() { bounded "$@" 2>&1; echo "status $?"; }
while read -r -a tool; do
	is "${tool[0]} outside a view" "$(outside "${tool[@]}")" \
		"${tool[0]}: not inside a View-OS view
status 1"
	like "${tool[0]} --help" "$(outside "${tool[0]}" --help)" "^Usage: ${tool[0]}"
	like "${tool[0]} --version" "$(outside "${tool[0]}" --version)" "^${tool[0]} \(View-OS\) [0-9.]+$"
	like "${tool[0]} --wrong" "$(outside "${tool[0]}" --wrong)" "^status 1$"
done <<'TOOLS'
um_add_service umnet
um_del_service umnet
um_ls_service
viewname
vuname
mstack /dev/net/default true
umshutdown
TOOLS
is "vuname -q is quiet" "$(outside vuname -q)" "status 1"
is "viewname -qp is quiet" "$(outside viewname -qp)" "status 1"
like "mstack without arguments" "$(outside mstack)" "^Usage: mstack"
like "mstack without a command" "$(outside mstack /dev/net/default)" "^status 1$"
is "an unknown family" "$(outside mstack -o ipx /dev/net/default true)" \
	"mstack: 'ipx': unknown protocol family
status 1"
is "no family left" "$(outside mstack -o ip,-ip /dev/net/default true)" \
	"mstack: 'ip,-ip': no protocol family is left
status 1"

# --- Services and names.

preload=
inside "services" '
s() { "$@" 2>/dev/null; echo $?; }
t_is "nothing is loaded" "$(um_ls_service)" ""
t_like "no such module" "$(um_add_service nosuch 2>&1)" "^um_add_service: nosuch: No such module$"
t_is "its status" "$(s um_add_service nosuch)" 1
t "load" um_add_service umecho
t_like "list" "$(um_ls_service)" "^umecho: a network that sends back"
t_like "twice" "$(um_add_service umecho 2>&1)" "^um_add_service: umecho: Already loaded$"
t_is "remove" "$(s um_del_service umecho)" 0
t_is "removed" "$(um_ls_service)" ""
t_is "no such service" "$(um_del_service umecho 2>&1)" "um_del_service: umecho: No such service"
t "permanent" um_add_service -p umecho
t_is "cannot be removed" "$(s um_del_service umecho)" 1
echo text > "$T/tmp/text.so"
t_is "no module at all" "$(s um_add_service "$T/tmp/text.so")" 1
rm "$T/tmp/text.so"
t_end'

inside "names" '
u=$(uname -a) m=$(vuname -U)
t_is "no name yet" "$(viewname)" ""
t_is "the prompt of a view without a name" "$(viewname -p)" "$(uname -n)[$m:0]"
t_is "vuname" "$(vuname)" "$(uname)"
t_is "vuname -a" "$(vuname -a)" "$u $m 0"
t_is "the order is fixed" "$(vuname -mUs)" "$(uname -sm) $m"
t "name it" viewname laboratory
t_is "its name" "$(viewname)" laboratory
t_is "its prompt" "$(viewname -p)" laboratory
t_is "vuname -x" "$(vuname -x)" "$m 0 laboratory"
t_is "vuname --nouname --all" "$(vuname --nouname --all)" "$m 0 laboratory"
for name in "" "$(printf "a\tb")" "$(printf "%064d" 0)"; do
	viewname "$name" 2> /dev/null
	t_is "a bad name is refused" "$? $(viewname)" "1 laboratory"
done
t_is "63 letters are a name" "$(viewname "$(printf "%063d" 0)"; echo $?)" 0
vuname > /dev/full 2> /dev/null
t_is "a full disk is an error" $? 1
t_end'

# --- mstack.

cat > "$T/families.py" <<'EOP'
import socket, sys
for f in sys.argv[1:]:
    try:
        socket.socket(getattr(socket, "AF_" + f), socket.SOCK_DGRAM)
        print(f, "yes", end=" ")
    except OSError as e:
        print(f, "no" if e.errno == 97 else e, end=" ")
EOP
preload=umnet
inside "mstack" '
s() { "$@" > /dev/null 2>&1; echo $?; }
null="mstack /dev/net/null"
f="/usr/bin/python3 $T/families.py UNIX INET INET6 NETLINK"
host=$($f)
t_or_end t "mount" mount -t umnetnull none /dev/net/null
t_is "all families" "$($null $f)" "UNIX yes INET no INET6 no NETLINK no "
t_is "one family" "$(mstack -o ipv6 /dev/net/null $f)" "UNIX yes INET yes INET6 no NETLINK yes "
t_is "by letter" "$(mstack -o 6 /dev/net/null $f)" "UNIX yes INET yes INET6 no NETLINK yes "
t_is "by number" "$(mstack -o "#10" /dev/net/null $f)" "UNIX yes INET yes INET6 no NETLINK yes "
t_is "all but one" "$(mstack -o -ipv6 /dev/net/null $f)" "UNIX yes INET no INET6 yes NETLINK no "
t_is "ip" "$(mstack --protocols=ip /dev/net/null $f)" "UNIX yes INET no INET6 no NETLINK no "
t_is "ip but 4" "$(mstack -p ip,-4 /dev/net/null $f)" "UNIX yes INET yes INET6 no NETLINK no "
t_is "to the children, too" "$($null sh -c "sh -c \"$f\"")" "UNIX yes INET no INET6 no NETLINK no "
t_is "the others have the host" "$($f)" "$host"
t_is "a relative path" "$(cd /dev && mstack ./net/../net/null $f)" "UNIX yes INET no INET6 no NETLINK no "
t_is "the command keeps its options" "$($null echo -o nothing -v)" "-o nothing -v"
t_is "after --, too" "$(mstack -- /dev/net/null echo -h)" "-h"
t_like "-v" "$(mstack -v /dev/net/null true 2>&1)" "^pid [0-9]+: stack /dev/net/null for all supported protocol families$"
t_like "-v with a list" "$(mstack -vo 4,6 /dev/net/null true 2>&1)" "^pid [0-9]+: stack /dev/net/null for ipv4, ipv6$"
t_is "status of the command" "$(s $null sh -c "exit 42")" 42
t_is "no stack there" "$(s mstack /dev/net/nothing true)" 125
t_is "no stack but a file" "$(s mstack /etc/passwd true)" 125
t_is "not executable" "$(s $null /etc/passwd)" 126
t_is "not found" "$(s $null /nonexistent)" 127
t_is "unix is the kernel'\''s" "$(s mstack -o unix /dev/net/null true)" 125
t "umount" umount /dev/net/null
t_end'

# --- umecho: the module that third parties copy.

cat > "$T/echo.py" <<'EOP'
import socket
for family, host in (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.connect((host, 7))
    data = bytes(range(256)) * 256
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := s.recv(65536):
        answer += piece
    assert answer == data
    s = socket.socket(family, socket.SOCK_DGRAM)
    for message in b"one", b"", b"three":
        s.sendto(message, (host, 7))
    assert [s.recv(100) for i in range(3)] == [b"one", b"", b"three"]
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW)
except OSError as e:
    print("echo", e.errno)
EOP
preload=umecho
inside "umecho" '
t_or_end t "mount" mount -t umecho none /dev/net/echo
t_is "streams and datagrams come back" "$(mstack /dev/net/echo /usr/bin/python3 "$T/echo.py" 2>&1)" "echo 94"
mstack /dev/net/echo /usr/bin/python3 -c "
import socket, time
s = socket.socket()
print(flush=True)
time.sleep(30)" > "$T/tmp/holding" & p=$!
wait_for 10 test -s "$T/tmp/holding"
t_is "busy while a socket is open" "$(umount /dev/net/echo 2> /dev/null; echo $?)" 32
kill $p; wait $p
t "umount" wait_for 5 umount /dev/net/echo
t "unload" um_del_service umecho
rm "$T/tmp/holding"
t_end'

# --- umshutdown.  It is the last one left: its status is the session's.

preload=
started=$SECONDS
view 'sleep 100 & (trap "" TERM; sleep 100) & sleep 1; exec umshutdown 2' > "$T/out" 2>&1
is "umshutdown, its status" $? 0
is "umshutdown" "$(cat "$T/out")" "View 0: Sending processes the TERM signal
View 0: Sending processes the KILL signal"
if [ $((SECONDS - started)) -lt 20 ]; then
	ok "in time"
else
	not_ok "it took $((SECONDS - started)) s"
fi
leftovers "umshutdown"
finish
