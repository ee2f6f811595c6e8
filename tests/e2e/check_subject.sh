#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit subject asks on a terminal, reads files, shows them masked, and writes for one pair of eyes.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
python3 tests/e2e/subject.py
