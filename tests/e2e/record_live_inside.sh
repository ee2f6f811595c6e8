#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_record_live.sh, in the client's namespace of the fixtures' world.
set -u
. tests/e2e/record_person.sh
person_at_display "recording by a person" "$1"
cp -r tests/e2e "$work/e2e"
as_person_seeing() { # on this display
    as_person DISPLAY="$DISPLAY" "$@"
}
faults=0
[ -z "${PICTURES:-}" ] || { mkdir -p "$PICTURES" && chown $PERSON "$PICTURES"; }
as_person_seeing PYTHONDONTWRITEBYTECODE=1 python3 "$work/e2e/record_live.py" "$home/case" \
    "$WORK/truth.ndjson" "${PICTURES:-}" "$work/exhibit" record -o "$home/case" --no-network \
    --lang=en https://www.news.test/ -- \
    --disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC \
    --window-size=1000,700 --window-position=0,0 || faults=1
if [ -d "$home/case" ]; then
    as_person "$work/exhibit" verify --rederive "$home/case" >"$work/out" 2>&1 ||
        { tail -n 5 "$work/out"; faults=1; }
fi
[ -z "${KEEP_CASE:-}" ] || cp -r "$home/." "$KEEP_CASE"
exit $faults
