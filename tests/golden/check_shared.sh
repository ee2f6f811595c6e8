#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Captures that other projects published, against what an independent tool chain reads in them.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
captures=../shared/captures
if [ ! -d "$captures/plain" ]; then
    echo "the captures with references are not at $captures"
    exit 77
fi
exec python3 tests/golden/shared.py "$captures" tests/golden/differences.tsv "$@"
