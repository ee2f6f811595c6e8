# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal, for tests: starts a program on a pseudo-terminal, types keys, and holds what
the screen shows as a grid of cells (the sequences that exhibit's live view sends, no others)."""

import codecs
import fcntl
import html
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\x1b\[([?>=]?)([0-9;]*)([A-Za-z])")


def width(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """A grid; `strange` lists what came that it does not know."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.row = self.column = 0
        self.pen, self.alternate, self.held, self.strange = "", False, "", []
        self.plain = ""                 # what was written outside the alternate screen
        self.cells = []
        self.clear()

    def clear(self):
        self.cells = [[(" ", "")] * self.columns for _ in range(self.rows)]

    def write(self, text):
        text = self.held + text
        self.held = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = SEQUENCE.match(text, at)
                if match is None and len(text) - at < 24 and not re.search("[A-Za-z]", text[at:]):
                    self.held = text[at:]
                    return
                if match is None:
                    self.strange.append(text[at:at + 8])
                    at += 1
                    continue
                self.sequence(*match.groups())
                at = match.end()
                continue
            self.character(text[at])
            at += 1

    def sequence(self, private, numbers, final):
        values = [int(n or 0) for n in numbers.split(";")] if numbers else []
        if private == "?" and final in "hl":
            if values == [1049]:
                self.alternate = final == "h"
                self.clear()
            elif values[0] not in (25, 2004, 2026):
                self.strange.append(numbers + final)
        elif final == "H":
            self.row = min((values or [1])[0] or 1, self.rows) - 1
            self.column = min(values[1] or 1, self.columns) - 1 if len(values) > 1 else 0
        elif final == "J" and values == [2]:
            self.clear()
        elif final == "K":
            self.cells[self.row][self.column:] = [(" ", "")] * (self.columns - self.column)
        elif final == "m":
            self.pen = "" if values in ([], [0]) else self.pen + ";" + numbers
        else:
            self.strange.append(private + numbers + final)

    def character(self, character):
        if not self.alternate:
            self.plain += character
            return
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.row + 1, self.rows - 1)
        elif character < " ":
            self.strange.append(repr(character))
        elif self.column < self.columns:
            cells = max(width(character), 1)
            self.cells[self.row][self.column] = (character, self.pen)
            for i in range(self.column + 1, min(self.column + cells, self.columns)):
                self.cells[self.row][i] = ("", self.pen)
            self.column += cells

    def text(self):
        return "\n".join("".join(c for c, _ in row).rstrip() for row in self.cells)

    def page(self):
        """As HTML, for people to look at."""
        colours = {"31": "#f66", "32": "#6d6", "33": "#dd6", "36": "#6dd", "2": "#999"}
        out = []
        for row in self.cells:
            for character, pen in row:
                parts = pen.split(";")
                style = "".join(f"color:{colours[p]};" for p in parts if p in colours)
                style += "font-weight:bold;" if "1" in parts else ""
                style += "background:#ddd;color:#000;" if "7" in parts else ""
                out.append(f'<span style="{style}">{html.escape(character)}</span>')
            out.append("\n")
        return ('<meta charset="utf-8"><body style="background:#111;color:#ddd"><pre style="'
                f'font:15px/1.25 monospace">{"".join(out)}</pre>')


class Person:
    """A program on a pseudo-terminal of its own, and what a person does with it."""

    def __init__(self, command, columns=100, rows=30, **environment):
        self.screen = Screen(columns, rows)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(environment)
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status = None

    def read(self, seconds=0.1):
        """False once the program has left the terminal."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.screen.write(self.decoder.decode(data))
        return data != b""

    def shown(self):
        return self.screen.text() if self.screen.alternate else self.screen.plain

    def wait(self, wanted, seconds=30):
        """Until the screen shows it (a regular expression); None when it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            match = re.search(wanted, self.shown(), re.S)
            if match:
                return match
            if not self.read():
                return re.search(wanted, self.shown(), re.S)
        return None

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.read(0.05):
            pass

    def press(self, keys, after=0.4):
        os.write(self.fd, keys.encode())
        self.pause(after)

    def ends(self, seconds=60):
        """Its exit status, minus the signal; None when it does not end, and it is killed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.read():
            pass
        while time.monotonic() < end and self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.05)
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
        return self.status
