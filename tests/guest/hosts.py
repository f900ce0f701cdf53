#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hosts.py PATH - the end of a unix:// cable where many hosts live: 10.0.0.2 .. 10.0.0.254 and
fc00::2 .. fc00::fe.  Each echoes UDP datagrams; one to port 9 is answered with how often a neighbour was
asked for, "ARP ND"."""
import os, socket, struct, sys
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from frames import *

asked = {ETHER_ARP: 0, ETHER_IPV6: 0}

def mac(number):
    return bytes([2, 3, 4, 5, 6, number])

def ours(address):
    """The host's number, or None."""
    prefix = bytes([10, 0, 0]) if len(address) == 4 else bytes.fromhex("fc00") + bytes(13)
    return address[-1] if address[:-1] == prefix and 2 <= address[-1] <= 254 else None

def arp(p):
    operation, = struct.unpack("!H", p.payload[6:8])
    number = ours(p.payload[24:28])
    if operation != 1 or number is None:
        return None
    asked[ETHER_ARP] += 1
    return ether(p.sender, mac(number), ETHER_ARP, bytes.fromhex("0001080006040002") + mac(number) +
                 p.payload[24:28] + p.payload[8:18])

def solicited(p):
    number = ours(p.payload[8:24])
    if number is None or not any(p.source):
        return None
    asked[ETHER_IPV6] += p.destination[0] == 0xff
    target = p.payload[8:24]
    answer = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + target + bytes([2, 1]) + mac(number)
    answer = answer[:2] + struct.pack("!H", pseudo(target, p.source, ICMPV6, answer)) + answer[4:]
    return ether(p.sender, mac(number), ETHER_IPV6, ipv6(target, p.source, ICMPV6, answer))

def echo(p):
    number = ours(p.destination)
    if number is None or p.to != mac(number):
        return None
    source, destination = struct.unpack("!HH", p.payload[:4])
    data = p.payload[8:]
    if destination == 9:
        data = b"%d %d" % (asked[ETHER_ARP], asked[ETHER_IPV6])
    udp = struct.pack("!HHHH", destination, source, 8 + len(data), 0) + data
    sum = pseudo(p.destination, p.source, UDP, udp) or 0xffff
    udp = udp[:6] + struct.pack("!H", sum) + udp[8:]
    packet = (ipv6 if p.v6 else ipv4)(p.destination, p.source, UDP, udp)
    return ether(p.sender, mac(number), p.kind, packet)

wire, _ = listen(sys.argv[1]).accept()
while frame := wire.recv(70000):
    p, answer = Packet(frame), None
    if p.kind == ETHER_ARP and len(p.payload) >= 28:
        answer = arp(p)
    elif p.v6 and p.protocol == ICMPV6 and p.payload[0] == 135:
        answer = solicited(p)
    elif p.protocol == UDP:
        answer = echo(p)
    if answer:
        wire.send(answer)
