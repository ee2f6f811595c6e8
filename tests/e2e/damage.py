# SPDX-License-Identifier: Apache-2.0
"""Damages captures and checks that what is then reported as complete is still the truth.

    damage.py SEED VARIANTS FOLDER...
Packets are dropped, repeated, moved and cut; files end in the middle of a packet.
"""
import collections
import concurrent.futures
import glob
import gzip
import os
import random
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'golden'))
import case  # noqa: E402

JOBS = 2
CUTS = (0.04, 0.17, 0.35, 0.5, 0.66, 0.83, 0.99)


class Capture:
    """A capture as a list of (is a packet, bytes of its record)."""

    def __init__(self, path):
        data = self.read(path)
        self.records = []
        self.ng = data[:4] == b'\x0a\x0d\x0d\x0a'
        if self.ng:
            self.order = '<' if data[8:12] == b'\x4d\x3c\x2b\x1a' else '>'
            self.head, at = b'', 0
            while at + 12 <= len(data):
                kind, length = struct.unpack_from(self.order + 'II', data, at)
                self.records.append((kind == 6, data[at:at + length]))
                at += length
        else:
            self.order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
            self.head, at = data[:24], 24
            while at + 16 <= len(data):
                length = 16 + struct.unpack_from(self.order + 'I', data, at + 8)[0]
                self.records.append((True, data[at:at + length]))
                at += length
        assert at == len(data)

    @staticmethod
    def read(path):
        if path.endswith('.gz'):
            with gzip.open(path) as file:
                return file.read()
        if path.endswith('.zst'):
            return subprocess.run(['zstd', '-dcq', path], capture_output=True, check=True).stdout
        with open(path, 'rb') as file:
            return file.read()

    def bytes(self, records):
        return self.head + b''.join(r for _, r in records)

    def shorten(self, record, keep):
        """The record of a packet of which only the first `keep` bytes were captured."""
        if self.ng:
            fixed, length = 28, struct.unpack_from(self.order + 'I', record, 20)[0]
            if keep >= length:
                return record
            data = record[fixed:fixed + keep] + b'\0' * (-keep % 4)
            total = fixed + len(data) + 4
            return (record[:4] + struct.pack(self.order + 'I', total) + record[8:20] +
                    struct.pack(self.order + 'I', keep) + record[24:28] + data +
                    struct.pack(self.order + 'I', total))
        if keep >= len(record) - 16:
            return record
        return record[:8] + struct.pack(self.order + 'I', keep) + record[12:16 + keep]


def drop(capture, dice, rate):
    return [r for r in capture.records if not r[0] or dice.random() >= rate]


def repeat(capture, dice, rate):
    out = []
    late = []
    for record in capture.records:
        out.append(record)
        if late and dice.random() < 0.3:
            out.append(late.pop(0))
        if record[0] and dice.random() < rate:
            late.append(record)
    return out + late


def reorder(capture, dice, rate):
    """Neighbours change places: nothing moves far enough to overtake a handshake."""
    out = list(capture.records)
    at = 0
    while at + 1 < len(out):
        if out[at][0] and out[at + 1][0] and dice.random() < rate:
            out[at], out[at + 1] = out[at + 1], out[at]
            at += 1
        at += 1
    return out


def cut(capture, dice, rate):
    return [(p, capture.shorten(r, dice.randrange(14, 200))) if p and dice.random() < rate
            else (p, r) for p, r in capture.records]


def several(capture, dice, rate):
    for way in (drop, repeat, reorder, cut):
        damaged = Capture.__new__(Capture)
        damaged.__dict__.update(capture.__dict__)
        damaged.records = way(capture, dice, rate / 2)
        capture = damaged
    return capture.records


# The kind, the share of packets, and whether every byte is still there.
WAYS = ((drop, 0.005, False), (drop, 0.05, False), (repeat, 0.05, True), (repeat, 0.5, True),
        (reorder, 0.05, True), (reorder, 0.5, True), (cut, 0.03, False), (several, 0.04, False),
        (drop, 0.3, False), (several, 0.2, False), (drop, 0.02, False), (cut, 0.2, False),
        (several, 0.01, False))


def message(m):
    if m is None:
        return None
    body = m['body'] and (m['body']['bytes'], m['body']['sha256'], m['body']['codings'])
    return repr((m['headers'], m.get('trailers'), body))


def essence(x):
    """What must not change, whatever happens to other packets."""
    return (x['client'], x['server'], x['protocol'], x['method'], x['url'], x['status'],
            message(x['request']), message(x['response']))


def last_frame(x):
    frames = [f for side in ('request', 'response') if x[side]
              for f in x[side]['frames'] + [x[side].get('last_frame', 0)]]
    return max(frames)


def short(e):
    return '%s %s %s %s' % (e[0], e[3], e[4], e[5])


class Trial:
    """One import of something damaged; faults are told by `run`."""

    def __init__(self, name, data, keys, work, tiny):
        self.name, self.keys, self.tiny, self.work = name, keys, tiny, work
        self.target = os.path.join(work, name)
        self.path = self.target + '.capture'
        with open(self.path, 'wb') as out:
            out.write(data)

    def run(self):
        """Gives (case or None, faults)."""
        status, said = case.run_import(
            [self.path], self.target, self.keys, ['--lists', self.tiny], 120)
        crash = case.SANITIZER.search(said)
        if status != 0 or crash:
            return None, ['import ended with %s: %s' % (
                status, crash.group(0) if crash else said.strip()[-300:])]
        made = case.Case(self.target)
        faults = [f for check in (made.check_evidence, made.check_items, made.check_bodies)
                  for f in check()[1]]
        return made, faults

    def done(self, faulty):
        """Away with the capture; where KEEP names a folder, faulty ones go there."""
        if faulty and os.environ.get('KEEP'):
            shutil.copy(self.path, os.path.join(os.environ['KEEP'], self.name + '.pcap'))
        os.unlink(self.path)


def check_variant(trial, truth, lossless):
    """Gives (exchanges complete, exchanges in all, faults)."""
    made, faults = trial.run()
    if made is None:
        return 0, 0, faults
    rest = collections.Counter(essence(x) for x in truth if x['complete'])
    complete = 0
    for x in made.exchanges:
        if not x['complete']:
            continue
        complete += 1
        e = essence(x)
        if rest[e] > 0:
            rest[e] -= 1
        else:
            faults.append('%s is complete, but not what was sent: %s' % (x['id'], short(e)))
    if lossless:
        faults += ['nothing was lost, but it is not complete: %s' % short(e)
                   for e in rest.elements()]
    return complete, len(made.exchanges), faults


def check_cut(trial, truth, packets):
    """Everything that had been sent whole in the first packets must be there."""
    made, faults = trial.run()
    if made is None:
        return 0, 0, faults
    found = collections.Counter(essence(x) for x in made.exchanges)
    before = [x for x in truth if x['complete'] and last_frame(x) <= packets]
    for x in before:
        e = essence(x)
        if found[e] > 0:
            found[e] -= 1
        else:
            faults.append('was whole before the cut, but is not there: %s' % short(e))
    completeness = made.document('completeness.json')
    if completeness['packets']['read'] != packets:
        faults.append('%d packets read, %d were whole' % (
            completeness['packets']['read'], packets))
    if not any(g['cause'] == 'CUT' and 'connection' not in g for g in completeness['gaps']):
        faults.append('no CUT gap of the capture')
    return len(before), len(made.exchanges), faults


def plan(folder, seed, variants, work, tiny):
    """Yields the checks of one fixture as (trial, function)."""
    name = os.path.basename(folder.rstrip('/'))
    path = glob.glob(os.path.join(folder, 'traffic.*'))[0]
    keys = glob.glob(os.path.join(folder, 'keys.log'))
    capture = Capture(path)
    trial = Trial(name, capture.bytes(capture.records), keys, work, tiny)
    made, faults = trial.run()
    if made is None or faults:
        yield trial, lambda: (0, 0, faults)
        return
    truth = made.exchanges
    for number in range(variants):
        way, rate, lossless = WAYS[number % len(WAYS)]
        dice = random.Random('%s %s %d' % (seed, name, number))
        label = '%s-%02d-%s-%g' % (name, number, way.__name__, rate)
        trial = Trial(label, capture.bytes(way(capture, dice, rate)), keys, work, tiny)
        yield trial, lambda t=trial, w=lossless: check_variant(t, truth, w)
    dice = random.Random('%s %s cuts' % (seed, name))
    for share in CUTS:
        places = [i for i, r in enumerate(capture.records) if r[0]]
        at = places[int(share * len(places))]
        whole = capture.bytes(capture.records[:at])
        piece = capture.records[at][1]
        data = whole + piece[:dice.randrange(1, len(piece))]
        packets = sum(r[0] for r in capture.records[:at])
        label = '%s-ends-at-%d' % (name, len(data))
        trial = Trial(label, data, keys, work, tiny)
        yield trial, lambda t=trial, n=packets: check_cut(t, truth, n)


def main():
    seed, variants = sys.argv[1], int(sys.argv[2])
    print('seed %s' % seed)
    faults = trials = 0
    with case.workdir() as work, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        tiny = case.tiny_list(work)
        planned = [p for folder in sys.argv[3:]
                   for p in plan(folder, seed, variants, work, tiny)]
        for (trial, _), (right, total, wrong) in zip(
                planned, pool.map(lambda p: p[1](), planned)):
            trials += 1
            faults += len(wrong)
            print('%s: %d of %d exchanges as they were' % (trial.name, right, total))
            for fault in wrong[:8]:
                print('  FAULT %s: %s' % (trial.name, fault))
            trial.done(wrong)
    print('%d damaged captures, %d faults' % (trials, faults))
    return 1 if faults else 0


sys.exit(main())
