#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit compare: what a control profile and a restart say of the identifiers of a case, what a
# request ended, and what the command refuses. The second cases are made from the first one by
# second_case.py, so that what is to come out is known.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/program.sh
second=$(realpath tests/e2e/second_case.py)
export PYTHONDONTWRITEBYTECODE=1
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }

# An expression about the comparison "c", and "found": its findings by change and name.
holds() { # file, what, expression
    python3 - "$1" "$3" <<'PY' || fault "$2: $3"
import json, sys
c = json.load(open(sys.argv[1]))
found = {}
for f in c["findings"]:
    found.setdefault(f["change"], {}).setdefault(f["facts"].get("name"), f)
rows = {(v["recipient_site"], v["name"], v["path"]): v for v in c["values"]}
sys.exit(0 if eval("(" + sys.argv[2] + ")") else 1)
PY
}

case=$work/mine
printf '! Title: tiny\n||ads.adgrid.test^\n' >"$work/tiny.txt"
"$exhibit" import -q --lists "$work/tiny.txt" fixtures/news-trackers/traffic.pcapng \
    --keys fixtures/news-trackers/keys.log -o "$case" || fault "import"
python3 "$second" "$case" "$work/control" --as control --keep visitor_id --keep pid || exit 1
python3 "$second" "$case" "$work/again" --as restart || exit 1
python3 "$second" "$case" "$work/later" --as cleared --keep uid --drop pixelhub.test || exit 1

echo "== profiles"
ends 0 "profiles" "$exhibit" compare "$case" "$work/control" "$work/again" -o "$work/p.json"
says "profiles" "page: $work/p.html"
holds "$work/p.json" "schema" 'c["schema"] == "exhibit/compare/1" and c["as"] == "profiles"'
holds "$work/p.json" "cases" '[x["role"] for x in c["cases"]] == ["a", "b", "a2"] and
    [x["name"] for x in c["cases"]] == ["mine", "control", "again"]'
holds "$work/p.json" "manifests" \
    "c['cases'][0]['manifest_sha256'] == '$(sha256sum <"$case/manifest-sha256.txt" | cut -c -64)'"
holds "$work/p.json" "an identifier of the profile" \
    'rows["adgrid.test", "uid", ""]["result"] == "persistent-identifier"'
holds "$work/p.json" "confirmed" 'found["confirmed"]["uid"]["facts"]["control"] == "differs" and
    found["confirmed"]["uid"]["facts"]["restart"] == "same" and
    found["confirmed"]["uid"]["verdicts"]["broad"] == "identifiable" and
    "U6" in found["confirmed"]["uid"]["facts"]["rules"] and
    found["confirmed"]["uid"]["restates"].startswith("f")'
holds "$work/p.json" "evidence names its case" \
    '{e["case"] for e in found["confirmed"]["uid"]["evidence"]} == {"a", "b", "a2"}'
holds "$work/p.json" "an equal UUID is a suspect, and not called anonymous" \
    'found["fingerprint-suspect"]["visitor_id"]["facts"]["control"] == "equal" and
    found["fingerprint-suspect"]["visitor_id"]["verdicts"]["broad"] == "undetermined"'
holds "$work/p.json" "a session cookie" \
    'rows["news.test", "session", ""]["result"] == "session-or-nonce"'
holds "$work/p.json" "nothing that changes all the time is an identifier" \
    'not {"z", "imp", "ts"} & ({*found.get("upgraded", {})} | {*found.get("confirmed", {})})'
holds "$work/p.json" "sharing is restated" 'any(f["kind"] == "identifier-sharing" and
    f["facts"]["control"] == "differs" for f in c["findings"])'
holds "$work/p.json" "limits" 'len(c["cannot_show"]) == len(c["cannot_show_zh"]) >= 3'
grep -qF "$work" "$work/p.json" "$work/p.html" && fault "a path of this machine is in the output"

echo "== the same again gives the same bytes; without a restart; summaries"
ends 0 "again" "$exhibit" compare "$case" "$work/control" "$work/again" -o "$work/q.json"
cmp -s "$work/p.json" "$work/q.json" || fault "the JSON differs from run to run"
cmp -s "$work/p.html" "$work/q.html" || fault "the page differs from run to run"
ends 0 "two cases" "$exhibit" compare --json "$case" "$work/control" -o "$work/two.json"
python3 -c 'import json,sys; sys.exit(not json.load(open(sys.argv[1]))["difference"])' "$work/out" ||
    fault "--json: $(cat "$work/out")"
holds "$work/two.json" "no restart" 'found["confirmed"]["uid"]["facts"]["restart"] == "not-captured"'
ends 1 "--fail-on-difference" "$exhibit" compare -q --fail-on-difference "$case" \
    "$work/control" -o "$work/fail.json"

echo "== a search term in the responses to the control"
body=$(python3 - "$case" <<'PY'
import json, pathlib, re, sys
for line in open(sys.argv[1] + "/data/findings/exchanges.jsonl"):
    x = json.loads(line)
    body = (x.get("response") or {}).get("body") or {}
    if x["site"] == "news.test" and body.get("kept", 0) == body.get("bytes") and \
            "html" in (body.get("type") or ""):
        text = pathlib.Path(sys.argv[1], "data/bodies", body["sha256"]).read_text()
        print(re.search("[\u4e00-\u9fff]{3,}|[A-Za-z]{9,}", text).group(0))
        break
PY
)
[ -n "$body" ] || fault "no word was found in a body"
python3 "$second" "$case" "$work/terms" --as restart --term-site news.test \
    --term "$body" --term "绝无此词" || exit 1
ends 0 "terms" "$exhibit" compare -q "$work/terms" "$work/control" -o "$work/t.json"
holds "$work/t.json" "the term that is there" 'any(f["facts"].get("term") != "绝无此词" and
    f["facts"]["control"] == "present" and any(e["case"] == "b" for e in f["evidence"])
    for f in c["findings"] if f["kind"] == "personalised-response")'
holds "$work/t.json" "the term that is not" 'any(f["facts"].get("term") == "绝无此词" and
    f["facts"]["control"].startswith("absent") and f["facts"]["control_responses"] > 0
    for f in c["findings"] if f["kind"] == "personalised-response")'

echo "== before and after"
ends 0 "before-after" "$exhibit" compare --as before-after --lang zh "$case" "$work/later" \
    -o "$work/b.json"
holds "$work/b.json" "back after cookies were cleared" \
    'found["returned"]["uid"]["kind"] == "identifier-respawn" and
    "U8" in found["returned"]["uid"]["facts"]["rules"]'
holds "$work/b.json" "ended" 'found["ended"]["visitor_id"]["facts"]["after"] == "renewed" and
    found["ended"]["pid"]["facts"]["after"] == "recipient-not-seen"'
holds "$work/b.json" "recipients" 'next(r for r in c["recipients"]
    if r["site"] == "pixelhub.test")["exchanges_after"] == 0'
grep -q 'lang="zh-CN"' "$work/b.html" || fault "--lang zh gives another page"

echo "== what is refused"
ends 2 "no -o" "$exhibit" compare "$case" "$work/control"
ends 2 "one case" "$exhibit" compare "$case" -o "$work/x.json"
ends 2 "three cases, before-after" "$exhibit" compare --as before-after "$case" \
    "$work/control" "$work/again" -o "$work/x.json"
ends 2 "an unknown way" "$exhibit" compare --as twins "$case" "$work/control" -o "$work/x.json"
ends 2 "an existing file" "$exhibit" compare "$case" "$work/control" -o "$work/p.json"
says "an existing file" "--overwrite"
ends 4 "itself" "$exhibit" compare "$case" "$case" -o "$work/x.json"
says "itself" "the same case"
ends 4 "no case" "$exhibit" compare "$case" "$work" -o "$work/x.json"
says "no case" "$work"
for name in items.jsonl exchanges.jsonl findings.json completeness.json basis.json; do
    cp -r "$work/control" "$work/bad"
    printf ' ' >>"$work/bad/data/findings/$name"
    ends 4 "a changed $name" "$exhibit" compare "$case" "$work/bad" -o "$work/x.json"
    says "a changed $name" "$work/bad/data/findings/$name"
    rm "$work/bad/data/findings/$name"
    ends 4 "no $name" "$exhibit" compare "$case" "$work/bad" -o "$work/x.json"
    says "no $name" "$name"
    rm -rf "$work/bad"
done
[ ! -e "$work/x.json" ] || fault "a refused comparison wrote its file"
ends 0 "--help" "$exhibit" compare --help
says "--help" "example"

echo "== the page in a browser"
chromium=/usr/lib/chromium/chromium
[ -x "$chromium" ] || chromium=$(command -v chromium || command -v chromium-browser || echo)
if [ -z "$chromium" ]; then
    echo "skip: opening the page in a browser: Chromium is not installed"
else
    timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --disable-extensions \
        --disable-dev-shm-usage --no-first-run --user-data-dir="$work/profile" \
        --enable-logging=stderr --virtual-time-budget=2000 --dump-dom \
        "file://$work/p.html" >"$work/dom" 2>"$work/log" || fault "Chromium: exit $?"
    grep -q '</html>' "$work/dom" || fault "Chromium shows nothing"
    grep -qi '<script' "$work/dom" && fault "Chromium sees a script"
    grep 'CONSOLE' "$work/log" && fault "the console has something to say"
fi

echo "$faults faults"
[ $faults -eq 0 ]
