# SPDX-License-Identifier: Apache-2.0
"""Imports every attack of attack.py; see check_attack.sh.

Small ones go through the program with sanitizers, which shows crashes and leaks; large ones, at
half and at full size, through the release, which shows time and memory. Times are user time, so
that a busy machine changes little; what is left after the start-up is compared.
"""
import concurrent.futures
import json
import os
import resource
import shutil
import sys
import tempfile

import attack

SECONDS = 60          # for one import, however slow the machine
MEMORY = 450 << 20    # bytes that a large attack may take
GROWTH = 3.0          # for twice the size
SLACK = 0.25          # seconds that are noise

# What a cap took away, or what was damaged, as completeness.json has to name it: attack, cause,
# a part of the detail.
NAMED = {
    'syns': ('CUT', ''),
    'strays': ('BAD', 'far outside of the stream'),
    'segments_every_second': ('BUDGET', 'behind a hole'),
    'segments_conflict': ('CONFLICT', 'two copies'),
    'segments_conflict_told': ('CONFLICT', 'further such places'),
    'acknowledged_holes': ('LOST', ''),
    'tunnels': ('BUDGET', 'tunnels inside tunnels'),
    'h2_streams_open': ('BUDGET', 'too many streams'),
    'h2_references': ('BUDGET', 'header section'),
    'h2_interim_big': ('BUDGET', 'header section'),
    'h2_holes': ('LOST', ''),
    'header_count': ('BUDGET', 'header fields'),
    'png_lying': ('BAD', ''),
    'png_search': ('BAD', ''),
}


def lists_for(name, folder):
    """EasyList takes 0.2 s to read: only where lists are the target."""
    if name.startswith('urls_'):
        return []
    path = os.path.join(folder, 'tiny.txt')
    if not os.path.exists(path):
        with open(path + '.new', 'w', encoding='ascii') as out:
            out.write('! Title: tiny\n||doubleclick.net^\n')
        os.replace(path + '.new', path)
    return ['--lists', path]


def run(command):
    """Exit status, what it said, user seconds, peak bytes."""
    said = tempfile.TemporaryFile()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, used = os.wait4(pid, 0)
    said.seek(0)
    text = said.read(4000).decode('utf-8', 'replace').strip()
    return os.waitstatus_to_exitcode(status), text, used.ru_utime, used.ru_maxrss << 10


def import_of(program, folder, name, n):
    path = attack.make(folder, name, n)
    keys = os.path.join(folder, name + '.keys')
    case = os.path.join(folder, '%s-%d' % (name, n))
    command = [program, 'import', '-q', path, '-o', case] + lists_for(name, folder)
    if os.path.exists(keys):
        command += ['--keys', keys]
    result = run(command)
    os.unlink(path)
    if os.path.exists(keys):
        os.unlink(keys)
    return case, result


def faults_of(what, result):
    status, text, _, _ = result
    if status == 0 and not text:
        return []
    if status < 0:
        return ['%s: ended by signal %d: %s' % (what, -status, text[:1500])]
    return ['%s: exit %d: %s' % (what, status, text[:1500])]


def is_named(case, name):
    cause, detail = NAMED[name]
    with open(os.path.join(case, 'data/findings/completeness.json'), encoding='utf-8') as file:
        gaps = json.load(file)['gaps']
    return any(g['cause'] == cause and detail in (g.get('detail') or '') for g in gaps)


def check_small(name, folder):
    n = attack.ATTACKS[name][1]
    program = os.path.join(os.environ['BUILD'], 'check/exhibit')
    case, result = import_of(program, folder, name, n)
    faults = faults_of('%s %d with sanitizers' % (name, n), result)
    if not faults:
        pages = ['data/report/report.%s.html' % x for x in ('en', 'zh')]
        faults += ['%s %d: no %s' % (name, n, p) for p in pages
                   if not os.path.getsize(os.path.join(case, p))]
        faults += faults_of('%s %d verify' % (name, n),
                            run([os.path.join(os.environ['BUILD'], 'exhibit'), 'verify', '-q',
                                 case]))
    shutil.rmtree(case, ignore_errors=True)
    return faults


def check_large(name, folder):
    n = attack.ATTACKS[name][2]
    program = os.path.join(os.environ['BUILD'], 'exhibit')
    faults, times = [], []
    for size in (n // 2, n):
        case, result = import_of(program, folder, name, size)
        faults += faults_of('%s %d' % (name, size), result)
        times.append(result[2])
        if result[3] > MEMORY:
            faults.append('%s %d: took %d MB' % (name, size, result[3] >> 20))
        if size == n and not faults and name in NAMED and not is_named(case, name):
            faults.append('%s %d: completeness.json has no gap %s "%s"' % ((name, n) +
                                                                           NAMED[name]))
        shutil.rmtree(case, ignore_errors=True)
    if times[1] > GROWTH * times[0] + SLACK:
        faults.append('%s: %.2f s for %d, %.2f s for twice as much' % (name, times[0], n // 2,
                                                                       times[1]))
    return '%-32s %8d %5.2f s %5.2f s %4d MB' % (name, n, times[0], times[1],
                                                 result[3] >> 20), faults


def check(name, folder):
    faults = check_small(name, folder)
    line, more = check_large(name, folder)
    return line, faults + more


def main():
    names = sys.argv[1:] or list(attack.ATTACKS)
    folder = os.environ.get('KEEP') or tempfile.mkdtemp(prefix='exhibit-check.')
    os.environ['ASAN_OPTIONS'] = 'detect_leaks=1:abort_on_error=0'
    bad = 0
    lists_for('', folder)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for line, faults in pool.map(check, names, [folder] * len(names)):
            print(line, flush=True)
            for fault in faults:
                print('FAULT ' + fault, flush=True)
            bad += len(faults)
    if not os.environ.get('KEEP'):
        shutil.rmtree(folder, ignore_errors=True)
    print('%d attacks, %d faults' % (len(names), bad))
    return bad != 0


if __name__ == '__main__':
    sys.exit(main())
