#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time of one filter decision, beside that of other engines. On the recorded requests where they are, else on the sample,
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
    # Other engines in the same run, for ratios that do not depend on how busy the machine is.
    if node tests/bench/bench_oracle.mjs "$answers" $lists/easylist.txt $lists/easyprivacy.txt \
        >"$out/oracle.txt"; then
        cat "$out/oracle.txt"
        awk '/requests in/ { ours = $5; next }
            ours { for (i = 2; i <= NF; i++)
                       if (split($i, field, "=") == 2 && field[1] ~ /ns$/)
                           printf "%s / exhibit, %s: %.0f\n", $1, field[1], field[2] / ours }' \
            "$out/match.txt" "$out/oracle.txt"
    fi
else
    echo "no recorded requests: the sample instead"
    "$out/bench_match" tests/oracle/sample_answers.ndjson tests/oracle/sample.txt
fi
