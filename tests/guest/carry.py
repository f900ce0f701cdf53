#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""carry.py serve [LAST] | get|put HOST BYTES [SECONDS] | echo HOST BYTES [TIMES] - transfers with their checksums.

serve: port 5000 of both families; TCP: each connection says what it wants in a line; UDP: echo.
get, put: BYTES one way; the receiver begins to read after SECONDS.  echo: datagrams there and back.
What the client prints is "the same", if it is."""
import hashlib, random, socket, sys, threading, time

PORT = 5000

def data(n):
    return random.Random(n).randbytes(n)

def digest(bytes):
    return hashlib.sha256(bytes).hexdigest().encode()

def receive(s, n, pause):
    time.sleep(pause)
    got = bytearray()
    while len(got) < n and (piece := s.recv(1 << 16)):
        got += piece
    return bytes(got)

def attend(s):
    with s, s.makefile("rb", 0) as f:
        verb, n, pause = f.readline().split()
        if verb == b"get":
            s.sendall(data(int(n)))
        else:
            s.sendall(digest(receive(s, int(n), float(pause))))
        s.shutdown(socket.SHUT_WR)
        s.recv(1)

def echo():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", PORT))
    while True:
        message, peer = s.recvfrom(70000)
        s.sendto(message, peer)

def serve():
    with socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True, backlog=100) as server:
        threading.Thread(target=echo, daemon=True).start()
        while True:
            threading.Thread(target=attend, args=(server.accept()[0],), daemon=True).start()

def carry(verb, host, n, pause):
    with socket.create_connection((host, PORT)) as s:
        s.sendall(b"%s %d %f\n" % (verb.encode(), n, pause))
        if verb == "put":
            s.sendall(data(n))
            got = receive(s, 64, 0)
        else:
            got = digest(receive(s, n, pause))
        return got == digest(data(n))

def echoed(host, n, times):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect((host, PORT))
        for k in range(times):
            s.send(data(n + k))
            if (got := s.recv(70000)) != data(n + k):
                print(f"datagram {k}: {len(got)} bytes")
                return False
    return True

verb, *rest = sys.argv[1:]
if verb == "serve":
    serve()
host, n, more = rest[0], int(rest[1]), float(rest[2]) if len(rest) > 2 else 0
same = echoed(host, n, int(more) or 1) if verb == "echo" else carry(verb, host, n, more)
print("the same" if same else "not the same")
