#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit capture on a veth pair in namespaces of its own: what it holds against tcpdump's, rotation,
# resuming, kill -9 of either process, a full disk, an interface that goes away, keys, privileges.
# RUNS=20 kills.
set -u
self=$(realpath "$0")
cd "$(dirname "$0")/../.." || exit 1
exhibit=$(realpath "${BUILD:-build}/check/exhibit")
if [ -z "${CHECK_INSIDE:-}" ]; then
    map=
    [ "$(id -u)" -eq 0 ] || map=--map-root-user
    # shellcheck disable=SC2086 # nothing or one word
    if ! unshare $map --net --mount true 2>/dev/null; then
        echo "no network namespace can be made here (user.max_user_namespaces, kernel.unprivileged_userns_clone)"
        exit 77
    fi
    # shellcheck disable=SC2086
    CHECK_INSIDE=$(id -un) exec unshare $map --net --mount bash "$self"
fi
command -v tcpdump >/dev/null || { echo "tcpdump is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/exhibit-check.XXXXXX")
started=
trap 'kill -9 $started 2>/dev/null; umount "$work/disk" "$work/fast" 2>/dev/null; rm -rf "$work"' EXIT
look="python3 $PWD/tests/e2e/capture_check.py"
faults=0

fault() {
    echo "FAULT $*"
    faults=$((faults + 1))
}

pair() {
    ip link add exa type veth peer name exb || { echo "no veth pair can be made here"; exit 77; }
    sysctl -qw net.ipv6.conf.exa.disable_ipv6=1 net.ipv6.conf.exb.disable_ipv6=1 2>/dev/null
    ip link set exa up
    ip link set exb up
}
pair

# Starts a command that captures on exb and waits until it does; sets pid.
capturing() { # command...
    : >"$work/said" # what the one before said must not pass for this one's
    "$@" 2>"$work/said" &
    pid=$!
    started="$started $pid"
    for _ in $(seq 200); do
        grep -q '^capturing on' "$work/said" && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
}

# The same of a capture; sets pid and child.
begin() { # directory, options...
    local target=$1
    shift
    capturing "$exhibit" capture -i exb -o "$target" "$@"
    child=$(pgrep -P $pid | head -n 1)
    started="$started $child"
}

# Waits for it; the exit status has to be as told.
ended() { # status, what
    local status
    wait "$pid"
    status=$?
    started=
    [ $status -eq "$1" ] || fault "$2: exit $status, not $1: $(cat "$work/said")"
    ! grep -qE 'Sanitizer|runtime error' "$work/said" || fault "$2: $(cat "$work/said")"
}

holds() { # directory, what
    $look chain "$1" >"$work/chain" 2>&1 || fault "$2: $(cat "$work/chain")"
}

says() { # file, what, jq expression that is to be true
    jq -e "$3" "$1" >/dev/null || fault "$2: $3 is not so in $(tr -d '\n' <"$1" | head -c 1500)"
}

echo "== the same packets as tcpdump"
tcpdump -Z root -i exb -s 0 -B 32768 -U -w - >"$work/beside.pcap" 2>"$work/tcpdump" &
tcpdump=$!
for _ in $(seq 100); do grep -q 'listening on' "$work/tcpdump" && break; sleep 0.05; done
begin "$work/same" --segment-size 300K
for line in CapInh CapPrm CapEff CapBnd CapAmb; do
    grep -q "^$line:	0000000000000000" "/proc/$child/status" ||
        fault "capabilities are left: $(grep "^$line" "/proc/$child/status")"
done
grep -q '^Seccomp:	2' "/proc/$child/status" || fault "no seccomp filter"
grep -q '^NoNewPrivs:	1' "/proc/$child/status" || fault "new privileges are possible"
[ "$(sed -n 's/^State:	\(.\).*/\1/p' "/proc/$child/status")" != Z ] || fault "the capture process is dead"
$look send exa 4000 0
sleep 0.3
kill -INT $pid
ended 0 "SIGINT"
sleep 1 # tcpdump leaves what waits in a block of its ring
kill -INT $tcpdump 2>/dev/null
wait $tcpdump
holds "$work/same" "the same packets"
$look bytes "$work"/same/raw/packets-*.pcapng >"$work/ours"
$look bytes "$work/beside.pcap" >"$work/theirs"
[ "$(wc -l <"$work/ours")" -eq 4000 ] || fault "$(wc -l <"$work/ours") packets of 4000"
if ! grep -q '^0 packets dropped by kernel' "$work/tcpdump"; then
    echo "skip: not compared with tcpdump: $(tail -n 1 "$work/tcpdump")"
else
    cmp -s "$work/ours" "$work/theirs" || fault "other packets than tcpdump's ($(wc -l <"$work/theirs"))"
fi
[ "$(ls "$work"/same/raw/packets-*.pcapng | wc -l)" -ge 6 ] || fault "no rotation by size"
# In a user namespace tcpdump fails at becoming the user it is already.
[ "$CHECK_INSIDE" != root ] || for file in "$work"/same/raw/packets-*.pcapng; do
    tcpdump -Z root -nn -r "$file" >/dev/null 2>&1 || fault "tcpdump cannot read $file"
done
says "$work/same/session.json" "session" '.state == "ended" and .end == "signal" and .class == null and
    .keys == "not-checked" and .capture.interface == "exb" and .capture.packets == 4000 and
    .capture.dropped_kernel == 0 and .capture.link == 1 and .browser == null'
[ "$(jq -r .act "$work/same/custody/log.jsonl" | tr '\n' ' ')" = \
    "recording-began capture-began capture-ended recording-ended " ] ||
    fault "custody: $(cat "$work/same/custody/log.jsonl")"
[ "$(find "$work/same" -perm /077 | wc -l)" -eq 0 ] || fault "others may read: $(find "$work/same" -perm /077)"

echo "== refusals"
"$exhibit" capture -i exb -o "$work/same" 2>"$work/said"
[ $? -eq 2 ] || fault "a directory that is not empty: $(cat "$work/said")"
"$exhibit" capture -i nowhere0 -o "$work/none" 2>"$work/said"
[ $? -eq 3 ] || fault "no such interface: exit status"
grep -q 'those that exist: .*exb' "$work/said" || fault "no such interface: $(cat "$work/said")"
"$exhibit" capture -i exb -o "$work/none2" --filter 'prot tcp' 2>"$work/said"
[ $? -eq 2 ] || fault "a bad filter: $(cat "$work/said")"
"$exhibit" capture --resume -o "$work/nothing" 2>"$work/said"
[ $? -eq 4 ] || fault "nothing to resume: $(cat "$work/said")"

echo "== age, duration, filter, and going on"
begin "$work/long" --segment-age 1s --duration 3s --filter 'ether proto 0x88b5 and greater 500'
$look send exa 1000 0 500
ended 0 "--duration"
holds "$work/long" "age"
[ "$(jq -r .end "$work/long/raw/chain.jsonl" | sort -u | tr '\n' ' ')" = "age stop " ] ||
    fault "rotation by age: $(jq -r .end "$work/long/raw/chain.jsonl")"
[ "$($look numbers "$work/long" | wc -l)" -eq 400 ] || fault "the filter lets $($look numbers "$work/long" | wc -l) of 400 pass"
says "$work/long/session.json" "duration" '.end == "duration"'
"$exhibit" capture -q --resume -o "$work/long" --duration 1s 2>"$work/said" || fault "resume: $(cat "$work/said")"
holds "$work/long" "resume"
says "$work/long/session.json" "resume" '.capture.filter == "ether proto 0x88b5 and greater 500" and
    .interruptions == []'
jq -r .act "$work/long/custody/log.jsonl" | grep -qx resumed || fault "the custody log has no resumption"
begin "$work/most" --max-size 500K --segment-size 200K
$look send exa 2000 0
ended 0 "--max-size"
holds "$work/most" "--max-size"
says "$work/most/session.json" "--max-size" '.end == "max-size"'
[ "$(cat "$work"/most/raw/*.pcapng | wc -c)" -le 512000 ] || fault "--max-size was passed"

echo "== killed, ${RUNS:-20} times"
RANDOM=20261
# In memory, where a sync takes no time: what is lost then is what had not been handed to the kernel.
fast=$work/fast
mkdir "$fast"
mount -t tmpfs -o size=512m tmpfs "$fast" || echo "skip: no tmpfs; a slow disk may be taken for a fault"
for run in $(seq "${RUNS:-20}"); do
    dir=$fast/kill$run
    begin "$dir" --segment-size 400K
    [ -n "$child" ] || { fault "run $run: it did not begin: $(cat "$work/said")"; continue; }
    rm -f "$work/flow"
    $look flow exa "$work/flow" 3000 &
    flow=$!
    started="$started $flow"
    for _ in $(seq 200); do [ -s "$work/flow" ] && break; sleep 0.05; done
    sleep "$((RANDOM % 2)).$((RANDOM % 900 + 100))"
    when=$(date +%s.%N)
    if [ $((run % 2)) -eq 0 ]; then
        kill -9 "$child"
        ended 3 "run $run: killed capture process"
        says "$dir/session.json" "run $run" '.state == "interrupted" and .end == "failed"'
        margin=0.6
    else
        kill -9 "$pid"
        wait "$pid" 2>/dev/null
        for _ in $(seq 200); do kill -0 "$child" 2>/dev/null || break; sleep 0.05; done
        ! kill -0 "$child" 2>/dev/null || fault "run $run: the capture process outlives its parent"
        says "$dir/session.json" "run $run" '.state == "running"'
        margin=0
    fi
    kill $flow 2>/dev/null
    wait $flow 2>/dev/null
    holds "$dir" "run $run"
    # Without a gap from the first to some number, and that no older than what is synced each second.
    $look numbers "$dir" | awk -v when="$when" -v margin=$margin -v log_of="$work/flow" '
        $1 != n { print "number " n " is missing"; exit 1 } { n++ }
        END { while ((getline line < log_of) > 0) { split(line, a, " ");
                  if (a[2] < when - margin && a[1] >= n) { print "sent long before the kill, not there: " a[1] " of " n; exit 1 } } }' \
        >"$work/numbers" || fault "run $run (margin $margin): $(cat "$work/numbers")"
    if [ "$run" -le 4 ]; then
        "$exhibit" capture -q --resume -o "$dir" --duration 1s 2>"$work/said" || fault "run $run: resume: $(cat "$work/said")"
        holds "$dir" "run $run, resumed"
        says "$dir/session.json" "run $run, resumed" '.state == "ended"'
        [ $((run % 2)) -eq 0 ] || says "$dir/session.json" "run $run, resumed" '.interruptions | length == 1'
    fi
    rm -rf "$dir"
done

echo "== a full disk"
mkdir "$work/disk"
for size in 3m 8m; do
    mount -t tmpfs -o size=$size tmpfs "$work/disk" || { echo "skip: no tmpfs can be mounted"; break; }
    begin "$work/disk/case" --min-free 1 --segment-size 1M
    $look send exa 30000 1000 &
    sender=$!
    ended 3 "full disk"
    kill $sender 2>/dev/null
    wait $sender 2>/dev/null
    grep -qi 'full\|space' "$work/said" || fault "full disk: $(cat "$work/said")"
    holds "$work/disk/case" "full disk of $size"
    grep -q 'loose 0 end full' "$work/chain" || fault "full disk of $size: $(cat "$work/chain")"
    says "$work/disk/case/session.json" "full disk" '.state == "ended" and .end == "full"'
    $look numbers "$work/disk/case" | awk '$1 != n {exit 1} {n++} END {exit n < 500}' || fault "full disk: packets are missing in between"
    umount "$work/disk"
done
free=$(df --output=avail -B1 "$work" | tail -n 1)
begin "$work/guard" --min-free $((free + (64 << 20)))
ended 3 "--min-free"
says "$work/guard/session.json" "--min-free" '.end == "full"'

echo "== no keys"
SSLKEYLOGFILE=$work/keys "$exhibit" capture -i exb -o "$work/witness" --no-keys 2>"$work/said"
[ $? -eq 2 ] || fault "--no-keys with SSLKEYLOGFILE: $(cat "$work/said")"
rm -rf "$work/witness"
"$exhibit" capture -q -i exb -o "$work/witness" --no-keys --duration 1s 2>"$work/said" || fault "--no-keys: $(cat "$work/said")"
says "$work/witness/session.json" "--no-keys" '.keys == "refused"'
"$exhibit" capture -q -i exb -o "$work/witness" --no-keys --resume --duration 1s 2>"$work/said" || fault "--no-keys --resume: $(cat "$work/said")"
printf 'CLIENT_RANDOM %064d %096d\n' 1 2 >"$work/witness/raw/notes.txt"
"$exhibit" capture -q -i exb -o "$work/witness" --no-keys --resume --duration 1s 2>"$work/said"
[ $? -eq 2 ] || fault "--no-keys beside keys: $(cat "$work/said")"
grep -q 'notes.txt' "$work/said" || fault "--no-keys does not say where: $(cat "$work/said")"

echo "== an ordinary user with CAP_NET_RAW on the file"
release=$(realpath "${BUILD:-build}/exhibit" 2>/dev/null)
if [ "$CHECK_INSIDE" = root ] && [ -n "${release:-}" ] && [ -x "$release" ] && command -v setcap >/dev/null && command -v setpriv >/dev/null &&
    install -m 755 "$release" "$work/exhibit" && setcap cap_net_raw=ep "$work/exhibit" 2>/dev/null; then
    chmod 711 "$work"
    install -d -o 65534 -g 65534 "$work/nobody"
    capturing setpriv --reuid=65534 --regid=65534 --clear-groups "$work/exhibit" capture -i exb \
        -o "$work/nobody/case" --duration 2s
    grep -q '^CapEff:	0000000000000000' "/proc/$pid/status" || fault "the parent keeps capabilities"
    $look send exa 100 0
    ended 0 "an ordinary user"
    says "$work/nobody/case/session.json" "an ordinary user" '.capture.packets == 100'
    setcap -r "$work/exhibit"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$work/exhibit" capture -i exb -o "$work/nobody/not" 2>"$work/said"
    [ $? -eq 3 ] || fault "without the capability: exit status"
    grep -q 'setcap' "$work/said" || fault "without the capability: $(cat "$work/said")"
else
    echo "skip: takes root, setcap, setpriv and a release build"
fi

echo "== the interface goes away"
begin "$work/gone"
$look send exa 200 0
sleep 0.3
ip link del exa
ended 3 "interface gone"
holds "$work/gone" "interface gone"
grep -q 'packets 200 loose 0 end device' "$work/chain" || fault "interface gone: $(cat "$work/chain")"
says "$work/gone/session.json" "interface gone" '.end == "device" and .state == "ended"'

[ $faults -eq 0 ] || { echo "$faults faults"; exit 1; }
echo "all well"
