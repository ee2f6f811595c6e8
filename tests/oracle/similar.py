#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pairs of texts and how many of their characters stand in matching blocks.

usage: similar.py SEED COUNT

One pair a line: hex of both, and the sum of difflib's blocks (Ratcliff and Obershelp), from
Python's own SequenceMatcher. Alphabets and lengths are such that blocks are often equally long,
which is where the choice of the first one matters.
"""
import difflib
import random
import sys

draw = random.Random(int(sys.argv[1]))
ALPHABETS = ["ab", "abc", "0123456789", "0123456789abcdef",
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.%"]


def text(alphabet, most):
    return "".join(draw.choice(alphabet) for _ in range(draw.randint(0, most)))


def relative(a, alphabet):
    """A copy with pieces taken out, put in and moved."""
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randint(0, len(a)), draw.randint(0, len(a))))
        a = draw.choice([a[:at] + a[to:], a[to:] + a[:at], a[:at] + text(alphabet, 9) + a[at:]])
    return a[:256]


for number in range(int(sys.argv[2])):
    alphabet = draw.choice(ALPHABETS)
    most = draw.choice([4, 16, 40, 40, 100]) if number % 50 else 256
    a = text(alphabet, most)
    b = relative(a, alphabet) if draw.random() < 0.5 else text(alphabet, most)
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    print(f"{a.encode().hex() or '-'} {b.encode().hex() or '-'} {sum(m.size for m in blocks)}")
