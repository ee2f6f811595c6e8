# SPDX-License-Identifier: Apache-2.0
"""Makes HAR files of the exchanges of a case, and checks that they tell what its packets told.

usage: har.py FIXTURE...
"""
import base64
import json
import os
import subprocess
import sys

import case

STATUS = []
# What only packets show: name look-ups, tickets of TLS.
PACKETS_ONLY = {'cname-cloaking'}


def check(name, true, *said):
    print(('ok    ' if true else 'FAIL  ') + name, *([] if true else said))
    if not true:
        STATUS.append(name)


def lines(directory, name):
    with open(os.path.join(directory, 'data/findings', name), encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def document(directory, name):
    with open(os.path.join(directory, 'data/findings', name), encoding='utf-8') as file:
        return json.load(file)


def body_of(directory, body):
    """Its bytes; of one that the case did not keep (pictures), so many others."""
    path = os.path.join(directory, 'data/bodies', body['sha256'])
    if body['bytes'] != 0 and os.path.exists(path):
        with open(path, 'rb') as file:
            data = file.read()
        if len(data) == body['bytes']:
            return data
    return b'\xff' * body['bytes']


def fields(message):
    return [{'name': h[0], 'value': h[1]} for h in message['headers']]


def text_or_base64(data):
    try:
        return {'text': data.decode('utf-8')}
    except UnicodeDecodeError:
        return {'text': base64.b64encode(data).decode('ascii'), 'encoding': 'base64'}


def entry_of(directory, x):
    request, response = x['request'], x['response']
    made = {
        'startedDateTime': x['time'].replace('Z', '000Z'), 'time': x['duration_us'] / 1000,
        'request': {'method': x['method'], 'url': x['url'], 'httpVersion': x['protocol'],
                    'headers': fields(request), 'queryString': [], 'cookies': [],
                    'headersSize': -1, 'bodySize': -1},
        'response': {'status': x['status'] or 0, 'statusText': '', 'httpVersion': x['protocol'],
                     'headers': [], 'cookies': [], 'content': {'size': 0, 'mimeType': 'x-unknown'},
                     'redirectURL': '', 'headersSize': -1, 'bodySize': -1},
        'cache': {}, 'timings': {'send': 0, 'wait': 0, 'receive': 0, 'blocked': -1},
        'serverIPAddress': x['server'].rsplit(':', 1)[0].strip('[]'),
        '_connectionId': x['connection'][1:],
        '_initiator': {'type': 'script', 'stack': {'parent': nested(60)}},
    }
    if request['body'] is not None and request['body']['bytes'] != 0:
        made['request']['postData'] = text_or_base64(body_of(directory, request['body']))
        made['request']['postData']['mimeType'] = request['body']['type'] or ''
    if response is not None:
        made['response']['headers'] = fields(response)
        if response['body'] is not None:
            content = made['response']['content']
            content.update(text_or_base64(body_of(directory, response['body'])))
            content['size'] = response['body']['bytes']
            content['mimeType'] = response['body']['type'] or ''
    return made


def nested(depth):
    """What developer tools write of asynchronous calls, deeper than a reader may go."""
    made = {}
    for _ in range(depth):
        made = {'callFrames': [], 'parent': made}
    return made


def message_of(directory, x):
    body = (x['request'] or x['response'])['body']
    data = body_of(directory, body)
    opcode = 2 if x['opcode'] == 'binary' else 1
    return {'type': 'send' if x['method'] == 'SEND' else 'receive', 'opcode': opcode,
            'time': seconds(x['time']), 'data': base64.b64encode(data).decode('ascii')
            if opcode == 2 else data.decode('utf-8', 'replace')}


def seconds(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def har_of(directory, program='WebInspector', sanitise=False):
    """The exchanges of a case as a browser's developer tools would have written them."""
    entries, opened = [], {}
    for x in lines(directory, 'exchanges.jsonl'):
        if x['protocol'] == 'ws':
            # Control frames are not in such files.
            if x['opcode'] in ('text', 'binary') and x['opened_by'] in opened:
                opened[x['opened_by']].setdefault('_webSocketMessages', []).append(
                    message_of(directory, x))
            continue
        if x['request'] is None or x['url'] is None:
            continue
        opened[x['id']] = entry_of(directory, x)
        entries.append(opened[x['id']])
    if sanitise:
        for e in entries:
            for side in ('request', 'response'):
                e[side]['headers'] = [h for h in e[side]['headers'] if h['name'].lower() not in (
                    'cookie', 'set-cookie', 'authorization')]
    entries += [
        {'startedDateTime': '2026-01-01T00:00:00.000Z', 'time': 0,
         'request': {'method': 'GET', 'url': 'data:text/plain,uid=1234567890', 'headers': []},
         'response': {'status': 200, 'headers': []}},
        {'startedDateTime': '2026-01-01T00:00:00.000Z', 'time': 0, '_fromCache': 'disk',
         'request': {'method': 'GET', 'url': 'https://cached.test/?uid=abcdef0123456789',
                     'headers': [{'name': 'a', 'value': 'b'}]},
         'response': {'status': 200, 'headers': []}},
        {'startedDateTime': '2026-01-01T00:00:00.000Z', 'time': 0,
         'request': {'method': 'GET', 'url': 'https://blocked.test/?uid=abcdef0123456789',
                     'headers': [{'name': 'a', 'value': 'b'}]},
         'response': {'status': 0, 'statusText': '', 'headers': [], '_transferSize': 0,
                      '_error': 'net::ERR_BLOCKED_BY_CLIENT', 'bodySize': -1,
                      'headersSize': -1, 'content': {'size': 0, 'mimeType': 'x-unknown'}}},
    ]
    return {'log': {'version': '1.2', 'creator': {'name': program, 'version': '537.36'},
                    'pages': [], 'entries': entries}}


def write_har(path, har, mark=False):
    with open(path, 'wb') as file:
        file.write(b'\xef\xbb\xbf' if mark else b'')
        file.write(json.dumps(har, ensure_ascii=mark, indent=2 if mark else None).encode('utf-8'))


def findings(directory):
    """What is said, without where it stands: an exchange is named by what it asked for."""
    asked = {x['id']: [x['method'], x['url']] for x in lines(directory, 'exchanges.jsonl')}

    def named(value):
        if isinstance(value, list):
            return [named(v) for v in value]
        return asked.get(value, value) if isinstance(value, str) else value

    return sorted(json.dumps([f['kind'], f['page_site'], f['recipient'], f['recipient_site'],
                              f['owner'], {k: named(v) for k, v in f['facts'].items()},
                              f['verdicts'], f['grounds'],
                              f['statement_en'], f['statement_zh']],
                             ensure_ascii=False, sort_keys=True)
                  for f in document(directory, 'findings.json')['findings']
                  if f['kind'] not in PACKETS_ONLY)


def items(directory):
    return sorted(json.dumps([i['carrier'], i['name'], i['value'], i['value_sha256'],
                              i['recipient'], i['party'], i['lifetime_days'], i['class'],
                              i['facts'], i['pages'], i['verdicts'], i['consent']],
                             ensure_ascii=False, sort_keys=True)
                  for i in lines(directory, 'items.jsonl') if i['carrier'] != 'tls')


def differences(a, b):
    return [('-', v) for v in a if v not in b][:4] + [('+', v) for v in b if v not in a][:4]


def options_of(fixture):
    options = []
    for name, option in (('subject.json', '--subject'), ('marks.jsonl', '--marks')):
        if os.path.exists(os.path.join(fixture, name)):
            options += [option, os.path.join(fixture, name)]
    return options


def check_places(name, directory):
    """No packet is cited, and nothing looks as if one were."""
    cited = [p for f in document(directory, 'findings.json')['findings'] for p in f['evidence']]
    exchanges = lines(directory, 'exchanges.jsonl')
    check(f'{name}: no packets are cited', cited and all(
        p['frames'] == [] and p['filter'] is None for p in cited), cited[:1])
    check(f'{name}: what is cited has its digest', any(p['sha256'] for p in cited))
    check(f'{name}: every exchange says that a HAR file is its basis', exchanges and all(
        x['basis'] == 'HAR' and x['client'] is None and
        all(m is None or m['frames'] == [] and (x['protocol'] == 'ws' or m['body'] is None or
                                                m['body']['codings'] == [])
            for m in (x['request'], x['response'])) for x in exchanges))


def check_level(name, directory):
    level = document(directory, 'basis.json')['proof_level']
    check(f'{name}: the proof level is none', level['level'] == 'none' and
          level['why'].startswith('No packets: the file was written by a program'), level)
    for language, words in (('en', 'no packets: the file was written by a program, nothing in it '
                                   'can be derived from what went over the wire'),
                            ('zh', '没有数据包：文件由程序写成')):
        with open(f'{directory}/data/report/report.{language}.html', encoding='utf-8') as file:
            page = file.read()
        check(f'{name}: the page says so ({language})', words in page)
        check(f'{name}: the page gives no filters ({language})', 'frame.number' not in page and
              'tcp.port' not in page)


def check_show(name, directory):
    program = os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit')
    said = ''
    for what in ([], ['f1'], ['i1'], ['c1'], ['c1.s1']):
        done = subprocess.run([program, 'show', directory, *what], capture_output=True, check=False)
        check(f'{name}: show {" ".join(what)}', done.returncode == 0, done.stderr)
        said += done.stdout.decode('utf-8', 'replace')
    check(f'{name}: show prints no packet filters', not any(
        w in said for w in ('frame.number', 'ip.addr', 'tcp.port')), said[:2000])


def check_fixture(fixture, folder, lists):
    name = os.path.basename(fixture)
    packets, from_har = os.path.join(folder, name), os.path.join(folder, name + '.case')
    path = os.path.join(folder, name + '.har')
    options = options_of(fixture) + ['--lists', lists]
    code, said = case.run_import([f'{fixture}/traffic.pcapng'], packets, [f'{fixture}/keys.log'],
                                 options)
    check(f'{name}: packets', code == 0, said)
    write_har(path, har_of(packets), mark=name == 'websocket')
    code, said = case.run_import([path], from_har, (), options)
    check(f'{name}: HAR', code == 0, said)
    a, b = findings(packets), findings(from_har)
    check(f'{name}: {len(a)} findings are those of the packets', a and a == b, differences(a, b))
    a, b = items(packets), items(from_har)
    check(f'{name}: {len(a)} items are those of the packets', a and a == b, differences(a, b))
    check_places(name, from_har)
    check_level(name, from_har)
    check_show(name, from_har)
    whole = document(from_har, 'completeness.json')
    left = whole['har']['left_out']
    check(f'{name}: what never travelled is counted, not used',
          left == {'inside_the_browser': 1, 'from_cache': 1, 'from_service_worker': 0,
                   'blocked_or_failed': 1, 'not_understood': 0} and
          not whole['har']['without_cookies'], whole['har'])
    for how in ((), ('--rederive',)):
        code, said = case.verify(from_har, *how)
        check(f'{name}: verify {" ".join(how)}', code == 0, said)
    return packets


def check_sanitised(packets, folder, lists):
    path, target = os.path.join(folder, 'clean.har'), os.path.join(folder, 'clean.case')
    program = os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit')
    write_har(path, har_of(packets, sanitise=True))
    done = subprocess.run([program, 'import', path, '-o', target, '--lists', lists],
                          capture_output=True, check=False)
    said = done.stderr.decode('utf-8', 'replace')
    check('sanitised: taken', done.returncode == 0, said)
    words = 'xported without cookies: what was sent in cookies could not be seen'
    check('sanitised: said on stderr', words in said and 'export again with sensitive data' in said,
          said)
    whole = document(target, 'completeness.json')
    check('sanitised: said in completeness.json', whole['har']['without_cookies'] and
          any(words in w for w in whole['har']['warnings']) and
          any(words in (g['detail'] or '') for g in whole['gaps']), whole['har'])
    for language, words in (('en', words), ('zh', '导出时未包含 Cookie')):
        with open(f'{target}/data/report/report.{language}.html', encoding='utf-8') as file:
            check(f'sanitised: said on the page ({language})', words in file.read())
    check('sanitised: no exchange counts as complete', not any(
        x['complete'] for x in lines(target, 'exchanges.jsonl') if x['protocol'] != 'ws'))


def check_refusals(packets, fixture, folder):
    path = os.path.join(folder, 'x.har')
    har = har_of(packets)
    write_har(path, har)
    code, said = case.run_import([path, f'{fixture}/traffic.pcapng'], folder + '/mixed')
    check('packets and HAR together are refused', code == 4 and 'HAR' in said and
          not os.path.exists(folder + '/mixed'), (code, said))
    # A file that was cut gives what stands before the cut.
    with open(path, 'rb') as file:
        data = file.read()
    with open(path, 'wb') as file:
        file.write(data[:len(data) // 2])
    code, said = case.run_import([path], folder + '/cut')
    check('a cut file is read as far as it goes', code == 0, said)
    whole = document(folder + '/cut', 'completeness.json')
    check('… and says so', whole['har']['cut'] and whole['har']['entries'] > 1 and any(
        g['cause'] == 'CUT' for g in whole['gaps']), whole['har'])
    with open(path, 'wb') as file:
        file.write(b'{"log": 1')
    code, said = case.run_import([path], folder + '/none')
    check('a file with nothing in it is a case with nothing in it', code == 0, said)
    with open(path, 'wb') as file:
        file.write(b'{"lag": {"entries": []}}')
    code, said = case.run_import([path], folder + '/other')
    check('JSON that is no HAR is refused', code == 4, (code, said))


def main(fixtures):
    with case.workdir() as folder:
        lists = case.tiny_list(folder)
        for fixture in fixtures:
            packets = check_fixture(fixture, folder, lists)
        check_sanitised(packets, folder, lists)
        check_refusals(packets, fixtures[-1], folder)
    return 1 if STATUS else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
