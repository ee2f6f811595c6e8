#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The include law and the library doors of doc/ARCHITECTURE.md, read off the sources.
set -u
cd "$(dirname "$0")/.."
bad=0

fail() {
    echo "walls: $*"
    bad=1
}

# Includes point one way: cli -> report -> classify -> capture -> base.
law() { # room, rooms it must not include
    local room=$1 hits
    shift
    for other in "$@"; do
        hits=$(grep -rnE "#include \"$other/" "$room" --include='*.[ch]') &&
            fail "$room/ must not include $other/: $hits"
    done
}
law base capture classify report cli tests
law capture classify report cli tests
law classify report cli tests
law report cli tests
law cli tests

# Each outside library has one door (OpenSSL: five, one for each of its parts).
door() { # header pattern, files that may include it
    local pattern=$1 hits
    shift
    hits=$(grep -rlE "#include <($pattern)" base capture classify report cli --include='*.[ch]')
    for file in $hits; do
        case " $* " in *" $file "*) ;; *) fail "$file includes <$pattern>; its door is $*" ;; esac
    done
    [ -n "$hits" ] || fail "no file includes <$pattern>; is $* the right door?"
}
door 'pcap' capture/packet/source.c capture/live/device.c
door 'seccomp' capture/live/confine.c
door 'ndpi' capture/packet/label.c
door 'cjson' base/json.c
door 'nghttp2' capture/http/hpack.c
door 'nghttp3' capture/http/qpack.c
door 'libpsl' classify/site.c
door 'unicode/' classify/han.c
door 'libloc' classify/whereabouts.c
door 'pcre2' classify/regex.c
door 'zlib|brotli|zstd' base/unpack.c
door 'openssl' base/digest.c capture/tls/crypt.c capture/tls/hash.c capture/tls/certificate.c \
    capture/quic/quic_keys.c

# No drawers for odds and ends.
drawers=$(find base capture classify report cli tests -iregex '.*/\(utils?\|common\|misc\|helpers?\)\(\.[ch]\|/.*\)?')
[ -z "$drawers" ] || fail "no such names: $drawers"

exit $bad
