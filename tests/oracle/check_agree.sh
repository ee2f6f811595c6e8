#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every decision on recorded requests must be that of @ghostery/adblocker, an independent
# engine. Where the recording is absent, tests/classify/test_match.c still compares the sample.
set -u
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
REQUESTS=${REQUESTS:-../shared/data/requests.json.gz}
lists=/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist
out=$BUILD/check/oracle

skip() {
    echo "skip: $*"
    exit 77
}
[ -f "$REQUESTS" ] || skip "no recorded requests at $REQUESTS"
[ -f $lists/easylist.txt ] || skip "EasyList is not installed (package webext-ublock-origin-chromium)"
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not installed"
if [ ! -d tests/oracle/node_modules ]; then
    npm ci --prefix tests/oracle --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 ||
        skip "the oracle could not be installed (npm ci in tests/oracle)"
fi

mkdir -p "$out"
archives="$BUILD/release/libclassify.a $BUILD/release/libcapture.a $BUILD/release/libbase.a"
make --no-print-directory BUILD="$BUILD" $archives >/dev/null || exit 1
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -I. tests/oracle/decide.c $archives \
    -lcrypto -lcjson -lpsl -lpcre2-8 -lz -lbrotlidec -lzstd -lm -o "$out/decide" || exit 1

node tests/oracle/oracle.mjs "$REQUESTS" $lists/easylist.txt $lists/easyprivacy.txt \
    >"$out/answers.ndjson" || exit 1
"$out/decide" "$out/answers.ndjson" $lists/easylist.txt $lists/easyprivacy.txt
