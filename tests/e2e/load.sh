#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# load.sh [TYPE...] - nginx serves wrk on each type of stack, and iperf3 runs both ways:
# not one error.  With UMTEST_FULL=1, a million requests and 60 seconds each way.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need nginx wrk iperf3 curl
[ $# != 0 ] || set -- umnetns umnetlwipv6

requests=50000 short=10000 seconds=3
[ -z "${UMTEST_FULL:-}" ] || requests=1000000 short=100000 seconds=60 limit=1500

mkdir "$T/www"
head -c 1000 /dev/urandom > "$T/www/file"
cat > "$T/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $T/tmp/nginx.pid;
error_log $T/tmp/error.log warn;
events { worker_connections 512; }
http {
	access_log off;
	keepalive_requests 100000000;
	client_body_temp_path $T/tmp/body;
	proxy_temp_path $T/tmp/proxy;
	fastcgi_temp_path $T/tmp/fastcgi;
	uwsgi_temp_path $T/tmp/uwsgi;
	scgi_temp_path $T/tmp/scgi;
	server { listen 127.0.0.1:80; root $T/www; }
}
CONF

# What wrk saw, in one line; each thread adds its own to the file.
cat > "$T/count.lua" <<'LUA'
done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format("%d requests, %d errors: connect %d, read %d, write %d, status %d, timeout %d\n",
		summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
		e.connect, e.read, e.write, e.status, e.timeout))
end
LUA
chmod -R a+rX "$T/www" "$T/nginx.conf" "$T/count.lua"

# load WHAT COUNT [HEADER]: wrk, a few seconds at a time, until COUNT requests are served.
cat >> "$T/in.sh" <<'IN'
load() {
	load_what=$1 load_left=$2 load_total=0 load_start=$(date +%s)
	shift 2
	while [ "$load_left" -gt 0 ]; do
		load_line=$(wrk -t 1 -c 50 -d 2 --timeout 30 "$@" -s "$T/count.lua" \
			http://127.0.0.1/file | grep errors:) || load_line="wrk: status $?"
		case $load_line in
		*", 0 errors"*) ;;
		*) echo "not ok - $load_what: $load_line after $load_total"; return ;;
		esac
		load_total=$((load_total + ${load_line%% *}))
		load_left=$((load_left - ${load_line%% *}))
	done
	echo "ok - $load_what: no error"
	echo "$load_total requests in $(($(date +%s) - load_start)) s"
}
IN

for type; do
	if [ -n "$UMVIEW" ] && ! view "mount -t $type -o lo none /dev/net/default" > "$T/out" 2>&1; then
		skip "$type" "$(head -n 1 "$T/out")"
		continue
	fi
	inside "$type" '
t_or_end t "mount" mount -t "$1" -o lo none /dev/net/default
nginx -e "$T/tmp/error.log" -c "$T/nginx.conf" 2> "$T/tmp/nginx.err" &
wait_for 10 curl -s -o /dev/null http://127.0.0.1/file
load "wrk, connections kept" "$2"
load "wrk, a connection a request" "$3" -H "Connection: close"
kill $!
wait $!
t_is "nginx has nothing to say" "$(cat "$T/tmp/error.log")" ""
rm -rf "$T/tmp/"*
for way in "" -R; do
	rm -f "$T/tmp/server"
	timeout $(($4 + 40)) iperf3 -s -1 > "$T/tmp/server" 2>&1 &
	wait_for 10 grep -q listening "$T/tmp/server"
	client=$(timeout $(($4 + 30)) iperf3 -c 127.0.0.1 -t "$4" $way 2>&1)	# t has 60 s
	t_is "iperf3 $way" $? 0
	echo "$client" | grep -E "sender|receiver|error"
	wait $!
done
rm -f "$T/tmp/server"
t_end' "$type" "$requests" "$short" "$seconds"
	grep -E " requests in |sender|receiver" "$inside_out" | sed "s/^/# $type: /"
done
finish
