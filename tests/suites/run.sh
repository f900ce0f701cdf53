#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh - suites that nobody here wrote, natively and in a view with each stack as the
# default, scored by named test (score.py tells how, known/ lists the known differences).
#
#	tests/suites/run.sh				what ./check runs
#	tests/suites/run.sh cpython -a			every part
#	IPROUTE2_SOURCE=DIRECTORY tests/suites/run.sh iproute2
#	CURL_SOURCE=DIRECTORY tests/suites/run.sh curl -a
#	tests/suites/run.sh cpython -m test_socket -o umnetlwipv6 -v
#
# Knobs: those of e2e/lib.sh.

# shellcheck source=../e2e/lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/../e2e/lib.sh"

suites=$(dirname "$self")
[ -n "$UMVIEW" ] || skip_all "needs umview"
[ $# != 0 ] || set -- cpython
suite=$1.py
shift
[ -x "$suites/$suite" ] || { echo "no suite $suite"; exit 99; }
interpreter=$(sed -n '1s/^#!//p' "$suites/$suite")
[ -x "$interpreter" ] || skip_all "needs $interpreter"
as_user env UMVIEW="$UMVIEW" /usr/bin/python3 -B "$suites/score.py" "$@" "$suite" < /dev/null
status=$?
leftovers "$suite" | sed 's/^/# /'
exit $status
