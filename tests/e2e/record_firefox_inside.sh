#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_record_firefox.sh, in the client's namespace of the fixtures' world.
set -u
. tests/e2e/record_person.sh
person_at_display "recording with Firefox" "$1"
# Nothing that Firefox asks of its maker at the start, and the authority of the world.
mkdir -p "$home/profile"
cat >"$home/profile/user.js" <<'S'
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("browser.shell.checkDefaultBrowser", false);
S
certutil -N -d "sql:$home/profile" --empty-password
certutil -A -d "sql:$home/profile" -t C,, -n "exhibit test authority" -i "$WORK/ca.crt"
chown -R $PERSON:$PERSON "$home/profile"
as_person DISPLAY="$DISPLAY" "$work/exhibit" record -o "$home/case" --no-network --class=ordinary \
    --browser firefox-esr --profile "$home/profile" --duration "${SECONDS_OF_FIREFOX:-15}" \
    https://www.news.test/ </dev/null >"$work/said" 2>&1
status=$?
faults=0
if [ $status -ne 0 ]; then
    echo "FAULT exit $status"
    cat "$work/said"
    tail -n 5 "$home/case.recording/browser.log" 2>/dev/null
    exit 1
fi
as_person "$work/exhibit" verify --rederive "$home/case" >"$work/out" 2>&1 ||
    { echo "FAULT $(tail -n 5 "$work/out")"; faults=1; }
python3 - "$home/case/data" <<'P' || faults=1
import json
import sys

data = sys.argv[1]
session = json.load(open(f"{data}/session.json", encoding="utf-8"))
complete = json.load(open(f"{data}/findings/completeness.json", encoding="utf-8"))
urls = [json.loads(line)["url"] for line in open(f"{data}/findings/exchanges.jsonl", encoding="utf-8")]
print(session["browser"]["version"], complete["connections"]["decrypted"], "of",
      complete["connections"]["with_tls"], "connections decrypted,", len(urls), "exchanges")
assert session["browser"]["devtools"] == "none", session["browser"]
assert session["browser"]["no_devtools"], session["browser"]
assert "https://www.news.test/" in urls, urls
assert complete["connections"]["decrypted"] > 2, complete["connections"]
P
exit $faults
