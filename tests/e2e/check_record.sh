#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record as an ordinary user, with a real Chromium, against the servers of the fixtures' world:
# a script is driven, a second program talks meanwhile, and everything that the browser says of
# itself must be in the case.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/record_world.sh
record_needs "recording with a browser"
record_in_world tests/e2e/record_inside.sh
