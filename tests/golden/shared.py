# SPDX-License-Identifier: Apache-2.0
"""Imports captures of other people and compares the exchanges with those of a reference.

    shared.py [-v] [-w] CAPTURES DIFFERENCES [FOLDER...]
The reference is a second opinion. Where it and exhibit differ, DIFFERENCES must have a line
    folder <tab> what differs <tab> who is right and why <tab> kind count, kind count
A difference without such a line fails, and so does another count of a kind than the line has
(a line may also speak of something that is not compared here: then it has no counts).
-v prints every difference with its particulars; -w writes the counts into DIFFERENCES, for
folders that have a line there.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import sys

import case

JOBS = 2
DECODED = re.compile(r'identity|(tshark:|script:)?(x-)?(gzip|deflate|br|zstd)([,+](gzip|deflate|br|zstd))*$', re.I)
DETAILS = 12  # printed of each kind and folder unless -v


def target_of(e):
    """What a reference's request asks for; a response without its request asks for nothing."""
    return e.get('url') or e.get('path')


def asks(e, x):
    """Whether an exchange of a case is the one that the reference has."""
    if e['method'] != x['method'] or (e['method'] is None and e['status'] != x['status']):
        return False
    if e['method'] is None or x['url'] == e.get('url'):
        return True
    if e.get('url') is not None and e['method'] != 'CONNECT':
        return False
    # Without a Host the reference has the path alone.
    url = x['url'] or ''
    return url == e.get('path') or re.sub(r'^https?://[^/?#]*', '', url) == e.get('path')


def ends(a, b):
    return tuple(sorted((a, b)))


def by_connection_reference(exchanges):
    groups = collections.defaultdict(list)
    for e in exchanges:
        groups[ends((e['src'], e['sport']), (e['dst'], e['dport']))].append(e)
    return groups


def by_connection_case(exchanges):
    groups = collections.defaultdict(list)
    for x in exchanges:
        both = []
        for end in (x['client'], x['server']):
            address, port = end.rsplit(':', 1)
            both.append((address.strip('[]'), int(port)))
        groups[ends(*both)].append(x)
    return groups


def align(wanted, given):
    """The longest common order of two lists: (pairs, rest of wanted, rest of given)."""
    rows, columns = len(wanted), len(given)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for k in range(columns - 1, -1, -1):
            best[i][k] = max(best[i + 1][k], best[i][k + 1])
            if asks(wanted[i], given[k]):
                best[i][k] = max(best[i][k], 1 + best[i + 1][k + 1])
    pairs, missing, invented = [], [], []
    i = k = 0
    while i < rows and k < columns:
        if asks(wanted[i], given[k]) and best[i][k] == 1 + best[i + 1][k + 1]:
            pairs.append((wanted[i], given[k]))
            i, k = i + 1, k + 1
        elif best[i + 1][k] >= best[i][k + 1]:
            missing.append(wanted[i])
            i += 1
        else:
            invented.append(given[k])
            k += 1
    return pairs, missing + wanted[i:], invented + given[k:]


def match_connection(wanted, given):
    """In order first; then what only stands in another order."""
    pairs, missing, invented = align(wanted, given)
    still = []
    for e in missing:
        same = [x for x in invented if asks(e, x)]
        if same:
            pairs.append((e, same[0]))
            invented.remove(same[0])
        else:
            still.append(e)
    return pairs, still, invented


def differences_of(reference, made):
    """A list of (kind, particulars), and the number of exchanges that were compared."""
    theirs = by_connection_reference(reference['exchanges'])
    ours = by_connection_case([x for x in made.exchanges if x['protocol'] != 'ws'])
    out, compared = [], 0
    for key in sorted(set(theirs) | set(ours), key=str):
        pairs, missing, invented = match_connection(theirs.get(key, []), ours.get(key, []))
        out += [('missing', 'frame %s %s %s %s' % (
            e['req_frame'] or e.get('resp_frame'), e['method'], target_of(e), e.get('status')))
            for e in missing]
        out += [('invented', '%s %s %s %s frames %s, %s' % (
            x['id'], x['method'], x['url'], x['status'],
            x['request'] and x['request']['frames'][:4],
            x['response'] and x['response']['frames'][:4])) for x in invented]
        for e, x in pairs:
            compared += 1
            out += compare(e, x)
    return out, compared


def compare(e, x):
    out = []
    # Status 0 stands for a line that is no status line.
    theirs = {'status': e.get('status'), 'cookie': e.get('cookie'),
              'set_cookie': e.get('set_cookie') or []}
    ours = {'status': x['status'], 'cookie': case.cookie_of(x),
            'set_cookie': case.header_values(x['response'], 'set-cookie')}
    if e.get('resp_body_sha256') and DECODED.match(str(e.get('resp_body_decoding'))) and \
            not e.get('resp_truncated') and e.get('resp_body_len'):
        theirs['body'] = e['resp_body_sha256']
        ours['body'] = case.body_sha256(x['response'])
    for key, value in theirs.items():
        if value != ours[key]:
            out.append((key, '%s %s %s: %r, the reference has %r (frames %s, %s)' % (
                x['id'], x['method'], x['url'], ours[key], value, e['req_frame'],
                e.get('resp_frame'))))
    return out


def examine(path, work, tiny):
    """Imports one folder and gives (folder, differences, number compared, number of reference)."""
    folder = os.path.basename(path)
    with open(os.path.join(path, 'reference.json'), encoding='utf-8') as file:
        reference = json.load(file)
    total = len(reference['exchanges'])
    target = os.path.join(work, folder)
    status, said = case.run_import(
        glob.glob(os.path.join(path, 'traffic.*')), target,
        glob.glob(os.path.join(path, 'keys.log')), ['--lists', tiny], 60)
    if status != 0:
        return folder, [('import', 'ended with %s: %s' % (status, said.strip()))], 0, total
    made = case.Case(target)
    out, compared = differences_of(reference, made)
    for check in (made.check_evidence, made.check_items, made.check_bodies):
        out += [('derivation', fault) for fault in check()[1]]
    return folder, out, compared, total


class Explained:
    """The lines of the file of differences, by folder, and the counts that they allow."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding='utf-8') as file:
            self.rows = [line.rstrip('\n').split('\t') for line in file]
        self.first = {}
        for row in self.rows[1:]:
            assert len(row) in (3, 4) and all(row[:3]), row
            self.first.setdefault(row[0], row)

    def counts(self, folder):
        """None where there is no line; else the counts that must be met."""
        row = self.first.get(folder)
        if row is None:
            return None
        pairs = [p.split(' ') for p in row[3].split(', ')] if len(row) > 3 and row[3] else []
        return {kind: int(count) for kind, count in pairs}

    def set_counts(self, folder, kinds):
        row = self.first.get(folder)
        if row is not None:
            row[3:] = [', '.join('%s %d' % (k, len(kinds[k])) for k in sorted(kinds))] if kinds else []

    def write(self):
        with open(self.path, 'w', encoding='utf-8') as file:
            for row in self.rows:
                file.write('\t'.join(row) + '\n')


def judge(folder, kinds, allowed, verbose):
    """Prints what is not explained; gives (kinds explained, kinds not explained)."""
    known = faults = 0
    for kind in sorted(set(kinds) | set(allowed or {})):
        given, stated = kinds.get(kind, []), (allowed or {}).get(kind, 0)
        right = len(given) == stated
        known += right
        if not right:
            faults += 1
            print('FAULT %s: %s %d, explained %d' % (folder, kind, len(given), stated))
        if not right or verbose:
            for particulars in given[:None if verbose else DETAILS]:
                print('    %s %s: %s' % (folder, kind, particulars))
    return known, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-v', action='store_true', dest='verbose')
    parser.add_argument('-w', action='store_true', dest='write')
    parser.add_argument('captures')
    parser.add_argument('differences')
    parser.add_argument('folders', nargs='*')
    given = parser.parse_args()
    explained = Explained(given.differences)
    folders = {os.path.basename(os.path.dirname(p)): p for p in glob.glob(
        os.path.join(given.captures, '*', '*', 'reference.json'))}
    chosen = given.folders or sorted(folders)
    faults = compared = total = known = 0
    with case.workdir() as work, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        tiny = case.tiny_list(work)
        for folder, out, same, wanted in pool.map(
                lambda f: examine(os.path.dirname(folders[f]), work, tiny), chosen):
            compared += same
            total += wanted
            kinds = collections.defaultdict(list)
            for kind, particulars in out:
                kinds[kind].append(particulars)
            if given.write:
                explained.set_counts(folder, kinds)
            right, wrong = judge(folder, kinds, explained.counts(folder), given.verbose)
            known, faults = known + right, faults + wrong
    for folder in sorted(set(explained.first) - set(folders)):
        faults += 1
        print('FAULT %s: has a line, but there is no such folder' % folder)
    if given.write:
        explained.write()
    undecided = sum(row[2].startswith('open:') for row in explained.rows)
    print('%d lines say that exhibit may be wrong, or that it is undecided' % undecided)
    print('%d captures: %d of %d exchanges of the reference found, %d kinds of difference '
          'explained, %d not' % (len(chosen), compared, total, known, faults))
    return 1 if faults else 0


sys.exit(main())
