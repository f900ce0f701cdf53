#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pathtricks.sh - names and files as hostile and as picky people use them.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

[ -n "$UMVIEW" ] || skip_all "no umview"
need python3

# errno.py CALL ARGUMENT...: what a call of os gives, or its error.
cat > "$T/errno.py" <<'PY'
import errno, os, sys
try:
    fd = os.open(sys.argv[1], eval(sys.argv[2], vars(os)))
    print(os.fstat(fd).st_size >= 0)
except OSError as e:
    print(errno.errorcode[e.errno])
PY

inside "names" '
mkdir "$T/home/d" "$T/home/other" "$T/home/other/deep"; cd "$T/home"; : > other/stack
mount -t umnetnull none "$T/home/d/stack"
what() { stat -c %F "$1" 2>&1 | sed "s/.*: //"; }
ln -s "$T/home/other/deep" d/link
t_is "by way of a link and .." "$(what d/link/../stack)" "regular empty file"
t_is "by way of a directory and .." "$(what d/../d/stack)" "weird file"
t_is "not there" "$(what other/deep/../../d/../other/stack)" "regular empty file"
cd d
t_is "/proc/self/cwd" "$(what /proc/self/cwd/stack)" "weird file"
t_is "/proc/self/fd" "$(python3 -c "import os, stat
fd = os.open(\".\", os.O_RDONLY)
for p in \"/proc/self/fd/%d/stack\", \"/dev/fd/%d/stack\", \"/proc/thread-self/fd/%d/stack\":
    print(oct(stat.S_IFMT(os.stat(p % fd).st_mode)))" | xargs)" "0o160000 0o160000 0o160000"
cd ..
t_is "/proc/self/cwd, elsewhere" "$(what /proc/self/cwd/stack)" "No such file or directory"
t_like "a mount at the root" "$(mount -t umnetnull none / 2>&1)" "busy|already mounted"
t_is "the root" "$(what /)" directory
t_end'

inside "files" '
lo_stack
flags() { python3 "$T/errno.py" "$@"; }
t_is "to be made, and new" "$(flags /etc/resolv.conf "O_CREAT | O_EXCL | O_WRONLY")" EEXIST
t_is "to be written" "$(flags /proc/net/dev O_WRONLY)" EACCES
t_is "O_LARGEFILE with O_PATH" "$(flags /sys/class/net "O_PATH | 0o100000")" True
t_is "O_LARGEFILE" "$(flags /sys/class/net/lo0/mtu "O_RDONLY | O_NOCTTY | 0o100000")" True
t_is "mounts of who is no guest" "$(grep -c umnet /proc/1/mounts)" 0
mkfifo "$T/home/fifo"
t_like "resolv= that would never end" "$(mount -t umnetlwipv6 -o lo,resolv="$T/home/fifo" none /dev/net/f 2>&1)" "bad option"
: > "$T/home/resolv"
mount -t umnetlwipv6 -o lo,resolv="$T/home/resolv" none /dev/net/f && rm "$T/home/resolv" && mkfifo "$T/home/resolv"
t_like "nor one that became such" "$(mstack /dev/net/f timeout 5 cat /etc/resolv.conf 2>&1)" "Permission denied"
t_end'

# --- Other users in root's views; file systems that never answer.

if [ "$(id -u)" = 0 ] && [ "$user_name" = umtest ]; then
	as_root() {
		timeout -k 3 60 env UMVIEW_MODULES="$UMVIEW_MODULES" UMVIEW_LIBEXEC="$UMVIEW_LIBEXEC" \
			PATH="$search_path" T="$T" XDG_RUNTIME_DIR="$T/run" "$UMVIEW" -q -p umnet -- sh -c "$1" 2>&1
	}
	mkdir "$T/roots"
	echo "nameserver 192.0.2.1" > "$T/roots/resolv"
	is "resolv= is root's to write, others read it" "$(as_root "mount -t umnetlwipv6 -o lo,resolv=$T/roots/resolv none /dev/net/default
other() { setpriv --reuid=$UMTEST_UID --regid=$user_gid --clear-groups sh -c \"\$1\" 2>&1; }
other 'cat /etc/resolv.conf'; other 'echo x >> /etc/resolv.conf' | sed 's/.*: //'
chmod 666 $T/roots/resolv; other 'echo y >> /etc/resolv.conf'; chmod 644 $T/roots/resolv; echo z >> /etc/resolv.conf
xargs < $T/roots/resolv")" "nameserver 192.0.2.1
Permission denied
nameserver 192.0.2.1 y z"
	if [ -e /dev/fuse ] && stuck=$(guest stuckfuse); then
		mkdir "$T/stuck"
		for how in link proc list; do
			out=$(as_root "mount -t umnetnull none $T/stuck/x && timeout -k 1 25 $stuck $how $T/stuck")
			case $out in
			cannot*) skip "FUSE without an answer: $how" "$out" ;;
			*) is "FUSE without an answer: $how" "$out" served ;;
			esac
		done
	else
		skip "FUSE without an answer" "needs /dev/fuse"
	fi
else
	skip "other users" "only root has them in its views"
fi

leftovers "pathtricks"
finish
