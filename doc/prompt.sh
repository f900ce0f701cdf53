# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For ~/.bashrc: the prompt tells in which view the shell is, as
# user@host[MONITOR:VIEW]:~$, or user@host[NAME]:~$ if the view has a name.
if view=$(vuname -qx 2>/dev/null); then
	read -r monitor number name <<< "$view"
	PS1="\u@\h[${name:-$monitor:$number}]:\w\\$ "
	unset view monitor number name
fi
