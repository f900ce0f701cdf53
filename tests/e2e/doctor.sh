#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor.sh - umview --doctor says what is so: as things are, under filters that refuse or kill,
# without namespaces, programs, modules, descriptors. Its exit status is that of a session.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3
guest forbid > /dev/null && guest container > /dev/null && guest killfilter > /dev/null && guest denied > /dev/null || exit 99
chmod 755 "$T/bin"/*

cat > "$T/field.py" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
assert isinstance(rows, list) and all(sorted(r) == ["detail", "name", "remedy", "status"] for r in rows)
assert all(r["status"] in ("ok", "warn", "no", "skip") and r["detail"] for r in rows)
assert len(set(r["name"] for r in rows)) == len(rows)
for name in sys.argv[2:]:
    for r in rows:
        if r["name"] == name:
            print(r["status"], r["detail"], "->", r["remedy"])
            break
    else:
        print("missing", name)
PY

# doctor BEFORE...: runs it, its answer to be looked at with row; the status is its own.
doctor() {
	bounded "$@" "$UMVIEW" --doctor --json > "$T/doctor.json" 2> "$T/doctor.err" < /dev/null
	status=$?
	[ -s "$T/doctor.err" ] && note < "$T/doctor.err"
	return 0
}
row() { python3 "$T/field.py" "$T/doctor.json" "$@" 2>&1; }

# A TCP connection over a stack of its own, as the doctor's session claims.
talk='mount -t umnetlwipv6 -o lo none /dev/net/default && /usr/bin/python3 -c "
import socket
a = socket.create_server((\"127.0.0.1\", 0)); b = socket.create_connection(a.getsockname())
b.send(b\"!\"); assert a.accept()[0].recv(1) == b\"!\""'

# agrees WHAT BEFORE...: the exit status is 0 if and only if such a session works here.
agrees() {
	local what=$1 truth=125
	shift
	bounded "$@" "$UMVIEW" -q -p umnet -- sh -c "$talk" > /dev/null 2>&1 < /dev/null && truth=0
	is "$what: its exit status is what sessions do" "$status" "$truth"
}

# --- As things are.

doctor env
check "JSON, each row whole" python3 "$T/field.py" "$T/doctor.json"
agrees "plain" env
is "plain: it works" "$status" 0 || note < "$T/doctor.json"
like "the kernel" "$(row kernel)" "^ok Linux $(uname -r | sed 's/[.+]/\\&/g')"
bounded "$UMVIEW" --doctor > "$T/doctor.txt" 2>&1
is "as text: the status" $? 0
is "as text: the same rows" "$(grep -oE '^(ok|warn|no|skip) +[^ ]+' "$T/doctor.txt" | tr -s ' ')" \
	"$(python3 -c 'import json, sys
for r in json.load(open(sys.argv[1])): print(r["status"], r["name"])' "$T/doctor.json")"
like "as text: the end" "$(tail -n 1 "$T/doctor.txt")" "^Sessions with a user-level stack work here"
for device in tun:/dev/net/tun fuse:/dev/fuse; do
	if as_user sh -c ": <> ${device#*:}" 2> /dev/null; then
		like "${device#*:} opens" "$(row "${device%%:*}")" "^(ok|skip) "
	else
		like "${device#*:} does not open" "$(row "${device%%:*}")" "^warn ${device#*:}: .* -> ."
	fi
done
if tun_node; then
	doctor env
	like "tun: an interface in a namespace, if there is one" "$(row tun network-namespaces | xargs)" \
		"^(ok an interface was made .* ok a network|skip .*(warn|skip) )"
else
	skip "tun" "no node can be made"
fi
if PATH=$search_path command -v vde_switch > /dev/null; then
	like "vde_switch" "$(row vde_switch)" "^ok /"
	like "no default switch" "$(row default-switch)" "^ok (none runs|.* listens)"
	as_user mkdir -p "$T/home/.vde2"
	as_user vde_switch -s "$T/home/.vde2/default.switch" -d -p "$T/home/switch.pid"
	wait_for 10 test -S "$T/home/.vde2/default.switch/ctl"
	doctor env
	is "a default switch" "$(row default-switch)" "ok $T/home/.vde2/default.switch listens -> "
	kill "$(cat "$T/home/switch.pid")"
else
	skip "switches" "needs vde2"
fi
leftovers "plain"
is "what cannot follow it" "$(bounded "$UMVIEW" --doctor --xml 2>&1; echo $?)" \
	"umview: --doctor takes no more than --json
125"

# --- Inside a view.

view "umview --doctor --json > \$T/home/in.json; echo \$?" > "$T/in.status" 2> "$T/in.err"
cp "$T/home/in.json" "$T/doctor.json"
is "in a view: it works" "$(cat "$T/in.status")" 0
# The last session's view inside ends as the session does: once its stack was unmounted twice.
is "in a view: not a word of the monitor" "$(cat "$T/in.err")" ""
like "in a view: what the monitor does is not tried" "$(row listener)" "^skip not tried: inside a view"
like "in a view: the monitor" "$(row virtual-calls)" "^ok inside view 0: its monitor \(pid [0-9]+\) answers"
leftovers "in a view"

# --- Filters that were there before. Numbers are x86_64's.

# forbidden WHAT ROW PATTERN ERRNO|kill NUMBER...
forbidden() {
	local what=$1 name=$2 pattern=$3
	shift 3
	doctor "$T/bin/forbid" "$@" --
	like "$what: told" "$(row "$name")" "$pattern"
	like "$what: rows" "$(python3 "$T/field.py" "$T/doctor.json" && echo whole)" '^whole$'
	agrees "$what" "$T/bin/forbid" "$@" --
}
by='a seccomp filter that was there before us refuses it .*-> allow '
forbidden "pidfd_getfd EPERM" pidfd_getfd "^warn pidfd_getfd.*Operation not permitted: ${by}pidfd_getfd" 1 438
forbidden "pidfd_open ENOSYS" pidfd_open "^warn pidfd_open.*Function not implemented: ${by}pidfd_open" 38 434
forbidden "process_vm_readv EPERM" process_vm_readv "^warn process_vm_readv.*${by}process_vm_readv" 1 310
forbidden "process_vm_writev ENOSYS" process_vm_writev "^no process_vm_writev.*${by}process_vm_writev" 38 311
forbidden "process_vm_* EPERM" process_vm_writev "^warn process_vm_writev.*/proc/PID/mem takes its place -> allow" 1 310 311
forbidden "mount EPERM" mount "^warn mount\(2\): Operation not permitted: ${by}mount" 1 165
forbidden "prlimit EPERM" prlimit "^no prlimit\(2\): Operation not permitted: ${by}prlimit" 1 302
forbidden "unshare EPERM" user-namespaces "^warn user namespaces are denied: by a seccomp filter" 1 272
forbidden "unknown calls EPERM" virtual-calls "^warn a number that the kernel does not know is answered" 1 0x564f00
forbidden "seccomp EPERM" listener "^no seccomp\(2\): Operation not permitted: ${by}seccomp" 1 317
like "no listener: the rest is not tried" "$(row addfd)" "^skip not tried: there is no listener"
forbidden "mount kills" mount "^no killed by SIGSYS: a seccomp filter" kill 165
doctor "$T/bin/killfilter"
like "seccomp kills: told" "$(row listener)" "^no killed by SIGSYS: a seccomp filter that was there before us"
like "seccomp kills: in the session too" "$(row session-umnetlwipv6)" "^no "
agrees "seccomp kills" "$T/bin/killfilter"
doctor "$T/bin/denied"
like "namespaces EPERM: told" "$(row user-namespaces network-namespaces session-umnetns | xargs)" \
	"^warn user namespaces are denied: by a seccomp filter .* skip not tried: there is no user namespace .* warn umnetns "
agrees "namespaces EPERM" "$T/bin/denied"
doctor "$T/bin/container"
is "a container: it works" "$status" 0 || note < "$T/doctor.json"
is "a container: what is less" "$(row mount user-namespaces pidfd_getfd session-umnetns | cut -d" " -f1 | xargs)" \
	"warn warn warn warn"
is "a container: the rest" "$(row listener addfd addfd-send virtual-calls process_vm_readv prlimit | cut -d" " -f1 | xargs)" \
	"ok ok ok ok ok ok"
agrees "a container" "$T/bin/container"
leftovers "filters"
rm "$T/home/in.json"
is "no core of what was killed" "$(find "$T" . -maxdepth 2 -name 'core*' -newer "$T/field.py" -type f)" ""

# --- Another listener.

cat > "$T/home/listener.c" <<'C'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct sock_filter f[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog p = { 1, f };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
	if (argc < 2 || fd < 0 || dup2(fd, 9) < 0)	/* it has to stay open */
		return 2;
	execvp(argv[1], argv + 1);
	return 2;
}
C
${CC:-cc} -o "$T/bin/listener" "$T/home/listener.c" && chmod 755 "$T/bin/listener"
doctor "$T/bin/listener"
like "another listener" "$(row listener)" "^no seccomp\(2\): Device or resource busy: there is a listener already.*-> run umview where no other"
agrees "another listener" "$T/bin/listener"

# --- Without namespaces, descriptors, programs, modules, a writable directory.

if as_user unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces' 2> /dev/null; then
	none=(unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"' sh)
	doctor "${none[@]}"
	like "no user namespaces: told" "$(row user-namespaces)" \
		"^warn user namespaces are denied: user.max_user_namespaces is 0 -> raise"
	# Whoever is root in a namespace has rights enough for umnetns.
	is "no user namespaces: umnetns" "$(row session-umnetns | cut -d" " -f1)" "$(bounded "${none[@]}" \
		"$UMVIEW" -q -p umnet -- mount -t umnetns -o lo none /dev/net/x > /dev/null 2>&1 && echo ok || echo warn)"
	none+=(setpriv --bounding-set=-all --inh-caps=-all)
	doctor "${none[@]}"
	like "no rights either: umnetns does not work" "$(row session-umnetns)" "^warn umnetns .*max_user_namespaces is 0"
	agrees "no user namespaces" "${none[@]}"
else
	skip "no user namespaces" "there are none as it is"
fi
few=(sh -c 'ulimit -n 60; exec "$@"' sh)
doctor "${few[@]}"
like "few descriptors: told" "$(row descriptors)" "^warn RLIMIT_NOFILE is at most 60: "
agrees "few descriptors" "${few[@]}"
few=(sh -c 'ulimit -n 12; exec "$@"' sh)
doctor "${few[@]}"
like "hardly any: told" "$(row descriptors)" "^warn RLIMIT_NOFILE is at most 12: "
agrees "hardly any" "${few[@]}"
mkdir "$T/empty"
if find "${libexecdir:-/usr/local/libexec}" /usr/libexec -name umnet-lwipv6 2> /dev/null | grep -q .; then
	skip "no programs" "they are installed, too"
else
	doctor env UMVIEW_LIBEXEC="$T/empty"
	like "no programs: told" "$(row umnet-lwipv6)" "^no umnet-lwipv6 is not executable in .UMVIEW_LIBEXEC.*-> make install"
	like "no programs: umnet-ns" "$(row umnet-ns)" "^warn umnet-ns is not executable"
	agrees "no programs" env UMVIEW_LIBEXEC="$T/empty"
	doctor env UMVIEW_MODULES="$T/empty"
	like "no modules: told" "$(row modules)" "^no umnet.so is not in .UMVIEW_MODULES.*-> make install"
	agrees "no modules" env UMVIEW_MODULES="$T/empty"
	echo nonsense > "$T/empty/umnet.so"
	doctor env UMVIEW_MODULES="$T/empty"
	like "a module that is none: told" "$(row modules)" "^no umnet: .*umnet.so: "
fi
doctor env PATH=/nonexistent
like "no vde_switch: told" "$(row vde_switch)" "^warn vde_switch is not in .PATH.*-> Debian package vde2"
if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
	mkdir "$T/ro"
	doctor env XDG_RUNTIME_DIR="$T/ro" unshare -Urm sh -c 'mount -t tmpfs -o ro none /tmp && exec "$@"' sh
	if [ -s "$T/doctor.json" ]; then
		like "no runtime directory: told" "$(row runtime-directory)" "^warn no directory can be made in /tmp: "
	else
		skip "no runtime directory" "no namespace"
	fi
else
	skip "no runtime directory" "only root tries"
fi
leftovers "what is missing"
finish
