# SPDX-License-Identifier: Apache-2.0
"""Writes a capture in which everything that a report may print attacks the report.

    hostile.py FILE
A page of news.hostile.test loads a pixel of track.evil.test three times; names, addresses,
cookies and headers hold markup, quotes, control bytes, marks that reorder text, broken UTF-8.
"""
import struct
import sys

MARKS = '\u202e\u2066\u200f\u2028\ufeff\u00ad\U000e0041'
MARKUP = '"\'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;<!--]]>'
IDENTIFIER = '8f14e45fceea167a5a36dedd4bea2543'


class Stream:
    """One TCP connection, written packet by packet."""

    def __init__(self, out, port, server):
        self.out, self.port, self.server = out, port, server
        self.sent = {True: 1000 * port, False: 500 * port}
        self.packet(True, b'', 0x02)
        self.packet(False, b'', 0x12)
        self.packet(True, b'', 0x10)

    def packet(self, from_client, data, flags):
        ends = [('192.0.2.7', self.port), (self.server, 80)]
        (source, sport), (target, dport) = ends if from_client else ends[::-1]
        ack = self.sent[not from_client] if flags & 0x10 else 0
        tcp = struct.pack('!HHIIBBHHH', sport, dport, self.sent[from_client] & 0xffffffff,
                          ack & 0xffffffff, 0x50, flags, 65535, 0, 0) + data
        self.out.ip(source, target, 6, tcp)
        self.sent[from_client] += len(data) + bool(flags & 0x03)

    def exchange(self, request, response):
        self.packet(True, request, 0x18)
        self.packet(False, response, 0x18)

    def close(self):
        self.packet(True, b'', 0x11)
        self.packet(False, b'', 0x11)
        self.packet(True, b'', 0x10)


class Pcap:
    """A classic file of raw IP packets, ten milliseconds apart."""

    def __init__(self, file):
        self.file, self.when = file, 1700000000000000
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))

    def ip(self, source, target, protocol, payload):
        address = [bytes(int(p) for p in a.split('.')) for a in (source, target)]
        packet = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
        packet += b''.join(address) + payload
        self.when += 10000
        self.file.write(struct.pack('<IIII', self.when // 1000000, self.when % 1000000,
                                    len(packet), len(packet)) + packet)

    def dns(self, name, alias, address):
        """A query for a name and an answer with an alias; labels are bytes."""
        def labels(parts):
            return b''.join(bytes([len(p)]) + p for p in parts) + b'\0'
        question = labels(name) + struct.pack('!HH', 1, 1)
        answer = (labels(name) + struct.pack('!HHIH', 5, 1, 60, len(labels(alias))) +
                  labels(alias) + labels(alias) + struct.pack('!HHIH', 1, 1, 60, 4) +
                  bytes(int(p) for p in address.split('.')))
        for source, target, ports, data in (
                ('192.0.2.7', '192.0.2.53', (5353, 53),
                 struct.pack('!HHHHHH', 7, 0x100, 1, 0, 0, 0) + question),
                ('192.0.2.53', '192.0.2.7', (53, 5353),
                 struct.pack('!HHHHHH', 7, 0x8180, 1, 2, 0, 0) + question + answer)):
            udp = struct.pack('!HHHH', ports[0], ports[1], 8 + len(data), 0) + data
            self.ip(source, target, 17, udp)


def head(*lines):
    return b''.join((x if isinstance(x, bytes) else x.encode()) + b'\r\n' for x in lines) + b'\r\n'


def browser(host, referer=None):
    lines = [b'Host: ' + host, 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 '
             + MARKUP, 'Accept-Language: zh-CN' + MARKS]
    return lines + ([b'Referer: ' + referer] if referer else [])


def main():
    with open(sys.argv[1], 'wb') as file:
        out = Pcap(file)
        out.dns([b'track', b'evil', b'test'], [b'"><script>alert(1)</script>', b'\x1b[31m\xff', b'test'],
                '198.51.100.9')
        page = b'http://news.hostile.test/a?q=' + MARKUP.replace(' ', '+').encode() + MARKS.encode()
        first = Stream(out, 40001, '198.51.100.8')
        body = ('<html>%s%s</html>' % (MARKUP, MARKS)).encode()
        first.exchange(
            head(b'GET ' + page[len('http://news.hostile.test'):] + b' HTTP/1.1',
                 *browser(b'news.hostile.test'), 'Sec-Fetch-Dest: document',
                 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: none', 'Upgrade-Insecure-Requests: 1'),
            head('HTTP/1.1 200 OK', 'Content-Type: text/html; charset=' + MARKUP,
                 'Content-Length: %d' % len(body)) + body)
        for number, value in enumerate((IDENTIFIER + MARKUP.replace(';', ''), IDENTIFIER + MARKS,
                                        IDENTIFIER + '\x01\x1b[2J\x1b]0;owned\x07\x7f\x9b')):
            name = 'uid%d' % number + (MARKUP.replace(';', '').replace('=', ''), '\x1b[31m',
                                       MARKS)[number]
            pixel = Stream(out, 40010 + number, '198.51.100.9')
            for turn in range(3):
                cookie = ('Cookie: %s=%s; token=%s' % (name, value, 'A' * 40 + MARKUP)).encode()
                pixel.exchange(
                    head(b'GET /pixel.gif?n=%d&<script>alert(1)</script>=%s&raw=\xff\xfe%s HTTP/1.1' % (
                        turn, IDENTIFIER.encode() + b'"onload="alert(1)',
                        MARKS.encode()),
                         *browser(b'track.evil.test', page), 'Sec-Fetch-Dest: image',
                         'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Site: cross-site',
                         *([cookie] if turn else []),
                         'X-Device-Id: ' + IDENTIFIER + MARKUP),
                    head('HTTP/1.1 200 OK', 'Content-Type: image/gif', 'Content-Length: 0',
                         ('Set-Cookie: %s=%s; Max-Age=31536000; %s' % (name, value, MARKUP)).encode(),
                         'ETag: "%s%s"' % (IDENTIFIER, MARKUP)))
            pixel.close()
        odd = Stream(out, 40020, '198.51.100.9')
        odd.exchange(
            head('POST /collect HTTP/1.1', b'Host: "><script>alert(1)</script>.evil.test\x1b[31m',
                 b'Referer: ' + page, 'Content-Type: application/json',
                 'Content-Length: %d' % len(b'{"<b>":"' + MARKUP.replace('"', '').encode() + b'"}'))
            + b'{"<b>":"' + MARKUP.replace('"', '').encode() + b'"}',
            head('HTTP/1.1 204 ' + MARKUP, 'Location: javascript:alert(1)' + MARKUP))
        odd.close()
        first.close()


main()
