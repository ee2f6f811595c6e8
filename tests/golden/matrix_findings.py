# SPDX-License-Identifier: Apache-2.0
"""Scores the findings of a planted world, kind by kind."""
import urllib.parse

LEAKS = ('personal-data-leak', 'search-term-leak', 'location-leak')
DIGESTS = ('md5', 'sha1', 'sha256', 'sm3')
# Names that a finding may give to a layer, by the name of the plan.
LAYERS = {
    'percent': ('percent', 'url', 'urlencode'), 'json': ('json', 'json-escape'),
    'u-escape': ('u-escape', 'escape', '%u'), 'base64': ('base64', 'base64url'),
    'hex': ('hex',), 'gzip': ('gzip',),
}
CONSENT = {
    'collection-before-consent': ('before',),
    'collection-after-refusal': ('refused', 'withdrawn'),
}


def kinds(findings, *names):
    return [f for f in findings if f['kind'] in names]


def short(row):
    return ' '.join('%s=%s' % (k, str(v)[:44]) for k, v in row.items() if v not in ('', None, []))


def told(finding):
    return '%s %s at %s on %s: %s' % (finding['id'], finding['kind'], finding['recipient_site'],
                                      finding['page_site'], short(finding['facts']))


def same_text(a, b):
    return urllib.parse.unquote(str(a)) == urllib.parse.unquote(str(b))


def same_value(facts, row):
    """The whole value, or a part of it that singles out as much."""
    given = [facts.get('value'), facts.get('part')]
    return any(g and (same_text(g, row['value']) or (len(g) >= 8 and g in row['value']))
               for g in given)


def sent_to(expect, site):
    """All that a site's servers were sent, percent escapes undone."""
    for e in expect['exchanges']:
        if expect['hosts'][e['host']]['site'] == site:
            yield urllib.parse.unquote(' '.join(filter(None, (
                e['url'], e['referer'], e['request_body'], e['cookie']))))
    for m in expect.get('messages', []):
        host = urllib.parse.urlsplit(m['url']).hostname
        if m['direction'] == 'SEND' and expect['hosts'][host]['site'] == site:
            yield m['text'] or ''


def true_share(expect, facts):
    """Not planned, but so by the servers' log: what they got holds a planted identifier."""
    part = facts.get('part') or facts.get('value') or ''
    planted = any(part and part in urllib.parse.unquote(i['value'])
                  for i in expect['identifiers'])
    return planted and any(part in text for text in sent_to(expect, facts.get('to_site')))


def score_shares(Score, expect, findings):
    out = Score('sharing', 0.99, 0.99)
    extra = Score('bounce and decoration', 1.0, 1.0)
    used = set()
    for row in expect.get('shares', []):
        hits = [f for f in findings if f['facts'].get('from_site') == row['from_site'] and
                f['facts'].get('to_site') == row['to_site'] and same_value(f['facts'], row)]
        used.update(f['id'] for f in hits)
        wanted = [n for n in row['encoding'] if n in DIGESTS]
        if any(all(n in f['facts'].get('encoding', []) for n in wanted) for f in hits):
            out.hit()
        else:
            out.miss('%s %s' % (short(row), ', '.join(told(f) for f in hits)))
    for row in expect.get('decorations', []):
        hits = [f for f in findings if f['facts'].get('to_site') == row['to_site'] and
                same_value(f['facts'], row) and row['way'] in f['facts'].get('mechanism', [])]
        used.update(f['id'] for f in hits)
        if hits:
            extra.hit()
        else:
            extra.miss(short(row))
    for f in findings:
        if f['id'] not in used and not true_share(expect, f['facts']):
            out.false(told(f))
    return [out, extra]


def score_exfiltration(Score, expect, findings):
    out = Score('first-party cookies taken along', 0.99, 0.99)
    used = set()
    for row in expect.get('exfiltrations', []):
        hits = [f for f in findings if f['facts'].get('to_site') == row['to_site'] and
                f['facts'].get('from_site') == row['from_site'] and same_value(f['facts'], row)]
        used.update(f['id'] for f in hits)
        if hits:
            out.hit()
        else:
            out.miss(short(row))
    for f in findings:
        if f['id'] not in used and not true_share(expect, f['facts']):
            out.false(told(f))
    return [out]


def names_value(facts, row):
    """The label of the subject file and the number in it, or what the value is."""
    if row['kind'] == 'search-term-leak':
        return facts['term'] == row['value'] and row.get('charset', 'utf-8') in (
            facts['charset'], 'utf-8')
    if row['kind'] == 'location-leak':
        return facts['datum'] == row['datum']
    label = row['value_kind'] if row['label'] == 'other' else row['label']
    return facts['value_label'] == label and facts['value_number'] == row['number']


def names_coding(facts, row):
    """All digests and layers that were planted; a carrier may add layers of its own."""
    given = [str(n).lower() for n in facts.get('encoding') or []]
    return all(n in given for n in row.get('digests', [])) and all(
        any(n in given for n in LAYERS[layer]) for layer in row.get('layers', []))


def score_leaks(Score, expect, findings):
    """Recall of each planted cell; anything that no cell and no log explains is false."""
    out = Score('leaks', 1.0, 1.0)
    used, codings = set(), {}
    for row in expect.get('leaks', []):
        at_site = [f for f in findings if f['recipient_site'] == row['site'] and
                   f['kind'] == row['kind'] and names_value(f['facts'], row)]
        used.update(f['id'] for f in at_site)
        hits = [f for f in at_site if f['facts'].get('where') == row['where'] and
                names_coding(f['facts'], row)]
        count = codings.setdefault(row['coding'] if isinstance(row['coding'], str) else
                                   '+'.join(row['coding']) or 'plain', [0, 0])
        count[not hits] += 1
        if not hits:
            out.miss('%s; there: %s' % (short({k: row.get(k) for k in (
                'kind', 'value_kind', 'coding', 'carrier', 'key', 'site', 'value')}),
                ', '.join('%s %s %s' % (f['id'], f['facts'].get('where'),
                                        f['facts'].get('encoding')) for f in at_site) or 'nothing'))
            continue
        out.hit()
    first = {e['page_site'] for e in expect['exchanges']}
    for f in findings:
        if f['id'] not in used and f['recipient_site'] not in first:
            out.false(told(f))
    if codings:
        out.said.append('by coding: ' + ', '.join(
            '%s %d/%d' % (k, a, a + b) for k, (a, b) in sorted(codings.items())))
    return [out]


def score_consent(Score, expect, findings):
    out = Score('consent', 1.0, 1.0)
    asked = {row['page_site'] for row in expect.get('consent', [])}
    for kind, states in CONSENT.items():
        wanted = {(row['recipient_site'], row['page_site']) for row in expect.get('consent', [])
                  if set(states) & set(row['states'])}
        given = {(f['recipient_site'], f['page_site']): f for f in kinds(findings, kind)}
        for key in sorted(wanted):
            if key in given:
                out.hit()
            else:
                out.miss('%s %s on %s' % (kind, *key))
        for key, f in sorted(given.items()):
            if key not in wanted and not (key[1] in asked and key[0] == key[1]):
                out.false(told(f))
    return [out]


def score_kind(Score, expect, findings, kind, keys, optional=()):
    """One kind of finding, told by some of its facts; `optional` sites may have one, too."""
    out = Score(kind, 1.0, 1.0)
    rows = [r for r in expect.get('findings', []) if r['kind'] == kind]
    used = set()

    def fits(f, row):
        for key in keys:
            given = f.get(key) if key in f else f['facts'].get(key)
            wanted = row.get(key)
            if isinstance(given, list):
                if wanted not in given:
                    return False
            elif wanted is not None and not same_text(given, wanted):
                return False
        return True
    for row in rows:
        hits = [f for f in findings if fits(f, row)]
        used.update(f['id'] for f in hits)
        if hits:
            out.hit()
        else:
            out.miss(short(row))
    for f in findings:
        if f['id'] not in used and f['recipient_site'] not in optional:
            out.false(told(f))
    return [out]


def score(Score, expect, made):
    """All scores of one case."""
    found = made.document('findings.json')['findings']
    out = score_shares(Score, expect, kinds(found, 'identifier-sharing'))
    out += score_exfiltration(Score, expect, kinds(found, 'first-party-cookie-exfiltration'))
    out += score_leaks(Score, expect, kinds(found, *LEAKS))
    out += score_consent(Score, expect, found)
    for kind, keys in (
            ('cname-cloaking', ('host', 'canonical')),
            ('identifier-respawn', ('recipient_site', 'value', 'via')),
            ('fingerprinting', ('recipient_site',)),
            ('input-recording', ('recipient_site', 'how')),
            ('personalised-response', ('recipient_site', 'term')),
            ('data-from-others', ('recipient_site',))):
        out += score_kind(Score, expect, kinds(found, kind), kind, keys)
    return out
