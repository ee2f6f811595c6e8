#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures; asserts nothing. The same load twice, once over HTTP/3 and once over HTTP/2 on TLS and
# TCP: 1000 answers of 100 kB each from caddy, many at a time, in packets of the size they have on a
# wire. Records both once into $BUILD/bench, then imports them in turn and prints medians and the
# ratio. RUNS=5 and H3_MEGABYTES=100 unless set. The HTTP/3 client is the one of the fixtures.
set -eu
self=$(realpath "$0")
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
RUNS=${RUNS:-5}
MEGABYTES=${H3_MEGABYTES:-100}
files=$((MEGABYTES * 10))
exe=$(realpath "$BUILD")/exhibit
store=$(realpath "$BUILD")/bench
PIDS=
work=$(mktemp -d)
leave() {
    for pid in $PIDS; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap leave EXIT

need() {
    for program in caddy curl tcpdump openssl gcc pkg-config capinfos; do
        command -v $program >/dev/null || { echo "bench: $program is not installed"; exit 77; }
    done
    pkg-config --exists libngtcp2_crypto_gnutls libnghttp3 gnutls || {
        echo "bench: libngtcp2-crypto-gnutls-dev is not installed; no HTTP/3 load"
        exit 77
    }
}

server_up() {
    mkdir "$work/site"
    openssl rand 100000 >"$work/site/file.bin"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=bench.test -addext subjectAltName=DNS:bench.test \
        -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
    cat >"$work/Caddyfile" <<-CADDY
	{
	    admin off
	    auto_https disable_redirects
	    servers {
	        protocols h1 h2 h3
	    }
	}
	https://bench.test {
	    bind 127.0.0.1
	    tls $work/cert.pem $work/key.pem
	    root * $work/site
	    file_server
	}
	CADDY
    XDG_DATA_HOME=$work caddy run --config "$work/Caddyfile" --adapter caddyfile \
        >"$work/caddy.log" 2>&1 &
    PIDS="$! $PIDS"
    for _ in $(seq 50); do
        curl -s --cacert "$work/cert.pem" --resolve bench.test:443:127.0.0.1 -o /dev/null \
            https://bench.test/file.bin && return
        sleep 0.1
    done
    cat "$work/caddy.log"
    exit 1
}

# capture NAME FILTER PROGRAM...: what PROGRAM makes, into the store
capture() {
    name=$1
    tcpdump -i lo -s 0 -B 65536 -U -w "$store/$name.part" "$2" 2>"$work/tcpdump.log" &
    tcpdump=$!
    shift 2
    sleep 1
    SSLKEYLOGFILE=$store/$name.keys "$@"
    sleep 1
    kill -INT $tcpdump
    wait $tcpdump || true
    mv "$store/$name.part" "$store/$name.pcap"
}

over_tcp() {
    for i in $(seq "$files"); do
        printf 'url = "https://bench.test/file.bin?n=%s"\noutput = /dev/null\n' "$i"
    done >"$work/urls"
    curl -sS --no-progress-meter --http2 --parallel --parallel-max 20 --cacert "$work/cert.pem" \
        --resolve bench.test:443:127.0.0.1 -K "$work/urls"
}

over_quic() {
    printf 'many %s /file.bin?n=\nwait\n' "$files" |
        "$work/h3_client" -p 20 127.0.0.1 bench.test 127.0.0.1 "$work/cert.pem"
}

record() {
    [ "$(id -u)" -eq 0 ] || { echo "bench: capturing on loopback needs root"; exit 77; }
    # In a namespace of its own: the loopback of the machine stays as it is.
    if [ -z "${BENCH_INSIDE:-}" ]; then
        rm -rf "$work"
        BENCH_INSIDE=1 exec unshare --net bash "$self"
    fi
    ip link set lo mtu 1500 up
    ethtool -K lo tso off gso off gro off >/dev/null 2>&1 || true
    mkdir -p "$store"
    rm -f "$store"/tcp.* "$store"/quic.*
    # shellcheck disable=SC2046
    gcc -std=c11 -D_GNU_SOURCE -O2 fixtures/world/h3_client.c fixtures/world/quic_link.c \
        -o "$work/h3_client" $(pkg-config --cflags --libs libngtcp2_crypto_gnutls libngtcp2 \
        libnghttp3 gnutls)
    server_up
    capture tcp 'tcp port 443' over_tcp
    capture quic 'udp port 443' over_quic
    echo "$files" >"$store/files"
}

need
if [ "$(cat "$store/files" 2>/dev/null)" != "$files" ]; then
    record
fi
for name in tcp quic; do
    echo "$name: $(stat -c %s "$store/$name.pcap") bytes," \
        "$(capinfos -Mc "$store/$name.pcap" | awk '/Number of packets/ {print $NF}') packets"
done
for _ in $(seq "$RUNS"); do
    for name in tcp quic; do
        rm -rf "$work/case-$name"
        /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$exe" import -q -j 1 "$store/$name.pcap" \
            --keys "$store/$name.keys" -o "$work/case-$name" >"$work/out" 2>&1 || {
            cat "$work/out"
            exit 1
        }
        echo "$name $(stat -c %s "$store/$name.pcap")" \
            "$(grep -c '"complete": *true' "$work/case-$name/data/findings/exchanges.jsonl" || true)" \
            "$(cat "$work/time")"
    done
done >"$work/times"
python3 - "$work/times" "$files" <<'PYTHON'
import statistics
import sys

rows = {}
for line in open(sys.argv[1], encoding='ascii'):
    name, *numbers = line.split()
    rows.setdefault(name, []).append([float(n) for n in numbers])
print(f"{'import over':12}{'complete':>11}{'wall s':>8}{'cpu s':>8}{'MB/s':>8}{'peak MB':>9}")
for name, runs in rows.items():
    wall = statistics.median(r[2] for r in runs)
    print(f"{name:12}{int(runs[0][1]):6}/{sys.argv[2]:>4}{wall:8.2f}"
          f"{statistics.median(r[3] + r[4] for r in runs):8.2f}{runs[0][0] / wall / 1e6:8.0f}"
          f"{max(r[5] for r in runs) / 1024:9.0f}")
ratios = [q[2] / t[2] for q, t in zip(rows['quic'], rows['tcp'])]
print(f"quic / tcp, pair by pair: median {statistics.median(ratios):.2f}, "
      f"min {min(ratios):.2f}, max {max(ratios):.2f} (aim: 1.5)")
PYTHON
