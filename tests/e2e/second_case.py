#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a second case out of one: what another profile, or the same one later, would have got.

usage: second_case.py CASE OUT --as control|restart|cleared [--keep NAME]... [--drop SITE]...

control  identifiers, and what changes all the time, have other values
restart  so have session cookies, and what changes all the time
cleared  as control, and a mark says that cookies were cleared
--keep   values under this name stay as they are
--drop   nothing was exchanged with this site
--term   a finding says that --term-site used this search term in a response

Values are drawn from their own digest, so that one value becomes the same other one wherever it
stands. The manifests are made again: it is a sealed case, only an invented one.
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil

ALPHABETS = ("0123456789", "0123456789abcdef", "0123456789ABCDEF",
             "abcdefghijklmnopqrstuvwxyz0123456789",
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def other(value, salt):
    """The same form with other letters, run by run; words and short numbers stay."""
    def run(match):
        text = match.group(0)
        if len(text) < 6 or (text.isalpha() and not re.search("[^a-fA-F]", text) is None):
            return text
        alphabet = next(a for a in ALPHABETS if set(text) <= set(a))
        stream = hashlib.sha512((salt + value + text).encode()).digest()
        return "".join(alphabet[stream[i % 64] % len(alphabet)] for i in range(len(text)))
    return re.sub("[0-9A-Za-z]+", run, value)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--as", dest="mode", choices=("control", "restart", "cleared"))
    parser.add_argument("--keep", action="append", default=[])
    parser.add_argument("--drop", action="append", default=[])
    parser.add_argument("--term", action="append", default=[])
    parser.add_argument("--term-site", default="")
    args = parser.parse_args()
    shutil.copytree(args.case, args.out)
    changed, findings = set(), args.out / "data" / "findings"

    lines = []
    for line in (findings / "items.jsonl").read_text().splitlines():
        item = json.loads(line)
        if item["recipient_site"] in args.drop:
            continue
        changing = any(term["code"] == "changes" for term in item["score"]["terms"])
        own = item["class"] in ("session", "credential") or changing
        if args.mode != "restart":
            own = own or item["class"] == "browser-identifier"
        if own and item["name"] not in args.keep:
            for key in ("value", "decoded"):
                if item.get(key) is not None:
                    item[key] = other(item[key], args.mode)
            if item["value"] is None:
                item["value_sha256"] = hashlib.sha256(item["value_sha256"].encode()).hexdigest()
            else:
                item["value_sha256"] = hashlib.sha256(item["value"].encode()).hexdigest()
        lines.append(json.dumps(item, ensure_ascii=False, separators=(",", ":")))
    (findings / "items.jsonl").write_text("".join(line + "\n" for line in lines))
    changed.add("data/findings/items.jsonl")

    lines = [line for line in (findings / "exchanges.jsonl").read_text().splitlines()
             if json.loads(line)["site"] not in args.drop]
    (findings / "exchanges.jsonl").write_text("".join(line + "\n" for line in lines))
    changed.add("data/findings/exchanges.jsonl")

    document = json.loads((findings / "findings.json").read_text())
    for term in args.term:
        document["findings"].append({
            "id": f"f{len(document['findings']) + 1}", "kind": "personalised-response",
            "page_site": None, "recipient": args.term_site, "recipient_site": args.term_site,
            "owner": None, "statement_en": "Used.", "statement_zh": "使用。", "items": [],
            "facts": {"term": term}, "verdicts": {}, "grounds": {}, "evidence": [], "gaps": []})
    (findings / "findings.json").write_text(json.dumps(document, ensure_ascii=False))
    changed.add("data/findings/findings.json")

    if args.mode == "cleared":
        mark = {"time": "2020-01-01T00:00:00Z", "kind": "cookies-cleared", "text": ""}
        (args.out / "data" / "marks.jsonl").write_text(json.dumps(mark) + "\n")
        changed.add("data/marks.jsonl")

    manifest = args.out / "manifest-sha256.txt"
    entries = dict(reversed(line.split("  ", 1)) for line in manifest.read_text().splitlines())
    for name in changed:
        entries[name] = hashlib.sha256((args.out / name).read_bytes()).hexdigest()
    manifest.write_text("".join(f"{entries[name]}  {name}\n" for name in sorted(entries)))


main()
