# SPDX-License-Identifier: GPL-2.0-or-later
"""groups.py receive INTERFACE | send INTERFACE | watch INTERFACE SECONDS |
          ask INTERFACE

Multicast and broadcast from one stack to another over a wire.  receive joins, says
"ready", prints what came; watch prints the reports of groups that go over the wire.
"""
import socket
import struct
import sys
import time

V4, V6, PORT = '239.1.2.3', 'ff15::1:2:3', 9999


def receive(index):
    four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    four.bind(('', PORT))
    four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    socket.inet_aton(V4) + struct.pack('4xi', index))
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.bind(('::', PORT))
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                   socket.inet_pton(socket.AF_INET6, V6) + struct.pack('i', index))
    print('ready', flush=True)
    for s, n in (four, 2), (six, 1):
        s.settimeout(20)
        for _ in range(n):
            print(s.recv(100).decode(), flush=True)
    four.settimeout(0.3)
    try:
        print('unexpected', four.recv(100).decode())
    except TimeoutError:
        print('no more')


def send(index):
    four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('8xi', index))
    four.sendto(b'to the group', (V4, PORT))
    four.sendto(b'to another group', ('239.1.2.4', PORT))
    try:
        four.sendto(b'refused', ('10.9.0.255', PORT))
    except PermissionError:
        four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        four.sendto(b'to all', ('10.9.0.255', PORT))
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    six.sendto(b'to the group of IPv6', (V6, PORT))


def watch(name, seconds):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    s.bind((name, 0))
    print('ready', flush=True)
    end = time.monotonic() + seconds
    seen = set()
    while time.monotonic() < end and len(seen) < 4:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            packet = s.recv(2000)
        except TimeoutError:
            break
        what = None
        if packet[0] >> 4 == 4 and packet[9] == 2:
            igmp = packet[(packet[0] & 15) * 4:]
            if igmp[4:8] == socket.inet_aton(V4):
                what = {0x16: 'IGMP report', 0x17: 'IGMP leave'}.get(igmp[0])
        elif packet[0] >> 4 == 6 and packet[6] == 0 and packet[40] == 58:
            mld = packet[48:]
            if mld[8:24] == socket.inet_pton(socket.AF_INET6, V6):
                what = {131: 'MLD report', 132: 'MLD done'}.get(mld[0])
        if what:
            seen.add(what)
    print('\n'.join(sorted(seen)))


def ask(name):
    """A router's questions of IGMP and MLD, and what is answered."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    s.bind((name, 0))
    four = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
    index = socket.if_nametoindex(name)
    four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('8xi', index))
    four.sendto(bytes.fromhex('1164ee9b00000000'), ('224.0.0.1', 0))
    six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    six.sendto(bytes([130, 0]) + bytes(22), ('ff02::1', 0))
    seen = set()
    s.settimeout(10)
    while len(seen) < 2:
        packet = s.recv(2000)
        if packet[0] >> 4 == 4 and packet[9] == 2 and packet[24] == 0x16:
            seen.add('IGMP ' + socket.inet_ntoa(packet[28:32]))
        elif packet[0] >> 4 == 6 and packet[6] == 0 and packet[48] == 131:
            seen.add('MLD ' + socket.inet_ntop(socket.AF_INET6, packet[56:72]))
    print('\n'.join(sorted(seen)))


if sys.argv[1] == 'ask':
    ask(sys.argv[2])
elif sys.argv[1] == 'watch':
    watch(sys.argv[2], float(sys.argv[3]))
else:
    {'receive': receive, 'send': send}[sys.argv[1]](socket.if_nametoindex(sys.argv[2]))
