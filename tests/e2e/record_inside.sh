#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_record.sh, in the client's namespace of the fixtures' world.
set -u
exhibit=$1
. tests/e2e/record_person.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/exhibit-record.XXXXXX")
trap 'rm -rf "$work"' EXIT
faults=0
fault() {
    echo "FAULT $*"
    faults=$((faults + 1))
}
person_make "$work"
cp "$exhibit" "$work/exhibit" # the person may not read the build directory
chmod 755 "$work/exhibit"
cat >"$home/script.txt" <<'S'
# what a reader does
open https://www.news.test/
wait quiet
mark consent-shown
click Accept all
mark consent-accepted
wait quiet
screenshot
search 减肥
wait quiet
open https://www.shop.test/tea/7
wait quiet
end
S
printf '{"search": ["减肥"]}' >"$home/subject.json"
chown $PERSON "$home"/*

# A second program of the same person on the same machine: it must not be in the case.
as_person bash -c 'while [ ! -e "$1" ]; do
    curl -s -o /dev/null --max-time 2 --cacert "$0" "https://www.health.test/p/other-program"
    sleep 0.3
done' "$WORK/ca.crt" "$work/enough" &
other=$!

# By a relative path, as people write it.
as_person env -C "$home" "$work/exhibit" record -o case --class=controlled --auto --headless \
    --script "$home/script.txt" --subject "$home/subject.json" --no-network --keep-recording -- \
    --disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC \
    </dev/null >"$work/out" 2>"$work/said"
status=$?
: >"$work/enough"
wait "$other"
cat "$work/said"
[ $status -eq 0 ] || fault "record: exit $status"
case=$home/case
if [ -d "$case" ]; then
    as_person "$work/exhibit" verify --rederive "$case" >"$work/verified" 2>&1 ||
        fault "verify: $(tail -n 5 "$work/verified")"
    sh "$case/verify.sh" >"$work/out" 2>&1 || fault "verify.sh: $(tail -n 5 "$work/out")"
    python3 tests/e2e/record_check.py "$case" "$WORK/truth.ndjson" || fault "the case, see above"
    grep -q ' in an unbroken chain, ' "$work/verified" ||
        fault "verify does not speak of the chain: $(cat "$work/verified")"
    # The packets were examined while they were captured: an import of them finds the same.
    as_person "$work/exhibit" import -q "$case.recording" -o "$home/again" >"$work/out" 2>&1 ||
        fault "import of the recording: $(tail -n 5 "$work/out")"
    diff -r "$case/data/findings" "$home/again/data/findings" >"$work/out" ||
        fault "the findings of the recording imported differ: $(head -c 600 "$work/out")"
    as_person "$work/exhibit" verify "$home/again" >"$work/out" 2>&1 ||
        fault "verify of the import: $(tail -n 5 "$work/out")"
else
    fault "no case"
fi
[ -z "${KEEP_CASE:-}" ] || cp -r "$home/." "$KEEP_CASE"
echo "$faults faults"
[ $faults -eq 0 ]
