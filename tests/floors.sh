#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# floors.sh - who may include what.
#
# The monitor's files stand on floors, and nothing includes a header from a
# floor above its own.  Around it: modules see um_module.h, stack programs
# um_stack.h, tools um_lib.h and msocket.h.  Every source is in Makefile.am and
# says its licence.

cd "${srcdir:-$(dirname "$0")/..}" || exit 99
failures=0
complain() { echo "not ok - $*"; failures=$((failures + 1)); }

# The floor of a file of the monitor, by its name without .c or .h.
floor() {
	case $1 in
	um_call|um_lib|um_module|um_virtual|um_trace|um_stack|msocket|util|wire|denied|json|vde_default) echo 0 ;;
	table|guest|control|identity|loop|process|helper|quick|runtime|latency) echo 1 ;;
	request|trace|message|notification|routecall|sock|mount|name|view|service|procfile|statbuf|special|listing|shadow|filecall) echo 2 ;;
	route|virtual|hypercall|status|namecall|virtualfile|viewlife|exec) echo 3 ;;
	call) echo 4 ;;
	umview|front|monitor|keeper|guestrun|session|mountspec|netlink|netprint|netsetup|netspec|launch|filter|banner|container|options|profile|doctor|doctor-*) echo 5 ;;
	esac
}

# may_include FILE HEADER
may_include() {
	case $1:$2 in
	umview/cmd/*:common.h|umview/cmd/*:real.h|umview/cmd/*:um_lib.h|umview/cmd/*:msocket.h|umview/cmd/*:family.h|umview/cmd/*:json.h|umview/cmd/*:um_trace.h|umview/cmd/*:stackinfo.h) ;;
	umview/cmd/*) return 1 ;;
	umview/*)
		from=$(basename "$1" | sed 's/\.[ch]$//')
		[ -n "$(floor "$from")" ] || { complain "$1 stands on no floor: add it to tests/floors.sh"; return 0; }
		to=$(floor "${2%.h}")
		[ -n "$to" ] && [ "$to" -le "$(floor "$from")" ] ;;
	lib/um_lib.[ch]:msocket.h|lib/um_lib.[ch]:um_lib.h|lib/um_lib.[ch]:um_virtual.h) ;;
	lib/um_lib.[ch]:*) return 1 ;;
	lib/*) [ -e "lib/$2" ] ;;
	modules/umnet-*:um_stack.h|modules/umnet-*:umnet-*.h) ;;	# stack programs
	modules/umnet-*) return 1 ;;
	modules/*:um_module.h|modules/*:um_call.h) ;;
	modules/*) return 1 ;;
	umnet/umnet.*:*|umnet/instance*:*|umnet/ahead.*:*|umnet/vde.*:*|umnet/litter.*:*|umnet/link.*:*|umnet/resolver.*:*)	# the module umnet
		case $2 in
		um_module.h|um_call.h|util.h|wire.h|family.h|umnet.h|ahead.h|instance.h|instance_private.h|vde.h|litter.h|resolver.h|link.h|vde_default.h) ;;
		*) return 1 ;;
		esac ;;
	umnet/*:um_stack.h|umnet/*:um_call.h|umnet/*:util.h|umnet/*:denied.h) ;;
	umnet/*:um_*|umnet/*:wire.h|umnet/*:instance.h) return 1 ;;
	umnet/lwipv6/*) [ -e "umnet/lwipv6/$2" ] || [ -e "umnet/$2" ] ;;
	umnet/netns/*) [ -e "umnet/netns/$2" ] || [ -e "umnet/$2" ] ;;
	umnet/*) [ -e "umnet/$2" ] ;;
	esac
}

sources=$(find lib umview umnet umfuse modules -name '*.[ch]' 2>/dev/null | sort)
includes=$(mktemp) || exit 99
trap 'rm -f "$includes"' EXIT

# shellcheck disable=SC2086
grep -o '^#include "[^"]*"' $sources > "$includes"
while IFS=: read -r file line; do
	header=${line#*\"}
	may_include "$file" "${header%\"}" || complain "$file may not include ${header%\"}"
done < "$includes"

# Libraries of others stay in one place each.
# shellcheck disable=SC2086
for rule in 'lwipv6.h:umnet/lwipv6/' 'lwip/*:modules/umnet-lwip' 'libvdeplug.h:*umnet[-/]' 'seccomp.h:umview/filter.c' \
		'sys/capability.h:umview/'; do
	grep -o '^#include <[^>]*>' $sources | while IFS=: read -r file line; do
		header=${line#*<}
		# shellcheck disable=SC2254
		case ${header%>} in
		${rule%%:*}) case $file in ${rule#*:}*) ;; *) echo "$file: <${header%>}" ;; esac ;;
		esac
	done > "$includes"
	while read -r line; do
		complain "a library out of its place: $line"
	done < "$includes"
done

for file in $sources; do
	grep -q "[	 ]$file\>" Makefile.am || complain "$file is not in Makefile.am"
done
for file in $sources $(find tests bench -name '*.[ch]' -o -name '*.sh') autogen.sh try check \
		.ci/run Makefile.am configure.ac; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
		complain "$file does not begin with its SPDX tag"
done

[ $failures = 0 ] || { echo "$failures complaints"; exit 1; }
echo "ok - floors of $(echo "$sources" | wc -l) files"
