#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record as an ordinary user, with a real Chromium, against the servers of the fixtures' world:
# a script is driven, a second program talks meanwhile, and everything that the browser says of
# itself must be in the case.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "skip: recording with a browser: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "the world of servers needs network namespaces, and these root"
unshare -n true 2>/dev/null || skip "no network namespaces here"
unshare -Ur true 2>/dev/null || skip "no user namespaces here"
missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
exec bash fixtures/world/make.sh serve bash tests/e2e/record_inside.sh "$(realpath "$BUILD/check/exhibit")"
