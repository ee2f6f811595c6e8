#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_record_ways.sh, in the client's namespace of the fixtures' world. Each way is a function that
# runs by itself; what it prints with FAULT is one.
set -u
. tests/e2e/record_person.sh
person_at_display "ways of recording" "$1"
person_account "$work"
cp -r tests/e2e "$work/e2e"
exhibit=$work/exhibit
# The world's addresses are not the Internet's: Chromium would keep pages from reaching others.
flags="--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC"
window="--window-size=900,600 --window-position=0,0"

fault() {
    echo "FAULT $*"
}
person() { # with the display
    as_person DISPLAY="$DISPLAY" PYTHONDONTWRITEBYTECODE=1 "$@"
}
record() { # NAME STATUS OPTIONS...: as the person, a driven run; what was said goes to NAME.said
    local name=$1 wanted=$2 status
    shift 2
    person "$exhibit" record -o "$home/$name" --no-network --auto --headless "$@" -- $flags \
        </dev/null >"$work/$name.said" 2>&1
    status=$?
    [ $status = "$wanted" ] || fault "$name: exit $status, $(tail -n 4 "$work/$name.said")"
}
verified() { # NAME
    person "$exhibit" verify --rederive "$home/$1" >"$work/$1.verified" 2>&1 ||
        fault "$1: $(tail -n 3 "$work/$1.verified")"
}
check() { # WAY CASE...
    python3 tests/e2e/record_ways_check.py "$@"
}
script() { # NAME LINES...
    local name=$1
    shift
    printf '%s\n' "$@" >"$home/$name.txt"
}
browsing() { # NAME: until the browser has opened the page
    for _ in $(seq 300); do
        grep -q "https://www.news.test/" "$home/$1.recording/raw/browser.jsonl" 2>/dev/null && return
        sleep 0.1
    done
    fault "$1: no page was opened"
}

# A control run in a fresh profile, and in the first one a restart of the browser by the script.
way_control() {
    script control "open https://www.news.test/" "wait quiet" "restart browser" \
        "open https://www.news.test/story/42" "wait quiet"
    printf '{"email": ["persona@example.test"]}' >"$home/control.json"
    record control 0 --script "$home/control.txt" --control --third-party-cookies=allow \
        --subject "$home/control.json" --keep-recording
    verified control
    verified control-control
    person "$exhibit" compare --as profiles "$home/control" "$home/control-control" \
        -o "$home/compare.json" >"$work/compare.said" 2>&1 || fault "$(tail -n 3 "$work/compare.said")"
    person "$exhibit" import "$home/control.recording" -o "$home/again" --subject \
        "$home/control.json" -q >"$work/again.said" 2>&1 || fault "$(tail -n 3 "$work/again.said")"
    cmp -s "$home/control/data/findings/findings.json" "$home/again/data/findings/findings.json" ||
        fault "the findings of the recording imported differ"
    check control "$home/control" "$home/control-control" "$home/compare.json"
}

# A person at a terminal follows a plan, in a profile that they have already, without DevTools.
way_plan() {
    script plan "say Look at the front page." "mark consent-refused by the plan" "wait 1 s" "end"
    mkdir -p "$home/profile"
    chown $PERSON "$home/profile"
    person python3 "$work/e2e/record_steps.py" plan "$exhibit" record -o "$home/plan" \
        --no-network --lang=en --class=controlled --script "$home/plan.txt" --no-devtools \
        --profile "$home/profile" --joiner=pasta https://www.news.test/ -- $flags $window \
        >"$work/plan.said" 2>&1 || fault "plan: $(tail -n 30 "$work/plan.said")"
    verified plan
    check plan "$home/plan"
}

# The person closes the window; the browser comes again with its cookies; they close it again.
way_restart() {
    person python3 "$work/e2e/record_steps.py" restart "$exhibit" record -o "$home/restart" \
        --no-network --lang=zh --class=ordinary --restart-browser www.news.test -- $flags \
        $window >"$work/restart.said" 2>&1 || fault "restart: $(tail -n 30 "$work/restart.said")"
    verified restart
    check restart "$home/restart"
}

# What a frame keeps on the site of another is cleared, too: else it would seem to come back.
way_clear() {
    local server page=http://203.0.113.201/
    ip address add 203.0.113.201/32 dev lo
    ip address add 203.0.113.202/32 dev lo
    python3 tests/e2e/record_storage.py "$work/kept" &
    server=$!
    script clear "open $page" "wait quiet" "open $page" "wait quiet" "clear cookies" \
        "open $page" "wait quiet"
    record clear 0 --script "$home/clear.txt"
    kill $server
    verified clear
    [ "$(wc -l <"$work/kept")" = 3 ] && [ "$(sort -u "$work/kept" | wc -l)" = 2 ] &&
        [ "$(head -n 2 "$work/kept" | sort -u | wc -l)" = 1 ] ||
        fault "the frame's storage on three visits: $(tr '\n' ' ' <"$work/kept")"
}

# As root: the person who called sudo is whom the browser runs as, and whose the case is.
way_root() {
    SUDO_UID=$PERSON SUDO_GID=$PERSON "$exhibit" record -o "$home/root" --isolate=netns \
        --no-network --class=controlled --duration 8 --third-party-cookies=block \
        https://www.news.test/ -- $flags $window </dev/null >"$work/root.said" 2>&1 ||
        fault "root: $(tail -n 4 "$work/root.said")"
    verified root
    check root "$home/root"
}

# On an interface of the machine, where other programs' packets are too; ended by a signal.
way_none() {
    "$exhibit" record -o "$home/none" --isolate=none -i web0 --browser-user exhibit-person \
        --no-network --class=ordinary https://www.news.test/ -- $flags $window \
        </dev/null >"$work/none.said" 2>&1 &
    local recording=$!
    browsing none
    curl -s -o /dev/null --cacert "$WORK/ca.crt" --max-time 5 https://www.health.test/p/another
    curl -s -o /dev/null --max-time 5 -b uid=6f1c0a93d2b84e57a91c3d7e0b5f2846 \
        -e https://www.news.test/ http://www.health.test/p/plain
    sleep 3
    kill -TERM $recording
    wait $recording || fault "none: $(tail -n 4 "$work/none.said")"
    "$exhibit" verify --rederive "$home/none" >"$work/none.verified" 2>&1 ||
        fault "$(tail -n 3 "$work/none.verified")"
    check none "$home/none"
}

capture_of() { # PID: the capture process below it
    local pid at
    for pid in $(pgrep -x exhibit-capture); do
        at=$pid
        while [ "${at:-0}" -gt 1 ]; do
            at=$(ps -o ppid= -p "$at" | tr -d ' ')
            [ "$at" != "$1" ] || { echo "$pid"; return; }
        done
    done
    fault "no capture process below $1"
}

# Three at once: one is interrupted at the keyboard, one is killed and made a case of later, and of
# one the capture process hangs when it is to end, and is killed for that.
way_broken() {
    local name runs=()
    for name in interrupted killed hanging; do
        person bash -c 'echo $$ >"$0"; exec "$@"' "$home/$name.pid" "$exhibit" record \
            -o "$home/$name" --no-network --class=ordinary https://www.news.test/ -- $flags \
            $window </dev/null >"$work/$name.said" 2>&1 &
        runs+=($!)
    done
    browsing interrupted
    browsing killed
    browsing hanging
    sleep 3
    kill -STOP "$(capture_of "$(cat "$home/hanging.pid")")"
    kill -INT "$(cat "$home/interrupted.pid")" "$(cat "$home/hanging.pid")"
    kill -KILL "$(cat "$home/killed.pid")"
    wait "${runs[0]}" || fault "interrupted: $(tail -n 4 "$work/interrupted.said")"
    wait "${runs[1]}"
    wait "${runs[2]}"
    [ $? = 3 ] || fault "hanging: $(tail -n 4 "$work/hanging.said")"
    grep -q "the capture broke off" "$work/hanging.said" || fault "hanging: it is not said"
    person "$exhibit" record --resume -o "$home/killed" >"$work/resumed.said" 2>&1 ||
        fault "resume: $(tail -n 4 "$work/resumed.said")"
    verified interrupted
    verified killed
    verified hanging
    check broken "$home/interrupted" "$home/killed" "$home/hanging"
}

refused() { # WHAT STATUS SAID COMMAND...
    local what=$1 wanted=$2 said=$3 status
    shift 3
    timeout -k 2 25 bash -c '"$@"' _ "$@" </dev/null >"$work/refused.said" 2>&1
    status=$?
    [ $status = "$wanted" ] && grep -q -- "$said" "$work/refused.said" ||
        fault "$what: exit $status, $(cat "$work/refused.said")"
}

way_refused() {
    local run="$exhibit record -o $home/refused --no-network --class=ordinary"
    mkdir -p "$home/there/something"
    refused "the target is there" 2 "exists" \
        person "$exhibit" record -o "$home/there" --no-network --class=ordinary
    refused "no browser" 3 "no browser .no-such-browser. was found" person $run --browser no-such-browser
    refused "as root" 2 "not run as root" env -u SUDO_UID DISPLAY=:1 $run
    refused "sudo without need" 2 "no root is needed" env SUDO_UID=$PERSON DISPLAY=:1 $run
    refused "--browser-user by a person" 2 "is for root" person $run --browser-user root
    refused "out of reach" 2 "cannot get to" env SUDO_UID=$PERSON DISPLAY=:1 "$exhibit" record \
        -o "$work/hidden/case" --no-network --class=ordinary --isolate=netns
    refused "no display" 2 "DISPLAY" as_person $run
    refused "a browser that cannot show" 3 "said last.*\(X server\|isplay\|platform\)" as_person DISPLAY=:999 $run
    refused "no class" 2 "say --class" person "$exhibit" record -o "$home/refused" a.test
    refused "two addresses" 2 "one address" person $run a.test b.test
    mkdir -p "$home/refused2-control"
    refused "the control is there" 2 "is there already" person "$exhibit" record \
        -o "$home/refused2" --no-network --class=controlled --control a.test
    refused "nothing to resume" 4 "no recording" person "$exhibit" record --resume -o "$home/nothing"
    refused "no tun device" 3 "/dev/net/tun" unshare -m bash -c \
        "mount -t tmpfs none /dev/net; . tests/e2e/record_person.sh
        home=$home; as_person DISPLAY=$DISPLAY $run"
    for left in "$home"/refused*.recording "$home"/there.recording "$work"/hidden/*; do
        [ ! -e "$left" ] || fault "$left was left behind"
    done
}

export -f person as_person
export home PERSON
mkdir -m 700 "$work/hidden"
began=$SECONDS
ways=${WAYS:-control plan restart clear root none broken refused}
for way in $ways; do
    was=$SECONDS
    "way_$way" >"$work/$way.result" 2>&1
    cat "$work/$way.result"
    echo "-- $way: $((SECONDS - was)) s"
done
if cat "$work"/*.result | grep -q "^FAULT\|Traceback"; then
    echo "$((SECONDS - began)) s, faults, see above"
    exit 1
fi
echo "$((SECONDS - began)) s, no faults"
