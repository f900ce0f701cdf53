#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""neverreads.py STACK-PID - guests that do not do their part: connections that nobody reads or
accepts, datagrams and dumps that nobody takes.  What the others see is as ever, and the stack's
memory stays bounded.  Prints checks as tests/e2e/lib.sh relays them."""
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

stack = int(sys.argv[1])
SPARE = 8	# carriers of sockets that a stack gives ahead (WIRE_SPARES)


def check(what, right, why=""):
    if "memory" in what and os.environ.get("UMTEST_SANITIZED"):
        print("skip - %s: a sanitizer's allocator keeps what is freed" % what, flush=True)
        return
    print(("ok - " if right else "not ok - ") + what, flush=True)
    if why:
        print("%s: %s" % (what, why), flush=True)


def memory():
    """The stack's resident KB."""
    for line in open("/proc/%d/status" % stack):
        if line.startswith("VmRSS"):
            return int(line.split()[1])


def descriptors():
    return len(os.listdir("/proc/%d/fd" % stack))


def listener(backlog=5):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(backlog)
    return s


def others():
    """Does a new connection work, and how long does it take?"""
    began = time.monotonic()
    server = listener()
    a = socket.create_connection(server.getsockname(), timeout=20)
    b, _ = server.accept()
    b.settimeout(20)
    a.sendall(b"hello")
    right = b.recv(5) == b"hello"
    for s in a, b, server:
        s.close()
    return right and time.monotonic() - began < 10


def fill(s):
    """Writes until nothing more goes in for half a second: how many bytes."""
    s.setblocking(False)
    total = 0
    while select.select([], [s], [], 0.5)[1]:
        try:
            total += s.send(bytes(65536))
        except BlockingIOError:
            pass
    return total


def streams():
    before = memory()
    server = listener(100)
    pairs = []
    for _ in range(20):
        a = socket.create_connection(server.getsockname())
        pairs.append((a, server.accept()[0]))
    sizes = []
    threads = [threading.Thread(target=lambda p=p: sizes.append(fill(p[0]))) for p in pairs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    each = (memory() - before) / len(pairs)
    check("20 streams nobody reads: the window closes", max(sizes) < 4 << 20, "%d to %d bytes went in" % (min(sizes), max(sizes)))
    check("20 streams nobody reads: memory", each < 1024, "%d KB each in the stack" % each)
    check("20 streams nobody reads: others go on", others())
    for (a, b), size in zip(pairs, sizes):
        pass
    a, b = pairs[0]
    b.settimeout(20)
    a.setblocking(True)
    a.shutdown(socket.SHUT_WR)
    got = 0
    while True:
        data = b.recv(1 << 20)
        if not data:
            break
        got += len(data)
    check("read at last: all of it came", got in sizes, "%d bytes" % got)
    for a, b in pairs:
        a.close()
        b.close()


def datagrams():
    before = memory()
    receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(10)]
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for r in receivers:
        r.bind(("127.0.0.1", 0))
        for i in range(3000):
            sender.sendto(struct.pack("!I", i) + bytes(1000), r.getsockname())
    used = (memory() - before) / len(receivers)
    counts = []
    right = True
    for r in receivers:
        r.setblocking(False)
        n = 0
        try:
            while True:
                right &= struct.unpack("!I", r.recv(2000)[:4])[0] == n
                n += 1
        except BlockingIOError:
            pass
        counts.append(n)
    check("datagrams nobody reads: the queue is bounded", 0 < max(counts) < 3000, "%d of 3000 kept" % max(counts))
    check("datagrams nobody reads: the first are kept, in order", right)
    check("datagrams nobody reads: memory", used < 512, "%d KB each in the stack" % used)
    receivers[0].setblocking(True)
    receivers[0].settimeout(10)
    sender.sendto(b"again", receivers[0].getsockname())
    check("datagrams nobody reads: there is room again", receivers[0].recv(100) == b"again")


def dumps():
    before = memory()
    dump = struct.pack("=IHHIIBBHiIII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0, 0, 0)[:32]
    sockets = []
    for _ in range(150):
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        s.bind((0, 0))
        s.setblocking(False)
        try:
            for _ in range(2000):
                s.send(dump * 2000)
        except OSError as e:
            last = errno.errorcode[e.errno]
        sockets.append(s)
    used = memory() - before
    check("netlink dumps nobody reads: memory", used < 140000, "%d KB for 150 sockets, then %s" % (used, last))
    check("netlink dumps nobody reads: others go on", others())
    for s in sockets:
        s.close()
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    s.settimeout(20)
    s.send(dump)
    check("netlink dumps nobody reads: the next dump", len(s.recv(65536)) > 100)


def unaccepted():
    before, fds = memory(), descriptors()
    server = listener(200)
    clients, refused = [], 0
    for _ in range(600):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(server.getsockname())
        clients.append(s)
    time.sleep(1)
    done = [s for s in clients if select.select([], [s], [], 0)[1]]
    for s in done:
        s.send(bytes(1000))
    check("connections nobody accepts: the backlog bounds them", 200 <= len(done) <= 256, "%d of 600 with a backlog of 200" % len(done))
    check("connections nobody accepts: others go on", others())
    used = memory() - before
    check("connections nobody accepts: memory", used < 30000, "%d KB" % used)
    for s in clients:
        s.close()
    server.close()
    for _ in range(100):
        if descriptors() <= fds + SPARE:
            break
        time.sleep(0.1)
    check("connections nobody accepts: no descriptor left", descriptors() <= fds + SPARE, "%d, then %d" % (fds, descriptors()))


def idle_acceptor():
    """A guest that accepts and then ignores its sockets while others flood it."""
    server = listener(50)
    kept = []
    stop = threading.Event()

    def accept():
        server.settimeout(0.2)
        while not stop.is_set():
            try:
                kept.append(server.accept()[0])
            except TimeoutError:
                pass
    thread = threading.Thread(target=accept)
    thread.start()
    for _ in range(500):
        s = socket.create_connection(server.getsockname(), timeout=20)
        s.send(bytes(100))
        s.close()
    stop.set()
    thread.join()
    check("500 sockets accepted and ignored", len(kept) == 500, "%d" % len(kept))
    check("their data is there", all(s.recv(200) == bytes(100) for s in kept))
    check("500 sockets ignored: others go on", others())


fds = descriptors()
for test in streams, datagrams, dumps, unaccepted, idle_acceptor:
    test()
    print("%s: the stack has %d KB" % (test.__name__, memory()), flush=True)
for _ in range(100):
    if descriptors() <= fds + SPARE + 2:
        break
    time.sleep(0.1)
check("descriptors of the stack at the end", descriptors() <= fds + SPARE + 2, "%d, then %d" % (fds, descriptors()))
