#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hostile.sh - guests that do not do their part, stacks and switches that are stopped, disks
# that are full, limits that are reached: clear errors, nothing lost, and the others go on.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need python3
[ -n "$UMVIEW" ] || skip_all "needs umview"
cat >> "$T/in.sh" <<'IN'
stack_of() {	# stack_of PATH: the pid of the stack mounted there
	pgrep -P "$(vuname -qx | cut -d" " -f1)" -f "umnet-[a-z0-9]* [^ ]* $1 "
}
fds_of() { ls "/proc/$1/fd" | wc -l; }
spare=8		# descriptors: carriers of sockets that a stack gives ahead (WIRE_SPARES)
python() { /usr/bin/python3 -c "$@"; }
# A connection through a new socket; "fine", or the error.
talk='
import errno, socket
try:
    l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen()
    c = socket.create_connection(l.getsockname(), timeout=15); p = l.accept()[0]; p.settimeout(15)
    c.sendall(b"x" * 100000); n = 0
    while n < 100000: n += len(p.recv(65536))
    print("fine")
except OSError as e: print(errno.errorcode.get(e.errno, e))
'
IN

# --- Who never reads, and who never accepts.

inside "never reads" '
t_or_end t "a stack" lo_stack
t_or_end t_like "its process" "$(stack_of /dev/net/default)" "^[0-9]+$"
timeout 100 /usr/bin/python3 '"$guest_dir"'/neverreads.py $(stack_of /dev/net/default)
t_end'

# --- A stack that is stopped.

inside "a stopped stack" '
t_or_end t "a" lo_stack /dev/net/a
t_or_end t "b" lo_stack /dev/net/b
a=$(stack_of /dev/net/a)
mstack /dev/net/a /usr/bin/python3 -c "
import os, signal, socket, threading, time
l = socket.socket(); l.bind((\"127.0.0.1\", 0)); l.listen()
c = socket.create_connection(l.getsockname()); p = l.accept()[0]
os.kill($a, signal.SIGSTOP)
c.send(b\"waits\")
p.settimeout(0.3)
try: print(\"recv\", p.recv(10))
except TimeoutError: print(\"nothing comes\")
p.settimeout(20)
class Alarm(Exception): pass
def ring(*_): raise Alarm
signal.signal(signal.SIGALRM, ring)
for what, call in (\"socket\", socket.socket), (\"accept\", l.accept), (\"getsockname\", l.getsockname), (\"connect\", lambda: socket.socket().connect(l.getsockname())):
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    began = time.monotonic()
    try: call(); print(what, \"returned\")
    except Alarm: print(what, \"interrupted\", \"soon\" if time.monotonic() - began < 3 else \"late\")
if os.fork() == 0:
    socket.socket(); os._exit(0)
time.sleep(0.3)
os.kill($a, signal.SIGCONT)
print(p.recv(10), os.wait()[1])
d = socket.create_connection(l.getsockname(), timeout=20); print(l.accept()[0].fileno() > 0)
" > "$TMPDIR/out" 2>&1
t_is "its guests wait, and signals reach them" "$(cat "$TMPDIR/out")" "nothing comes
socket interrupted soon
accept interrupted soon
getsockname interrupted soon
connect interrupted soon
b'"'waits'"' 0
True"
rm "$TMPDIR/out"
fds=$(fds_of $a)
kill -STOP $a
t_is "Ctrl-C ends who waits" "$(timeout -s INT 1 mstack /dev/net/a /usr/bin/python3 -c "import socket; socket.socket()" 2>/dev/null; echo $?)" 124
t_is "and SIGKILL" "$(timeout -s KILL 1 mstack /dev/net/a /usr/bin/python3 -c "import socket; socket.socket()" 2>/dev/null; echo $?)" 137
t_is "another stack goes on" "$(mstack /dev/net/b /usr/bin/python3 -c "$talk")" fine
t "a new stack" lo_stack /dev/net/c
t "the tools" um_ls_service
# More calls than the socket to it has room for.
mstack /dev/net/a /usr/bin/python3 -c "
import os, signal, socket
for i in range(300):
    if os.fork() == 0:
        signal.setitimer(signal.ITIMER_REAL, 2)
        socket.socket()
        os._exit(1)
print(sum(os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGALRM for i in range(300)))" > "$TMPDIR/out"
t_is "300 wait at once, and are killed by signals" "$(cat "$TMPDIR/out")" 300
kill -CONT $a
t_is "it goes on" "$(mstack /dev/net/a /usr/bin/python3 -c "$talk")" fine
t "no descriptor is left in it" wait_for 10 sh -c "test \$(ls /proc/$a/fd | wc -l) -le $((fds + spare + 1))"
# Umount of one that is stopped.
mstack /dev/net/a /usr/bin/python3 -c "
import os, socket
l = socket.socket(); l.bind((\"127.0.0.1\", 0)); l.listen()
c = socket.create_connection(l.getsockname())
os.kill($a, 19)
try: print(c.recv(1))
except OSError as e: print(\"an error\")
" > "$TMPDIR/out" 2>&1 &
t "stopped" wait_for 10 grep -q "^State:.T" /proc/$a/status
t "umount of a stopped stack" umount /dev/net/a
t "it ends" wait_for 10 sh -c "! kill -0 $a 2>/dev/null"
wait
t_like "its guests hear of it" "$(cat "$TMPDIR/out")" "an error|b.."
rm "$TMPDIR/out"
t "mounted again" lo_stack /dev/net/a
t_is "it serves" "$(mstack /dev/net/a /usr/bin/python3 -c "$talk")" fine
kill -STOP $(stack_of /dev/net/a) $(stack_of /dev/net/b)
t_end'

view '. "$T/in.sh"; lo_stack; lo_stack /dev/net/b; kill -STOP $(stack_of /dev/net/default)
exec mstack /dev/net/b umshutdown 1' > "$T/out" 2>&1
leftovers "umshutdown with a stopped stack"

# --- A stack that is the kernel's: its sockets do not need its process.

netns='mount -t umnetns -o lo none'
if ! view "$netns /dev/net/a" > "$T/out" 2>&1; then
	skip "umnetns" "$(head -n 1 "$T/out")"
else
	inside "a stopped umnetns" '
t_or_end t "a" '"$netns"' /dev/net/a
a=$(stack_of /dev/net/a)
mstack /dev/net/a /usr/bin/python3 -c "
import os, signal, socket, time
l = socket.socket(); l.bind((\"127.0.0.1\", 0)); l.listen()
c = socket.socket()
os.kill($a, signal.SIGSTOP)
c.connect(l.getsockname()); p = l.accept()[0]
c.sendall(b\"goes on\")
print(p.recv(10))
class Alarm(Exception): pass
def ring(*_): raise Alarm
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.2)
began = time.monotonic()
try: socket.socket()
except Alarm: print(\"interrupted\", \"soon\" if time.monotonic() - began < 3 else \"late\")
os.kill($a, signal.SIGCONT)
socket.socket()
os.kill($a, signal.SIGKILL)
time.sleep(0.5)
c.sendall(b\"and on\")
print(p.recv(10))
try: socket.socket()
except OSError as e: print(e.errno)
" > "$TMPDIR/out" 2>&1
t_is "sockets go on without its process, new ones wait" "$(cat "$TMPDIR/out")" "b'"'goes on'"'
interrupted soon
b'"'and on'"'
100"
rm "$TMPDIR/out"
t "umount of the dead" umount /dev/net/a
t "mounted again" '"$netns"' /dev/net/a
kill -STOP $(stack_of /dev/net/a)
t "umount of a stopped one" umount /dev/net/a
t "and again" '"$netns"' /dev/net/default
t_is "200 threads, with fork, exec and kill" "$(timeout 60 '"$(guest hammer)"' 1 3 threads 2>&1 | tail -n 1)" survived
t_is "it serves" "$(/usr/bin/python3 -c "$talk")" fine
t_is "who calls without a pause starves nobody" "$(/usr/bin/python3 '"$guest_dir"'/fairness.py)" fair
kill -STOP $(stack_of /dev/net/default)
t_end'
fi

# --- Guests that hammer.

hammer=$(guest hammer) || not_ok "compile hammer"
seed=$RANDOM
echo "# seed $seed"
inside "hammering" '
t_or_end t "a stack" lo_stack
monitor=$(vuname -qx | cut -d" " -f1)
stack=$(stack_of /dev/net/default)
# What a stack makes once, when it is first needed.
python "
import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind((\"127.0.0.1\", 0)); u.sendto(b\"x\", u.getsockname()); u.recvfrom(9)
socket.socket(socket.AF_PACKET, socket.SOCK_RAW)" 2> /dev/null
fds=$(fds_of $stack)
t_is "200 threads, with fork, exec and kill" "$(timeout 60 '"$hammer"' '$seed' 4 threads 2>&1 | tail -n 1)" survived
t "the stack has no descriptor left of them" wait_for 10 sh -c "test \$(ls /proc/$stack/fd | wc -l) -le $((fds + spare + 4))"
t_is "random calls" "$(timeout 60 '"$hammer"' '$seed' 4 calls 2>&1 | tail -n 1)" survived
t_is "random calls, another seed" "$(timeout 60 '"$hammer"' '$((seed + 1))' 4 calls 2>&1 | tail -n 1)" survived
t "the stack has no descriptor left of them" wait_for 10 sh -c "test \$(ls /proc/$stack/fd | wc -l) -le $((fds + spare + 4))"
t "nor the monitor" test "$(fds_of $monitor)" -le 290	# it keeps a pidfd for each of 256 threads
t_is "it serves" "$(/usr/bin/python3 -c "$talk")" fine
t_is "who calls without a pause starves nobody" "$(/usr/bin/python3 '"$guest_dir"'/fairness.py)" fair
t_end'

# --- The session's switch: stopped, killed.

if [ -n "${UMTEST_SANITIZED:-}" ]; then
	skip "a stopped switch" "plugins of libvdeplug cannot be loaded under ASan"
elif PATH=$search_path command -v vde_switch > /dev/null && [ ! -e /var/run/vde.ctl/ctl ] && [ ! -e /tmp/vde.ctl/ctl ]; then
	inside "a stopped switch" '
wire() { mount -t umnetlwipv6 none "$1" && up "$1" vd0 "$2/24"; }
reach() { mstack /dev/net/a /usr/bin/python3 -c "
import socket, sys
l = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); l.settimeout(0.3); l.bind((\"10.0.0.1\", 0))
for i in range(int(sys.argv[1])):
    try: l.sendto(b\"x\", (\"10.0.0.2\", 9)); l.connect((\"10.0.0.2\", 9)); l.send(b\"x\"); l.recv(1)
    except ConnectionRefusedError: sys.exit(0)	# it answered, by ICMP
    except OSError: pass
sys.exit(1)" $1; }
t_or_end t "a" wire /dev/net/a 10.0.0.1
t_or_end t "b" wire /dev/net/b 10.0.0.2
t "they reach each other" reach 20
switch=$(pgrep -P "$(vuname -qx | cut -d" " -f1)" vde_switch)
kill -STOP $switch
t_is "over a stopped switch not" "$(reach 3; echo $?)" 1
t_is "loopback goes on" "$(mstack /dev/net/a /usr/bin/python3 -c "$talk")" fine
t "floods end" mstack /dev/net/a /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setblocking(False)
for i in range(20000):
    try: s.sendto(bytes(1000), (\"10.0.0.255\" if i % 2 else \"10.0.0.2\", 9))
    except OSError: pass"
t_is "the stack answers" "$(mstack /dev/net/a /usr/bin/python3 -c "$talk")" fine
t_like "a mount on it can be interrupted" "$(timeout -s INT 2 mount -t umnetlwipv6 none /dev/net/x 2>&1; echo $?)" "124|130|32|0"
umount /dev/net/x 2> /dev/null
kill -CONT $switch
t "it goes on" reach 60
t "a mount on it" mount -t umnetlwipv6 none /dev/net/c
umount /dev/net/c
kill -KILL $switch
t "killed: the mount makes another" mount -t umnetlwipv6 none /dev/net/d
t_is "killed: loopback goes on" "$(mstack /dev/net/a /usr/bin/python3 -c "$talk")" fine
kill -STOP $(pgrep -P "$(vuname -qx | cut -d" " -f1)" vde_switch)
t_end'
else
	skip "a stopped switch" "no vde_switch, or a default one runs"
fi

# --- The runtime directory: full, missing, unwritable.

default='mount -t umnetlwipv6 none /dev/net/default && ip link set vd0 up && echo mounted; umount /dev/net/default 2> /dev/null'
if [ -n "${UMTEST_SANITIZED:-}" ] || ! PATH=$search_path command -v vde_switch > /dev/null; then
	skip "the runtime directory" "no vde_switch, or not to be used under ASan"
else
	if [ "$(id -u)" = 0 ] && mount -t tmpfs -o "size=64k,nr_inodes=6,mode=700,uid=$UMTEST_UID" tmpfs "$T/run" 2> /dev/null; then
		inside "a runtime directory without inodes" '
i=0; while touch "$XDG_RUNTIME_DIR/fill$i" 2> /dev/null; do i=$((i + 1)); done
t_like "the mount fails, and says why" "$(mount -t umnetlwipv6 none /dev/net/default 2>&1)" "No space left on device"
t_is "nothing is mounted" "$(grep -c umnet /proc/mounts)" 0
t "a stack that needs none" lo_stack /dev/net/lo
t_is "it serves" "$(mstack /dev/net/lo /usr/bin/python3 -c "$talk")" fine
rm "$XDG_RUNTIME_DIR/fill0"	# room for the directory, not for what is in it
t_is "with room for a directory only" "$(mount -t umnetlwipv6 none /dev/net/default 2> /dev/null; echo $?)" 32
rm "$XDG_RUNTIME_DIR"/fill*
t_is "with room again" "$('"$default"')" mounted
t_end'
		like "umview says why" "$(cat "$inside_out")" "cannot make '$T/run/umview.*': No space left on device"
		like "with room for a directory only: it says so" "$(cat "$inside_out")" "cannot connect to '$T/run/.*/switch'"
		umount "$T/run"
	else
		skip "a full runtime directory" "only root can make one"
	fi
	chmod 500 "$T/run"
	is "an unwritable runtime directory" "$(view ". \"\$T/in.sh\"; $default" 2>&1)" mounted
	chmod 700 "$T/run"
	is "no runtime directory" "$(view ". \"\$T/in.sh\"; exec sh -c '$default'" 2>&1)" mounted
	mv "$T/run" "$T/run.away"
	is "a runtime directory that is not there" "$(view ". \"\$T/in.sh\"; $default" 2>&1)" mounted
	mv "$T/run.away" "$T/run"
	leftovers "runtime directories"
fi

# --- Descriptors: the monitor's and the stack's limit (they raise their own to the hard one).

few=$(mktemp "$T/few.XXXX")
cat > "$few" <<'P'
import collections, errno, os, socket, time
def error(e): return errno.errorcode.get(e.errno, str(e))
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(200)
out, back = os.pipe()
end, go = os.pipe()
for i in range(40):
    if os.fork() == 0:
        os.close(go)
        seen, keep = collections.Counter(), []
        for k in range(8):
            try:
                keep.append(socket.create_connection(l.getsockname(), timeout=20))
                seen["connected"] += 1
            except OSError as e: seen[error(e)] += 1
        os.write(back, (" ".join(seen.elements()) + "\n").encode())
        os.read(end, 1)
        os._exit(0)
lines = b""
while lines.count(b"\n") < 40: lines += os.read(out, 65536)
seen = collections.Counter(lines.decode().split())
print("some connected:", 10 < seen.pop("connected") < 300)
print("the others:", *sorted(set(seen) - {"ENFILE", "EMFILE"}))
try: l.accept(); seen = "accepted"	# it was given ahead
except OSError as e: seen = error(e)
print("accepted or ENFILE:", seen in ("accepted", "ENFILE"))
os.close(go)
for i in range(40): os.wait()
l.settimeout(20)
time.sleep(0.5)
n = 0
try:
    while True:
        l.accept()[0].close()
        n += 1
        l.settimeout(1)
except TimeoutError: pass
print("they wait to be accepted:", n > 10)
c = socket.create_connection(l.getsockname()); p = l.accept()[0]; c.send(b"x"); print("works again:", p.recv(1))
P
chmod a+r "$few"
around=(prlimit --nofile=64:64)
inside "64 descriptors" '
t_or_end t "a stack" lo_stack
t_is "sockets" "$(/usr/bin/python3 '"$few"')" "some connected: True
the others:
accepted or ENFILE: True
they wait to be accepted: True
works again: b'"'x'"'"
i=0
while t_out=$(mount -t umnetlwipv6 -o lo none /dev/net/m$i 2>&1); do i=$((i + 1)); [ $i -lt 99 ] || break; done
t_like "as many stacks as there is room for" $i "^[1-9][0-9]?$"
t_like "the mount fails" "$t_out" "Too many open files"
t_is "the last one serves" "$(mstack /dev/net/m$((i - 1)) /usr/bin/python3 -c "$talk")" fine
umount /dev/net/m0
t "one less, one more" lo_stack /dev/net/more
t_is "it serves" "$(mstack /dev/net/more /usr/bin/python3 -c "$talk")" fine
t_end'
like "and umview says which" "$(cat "$inside_out")" "umview: mount: umnetlwipv6: as many stacks as the monitor's RLIMIT_NOFILE allows"
around=()

# --- As many descriptors in flight as a user may have: then the monitor can pass none on.

flight=$(mktemp "$T/flight.XXXX")
cat > "$flight" <<'P'
import array, errno, os, resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
def talk():
    try:
        l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen()
        c = socket.create_connection(l.getsockname(), timeout=15); p = l.accept()[0]; c.send(b"x")
        return p.recv(1)
    except OSError as e: return errno.errorcode.get(e.errno, e)
print(talk())
pairs, fds = [], array.array("i", [0] * 250)
try:
    while True:
        a, b = socket.socketpair(); a.setblocking(False)
        pairs.append((a, b))
        try:
            while True: a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        except BlockingIOError: pass
except OSError as e: print(errno.errorcode[e.errno])
print(talk())
for a, b in pairs: a.close(); b.close()
for i in range(100):
    got = talk()
    if got != "ENFILE": break
    time.sleep(0.1)
print(got)
P
chmod a+r "$flight"
if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
	around=(prlimit --nofile=2000:2000)
	is "descriptors in flight" "$(view '. "$T/in.sh"; lo_stack; exec /usr/bin/python3 "$1"' "$flight" 2>&1 | xargs)" "bx ETOOMANYREFS ENFILE bx"
	around=()
else
	skip "descriptors in flight" "needs a user of its own"
fi

# --- No more processes.

if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
	around=(prlimit --nproc=5)	# timeout, front, keeper, monitor, guest
	like "no process for a stack" "$(view 'exec mount -t umnetlwipv6 -o lo none /dev/net/default' 2>&1)" \
		"cannot execute '.*': Resource temporarily unavailable"
	around=()
	leftovers "no process for a stack"
else
	skip "no process for a stack" "needs a user of its own"
fi

leftovers "hostile"
finish
