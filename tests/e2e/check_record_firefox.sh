#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record with Firefox: no account of the browser's own, a profile that trusts the world's
# authority, the key log that Firefox writes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/record_world.sh
record_needs "recording with Firefox" firefox-esr Xvfb
record_in_world tests/e2e/record_firefox_inside.sh
