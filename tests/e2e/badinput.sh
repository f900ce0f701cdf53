#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# badinput.sh [SEED] - wrong names, options, modules, pointers and packets: the right
# errno, a clear message, and monitor and stack live on.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

seed=${1:-$RANDOM}
echo "# seed $seed"
[ -n "$UMVIEW" ] || skip_all "needs umview"

# --- Modules that are none.

mkdir "$T/modules"
cat > "$T/wrong.c" <<'X'
#include <um_module.h>
struct um_module um_module = { .api = UM_MODULE_API + 41, .size = sizeof(struct um_module), .name = "wrong", .summary = "x" };
X
sed 's/ + 41//; s/sizeof(struct um_module)/4/' "$T/wrong.c" > "$T/short.c"
sed 's/ um_module = / other_name = /' "$T/wrong.c" > "$T/nosymbol.c"
sed 's/ + 41//; s/\.name = "wrong", //' "$T/wrong.c" > "$T/noname.c"
for m in wrong short nosymbol noname; do
	${CC:-cc} -shared -fPIC -I"$top_srcdir/lib" -o "$T/modules/$m.so" "$T/$m.c" || not_ok "compile $m"
done
echo "this is not a shared object" > "$T/modules/text.so"
: > "$T/modules/empty.so"
chmod -R a+rX "$T/modules"

preload=
inside "modules" '
same() { t_is "$1: $2" "$(eval "$1" 2>&1; echo $?)" "$2"; }
t_like "unknown service" "$(um_add_service no_such_module 2>&1; echo $?)" "um_add_service: no_such_module: No such module"
for m in wrong short nosymbol noname text empty; do
	t_like "$m is refused" "$(um_add_service "$T/modules/$m.so" 2>&1)" "um_add_service: .*Not a module"
done
t_like "a directory" "$(um_add_service /etc 2>&1)" "um_add_service: "
t_like "an empty name" "$(um_add_service "" 2>&1)" "um_add_service: "
t_like "a very long name" "$(um_add_service "$(head -c 65536 /dev/zero | tr "\0" x)" 2>&1 | cut -c 1-200)" "um_add_service: "
t_is "no argument: status" "$(um_add_service > /dev/null 2>&1; echo $?)" 1
t_like "del of an unknown service" "$(um_del_service nothing 2>&1)" "um_del_service: nothing: No such service"
t "umnet after all that" um_add_service umnet
t_like "twice" "$(um_add_service umnet 2>&1)" "um_add_service: umnet: Already loaded"
t "permanent" um_del_service umnet
t "permanent" um_add_service -p umnet
t_like "it stays" "$(um_del_service umnet 2>&1)" "um_del_service: umnet: (Device or resource busy|Operation not permitted)"
t_like "viewname too long" "$(viewname "$(head -c 200 /dev/zero | tr "\0" x)" 2>&1; echo $?)" "^viewname: "
t_end'

is "preload of an unknown module: status" "$(bounded "$UMVIEW" -q -p no_such_module true 2> "$T/err"; echo $?)" 125
like "it says which" "$(cat "$T/err")" 'umview: .*no_such_module'
is "unknown option: status" "$(bounded "$UMVIEW" --no-such-option true 2> /dev/null; echo $?)" 125
is "option without argument: status" "$(bounded "$UMVIEW" -p 2> /dev/null; echo $?)" 125
leftovers "command lines"

# --- Mounts.

preload=umnet
inside "mounts" '
refused() {	# refused WHAT OPTIONS [TYPE]: fails, says why, and nothing is mounted
	echo "# $1"
	out=$(timeout 20 mount -t "${3:-umnetlwipv6}" -o "$2" none /dev/net/x 2>&1)
	t_is "$1: status" $? 32
	t_like "$1: mount says something" "$out" "^mount: /dev/net/x: "
	t_is "$1: nothing is mounted" "$(mount | grep -c umnet)" 0
}
refused "unknown fstype" rw nosuchfs
refused "unknown umnet" rw umnetnosuch
refused "unknown option" nosuchoption=1
refused "missing switch" vd0=/nonexistent/switch
refused "a switch that is a file" vd0=/etc/passwd
refused "an unknown kind of wire" vd0=nosuch://x
refused "a wrong mac" vd0=null://,mac=12:34
refused "a wrong mtu" vd0=null://,mtu=banana
refused "a huge mtu" vd0=null://,mtu=99999999999
refused "too many interfaces" vd100000
refused "a tun that is not there or not ours" tn0=nosuch
refused "two, the second wrong" vd0=null://,vd1=/nonexistent
long=$(head -c 3900 /dev/zero | tr "\0" a)
refused "options of 3.9 KB" "$long"
cat > "$TMPDIR/long.py" <<"X"
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def mount(options, target=b"/dev/net/x", fstype=b"umnetlwipv6", source=b"none"):
    r = libc.mount(source, target, fstype, 0, options)
    return "0" if r == 0 else errno.errorcode[ctypes.get_errno()]
print(mount(b"x" * 65536), mount(b"vd0=" + b"y" * 65536), mount(b"," * 65536), mount(b"lo,nosuch=1," * 4000),
      mount(b"lo", b"z" * 65536), mount(b"lo", b"/dev/net/x", b"umnet" + b"w" * 65536), mount(b"lo", source=b"s" * 65536),
      mount(b"vd0=\"unclosed"), mount(b"\xff\xfe\x01\n=,="), mount(b"lo", b""))
X
t_like "options of 64 KiB and other strings" "$(/usr/bin/python3 "$TMPDIR/long.py")" "^E[A-Z0-9]+( E[A-Z0-9]+){9}$"
rm "$TMPDIR/long.py"
t_is "nothing is mounted" "$(mount | grep -c umnet)" 0
t_like "umount of nothing" "$(umount /dev/net/x 2>&1)" "^umount: /dev/net/x: "
t "and a right mount" mount -t umnetlwipv6 -o lo none /dev/net/x
t_like "mstack: a path that is no stack" "$(mstack /etc/passwd true 2>&1; echo $?)" "mstack: /etc/passwd: Not a network stack"
t_like "mstack: a path that is not there" "$(mstack /dev/net/none true 2>&1)" "mstack: /dev/net/none: No such file or directory"
t_like "mstack: no arguments" "$(mstack 2>&1)" "[Uu]sage"
t_like "mstack: unknown family" "$(mstack -o nosuch /dev/net/x true 2>&1)" "nosuch"
t_is "mstack: unknown family does not run it" "$(mstack -o nosuch /dev/net/x echo ran 2>/dev/null)" ""
t_is "mstack: command not found" "$(mstack /dev/net/x no-such-command 2> /dev/null; echo $?)" 127
t_is "mstack: the options are the command'"'"'s own" "$(mstack /dev/net/x echo -v -o x)" "-v -o x"
t "mstack" mstack /dev/net/x ping -c 1 127.0.0.1
mount -t umnetnull none /dev/net/null
t_is "umnetnull" "$(mstack /dev/net/null /usr/bin/python3 -c "
import socket, errno
for f in socket.AF_INET, socket.AF_INET6, socket.AF_PACKET, socket.AF_NETLINK:
    try: socket.socket(f, socket.SOCK_RAW if f != socket.AF_INET else socket.SOCK_STREAM); print(\"open\")
    except OSError as e: print(errno.errorcode[e.errno])
socket.socketpair(); print(\"unix\")" | xargs)" "EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT unix"
t_end'

# What umview itself said, in the line after each name.
said() { like "$1: the message" "$(sed -n "/^# $1\$/,/^not ok\|^ok/p" "$inside_out")" "umview: .*$2"; }
said "unknown option" "unknown option 'nosuchoption'"
said "missing switch" "vd0: cannot connect to '/nonexistent/switch'"
said "a switch that is a file" "vd0: cannot connect to '/etc/passwd'"
said "an unknown kind of wire" "vd0: cannot connect to 'nosuch://x'"
said "a wrong mac" "'12:34' is not a MAC address"
said "a wrong mtu" "'banana' is not an MTU"
said "a huge mtu" "'99999999999' is not an MTU"
said "two, the second wrong" "vd1: cannot connect"

# --- Pointers: natively, in a view, and over a stack.

bad=$(guest badpointers) || { not_ok "compile badpointers"; finish; }
for part in sockets datagrams paths others; do
	bounded "$bad" $part > "$T/native" 2>&1
	plain_view "$bad" $part > "$T/view" 2>&1
	if cmp -s "$T/native" "$T/view"; then
		ok "bad pointers: $part, no module"
	else
		not_ok "bad pointers: $part, no module"
		diff -U 0 "$T/native" "$T/view" | note
	fi
	if [ $part = datagrams ]; then
		inside "bad pointers: $part, a stack" 't_or_end t "a stack" lo_stack
		t "calls" '"$bad"' datagrams
		t "the stack lives" ping -c 1 127.0.0.1
		t_end'
		continue
	fi
	view '. "$T/in.sh"; lo_stack || exit 99; "$@"; ping -c 1 127.0.0.1 > /dev/null && echo lives' "$bad" $part > "$T/view" 2>&1
	echo lives >> "$T/native"
	if cmp -s "$T/native" "$T/view"; then
		ok "bad pointers: $part, a stack"
	else
		not_ok "bad pointers: $part, a stack"
		diff -U 0 "$T/native" "$T/view" | note
	fi
	if bad32=$(guest badpointers -m32 2> /dev/null); then
		view '. "$T/in.sh"; lo_stack || exit 99; "$@" > /dev/null; ping -c 1 127.0.0.1 > /dev/null && echo lives' "$bad32" $part > "$T/view" 2>&1
		is "bad pointers: $part, 32 bits: monitor and stack live on" "$(cat "$T/view")" lives
	fi
done
inside "View-OS's own calls" 't_or_end t "a stack" lo_stack
t "bad pointers" '"$bad"' virtual
t "the stack lives" ping -c 1 127.0.0.1
t "and the monitor" um_ls_service
t_end'
is "outside a view they are ENOSYS" "$(bounded "$bad" virtual | tail -n 1 | cut -d' ' -f2-)" "calls survived"
for tool in "um_add_service x" "um_del_service x" um_ls_service "mstack /x true" viewname umshutdown; do
	[ -n "$UMVIEW" ] || continue
	# shellcheck disable=SC2086
	is "$tool outside a view: status" "$(bounded $tool > "$T/out" 2>&1; echo $?)" 1
done

# --- Netlink and ioctl.

fuzz=$(guest netlink_fuzz) || { not_ok "compile netlink_fuzz"; finish; }
inside "netlink" '
t_or_end t "a stack" mount -t umnetlwipv6 -o vd0=null:// none /dev/net/default
for i in 0 1 2 3 4 5; do
	t "fuzz, seed $(('"$seed"' + i))" '"$fuzz"' $(('"$seed"' + i)) 3000
done
t_like "ip link after it" "$(ip link)" "lo0"
ip link set lo0 up; ip addr add 127.0.0.1/8 dev lo0 2> /dev/null	# which the noise may have removed
t "a socket after it" /usr/bin/python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(); c = socket.create_connection(s.getsockname())"
t "the monitor" um_ls_service
t_end'

# --- Random bytes on the wire.

inside "frames" '
t_or_end t "a" mount -t umnetlwipv6 -o "vd0=ptp://$TMPDIR/p" none /dev/net/a
t_or_end t "b" mount -t umnetlwipv6 -o "vd0=ptp://$TMPDIR/p" none /dev/net/b
t "up" up /dev/net/a vd0 10.0.0.1/24
t "up" up /dev/net/b vd0 10.0.0.2/24 fc00::2/64
t "a packet socket sends frames" mstack /dev/net/a /usr/bin/python3 -c "
import random, socket
random.seed('"$seed"')
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((\"vd0\", 0))
for i in range(20000):
    kind = random.choice([b\"\x08\x00\", b\"\x86\xdd\", b\"\x08\x06\", random.randbytes(2)])
    body = random.randbytes(random.randrange(0, 1500))
    if kind == b\"\x08\x00\": body = bytes([0x45 + random.randrange(0, 11) * (random.random() < .2)]) + body[:8] + random.choice([b\"\x01\", b\"\x06\", b\"\x11\", b\"\x3a\"]) + body[10:16] + bytes([10,0,0,2]) + body[20:]
    if kind == b\"\x86\xdd\": body = b\"\x60\" + body[:5] + random.choice([b\"\x00\", b\"\x06\", b\"\x11\", b\"\x3a\", b\"\x2c\", b\"\x2b\"]) + body[7:]
    try: s.send(b\"\xff\" * 6 + b\"\x02\" * 6 + kind + body)
    except OSError: pass
"
t "a lives" mstack /dev/net/a ping -c 1 -W 3 127.0.0.1
t "b lives" mstack /dev/net/b ping -c 1 -W 3 127.0.0.1
t "and they still talk" mstack /dev/net/a ping -c 5 -i 0.3 -W 3 10.0.0.2
t_end'

leftovers "bad input"
finish
