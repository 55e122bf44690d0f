"""Answers for one name on port 53 of the loopback, and that there is no other."""

import socket
import struct
import sys

name, address = sys.argv[1], sys.argv[2]
question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
A = 1

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    asked, client = server.recvfrom(512)
    end = asked.index(b"\0", 12) + 1
    kind = struct.unpack("!H", asked[end : end + 2])[0]
    known = asked[12:end].lower() == question
    answers = 1 if known and kind == A else 0
    # A response, authoritative, recursion available; NXDOMAIN for another name.
    flags = 0x8580 if known else 0x8583
    head = asked[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 60, 4) + socket.inet_aton(address)
    server.sendto(head + asked[12 : end + 4] + record * answers, client)
