#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Recordings that are broken off at seeded moments: kill -9 of each process, a full disk, everything
# stopped for a while, a power cut. What was captured must stay valid, and the case must say so.
#
# RUNS=n makes so many runs (200: the issue's), SEED=n repeats a choice, BUDGET=s bounds the time.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/record_world.sh
if [ "${1:-}" = inside ]; then
    . tests/e2e/record_person.sh
    work=$(mktemp -d "${TMPDIR:-/tmp}/exhibit-faults.XXXXXX")
    person_make "$work"
    cp "$2" "$work/exhibit" # the person may not read the build directory
    chmod 755 "$work/exhibit"
    status=0
    python3 tests/e2e/record_faults.py "$work" "$PERSON" || status=1
    grep " $work" /proc/mounts | awk '{ print $2 }' | xargs -r umount
    [ -n "${KEEP:-}" ] || rm -rf "$work"
    exit $status
fi
record_needs "recordings that break off"
SEED=${SEED:-$(date +%s)}
echo "SEED=$SEED"
# The world is the same one whatever the seed.
export FAULTS_SEED=$SEED SEED=1
record_in_world tests/e2e/check_record_faults.sh inside
