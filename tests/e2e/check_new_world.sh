#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records a planted world that nobody has seen before, with other names and other identifiers, and
# asks of it what is asked of the committed one. Prints its seed; SEED=n takes that one again.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "skip: a new world: $1"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "network namespaces need root"
unshare -n true 2>/dev/null || skip "no network namespaces here"
missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
export SEED
echo "seed $SEED"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
FIXTURES=$work bash fixtures/world/make.sh matrix || {
    echo "seed $SEED: the world could not be recorded"
    exit 1
}
python3 tests/golden/matrix.py "$work/matrix" || {
    echo "again with: SEED=$SEED bash tests/e2e/check_new_world.sh"
    exit 1
}
