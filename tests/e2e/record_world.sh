# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that record with a real browser: what they need, and the fixtures' world of servers
# to run them in.

BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1

# Skips, aloud, what cannot be done on this machine.
record_needs() { # what is tested, programs...
    local what=$1 program missing
    shift
    skip() {
        echo "skip: $what: $1"
        exit 77
    }
    [ "$(id -u)" = 0 ] || skip "the world of servers needs network namespaces, and these root"
    unshare -n true 2>/dev/null || skip "no network namespaces here"
    unshare -Ur true 2>/dev/null || skip "no user namespaces here"
    for program; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
    missing=$(bash fixtures/world/make.sh ready 2>&1) || skip "$missing"
}

# Goes on with a script in the client's namespace; the program under test is its last argument.
record_in_world() { # script, arguments...
    exec bash fixtures/world/make.sh serve bash "$@" "$(realpath "$BUILD/check/exhibit")"
}
