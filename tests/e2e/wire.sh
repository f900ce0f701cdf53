#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# wire.sh [WIRE...] - two stacks of one session on one wire: web servers, bulk
# transfers, many clients, pings.  WIRE: own (the session's), ptp, switch, udp.
# REPEAT=N: transfers of each kind (20).

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

need nginx curl wget ping python3

: "${REPEAT:=20}"
limit=400
mkdir "$T/www"
head -c 50000000 /dev/urandom > "$T/www/big"
head -c 3000000 /dev/urandom > "$T/www/small"
echo "a page" > "$T/www/index.html"
chmod -R a+rX "$T/www"
big=$(sha256sum < "$T/www/big" | cut -d' ' -f1)
small=$(sha256sum < "$T/www/small" | cut -d' ' -f1)

# nginx_conf NAME: in $T/NAME.conf
for name in a b; do
	cat > "$T/$name.conf" <<-EOF
		daemon off;
		pid $T/tmp/$name.pid;
		worker_processes 2;
		error_log $T/home/$name.error;
		events { worker_connections 512; }
		http {
			access_log off;
			sendfile on;
			client_body_temp_path $T/home/$name.body;
			proxy_temp_path $T/home/$name.proxy;
			fastcgi_temp_path $T/home/$name.fastcgi;
			uwsgi_temp_path $T/home/$name.uwsgi;
			scgi_temp_path $T/home/$name.scgi;
			server {
				listen 80;
				listen [::]:80;
				root $T/www;
				add_header Server-Name $name always;
			}
		}
	EOF
done

full='
A=/dev/net/a B=/dev/net/b
t_or_end t "mount a" mount -t umnetlwipv6 ${1:+-o "$1"} none $A
t_or_end t "mount b" mount -t umnetlwipv6 ${2:+-o "$2"} none $B
t_or_end t "addresses of a" up_a
t_or_end t "addresses of b" up_b
t "ping b from a" mstack $A ping -c 3 -i 0.2 -W 2 10.0.0.2
t "ping a from b" mstack $B ping -c 3 -i 0.2 -W 2 10.0.0.1
t "ping6 b from a" mstack $A ping -6 -c 3 -i 0.2 -W 2 fc00::2
t "ping6 a from b" mstack $B ping -6 -c 3 -i 0.2 -W 2 fc00::1
t "large pings" mstack $B ping -c 3 -i 0.2 -s 4000 -W 2 10.0.0.1
mstack $A nginx -p "$T/home" -c "$T/a.conf" & na=$!
mstack $B nginx -p "$T/home" -c "$T/b.conf" & nb=$!
t_or_end t "nginx of a answers" wait_until_up $B 10.0.0.1
t_or_end t "nginx of b answers" wait_until_up $A 10.0.0.2
t_like "a is a" "$(mstack $B curl -si http://10.0.0.1/)" "Server-Name: a"
t_like "b is b" "$(mstack $A curl -si http://10.0.0.2/)" "Server-Name: b"
t_like "b is b over IPv6" "$(mstack $A curl -si "http://[fc00::2]/")" "Server-Name: b"
same=0
for i in $(seq $REPEAT); do
	[ "$(mstack $B curl -s -m 60 http://10.0.0.1/big | sum)" = $big ] && same=$((same + 1))
done
t_is "50 MB over IPv4, $REPEAT times" $same $REPEAT
same=0
for i in $(seq $REPEAT); do
	[ "$(mstack $B curl -s -m 60 "http://[fc00::1]/big" | sum)" = $big ] && same=$((same + 1))
done
t_is "50 MB over IPv6, $REPEAT times" $same $REPEAT
t_is "50 clients at once" "$(seq 50 | mstack $B xargs -P 50 -n 1 sh -c "curl -s -m 120 http://10.0.0.1/small | sha256sum" | sort | uniq -c | xargs | cut -d" " -f1,2)" "50 $small"
t_is "50 clients at once, IPv6" "$(seq 50 | mstack $A xargs -P 50 -n 1 sh -c "curl -s -m 120 http://[fc00::2]/small | sha256sum" | sort | uniq -c | xargs | cut -d" " -f1,2)" "50 $small"
t_is "both ways at once" "$( (mstack $A curl -s -m 60 http://10.0.0.2/big | sum) & mstack $B curl -s -m 60 http://10.0.0.1/big | sum; wait $!)" "$big
$big"
t_is "an upload is refused as it should be" "$(head -c 2000000 "$T/www/big" | mstack $B curl -s -m 30 -o /dev/null -w "%{http_code}" -T - http://10.0.0.1/up)" 405
t_is "a range" "$(mstack $B curl -s -r 1000-1999 http://10.0.0.1/big | sum)" "$(tail -c +1001 "$T/www/big" | head -c 1000 | sum)"
t_is "curl to a closed port" "$(mstack $B curl -s -m 20 http://10.0.0.1:81/; echo $?)" 7
t_is "wget" "$(mstack $B wget -q -T 60 -O - http://10.0.0.1/big | sum)" $big
t_is "wget over IPv6" "$(mstack $A wget -q -T 60 -O - "http://[fc00::2]/small" | sum)" $small
kill $na $nb; wait $na $nb
(cd "$T/www" && exec mstack $A /usr/bin/python3 -m http.server --bind :: 8000 > /dev/null 2>&1) & p=$!
t_or_end t "http.server answers" wait_until_up $B 10.0.0.1:8000
t_is "http.server" "$(mstack $B curl -s -m 60 http://10.0.0.1:8000/big | sum)" $big
t_is "http.server over IPv6" "$(mstack $B wget -q -T 60 -O - "http://[fc00::1]:8000/big" | sum)" $big
kill $p; wait $p 2> /dev/null
t_end'

quick='
A=/dev/net/a B=/dev/net/b
t_or_end t "mount a" mount -t umnetlwipv6 -o "$1" none $A
t_or_end t "mount b" mount -t umnetlwipv6 -o "$2" none $B
t_or_end t "addresses of a" up_a
t_or_end t "addresses of b" up_b
t "ping" mstack $A ping -c 2 -i 0.2 -W 2 10.0.0.2
mstack $A nginx -p "$T/home" -c "$T/a.conf" & na=$!
t_or_end t "nginx of a answers" wait_until_up $B 10.0.0.1
t_is "50 MB" "$(mstack $B curl -s -m 60 http://10.0.0.1/big | sum)" $big
t_is "50 MB over IPv6" "$(mstack $B curl -s -m 60 "http://[fc00::1]/big" | sum)" $big
kill $na; wait $na
t_end'

helpers="
up_a() { up \$A vd0 10.0.0.1/24 fc00::1/64; }
up_b() { up \$B vd0 10.0.0.2/24 fc00::2/64; }
wait_until_up() { wait_for 10 mstack \$1 curl -s -m 1 -o /dev/null http://\$2/; }
REPEAT=$REPEAT big=$big small=$small"

[ $# -gt 0 ] || set -- own ptp switch udp
for wire; do
	case $wire in
	own) inside "the session's wire" "$helpers$full" "" "" ;;
	ptp) inside "ptp://" "$helpers$quick" "vd0=ptp://$T/tmp/p" "vd0=ptp://$T/tmp/p" ;;
	switch)
		as_user vde_switch -n 64 -s "$T/tmp/switch" -d -p "$T/tmp/switch.pid" < /dev/null > /dev/null
		wait_for 5 test -S "$T/tmp/switch/ctl"
		keep_running=yes
		inside "a switch" "$helpers$quick" "vd0=$T/tmp/switch" "vd0=vde://$T/tmp/switch,mtu=1500"
		kill "$(cat "$T/tmp/switch.pid")"
		keep_running=''
		leftovers "a switch"
		;;
	udp)
		one=$(free_port) two=$(free_port)
		inside "udp://" "$helpers$quick" "vd0=udp://$one->127.0.0.1:$two" "vd0=udp://$two->127.0.0.1:$one"
		;;
	esac
done
finish
