#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How much live traffic is captured without a drop: exhibit capture (with SHA-256 of all it writes), dumpcap and
# tcpdump one after the other, on a veth pair in a network namespace of its own, with the same ring of 64 MiB
# and files of 64 MiB. Measures; asserts nothing.
#   SECONDS_EACH=60  how long the highest rate without a drop is held (probes take a twelfth of it)
#   RATES="..."      packets per second to try, ascending; 0 is as fast as the generator can
#   SIZES="0 60 1514" bytes of a packet; 0: 60, 590 and 1514 as 7:4:1
#   LIVE_DIR=...     where files go; default is memory (/dev/shm), so that no disk is measured
set -eu
self=$(realpath "$0")
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
exe=$(realpath "$BUILD/exhibit")
[ "$(id -u)" -eq 0 ] || { echo "live: takes root"; exit 77; }
for program in dumpcap tcpdump jq; do
    command -v $program >/dev/null || { echo "live: $program is not installed"; exit 77; }
done
if [ -z "${LIVE_INSIDE:-}" ]; then
    LIVE_INSIDE=1 exec unshare --net bash "$self" "$@"
fi
SECONDS_EACH=${SECONDS_EACH:-60}
RATES=${RATES:-25000 50000 75000 100000 125000 150000 200000 300000 400000 600000 800000}
SIZES=${SIZES:-0 60 1514}
probe=$(((SECONDS_EACH + 11) / 12))
work=$(mktemp -d -p "${LIVE_DIR:-/dev/shm}" exhibit-live.XXXXXX)
pids=
trap 'kill $pids 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$BUILD/bench"
blast=$BUILD/bench/blast
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra tests/bench/blast.c -o "$blast"
ip link add exa type veth peer name exb
sysctl -qw net.ipv6.conf.exa.disable_ipv6=1 net.ipv6.conf.exb.disable_ipv6=1
ip link set exa up
ip link set exb up

# Keeps the newest files only: a minute of this would fill the memory.
prune() { # directory
    while sleep 0.3; do
        # shellcheck disable=SC2012 # names are ours
        ls -t "$1"/*.pcap* "$1"/packets[0-9]* 2>/dev/null | tail -n +5 | xargs -r rm -f
    done
}

# Sets sent, sent_bytes, spent, received, dropped and cpu (hundredths of a processor) of one run.
measure() { # tool, packets per second, size, seconds
    local out=$work/out tool pruner where before after
    rm -rf "$out"
    mkdir "$out"
    where=$out
    case $1 in
    exhibit)
        where=$out/case/raw
        "$exe" capture -q -i exb -o "$out/case" --ring-size 64M --segment-size 64M &
        ;;
    dumpcap)
        dumpcap -q -i exb -B 64 -s 262144 -b filesize:65536 -b files:1000 -w "$out/packets.pcapng" 2>"$work/said" &
        ;;
    tcpdump)
        tcpdump -Z root -i exb -B 65536 -s 262144 --time-stamp-precision=nano -C 64 -W 1000 \
            -w "$out/packets" 2>"$work/said" &
        ;;
    esac
    tool=$!
    sleep 1
    prune "$where" &
    pruner=$!
    pids="$tool $pruner"
    before=$(ticks "$tool")
    read -r sent sent_bytes spent < <("$blast" exa "$4" "$2" "$3")
    after=$(ticks "$tool")
    cpu=$(awk -v t=$((after - before)) -v s="$spent" 'BEGIN {printf "%d", t / s}')
    sleep 1.5 # what waits in a block of the ring (tcpdump: up to a second) is not lost by any of them
    kill -INT $tool
    wait $tool || true
    kill $pruner
    wait $pruner 2>/dev/null || true
    pids=
    case $1 in
    exhibit)
        received=$(jq .capture.packets "$out/case/session.json")
        dropped=$(jq .capture.dropped_kernel "$out/case/session.json")
        ;;
    dumpcap)
        # ... received/dropped on interface 'exb': 100/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)
        received=$(sed -nE "s|.*received/dropped on interface .*: ([0-9]+)/([0-9]+) .*|\1|p" "$work/said")
        dropped=$(sed -nE "s|.*received/dropped on interface .*: ([0-9]+)/([0-9]+) .*|\2|p" "$work/said")
        ;;
    tcpdump)
        received=$(sed -nE 's|^([0-9]+) packets? captured|\1|p' "$work/said")
        dropped=$(sed -nE 's|^([0-9]+) packets? dropped by kernel|\1|p' "$work/said")
        ;;
    esac
}

# Clock ticks that a process and its children have used, all threads.
ticks() { # pid
    local pid
    for pid in "$1" $(pgrep -P "$1" || true); do
        sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null
    done | awk '{sum += $12 + $13} END {print sum + 0}'
}

# Anything that is sent and not written counts, up to one in a million: the veth pair itself may lose some
# when a processor is taken away.
lost() {
    [ "$dropped" -gt 0 ] || [ $((sent - received)) -gt $((sent / 1000000)) ]
}

row() { # tool, asked for, verdict
    awk -v tool="$1" -v asked="$2" -v sent="$sent" -v bytes="$sent_bytes" -v s="$spent" \
        -v got="$received" -v dropped="$dropped" -v cpu="$cpu" -v note="$3" 'BEGIN {
        printf "  %-8s %9s %10.0f %9.3f %12d %12d %9d %5d%%  %s\n", tool, asked, sent / s,
            bytes * 8 / s / 1e9, sent, got, sent - got, cpu, note}'
}

echo "held for ${SECONDS_EACH} s, probes of ${probe} s, files in $(df --output=fstype "$work" | tail -n 1) ($work), $(nproc) processors"
for size in $SIZES; do
    echo "packets of $([ "$size" = 0 ] && echo "60, 590 and 1514 bytes (7:4:1)" || echo "$size bytes")"
    echo "  tool     asked pps   sent pps    Gbit/s         sent      written      lost   cpu"
    declare -A best=()
    for tool in exhibit dumpcap tcpdump; do
        held=0 reached=0
        for rate in $RATES; do
            measure $tool "$rate" "$size" "$probe"
            if lost; then
                row $tool "$rate" "dropped $dropped"
                break
            fi
            held=$rate
            now=$((sent * 100 / (rate * probe)))
            # The generator has come to its end before the capture did.
            [ $now -ge 97 ] || { reached=1; break; }
        done
        # The highest rate of the probes has to hold for the whole time, or a lower one.
        for rate in $(printf '%s\n' $RATES | sort -rn); do
            [ "$rate" -le "$held" ] || continue
            measure $tool "$rate" "$size" "$SECONDS_EACH"
            if ! lost; then
                row $tool "$rate" "held$([ $reached = 0 ] || echo "; the generator gave no more")"
                best[$tool]=$(awk -v n="$sent" -v s="$spent" 'BEGIN {printf "%.0f", n / s}')
                break
            fi
            row $tool "$rate" "dropped $dropped"
        done
    done
    for tool in dumpcap tcpdump; do
        awk -v a="${best[exhibit]:-0}" -v b="${best[$tool]:-0}" -v tool=$tool 'BEGIN {
            if (b > 0) printf "  exhibit / %s: %.2f\n", tool, a / b}'
    done
done
