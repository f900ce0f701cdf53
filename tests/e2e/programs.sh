#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# programs.sh [SECTION...] - ordinary network programs over a stack, each with a
# transfer verified by its sha256: loopback of one stack, both IPv4 and IPv6.

# shellcheck disable=SC2016  # scripts for inner shells
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

limit=120
head -c 5000000 /dev/urandom > "$T/file"
chmod 644 "$T/file"
sum=$(sha256sum < "$T/file" | cut -d' ' -f1)

begin='
sum='"$sum"'
has() { command -v "$1" > /dev/null || { echo "skip - $1 is not installed"; t_end; exit 0; }; }
t_or_end t "a stack" lo_stack
cd "$HOME"
'

section() {
	local name=$1
	[ -z "$wanted" ] || case " $wanted " in *" $name "*) ;; *) return ;; esac
	inside "$name" "$begin$2
t_end"
}
wanted=$*

[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
section ssh '
has sshd
[ -d /run/sshd ] || { echo "skip - there is no /run/sshd"; t_end; exit; }
PATH=$PATH:/usr/sbin
ssh-keygen -q -t ed25519 -N "" -f host_key
ssh-keygen -q -t ed25519 -N "" -f user_key
cp user_key.pub keys
cat > sshd_config <<X
HostKey $HOME/host_key
AuthorizedKeysFile $HOME/keys
PidFile $HOME/sshd.pid
StrictModes no
UsePAM no
Port 22
Subsystem sftp internal-sftp
X
opts="-F none -i user_key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$HOME/known -o BatchMode=yes -o ConnectTimeout=20"
$(command -v sshd) -D -e -f "$HOME/sshd_config" 2> sshd.log & p=$!
wait_for 10 sh -c "exec 3<> /dev/tcp/127.0.0.1/22" || wait_for 10 nc -z 127.0.0.1 22
t_is "ssh runs a command" "$(ssh $opts 127.0.0.1 echo over ssh 2> ssh.log)" "over ssh" || tail -n 5 ssh.log sshd.log
t_is "ssh carries a file" "$(ssh $opts 127.0.0.1 "cat $T/file" 2>> ssh.log | sum)" $sum
t_is "over IPv6, the other way" "$(ssh $opts ::1 sha256sum < "$T/file" 2>> ssh.log | cut -d" " -f1)" $sum
t_is "exit status" "$(ssh $opts 127.0.0.1 exit 7; echo $?)" 7
t "sftp" sh -c "echo get $T/file copy | sftp $opts -b - 127.0.0.1"
t_is "what sftp got" "$(sum < copy)" $sum
ssh $opts -N -L 127.0.0.1:2000:127.0.0.1:22 127.0.0.1 2>> ssh.log & tunnel=$!
wait_for 10 nc -z 127.0.0.1 2000
t_is "through a tunnel" "$(ssh $opts -p 2000 127.0.0.1 "cat $T/file" 2>> ssh.log | sum)" $sum
kill $tunnel $p; wait'

section git '
has git
export GIT_CONFIG_GLOBAL=$HOME/.gitconfig
git config --global user.email a@b; git config --global user.name n; git config --global init.defaultBranch main
git init -q r && cp "$T/file" r/f && (cd r && git add f && git commit -qm one)
head=$(git -C r rev-parse HEAD)
git clone -q --bare r bare.git && git -C bare.git config http.receivepack true
cat > server.py <<"X"
import http.server, os
class Handler(http.server.CGIHTTPRequestHandler):
    have_fork = False
    cgi_directories = ["/cgi-bin"]
http.server.ThreadingHTTPServer(("127.0.0.1", 80), Handler).serve_forever()
X
mkdir cgi-bin
printf "#!/bin/sh\nexport GIT_PROJECT_ROOT=$HOME GIT_HTTP_EXPORT_ALL=1 REMOTE_USER=me\nexec git http-backend\n" > cgi-bin/git
chmod +x cgi-bin/git
sed -i "s/have_fork = False/have_fork = True/" server.py
/usr/bin/python3 server.py > /dev/null 2> server.log & p=$!
wait_for 10 curl -s -o /dev/null http://127.0.0.1/
t "git clone over http" git clone -q http://127.0.0.1/cgi-bin/git/bare.git c
t_is "the same commit" "$(git -C c rev-parse HEAD)" $head
t_is "the same file" "$(sum < c/f)" $sum
(cd c && echo more > g && git add g && git commit -qm two)
t "git push over http" git -C c push -q origin HEAD:main
t_is "pushed" "$(git -C bare.git rev-parse main)" "$(git -C c rev-parse HEAD)"
kill $p; wait
git daemon --base-path="$HOME" --export-all --listen=127.0.0.1 --reuseaddr > /dev/null 2>&1 & p=$!
wait_for 10 nc -z 127.0.0.1 9418
t "git clone from git daemon" git clone -q git://127.0.0.1/bare.git d
t_is "the same file" "$(sum < d/f)" $sum
kill $p; wait'

section asyncio '
cat > both.py <<"X"
import asyncio, hashlib, sys
data = open(sys.argv[1], "rb").read()
async def serve(reader, writer):
    await reader.readline(); writer.write(data); await writer.drain(); writer.close(); await writer.wait_closed()
async def ask(host):
    reader, writer = await asyncio.open_connection(host, 7000)
    writer.write(b"please\n"); got = await reader.read(-1); writer.close()
    return hashlib.sha256(got).hexdigest()
async def main():
    servers = [await asyncio.start_server(serve, host, 7000) for host in ("127.0.0.1", "::1")]
    print(set(await asyncio.gather(*(ask(("127.0.0.1", "::1")[i % 2]) for i in range(40)))))
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport): self.transport = transport
        def datagram_received(self, d, a): self.transport.sendto(d.upper(), a)
    class Client(asyncio.DatagramProtocol):
        def connection_made(self, transport): transport.sendto(b"datagram")
        def datagram_received(self, d, a): answer.set_result(d)
    await loop.create_datagram_endpoint(Echo, ("127.0.0.1", 7001))
    await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", 7001))
    print(await asyncio.wait_for(answer, 5))
    try: await asyncio.open_connection("127.0.0.1", 7009)
    except ConnectionRefusedError: print("refused")
asyncio.run(main())
X
t_is "asyncio: 40 clients, datagrams, a refusal" "$(/usr/bin/python3 both.py "$T/file" 2>&1)" "{'"'$sum'"'}
b'"'DATAGRAM'"'
refused"'

section http.client '
cat > both.py <<"X"
import hashlib, http.client, http.server, socketserver, sys, threading, urllib.request
data = open(sys.argv[1], "rb").read()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", str(len(data))); self.end_headers(); self.wfile.write(data)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])); digest = hashlib.sha256(body).hexdigest().encode()
        self.send_response(200); self.send_header("Content-Length", str(len(digest))); self.end_headers(); self.wfile.write(digest)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 80), Handler); threading.Thread(target=server.serve_forever, daemon=True).start()
c = http.client.HTTPConnection("127.0.0.1", timeout=20)
for i in range(5):                      # one connection kept alive
    c.request("GET", "/"); print(hashlib.sha256(c.getresponse().read()).hexdigest())
c.request("POST", "/", data); print(c.getresponse().read().decode())
print(hashlib.sha256(urllib.request.urlopen("http://127.0.0.1/", timeout=20).read()).hexdigest())
X
t_is "http.client, kept alive, and urllib" "$(/usr/bin/python3 both.py "$T/file" 2>&1 | sort | uniq -c | xargs)" "7 $sum"'

section socat '
has socat
socat -u OPEN:"$T/file",rdonly TCP4-LISTEN:3000,reuseaddr & p=$!
socat TCP6-LISTEN:3001,reuseaddr EXEC:sha256sum & q=$!
socat -T 3 UDP4-LISTEN:3002 EXEC:cat & u=$!
sleep 0.5
t_is "socat receives" "$(socat -u TCP4:127.0.0.1:3000 - | sum)" $sum
t_is "socat sends, IPv6, half-closed" "$(socat -t 20 - "TCP6:[::1]:3001" < "$T/file" | cut -d" " -f1)" $sum
t_is "datagrams" "$(echo hello | socat -t 1 - UDP4:127.0.0.1:3002)" hello
wait
socat TCP4-LISTEN:3003,reuseaddr,fork TCP4:127.0.0.1:3004 & p=$!
socat -u OPEN:"$T/file",rdonly TCP4-LISTEN:3004 & q=$!
sleep 0.5
t_is "through a relay" "$(socat -u TCP4:127.0.0.1:3003 - | sum)" $sum
kill $p; wait'

section nc '
has nc
nc -l 127.0.0.1 4000 -N < "$T/file" & p=$!
sleep 0.3
t_is "nc receives" "$(timeout 20 nc -d 127.0.0.1 4000 | sum)" $sum
wait
nc -l ::1 4001 > got & p=$!
sleep 0.3
t "nc sends, IPv6" nc -N ::1 4001 < "$T/file"
nc -N ::1 4001 < "$T/file"
wait $p
t_is "what came" "$(sum < got)" $sum
nc -u -l 127.0.0.1 4002 > udp & p=$!
sleep 0.3
echo datagram | timeout 2 nc -u -w 1 127.0.0.1 4002
kill $p; wait
t_is "nc -u" "$(cat udp)" datagram
t_is "nc -z of a closed port" "$(nc -z 127.0.0.1 4009; echo $?)" 1'

section busybox '
has busybox
mkdir www && cp "$T/file" www/ && cd www
if busybox --list | grep -qx httpd; then
	busybox httpd -f -p 127.0.0.1:80 & p=$!
else
	/usr/bin/python3 -m http.server --bind 127.0.0.1 80 > /dev/null 2>&1 & p=$!
fi
wait_for 10 nc -z 127.0.0.1 80
t_is "busybox wget" "$(busybox wget -q -O - http://127.0.0.1/file | sum)" $sum
kill $p; wait
busybox nc -h 2>&1 | grep -q -e "-p PORT" && {
	busybox nc -l -p 5000 < "$T/file" & p=$!
	sleep 0.3
	mkfifo silent
	t_is "busybox nc" "$(timeout 20 busybox nc 127.0.0.1 5000 <> silent | sum)" $sum
	wait
}'

section node '
has node
cat > both.js <<"X"
const http = require("http"), net = require("net"), dgram = require("dgram"), crypto = require("crypto"), fs = require("fs");
const file = process.argv[2], hash = () => crypto.createHash("sha256");
const get = host => new Promise((ok, no) => http.get({ host, port: 80, path: "/" }, r => {
	const h = hash(); r.on("data", d => h.update(d)); r.on("end", () => ok(h.digest("hex"))); }).on("error", no));
const post = host => new Promise((ok, no) => {
	const q = http.request({ host, port: 80, method: "POST" }, r => { let s = ""; r.on("data", d => s += d); r.on("end", () => ok(s)); });
	q.on("error", no); fs.createReadStream(file).pipe(q); });
const handler = (q, r) => {
	if (q.method == "GET") return fs.createReadStream(file).pipe(r);
	const h = hash(); q.on("data", d => h.update(d)); q.on("end", () => r.end(h.digest("hex"))); };
(async () => {
	for (const host of ["127.0.0.1", "::1"]) await new Promise(ok => http.createServer(handler).listen(80, host, ok));
	const all = await Promise.all([...Array(20).keys()].map(i => (i % 4 ? get : post)(i % 2 ? "127.0.0.1" : "::1")));
	console.log(all.length, [...new Set(all)].join());
	net.connect(81, "127.0.0.1").on("error", e => { console.log(e.code);
		const s = dgram.createSocket("udp4"); s.on("message", (m, i) => { console.log(m.toString(), i.address); process.exit(0); });
		s.bind(5353, "127.0.0.1", () => dgram.createSocket("udp4").send("datagram", 5353, "127.0.0.1")); });
})();
X
t_is "node: 20 requests, a refusal, a datagram" "$(timeout 60 node both.js "$T/file" 2>&1)" "20 $sum
ECONNREFUSED
datagram 127.0.0.1"'

cc=$(command -v musl-gcc || echo "${CC:-cc} -static")
if program=$(guest_cc=$cc guest transfer -static); then
	section static '
	t_is "a static program serves and fetches" "$('"$program"' "$T/file" | sum)" $sum
	t_is "over IPv6" "$('"$program"' "$T/file" 6 | sum)" $sum'
else
	not_ok "compile a static program"
fi

section sendfile '
cat > servers.py <<"X"
import socket, socketserver, threading, sys, select, ssl
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
def serve():
    c, _ = s.accept(); c.sendfile(open(sys.argv[1], "rb")); c.close()
threading.Thread(target=serve).start()
c = socket.create_connection(s.getsockname(), 20); f = c.makefile("rb")
import hashlib; print(hashlib.sha256(f.read()).hexdigest())
X
t_is "python sendfile and makefile" "$(/usr/bin/python3 servers.py "$T/file" 2>&1)" $sum'

section tools '
t_like "ping" "$(ping -c 3 -i 0.2 127.0.0.1)" " 0% packet loss"
t_like "ping6" "$(ping -c 3 -i 0.2 ::1)" " 0% packet loss"
t_is "a packet socket sees them" "$(/usr/bin/python3 -c "
import socket, subprocess
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind((\"lo0\", 3)); s.settimeout(5)
subprocess.run([\"ping\", \"-c\", \"1\", \"127.0.0.1\"], stdout=subprocess.DEVNULL)
print(any(b\"\x08\x00\" == s.recv(2000)[34:36] for i in range(2)))")" True
command -v iperf3 > /dev/null && {
	iperf3 -s -1 > /dev/null 2>&1 & p=$!
	wait_for 5 sh -c "sleep 0.5"
	t_like "iperf3" "$(iperf3 -c 127.0.0.1 -t 1 2>&1)" "receiver"
	wait
}
command -v psql > /dev/null && t_like "psql, nobody there" "$(psql -h 127.0.0.1 -c "" postgres 2>&1)" "refused"'

finish
