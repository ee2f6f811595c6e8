#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every other way of recording, with a real Chromium: a control run, a browser that is started again, a
# plan that a person follows, an existing profile, without DevTools, as root in a network of its own or
# on an interface of the machine, and what is refused. WAYS="root plan" runs only these.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/record_world.sh
record_needs "ways of recording" Xvfb xdotool
record_in_world tests/e2e/record_ways_inside.sh
