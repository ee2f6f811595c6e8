# SPDX-License-Identifier: Apache-2.0
"""Holds a recorded case against what the browser said of itself and what the servers received.

usage: record_check.py CASE TRUTH
"""

import collections
import glob
import hashlib
import json
import os
import subprocess
import sys

faults = 0


def fault(text):
    global faults
    faults += 1
    print("FAULT", text)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


case, truth_path = sys.argv[1:]
data = os.path.join(case, "data")
exchanges = lines(f"{data}/findings/exchanges.jsonl")
browser = lines(f"{data}/raw/browser.jsonl")
session = json.load(open(f"{data}/session.json", encoding="utf-8"))
marks = lines(f"{data}/marks.jsonl")
custody = lines(f"{data}/custody/log.jsonl")
chain = lines(f"{data}/raw/chain.jsonl")
screens = lines(f"{data}/raw/screens.jsonl")
complete = json.load(open(f"{data}/findings/completeness.json", encoding="utf-8"))

# The session as it was asked for.
wanted = {"state": "ended", "class": "controlled", "automated": True, "end": "script"}
for key, value in wanted.items():
    if session.get(key) != value:
        fault(f"session.json: {key} is {session.get(key)}, not {value}")
if session["isolation"]["kind"] != "user-namespace":
    fault(f"isolation {session['isolation']}")
kinds = [mark["kind"] for mark in marks]
for kind in ("start", "consent-shown", "consent-accepted", "end"):
    if kinds.count(kind) != 1:
        fault(f"marks: {kind} is there {kinds.count(kind)} times: {kinds}")

# Both hash chains, and the segments' own hashes.
for name in ("raw/chain.jsonl", "custody/log.jsonl"):
    previous = "0" * 64
    for number, raw in enumerate(open(f"{data}/{name}", "rb").read().splitlines(), 1):
        line = json.loads(raw)
        if line["number"] != number or line["previous"] != previous:
            fault(f"{name}: the chain is broken at line {number}")
        previous = hashlib.sha256(raw).hexdigest()
for line in chain:
    with open(f"{data}/raw/{line['file']}", "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() != line["sha256"]:
            fault(f"{line['file']} is not as it was chained")
segments = sorted(os.path.basename(p) for p in glob.glob(f"{data}/raw/packets-*.pcapng"))
if segments != [line["file"] for line in chain]:
    fault(f"segments {segments} against chain {chain}")
for file in complete["files"]:
    if file["bytes"] != os.path.getsize(os.path.join(case, file["path"])):
        fault(f"completeness.json: {file['path']} has {file['bytes']} bytes?")
acts = [line["act"] for line in custody]
for act in ("recording-began", "environment-checked", "isolation-made", "capture-began",
            "browser-began", "browser-ended", "capture-ended", "recording-ended", "imported"):
    if act not in acts:
        fault(f"custody log without {act}: {acts}")
for name in ("before", "after"):
    probes = json.load(open(f"{data}/env/{name}.json", encoding="utf-8"))["probes"]
    if len(probes) < 10:
        fault(f"env/{name}.json has {len(probes)} probes")

# Screenshots: at the load of each page, at each mark, and as the script asked.
if not any(s["why"] == "load" for s in screens) or not any(s["why"] == "mark" for s in screens):
    fault(f"screenshots: {[s['why'] for s in screens]}")
for screen in screens:
    with open(f"{data}/raw/{screen['file']}", "rb") as file:
        png = file.read()
    if hashlib.sha256(png).hexdigest() != screen["sha256"] or png[:8] != b"\x89PNG\r\n\x1a\n":
        fault(f"{screen['file']} is no PNG or not as it was noted")

# The other program is not in the packets; the browser is.
names = set()
for segment in segments:
    names |= set(subprocess.run(
        ["tshark", "-r", f"{data}/raw/{segment}", "-T", "fields", "-e",
         "tls.handshake.extensions_server_name", "-Y", "tls.handshake.extensions_server_name"],
        capture_output=True, text=True, check=True).stdout.split())
if "www.health.test" in names:
    fault("packets of another program are in the case")
if "www.news.test" not in names:
    fault(f"the browser's own packets are missing: {names}")
truth = lines(truth_path)
others = [t for t in truth if t["host"] == "www.health.test"]
if not others:
    fault("the other program never reached its server: the test shows nothing")

# Every request that the servers answered to the browser is an exchange, and none is invented.
ours = [t for t in truth if t["host"] != "www.health.test"]
asked = collections.Counter((t["method"], t["url"]) for t in ours)
got = collections.Counter((x["method"], x["url"]) for x in exchanges
                          if x["response"] is not None and x["host"].endswith(".test")
                          and x["protocol"] != "ws")
for key, n in (asked - got).items():
    fault(f"the servers answered {key} {n} times more than the case has it")

# Everything that the browser says went over the network is joined to an exchange, with its page.
tally = complete.get("browser")
if tally is None:
    fault("completeness.json says nothing of the browser's own account")
else:
    print("browser's own account:", tally)
    if tally["missed"] != 0:
        fault(f"{tally['missed']} requests of the browser are not in the packets")
    if tally["both"] == 0:
        fault("no request was joined")
for x in exchanges:
    if x["host"].endswith(".test") and x["page_basis"] != "browser":
        fault(f"{x['id']} {x['url']}: its page is known by {x['page_basis']} only")

if session["browser"]["flags"] == [] or complete["packets"]["dropped_kernel"]["count"] != 0:
    fault("flags or drops")
print(len(exchanges), "exchanges,", len(segments), "segments,", len(screens), "screenshots,",
      len(browser), "lines of the browser,", faults, "faults")
sys.exit(faults != 0)
