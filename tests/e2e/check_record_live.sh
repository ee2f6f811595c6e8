#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exhibit record as a person uses it: a Chromium with a window (under Xvfb), the live view on a
# terminal, keys. PICTURES=DIR keeps pictures of terminal and display.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/record_world.sh
record_needs "recording by a person" Xvfb xdotool
record_in_world tests/e2e/record_live_inside.sh
