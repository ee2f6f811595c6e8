# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal, in two other ways of recording.

usage: record_steps.py plan|restart COMMAND...
"""

import subprocess
import sys

from terminal import Person

faults = 0


def expect(person, wanted, seconds=40):
    global faults
    if person.wait(wanted, seconds):
        return True
    faults += 1
    print(f"FAULT nothing like {wanted!r} in:\n{person.shown()}", flush=True)
    return False


def plan(person):
    """The steps are shown one by one; Enter says that one is done."""
    steps = ("Look at the front page", "refused", "Wait")
    for number, wanted in enumerate(steps, 1):
        if not expect(person, rf"{number} of 4.*{wanted}"):
            return
        if number == 1:
            expect(person, "decrypting: yes")
        person.press("\r")
    expect(person, "4 of 4")
    person.press("\r")


def restart(person):
    """Two times the window is closed; the screen is in Chinese."""
    for _ in range(2):
        expect(person, r"https://www\.news\.test/")
        person.pause(6)
        print(person.shown())
        subprocess.run(["xdotool", "key", "--clearmodifiers", "ctrl+w"], check=False)
        person.pause(3)


way, command = sys.argv[1], sys.argv[2:]
person = Person(command, TERM="xterm-256color")
try:
    {"plan": plan, "restart": restart}[way](person)
finally:
    code = person.ends(60)
print(person.screen.plain)
if code != 0:
    print(f"FAULT exit {code}")
sys.exit(code != 0 or faults != 0)
