#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# chromium.sh [TYPE...] - two sessions on one vde_switch: chromium, on each type of stack,
# loads a page of 100 resources from an nginx in the other.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need vde_switch nginx chromium curl
[ -n "$UMVIEW" ] || skip_all "needs umview"
[ $# != 0 ] || set -- umnetlwipv6 umnetns
limit=240
switch=$T/tmp/switch
keep_running=yes

# The page counts what it got: 40 scripts, 40 pictures, 20 style sheets.
mkdir "$T/www"
{
	echo '<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><title>0</title>'
	echo '<script>var n = 0; onload = () => document.title = "loaded " + n</script>'
	for i in $(seq 20); do
		echo "#p$i { color: red }" > "$T/www/$i.css"
		echo "<link rel=stylesheet href=$i.css onload=n++>"
	done
	for i in $(seq 40); do
		echo "n++" > "$T/www/$i.js"
		echo "<svg xmlns='http://www.w3.org/2000/svg' width='$i' height='9'/>" > "$T/www/$i.svg"
		echo "<script src=$i.js></script><img src=$i.svg onload=n++>"
	done
} > "$T/www/index.html"
chmod -R a+rX "$T/www"
cat > "$T/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $T/tmp/nginx.pid;
error_log $T/tmp/error.log warn;
events { worker_connections 512; }
http {
	types { text/html html; text/css css; text/javascript js; image/svg+xml svg; }
	access_log $T/tmp/access.log;
	client_body_temp_path $T/tmp/body;
	proxy_temp_path $T/tmp/proxy;
	fastcgi_temp_path $T/tmp/fastcgi;
	uwsgi_temp_path $T/tmp/uwsgi;
	scgi_temp_path $T/tmp/scgi;
	server { listen 80; root $T/www; }
}
CONF

as_user vde_switch -n 64 -s "$switch" -d -p "$T/tmp/switch.pid" < /dev/null > /dev/null
wait_for 5 test -S "$switch/ctl" || { not_ok "vde_switch"; finish; }
view '. "$T/in.sh"
t_or_end t "mount" mount -t umnetlwipv6 -o "vd0=$T/tmp/switch" none /dev/net/default
t "up" up /dev/net/default vd0 10.0.0.1/24
nginx -e "$T/tmp/error.log" -c "$T/nginx.conf" 2> "$T/tmp/nginx.err" &
: > "$T/tmp/serving"
wait_for 220 test -e "$T/tmp/done"
kill $!
wait $!
t_is "nginx has nothing to say" "$(cat "$T/tmp/error.log")" ""
t_end' > "$T/server.out" 2>&1 < /dev/null &
server_pid=$!
wait_for 20 test -e "$T/tmp/serving" || { relay "nginx" "$T/server.out"; not_ok "nginx starts"; finish; }

address=2
for type; do
	if ! view "mount -t $type -o lo none /dev/net/default" > "$T/out" 2>&1; then
		skip "$type" "$(head -n 1 "$T/out")"
		continue
	fi
	: > "$T/tmp/access.log"
	inside "chromium on $type" '
t_or_end t "mount" mount -t "$1" -o "vd0=$T/tmp/switch" none /dev/net/default
t "up" up /dev/net/default vd0 "10.0.0.$2/24"
wait_for 10 curl -s -m 1 -o /dev/null http://10.0.0.1/1.js
mkdir "$T/tmp/profile"
timeout -k 5 90 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
	--disable-background-networking --disable-component-update --disable-sync \
	--disable-dev-shm-usage --user-data-dir="$T/tmp/profile" --dump-dom \
	http://10.0.0.1/ > "$T/tmp/dom" 2> "$T/tmp/chromium.err"
t_is "chromium ends well" "$?" 0
t_like "100 resources are loaded" "$(grep -o "<title>.*</title>" "$T/tmp/dom")" ">loaded 100<"
t_end' "$type" "$address"
	is "nginx served each once" \
		"$(awk '$9 == 200 && /Chrom/ { print $7 }' "$T/tmp/access.log" | sort | uniq -c |
			awk '$1 == 1' | wc -l)" 101
	[ -s "$T/tmp/dom" ] || tail -n 20 "$T/tmp/chromium.err" | note
	find "$T/tmp/profile" "$T/tmp/dom" "$T/tmp/chromium.err" -delete
	address=$((address + 1))
done
as_user touch "$T/tmp/done"
wait "$server_pid"
relay "nginx" "$T/server.out" || not_ok "nginx came to its end"
kill "$(cat "$T/tmp/switch.pid")"
rm -rf "${T:?}/tmp/"* "$T/run/dconf"
leftovers "chromium"
finish
