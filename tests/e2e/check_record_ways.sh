#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every other way of recording, with a real Chromium: a control run, a browser that is started again, a
# plan that a person follows, an existing profile, without DevTools, as root in a network of its own or
# on an interface of the machine, and what is refused. WAYS="root plan" runs only these.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "skip: ways of recording: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "the world of servers needs network namespaces, and these root"
unshare -n true 2>/dev/null || skip "no network namespaces here"
unshare -Ur true 2>/dev/null || skip "no user namespaces here"
for program in Xvfb xdotool; do
    command -v $program >/dev/null || skip "$program is not installed"
done
missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
exec bash fixtures/world/make.sh serve bash tests/e2e/record_ways_inside.sh \
    "$(realpath "$BUILD/check/exhibit")"
