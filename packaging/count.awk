# SPDX-License-Identifier: GPL-2.0-or-later
# Counts the single checks in the logs of the tests: lines "ok", "not ok" and "ok ... # SKIP", and
# the summaries of Check.  A test that failed without saying which check is one failure.
function end_of_test() {
	if (!result)
		return
	if (result == "SKIP")
		skipped++
	else if (result != "PASS" && !bad) {
		failed++
	} else if (result == "PASS" && !good)
		passed++
	passed += good
	failed += bad
}
$1 == "@result" { end_of_test(); result = $2; good = bad = 0; next }
/^ok .*# SKIP/ { skipped++; next }
/^ok / { good++ }
/^not ok / { bad++ }
/^[0-9]+%: Checks: / {
	gsub(/[,:]/, "")
	good += $3 - $5 - $7
	bad += $5 + $7
}
END {
	end_of_test()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}
