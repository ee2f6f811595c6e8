# SPDX-License-Identifier: Apache-2.0
"""Packets and files for attack.py, by hand: nothing here refuses what no honest writer does."""
import struct


class Capture:
    """A classic capture of raw IP packets, one millisecond apart."""

    def __init__(self, out):
        self.out = out
        self.time = 1_700_000_000_000
        out.write(struct.pack('<IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))

    def add(self, packet):
        self.time += 1
        self.out.write(struct.pack('<IIII', self.time // 1000, self.time % 1000 * 1000,
                                   len(packet), len(packet)) + packet)


def padded(data):
    return data + bytes(-len(data) % 4)


class Pcapng:
    """Blocks of a pcapng file, little-endian."""

    def __init__(self, out):
        self.out = out
        self.section()

    def block(self, kind, body):
        body = padded(body)
        total = len(body) + 12
        self.out.write(struct.pack('<II', kind, total) + body + struct.pack('<I', total))

    def section(self):
        self.block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1))

    def interface(self, options=b''):
        self.block(1, struct.pack('<HHI', 101, 0, 262144) + options)

    def packet(self, data, options=b''):
        self.block(6, struct.pack('<IIIII', 0, 0x0005f5e1, 0, len(data), len(data)) +
                   padded(data) + options)

    def packets(self, n):
        for i in range(n):
            self.packet(udp(0x0a000001, 0xc0000201, 1024 + i, 9999, b'hello'))


def frame(src, dst, protocol, payload, ident=0, fragment=0x4000):
    return struct.pack('>BBHHHBBHII', 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol,
                       0, src, dst) + payload


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b''):
    return frame(src, dst, 6, struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff,
                                          ack & 0xffffffff, 0x50, flags, 0xffff, 0, 0) + payload)


def udp(src, dst, sport, dport, payload):
    return frame(src, dst, 17, struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload)


class Conversation:
    """A TCP connection that was opened; index 0 of seq is the client's next number."""

    def __init__(self, cap, client=0x0a000001, server=0xc0000201, sport=4000, dport=80):
        self.cap = cap
        self.client, self.server, self.sport, self.dport = client, server, sport, dport
        self.seq = [1001, 5001]
        self.start = list(self.seq)
        cap.add(tcp(client, server, sport, dport, 1000, 0, 0x02))
        cap.add(tcp(server, client, dport, sport, 5000, 1001, 0x12))

    def ask(self, data, mss=1400):
        for i in range(0, len(data), mss):
            part = data[i:i + mss]
            self.cap.add(tcp(self.client, self.server, self.sport, self.dport, self.seq[0],
                             self.seq[1], 0x18, part))
            self.seq[0] += len(part)

    def answer(self, data, mss=1400):
        for i in range(0, len(data), mss):
            part = data[i:i + mss]
            self.cap.add(tcp(self.server, self.client, self.dport, self.sport, self.seq[1],
                             self.seq[0], 0x18, part))
            self.seq[1] += len(part)

    def close(self):
        self.cap.add(tcp(self.client, self.server, self.sport, self.dport, self.seq[0],
                         self.seq[1], 0x11))
        self.cap.add(tcp(self.server, self.client, self.dport, self.sport, self.seq[1],
                         self.seq[0] + 1, 0x11))
        self.cap.add(tcp(self.client, self.server, self.sport, self.dport, self.seq[0] + 1,
                         self.seq[1] + 1, 0x10))


def request(path, host, headers=b''):
    return b'GET ' + path + b' HTTP/1.1\r\nHost: ' + host + b'\r\n' + headers + b'\r\n'


def response(body, headers=b''):
    return b'HTTP/1.1 200 OK\r\n' + headers + b'Content-Length: %d\r\n\r\n' % len(body) + body


def h2_frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def h2_literal(name, value):
    """RFC 7541 section 6.2.2, both strings under 127 bytes and not Huffman-coded."""
    return b'\x00' + bytes([len(name)]) + name + bytes([len(value)]) + value


def tls_record(kind, data):
    return struct.pack('>BHH', kind, 0x0303, len(data)) + data


def dns_name(text):
    return b''.join(bytes([len(label)]) + label for label in text.split(b'.')) + b'\0'


def dns_query(ident, name):
    return struct.pack('>HHHHHH', ident & 0xffff, 0x0100, 1, 0, 0, 0) + dns_name(name) + b'\0\1\0\1'
