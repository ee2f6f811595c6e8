#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Captures made to hurt (attack.py): each imports without crash, leak or hang and verifies; twice
# the attack costs at most about twice the time; memory stays within a bound; what a cap took
# away is named. NAMES="syns twins" tries only these; KEEP=folder keeps what was made.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD
exec python3 -B tests/e2e/attack_check.py ${NAMES:-}
