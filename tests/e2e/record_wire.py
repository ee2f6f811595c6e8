# SPDX-License-Identifier: Apache-2.0
"""Reads pcapng segments and tcpdump's files by itself, as far as they are whole, and puts their
TLS connections together: what record_faults.py compares a recording with.
"""

import struct



def segment(path):
    """Packets [(time_ns, bytes)], and up to where the file consists of whole blocks."""
    with open(path, "rb") as file:
        data = file.read()
    at, packets = 0, []
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length % 4 or length < 12 or at + length > len(data) or \
                struct.unpack_from("<I", data, at + length - 4)[0] != length:
            break
        if at == 0 and kind != 0x0A0D0D0A:
            break
        if kind == 6:
            _, high, low, kept, _ = struct.unpack_from("<IIIII", data, at + 8)
            packets.append(((high << 32) + low, data[at + 28:at + 28 + kept]))
        at += length
    return packets, at, len(data)


def dump(path):
    """The packets of a pcap file with nanoseconds; tcpdump may still be writing it."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return []
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D, "no pcap file with nanoseconds"
    at, packets = 24, []
    while at + 16 <= len(data):
        seconds, ns, kept, _ = struct.unpack_from("<IIII", data, at)
        if at + 16 + kept > len(data):
            break
        packets.append((seconds * 10**9 + ns, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    return packets


def tcp(frame):
    """(source, destination, sequence, flags, payload), or None."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and len(frame) >= 34 and frame[23] == 6:
        start = 14 + (frame[14] & 15) * 4
        end = 14 + (struct.unpack_from("!H", frame, 16)[0] or len(frame) - 14)
        a, b = frame[26:30], frame[30:34]
    elif kind == b"\x86\xdd" and len(frame) >= 54 and frame[20] == 6:
        start = 54
        end = 54 + (struct.unpack_from("!H", frame, 18)[0] or len(frame) - 54)
        a, b = frame[22:38], frame[38:54]
    else:
        return None
    if len(frame) < start + 20:
        return None
    ports, sequence = frame[start:start + 4], struct.unpack_from("!I", frame, start + 4)[0]
    payload = frame[start + (frame[start + 12] >> 4) * 4:end]
    return (a, ports[:2]), (b, ports[2:]), sequence, frame[start + 13], payload


def contiguous(first, pieces):
    """The stream from its beginning to its first hole."""
    out = bytearray()
    for offset, payload in sorted(((s - first) % 2**32, p) for s, p in pieces):
        if offset > len(out):
            break
        out += payload[len(out) - offset:]
    return bytes(out)


def connections(packets, until_ns=None):
    """client random -> (the client's bytes, the server's, whether the client ended it)"""
    sides, random_of = {}, {}
    for time_ns, frame in packets:
        t = tcp(frame) if until_ns is None or time_ns <= until_ns else None
        if t is None:
            continue
        side = sides.setdefault((t[0], t[1]), {"first": None, "pieces": [], "over": False})
        if t[3] & 2:
            side["first"] = (t[2] + 1) % 2**32
        if t[3] & 5:
            side["over"] = True
        if t[4]:
            side["pieces"].append((t[2], t[4]))
    for key, side in sides.items():
        if side["first"] is None:
            continue
        sent = contiguous(side["first"], side["pieces"])
        if sent[:2] != b"\x16\x03" or len(sent) < 43 or sent[5] != 1:
            continue
        back = sides.get((key[1], key[0]))
        answer = b"" if back is None or back["first"] is None else \
            contiguous(back["first"], back["pieces"])
        random_of[sent[11:43]] = (sent, answer, side["over"])
    return random_of
