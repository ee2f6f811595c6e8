#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Damaged captures: whatever is still reported as complete is byte for byte what was sent.
# SEED=n tries other damage; VARIANTS=n more of it; KEEP=folder keeps what did harm.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
exec python3 tests/e2e/damage.py "${SEED:-1}" "${VARIANTS:-13}" \
    fixtures/nested-frames fixtures/tls12-cbc fixtures/plain-http
