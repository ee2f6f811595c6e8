#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit doctor as an ordinary account: what it prints is well-formed in both languages, it
# changes nothing on the machine, asks nobody without being told to, and its exit status says
# whether one can record.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
exhibit=$PWD/$BUILD/exhibit
case $BUILD in /*) exhibit=$BUILD/exhibit ;; esac
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$exhibit" "$work/exhibit"
mkdir "$work/home" "$work/out"
chmod 755 "$work"
as=
if [ "$(id -u)" -eq 0 ]; then
    user=nobody
    chown -R "$user" "$work/home" "$work/out"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
fi
# Only these of our own variables: a key log or a proxy of whoever runs the tests is not the test's.
run() {
    local status=0
    (cd "$work/out" && env -i PATH=/usr/bin:/bin HOME="$work/home" LANG=C.UTF-8 $as "$work/exhibit" doctor "$@") || status=$?
    return $status
}

# What could be changed by a look: settings of the kernel, files of the system, interfaces, modules.
picture() {
    {
        find /etc /usr/local "$work" -xdev -printf '%p %s %m %T@ %l\n' 2>/dev/null | grep -v " $work/out" || true
        sysctl -a 2>/dev/null | grep -E '^(net\.(core|ipv4)|user|kernel\.(unpriv|apparmor|yama))' |
            grep -vE 'stat|count|nr|mem|random|netns_ns_last|tcp_fastopen_key|inode' || true
        ip -o link 2>/dev/null | cut -d: -f2 | grep -vE '^ (veth|tap|ex)' || true
    } | sort
}

picture >"$work/before"
status=0
run --no-network --json -o "$work/out/doctor.json" || status=$?
picture >"$work/after"
mv "$work/out/doctor.json" "$work/doctor.json"
diff <(grep -v "$work" "$work/before") <(grep -v "$work" "$work/after") ||
    { echo "the machine is not as it was"; exit 1; }
[ -z "$(ls -A "$work/home")" ] || { echo "something was written into the home directory"; exit 1; }

[ "$status" = 0 ] || [ "$status" = 1 ] || { echo "exit status $status"; exit 1; }
ready=$(jq -r .ready "$work/doctor.json")
{ [ "$ready" = true ] && [ "$status" = 0 ]; } || { [ "$ready" = false ] && [ "$status" = 1 ]; } ||
    { echo "ready is $ready, exit status $status"; exit 1; }
# Every probe has all its members, a state and words in both languages, and an id of its own.
jq -e '.environment.probes | length > 30 and all(.[];
      (.state | IN("ok", "attention", "could-not-tell")) and (.facts | type == "object") and
      (.reason_en | length > 3) and (.reason_zh | length > 1) and (.title_en | length > 3) and
      (.title_zh | length > 1)) and ([.[].id] | unique | length) == length' "$work/doctor.json" >/dev/null ||
    { echo "a probe lacks something"; exit 1; }
jq -e '.environment.probes[] | select(.id == "clock-offset") | .facts.asked == false and .state == "could-not-tell"' \
    "$work/doctor.json" >/dev/null || { echo "the clock"; exit 1; }
if [ -n "$as" ]; then
    jq -e '.environment.probes[] | select(.id == "account") | .facts.root == false' "$work/doctor.json" >/dev/null ||
        { echo "the account"; exit 1; }
fi
# What is needed and not there is named, with what to install.
jq -e '.ready == (.needs | all(.met or (.required | not)))' "$work/doctor.json" >/dev/null ||
    { echo "ready does not follow from the needs"; exit 1; }

# Words: plain ASCII marks away from a terminal, no line wider than 80 cells.
run --no-network --lang en >"$work/en" || [ $? = 1 ]
grep -q '^Ready to record: ' "$work/en"
# shellcheck disable=SC2016
! grep -nP '[^\x00-\x7f·…]|\x1b' "$work/en" || { echo "not plain"; exit 1; }
awk 'length($0) > 80 && $0 !~ /\// && $0 !~ /[0-9a-f]{40}/ { print "too wide: " $0; bad = 1 } END { exit bad }' "$work/en"
run --no-network --lang zh >"$work/zh" || [ $? = 1 ]
grep -q '^可以进行记录：' "$work/zh"

# A browser that is none: not ready, and it says why.
status=0
run --no-network --browser /nowhere/browser --json >"$work/none.json" || status=$?
[ "$status" = 1 ] || { echo "without a browser the exit status was $status"; exit 1; }
jq -e '.ready == false and (.needs[] | select(.id == "browser") | .met == false and (.why | length > 5))' \
    "$work/none.json" >/dev/null || { echo "the missing browser is not named"; exit 1; }

# Nothing is written over; unknown options are refused.
status=0
touch "$work/out/there"
chmod 666 "$work/out/there"
run --no-network -o there 2>/dev/null || status=$?
[ "$status" = 2 ] && [ ! -s "$work/out/there" ] || { echo "an existing file was written over"; exit 1; }
status=0
run --lang fr 2>/dev/null || status=$?
[ "$status" = 2 ] || { echo "--lang fr gave $status"; exit 1; }

# With the network (none here: a namespace without any) it says whom it asks before it asks.
if unshare -rn true 2>/dev/null; then
    (cd "$work/out" && env -i PATH=/usr/bin:/bin HOME="$work/home" unshare -rn "$work/exhibit" doctor >"$work/asked" 2>&1) || [ $? = 1 ]
    grep -q 'asking time servers .*ntp.ntsc.ac.cn, pool.ntp.org, time.cloudflare.com' "$work/asked" ||
        { echo "it does not say whom it asks"; exit 1; }
    grep -q 'No usable answer: ntp.ntsc.ac.cn' "$work/asked" || { echo "no answer is not said"; exit 1; }
fi
echo "doctor: $(jq '.environment.probes | length' "$work/doctor.json") probes, nothing changed"
