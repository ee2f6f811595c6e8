# SPDX-License-Identifier: Apache-2.0
"""Checks the report pages of a case: well-formed, self-contained, and nothing hostile gets through.

    page.py CASE [hostile]
"""
import html
import html.parser
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'golden'))
import case  # noqa: E402

VOID = {'br', 'meta', 'hr', 'img', 'input', 'link', 'col', 'wbr', 'area', 'base', 'source'}
ELEMENTS = {
    'html', 'head', 'meta', 'title', 'style', 'body', 'header', 'footer', 'main', 'nav', 'section',
    'article', 'aside', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'a', 'ol', 'ul', 'li', 'dl', 'dt',
    'dd', 'div', 'span', 'code', 'pre', 'time', 'strong', 'em', 'b', 'i', 'small', 'br', 'hr', 'table',
    'caption', 'colgroup', 'col', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td', 'details', 'summary',
    'figure', 'figcaption', 'abbr', 'mark', 'q', 'cite', 'wbr', 'sub', 'sup', 'kbd', 'samp', 'var',
    'blockquote', 'address', 'bdi', 'bdo', 'svg', 'rect', 'line', 'circle', 'text'}
ATTRIBUTES = {
    'lang', 'charset', 'content', 'name', 'http-equiv', 'class', 'id', 'href', 'title', 'datetime',
    'colspan', 'rowspan', 'scope', 'headers', 'dir', 'open', 'start', 'value', 'role', 'abbr',
    'aria-label', 'aria-labelledby', 'aria-hidden', 'aria-describedby', 'tabindex', 'translate', 'viewbox',
    'width', 'height', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r'}
# Controls, and characters that cannot be seen or that change the order of what is read.
UNSEEN = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e'
                    '\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]')


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.faults, self.text = [], [], []
        self.ids, self.targets, self.metas = set(), set(), []
        self.lang = None

    def fault(self, text):
        self.faults.append('line %d: %s' % (self.getpos()[0], text))

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            self.fault('element <%s>' % tag)
        given = dict(attrs)
        if len(given) != len(attrs):
            self.fault('an attribute twice in <%s>' % tag)
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.fault('attribute %s of <%s>' % (name, tag))
            if UNSEEN.search(value or ''):
                self.fault('an unseen character in %s of <%s>' % (name, tag))
            if name in ('title', 'aria-label', 'abbr'):
                self.text.append(value or '')
        if tag == 'html':
            self.lang = given.get('lang')
        if tag == 'meta':
            self.metas.append(given)
        if 'id' in given:
            if given['id'] in self.ids:
                self.fault('id %s twice' % given['id'])
            self.ids.add(given['id'])
        if 'href' in given:
            if tag != 'a' or not re.match(r'(#|\.\./)[A-Za-z0-9._/#-]*$', given['href']):
                self.fault('leads out of the case: %s' % given['href'])
            if given['href'].startswith('#'):
                self.targets.add(given['href'][1:])
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.fault('</%s> where %s is open' % (tag, self.stack[-1:] or 'nothing'))
        else:
            self.stack.pop()

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data):
        if self.stack[-1:] == ['style']:
            if re.search(r'@import|url\(|expression|</', data, re.I):
                self.fault('the style sheet loads something')
        elif UNSEEN.search(data):
            self.fault('an unseen character in %r' % data[:80])
        else:
            self.text.append(data)

    def handle_comment(self, data):
        self.fault('a comment: %r' % data[:60])

    def handle_pi(self, data):
        self.fault('a processing instruction: %r' % data[:60])

    def unknown_decl(self, data):
        self.fault('a declaration: %r' % data[:60])


def read(path, lang):
    """Gives (text of the page, faults)."""
    with open(path, encoding='utf-8') as file:
        source = file.read()
    page = Page()
    page.feed(source)
    page.close()
    faults = page.faults
    if not source.startswith('<!DOCTYPE html>\n'):
        faults.append('no doctype')
    if page.stack:
        faults.append('left open: %s' % page.stack)
    if page.lang != lang:
        faults.append('lang is %s, not %s' % (page.lang, lang))
    policy = [m.get('content', '') for m in page.metas
              if (m.get('http-equiv') or '').lower() == 'content-security-policy']
    if len(policy) != 1 or "default-src 'none'" not in policy[0] or 'script-src' in policy[0]:
        faults.append('the policy does not forbid everything: %s' % policy)
    if source.find('Content-Security-Policy') > source.find('<style'):
        faults.append('the policy comes after the style sheet')
    faults += ['#%s leads nowhere' % t for t in sorted(page.targets - page.ids)]
    return ''.join(page.text), faults


def masked_values(made):
    """The values that a case names by their digests only, as they stand in its exchanges."""
    wanted = {i['value_sha256']: i for i in made.lines('items.jsonl') if i['value'] is None}
    values = {}
    for item in wanted.values():
        for name in item['exchanges']:
            for data in made.carrier(item, made.by_id[name]):
                for piece in [data, *case.SEPARATORS.split(data), *re.split(rb'[&=;]\s*', data)]:
                    if case.sha256(piece) in wanted and len(piece) > 3:
                        values[piece] = item
    return wanted, values


def declared_faults(made, name, source):
    """The table of declared values names them, and prints none of them but search terms."""
    path = made.name('subject.json')
    found = re.search(r'<section id="declared">(.*?)</section>', source, re.S)
    if not found:
        return ['%s: no section says what was declared' % name]
    if not os.path.exists(path):
        return []
    text = html.unescape(re.sub(r'<[^>]*>', '', found.group(1)))
    with open(path, encoding='utf-8') as file:
        subject = json.load(file)
    faults, values = [], []
    for kind, given in subject.items():
        for value in given:
            value = value['value'] if kind == 'other' else value
            value = ','.join(map(str, value)) if kind == 'location' else value
            if kind == 'search' and value not in text:
                faults.append('%s: the search term %s is not told' % (name, value))
            elif kind != 'search':
                values.append(value)
    return faults + ['%s: prints %s' % (name, v) for v in values if v in text]


def main():
    target, hostile = sys.argv[1], sys.argv[2:] == ['hostile']
    made = case.Case(target)
    faults = []
    wanted, values = masked_values(made)
    for lang, name in (('en', 'report.en.html'), ('zh-CN', 'report.zh.html')):
        path = made.name('report', name)
        text, wrong = read(path, lang)
        with open(path, encoding='utf-8') as file:
            faults += declared_faults(made, name, file.read())
        faults += ['%s: %s' % (name, f) for f in wrong]
        for value, item in values.items():
            if value.decode('latin-1') in text or value.decode('utf-8', 'replace') in text:
                faults.append('%s: prints the value of %s, a credential' % (name, item['id']))
        # The text of an attack must be there, as text: else nothing was tried.
        if hostile and '<script>alert(1)</script>' not in text:
            faults.append('%s: the attack does not show at all' % name)
        if hostile and not re.search(r'\\(x1b|u\{?202e)', text, re.I):
            faults.append('%s: control characters and direction marks do not show' % name)
        if lang == 'zh-CN' and len(re.findall('[\u4e00-\u9fff]', text)) < 200:
            faults.append('%s: is not Chinese' % name)
        print('%s %s: %d bytes, %d characters of text' % (
            os.path.basename(target), name, os.path.getsize(path), len(text)))
    print('%s: %d credentials named by digest only, %d of them looked for' % (
        os.path.basename(target), len(wanted), len({id(v) for v in values.values()})))
    for fault in faults[:40]:
        print('  FAULT %s' % fault)
    return 1 if faults else 0


sys.exit(main())
