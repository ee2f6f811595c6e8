# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that run the program from outside: $exhibit is where it is, $work a directory
# that goes away at the end, and $faults what was counted so far.

exhibit=$(realpath "${BUILD:-build}/check/exhibit")
work=$(mktemp -d "${TMPDIR:-/tmp}/exhibit-check.XXXXXX")
trap 'rm -rf "$work"' EXIT
faults=0

fault() {
    echo "FAULT $*"
    faults=$((faults + 1))
}

# Runs a command that must end with a status; its words are in $work/said then.
ends() { # status, what, command...
    local wanted=$1 what=$2 status
    shift 2
    "$@" >"$work/out" 2>"$work/said"
    status=$?
    [ "$status" -eq "$wanted" ] ||
        fault "$what: exit $status, not $wanted: $(head -c 300 "$work/said" "$work/out")"
    if grep -qE 'Sanitizer|runtime error' "$work/said"; then
        fault "$what: $(grep -m 1 -E 'Sanitizer|runtime error' "$work/said")"
    fi
}

says() { # what, text
    grep -qF -- "$2" "$work/said" "$work/out" || fault "$1: \"$2\" is not named in: $(cat "$work/said")"
}
