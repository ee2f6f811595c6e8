# SPDX-License-Identifier: Apache-2.0
"""Reads a case and derives again, by means of its own, what the case says of itself."""
import hashlib
import json
import os
import re
import subprocess
import tempfile
import zlib

# One line of stderr that any sanitizer writes before it gives up.
SANITIZER = re.compile(r'(ERROR: \w+Sanitizer|runtime error:)[^\n]*')
# What stands between values in headers, cookies, URLs, forms, JSON and multipart bodies.
SEPARATORS = re.compile(rb'[&=;,"\'\s:{}\[\]?/#<>]+')


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def text_bytes(text, latin1=False):
    """The bytes a text of a case stands for."""
    return text.encode('latin-1' if latin1 else 'utf-8')


def run_import(files, target, keys=(), options=(), seconds=600):
    """Runs `exhibit import` of the build under test; gives (exit status, stderr).

    A status of None means that it did not end in time.
    """
    program = os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit')
    command = [program, 'import', '-q', *files, '-o', target, *options]
    for name in keys:
        command += ['--keys', name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None, ''
    return done.returncode, done.stderr.decode('utf-8', 'replace')


def verify(target, *options):
    program = os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit')
    done = subprocess.run([program, 'verify', *options, target], capture_output=True, check=False)
    return done.returncode, done.stderr.decode('utf-8', 'replace')


def tiny_list(folder):
    """A tracker list of one rule: where the lists are not what is tested, loading them is lost time."""
    path = os.path.join(folder, 'tiny.txt')
    with open(path, 'w', encoding='ascii') as out:
        out.write('! Title: tiny\n||ads.adgrid.test^\n')
    return path


def workdir():
    return tempfile.TemporaryDirectory(prefix='exhibit-check.')


def header_values(message, name):
    """The values of a header field in order, as text."""
    if message is None:
        return []
    return [h[1] for h in message['headers'] if h[0].lower() == name]


def cookie_of(exchange):
    """The bytes of Cookie as text, HTTP/2's crumbs joined; None when none was sent."""
    crumbs = header_values(exchange['request'], 'cookie')
    return '; '.join(crumbs) if crumbs else None


def header_of(exchange, name, side='request'):
    values = header_values(exchange[side], name)
    return values[0] if values else None


def body_sha256(message):
    """SHA-256 of the decoded body; None when there is none or it is empty."""
    if message is None or message['body'] is None or message['body']['bytes'] == 0:
        return None
    return message['body']['sha256']


def port_of(endpoint):
    return int(endpoint.rsplit(':', 1)[1])


class Case:
    def __init__(self, path):
        self.path = path
        self.exchanges = self.lines('exchanges.jsonl')
        self.connections = self.lines('connections.jsonl')
        self.connection_by_id = {c['id']: c for c in self.connections}
        self.by_id = {x['id']: x for x in self.exchanges}

    def name(self, *parts):
        return os.path.join(self.path, 'data', *parts)

    def lines(self, name):
        with open(self.name('findings', name), encoding='utf-8') as file:
            return [json.loads(line) for line in file]

    def document(self, name):
        with open(self.name('findings', name), encoding='utf-8') as file:
            return json.load(file)

    def body(self, message):
        """The kept bytes of a body; empty when it was not kept."""
        if message is None or message['body'] is None:
            return b''
        try:
            with open(self.name('bodies', message['body']['sha256']), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return b''

    def part(self, exchange, part):
        """The readings of a part of an exchange: more than one where its charset is not told."""
        side, _, what = part.partition('.')
        message = exchange[side]
        if what == 'body':
            return [self.body(message)]
        if what == 'path':
            text = re.sub(r'^[a-z]+://[^/?#]*', '', exchange['url'] or '')
            readings = [text.encode('utf-8')]
            try:
                readings.append(text.encode('latin-1'))
            except UnicodeEncodeError:
                pass
            return readings
        field = message['headers'][int(what.rpartition('.')[2])]
        return [text_bytes(field[1], len(field) > 2)]

    def check_evidence(self):
        """Every place that a finding cites; gives (places, faults)."""
        places, faults = 0, []
        for finding in self.document('findings.json')['findings']:
            for cited in finding['evidence']:
                places += 1
                if cited['part'] == 'connection':   # its first packet, no bytes of a message
                    if not cited['frames'] or cited['sha256'] is not None:
                        faults.append('%s cites a connection as %s' % (finding['id'], cited))
                    continue
                begin, end = cited['offset'], cited['offset'] + cited['length']
                readings = self.part(self.by_id[cited['exchange']], cited['part'])
                hashes = [sha256(r[begin:end]) for r in readings if end <= len(r)]
                if cited['sha256'] not in hashes:
                    faults.append('%s cites %s %s [%d, %d): sha256 is %s, not %s' % (
                        finding['id'], cited['exchange'], cited['part'], begin, end,
                        ' or '.join(hashes) or 'that of nothing', cited['sha256']))
                if not cited['frames']:
                    faults.append('%s cites %s %s without frames' % (
                        finding['id'], cited['exchange'], cited['part']))
        return places, faults

    def carrier(self, item, exchange):
        """The bytes in which the value of an item must stand."""
        carrier, request = item['carrier'], exchange['request']
        if carrier == 'set-cookie':
            return self.fields(exchange['response'], 'set-cookie')
        if carrier == 'cookie':
            return self.fields(request, 'cookie')
        if carrier == 'referer':
            return self.fields(request, 'referer')
        if carrier == 'etag':
            return self.fields(request, 'if-none-match') + self.fields(
                request, 'if-modified-since')
        if carrier == 'header':
            return self.fields(request, item['name'].lower())
        if carrier == 'tls':
            made = self.connection_by_id[exchange['connection']]
            shown = made['tickets_offered'] + (made.get('quic') or {}).get('token_offered', [])
            return [ticket['sha256'].encode() for ticket in shown]
        if carrier in ('body', 'websocket'):
            body = self.body(request)
            if 'inside' in item:
                body = zlib.decompress(body, 47)    # gzip or zlib
            return [body]
        return self.part(exchange, 'request.path')

    @staticmethod
    def fields(message, name):
        if message is None:
            return []
        return [text_bytes(h[1], len(h) > 2) for h in message['headers'] if h[0].lower() == name]

    def check_items(self):
        """Every item stands in every exchange that it names; gives (items, faults)."""
        items, faults = 0, []
        for item in self.lines('items.jsonl'):
            items += 1
            value = item['value']
            if value is not None:
                readings = [value.encode('utf-8')]
                if all(ord(c) < 256 for c in value):
                    readings.append(value.encode('latin-1'))
                if item['value_sha256'] not in [sha256(r) for r in readings]:
                    faults.append('%s: value_sha256 is not that of its value' % item['id'])
            for name in item['exchanges']:
                carriers = self.carrier(item, self.by_id[name])
                if value is not None:
                    found = any(r in c for r in readings for c in carriers)
                else:
                    pieces = [p for c in carriers for p in [c, *SEPARATORS.split(c)]]
                    pieces += [p for c in carriers for p in re.split(rb'[&=;]\s*', c)]
                    found = item['value_sha256'] in [sha256(p) for p in pieces]
                if not found:
                    faults.append('%s (%s %s): its value is not in %s' % (
                        item['id'], item['carrier'], item['name'], name))
        return items, faults

    def check_bodies(self):
        """A whole body that was kept has the hash that is its name; gives (bodies, faults)."""
        whole = {}
        for exchange in self.exchanges:
            for side in ('request', 'response'):
                body = exchange[side] and exchange[side]['body']
                if body:
                    whole[body['sha256']] = body['bytes']
        bodies, faults = 0, []
        folder = self.name('bodies')
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            bodies += 1
            with open(os.path.join(folder, name), 'rb') as file:
                data = file.read()
            if name not in whole:
                faults.append('data/bodies/%s belongs to no exchange' % name)
            elif len(data) == whole[name] and sha256(data) != name:
                faults.append('data/bodies/%s has another hash' % name)
        return bodies, faults
