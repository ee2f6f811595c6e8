#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A HAR file of the same exchanges gives the same findings as their packets, and says that there are
# none; one that was exported without cookies, or is damaged, says what could not be seen.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
python3 tests/golden/har.py fixtures/websocket fixtures/zhu-ye fixtures/news-trackers
