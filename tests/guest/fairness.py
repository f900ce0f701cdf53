#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fairness.py - how long calls take while others make calls without a pause."""
import os
import signal
import socket
import sys
import time

HOGS = 6


def hog(kind):
    unix = socket.socketpair()[0]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    while True:
        if kind == 0:
            os.close(os.open("/dev/null", os.O_RDONLY))
        elif kind == 1:
            unix.getsockname()
        else:
            udp.sendto(b"x", udp.getsockname())


def measure():
    times = []
    end = time.monotonic() + 2
    while time.monotonic() < end:
        began = time.monotonic()
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        s.close()
        times.append(time.monotonic() - began)
        time.sleep(0.002)
    times.sort()
    return times[len(times) // 2] * 1000, times[-1] * 1000


alone = measure()
hogs = []
for i in range(HOGS):
    pid = os.fork()
    if pid == 0:
        hog(i % 3)
    hogs.append(pid)
time.sleep(0.2)
beside = measure()
for pid in hogs:
    os.kill(pid, signal.SIGKILL)
print("socket+bind: alone %.2f ms (at most %.1f), beside %d who call without a pause %.2f ms (at most %.1f)" %
      (*alone, HOGS, *beside), file=sys.stderr)
print("fair" if beside[0] < 50 and beside[1] < 2000 else "starved")
