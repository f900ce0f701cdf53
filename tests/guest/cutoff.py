#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cutoff.py HOST - connections to carry.py on HOST, over a wire that filter.py's rule cut will then cut; how each
learns of it."""
import errno, select, socket, sys, time

host = sys.argv[1]
family = socket.AF_INET6 if ":" in host else socket.AF_INET

def connection(*options):
    s = socket.create_connection((host, 5000), timeout=20)
    for level, name, value in options:
        s.setsockopt(level, name, value)
    return s

def outcome(s, began, least, most):
    select.select([s], [], [], 20)
    error = errno.errorcode.get(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), "none")
    took = time.monotonic() - began
    return error + (" in time" if least <= took <= most else f" after {took:.1f} s")

TCP = socket.IPPROTO_TCP
waiting = connection((TCP, socket.TCP_USER_TIMEOUT, 2000))
idle = connection((TCP, socket.TCP_KEEPIDLE, 1), (TCP, socket.TCP_KEEPINTVL, 1), (TCP, socket.TCP_KEEPCNT, 2),
                  (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
both = connection((TCP, socket.TCP_KEEPIDLE, 1), (TCP, socket.TCP_KEEPINTVL, 1), (TCP, socket.TCP_USER_TIMEOUT, 2000),
                  (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
time.sleep(4)
print("alive:", select.select([waiting, idle, both], [], [], 0)[0])
scissors = socket.socket(family, socket.SOCK_DGRAM)
scissors.sendto(b"snip", (host, 9))
began = time.monotonic()
waiting.send(b"x")
print("user timeout:", outcome(waiting, began, 1.5, 6))
print("keepalive:", outcome(idle, began, 1.5, 10))
print("keepalive and user timeout:", outcome(both, began, 1.5, 10))
fresh = socket.socket(family)
fresh.setsockopt(TCP, socket.TCP_USER_TIMEOUT, 1500)
fresh.settimeout(20)
began = time.monotonic()
print("connect:", errno.errorcode[fresh.connect_ex((host, 5000))],
      "in time" if 1 <= time.monotonic() - began <= 6 else "late")
