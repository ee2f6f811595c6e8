# SPDX-License-Identifier: Apache-2.0
"""Holds the WebSocket messages of a case against those that the servers sent and received."""
import collections
import hashlib

import case

CONTROL = ('close', 'ping', 'pong')


def wanted_key(m):
    return (m['client_port'], m['url'], m['direction'], m['opcode'],
            m['payload_bytes'], m['payload_sha256'])


def given_key(x):
    body = x['request' if x['method'] == 'SEND' else 'response']
    body = body and body['body']
    if not body or body['bytes'] == 0:
        size, digest = 0, hashlib.sha256(b'').hexdigest()
    else:
        size, digest = body['bytes'], body['sha256']
    return (case.port_of(x['client']), x['url'], x['method'], x['opcode'], size, digest)


def order_of(keys):
    """The payloads of each direction of each WebSocket, in order."""
    out = collections.defaultdict(list)
    for port, url, direction, _, _, digest in keys:
        out[(port, url, direction)].append(digest)
    return out


def check(expect, exchanges, say):
    """Says every message that is missing, invented or out of its order; gives a line of figures,
    None where the fixture has no WebSocket."""
    wanted = expect.get('messages', [])
    given = [x for x in exchanges if x['protocol'] == 'ws']
    if not wanted and not given:
        return None
    data = [wanted_key(m) for m in wanted if m['opcode'] not in CONTROL]
    control = collections.Counter(wanted_key(m) for m in wanted if m['opcode'] in CONTROL)
    found, told = [], 0
    for x in sorted(given, key=lambda x: x['message']):
        key = given_key(x)
        if control[key] > 0:
            control[key] -= 1
            told += 1
        else:
            found.append(key)
        if not x['complete']:
            say('%s %s %s: not complete' % (x['id'], x['method'], x['url']))
    missing = collections.Counter(data) - collections.Counter(found)
    invented = collections.Counter(found) - collections.Counter(data)
    for label, rows in (('missing', missing), ('invented', invented), ('missing', control)):
        for (port, url, direction, opcode, size, digest), count in sorted(rows.items()):
            if count:
                say('%s: port %d %s %s %s of %d bytes, %s x%d' % (
                    label, port, url, direction, opcode, size, digest, count))
    if not missing and not invented:
        truly = order_of(data)
        for key, digests in order_of(found).items():
            if truly[key] != digests:
                say('messages out of order: port %d %s %s' % (key[0], key[2], key[1]))
    return '%d/%d WebSocket messages byte for byte, %d invented, %d/%d control frames' % (
        len(data) - sum(missing.values()), len(data), sum(invented.values()), told,
        told + sum(control.values()))


def check_honest(expect, exchanges, say):
    """Of a damaged capture: what is said to be a complete message was sent so; what is not names
    its gaps. Gives a line of figures."""
    left = collections.Counter(wanted_key(m) for m in expect.get('messages', []))
    total, whole, hurt = sum(left.values()), 0, 0
    for x in exchanges:
        if x['protocol'] != 'ws':
            continue
        if not x['complete']:
            hurt += 1
            if not x['gaps']:
                say('%s %s %s is not complete and names no gap' % (x['id'], x['method'], x['url']))
            continue
        key = given_key(x)
        if left[key] > 0:
            left[key] -= 1
            whole += 1
        else:
            say('%s %s %s is said to be complete, but was not sent so' % (
                x['id'], x['method'], x['url']))
    if not total and not whole and not hurt:
        return None
    return '%d/%d WebSocket messages whole and true, %d incomplete' % (whole, total, hurt)
