#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record as a person uses it: a Chromium with a window (under Xvfb), the live view on a
# terminal, keys. PICTURES=DIR keeps pictures of terminal and display.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "skip: recording by a person: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "the world of servers needs network namespaces, and these root"
unshare -n true 2>/dev/null || skip "no network namespaces here"
unshare -Ur true 2>/dev/null || skip "no user namespaces here"
for program in Xvfb xdotool; do
    command -v $program >/dev/null || skip "$program is not installed"
done
missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
exec bash fixtures/world/make.sh serve bash tests/e2e/record_live_inside.sh \
    "$(realpath "$BUILD/check/exhibit")"
