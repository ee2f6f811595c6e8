#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What was planted in the seeded worlds and in the search case is found, and nothing else: precision
# and recall of each kind of thing, with every miss.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
status=0
python3 tests/golden/matrix.py fixtures/matrix fixtures/zhu-ye fixtures/zhu-ye-control \
    fixtures/consent-refused fixtures/clean-site || status=1
python3 tests/golden/matrix.py --control fixtures/matrix-control fixtures/matrix || status=1
exit $status
