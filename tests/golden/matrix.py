# SPDX-License-Identifier: Apache-2.0
"""Scores a case made of a planted world against what was planted in it.

    matrix.py [--control FOLDER] FOLDER...
Each FOLDER has expect.json with the truth of the generator. Prints figures and every miss; the exit
status is 1 when a figure is below what the program promises.
"""
import argparse
import collections
import glob
import hashlib
import json
import os
import subprocess
import sys
import urllib.parse

import case
import matrix_findings

IDENTIFIERS = ('browser-identifier', 'device', 'account')
SHORT_LIVED = IDENTIFIERS + ('session',)     # what an identifier of the session may be called
# What a control makes of a value that counted as an identifier, or did not.
UPHELD = {'upgraded': True, 'confirmed': True, 'session': False, 'removed': False,
          'fingerprint-suspect': False}
# What is promised: of one capture, and of one with a control profile.
LIMITS = {False: (0.98, 0.98), True: (0.99, 0.99)}


class Score:
    """Counts of one thing that is looked for, and what is said of each miss."""

    def __init__(self, name, precision, recall):
        self.name, self.limits = name, (precision, recall)
        self.right = self.missed = self.wrong = 0
        self.said = []

    def hit(self):
        self.right += 1

    def miss(self, text):
        self.missed += 1
        self.said.append('miss  ' + text)

    def false(self, text):
        self.wrong += 1
        self.said.append('false ' + text)

    def rates(self):
        """(precision, recall); 1 where there is nothing to be had."""
        given, wanted = self.right + self.wrong, self.right + self.missed
        return (self.right / given if given else 1.0, self.right / wanted if wanted else 1.0)

    def fails(self):
        return any(rate < limit for rate, limit in zip(self.rates(), self.limits))

    def tell(self, name):
        if not self.right + self.missed + self.wrong:
            return
        print('%s: %s precision %.4f recall %.4f (%d right, %d missed, %d false)%s' % (
            name, self.name, *self.rates(), self.right, self.missed, self.wrong,
            '  BELOW %.2f/%.2f' % self.limits if self.fails() else ''))
        for text in self.said:
            print('    %s: %s' % (self.name, text))


def sha256(text):
    return hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()


def readings(value):
    """The ways one value may be written in an item."""
    return {value, urllib.parse.unquote(value), urllib.parse.quote(value, safe=''), '"%s"' % value}


class Items:
    def __init__(self, items):
        self.at = collections.defaultdict(list)
        for item in items:
            self.at[(item['recipient_site'], item['carrier'], item['name'].lower())].append(item)

    def find(self, row):
        """The items that are the planted value."""
        key = (row['site'], row['carrier'], row['name'].lower())
        hashes = {sha256(r) for r in readings(row['value'])}
        return [i for i in self.at[key] if i['value_sha256'] in hashes]


def reasons(item):
    """The terms of its score, in short."""
    score = item.get('score') or {}
    return '%s %s [%s]' % (item['class'], score.get('points', '?'), ' '.join(
        '%s%+d' % (t['code'], t['points']) for t in score.get('terms', [])))


def told(item):
    return '%s %s %s=%s at %s: %s' % (
        item['id'], item['carrier'], item['name'], (item['value'] or 'masked')[:60],
        item['recipient'], reasons(item))


def excused(item, expect):
    """Holds a planted identifier or a personal value in another dress, or is neither good nor bad."""
    value = urllib.parse.unquote(item['value'] or '')
    if any(n['value'] in readings(value) for n in expect['negatives']):
        return False
    marks = expect.get('excused', [])
    return any(m in value for m in marks)


def compared(target, control, work):
    """What `exhibit compare` makes of the items of a case: identifier or not, by their ids."""
    out = os.path.join(work, 'compared.json')
    program = os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit')
    subprocess.run([program, 'compare', '-q', target, control, '--as', 'profiles', '-o', out],
                   check=True)
    with open(out, encoding='utf-8') as file:
        findings = json.load(file)['findings']
    changes = {}
    for f in findings:
        for item in f['items_by_case']['a'] if f['kind'] == 'tracking-identifier' else ():
            changes[item] = UPHELD.get(f['change'])
    return {item: change for item, change in changes.items() if change is not None}


def score_identifiers(expect, items, score, kinds, changes):
    """Each planted value as it reached each recipient; `changes` is what a control says of items."""
    def says_identifier(item, classes=IDENTIFIERS):
        if item['id'] in changes:
            return changes[item['id']] or item['class'] in classes and 'session' in classes
        return item['class'] in classes and 'identifiable' in item['verdicts'].values()
    found = Items(items)
    planted = set()
    for row in expect['identifiers']:
        classes = SHORT_LIVED if not row['persistent'] else IDENTIFIERS
        same = found.find(row)
        planted.update(i['id'] for i in same)
        cell = '%s/%s/%s d/%s' % (row['kind'], row['how'], row['lifetime_days'], row['carrier'])
        if any(says_identifier(i, classes) for i in same):
            score.hit()
            kinds[row['kind']][0] += 1
            continue
        kinds[row['kind']][1] += 1
        score.miss('%s %s=%s at %s: %s' % (
            cell, row['name'], row['value'][:50], row['site'],
            ', '.join('%s %s' % (i['id'], reasons(i)) for i in same) or 'no item'))
    whys = {}
    for row in expect['negatives']:
        for item in found.find(row):
            whys[item['id']] = row['why']
    for item in items:
        if not says_identifier(item) or item['id'] in planted or excused(item, expect):
            continue
        score.false('%s: %s' % (whys.get(item['id'], 'not planted'), told(item)))


def make(folder, target):
    """Imports a fixture with all that belongs to it; false when that failed."""
    options = []
    for option, file in (('--subject', 'subject.json'), ('--marks', 'marks.jsonl')):
        path = os.path.join(folder, file)
        if os.path.exists(path):
            options += [option, path]
    status, said = case.run_import(glob.glob(os.path.join(folder, 'traffic.*')), target,
                                   glob.glob(os.path.join(folder, 'keys.log')), options)
    if status != 0:
        print('%s: import ended with %s\n%s' % (folder, status, said))
    return status == 0


def nobody(items, name):
    """Where nothing was planted, no verdict may say that something identifies."""
    score = Score('nobody identified', 1.0, 1.0)
    for item in items:
        if 'identifiable' in item['verdicts'].values():
            score.false(told(item))
    print('%s: %d of %d items identifiable' % (name, score.wrong, len(items)))
    return score


def run(folder, work, control):
    with open(os.path.join(folder, 'expect.json'), encoding='utf-8') as file:
        expect = json.load(file)
    name = os.path.basename(folder.rstrip('/'))
    target, other = os.path.join(work, name), os.path.join(work, 'control')
    if not make(folder, target) or (control and not make(control, other)):
        return True
    made = case.Case(target)
    items = made.lines('items.jsonl')
    scores = [Score('identifiers', *LIMITS[bool(control)])]
    if not expect['identifiers']:
        scores.append(nobody(items, name))
    kinds = collections.defaultdict(lambda: [0, 0])
    score_identifiers(expect, items, scores[0], kinds,
                      compared(target, other, work) if control else {})
    if control:
        name += ' with a control'
    else:
        scores += matrix_findings.score(Score, expect, made)
    for s in scores:
        s.tell(name)
    if kinds:
        print('%s: by form: %s' % (name, ', '.join(
            '%s %d/%d' % (k, a, a + b) for k, (a, b) in sorted(kinds.items()))))
    return any(s.fails() for s in scores)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--control')
    options.add_argument('folders', nargs='+')
    args = options.parse_args()
    with case.workdir() as work:
        bad = [folder for folder in args.folders if run(folder, work, args.control)]
    print('%d worlds, %d below what is promised' % (len(args.folders), len(bad)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
