# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# setup.sh - what ./try, ./check and .ci/run share: packages, a build, an
# ordinary user.  Sourced with the top of the sources as working directory.

top=$(pwd -P)
say() { printf '%s\n' "$*" >&2; }
fail() { say "${0##*/}: $*"; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "missing packages, and neither root nor sudo to install them: $missing"
	fi
}

missing_packages() {	# WHEN
	awk -v when="$1" '$1 == when { print $2 }' packaging/packages | while read -r p; do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || printf '%s ' "$p"
	done
}

# SYSTEMD_OFFLINE: the servers that come with test programs are not started.
apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 apt-get "$@" >> "$log" 2>&1
}

install_packages() {	# WHEN...
	command -v apt-get >/dev/null || { say "not Debian: no packages are installed"; return 0; }
	log=$(mktemp) || exit 1
	updated=
	for when; do
		missing=$(missing_packages "$when")
		[ -n "$missing" ] || continue
		say "installing: $missing"
		[ -n "$updated" ] || apt_get update || say "(apt-get update failed)"
		updated=1
		# shellcheck disable=SC2086
		apt_get install -y --no-install-recommends $missing && continue
		if [ "$when" != test ]; then
			tail -n 20 "$log" >&2
			fail "cannot install: $missing"
		fi
		for p in $missing; do
			apt_get install -y --no-install-recommends "$p" ||
				say "(cannot install $p: its tests are skipped)"
		done
	done
	rm -f "$log"
}

# Can every user get there?  As root the views run under another uid.
open_to_all() (	# a subshell: its variables are its own
	dir=$1
	while [ "$dir" != / ]; do
		[ ! -d "$dir" ] || case $(stat -c %A "$dir") in *[xt]) ;; *) exit 1 ;; esac
		dir=$(dirname "$dir")
	done
)

# Where to build: in the sources, unless we are root and they are private.
build_dir() {	# NAME
	dir=$top/$1
	if [ "$(id -u)" = 0 ] && ! open_to_all "$top"; then
		dir=/var/tmp/umview-$1
		mkdir -m 755 "$dir" 2>/dev/null || [ "$(stat -c '%u %F' "$dir")" = "0 directory" ] ||
			fail "$dir is not mine"
	fi
	echo "$dir"
}

build() {	# DIRECTORY CONFIGURE-OPTION...
	build=$1
	shift
	mkdir -p "$build"
	# What is made as root must serve the others too.
	umask 022
	log=$build/build.log
	say "building in $build"
	(
		# What is out of date later, make itself makes again.
		[ -e configure ] || ./autogen.sh || exit
		cd "$build" || exit
		if [ ! -e Makefile ] || [ "$(cat .options)" != "$*" ]; then
			"$top/configure" "$@" || exit
			echo "$*" > .options
		fi
		make -j"$(nproc)"
	) > "$log" 2>&1 || { tail -n 30 "$log" >&2; fail "the build failed; see $log"; }
}

# as_ordinary COMMAND...: with the build directory's programs; as who called sudo, or as
# nobody, if we are root.
as_ordinary() {
	user=$(id -un)
	set -- env UMVIEW_MODULES="$build/modules/.libs" UMVIEW_LIBEXEC="$build/umnet" \
		PATH="$build/umview:$build/umview/cmd:$PATH:/usr/sbin:/sbin" "$@"
	if [ "$(id -u)" = 0 ]; then
		user=${SUDO_USER:-nobody}
		[ "$user" != root ] || user=nobody
		home=$(getent passwd "$user" | cut -d: -f6)
		[ -d "$home" ] || home=/tmp
		set -- setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups \
			--inh-caps=-all --bounding-set=-all \
			env -u XDG_RUNTIME_DIR HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash "$@"
	fi
	"$@"
}
