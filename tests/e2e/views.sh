#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# views.sh - views inside views: what each sees, how they begin and end.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need ip bash
[ -n "$UMVIEW" ] || skip_all "no umview"

# --- Three levels: mounts, services, names, numbers.

inside "three levels" '
mounts() { grep -o "/dev/net/[a-z]* umnet[a-z0-9]*" /proc/mounts | paste -sd" "; }
lo_stack /dev/net/a
viewname outermost
t_is "the first view is number 0" "$(vuname -V)" 0
umview -q -V inner sh -c ". \"\$T/in.sh\"
	mounts() { grep -o \"/dev/net/[a-z]* umnet[a-z0-9]*\" /proc/mounts | paste -sd\" \"; }
	t_is \"a view inside is number 1\" \"\$(vuname -V)\" 1
	t_is \"its name\" \"\$(viewname)\" inner
	t_is \"one monitor\" \"\$(vuname -U)\" $(vuname -U)
	t_like \"it has the services from before\" \"\$(um_ls_service)\" \"^umnet: \"
	t_is \"and the mounts\" \"\$(mounts)\" \"/dev/net/a umnetlwipv6\"
	lo_stack /dev/net/b
	um_add_service umecho
	t_is \"its own mount\" \"\$(mounts)\" \"/dev/net/a umnetlwipv6 /dev/net/b umnetlwipv6\"
	umview -q sh -c \". \\\"\\\$T/in.sh\\\"
		t_is \\\"the third level\\\" \\\"\\\$(vuname -V) \\\$(viewname)\\\" \\\"2 \\\"
		mount -t umnetnull none /dev/net/c
		umount /dev/net/b
		t_is \\\"mounts of three levels\\\" \\\"\\\$(grep -c umnet /proc/mounts)\\\" 2
		t_like \\\"stacks of the outer ones\\\" \\\"\\\$(mstack /dev/net/a ip -br addr)\\\" 127.0.0.1
		exit 7\"
	t_is \"exit status of the third\" \$? 7
	t_is \"what it mounted and unmounted is its own\" \"\$(mounts)\" \\
		\"/dev/net/a umnetlwipv6 /dev/net/b umnetlwipv6\"
	t_like \"the stack it unmounted works\" \"\$(mstack /dev/net/b ip -br addr)\" 127.0.0.1
	umount /dev/net/a
	t_is \"unmounted\" \"\$(mounts)\" \"/dev/net/b umnetlwipv6\"
	exit 3"
t_is "exit status of the second" $? 3
t_is "the mounts of the first" "$(mounts)" "/dev/net/a umnetlwipv6"
t_like "its stack works" "$(mstack /dev/net/a ip -br addr)" 127.0.0.1
t_is "its services" "$(um_ls_service | cut -d: -f1)" umnet
t_is "its name" "$(viewname)" outermost
umview -q sh -c "kill -TERM \$\$"
t_is "a signal" $? 143
umview -q /nonexistent/program 2>/dev/null
t_is "a command that is not found" $? 127
umview -q / 2>/dev/null
t_is "a command that cannot be executed" $? 126
umview -q -p nosuch true 2>/dev/null
t_is "a module that is not found" $? 125
t_is "mstack outside chooses inside" "$(mstack /dev/net/a umview -q ip -br addr show lo0 | grep -c 127.0.0.1)" 1
t_is "later mounts outside are not seen inside" "$(
	umview -q sh -c "echo > \$T/tmp/ready; while [ -e \$T/tmp/ready ]; do sleep 0.05; done; grep -c /dev/net/late /proc/mounts" &
	while [ ! -e "$T/tmp/ready" ]; do sleep 0.05; done
	lo_stack /dev/net/late; rm "$T/tmp/ready"; wait $!)" 0
t_end'

# --- What ends with a view.

keep_running=1 inside "a view ends" '
umview -q sh -c ". \"\$T/in.sh\"; lo_stack /dev/net/x; (sleep 2; echo \$(mstack /dev/net/x ip -br addr | grep -c 127.0.0.1) > \$T/tmp/alive) & exit 0"
i=0
while [ ! -e "$T/tmp/alive" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
t_is "it lives as long as a process in it" "$(cat "$T/tmp/alive")" 1
t "then its stack goes" wait_for 5 sh -c "! pgrep -u $(id -u) -x umnet-lwipv6"
rm -f "$T/tmp/alive"
i=0 bad=0
while [ $i -lt 100 ]; do
	umview -q -p umecho sh -c "mount -t umecho none /dev/net/e; exit $i" 2>/dev/null
	[ $? = $i ] || bad=$((bad + 1))
	i=$((i + 1))
done
t_is "a hundred views, one after the other" $bad 0
bad=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	umview -q sh -c ". \"\$T/in.sh\"; lo_stack /dev/net/z && mstack /dev/net/z ip -br addr > /dev/null && exit $i" &
	eval "p$i=$!"
done
for i in 1 2 3 4 5 6 7 8 9 10; do
	eval "wait \$p$i"
	[ $? = $i ] || bad=$((bad + 1))
done
t_is "ten at once" $bad 0
t "nothing of them is left" wait_for 5 sh -c "! pgrep -u $(id -u) -x umnet-lwipv6"
t_is "the first view has no mount" "$(grep -c "umnet\|umecho" /proc/mounts)" 0
t_end'
leftovers "views that ended"

# --- umshutdown, um_attach.

inside "one view" '
umview -q -V victim sh -c "sleep 300 & umview -q sleep 300 & echo > \$T/tmp/ready; trap : TERM; wait; exec umshutdown 5" &
inner=$!
while [ ! -e "$T/tmp/ready" ]; do sleep 0.05; done
sleep 300 & mine=$!
kill -TERM $inner
wait $inner
t_is "umshutdown there" $? 0
t "spares who is here" kill -0 $mine
kill $mine
umview -q sh -c "mount -t umnetnull none /dev/net/theirs; while [ ! -e \$T/tmp/moved ]; do sleep 0.05; done; vuname -V; grep -c /dev/net/mine /proc/mounts" > "$T/tmp/out" &
other=$!
mount -t umnetnull none /dev/net/mine
t "um_attach" um_attach $other
echo > "$T/tmp/moved"
wait $other
t_is "brings a process into this view" "$(paste -sd" " "$T/tmp/out")" "0 1"
rm -f "$T/tmp/out" "$T/tmp/moved" "$T/tmp/ready"
t_like "um_attach of an outsider" "$(um_attach 1 2>&1)" "^um_attach: 1: (It may not be moved|It does not run below)"
t_like "um_attach of nobody" "$(um_attach 999999999 2>&1)" "^um_attach: 999999999: No such process"
t_end'

finish
