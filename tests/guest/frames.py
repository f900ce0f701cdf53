# SPDX-License-Identifier: GPL-2.0-or-later
"""frames.py - Ethernet frames for the wires of the tests: read apart, put together."""
import os, socket, struct

ETHER_IP, ETHER_ARP, ETHER_IPV6 = 0x0800, 0x0806, 0x86DD
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

def listen(path):
    """The end of a unix:// cable that waits for a stack; its SEQPACKET listener."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(path)
    os.chmod(path, 0o777)
    s.listen(1)
    return s

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def pseudo(source, destination, protocol, data):
    return checksum(source + destination + struct.pack("!II", len(data), protocol) + data)

def ether(to, sender, kind, payload):
    return to + sender + struct.pack("!H", kind) + payload

def ipv4(source, destination, protocol, payload):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + destination
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload

def ipv6(source, destination, protocol, payload, hops=255):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + source + destination + payload

class Packet:
    """What a frame carries: .v6, .source, .destination, .protocol, .payload; None in .protocol if no IP."""
    def __init__(self, frame):
        self.to, self.sender = frame[:6], frame[6:12]
        self.kind = struct.unpack("!H", frame[12:14])[0] if len(frame) >= 14 else 0
        self.protocol, body = None, frame[14:]
        self.v6 = self.kind == ETHER_IPV6
        if self.kind == ETHER_IP and len(body) >= 20:
            self.protocol, self.source, self.destination = body[9], body[12:16], body[16:20]
            self.payload = body[(body[0] & 15) * 4:struct.unpack("!H", body[2:4])[0]]
        elif self.v6 and len(body) >= 40:
            self.protocol, self.source, self.destination = body[6], body[8:24], body[24:40]
            self.payload = body[40:40 + struct.unpack("!H", body[4:6])[0]]
        else:
            self.payload = body

class Segment:
    """A TCP segment of a packet."""
    def __init__(self, p):
        self.source, self.destination, self.seq, self.ack, head, self.flags, self.window = \
            struct.unpack("!HHIIBBH", p.payload[:16])
        self.data = p.payload[(head >> 4) * 4:]
