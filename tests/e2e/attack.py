#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes captures that were made to hurt whoever reads them.

usage: attack.py list              names every attack, one a line: NAME SMALL LARGE
       attack.py make DIR NAME N   writes DIR/NAME.pcap or .pcapng, maybe DIR/NAME.keys

N is the size of the attack in its own unit; work that grows faster than N is what
attack_check.py looks for. The bytes depend on nothing but NAME and N.
"""
import base64
import gzip
import io
import json
import os
import struct
import sys

from attack_wire import (Capture, Conversation, Pcapng, dns_name, dns_query, frame, h2_frame,
                          h2_literal, request, response, tcp, tls_record, udp)

ATTACKS = {}


def attack(small, large, kind='pcap'):
    """Registers an attack with the sizes at which it is checked for safety and for time."""
    def enter(function):
        ATTACKS[function.__name__] = (function, small, large, kind)
        return function
    return enter


# Packets and flows.


@attack(3000, 60000)
def syns(cap, n):
    """Connections that never open."""
    for i in range(n):
        cap.add(tcp(0x0a000000 + i // 60000, 0xc0000201, 1024 + i % 60000, 80, i * 7, 0, 0x02))


@attack(300, 8000)
def connections(cap, n):
    """One small request each."""
    for i in range(n):
        c = Conversation(cap, client=0x0a000000 + i // 60000, sport=1024 + i % 60000)
        c.ask(request(b'/%d' % i, b'many.example'))
        c.answer(response(b'ok'))
        c.close()


@attack(3000, 60000)
def twins(cap, n):
    """The same ports over and over, each time another sequence number."""
    for i in range(n):
        cap.add(tcp(0x0a000001, 0xc0000201, 4000, 80, i * 100003, 0, 0x02))


@attack(3000, 60000)
def strays(cap, n):
    """Segments of one connection that fit none of its sequence numbers."""
    c = Conversation(cap)
    for i in range(n):
        cap.add(tcp(c.client, c.server, c.sport, c.dport, i * 99991777, i, 0x18, b'x' * 10))


@attack(3000, 60000)
def datagrams(cap, n):
    """A UDP flow for each packet."""
    for i in range(n):
        cap.add(udp(0x0a000000 + i // 60000, 0xc0000201, 1024 + i % 60000, 9999, b'hello'))


def one_byte_segments(cap, order, text):
    c = Conversation(cap)
    base = c.seq[0]
    for i in order:
        cap.add(tcp(c.client, c.server, c.sport, c.dport, base + i, c.seq[1], 0x18,
                    text[i:i + 1]))


def one_big_request(n):
    return b'POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n' % n + b'a=1&' * (
        n // 4)


@attack(3000, 60000)
def segments_in_order(cap, n):
    one_byte_segments(cap, range(n), one_big_request(n))


@attack(3000, 60000)
def segments_reversed(cap, n):
    one_byte_segments(cap, range(n - 1, -1, -1), one_big_request(n))


@attack(3000, 60000)
def segments_every_second(cap, n):
    one_byte_segments(cap, range(0, 2 * n, 2), one_big_request(2 * n))


@attack(3000, 60000)
def segments_every_second_reversed(cap, n):
    one_byte_segments(cap, range(2 * n - 2, -1, -2), one_big_request(2 * n))


@attack(3000, 30000)
def segments_conflict(cap, n):
    """Overlapping copies that say different things, behind a hole."""
    c = Conversation(cap)
    for i in range(n):
        cap.add(tcp(c.client, c.server, c.sport, c.dport, c.seq[0] + 1 + i * 5 % 50021,
                    c.seq[1], 0x18, bytes([65 + i % 26]) * 40))


@attack(3000, 30000)
def segments_conflict_told(cap, n):
    """Conflicting copies of bytes that were handed out already."""
    c = Conversation(cap)
    c.ask(one_big_request(60000), mss=1400)
    for i in range(n):
        cap.add(tcp(c.client, c.server, c.sport, c.dport, c.start[0] + 1 + i * 61 % 50000,
                    c.seq[1], 0x18, bytes([65 + i % 26]) * 40))


@attack(3000, 60000)
def jumps(cap, n):
    """Sequence numbers that leap, three at a time so that each leap is believed."""
    c = Conversation(cap)
    seq = c.seq[0]
    for i in range(n):
        if i % 3 == 0:
            seq += 0x01000000 + 99991
        cap.add(tcp(c.client, c.server, c.sport, c.dport, seq + i % 3 * 10, c.seq[1], 0x18,
                    b'0123456789'))


@attack(3000, 60000)
def acknowledged_holes(cap, n):
    """Every second byte lost and acknowledged: a gap for each."""
    c = Conversation(cap)
    text = b'POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9999999\r\n\r\n'
    c.ask(text)
    for i in range(n // 2):
        c.seq[0] += 1
        c.ask(b'x')
        cap.add(tcp(c.server, c.client, c.dport, c.sport, c.seq[1], c.seq[0], 0x10))


@attack(3000, 60000)
def fragments_open(cap, n):
    """First fragments whose rest never comes."""
    for i in range(n):
        cap.add(frame(0x0a000001, 0xc0000201, 6, b'\0' * 64, ident=i & 0xffff,
                      fragment=0x2000))


@attack(3000, 60000)
def fragments_overlap(cap, n):
    """One datagram in overlapping fragments, never complete."""
    for i in range(n):
        cap.add(frame(0x0a000001, 0xc0000201, 17, bytes([i & 255]) * 24, ident=7,
                      fragment=0x2000 | (1 + i * 3 % 8000)))


@attack(3000, 60000)
def fragments_sparse(cap, n):
    """Many datagrams with many holes each."""
    for i in range(n):
        cap.add(frame(0x0a000001, 0xc0000201, 17, b'\0' * 8, ident=i % 250,
                      fragment=0x2000 | (1 + i // 250 * 2 % 8000)))


# HTTP/1.


@attack(1000, 15000)
def pipelined(cap, n):
    """All requests in front, all responses behind."""
    c = Conversation(cap)
    for _ in range(n):
        c.ask(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    for _ in range(n):
        c.answer(b'HTTP/1.1 204 x\r\n\r\n')


@attack(1000, 10000)
def pipelined_in_turn(cap, n):
    c = Conversation(cap)
    for _ in range(n):
        c.ask(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        c.answer(b'HTTP/1.1 204 x\r\n\r\n')


@attack(1000, 100000)
def answers_alone(cap, n):
    """Responses nobody asked for."""
    c = Conversation(cap)
    c.answer(b'HTTP/1.1 204 x\r\n\r\n' * n)


@attack(1000, 100000)
def interim(cap, n):
    """1xx responses without end."""
    c = Conversation(cap)
    c.ask(request(b'/', b'a.example'))
    c.answer(b'HTTP/1.1 100 x\r\n\r\n' * n + response(b'ok'))


@attack(2, 100)
def interim_big(cap, n):
    """N interim responses with 900 kB of fields each."""
    c = Conversation(cap)
    c.ask(request(b'/', b'a.example'))
    for _ in range(n):
        c.answer(b'HTTP/1.1 103 x\r\n' + (b'l: ' + b'v' * 9000 + b'\r\n') * 100 + b'\r\n')
    c.answer(response(b'ok'))


@attack(64, 1024)
def header_bytes(cap, n):
    """N KiB of header lines, one byte of them a segment's worth at a time."""
    c = Conversation(cap)
    lines = b''.join(b'x-%d: %s\r\n' % (i, b'v' * 1000) for i in range(n))
    c.ask(b'GET / HTTP/1.1\r\nHost: a\r\n' + lines + b'\r\n', mss=200)
    c.answer(response(b'ok'))


@attack(3000, 100000)
def header_count(cap, n):
    c = Conversation(cap)
    c.ask(b'GET / HTTP/1.1\r\nHost: a\r\n' + b'x: y\r\n' * n + b'\r\n')
    c.answer(response(b'ok'))


@attack(3000, 200000)
def obs_fold(cap, n):
    c = Conversation(cap)
    c.ask(b'GET / HTTP/1.1\r\nHost: a\r\nx: y\r\n' + b' z\r\n' * n + b'\r\n', mss=100)
    c.answer(response(b'ok'))


@attack(256, 4096)
def endless_line(cap, n):
    """N KiB without a line end, then nothing."""
    c = Conversation(cap)
    c.ask(b'GET /' + b'a' * (n << 10), mss=1000)


@attack(256, 4096)
def endless_header(cap, n):
    c = Conversation(cap)
    c.ask(b'GET / HTTP/1.1\r\nHost: a\r\nx: ' + b'a' * (n << 10), mss=500)


@attack(5000, 300000)
def chunks(cap, n):
    """A chunk for every byte."""
    c = Conversation(cap)
    c.ask(request(b'/', b'a.example'))
    c.answer(b'HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n' + b'1\r\nz\r\n' * n +
             b'0\r\n\r\n')
    c.close()


@attack(256, 8192)
def chunk_extensions(cap, n):
    """N KiB of extensions on one chunk, and as much of trailers."""
    c = Conversation(cap)
    c.ask(request(b'/', b'a.example'))
    c.answer(b'HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n1' + b';a=b' * (n << 8) +
             b'\r\nz\r\n0\r\n' + b't: u\r\n' * (n << 7) + b'\r\n')
    c.close()


@attack(200, 8000)
def lengths(cap, n):
    """Content-Length beyond all numbers, twice, negative; nothing behind it."""
    bad = [b'9223372036854775808', b'18446744073709551616', b'-1', b'5, 6', b'1' * 300]
    for i in range(n):
        c = Conversation(cap, sport=1024 + i)
        c.ask(request(b'/', b'a.example'))
        c.answer(b'HTTP/1.1 200 x\r\nContent-Length: %s\r\n\r\nxx' % bad[i % len(bad)])
        c.close()


def body_attack(cap, coding, data, times):
    c = Conversation(cap)
    for i in range(times):
        c.ask(request(b'/%d' % i, b'a.example'))
        c.answer(b'HTTP/1.1 200 x\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\n'
                 b'Content-Length: %d\r\n\r\n' % (coding, len(data)) + data)
    c.close()


def packed(data):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', compresslevel=9, mtime=0) as f:
        f.write(data)
    return out.getvalue()


@attack(1, 8)
def bomb_gzip(cap, n):
    body_attack(cap, b'gzip', packed(bytes(32 << 20)), n)


@attack(1, 16)
def bomb_zstd(cap, n):
    """Run-length blocks of 128 KiB: four bytes each."""
    block = struct.pack('<I', 1 << 1 | (128 << 10) << 3)[:3] + b'\0'
    last = struct.pack('<I', 1 | 1 << 1 | (128 << 10) << 3)[:3] + b'\0'
    body_attack(cap, b'zstd', b'\x28\xb5\x2f\xfd\x00\x58' + block * 2000 + last, n)


@attack(1, 16)
def bomb_brotli(cap, n):
    """64 MiB of zeros as brotli 1.0.9 packs them."""
    body_attack(cap, b'br', bytes.fromhex(BROTLI_ZEROS), n)


@attack(1, 8)
def bomb_stacked(cap, n):
    data = bytes(8 << 20)
    for _ in range(8):
        data = packed(data)
    body_attack(cap, b', '.join([b'gzip'] * 8), data, n)


@attack(1, 64)
def codings_many(cap, n):
    """More codings than anybody may stack, and a list of 100,000."""
    body_attack(cap, b', '.join([b'gzip'] * 100000), packed(b'x'), n)


@attack(3000, 100000)
def gzip_members(cap, n):
    """Empty members behind each other."""
    body_attack(cap, b'gzip', packed(b'') * n, 1)


@attack(3000, 60000)
def tunnels(cap, n):
    """CONNECT inside CONNECT."""
    c = Conversation(cap)
    for _ in range(n):
        c.ask(b'CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n')
        c.answer(b'HTTP/1.1 200 x\r\n\r\n')


# HTTP/2 without TLS.

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
GET = b'\x82\x86\x84' + h2_literal(b':authority', b'h2.example')
# A field that fills the table, as "literal with incremental indexing"; b'\xbe' refers to it.
BIG = (b'\x40\x01x\x7f' + bytes([0x80 | (3900 - 127) & 127, (3900 - 127) >> 7]) +
       b'v' * 3900)


def h2_start(cap, **options):
    c = Conversation(cap, **options)
    c.ask(PREFACE + h2_frame(4, 0, 0))
    c.answer(h2_frame(4, 0, 0))
    return c


@attack(1000, 10000)
def h2_streams(cap, n):
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(1, 5, 1 + 2 * i, GET) for i in range(n)))
    c.answer(b''.join(h2_frame(1, 5, 1 + 2 * i, b'\x88') for i in range(n)))
    c.close()


@attack(1000, 30000)
def h2_streams_open(cap, n):
    """Streams that never end."""
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(1, 4, 1 + 2 * i, GET) for i in range(n)))


@attack(1000, 30000)
def h2_rapid_reset(cap, n):
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(1, 5, 1 + 2 * i, GET) + h2_frame(3, 0, 1 + 2 * i, b'\0\0\0\x08')
                   for i in range(n)))


@attack(1000, 20000)
def h2_streams_backwards(cap, n):
    """Stream numbers that fall, with holes between them."""
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(1, 5, 1 + 6 * (n - i), GET) for i in range(n)))
    c.answer(b''.join(h2_frame(1, 5, 1 + 6 * (i * 7919 % n + 1), b'\x88') for i in range(n)))


@attack(3000, 200000)
def h2_continuation(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(1, 1, 1, GET) + h2_frame(9, 0, 1, h2_literal(b'a', b'b')) * n)


@attack(3000, 400000)
def h2_continuation_empty(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(1, 1, 1, GET) + h2_frame(9, 0, 1) * n)


@attack(5000, 400000)
def h2_references(cap, n):
    """One large entry in the table, referred to N times by one byte each."""
    c = h2_start(cap)
    block = GET + BIG
    frames = h2_frame(1, 1, 1, block)
    left = n
    while left:
        frames += h2_frame(9, 0 if left > 16000 else 4, 1, b'\xbe' * min(left, 16000))
        left -= min(left, 16000)
    c.ask(frames)


@attack(10, 300)
def h2_references_streams(cap, n):
    """The same on N streams, each within the frame limit."""
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, GET + BIG))
    c.ask(b''.join(h2_frame(1, 5, 3 + 2 * i, b'\x82\x86\x84' + b'\xbe' * 2000)
                   for i in range(n)))


@attack(5, 100)
def h2_interim_big(cap, n):
    """One stream answered by N interim responses, each a megabyte of references."""
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, GET))
    c.answer(h2_frame(1, 4, 1, b'\x08\x03103' + BIG))
    c.answer(h2_frame(1, 4, 1, b'\x08\x03103' + b'\xbe' * 260) * n)
    c.answer(h2_frame(1, 5, 1, b'\x88'))


@attack(1, 6)
def h2_open_big(cap, n):
    """N connections of 500 open streams, each a megabyte of references."""
    for i in range(n):
        c = h2_start(cap, sport=2000 + i)
        c.ask(h2_frame(1, 5, 1, GET + BIG))
        c.ask(b''.join(h2_frame(1, 4, 3 + 2 * k, b'\x82\x86\x84' + b'\xbe' * 260)
                       for k in range(500)))


@attack(300, 2000)
def h2_open_bodies(cap, n):
    """N bodies under way at once, each too large for memory and different."""
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(1, 5, 1 + 2 * i, GET) for i in range(n)))
    for i in range(n):
        part = packed(b'%d' % i + bytes(80000))
        c.answer(h2_frame(1, 4, 1 + 2 * i, b'\x88' + h2_literal(b'content-encoding', b'gzip') +
                          h2_literal(b'content-type', b'text/html')) +
                 h2_frame(0, 0, 1 + 2 * i, part))


@attack(3000, 200000)
def h2_settings(cap, n):
    c = h2_start(cap)
    c.ask((h2_frame(4, 0, 0, struct.pack('>HI', 1, 0)) +
           h2_frame(4, 0, 0, struct.pack('>HI', 1, 0xffffffff))) * (n // 2))


@attack(3000, 200000)
def h2_table_sizes(cap, n):
    """Table size updates inside blocks, N of them."""
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, b'\x20\x3f\xe1\x1f' * 2 + GET))
    c.ask(b''.join(h2_frame(1, 5, 3 + 2 * i, b'\x20' * 1000) for i in range(n // 1000)))


@attack(3000, 400000)
def h2_ping(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(6, 0, 0, bytes(8)) * n)


@attack(3000, 400000)
def h2_window(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(8, 0, 0, b'\0\0\0\1') * n)


@attack(3000, 200000)
def h2_priority(cap, n):
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(2, 0, 1 + 2 * i, b'\0\0\0\0\x10') for i in range(n)))


@attack(3000, 200000)
def h2_goaway(cap, n):
    c = h2_start(cap)
    c.answer(h2_frame(7, 0, 0, bytes(8) + b'debug') * n)


@attack(1000, 10000)
def h2_push(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, GET))
    c.answer(b''.join(h2_frame(5, 4, 1, struct.pack('>I', 2 + 2 * i) + GET) for i in range(n)))


@attack(1000, 20000)
def h2_promise_same(cap, n):
    """The same stream promised over and over."""
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, GET))
    c.answer(h2_frame(5, 4, 1, struct.pack('>I', 2) + GET) * n)


@attack(5000, 400000)
def h2_tiny_data(cap, n):
    c = h2_start(cap)
    c.ask(h2_frame(1, 4, 1, b'\x83\x86\x84' + h2_literal(b':authority', b'h2.example')))
    c.ask((h2_frame(0, 0, 1) + h2_frame(0, 0, 1, b'x')) * (n // 2) + h2_frame(0, 1, 1))
    c.answer(h2_frame(1, 5, 1, b'\x88'))


@attack(1000, 100000)
def h2_unknown(cap, n):
    """Frames of types nobody knows."""
    c = h2_start(cap)
    c.ask(b''.join(h2_frame(0xb0 + i % 64, i & 255, i, b'q') for i in range(n)))


@attack(64, 4096)
def h2_giant(cap, n):
    """A frame that says it is 16 MiB; N KiB of it come."""
    c = h2_start(cap)
    c.ask(b'\xff\xff\xff\x00\x00\x00\x00\x00\x01' + b'x' * (n << 10), mss=500)


@attack(500, 8000)
def h2_holes(cap, n):
    """Header blocks with a segment missing in each."""
    c = h2_start(cap)
    for i in range(n):
        c.ask(h2_frame(1, 5, 1 + 2 * i, GET + h2_literal(b'cookie', b'a=%d' % i)))
        c.seq[0] += 30
        cap.add(tcp(c.server, c.client, c.dport, c.sport, c.seq[1], c.seq[0], 0x10))


@attack(256, 8192)
def h2_hunt_nothing(cap, n):
    """A hole, then N KiB that look like the head of a frame at every byte."""
    c = h2_start(cap)
    c.ask(h2_frame(1, 5, 1, GET))
    c.seq[0] += 50
    c.ask(b'\0\0\1\0\0\0\0\0\1' * (n * 114))


# TLS.


def hello(extensions, random=bytes(32), suites=b'\x13\x01'):
    body = (b'\x03\x03' + random + b'\x00' + struct.pack('>H', len(suites)) + suites +
            b'\x01\x00' + struct.pack('>H', len(extensions)) + extensions)
    return b'\x01' + struct.pack('>I', len(body))[1:] + body


def server_hello(random=bytes(32), suite=0x1301):
    body = (b'\x03\x03' + random + b'\x00' + struct.pack('>HB', suite, 0) +
            b'\x00\x06\x00\x2b\x00\x02\x03\x04')
    return b'\x02' + struct.pack('>I', len(body))[1:] + body


def tls_start(cap, **options):
    c = Conversation(cap, dport=443, **options)
    c.ask(tls_record(22, hello(b'\x00\x2b\x00\x03\x02\x03\x04')))
    c.answer(tls_record(22, server_hello()))
    return c


@attack(64, 4096)
def tls_garbage(cap, n):
    """N KiB that look like records, of a connection that began as TLS."""
    c = tls_start(cap)
    c.ask(tls_record(23, b'\x17\x03\x03' * 300) * n)
    c.answer(tls_record(23, b'\x17\x03\x03' * 300) * n)


@attack(64, 2048)
def tls_hole_garbage(cap, n):
    """A hole, then N KiB with a record head at every third byte."""
    c = tls_start(cap)
    c.seq[0] += 100
    c.ask(b'\x17\x03\x03' * (n * 341))


@attack(2000, 16000)
def tls_extensions(cap, n):
    c = Conversation(cap, dport=443)
    text = hello(b''.join(struct.pack('>HH', i * 4 + 3, 0) for i in range(n)),
                 suites=b'\x13\x01' * 300)
    for i in range(0, len(text), 16000):
        c.ask(tls_record(22, text[i:i + 16000]))
    c.answer(tls_record(22, server_hello()))


@attack(5000, 400000)
def tls_empty_records(cap, n):
    c = tls_start(cap)
    c.ask(tls_record(23, b'') * n)


@attack(5000, 200000)
def tls_tiny_records(cap, n):
    """Records of one byte, which can hold no tag."""
    c = tls_start(cap)
    c.answer(tls_record(23, b'x') * n)


@attack(5000, 100000)
def tls_tiny_handshake(cap, n):
    """A handshake message of 16 MiB, one byte a record."""
    c = Conversation(cap, dport=443)
    c.ask(tls_record(22, b'\x01') + tls_record(22, b'\xff') + tls_record(22, b'\xff') +
          tls_record(22, b'\xff') + tls_record(22, b'z') * n)


@attack(1000, 20000)
def tls_hellos(cap, n):
    """A ClientHello after each other on one connection."""
    c = Conversation(cap, dport=443)
    c.ask(b''.join(tls_record(22, hello(b'\x00\x2b\x00\x03\x02\x03\x04',
                                        random=struct.pack('>Q24x', i))) for i in range(n)))


@attack(3000, 200000)
def tls_alerts(cap, n):
    c = tls_start(cap)
    c.answer(tls_record(21, b'\x01\x5a') * n)


@attack(500, 5000)
def tls_certificates(cap, n):
    """A Certificate message with N certificates that are none."""
    c = Conversation(cap, dport=443)
    c.ask(tls_record(22, hello(b'')))
    chain = b'\x00\x00\x20' + b'0' * 32
    chain = chain * n
    body = struct.pack('>I', len(chain))[1:] + chain
    text = (b'\x02\x00\x00\x26\x03\x03' + bytes(32) + b'\x00\xc0\x2f\x00' + b'\x0b' +
            struct.pack('>I', len(body))[1:] + body)
    for i in range(0, len(text), 16000):
        c.answer(tls_record(22, text[i:i + 16000]))


@attack(500, 60000)
def keys_one_random(cap, n):
    """N secrets for one client random, and records that none opens."""
    c = tls_start(cap)
    for i in range(50):
        c.ask(tls_record(23, bytes([i]) * 100))
        c.answer(tls_record(23, bytes([i]) * 100))
    return ''.join('%s %s %064x\n' % (label, '00' * 32, i * 2 + k)
                   for i in range(n // 2) for k, label in enumerate(
                       ('CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0')))


@attack(3000, 200000)
def keys_many(cap, n):
    """N randoms, none of them in the capture; and lines that are no keys."""
    tls_start(cap)
    return ''.join('CLIENT_RANDOM %064x %096x\nrubbish %d\n' % (i + 1, i, i)
                   for i in range(n // 2))


# DNS.


@attack(3000, 60000)
def dns_unanswered(cap, n):
    for i in range(n):
        cap.add(udp(0x0a000001, 0xc0000201, 5000, 53, dns_query(i, b'n%d.example' % i)))


@attack(3000, 60000)
def dns_same_id(cap, n):
    for i in range(n):
        cap.add(udp(0x0a000001, 0xc0000201, 5000, 53, dns_query(7, b'n%d.example' % i)))


@attack(300, 8000)
def dns_loops(cap, n):
    """Compression pointers in circles and long chains of them."""
    head = struct.pack('>HHHHHH', 1, 0x8180, 1, 200, 0, 0)
    chain = b''.join(struct.pack('>H', 0xc000 | 12 + 2 * (i + 1)) for i in range(600))
    message = head + b'\xc0\x0c\0\1\0\1' + chain
    nested = head + chain + b'\xc0\x0c\0\1\0\1' * 100
    for i in range(n):
        cap.add(udp(0xc0000201, 0x0a000001, 53, 5000 + i % 100, message if i % 2 else nested))


@attack(2, 40)
def dns_records(cap, n):
    """65,535 records announced; as many as fit, all pointing at one long name."""
    long_name = dns_name(b'.'.join([b'a' * 60] * 4))
    message = struct.pack('>HHHHHH', 9, 0x8180, 1, 65535, 65535, 65535) + long_name
    message += b'\0\1\0\1'
    message += (b'\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c') * ((65000 - len(message)) // 14)
    for i in range(n):
        cap.add(udp(0xc0000201, 0x0a000001, 53, 5000 + i, message))


@attack(1000, 20000)
def dns_tcp(cap, n):
    c = Conversation(cap, dport=53)
    for i in range(n):
        q = dns_query(i, b'n%d.example' % i)
        c.ask(struct.pack('>H', len(q)) + q)


# pcapng.


@attack(5000, 400000, 'pcapng')
def png_interfaces(png, n):
    for _ in range(n):
        png.interface()
    png.packets(10)


@attack(5000, 400000, 'pcapng')
def png_names(png, n):
    png.interface()
    for i in range(n):
        png.block(4, struct.pack('<HH', 1, 8) + struct.pack('<I', i) + b'abc\0' + bytes(4))
    png.packets(10)


@attack(5000, 400000, 'pcapng')
def png_tiny(png, n):
    png.interface()
    png.out.write(struct.pack('<III', 0x99, 12, 12) * n)
    png.packets(10)


@attack(5000, 400000, 'pcapng')
def png_options(png, n):
    """Options of no length, and comments, N in all."""
    png.interface(options=struct.pack('<HH', 1, 0) * min(n, 1 << 20))
    for _ in range(n // 2000):
        png.packet(b'\0' * 40, options=(struct.pack('<HH', 1, 4) + b'note') * 2000)


@attack(1000, 100000, 'pcapng')
def png_sections(png, n):
    for _ in range(n):
        png.section()
        png.interface()
    png.packets(10)


@attack(1000, 60000, 'pcapng')
def png_lying(png, n):
    """Lengths that lie: the two differ, or point nowhere."""
    png.interface()
    for i in range(n):
        png.out.write(struct.pack('<III', 6, 32 + i % 3, i) + b'\x06\0\0\0' * 4 +
                      struct.pack('<I', i * 4))
    png.packets(10)


@attack(64, 4096, 'pcapng')
def png_search(png, n):
    """Damage, then N KiB without a block, each word a beginning of one."""
    png.interface()
    png.out.write(b'\x06\0\0\0\x07\0\0\0' + b'\x06\0\0\0\x20\0\0\0' * (n << 7))


@attack(500, 20000, 'pcapng')
def png_secrets(png, n):
    png.interface()
    for i in range(n):
        text = b'CLIENT_RANDOM %064x %096x\n' % (i, i)
        png.block(10, struct.pack('<II', 0x544c534b, len(text)) + text)
    png.packets(10)


# What classification makes of it.


def talk(cap, exchanges):
    """Exchanges (host, path, headers, response) on one connection."""
    c = Conversation(cap)
    for host, path, headers, answer in exchanges:
        c.ask(request(path, host, headers))
        c.answer(answer)
    c.close()


@attack(500, 6000)
def cookies(cap, n):
    """A cookie of its own for each exchange."""
    talk(cap, ((b'a.example', b'/', b'Cookie: id%d=%032x\r\n' % (i, i * 7919), response(b''))
               for i in range(n)))


@attack(500, 6000)
def cookies_one_name(cap, n):
    """One name, a new value set and sent each time."""
    talk(cap, ((b'a.example', b'/', b'Cookie: id=%032x\r\n' % (i * 7919),
                response(b'', b'Set-Cookie: id=%032x; Max-Age=99999\r\n' % (i * 7919 + 7919)))
               for i in range(n)))


@attack(500, 20000)
def cookies_many_in_one(cap, n):
    talk(cap, [(b'a.example', b'/', b'Cookie: ' + b'; '.join(
        b'k%d=%032x' % (i, i * 104729) for i in range(min(n, 25000))) + b'\r\n', response(b''))])


@attack(500, 4000)
def shared_value(cap, n):
    """One value to N recipients from N pages."""
    talk(cap, ((b'site%d.example' % i, b'/?uid=9f86d081884c7d659a2feaa0c55ad015',
                b'Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n'
                b'Cookie: uid=9f86d081884c7d659a2feaa0c55ad015\r\n', response(b''))
               for i in range(n)))


@attack(1000, 10000)
def parameters(cap, n):
    """One URL with N parameters."""
    query = b'&'.join(b'p%d=%016x' % (i, i * 7919) for i in range(n))
    for k in range(0, len(query), 200000):
        talk(cap, [(b'a.example', b'/?' + query[k:k + 200000], b'', response(b''))])


@attack(500, 6000)
def parameters_many(cap, n):
    talk(cap, ((b'a.example', b'/?id%d=%032x&t=%d' % (i, i * 7919, i), b'', response(b''))
               for i in range(n)))


NAVIGATE = (b'Accept: text/html\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n'
            b'Sec-Fetch-User: ?1\r\n')


@attack(500, 6000)
def redirect_loop(cap, n):
    """N hops, each to the same address."""
    talk(cap, ((b'loop.example', b'/again', NAVIGATE,
                b'HTTP/1.1 302 x\r\nLocation: http://loop.example/again\r\n'
                b'Content-Length: 0\r\n\r\n') for _ in range(n)))


@attack(500, 6000)
def redirect_chain(cap, n):
    """N hops, each to a new site."""
    talk(cap, ((b'hop%d.example' % i, b'/go', NAVIGATE,
                b'HTTP/1.1 302 x\r\nLocation: http://hop%d.example/go\r\n'
                b'Content-Length: 0\r\n\r\n' % (i + 1)) for i in range(n)))


@attack(500, 6000)
def visits(cap, n):
    page = response(b'<html></html>', b'Content-Type: text/html\r\n')
    talk(cap, ((b'www.site%d.example' % i, b'/', NAVIGATE, page) for i in range(n)))


@attack(300, 3000)
def referer_chain(cap, n):
    """Each exchange was caused by the one before it."""
    page = response(b'<html></html>', b'Content-Type: text/html\r\n')
    talk(cap, ((b'f%d.example' % i, b'/frame/%d' % i,
                NAVIGATE if i == 0 else b'Sec-Fetch-Dest: iframe\r\nReferer: '
                b'http://f%d.example/frame/%d\r\n' % (i - 1, i - 1), page) for i in range(n)))


@attack(200, 3000)
def mentions(cap, n):
    """Pages that name each other's addresses, and requests without a Referer."""
    body = b''.join(b'<img src="http://t.example/pixel/number/%d?u=1">' % i for i in range(n))
    page = response(body, b'Content-Type: text/html\r\n')
    other = response(b'')

    def all_of_them():
        for i in range(20):
            yield b'www.page%d.example' % i, b'/', NAVIGATE, page
        for i in range(n):
            yield b't.example', b'/pixel/number/%d?u=1' % i, b'', other
    c = Conversation(cap)
    for i, (host, path, headers, answer) in enumerate(all_of_them()):
        if i >= 20 and (i - 20) % 100 == 0:
            c = Conversation(cap, sport=10000 + i)
        c.ask(request(path, host, headers))
        c.answer(answer)


@attack(30, 600)
def nested_bodies(cap, n):
    """JSON in JSON, percent in percent, base64 in base64."""
    deep = b'[' * 20000 + b']' * 20000
    quoted = b'"x"'
    for _ in range(12):
        quoted = json.dumps({'a': quoted.decode()}).encode()
    percent = b'id=' + b'%25' * 18000 + b'41'
    wrapped = b'9f86d081884c7d659a2feaa0c55ad015'
    for _ in range(20):
        wrapped = base64.b64encode(wrapped)
    bodies = [deep, quoted, percent, b'v=' + wrapped[:60000],
              b'{"a":' * 9000 + b'1' + b'}' * 9000]
    c = Conversation(cap)
    for i in range(n):
        body = bodies[i % len(bodies)]
        kind = b'application/json' if body[:1] in b'[{"' else b'application/x-www-form-urlencoded'
        c.ask(b'POST /b%d HTTP/1.1\r\nHost: a.example\r\nContent-Type: %s\r\n'
              b'Content-Length: %d\r\n\r\n' % (i, kind, len(body)) + body)
        c.answer(response(b''))


@attack(1000, 60000)
def body_fields(cap, n):
    """Forms of 3,000 fields, N fields in all."""
    c = Conversation(cap)
    for k in range(max(1, n // 3000)):
        body = b'&'.join(b'f%d=%032x' % (i, i * 7919 + k) for i in range(3000))
        c.ask(b'POST /f%d HTTP/1.1\r\nHost: a.example\r\nContent-Type: '
              b'application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n' % (k, len(body)) +
              body)
        c.answer(response(b''))


@attack(1, 6)
def forms_packed(cap, n):
    """Forms of 16 MiB in 16 KiB of gzip: 4,000 fields of 4 KiB."""
    c = Conversation(cap)
    for k in range(n):
        body = packed(b'&'.join(b'%d=%s' % (i, b'%08x' % (i * 65537 + k) * 500)
                                for i in range(4000)))
        c.ask(b'POST /z%d HTTP/1.1\r\nHost: a.example\r\nContent-Encoding: gzip\r\nContent-Type: '
              b'application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n' % (k, len(body)) +
              body)
        c.answer(response(b''))


@attack(500, 6000)
def collisions(cap, n):
    """Values that meet in sums, in 31- and 33-multiplied hashes, and in CRC-free prefixes."""
    pairs = [b'Aa', b'BB']

    def value(i):
        return b''.join(pairs[i >> k & 1] for k in range(16))
    talk(cap, ((b'a.example', b'/?%s=1' % value(i), b'Cookie: %s=%s\r\n' % (value(i), value(i)),
                response(b'')) for i in range(n)))


@attack(5, 60)
def urls_long(cap, n):
    """Addresses of 60 kB with a separator at every second byte."""
    talk(cap, ((b'ads.example', b'/' + b'a/b-c_d.e?f&g=h;' * 3750 + b'%d' % i, b'',
                response(b'')) for i in range(n)))


@attack(100, 3000)
def urls_trackers(cap, n):
    """Long addresses made of the words that lists look for."""
    words = b'/ads/banner/track/pixel/analytics/collect?ad=1&adserver=2&affiliate=3&utm_source=x'
    talk(cap, ((b'ad%d.doubleclick.net' % i, words * 12 + b'&n=%d' % i, b'', response(b''))
               for i in range(n)))


@attack(200, 4000)
def set_cookies(cap, n):
    """A response with 1,500 cookies, again and again."""
    lines = b''.join(b'Set-Cookie: c%d=%032x; Path=/; Domain=a.example\r\n' % (i, i)
                     for i in range(100))
    talk(cap, ((b'a.example', b'/%d' % i, b'Cookie: c1=%032x\r\n' % i, response(b'', lines))
               for i in range(n // 10)))


@attack(500, 6000)
def etags(cap, n):
    talk(cap, ((b'a.example', b'/%d' % i, b'If-None-Match: "%032x"\r\n' % (i * 7919),
                response(b'', b'ETag: "%032x"\r\n' % (i * 7919))) for i in range(n)))


@attack(300, 3000)
def markup(cap, n):
    """Names and values that try to leave the report's text."""
    evil = b'"><script>alert(1)</script>\xff\xfe\xe2\x80\xae'
    talk(cap, ((b'a.example', b'/?' + evil.replace(b' ', b'') + b'%d=' % i + evil,
                b'Cookie: ' + evil + b'=%d' % i + evil + b'\r\n',
                response(evil, b'Set-Cookie: x=' + evil + b'\r\n')) for i in range(n)))


def make(directory, name, n):
    function, _, _, kind = ATTACKS[name]
    path = os.path.join(directory, name + '.' + kind)
    with open(path, 'wb', buffering=1 << 20) as out:
        keys = function(Capture(out) if kind == 'pcap' else Pcapng(out), n)
    if keys:
        with open(os.path.join(directory, name + '.keys'), 'w', encoding='ascii') as out:
            out.write(keys)
    return path


BROTLI_ZEROS = ('cfffff7f002400e2b14072effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ff'
                'ff3f001200715800baf7ff03')


def main(arguments):
    if arguments == ['list']:
        for name, (_, small, large, _) in ATTACKS.items():
            print(name, small, large)
        return 0
    if len(arguments) == 4 and arguments[0] == 'make' and arguments[2] in ATTACKS:
        print(make(arguments[1], arguments[2], int(arguments[3])))
        return 0
    sys.stderr.write(__doc__)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
