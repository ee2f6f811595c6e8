#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record with Firefox: no account of the browser's own, a profile that trusts the world's
# authority, the key log that Firefox writes.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "skip: recording with Firefox: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "the world of servers needs network namespaces, and these root"
command -v firefox-esr >/dev/null || skip "firefox-esr is not installed"
unshare -n true 2>/dev/null || skip "no network namespaces here"
unshare -Ur true 2>/dev/null || skip "no user namespaces here"
command -v Xvfb >/dev/null || skip "Xvfb is not installed"
missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
exec bash fixtures/world/make.sh serve bash tests/e2e/record_firefox_inside.sh \
    "$(realpath "$BUILD/check/exhibit")"
