#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Damaged, cut, fuzzed and exotic files must not crash, leak or hang, and must end clearly.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
captures=../shared/captures/odd
if [ ! -d "$captures" ]; then
    echo "the odd captures are not at $captures"
    exit 77
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
exec python3 tests/golden/odd.py "$captures"
