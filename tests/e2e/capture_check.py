# SPDX-License-Identifier: Apache-2.0
"""Looks at what exhibit capture left, with nothing of exhibit: chains, hashes, blocks, packets.

  capture_check.py send IF COUNT SIZE [PACKETS-PER-SECOND]   numbered frames; SIZE 0: several
  capture_check.py flow IF FILE PACKETS-PER-SECOND           until killed; FILE: number and time of each hundredth
  capture_check.py chain DIR      every chained segment: is there, has its hash, is readable, holds what is said
  capture_check.py numbers DIR    numbers of the frames in all segments, in order
  capture_check.py bytes FILE...  a digest of each packet's bytes, in order, of pcap and pcapng files
"""
import hashlib
import json
import os
import socket
import struct
import sys
import time

HEAD = b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x88\xb5"


def frame(number, size):
    size = size or (60, 590, 60, 1514, 200)[number % 5]
    return (HEAD + struct.pack(">QQ", number, number * 2654435761 % 2**64)).ljust(size, b"\x5a")


def opened(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    return s


def send(interface, count, size, rate=0):
    s, begin = opened(interface), time.monotonic()
    for i in range(int(count)):
        s.send(frame(i, int(size)))
        if rate and i % 50 == 0:
            time.sleep(max(0, begin + i / float(rate) - time.monotonic()))


def flow(interface, path, rate):
    s, begin, i = opened(interface), time.monotonic(), 0
    with open(path, "w") as log:
        while True:
            s.send(frame(i, 0))
            if i % 50 == 0:
                log.write("%d %.6f\n" % (i, time.time()))
                log.flush()
                time.sleep(max(0, begin + i / float(rate) - time.monotonic()))
            i += 1


def blocks(data):
    """Whole pcapng blocks; then whether the file ended at the end of one."""
    at = 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length < 12 or length % 4 or at + length > len(data):
            break
        if struct.unpack_from("<I", data, at + length - 4)[0] != length:
            sys.exit("block at %d: its two lengths differ" % at)
        yield kind, data[at + 8 : at + length - 4]
        at += length
    yield None, at == len(data)


def packets(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xd4\xc3\xb2\xa1"):
        at = 24
        while at + 16 <= len(data):
            kept = struct.unpack_from("<I", data, at + 8)[0]
            yield data[at + 16 : at + 16 + kept]
            at += 16 + kept
        return
    for kind, body in blocks(data):
        if kind == 6:
            yield body[20 : 20 + struct.unpack_from("<I", body, 12)[0]]


def lines(path):
    previous, out = "0" * 64, []
    with open(path, "rb") as f:
        text = f.read()
    if text and not text.endswith(b"\n"):
        print("a line without its end")
        text = text[: text.rfind(b"\n") + 1]
    for number, line in enumerate(text.splitlines(), 1):
        entry = json.loads(line)
        if entry["number"] != number or entry["previous"] != previous:
            sys.exit("%s: broken at line %d" % (path, number))
        previous = hashlib.sha256(line).hexdigest()
        out.append(entry)
    return out


def segments(directory):
    return sorted(n for n in os.listdir(directory + "/raw") if n.endswith(".pcapng"))


def chain(directory):
    path = directory + "/raw/chain.jsonl"
    chained = lines(path) if os.path.exists(path) else []
    lines(directory + "/custody/log.jsonl")
    total = 0
    for entry in chained:
        with open(directory + "/raw/" + entry["file"], "rb") as f:
            data = f.read()
        if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
            sys.exit("%s is not what was chained" % entry["file"])
        found = list(blocks(data))
        if found[-1] != (None, True):
            sys.exit("%s: chained, and ends inside a block" % entry["file"])
        n = sum(kind == 6 for kind, _ in found)
        if n != entry["packets"]:
            sys.exit("%s: %d packets, the chain says %d" % (entry["file"], n, entry["packets"]))
        total += n
    loose = [n for n in segments(directory) if n not in [e["file"] for e in chained]]
    print("chained", len(chained), "packets", total, "loose", len(loose), "end",
          chained[-1]["end"] if chained else "none")
    if len(loose) > 1:
        sys.exit("more than one segment is not chained: %s" % loose)


def numbers(directory):
    for name in segments(directory):
        for p in packets(directory + "/raw/" + name):
            if p.startswith(HEAD):
                print(struct.unpack_from(">Q", p, 14)[0])


def digests(*paths):
    for path in paths:
        for p in packets(path):
            print(len(p), hashlib.sha256(p).hexdigest())


{"send": send, "flow": flow, "chain": chain, "numbers": numbers, "bytes": digests}[sys.argv[1]](*sys.argv[2:])
