#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The page names reasons, gaps and kinds of messages by the texts that capture/ has for them: each
# reason that capture/ can give has words in report/page_terms.c, and each text that has words
# there still stands in capture/ or report/lacks.c. Likewise each fact that classify/ puts into a
# finding, and each kind of finding, has words in report/page_facts.c and page_terms.c. That the words are translated is test_words'.
set -eu
cd "$(dirname "$0")/../.."
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
python3 - <<'EOF'
import pathlib
import re
import sys

STRING = r'"(?:[^"\\]|\\.)*"'


def join(text):
    """Adjacent string literals are one, as in C."""
    return re.sub(r'"\s+"', '', text)


def table(source, name):
    body = re.search(r'struct named %s\[\] = \{(.*?)\n\};' % name, source, re.S).group(1)
    return set(re.findall(r'\{(%s)' % STRING, body))


terms = join(pathlib.Path('report/page_terms.c').read_text())
files = sorted(pathlib.Path('capture').rglob('*.c')) + [pathlib.Path('report/lacks.c')]
sources = {str(path): join(path.read_text()) for path in files}
literals = {text for source in sources.values() for text in re.findall(STRING, source)}
reasons = set()
for path, source in sources.items():
    for body in re.findall(r'^static const char \*reason_of\(.*?^\}', source, re.S | re.M):
        reasons |= set(re.findall(r'return (%s)' % STRING, body))
    reasons |= set(re.findall(r'\breason = (%s)' % STRING, source))

bad = [f'no words for the reason {text}' for text in reasons - table(terms, 'reasons')]
for name in ('reasons', 'details', 'protocols', 'opcodes'):
    bad += [f'{name}: nothing says {text} any more' for text in table(terms, name) - literals]

# Facts of findings: by the calls that add them, and by the kinds that are made.
facts = join(pathlib.Path('report/page_facts.c').read_text())
known = set(re.findall(r'\{(%s)' % STRING, re.search(
    r'term_word names\[\] = \{(.*?)\n\};', facts, re.S).group(1)))
given, kinds = set(), set()
for path in sorted(pathlib.Path('classify').glob('finding*.c')) + [pathlib.Path('classify/cloak.c')]:
    source = join(path.read_text())
    given |= set(re.findall(
        r'struct finding_fact\)\{\s*\.name = (%s)' % STRING, source))
    given |= set(re.findall(
        r'\b(?:add_text|add_number|add_list|add_ids|declared_add_ids|finding_add_sites|'
        r'finding_mark_time)\([^;"]*?(%s)' % STRING, source))
    kinds |= set(re.findall(r'\bfinding_new\([^;"]*?("[a-z]+-[a-z-]+")', source))
bad += [f'no words for the fact {text}' for text in given - known]
bad += [f'no words for the kind {text}' for text in kinds - table(terms, 'kinds')]
if len(given) < 40 or len(kinds) < 5:
    bad.append('the facts and kinds of classify/ were not found')
if len(reasons) < 8:
    bad.append('the reasons of capture/ were not found')
sys.exit('\n'.join(sorted(bad)) or 0)
EOF
