# SPDX-License-Identifier: Apache-2.0
"""What must be in the cases of check_record_ways.sh.

usage: record_ways_check.py WAY CASE...
"""

import html
import json
import os
import re
import subprocess
import sys

faults = 0


def fault(text):
    global faults
    faults += 1
    print("FAULT", text)


def held(what, got, wanted):
    if got != wanted:
        fault(f"{what}: {got!r}, not {wanted!r}")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Case:
    def __init__(self, path):
        self.data = f"{path}/data"
        self.session = self.load("session.json")
        self.marks = lines(f"{self.data}/marks.jsonl")
        self.exchanges = lines(f"{self.data}/findings/exchanges.jsonl")
        self.complete = self.load("findings/completeness.json")

    def load(self, name):
        with open(f"{self.data}/{name}", encoding="utf-8") as file:
            return json.load(file)

    def urls(self):
        return [x["url"] for x in self.exchanges]

    def flags(self):
        return [f["flag"] for f in self.session["browser"]["flags"]]

    def page(self):
        with open(f"{self.data}/report/report.en.html", encoding="utf-8") as file:
            text = html.unescape(re.sub("<[^>]*>", " ", file.read()))
        return re.sub(r"\s+", " ", text)

    def decrypted(self):
        held(f"{self.data}: not decrypted", self.complete["connections"]["not_decrypted"], 0)
        if self.complete["connections"]["decrypted"] == 0:
            fault(f"{self.data}: nothing was decrypted")


def control(first, second, compared):
    one, two = Case(first), Case(second)
    for case in (one, two):
        case.decrypted()
        held("automated", case.session["automated"], True)
        held("profile", case.session["browser"]["profile"], "fresh")
    held("third-party cookies", one.session["browser"]["third_party_cookies"], "allow")
    if not os.path.isfile(f"{one.data}/subject.json"):
        fault("the subject is not in the case")
    for url in ("https://www.news.test/", "https://www.news.test/story/42"):
        for case in (one, two):
            if url not in case.urls():
                fault(f"{case.data} without {url}")
    notes = [m["text"] for m in one.marks if m["kind"] == "note"]
    held("notes", notes, ["browser restarted"])
    compare = json.load(open(compared, encoding="utf-8"))
    print("compare:", compare["counts"])
    specific = {v["name"] for v in compare["values"] if v["result"] == "user-specific"}
    if not {"uid", "visitor_id"} <= specific or compare["counts"]["findings"]["confirmed"] == 0:
        fault(f"compare tells no stable identifiers: {sorted(specific)}")
    survives(one)


def survives(case):
    """The visitor's identifier from before the browser was started again is sent after it."""
    restarted = [m["time"] for m in case.marks if m["text"] == "browser restarted"]
    held("restarts", len(restarted), 1)
    before, after = set(), set()
    items = lines(f"{case.data}/findings/items.jsonl")
    for item in items:
        if item["name"] == "visitor_id" and restarted:
            if item["first_time"] < restarted[0]:
                before.add(item["value"])
            if item["last_time"] > restarted[0] and item["carrier"] == "cookie":
                after.add(item["value"])
    if not before & after:
        fault(f"visitor_id before {before}, after {after}")
    began = [l for l in lines(f"{case.data}/custody/log.jsonl") if l["act"] == "browser-began"]
    held("starts of the browser", len(began), 2)


def plan(path):
    case = Case(path)
    case.decrypted()
    held("class", case.session["class"], "controlled")
    held("automated", case.session["automated"], False)
    held("end", case.session["end"], "script")
    held("profile", case.session["browser"]["profile"], "given")
    held("devtools", case.session["browser"]["devtools"], "none")
    if not case.session["isolation"]["joined_by"].startswith("pasta"):
        fault(f"joined by {case.session['isolation']['joined_by']}")
    if os.path.exists(f"{case.data}/raw/browser.jsonl") or case.complete.get("browser"):
        fault("there is an account of the browser")
    refused = [m for m in case.marks if m["kind"] == "consent-refused"]
    held("refused", [m["text"] for m in refused], ["by the plan"])
    steps = [l for l in lines(f"{case.data}/custody/log.jsonl") if l["act"] == "step"]
    held("steps", [s["detail"]["automated"] for s in steps], [False] * 4)
    wrong = [x["url"] for x in case.exchanges if x["host"].endswith(".test") and
             x["host"] != "www.news.test" and not x.get("page")]
    held("requests of no page", wrong, [])
    for wanted in ("an existing one of the person", "not used"):
        if wanted not in case.page():
            fault(f"the report does not say: {wanted}")


def restart(path):
    case = Case(path)
    case.decrypted()
    held("class", case.session["class"], "ordinary")
    held("end", case.session["end"], "browser-closed")
    held("url", case.session["url"], "https://www.news.test")
    survives(case)
    if not any(f.startswith("--remote-debugging-port=") for f in case.flags()):
        fault("pages could take the person for a robot")
    if any("AutomationControlled" in f for f in case.flags()):
        fault("the browser shows a warning bar")
    held("devtools", case.session["browser"]["devtools"], "port")


def root(path):
    case = Case(path)
    case.decrypted()
    held("end", case.session["end"], "time")
    held("isolation", case.session["isolation"]["kind"], "network-namespace")
    held("user", case.session["browser"]["user"], "exhibit-person")
    held("third-party cookies", case.session["browser"]["third_party_cookies"], "block")
    owners = {os.lstat(os.path.join(d, f)).st_uid for d, _, names in os.walk(path)
              for f in [*names, "."]}
    held("owners of the case", owners, {64123})
    if "https://www.news.test/" not in case.urls():
        fault("the page is not in the case")
    if "Run as the user exhibit-person" not in case.page():
        fault("the report does not say as whom the browser ran")
    for item in lines(f"{case.data}/findings/items.jsonl"):
        if item["name"] == "uid" and item["carrier"] == "cookie":
            fault("a third-party cookie was sent")


def none(path):
    case = Case(path)
    held("end", case.session["end"], "asked")
    held("isolation", case.session["isolation"]["kind"], "none")
    names = subprocess.run(
        ["tshark", "-r", f"{case.data}/raw/packets-000001.pcapng", "-T", "fields", "-e",
         "tls.handshake.extensions_server_name", "-Y", "tls.handshake.extensions_server_name"],
        capture_output=True, text=True, check=True).stdout.split()
    if "www.health.test" not in names:
        fault("the other program is not in the packets: the test shows nothing")
    # The addresses and ports of the browser are told apart.
    sockets = lines(f"{case.data}/raw/sockets.jsonl")
    mine = {s["local"] for s in sockets if s["of"] == "browser" and s["protocol"] == "tcp"}
    remote = {s["remote"] for s in sockets if s["of"] == "browser"}
    if "203.0.113.10:443" not in remote and "[2001:db8:66::a]:443" not in remote:
        fault(f"the browser's connection is not among its sockets: {sorted(remote)[:9]}")
    if "203.0.113.14:443" in remote or "[2001:db8:66::e]:443" in remote:
        fault("the other program's connection is among the browser's sockets")
    print(len(mine), "endpoints of the browser")
    told_apart(case)
    if "other programs' packets may be in it" not in case.page():
        fault("the report does not say that other programs' packets may be in it")


def told_apart(case):
    """Another program's exchange over plain HTTP is not taken for the browser's."""
    connections = {c["id"]: c for c in lines(f"{case.data}/findings/connections.jsonl")}
    whose = {x["url"]: connections[x["connection"]]["of_browser"] for x in case.exchanges}
    held("curl's", whose.get("http://www.health.test/p/plain"), "not-known")
    if whose.get("https://www.news.test/") not in ("socket", "keys"):
        fault(f"the page is not the browser's: {whose.get('https://www.news.test/')}")
    for url, of in whose.items():
        if of == "not-known" and not url.startswith("http://www.health.test/"):
            fault(f"{url} is not known to be the browser's")
    told = case.complete["browser_sockets"]
    print(told)
    if told["lines_not_read"] or told["capped"] or told["cut"] or not told["endpoints"]:
        fault(f"the list of sockets was not read as it is: {told}")
    counts = told["connections"]
    held("all connections", counts["by_socket"] + counts["by_keys"] + counts["not_known"],
         len(connections))
    held("exchanges of others", counts["not_known_with_exchanges"], 1)
    if not counts["by_socket"]:
        fault("no connection of the browser is in the list of its sockets")
    if "not known to be the browser" not in " ".join(case.complete["cannot_show"]):
        fault("completeness.json does not say what it cannot show")
    if not re.search(r"not known to be the browser's Connection Host.* c\d+ www\.health\.test \S+:80 ",
                     case.page()):
        fault("the report does not list the other program's connection")
    doubted = [f for f in case.load("findings/findings.json")["findings"]
               if "not_known_to_be_browsers" in f["facts"]]
    held("findings on it", [(f["kind"], f["recipient"], f["grade"]) for f in doubted],
         [("tracking-identifier", "www.health.test", "inferred")])
    for finding in doubted:
        if "another program" not in finding["objection"]["en"]:
            fault(f"objection: {finding['objection']}")
    basis = case.load("findings/basis.json")
    held("basis", basis["sockets"]["path"], "data/raw/sockets.jsonl")


def broken(interrupted, killed, hanging):
    one, two, three = Case(interrupted), Case(killed), Case(hanging)
    held("end", one.session["end"], "asked")
    held("state", one.session["state"], "ended")
    one.decrypted()
    two.decrypted()
    for case in (one, two):
        if "https://www.news.test/" not in case.urls():
            fault(f"{case.data}: the page is not in the case")
    acts = [l["act"] for l in lines(f"{two.data}/custody/log.jsonl")]
    for act in ("interrupted", "resumed"):
        if act not in acts:
            fault(f"custody log without {act}: {acts}")
    if two.session["state"] == "ended":
        fault("a killed recording says that it ended")
    # Its last segment was never finished, however well all else ended.
    held("state of the one that hung", three.session["state"], "interrupted")
    held("end of the one that hung", three.session["end"], "capture-ended")
    if "interrupted" not in [l["act"] for l in lines(f"{three.data}/custody/log.jsonl")]:
        fault("custody log of the one that hung: no interruption")


{"control": control, "plan": plan, "restart": restart, "root": root, "none": none,
 "broken": broken}[sys.argv[1]](*sys.argv[2:])
sys.exit(faults != 0)
