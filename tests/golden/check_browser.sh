#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The browser's own account, joined with the packets: every request that it says it sent is found,
# each with the right exchange and page; and what is missing on either side is named.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
exec python3 tests/golden/browser.py fixtures/tabs
