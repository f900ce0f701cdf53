#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure from a git checkout.
cd "$(dirname "$0")" || exit 1
mkdir -p m4
exec autoreconf -fi
