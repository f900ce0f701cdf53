#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# paths.sh - calls that name files: the kernel is the oracle for those that name nothing of
# the view's; and the special files of stacks, their names, their permissions.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3 find tar

# --- Every call, natively, in a view, and in a view whose mounts have the same last names.

mounts='mkdir -p "$T/home/other/dir" && for n in file dir/file link nothing x; do
	mount -t umnetnull none "$T/home/other/$n" || exit 99
done
: > "$T/home/covered" && mount -t umnetnull none "$T/home/covered" || exit 99'

# run_in native|plain|mounted PROGRAM TEST
run_in() {
	rm -rf "$T/tmp/work" "$T/home/other"
	as_user mkdir "$T/tmp/work"
	case $1 in
	native) bounded sh -c 'cd "$T/tmp/work" && exec "$@"' sh "$2" "$3" ;;
	plain) view 'cd "$T/tmp/work" && exec "$@"' "$2" "$3" ;;
	mounted) view "$mounts; cd \"\$T/tmp/work\" && exec \"\$@\"" "$2" "$3" ;;
	esac > "$T/$1" 2>&1
	echo "status $?" >> "$T/$1"
	chmod -R u+rwx "$T/tmp/work" 2>/dev/null
	rm -rf "$T/tmp/work" "$T/home/other" "$T/home/covered"
}

for flags in "" -m32; do
	# shellcheck disable=SC2086
	program=$(guest paths $flags 2>/dev/null) || {
		[ -n "$flags" ] && { skip "32-bit programs" "cannot be compiled"; continue; }
		not_ok "compile paths"
		continue
	}
	for one in opens opens_at stats links makes times attributes directories execs; do
		run_in native "$program" $one
		for where in plain mounted; do
			run_in $where "$program" $one
			if cmp -s "$T/native" "$T/$where"; then
				ok "paths$flags $one, $where"
			else
				not_ok "paths$flags $one, $where"
				diff "$T/native" "$T/$where" | note
			fi
		done
	done
done

# --- The special file of a stack.

cat > "$T/special.py" <<'PY'
import errno, os, stat, sys
def t(what, fn, *args, **more):
    try:
        print(what, fn(*args, **more))
    except OSError as e:
        print(what, errno.errorcode[e.errno])
path = sys.argv[1]
for p in (path, sys.argv[2]):
    s = os.stat(p)
    print(oct(s.st_mode), s.st_uid == os.getuid(), s.st_gid == os.getgid(), s.st_size, s.st_nlink, s.st_rdev)
t("open", os.open, path, os.O_RDONLY)
t("open path", os.open, path, os.O_PATH)
t("open exclusive", os.open, path, os.O_CREAT | os.O_EXCL)
t("open directory", os.open, path, os.O_DIRECTORY)
t("open below", os.open, path + "/x", os.O_RDONLY)
t("slash", os.stat, path + "/")
t("readlink", os.readlink, path)
t("unlink", os.unlink, path)
t("rmdir", os.rmdir, path)
t("mkdir", os.mkdir, path)
t("mkfifo", os.mkfifo, path)
t("symlink", os.symlink, "x", path)
t("rename", os.rename, path, "x")
t("rename onto", os.rename, "here", path)
t("link", os.link, path, "x")
t("link onto", os.link, "here", path)
t("truncate", os.truncate, path, 0)
t("chdir", os.chdir, path)
t("getxattr", os.getxattr, path, "user.a")
t("setxattr", os.setxattr, path, "user.a", b"x")
t("listxattr", os.listxattr, path)
t("chmod", os.chmod, path, 0o7640)
print(oct(os.stat(path).st_mode))
t("access", os.access, path, os.R_OK | os.W_OK)
t("access x", os.access, path, os.X_OK)
t("chown to root", os.chown, path, 0, -1)
t("chown to oneself", os.chown, path, os.getuid(), os.getgid())
print(oct(os.stat(path).st_mode))
t("utime", os.utime, path, (1, 2))
s = os.stat(path)
print(s.st_atime, s.st_mtime)
os.chmod(path, 0o777)
PY
cat > "$T/special.expected" <<'OUT'
0o160777 True True 0 1 0
0o160777 True True 0 1 0
open ENXIO
open path ENXIO
open exclusive EEXIST
open directory ENOTDIR
open below ENOTDIR
slash ENOTDIR
readlink EINVAL
unlink EBUSY
rmdir ENOTDIR
mkdir EEXIST
mkfifo EEXIST
symlink EEXIST
rename EBUSY
rename onto EBUSY
link EXDEV
link onto EEXIST
truncate EINVAL
chdir ENOTDIR
getxattr ENODATA
setxattr EPERM
listxattr []
chmod None
0o167640
access True
access x False
chown to root EPERM
chown to oneself None
0o161640
utime None
1.0 2.0
OUT

inside "a stack's special file" '
cd "$T/home" && mkdir d && : > here && : > under
lo_stack /dev/net/default
mount -t umnetnull none "$T/home/d/stack"
mount -t umnetnull none "$T/home/under"
ln -s d/stack l; ln -s l ll; ln -s d dl
for p in "$T/home/d/stack l" "d/../dl/stack ll" "$T/home/under under" "/dev/net/default /dev/net/../net/default"; do
	t_is "the calls on $p" "$(python3 "$T/special.py" $p 2>&1)" "$(cat "$T/special.expected")"
done
t_like "ls" "$(ls -ld dl/stack)" "^\?rwxrwxrwx +1 "
t_is "ls of the directory" "$(ls d dl/ | xargs)" "d: stack dl/: stack"
t_is "a covered file is listed once" "$(ls | xargs)" "d dl here l ll under"
t_like "ls /dev/net" "$(ls /dev/net | xargs)" "^default( tun)?$"
t_is "find" "$(find d -printf "%p %y ")" "$(printf "d d d/stack U ")"
t_like "stat" "$(stat -c %F d/stack)" "^weird file$"
t_like "what is under it is not seen" "$(cat under 2>&1)" "No such device or address"
t_is "mstack through links" "$(mstack dl/stack ip -br addr 2>&1 | head -n 1)" \
	"Cannot open netlink socket: Address family not supported by protocol"
t_like "mstack with .." "$(mstack /dev/./net/../net/default ip -br addr)" 127.0.0.1
t_like "what is no stack" "$(mstack here true 2>&1)" "^mstack: here: "
t_is "umount through a link" "$(umount ll && ls d)" ""
i=0
while [ $i -lt 300 ]; do mount -t umnetnull none "$T/home/d/a-stack-with-quite-a-long-name-$i" || echo bad; i=$((i + 1)); done
t_is "300 of them in a directory" "$(ls d | wc -l)" 300
t_is "with small buffers" "$(python3 -c "
import ctypes, os
libc = ctypes.CDLL(None)
fd, seen, buffer = os.open(\"d\", os.O_RDONLY), set(), ctypes.create_string_buffer(200)
for i in range(5000):
    n = libc.syscall(217, fd, buffer, 200)
    if n <= 0: break
    at = 0
    while at < n:
        length = int.from_bytes(buffer.raw[at + 16:at + 18], \"little\")
        name = buffer.raw[at + 19:at + length].split(b\"\\0\")[0]
        assert name not in seen, name
        seen.add(name); at += length
print(len(seen), n)")" "302 0"
t_end'

# --- What is done in bulk comes out as it does natively.

bulk='
find /usr/share/doc /etc 2>/dev/null | sort | sha256sum
tar cf - -C /usr/share/doc . 2>/dev/null | sha256sum
cd "$T/tmp" && rm -rf repo && git init -q repo && cd repo && cp -r /usr/share/doc/adduser . &&
	git add . && git status --short | sort | sha256sum
cd "$T/tmp" && rm -rf repo && mkdir make && cp "$SRC"/*.[ch] make && cd make &&
	printf "all: names listen udp options transfer\n%%: %%.c say.h net.h\n\tcc -std=gnu11 -D_GNU_SOURCE -I$SRC/../../lib -o \$@ \$< -pthread\n" > Makefile &&
	make -j2 > /dev/null && sha256sum names listen udp options transfer
cd / && rm -rf "$T/tmp/make"'
export SRC=$guest_dir
native=$(bounded sh -c "$bulk")
like "what natively comes out" "$native" "  transfer$"
is "find, tar, git, make in a view with five mounts" "$(view "
for n in a b c d e; do mount -t umnetnull none /dev/net/\$n || exit 99; done
$bulk")" "$native"

# --- Permissions: each cell, as the owner's group, as others; only root has a second user.

if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
	cat > "$T/cell.py" <<'PY'
import ctypes, errno, fcntl, os, socket, struct, subprocess, sys
def ok(fn):
    try:
        fn()
        return "ok"
    except OSError as e:
        return errno.errorcode[e.errno]
path, mode = sys.argv[1], sys.argv[2]
def choose():
    if ctypes.CDLL(None, use_errno=True).syscall(0x564f00, path.encode(), 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "msocket")
results = [ok(choose)]
def request(number):
    fcntl.ioctl(socket.socket(socket.AF_UNIX), number, struct.pack("16si12x", b"lo0", 1400))
if results == ["ok"]:
    results.append(ok(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)))
    results.append(ok(lambda: socket.if_nameindex()))
    results.append(ok(lambda: request(0x8921)))	# SIOCGIFMTU
    results.append(ok(lambda: request(0x8922)))	# SIOCSIFMTU
    results.append(ok(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))
    results.append(ok(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)))
    answer = subprocess.run(["ip", "addr", "add", "10.9.9.9/32", "dev", "lo0"], capture_output=True, text=True)
    results.append("ok" if not answer.returncode else answer.stderr.strip().split(": ")[-1])
    subprocess.run(["ip", "addr", "del", "10.9.9.9/32", "dev", "lo0"], capture_output=True)
print(mode, *results, sep=",")
PY
	cat > "$T/cells" <<'CELLS'
7,ok,ok,ok,ok,ok,ok,ok,ok
5,ok,ok,ok,ok,EPERM,EPERM,EPERM,Operation not permitted
4,EACCES
3,ok,ok,EACCES,EACCES,ok,ok,ok,Cannot find device "lo0"
1,ok,ok,EACCES,EACCES,EPERM,EPERM,EPERM,Cannot find device "lo0"
0,EACCES
CELLS
	cells() {	# cells WHO SHIFT: modes in which only WHO's digit counts
		local bits line
		while IFS=, read -r bits line; do
			echo "chmod $(printf '%o' $((bits << $2))) /dev/net/p; $1 python3 \"\$T/cell.py\" /dev/net/p $bits"
		done < "$T/cells"
	}
	# As root, whose views may have guests of other users.
	as_root_view() {
		timeout -k 3 60 env UMVIEW_MODULES="$UMVIEW_MODULES" UMVIEW_LIBEXEC="$UMVIEW_LIBEXEC" \
			PATH="$search_path" T="$T" XDG_RUNTIME_DIR="$T/run" "$UMVIEW" -q -p umnet -- sh -c "$1" 2>&1
	}
	chmod 755 "$T/cell.py"
	start='mount -t umnetlwipv6 -o lo none /dev/net/p || exit 99
'
	other="setpriv --reuid=$UMTEST_UID --regid=$user_gid --clear-groups"
	is "permissions of others" "$(as_root_view "$start$(cells "$other" 0)")" "$(cat "$T/cells")"
	is "permissions of the group" \
		"$(as_root_view "${start}chown 0:$user_gid /dev/net/p; $(cells "$other" 3)")" "$(cat "$T/cells")"
	is "permissions of the owner" \
		"$(as_root_view "${start}chown $UMTEST_UID /dev/net/p; $(cells "$other" 6)")" "$(cat "$T/cells")"
	like "root may all the same" "$(as_root_view "${start}chmod 100 /dev/net/p; python3 \"\$T/cell.py\" /dev/net/p 7")" \
		"^7,ok,ok,ok,ok,ok,ok,ok,ok$"
	is "but must have somebody's x" "$(as_root_view "${start}chmod 666 /dev/net/p; python3 \"\$T/cell.py\" /dev/net/p 6")" \
		"6,EACCES"
	is "the default stack, too" "$(as_root_view "mount -t umnetlwipv6 -o lo none /dev/net/default; chmod 700 /dev/net/default
$other python3 -c 'import socket; socket.socket()' 2>&1 | tail -n 1")" "PermissionError: [Errno 13] Permission denied"
	is "chmod by another user" "$(as_root_view "$start$other chmod 0 /dev/net/p 2>&1")" \
		"chmod: changing permissions of '/dev/net/p': Operation not permitted"
else
	skip "permissions of other users" "only root has them in its views"
fi

leftovers "paths"
finish
