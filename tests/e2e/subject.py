# SPDX-License-Identifier: Apache-2.0
"""Answers the questions of `exhibit subject` on a terminal, and reads what it wrote."""
import json
import os
import pty
import select
import stat
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(os.path.join(os.environ.get('BUILD', 'build'), 'check', 'exhibit'))
STATUS = []


def check(name, true, *said):
    print(('ok    ' if true else 'FAIL  ') + name, *([] if true else said))
    if not true:
        STATUS.append(name)


def ask(arguments, answers, environment=None, seconds=60):
    """Runs it on a terminal of its own; sends one answer for each prompt. (exit status, said)"""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update({'LC_ALL': 'C.UTF-8', **(environment or {})})
        os.execv(PROGRAM, [PROGRAM, 'subject', *arguments])
    said, left, seen, end = b'', list(answers), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 1)
        if ready:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            said += piece
        # A prompt ends without a line's end.
        if left and said[seen:].endswith((b'> ', b'] ')):
            seen = len(said)
            os.write(terminal, left.pop(0))
    _, code = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(code), said.decode('utf-8', 'replace'), left


def run(*arguments, stdin=subprocess.DEVNULL, environment=None):
    done = subprocess.run([PROGRAM, 'subject', *arguments], stdin=stdin, capture_output=True,
                          check=False, env={**os.environ, **(environment or {'LC_ALL': 'C'})})
    return (done.returncode, done.stdout.decode('utf-8', 'replace'),
            done.stderr.decode('utf-8', 'replace'))


def read(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


# By kind: name, email, phone, id_number, address, account, search, device, location, other.
ANSWERS = ['王语\n', 'Wang Yu\n', '\n', 'wang.yu@example.com\n', '\n',
           '12\n', 'n\n', '+86 138 0013 8000\n', '\n',
           '11010519491231002Y\n', 'y\n', '\n', '\n',
           '4111 1111 1111 1112\n', '\n', '\n', '减肥\n', '\n', '\n',
           'here\n', '31.2304，121.4737\n', '\n', 'plate\n', '沪A12345\n', '\n', 'n\n']
WANTED = {'name': ['王语', 'Wang Yu'], 'email': ['wang.yu@example.com'],
          'phone': ['+86 138 0013 8000'], 'id_number': ['11010519491231002Y'],
          'account': ['4111 1111 1111 1112'], 'search': ['减肥'],
          'location': [[31.2304, 121.4737]], 'other': [{'label': 'plate', 'value': '沪A12345'}]}


def check_questions(folder):
    path = os.path.join(folder, 'subject.json')
    os.umask(0)
    code, said, left = ask(['-o', path], [a.encode() for a in ANSWERS])
    check('the questions end', code == 0 and not left, code, left, said[-500:])
    check('what was answered is written', read(path) == WANTED, read(path))
    check('its owner alone can read it', stat.S_IMODE(os.stat(path).st_mode) == 0o600)
    check('nothing else is left there', os.listdir(folder) == ['subject.json'], os.listdir(folder))
    check('it says why it asks, and where the answers stay', 'never sent anywhere' in said and
          'by the digest of their e-mail address' in said)
    for words in ('5 to 15 digits', 'check digit or the date', 'If this is a card number',
                  'two numbers in degrees'):
        check(f'it says what looks wrong: {words}', words in said, said)
    check('the screen is left as it is', '\x1b[2J' not in said)
    code, said, _ = ask(['-o', path], [a.encode() for a in ANSWERS])
    check('an existing file is refused before anything is asked', code == 2 and '1/10' not in said,
          code, said)
    code, said, left = ask(['-o', path, '--overwrite', '--lang', 'zh'],
                           [b'\n'] * 10 + [b'y\n'])
    check('it asks in Chinese, and everything can be left out', code == 0 and not left and
          read(path) == {} and '您的姓名' in said, code, left, said)
    check('the screen is cleared when asked for', '\x1b[2J' in said)
    code, said, _ = ask(['-o', path + '2'], [b'\n', b'\x04'], {'LC_ALL': 'zh_CN.UTF-8'})
    check('the locale chooses the language', '您的姓名' in said, said)
    check('an end of the answers writes nothing', code == 2 and not os.path.exists(path + '2'),
          code, said)
    code, said, _ = ask(['-o', path + '3'], [b'Wang\n', b'\x03'])
    check('Ctrl-C writes nothing', code != 0 and os.listdir(folder) == ['subject.json'], code)
    code, said, left = ask(['-o', path, '--overwrite'],
                           [b'x' * 1500 + b'\n', b'\xff\xfe!\n', b'\x1b[31mred\n', b'n\n'] +
                           [b'\n'] * 12)
    check('what cannot be kept is asked for again', 'longer than 1024 bytes' in said and
          'no UTF-8' in said, said)


def check_from(folder):
    lines, path = os.path.join(folder, 'lines.txt'), os.path.join(folder, 's.json')
    with open(lines, 'w', encoding='utf-8') as file:
        file.write('\ufeff# mine\n\nname: 王语\nname:王语\nE-Mail：x@example.com\r\n手机: 13800138000\n'
                   'location: 31.2304 121.4737\nplate: 沪A12345\nurl: https://a.test/:x\n')
    code, _, said = run('--from', lines, '-o', path)
    check('lines are read', code == 0 and 'plate' in said, code, said)
    check('… and put in order', read(path) == {
        'name': ['王语'], 'email': ['x@example.com'], 'phone': ['13800138000'],
        'location': [[31.2304, 121.4737]],
        'other': [{'label': 'plate', 'value': '沪A12345'},
                  {'label': 'url', 'value': 'https://a.test/:x'}]}, read(path))
    check('mode 0600', stat.S_IMODE(os.stat(path).st_mode) == 0o600)
    code, _, said = run('--from', path, '-o', path)
    check('it is not written over', code == 2 and 'exists already' in said, code, said)
    before = read(path)
    code, _, said = run('--from', path, '-o', path, '--overwrite')
    check('its own form is read, and stays the same', code == 0 and read(path) == before, said)
    for text, words in (('{"name": "x"}', 'must be a list'), ('{"nmae": []}', 'unknown key'),
                        ('location: here', 'line 1'), ('no colon', 'line 1'),
                        ('a: b\nemail:\n', 'line 2'), ('{"name": ["a"', 'not JSON')):
        with open(lines, 'w', encoding='utf-8') as file:
            file.write(text)
        code, _, said = run('--from', lines, '-o', path + '.new')
        check(f'refused: {text!r}', code == 4 and words in said and
              not os.path.exists(path + '.new'), code, said)
    code, _, said = run('--from', folder + '/nothing', '-o', path + '.new')
    check('a file that is not there is named', code == 4 and 'nothing' in said, code, said)


def check_show(folder):
    path = os.path.join(folder, 'show.json')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'name': ['王语嫣 Wang Yuyan', 'Al'], 'phone': ['1234'], 'email': ['bad'],
                   'other': [{'label': 'x\u001bz'.replace('\u001b', '-'), 'value': 'secret-value'}],
                   'search': ['减肥'], 'location': [[1.5, 2]]}, file)
    code, said, _ = run('--show', path)
    check('kinds and counts are shown', code == 0 and 'name  2' in said and 'phone  1' in said,
          said)
    check('values are masked', not any(v in said for v in (
        'Wang Yuyan', 'secret-value', '1234', '减肥', '1.5')), said)
    check('it warns of what is too short', said.count('Short: it is looked for only') >= 1 and
          'Too short to be looked for' in said, said)
    code, said, _ = run('--show', path, '--json')
    check('counts for scripts', code == 0 and json.loads(said)['name'] == 2, said)


def check_usage():
    for arguments in ([], ['-o', '/tmp/x-not-made'], ['--lang', 'fr'], ['file'],
                      ['--show', 'x', '-o', 'y']):
        code, _, said = run(*arguments)
        check(f'usage: {arguments}', code == 2 and said, code, said)
    check('without a terminal it says what to do', '--from FILE' in run()[2])
    code, said, _ = run('--help')
    check('the help teaches', code == 0 and 'question by question' in said and
          'stay in one file' in said)


def main():
    with tempfile.TemporaryDirectory(prefix='exhibit-subject.') as folder:
        check_questions(folder)
    with tempfile.TemporaryDirectory(prefix='exhibit-subject.') as folder:
        check_from(folder)
        check_show(folder)
    check_usage()
    return 1 if STATUS else 0


if __name__ == '__main__':
    sys.exit(main())
