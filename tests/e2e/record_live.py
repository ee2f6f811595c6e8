# SPDX-License-Identifier: Apache-2.0
"""A person records: browses in a window, looks at the terminal, presses keys. What the terminal shows
and what is in the case is held against it.

usage: record_live.py CASE TRUTH PICTURES COMMAND...   (the command records CASE, in ordinary use)
PICTURES: a directory for pictures of terminal and display, or "".
"""

import json
import os
import subprocess
import sys
import time

from terminal import Person

faults = 0
case, truth, pictures = sys.argv[1:4]
command = sys.argv[4:]


def fault(text):
    global faults
    faults += 1
    print("FAULT", text, flush=True)


def look(person, name):
    """Keeps what a person sees at this moment, to be looked at."""
    if not pictures:
        return
    with open(f"{pictures}/{name}.html", "w", encoding="utf-8") as file:
        file.write(person.screen.page())
    with open(f"{pictures}/{name}.txt", "w", encoding="utf-8") as file:
        file.write(person.shown())
    subprocess.run(["import", "-window", "root", f"{pictures}/{name}.display.png"], check=False)


def expect(person, wanted, what, seconds=30):
    if person.wait(wanted, seconds):
        return True
    fault(f"{what}: nothing like {wanted!r} in:\n{person.shown()}")
    return False


def window(*arguments):
    subprocess.run(["xdotool", *arguments], check=False, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def visit(person, url):
    """As a person does: the address bar, the address, Enter."""
    window("key", "--clearmodifiers", "ctrl+l")
    person.pause(0.5)
    window("type", "--delay", "5", url)
    window("key", "Return")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def browse(person):
    if not expect(person, "1 or 2: ", "the class is asked", 20):
        return
    person.press("1\n")
    expect(person, r"recording · ordinary use", "the screen", 40)
    expect(person, r"Page in front +https://www\.news\.test/", "the page that was asked for", 60)
    expect(person, r"decrypting: yes \d+ %", "decrypting", 40)
    expect(person, r"Third parties +[1-9]", "third parties", 40)
    expect(person, r"Identifiers out +[1-9]", "identifiers", 40)
    expect(person, r"Packets +[1-9][\d,]+, ", "packets", 10)
    look(person, "1-news")
    person.press("m")
    expect(person, "A consent notice was shown", "the menu of marks", 5)
    look(person, "2-menu")
    person.press("1")
    person.press("the banner at the bottom\r")
    expect(person, "A consent notice was shown: the banner at the bottom", "the mark among the events", 10)
    person.press("m")
    person.press("3")
    person.press("\r")
    person.press("s")
    person.press("n")
    person.press("看见了广告 and went on\r")
    expect(person, "note: 看见了广告 and went on", "the note among the events", 10)
    # The page itself tells whether it sees an automated browser.
    visit(person, "javascript:location='/search?q=driven-'+navigator.webdriver")
    expect(person, r"Page in front +https://www\.news\.test/search", "the page that tells", 30)
    person.pause(1)
    visit(person, "https://www.shop.test/tea/7")
    expect(person, r"Page in front +https://www\.shop\.test/tea/7", "the second page", 30)
    person.pause(3)
    look(person, "3-shop")
    person.press("q")
    look(person, "4-end")
    person.press("n")
    if not expect(person, r"Page in front", "after q and n it goes on", 5):
        return
    person.press("q")
    person.press("y", 0.1)
    expect(person, "ending: cookies and storage", "that it ends", 5)
    look(person, "5-ending")


def held(name, got, wanted):
    if got != wanted:
        fault(f"{name}: {got!r}, not {wanted!r}")


def check_case():
    data = f"{case}/data"
    session = json.load(open(f"{data}/session.json", encoding="utf-8"))
    held("state", session["state"], "ended")
    held("class", session["class"], "ordinary")
    held("automated", session["automated"], False)
    held("end", session["end"], "asked")
    held("url", session["url"], "https://www.news.test/")
    marks = lines(f"{data}/marks.jsonl")
    held("marks", [(m["kind"], m["text"]) for m in marks],
         [("start", ""), ("consent-shown", "the banner at the bottom"), ("consent-refused", ""),
          ("note", "看见了广告 and went on"), ("end", "")])
    for mark in marks[1:4]:
        held(f"site of {mark['kind']}", mark.get("site"), "www.news.test")
    screens = lines(f"{data}/raw/screens.jsonl")
    why = [s["why"] for s in screens]
    for wanted, least in (("load", 2), ("mark", 2), ("asked", 1)):
        if why.count(wanted) < least:
            fault(f"screenshots: {why}, {wanted} fewer than {least}")
    said = lines(f"{data}/raw/browser.jsonl")
    called = {line["params"]["method"] for line in said if line["method"] == "exhibit.called"}
    for method in called:
        if method != "Runtime.runIfWaitingForDebugger" and \
                method.split(".")[0] in ("Runtime", "Input", "Emulation", "Fetch"):
            fault(f"in ordinary use {method} was called")
    asked = [t["url"] for t in lines(truth)]
    held("navigator.webdriver, as the page told it",
         [u.rsplit("-", 1)[1] for u in asked if "/search?q=driven-" in u], ["false"])
    exchanges = [x["url"] for x in lines(f"{data}/findings/exchanges.jsonl")]
    for url in ("https://www.news.test/", "https://www.shop.test/tea/7"):
        if url not in asked or url not in exchanges:
            fault(f"{url} is not both asked for and in the case")
    print(len(exchanges), "exchanges, screenshots:", why)


began = time.monotonic()
person = Person(command, TERM="xterm-256color")
try:
    browse(person)
finally:
    code = person.ends(90)
if code != 0:
    fault(f"exhibit record: exit {code}")
if person.screen.strange:
    fault(f"what the screen does not know: {person.screen.strange[:8]}")
if person.screen.alternate:
    fault("the terminal was not given back")
print(person.screen.plain)
if os.path.isdir(case):
    check_case()
else:
    fault("no case")
print(f"{time.monotonic() - began:.0f} s, {faults} faults")
sys.exit(faults != 0)
