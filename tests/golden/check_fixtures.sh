#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every fixture gives the answers that its servers wrote down when it was recorded.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
folders=()
for expect in fixtures/*/expect.json; do
    folders+=("$(dirname "$expect")")
done
exec python3 tests/golden/fixtures.py "${folders[@]}"
