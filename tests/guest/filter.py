#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""filter.py A B RULE [NUMBER] - a wire between two stacks on the unix:// cables A and B, which loses frames.
loss N: N in a hundred, the same ones each time.  updates N: for N seconds after a receiver has closed its window, the
segments by which it opens it again.  cut: all, once a datagram has gone to port 9.  What was lost is written to the standard error output at the end."""
import os, random, selectors, sys, time
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from frames import *

class Loss:
    def __init__(self, percent):
        self.random, self.percent = random.Random(1), percent
    def loses(self, frame):
        return self.random.random() * 100 < self.percent

class Updates:
    def __init__(self, seconds):
        self.seconds, self.until = seconds, {}
    def loses(self, frame):
        p = Packet(frame)
        if p.protocol != TCP or len(p.payload) < 20:
            return False
        s = Segment(p)
        flow = p.source, p.destination, s.source, s.destination
        if s.flags != ACK or s.data:
            return False
        if s.window == 0:
            self.until.setdefault(flow, None)
            return False
        if flow not in self.until:
            return False
        if self.until[flow] is None:
            self.until[flow] = time.monotonic() + self.seconds
        return time.monotonic() < self.until[flow]

class Cut:
    def __init__(self, ports):
        self.cut = False
    def loses(self, frame):
        p = Packet(frame)
        self.cut |= p.protocol == UDP and p.payload[2:4] == b"\0\x09"
        return self.cut

rule = {"loss": Loss, "updates": Updates, "cut": Cut}[sys.argv[3]](float(sys.argv[4]))
listeners = [listen(path) for path in sys.argv[1:3]]
wires = [l.accept()[0] for l in listeners]
selector = selectors.DefaultSelector()
for k in 0, 1:
    selector.register(wires[k], selectors.EVENT_READ, wires[1 - k])
frames = lost = 0
while True:
    for key, _ in selector.select():
        try:
            frame = key.fileobj.recv(70000)
            frames += 1
            if not frame:
                raise ConnectionError
            if rule.loses(frame):
                lost += 1
            else:
                key.data.send(frame)
        except ConnectionError:  # a stack has ended
            print(f"filter: lost {lost} of {frames}", file=sys.stderr)
            sys.exit()
