# SPDX-License-Identifier: Apache-2.0
"""Imports a fixture with the browser's own account and compares the case with it and with what
the servers wrote down.

    browser.py FOLDER...
The truth of the joins is a name that the servers gave each answer (X-Request-Id), which the account
repeats and which the program does not look at.
"""
import collections
import glob
import json
import os
import sys

import case

MOST = 20   # differences printed


class Check:
    def __init__(self, name):
        self.name = name
        self.bad = []

    def same(self, what, got, want):
        if got != want:
            self.bad.append(f'{what}: {got!r}, not {want!r}')

    def true(self, what, holds):
        if not holds:
            self.bad.append(what)

    def end(self):
        for text in self.bad[:MOST]:
            print(f'{self.name}: {text}')
        return not self.bad


def lines(path):
    with open(path, encoding='utf-8') as text:
        return [json.loads(line) for line in text]


def told(events):
    """X-Request-Id -> the browser's name for the request, and how many requests were told."""
    names, requests = {}, 0
    for event in events:
        params = event['params']
        if event['method'] == 'Network.requestWillBeSent':
            requests += 1
        if event['method'] == 'Network.webSocketCreated':
            requests += 1
        headers = {}
        if event['method'] == 'Network.responseReceivedExtraInfo':
            headers = params['headers']
        elif event['method'] == 'Network.webSocketHandshakeResponseReceived':
            headers = params['response']['headers']
        for name, value in headers.items():
            if name.lower() == 'x-request-id':
                names.setdefault(value, params['requestId'])
    return names, requests


def pages(expect):
    """X-Request-Id is not in expect.json: its place is (port, method, URL, order of time)."""
    wanted = collections.defaultdict(list)
    for e in expect['exchanges']:
        wanted[(e['client_port'], e['method'], e['url'])].append(e)
    for same in wanted.values():
        same.sort(key=lambda e: e['time'])
    return wanted


class Fixture:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.files = sorted(glob.glob(os.path.join(folder, 'traffic.*')))
        self.keys = [os.path.join(folder, 'keys.log')]
        self.account = os.path.join(folder, 'browser.jsonl')
        self.names, self.requests = told(lines(self.account))
        with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as text:
            self.expect = json.load(text)

    def make(self, name, account, keys=None):
        target = os.path.join(self.work, name)
        options = ['--lists', case.tiny_list(self.work), '--browser', account]
        code, said = case.run_import(self.files, target, self.keys if keys is None else keys,
                                     options)
        if code != 0:
            print(f'{self.folder}: import failed with {code}: {said}')
            return None
        return target

    def piece(self, name, text):
        path = os.path.join(self.work, name)
        with open(path, 'wb') as out:
            out.write(text)
        return path


def findings(target):
    folder = os.path.join(target, 'data', 'findings')
    exchanges = lines(os.path.join(folder, 'exchanges.jsonl'))
    with open(os.path.join(folder, 'completeness.json'), encoding='utf-8') as text:
        return exchanges, json.load(text)['browser']


def check_joins(check, fixture, exchanges):
    """Whatever is joined is joined rightly. Gives how many are."""
    wanted, joined = pages(fixture.expect), 0
    for x in exchanges:
        if x['protocol'] == 'ws':
            continue
        e = wanted[(case.port_of(x['client']), x['method'], x['url'])].pop(0)
        name = case.header_of(x, 'x-request-id', 'response')
        if x['browser'] is None:
            check.true(f'{x["id"]} has no account, and its page is the browser\'s',
                       x['page_basis'] != 'browser')
            continue
        joined += 1
        check.same(f'{x["id"]} is joined with', x['browser']['request'], fixture.names.get(name))
        if x['page_basis'] == 'browser':
            check.same(f'{x["id"]} has the page', x['page'], e['page'])
    return joined


def whole(fixture):
    """All of the account and all of the packets."""
    check = Check(f'{fixture.folder} whole')
    target = fixture.make('whole', fixture.account)
    if target is None:
        return False
    exchanges, browser = findings(target)
    joined = check_joins(check, fixture, exchanges)
    for x in exchanges:
        name = case.header_of(x, 'x-request-id', 'response')
        check.true(f'{x["id"]} was told and is not joined',
                   x['browser'] is not None or name not in fixture.names)
        if x['browser'] is not None:
            check.same(f'{x["id"]} basis', x['page_basis'], 'browser')
    check.same('requests', browser['requests'], fixture.requests)
    check.same('both', browser['both'], joined)
    check.same('joined', joined, len(fixture.names))
    check.same('missed', (browser['missed'], browser['missed_requests']), (0, []))
    check.same('sum', browser['both'] + sum(browser['only_browser'].values()) +
               browser['undecided'] + browser['missed'], browser['requests'])
    check.same('only on the wire', browser['only_wire'],
               sum(x['protocol'] != 'ws' for x in exchanges) - joined)
    code, said = case.verify(target, '--rederive')
    check.true(f'the case does not verify: {said}', code == 0)
    with open(os.path.join(target, 'data', 'report', 'report.en.html'), encoding='utf-8') as text:
        check.true('the report does not say what the browser named',
                   'were seen in the packets' in text.read())
    again = fixture.make('again', fixture.account)
    for name in ('exchanges.jsonl', 'completeness.json'):
        for one, two in [[os.path.join(t, 'data', 'findings', name) for t in (target, again)]]:
            with open(one, 'rb') as a, open(two, 'rb') as b:
                check.true(f'{name} differs from run to run', a.read() == b.read())
    print(f'{check.name}: {joined} of {len(fixture.names)} told exchanges joined, '
          f'{browser["requests"]} requests, {browser["only_browser"]} in the browser only')
    return check.end()


def part(fixture, name, text):
    """A part of the account: less is joined, and nothing wrongly."""
    check = Check(f'{fixture.folder} {name}')
    target = fixture.make(name, fixture.piece(f'{name}.jsonl', text))
    if target is None:
        return False
    exchanges, browser = findings(target)
    joined = check_joins(check, fixture, exchanges)
    check.true('nothing is joined', 0 < joined <= len(fixture.names))
    check.same('missed', browser['missed'], 0)
    print(f'{check.name}: {joined} of {len(fixture.names)} joined, '
          f'{browser["answers_without_request"]} answers without their request')
    return check.end()


def without_keys(fixture):
    """Nothing can be read: all that was sent is named as not seen, with the reason."""
    check = Check(f'{fixture.folder} without keys')
    target = fixture.make('without-keys', fixture.account, keys=[])
    if target is None:
        return False
    _, browser = findings(target)
    check.same('both', browser['both'], 0)
    check.same('missed', browser['missed'], len(fixture.names))
    check.same('listed', len(browser['missed_requests']), len(fixture.names))
    check.same('why', {m['why'] for m in browser['missed_requests']}, {'connection-not-read'})
    with open(os.path.join(target, 'data', 'report', 'report.zh.html'), encoding='utf-8') as text:
        check.true('the report does not say it', '没有在数据包中看到' in text.read())
    return check.end()


def main():
    status = 0
    for folder in sys.argv[1:]:
        with case.workdir() as work:
            fixture = Fixture(folder, work)
            with open(fixture.account, 'rb') as text:
                account = text.read()
            rows = account.splitlines(keepends=True)
            third = len(rows) // 3
            results = [
                whole(fixture),
                part(fixture, 'cut', account[:len(account) // 2]),
                # Sessions are told at the beginning: without them no page is.
                part(fixture, 'late', b''.join(rows[third:])),
                part(fixture, 'crlf', account.replace(b'\n', b'\r\n')),
                part(fixture, 'noise', b'not an event\n\xff\xfe{\n' + b'{"method":7}\n' + account),
                without_keys(fixture),
            ]
        status |= not all(results)
    return status


if __name__ == '__main__':
    sys.exit(main())
