#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures; asserts nothing. Builds a 300 MB TLS 1.3 HTTP/2 capture (caddy, curl with many
# streams, the loopback of a network namespace with an Ethernet's MTU and without offload, so
# that packets have the size they have on a wire), then times exhibit, tshark and ndpiReader in turn and prints medians and
# ratios. RUNS=5 and MEGABYTES=300 unless set.
set -eu
self=$(realpath "$0")
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
RUNS=${RUNS:-5}
MEGABYTES=${MEGABYTES:-300}
exe=$PWD/$BUILD/exhibit
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
# Everything below runs in a namespace of its own: the loopback of the machine stays as it is.
if [ -z "${BENCH_INSIDE:-}" ] && [ "$(id -u)" -eq 0 ]; then
    BENCH_INSIDE=1 exec unshare --net bash "$self" "$@"
fi
[ "$(id -u)" -eq 0 ] || { echo "bench: capturing on loopback needs root"; exit 77; }

ip link set lo mtu 1500 up
ethtool -K lo tso off gso off gro off >/dev/null 2>&1 || echo "bench: ethtool is missing; packets are larger than on a wire"

for program in caddy curl tcpdump tshark ndpiReader openssl; do
    command -v $program >/dev/null || { echo "bench: $program is not installed"; exit 77; }
done

# A site of files of several sizes that do not compress: 100 kB on average.
mkdir "$work/site"
files=$((MEGABYTES * 10))
for size in 20 60 100 140 180; do
    openssl rand "$((size * 1000))" >"$work/site/$size.bin"
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench.test \
    -addext subjectAltName=DNS:bench.test -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat >"$work/Caddyfile" <<EOF
{
    admin off
    auto_https disable_redirects
    servers {
        protocols h1 h2
    }
}
https://bench.test:8443 {
    bind 127.0.0.1
    tls $work/cert.pem $work/key.pem
    root * $work/site
    file_server
}
EOF
XDG_DATA_HOME=$work caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/caddy.log" 2>&1 &
for _ in $(seq 50); do
    curl -s --cacert "$work/cert.pem" --resolve bench.test:8443:127.0.0.1 \
        -o /dev/null https://bench.test:8443/20.bin && break
    sleep 0.1
done
tcpdump -i lo -s 0 -B 65536 -w "$work/bench.pcap" -U 'tcp port 8443' 2>"$work/tcpdump.log" &
tcpdump=$!
sleep 1
i=0
while [ $i -lt "$files" ]; do
    for size in 20 60 100 140 180; do
        printf 'url = "https://bench.test:8443/%s.bin?u=%s&page=%s"\noutput = /dev/null\n' \
            "$size" "$i" "$((i % 40))"
        i=$((i + 1))
    done
done >"$work/urls"
SSLKEYLOGFILE=$work/keys.log curl -sS --no-progress-meter --http2 --parallel --parallel-max 20 --cacert "$work/cert.pem" \
    --resolve bench.test:8443:127.0.0.1 -b 'uid=3fa85f6457174562b3fc2c963f66afa6' -K "$work/urls"
sleep 1
kill -INT $tcpdump
wait $tcpdump || true
echo "capture: $(stat -c %s "$work/bench.pcap") bytes, $(capinfos -c -M "$work/bench.pcap" | awk '/Number of packets/ {print $NF}') packets, $files requests"

# Wall seconds, processor seconds and peak memory of one command.
measure() {
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || {
        cat "$work/err"
        return 1
    }
    cat "$work/time"
}
for run in $(seq "$RUNS"); do
    rm -rf "$work/case"
    echo "exhibit $(measure "$exe" import -q -j 1 "$work/bench.pcap" --keys "$work/keys.log" -o "$work/case")"
    echo "tshark $(measure tshark -r "$work/bench.pcap" -o "tls.keylog_file:$work/keys.log" \
        -d tcp.port==8443,tls -Y http2.headers.path -T fields -e http2.headers.path)"
    echo "ndpiReader $(measure ndpiReader -q -i "$work/bench.pcap")"
done >"$work/times"
found=$(wc -l <"$work/case/data/findings/exchanges.jsonl")
python3 - "$work/times" "$found" "$files" <<'EOF'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    name, wall, user, system, memory = line.split()
    rows.setdefault(name, []).append((float(wall), float(user) + float(system), int(memory)))
print(f"exhibit found {sys.argv[2]} of {sys.argv[3]} exchanges")
print(f"{'program':12}{'wall s':>9}{'min':>8}{'max':>8}{'cpu s':>9}{'peak MB':>9}")
for name, runs in rows.items():
    wall = [r[0] for r in runs]
    print(f"{name:12}{statistics.median(wall):9.2f}{min(wall):8.2f}{max(wall):8.2f}"
          f"{statistics.median(r[1] for r in runs):9.2f}{max(r[2] for r in runs) / 1024:9.0f}")
for other in ("tshark", "ndpiReader"):
    ratios = [o[0] / e[0] for e, o in zip(rows["exhibit"], rows[other])]
    print(f"{other} / exhibit, pair by pair: median {statistics.median(ratios):.2f}, "
          f"min {min(ratios):.2f}, max {max(ratios):.2f}")
EOF

# What judging costs when the person declares 200 values, of what the whole import takes.
python3 - >"$work/subject.json" <<'EOF'
import json
print(json.dumps({
    "email": [f"persona.{n}@example.test" for n in range(60)],
    "phone": [f"+86 199{n:08d}" for n in range(40)],
    "name": [f"Persona Number{n}" for n in range(30)],
    "account": [f"persona_{n:05d}" for n in range(40)],
    "search": [f"a term that was searched for {n}" for n in range(30)]}))
EOF
for _ in $(seq "$RUNS"); do
    rm -rf "$work/case"
    /usr/bin/time -f 'whole %e' "$exe" import -v -j 1 "$work/bench.pcap" --keys "$work/keys.log" \
        --subject "$work/subject.json" -o "$work/case" 2>&1 | grep -E '^(reading|whole)'
done >"$work/judging"
python3 - "$work/judging" <<'EOF'
import re, statistics, sys
text = open(sys.argv[1]).read()
judged = [float(x) for x in re.findall(r"judging them ([0-9.]+)", text)]
whole = [float(x) for x in re.findall(r"whole ([0-9.]+)", text)]
shares = [j / w for j, w in zip(judged, whole)]
print(f"judging with 200 declared values: median {statistics.median(judged):.2f} s, "
      f"{100 * statistics.median(shares):.1f} % of the import (min {100 * min(shares):.1f}, max {100 * max(shares):.1f})")
EOF

# The same load over HTTP/3 and over TCP.
bash tests/bench/http3.sh || true

# The list matcher alone, over recorded requests where they are.
bash tests/bench/match.sh || true

# The search for declared values alone.
bash tests/bench/search.sh || true
