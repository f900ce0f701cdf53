#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fresh.sh [DIRECTORY] - by hand, as root: a new Debian 12 with only git and sudo, in
# DIRECTORY (a temporary one); in it an ordinary user who may sudo runs ./try and ./check.
# Its packages come from where this machine's apt takes them ($MIRROR overrides).
# CHECK="TEST...": only these, of ./check.
# Not part of make check: it takes a quarter of an hour and a gigabyte.

set -eu
[ "$(id -u)" = 0 ] || { echo "SKIP needs root"; exit 77; }
command -v debootstrap > /dev/null || { echo "SKIP needs debootstrap"; exit 77; }
if [ -z "${IN_NAMESPACE:-}" ]; then
	# Mounts of the chroot die with this namespace.
	IN_NAMESPACE=1 exec unshare --mount --pid --fork --propagation private "$0" "$@"
fi

source_tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
root=${1:-$(mktemp -d /var/tmp/umview.fresh.XXXXXX)}
chmod 755 "$root"
# shellcheck disable=SC2016  # $(SITE) is for apt
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | grep -v security | head -n 1)}
[ -n "$mirror" ] || { echo "SKIP apt knows no mirror of bookworm"; exit 77; }
finish() {
	status=$?
	umount -l "$root/proc" "$root/dev/pts" "$root/dev/shm" "$root/dev" 2> /dev/null || true
	[ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root"
	exit $status
}
trap finish EXIT

debootstrap --variant=minbase --include=git,sudo,ca-certificates bookworm "$root" "$mirror"
# What this machine's apt needs to reach it (proxies, signatures) is needed there too.
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2> /dev/null || true
[ ! -f /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$root/etc/apt/"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || true
cp /etc/hosts "$root/etc/hosts"
[ ! -d /usr/local/share/ca-certificates ] || cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
chroot "$root" update-ca-certificates > /dev/null 2>&1 || true
# A root without a name service of its own: no services start in it.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
for node in null zero full random urandom tty; do
	touch "$root/dev/$node"
	mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mknod -m 666 "$root/dev/net/tun" c 10 200 || true

chroot "$root" useradd -m -s /bin/bash newcomer
echo 'newcomer ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/newcomer"
git clone -q "$source_tree" "$root/home/newcomer/view-os"
chroot "$root" chown -R newcomer:newcomer /home/newcomer/view-os

as_newcomer() {
	chroot "$root" su - newcomer -c "${http_proxy:+export http_proxy=$http_proxy; }${https_proxy:+export https_proxy=$https_proxy; }cd view-os && $1"
}
echo "== ./try"
# What a new user types when the prompt is there.
log=$root/tmp/try.log
{
	for _ in $(seq 1200); do
		! grep -aqs 'View-OS will use' "$log" || break
		sleep 1
	done
	for line in 'mount -t umnetlwipv6 none /dev/net/default' 'ip link set vd0 up' \
		'ip addr add 10.1.2.3/24 dev vd0' 'ip addr' 'ping -c 1 10.1.2.3' 'exit'; do
		sleep 1
		echo "$line"
	done
	sleep 2
} | as_newcomer 'script -qec ./try /dev/null' | tee "$log"
grep -aq 'inet 10.1.2.3/24' "$log" || { echo "not ok - ./try shows the stack"; exit 1; }
echo "ok - ./try"
echo "== ./check"
as_newcomer "./check ${CHECK:-}" || {
	grep -ah -A 20 '^not ok' "$root"/home/newcomer/view-os/build/tests/e2e/*.log | head -n 200
	exit 1
}
echo "ok - ./check"
