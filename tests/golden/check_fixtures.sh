#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every fixture gives the answers that its servers wrote down when it was recorded; and the same, or
# an honest part of it, when packets are doubled, out of order or missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
folders=()
for expect in fixtures/*/expect.json; do
    folders+=("$(dirname "$expect")")
done
status=0
python3 tests/golden/fixtures.py "${folders[@]}" || status=1
python3 tests/golden/damaged.py || status=1
exit $status
