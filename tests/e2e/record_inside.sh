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
as_person bash -c 'while :; do
    curl -s -o /dev/null --max-time 2 --cacert "$0" "https://www.health.test/p/other-program"
    sleep 0.3
done' "$WORK/ca.crt" &
other=$!

as_person "$work/exhibit" record -o "$home/case" --class=controlled --auto --headless \
    --script "$home/script.txt" --subject "$home/subject.json" --no-network -- \
    --disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC \
    </dev/null >"$work/out" 2>"$work/said"
status=$?
kill "$other" 2>/dev/null
cat "$work/said"
[ $status -eq 0 ] || fault "record: exit $status"
case=$home/case
if [ -d "$case" ]; then
    as_person "$work/exhibit" verify --rederive "$case" >"$work/out" 2>&1 ||
        fault "verify: $(tail -n 5 "$work/out")"
    sh "$case/verify.sh" >"$work/out" 2>&1 || fault "verify.sh: $(tail -n 5 "$work/out")"
    python3 tests/e2e/record_check.py "$case" "$WORK/truth.ndjson" || fault "the case, see above"
    [ ! -e "$case.recording" ] || fault "$case.recording was left behind"
else
    fault "no case"
fi
[ -z "${KEEP_CASE:-}" ] || cp -r "$home/." "$KEEP_CASE"
echo "$faults faults"
[ $faults -eq 0 ]
