#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time of one filter decision. On the recorded requests where they are, else on the sample,
# which is too small and too special to compare with other engines.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
answers=$BUILD/check/oracle/answers.ndjson
lists=/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist
out=$BUILD/bench

mkdir -p "$out"
archives="$BUILD/release/libclassify.a $BUILD/release/libcapture.a $BUILD/release/libbase.a"
make --no-print-directory BUILD="$BUILD" $archives >/dev/null
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -I. tests/bench/bench_match.c $archives \
    -lcrypto -lcjson -lpsl -lpcre2-8 -lz -lbrotlidec -lzstd -lm -o "$out/bench_match"

[ -f "$answers" ] || bash tests/oracle/check_agree.sh || true
if [ -f "$answers" ]; then
    "$out/bench_match" "$answers" $lists/easylist.txt $lists/easyprivacy.txt | tee "$out/match.txt"
    # The oracle in the same run, for a ratio that does not depend on how busy the machine is.
    if node tests/bench/bench_oracle.mjs "$answers" $lists/easylist.txt $lists/easyprivacy.txt \
        >"$out/oracle.txt"; then
        cat "$out/oracle.txt"
        cat "$out/match.txt" "$out/oracle.txt" | awk '
            /requests in/ { ours = $5 }
            /^ghostery/ { gsub(",", ""); theirs = $11; whole = $NF }
            END { printf "ghostery / exhibit: %.0f, with the making of the request %.0f\n", theirs / ours, whole / ours }'
    fi
else
    echo "no recorded requests: the sample instead"
    "$out/bench_match" tests/oracle/sample_answers.ndjson tests/oracle/sample.txt
fi
