# SPDX-License-Identifier: Apache-2.0
"""Imports damaged, cut, fuzzed and exotic files: each gives a case that verifies, or exit 4.

    odd.py FOLDER
"""
import concurrent.futures
import os
import re
import shutil
import sys

import case

JOBS = 2
SECONDS = 60


def examine(path, work, tiny):
    """Gives ('case' or 'refused', None), or (None, what is wrong)."""
    name = os.path.basename(path)
    target = os.path.join(work, 'case-' + name)
    status, said = case.run_import([path], target, options=['--lists', tiny], seconds=SECONDS)
    crash = case.SANITIZER.search(said)
    if crash:
        return None, crash.group(0)
    if status is None:
        return None, 'did not end in %d s' % SECONDS
    if status == 4:
        lines = said.splitlines()
        if len(lines) != 1 or name not in lines[0] or not lines[0].startswith('exhibit: '):
            return None, 'exit 4, but not with one line that names the file: %r' % said
        if os.path.exists(target):
            return None, 'exit 4, but there is something at the target'
        return 'refused', re.sub(r'^exhibit: \S+: ', '', lines[0])
    if status != 0:
        return None, 'exit %s: %s' % (status, said.strip()[-400:])
    if said:
        return None, 'exit 0, but -q was not quiet: %r' % said
    status, said = case.verify(target)
    if status != 0:
        return None, 'the case does not verify (%s): %s' % (status, said.strip()[-400:])
    made = case.Case(target)
    faults = [f for check in (made.check_evidence, made.check_items, made.check_bodies)
              for f in check()[1]]
    shutil.rmtree(target)
    return ('case', None) if not faults else (None, '; '.join(faults[:3]))


def main():
    folder = sys.argv[1]
    paths = sorted(os.path.join(folder, n) for n in os.listdir(folder))
    counts, why, faults = {'case': 0, 'refused': 0}, {}, 0
    with case.workdir() as work, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        tiny = case.tiny_list(work)
        for path, (kind, said) in zip(paths, pool.map(lambda p: examine(p, work, tiny), paths)):
            if kind is None:
                faults += 1
                print('FAULT %s: %s' % (os.path.basename(path), said))
            else:
                counts[kind] += 1
            if kind == 'refused':
                reason = re.sub(r'\d+', 'N', said)
                why[reason] = why.get(reason, 0) + 1
        left = [n for n in os.listdir(work) if n != os.path.basename(tiny)]
    if left and not faults:
        faults += 1
        print('FAULT: left behind: %s' % ' '.join(left[:5]))
    for reason in sorted(why, key=why.get, reverse=True):
        print('    %3d refused: %s' % (why[reason], reason))
    print('%d files: %d cases that verify, %d refused with exit 4, %d faults' % (
        len(paths), counts['case'], counts['refused'], faults))
    return 1 if faults else 0


sys.exit(main())
