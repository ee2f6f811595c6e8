#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a recording chained while it ran is checked again in its case: by exhibit verify, and by
# verify.sh without exhibit. Every change here is sealed anew, as a forger with a text editor and
# sha256sum would: the manifests agree, only the chains tell.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/program.sh
folder=$(realpath fixtures/nested-frames)
printf '! Title: tiny\n||ads.adgrid.test^\n' >"$work/tiny.txt"
command -v editcap >/dev/null || {
    echo "skip: the chain of a recording: no editcap to cut segments with"
    exit 77
}

digest() { # file
    sha256sum <"$1" | cut -d ' ' -f 1
}

# Hash-chained lines: the members of each come in, one a line.
chained() {
    local number=0 previous line members
    previous=$(printf '0%.0s' {1..64})
    while IFS= read -r members; do
        number=$((number + 1))
        line="{\"number\":$number,\"previous\":\"$previous\",$members}"
        printf '%s\n' "$line"
        previous=$(printf '%s' "$line" | sha256sum | cut -d ' ' -f 1)
    done
}

acts() { # acts...
    local act detail
    for act in "$@"; do
        detail=
        [ "$act" != capture-ended ] || detail='"segments":3'
        [ "$act" != screenshot ] || detail='"file":"screens/0001.png"'
        echo "\"time\":\"2026-01-02T03:04:05.000000Z\",\"monotonic_ns\":1,\"act\":\"$act\",\"detail\":{$detail}"
    done
}

# A recording of the fixture in three segments, with two screenshots.
recording=$work/case.recording
raw=$recording/raw
mkdir -p "$raw/screens" "$recording/custody"
packets=$(capinfos -Mrc "$folder/traffic.pcapng" | tail -n 1 | grep -oE '[0-9]+$')
editcap -c $(((packets + 2) / 3)) "$folder/traffic.pcapng" "$work/cut.pcapng"
number=0
for cut in "$work"/cut_*.pcapng; do
    number=$((number + 1))
    mv "$cut" "$raw/packets-00000$number.pcapng"
done
[ $number -eq 3 ] || fault "editcap made $number segments"
cp "$folder/keys.log" "$raw/keys.log"
for file in "$raw"/packets-*.pcapng; do
    echo "\"file\":\"${file##*/}\",\"bytes\":$(wc -c <"$file"),\"sha256\":\"$(digest "$file")\",\"end\":\"stop\""
done | chained >"$raw/chain.jsonl"
for number in 1 2; do
    printf '\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR %s' $number >"$raw/screens/000$number.png"
    printf '{"layout":%s}' $number >"$raw/screens/000$number.dom.json"
    printf '{"time":"2026-01-02T03:04:05.000000Z","file":"screens/000%s.png","sha256":"%s","why":"mark","mark":1,"url":"https://www.news.test/?\\"file\\":\\"x\\"","dom":"screens/000%s.dom.json","dom_sha256":"%s"}\n' \
        $number "$(digest "$raw/screens/000$number.png")" $number \
        "$(digest "$raw/screens/000$number.dom.json")"
done >"$raw/screens.jsonl"
acts recording-began capture-began screenshot screenshot capture-ended recording-ended |
    chained >"$recording/custody/log.jsonl"
session() { # state
    printf '{\n  "schema": "exhibit/session/1",\n  "state": "%s",\n  "class": "ordinary"\n}\n' "$1"
}
session ended >"$recording/session.json"

make_case() { # recording, case
    "$exhibit" import -q --lists "$work/tiny.txt" "$1" -o "$2" 2>"$work/said" ||
        fault "import of $1: $(cat "$work/said")"
}

# Both checks must come to this end and say this.
both() { # status, what, text of verify, text of verify.sh
    local status
    "$exhibit" verify "$case" >"$work/out" 2>"$work/said"
    status=$?
    [ $status -eq "$1" ] || fault "$2: verify: exit $status: $(head -c 600 "$work/said" "$work/out")"
    grep -qF -- "$3" "$work/out" "$work/said" ||
        fault "$2: verify does not say \"$3\": $(cat "$work/said" "$work/out")"
    ! grep -qE 'manifest|Sanitizer|runtime error' "$work/said" ||
        fault "$2: verify: $(grep -m 1 -E 'manifest|Sanitizer|runtime error' "$work/said")"
    sh "$case/verify.sh" >"$work/out" 2>&1
    status=$?
    [ $status -eq "$1" ] || fault "$2: verify.sh: exit $status: $(cat "$work/out")"
    grep -qF -- "$4" "$work/out" || fault "$2: verify.sh does not say \"$4\": $(cat "$work/out")"
}

# Seals the whole case anew.
reseal() {
    (
        cd "$case" || exit 1
        find data -type f | sort >"$work/names"
        xargs sha256sum <"$work/names" >manifest-sha256.txt
        xargs sha512sum <"$work/names" >manifest-sha512.txt
        xargs openssl dgst -sm3 -r <"$work/names" | sed 's/ \*/  /' >tags/sm3sum.txt
        cut -d ' ' -f 3- tagmanifest-sha256.txt | xargs sha256sum >"$work/tags"
        cp "$work/tags" tagmanifest-sha256.txt
    )
}

# One change to the case, sealed anew; then the case as it was.
forged() { # what, text of verify, text of verify.sh, command...
    local what=$1 one=$2 other=$3
    shift 3
    cp -r "$case" "$work/honest"
    chmod -R u+w "$case"
    (cd "$case/data" && "$@") || fault "$what: cannot be done"
    reseal
    both 1 "$what" "$one" "$other"
    rm -rf "$case"
    mv "$work/honest" "$case"
}

# Removes the last line.
shorten() { # file
    sed -i '$d' "$1"
}

case=$work/case
make_case "$recording" "$case"

echo "== an untouched recording"
both 0 untouched "3 segments in an unbroken chain, 7 acts, 2 screenshots" \
    "ok    chain of the segments, 3 segments"
"$exhibit" verify --json "$case" | jq -e '.verified and .recording.chain_unbroken and
    .recording.segments == 3 and .recording.acts == 7 and .recording.screenshots == 2' >/dev/null ||
    fault "verify --json: $("$exhibit" verify --json "$case")"
reseal
both 0 "sealed anew" "3 segments in an unbroken chain" "ok    every segment is in the chain"

echo "== the chain of segments"
forged "line removed" "chain is broken behind line 1" "chain is broken at line 2" \
    sed -i 2d raw/chain.jsonl
forged "line changed" "chain is broken behind line 1" "chain is broken at line 2" \
    sed -i '1s/"end":"stop"/"end":"size"/' raw/chain.jsonl
forged "line inserted" "chain is broken behind line 2" "chain is broken at line 3" \
    sed -i 2p raw/chain.jsonl
forged "last line removed" "packets-000003.pcapng: extra" "not in the chain" \
    shorten raw/chain.jsonl
forged "last line and segment removed" "3 segments were chained" "3 segments were chained" \
    sh -c 'sed -i 3d raw/chain.jsonl && rm raw/packets-000003.pcapng'
forged "last line torn" "in the middle of a line" "in the middle of a line" \
    truncate -s -1 raw/chain.jsonl
forged "chain gone" "raw/chain.jsonl: missing" "chain.jsonl is not there" rm raw/chain.jsonl
# shellcheck disable=SC2016 # the inner shell expands them
forged "line of no segment" "line 4 does not say which segment" "line 4 names" sh -c '
    previous=$(tail -n 1 raw/chain.jsonl | tr -d "\n" | sha256sum | cut -d " " -f 1)
    printf "{\"number\":4,\"previous\":\"%s\",\"file\":\"../../session.json\",\"bytes\":1,\"sha256\":\"\"}\n" \
        "$previous" >>raw/chain.jsonl'

echo "== the segments"
forged "segment changed" "packets-000002.pcapng: changed" "packets-000002.pcapng: not the SHA-256" \
    sh -c 'printf x >>raw/packets-000002.pcapng'
forged "segment missing" "packets-000001.pcapng: missing" "packets-000001.pcapng: line 1 names it" \
    rm raw/packets-000001.pcapng
forged "segment added" "packets-000004.pcapng: extra" "data/raw/packets-000004.pcapng" \
    cp raw/packets-000003.pcapng raw/packets-000004.pcapng
forged "segments exchanged" "packets-000002.pcapng: changed" "packets-000003.pcapng: not the SHA" \
    sh -c 'mv raw/packets-000002.pcapng x && mv raw/packets-000003.pcapng raw/packets-000002.pcapng &&
        mv x raw/packets-000003.pcapng'

echo "== the custody log"
forged "custody line changed" "log.jsonl: list: the chain is broken behind line 2" \
    "log.jsonl: the chain is broken at line 3" sed -i '2s/:05/:06/' custody/log.jsonl
forged "custody line removed" "log.jsonl: list: the chain is broken behind line 3" \
    "log.jsonl: the chain is broken at line 4" sed -i 4d custody/log.jsonl
forged "custody shortened" "lines are missing" "the act that made this case is missing" \
    shorten custody/log.jsonl
forged "custody gone" "log.jsonl: missing" "custody/log.jsonl is not there" rm custody/log.jsonl

echo "== the screenshots"
forged "screenshot changed" "screens/0001.png: changed" "screens/0001.png: not the SHA-256" \
    sh -c 'printf x >>raw/screens/0001.png'
forged "screenshot missing" "screens/0002.png: missing" "screens/0002.png: line 2 names it" \
    rm raw/screens/0002.png
forged "screenshot added" "screens/0003.png: extra" "screens/0003.png: no line is of it" \
    cp raw/screens/0001.png raw/screens/0003.png
forged "layout changed" "screens/0002.dom.json: changed" "screens/0002.dom.json: not the SHA-256" \
    sh -c 'printf x >>raw/screens/0002.dom.json'
forged "screenshot and line removed" "2 screenshots were taken" "2 screenshots were taken" \
    sh -c 'sed -i 2d raw/screens.jsonl && rm raw/screens/0002.*'
both 0 "restored" "3 segments in an unbroken chain" "ok    every segment is in the chain"

echo "== a recording that broke off"
cp -r "$recording" "$work/broken"
sed -i '$d' "$work/broken/raw/chain.jsonl"
printf '{"number":3,"prev' >>"$work/broken/raw/chain.jsonl"
acts recording-began capture-began | chained >"$work/broken/custody/log.jsonl"
session running >"$work/broken/session.json"
rm -r "$work/broken/raw/screens" "$work/broken/raw/screens.jsonl"
case=$work/broken-case
make_case "$work/broken" "$case"
both 0 "broken off" "2 segments in an unbroken chain, 4 acts" \
    "not in the chain: data/raw/packets-000003.pcapng"
"$exhibit" verify "$case" | grep -qF "data/raw/packets-000003.pcapng: not in the chain" ||
    fault "verify does not name the open segment"
forged "broken off, a chained segment changed" "packets-000001.pcapng: changed" \
    "packets-000001.pcapng: not the SHA-256" sh -c 'printf x >>raw/packets-000001.pcapng'

echo "== a case of no recording"
case=$work/plain
"$exhibit" import -q --lists "$work/tiny.txt" "$folder/traffic.pcapng" --keys "$folder/keys.log" \
    -o "$case" || fault "import of the fixture"
sh "$case/verify.sh" >"$work/out" || fault "verify.sh of a plain case: $(cat "$work/out")"
! grep -q chain "$work/out" || fault "verify.sh of a plain case speaks of a chain"
"$exhibit" verify --json "$case" | jq -e '.verified and .recording == null' >/dev/null ||
    fault "verify --json of a plain case"

echo "$faults faults"
[ $faults -eq 0 ]
