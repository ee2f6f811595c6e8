# SPDX-License-Identifier: Apache-2.0
"""Imports every fixture and compares the case with what the servers of the fixture wrote down.

    fixtures.py FOLDER...
Prints a line of figures for each, and every difference; exit status 1 when there is one.
"""
import collections
import glob
import json
import os
import re
import sys
import urllib.parse

import case
import messages

PAGES_RIGHT = 0.95  # of the exchanges a browser made


def wanted_fields(e):
    """What a visible exchange must be, by the servers' account."""
    fields = {
        'method': e['method'], 'url': e['url'], 'status': e['status'],
        'protocol': e['protocol'], 'client_port': e['client_port'],
        # CONNECT's authority has its port; the host of an exchange never has one.
        'host': re.sub(r':\d+$', '', e['host']),
        'tls': e['tls'], 'cookie': e['cookie'], 'set_cookie': e['set_cookie'],
        'referer': e['referer'], 'origin': e['origin'], 'location': e['location'],
        'user_agent': e['user_agent'], 'request_body': e['request_body_sha256'],
        'complete': e['complete'],
    }
    if e['complete']:
        fields['response_body'] = e['response_body_sha256']
    return fields


def given_fields(x):
    """The same of an exchange in a case."""
    return {
        'method': x['method'], 'url': x['url'], 'status': x['status'],
        'protocol': x['protocol'], 'client_port': case.port_of(x['client']),
        'host': x['host'], 'tls': x['tls'], 'cookie': case.cookie_of(x),
        'set_cookie': case.header_values(x['response'], 'set-cookie'),
        'referer': case.header_of(x, 'referer'), 'origin': case.header_of(x, 'origin'),
        'location': case.header_of(x, 'location', 'response'),
        'user_agent': case.header_of(x, 'user-agent'),
        'request_body': case.body_sha256(x['request']), 'complete': x['complete'],
        'response_body': case.body_sha256(x['response']),
    }


def pair(wanted, given):
    """Pairs what was expected with what was found: (pairs, missing, invented)."""
    waiting = collections.defaultdict(list)
    for x in given:
        waiting[(case.port_of(x['client']), x['method'], x['url'])].append(x)
    pairs, missing = [], []
    for e in wanted:
        same = waiting[(e['client_port'], e['method'], e['url'])]
        if same:
            pairs.append((e, same.pop(0)))
        else:
            missing.append(e)
    return pairs, missing, [x for rest in waiting.values() for x in rest]


def check_pages(pairs, say):
    """Who caused an exchange: a browser's own account against ours."""
    right = unknown = wrong = outside = 0
    for e, x in pairs:
        own = x['page_site'] is not None and x['page_site'] == x['site']
        # A client without a page can look like a browser that opens a document; never more.
        if e['page_site'] is None:
            outside += x['page_site'] is not None
            if x['page_site'] is not None and not own:
                wrong += 1
                say('%s %s: page_site %s (%s), but no browser sent it' % (
                    x['id'], x['url'], x['page_site'], x['page_basis']))
        elif x['page_site'] == e['page_site'] or (e['navigation'] and own):
            right += 1
        elif x['page_site'] is None:
            unknown += 1
        else:
            wrong += 1
            say('%s %s: page_site %s (%s), truly %s' % (
                x['id'], x['url'], x['page_site'], x['page_basis'], e['page_site']))
    total = right + unknown + sum(1 for e, x in pairs if e['page_site'] is not None
                                  and x['page_site'] not in (None, e['page_site'])
                                  and not (e['navigation'] and x['page_site'] == x['site']))
    if total and right < PAGES_RIGHT * total:
        say('page_site right for %d of %d only' % (right, total))
        for e, x in pairs:
            if e['page_site'] is not None and x['page_site'] is None:
                say('%s %s: page_site unknown, truly %s' % (x['id'], x['url'], e['page_site']))
    share = 'page_site %d/%d right (%.1f %%), ' % (
        right, total, 100 * right / total) if total else 'no browser, '
    return '%s%d wrong, %d unknown, %d of other clients given one' % (
        share, wrong, unknown, outside)


# How a planted fact is told in findings.json, by its kind: facts that must be equal.
PLANTED = {
    'tracking-identifier': ('name', 'value'),
    'identifier-sharing': ('name', 'value', 'from_site', 'to_site', 'encoding'),
    'first-party-cookie-exfiltration': ('name', 'value', 'part', 'from_site', 'to_site'),
    'cname-cloaking': ('host', 'canonical', 'tracker_site'),
    'search-term-leak': ('term', 'where'),
    'personal-data-leak': ('value_label', 'encoding', 'where'),
}
MUST_FIND = ('tracking-identifier', 'identifier-sharing', 'first-party-cookie-exfiltration',
             'cname-cloaking', 'search-term-leak', 'personal-data-leak')


def tells(finding, planted):
    if finding['kind'] != planted['kind']:
        return False
    if planted.get('recipient_site') not in (None, finding['recipient_site']):
        return False
    facts = finding['facts']
    return all(facts.get(key) == planted.get(key, facts.get(key))
               for key in PLANTED[planted['kind']])


def sites_set_on(exchanges, name, value):
    """Under which pages' sites a cookie was given, to read back or not."""
    return {e['page_site'] for e in exchanges if e['visible'] and e['page_site'] and
            any(c.split(';')[0] == '%s=%s' % (name, value) for c in e['set_cookie'])}


def check_planted(expect, findings, say):
    """Gives (figures, findings that were not planted)."""
    planted, figures = expect['planted'], []
    told = set()
    for kind in PLANTED:
        wanted = [p for p in planted if p['kind'] == kind]
        given = [f for f in findings if f['kind'] == kind]
        found = 0
        for p in wanted:
            hits = [f for f in given if tells(f, p)]
            told.update(f['id'] for f in hits)
            found += bool(hits)
            if not hits and kind in MUST_FIND:
                say('planted but not found: %s' % json.dumps(p, ensure_ascii=False))
            for f in hits if 'sites_seen_on' in p else []:
                # The plan has the sites where it was read back; it was seen where it was set, too.
                may = set(p['sites_seen_on']) | sites_set_on(
                    expect['exchanges'], p['name'], p['value'])
                seen = set(f['facts']['sites_seen_on'])
                if not set(p['sites_seen_on']) <= seen <= may:
                    say('%s %s: seen on %s, truly %s' % (
                        f['id'], p['name'], sorted(seen), p['sites_seen_on']))
        if wanted or given:
            figures.append('%s %d/%d planted' % (kind, found, len(wanted)))
    for f in findings:
        # Worlds with a list of all that was shared are judged by matrix.py.
        if f['kind'] in TRUE and 'shares' not in expect:
            TRUE[f['kind']](expect, f, say)
    others = [f for f in findings if f['id'] not in told]
    return ', '.join(figures) or 'nothing planted', others


def site_of(expect, host):
    return expect['hosts'].get(re.sub(r':\d+$', '', host), {}).get('site')


def sent_to(expect, site):
    """All that a site's servers were sent, by their own account, percent escapes undone."""
    for e in expect['exchanges']:
        if e['visible'] and site_of(expect, e['host']) == site:
            for text in (e['url'], e['referer'], e['request_body']):
                yield urllib.parse.unquote(text or '')
    for m in expect.get('messages', []):
        host = urllib.parse.urlsplit(m['url']).hostname
        if m['direction'] == 'SEND' and site_of(expect, host) == site:
            yield m.get('text') or ''


def check_shared(expect, finding, say):
    """Planted or not: the servers' log must have the owner's cookie and what the recipient got."""
    facts = finding['facts']
    pair = '%s=%s' % (facts['name'], facts['value'])
    kept = any(pair in urllib.parse.unquote('; '.join([e['cookie'] or ''] + e['set_cookie']))
               for e in expect['exchanges'] if site_of(expect, e['host']) == facts['from_site'])
    if not kept:
        say('%s: no server of %s knows %s' % (finding['id'], facts['from_site'], pair))
    if facts['encoding']:
        say('%s: no fixture has an encoding of %s' % (finding['id'], pair))
    part = facts.get('part', facts['value'])
    if not any(part in text for text in sent_to(expect, facts['to_site'])):
        say('%s: no server of %s received %s' % (finding['id'], facts['to_site'], part))


def check_cloaked(expect, finding, say):
    facts = finding['facts']
    host = expect['hosts'].get(facts['host'], {})
    if host.get('cname') != facts['canonical'] or not facts['known_by']:
        say('%s: %s is %s' % (finding['id'], facts['host'], host))


# Kinds whose every finding must be true by the servers' log: the plan has only some of them.
TRUE = {
    'identifier-sharing': check_shared,
    'first-party-cookie-exfiltration': check_shared,
    'cname-cloaking': check_cloaked,
}


def check_unseen(unseen, made, say):
    """What could not be seen must be said of its connection."""
    by_port = {case.port_of(c['client']): c for c in made.connections}
    ports = {e['client_port'] for e in unseen}
    for port in sorted(ports):
        c = by_port.get(port)
        if c is None:
            say('port %d: its connection is not listed' % port)
        elif c['decrypted'] != 'no' or not c['reason']:
            say('%s: decrypted %s, reason %s, though its keys are missing' % (
                c['id'], c['decrypted'], c['reason']))
    return len(ports)


def check(folder, work):
    faults = []
    with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as file:
        expect = json.load(file)
    name = os.path.basename(folder.rstrip('/'))
    target = os.path.join(work, name)
    keys = glob.glob(os.path.join(folder, 'keys.log'))
    options = [word for option, file in (('--subject', 'subject.json'), ('--marks', 'marks.jsonl'))
               for word in (option, os.path.join(folder, file)) if os.path.exists(
                   os.path.join(folder, file))]
    status, said = case.run_import(
        glob.glob(os.path.join(folder, 'traffic.*')), target, keys, options)
    if status != 0:
        print('%s: import ended with %s\n%s' % (name, status, said))
        return 1
    made = case.Case(target)
    seen = [e for e in expect['exchanges'] if e['visible']]
    pairs, missing, invented = pair(seen, [x for x in made.exchanges if x['protocol'] != 'ws'])
    for e in missing:
        faults.append('missing: port %d %s %s' % (e['client_port'], e['method'], e['url']))
    for x in invented:
        faults.append('invented: %s %s %s %s' % (x['id'], x['client'], x['method'], x['url']))
    same = 0
    for e, x in pairs:
        wanted, given = wanted_fields(e), given_fields(x)
        wrong = [k for k in wanted if wanted[k] != given[k]]
        same += not wrong
        faults += ['%s %s: %s is %r, truly %r' % (x['id'], x['url'], k, given[k], wanted[k])
                   for k in wrong]
    dark = check_unseen([e for e in expect['exchanges'] if not e['visible']], made, faults.append)
    print('%s: %d/%d exchanges byte for byte, %d invented, %d connections dark with a reason' % (
        name, same, len(seen), len(invented), dark))
    sockets = messages.check(expect, made.exchanges, faults.append)
    if sockets:
        print('%s: %s' % (name, sockets))
    print('%s: %s' % (name, check_pages(pairs, faults.append)))
    figures, others = check_planted(
        expect, made.document('findings.json')['findings'], faults.append)
    print('%s: %s, %d not planted' % (name, figures, len(others)))
    for f in others:
        print('    %s %s %s: %s' % (f['id'], f['kind'], f['recipient'], f['statement_en']))
    places, wrong = made.check_evidence()
    faults += wrong
    items, wrong = made.check_items()
    faults += wrong
    bodies, wrong = made.check_bodies()
    faults += wrong
    print('%s: %d cited places, %d items, %d bodies derived again' % (
        name, places, items, bodies))
    for fault in faults:
        print('  FAULT %s: %s' % (name, fault))
    return len(faults)


def main():
    with case.workdir() as work:
        faults = sum(check(folder, work) for folder in sys.argv[1:])
    print('%d fixtures, %d faults' % (len(sys.argv) - 1, faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
