# SPDX-License-Identifier: Apache-2.0
"""Imports recorded cases after damage, and holds them against what the servers wrote down.

What is only doubled or out of order must give everything as before. Where packets are missing, what
is said to be complete must be true to the byte, and what is not there must have a gap.
"""
import collections
import glob
import json
import os
import sys

import case
import fixtures
import messages

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../fixtures/world'))
import damage  # noqa: E402

# case, what is done, by which seed
VARIANTS = (
    ('http3-pages', {'double': 0.2}, 1),
    ('http3-pages', {'swap': 0.2}, 2),
    ('http3-pages', {'double': 0.1, 'swap': 0.1}, 3),
    ('http3-pages', {'drop': 0.004}, 4),
    ('http3-pages', {'drop': 0.03, 'swap': 0.05, 'double': 0.05}, 5),
    ('http3-alt-svc', {'double': 0.1, 'swap': 0.1}, 6),
    ('http3-alt-svc', {'drop': 0.02}, 7),
    ('http3-lossy', {'double': 0.1, 'swap': 0.1}, 8),
    ('http3-lossy', {'drop': 0.02}, 9),
    ('quic-other-client', {'double': 0.1, 'swap': 0.1}, 10),
    ('quic-other-client', {'drop': 0.01}, 11),
    ('quic-moves', {'double': 0.1, 'swap': 0.1}, 12),
    ('quic-moves', {'drop': 0.01}, 13),
    ('websocket', {'double': 0.1, 'swap': 0.1}, 14),
    ('websocket', {'drop': 0.005}, 15),
)


def untrue(e, x):
    """The fields in which an exchange differs from what was sent."""
    truth, found = fixtures.wanted_fields(e), fixtures.given_fields(x)
    return [k for k in truth if truth[k] != found[k]]


def check_whole(wanted, given, say):
    """Nothing is missing, nothing is invented, all is as it was."""
    pairs, missing, invented = fixtures.pair(wanted, given)
    for e in missing:
        say('missing: port %d %s %s' % (e['client_port'], e['method'], e['url']))
    for x in invented:
        say('invented: %s %s %s' % (x['id'], x['method'], x['url']))
    same = 0
    for e, x in pairs:
        wrong = untrue(e, x)
        same += not wrong
        if wrong:
            say('%s %s: %s differs' % (x['id'], x['url'], ', '.join(wrong)))
    return '%d/%d exchanges byte for byte' % (same, len(wanted))


def pair_true(wanted, whole):
    """(pairs, absent, whole ones that nobody sent so): the same request may have been sent twice, and
    one of both been hurt, so an exchange is held against each that has its name."""
    waiting = collections.defaultdict(list)
    for e in wanted:
        waiting[(e['client_port'], e['method'], e['url'])].append(e)
    pairs, strange = [], []
    for x in whole:
        same = waiting[(case.port_of(x['client']), x['method'], x['url'])]
        e = next((e for e in same if not untrue(e, x)), None)
        if e is None:
            strange.append((x, untrue(same[0], x) if same else ['url']))
        else:
            same.remove(e)
            pairs.append((e, x))
    return pairs, [e for rest in waiting.values() for e in rest], strange


def check_honest(wanted, made, say):
    """What is complete is true; what is not has its gaps; what is absent lies in a gap."""
    given = [x for x in made.exchanges if x['protocol'] != 'ws']
    hurt = [x for x in given if not x['complete']]
    pairs, absent, strange = pair_true(wanted, [x for x in given if x['complete']])
    for x, wrong in strange:
        say('%s %s is said to be complete: %s is not as sent' % (
            x['id'], x['url'], ', '.join(wrong)))
    for x in hurt:
        if not x['gaps']:
            say('%s %s is not complete and names no gap' % (x['id'], x['url']))
    silent = {case.port_of(c['client']) for c in made.connections
              if not c['gaps'] and c['decrypted'] in ('full', 'n/a')}
    for e in absent:
        if e['client_port'] in silent:
            say('absent without a gap: port %d %s %s' % (e['client_port'], e['method'], e['url']))
    return '%d/%d exchanges whole and true, %d incomplete with their gaps, %d absent' % (
        len(pairs), len(wanted), len(hurt), max(0, len(absent) - len(hurt)))


def check(variant, work):
    name, how, seed = variant
    folder = os.path.join('fixtures', name)
    faults = []
    with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as file:
        expect = json.load(file)
    label = '%s %s' % (name, ' '.join('%s=%g' % row for row in how.items()))
    capture = os.path.join(work, 'damaged-%d.pcap' % seed)
    target = os.path.join(work, 'damaged-%d' % seed)
    damage.damage(glob.glob(os.path.join(folder, 'traffic.*'))[0], capture, seed=seed, **how)
    status, said = case.run_import([capture], target, [os.path.join(folder, 'keys.log')],
                                   ['--lists', case.tiny_list(work)])
    if status != 0:
        print('%s: import ended with %s\n%s' % (label, status, said))
        return 1
    made = case.Case(target)
    if 'drop' in how:
        line = check_honest(expect['exchanges'], made, faults.append)
        sockets = messages.check_honest(expect, made.exchanges, faults.append)
        line += ', ' + sockets if sockets else ''
    else:
        given = [x for x in made.exchanges if x['protocol'] != 'ws']
        line = check_whole(expect['exchanges'], given, faults.append)
        sockets = messages.check(expect, made.exchanges, faults.append)
        line += ', ' + sockets if sockets else ''
    print('%s: %s' % (label, line))
    for fault in faults:
        print('  FAULT %s: %s' % (label, fault))
    return len(faults)


def main():
    with case.workdir() as work:
        faults = sum(check(variant, work) for variant in VARIANTS)
    print('%d damaged captures, %d faults' % (len(VARIANTS), faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
