# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest whose stack dies: calls that wait, and calls made after it, must end
with an error, and soon.  Prints READY, then one line a call."""
import errno, select, socket, subprocess, sys, threading, time

def name(e):
    return errno.errorcode.get(e.errno, str(e.errno))

results = {}
def waiting(what, call):
    def run():
        try:
            results[what] = repr(call())
        except OSError as e:
            results[what] = name(e)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread

server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(1)
client = socket.create_connection(server.getsockname()); peer, _ = server.accept()
full = socket.create_connection(server.getsockname()); full_peer, _ = server.accept()
other = socket.socket(); other.bind(("127.0.0.1", 0)); other.listen(1)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagrams.bind(("127.0.0.1", 0))
poller = select.epoll(); poller.register(peer.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
threads = [
    waiting("accept", other.accept),
    waiting("recv", lambda: client.recv(10)),
    waiting("recvfrom", lambda: datagrams.recvfrom(10)),
    waiting("recvmsg", lambda: datagrams.recvmsg(10)),
    waiting("send of much", lambda: [full.send(bytes(1 << 20)) for i in range(1000)] and None),
    waiting("epoll", lambda: poller.poll(20) != [] or None),
]
time.sleep(0.3)
print("READY", flush=True)
start = time.time()
for t in threads:
    t.join(max(0, 20 - (time.time() - start)))
for what in ("accept", "recv", "recvfrom", "recvmsg", "send of much", "epoll"):
    print(what, "=", results.get(what, "HANGS"), flush=True)
for what, call in (
        ("socket", lambda: socket.socket()),
        ("socket6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)),
        ("connect", lambda: client.connect(("127.0.0.1", 9))),
        ("sendto", lambda: datagrams.sendto(b"x", ("127.0.0.1", 9))),
        ("getsockname", lambda: peer.getsockname()),
        ("send", lambda: [client.send(b"x") for i in range(3)]),
        ("accept", lambda: other.accept()),
        ("unix socketpair", lambda: socket.socketpair() and "ok")):
    t = waiting("later " + what, call)
    t.join(5)
    print("later", what, "=", results.get("later " + what, "HANGS"), flush=True)
print("END", flush=True)
