#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test against the programs in $BUILD and closes with one line:
#   N passed, N failed, N skipped
# A skipped test says why on its own line. KEEP=1 keeps the logs of passing tests.
set -u
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
export BUILD
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
logs=$BUILD/check/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# Runs one command as one test; exit 77 means skipped, its last line says why.
run() {
    local name=$1 log start=$SECONDS code
    shift
    log=$logs/$(echo "$name" | tr / _).log
    "$@" >"$log" 2>&1
    code=$?
    case $code in
    0) passed=$((passed + 1)); printf 'ok    %s (%d s)\n' "$name" $((SECONDS - start)) ;;
    77) skipped=$((skipped + 1)); printf 'skip  %s: %s\n' "$name" "$(tail -n 1 "$log")" ;;
    *) failed=$((failed + 1)); printf 'FAIL  %s (exit %d), log %s\n' "$name" "$code" "$log"
        tail -n 40 "$log" ;;
    esac
    # A unit test may skip parts of itself aloud.
    [ "$code" -ne 0 ] || grep -h '^skip: ' "$log" || true
}

run walls bash tests/walls.sh
run sizes bash tests/sizes.sh
for test in $(find tests -name 'test_*.c' | sort); do
    run "${test%.c}" "$BUILD/check/${test%.c}"
done
for fuzzer in tests/fuzz/fuzz_*.c; do
    stem=$(basename "$fuzzer" .c)
    stem=${stem#fuzz_}
    run "corpus/$stem" bash -c "$BUILD/check/tests/fuzz/replay_$stem tests/fuzz/corpus/$stem/*"
done
for script in $(find tests -name 'check_*.sh' | sort); do
    run "${script%.sh}" bash "$script"
done

if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
