#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages exhibit needs, by name, and only those that are missing.
#   deps.sh run   what building, running and demonstrating exhibit takes
#   deps.sh all   that, and what the tests take
set -eu

run="gcc make libpcap-dev libndpi-dev libssl-dev libcjson-dev libnghttp2-dev libnghttp3-dev libpsl-dev
  libicu-dev libloc-dev libseccomp-dev slirp4netns passt
  libpcre2-dev zlib1g-dev libbrotli-dev libzstd-dev gettext publicsuffix
  webext-ublock-origin-chromium openssl"
tests="libcmocka-dev libloc-database clang libclang-rt-14-dev clang-format clang-tidy tshark wireshark-common
  jq python3 curl caddy time zstd chromium xvfb xdotool tcpdump ethtool iproute2 util-linux procps libcap2-bin libndpi-bin nodejs npm
  pkg-config libngtcp2-dev libngtcp2-crypto-gnutls-dev libgnutls28-dev libnss3-tools"

wanted=$run
[ "${1:-run}" = all ] && wanted="$run $tests"

missing=
for package in $wanted; do
    case $package in
    # A program that came from elsewhere serves as well as Debian's own package of it.
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "exhibit needs these Debian packages, which are not installed:$missing"
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
    echo "Installing them takes root; sudo may ask for your password."
else
    echo "Install them as root, then run this again:  apt-get install$missing" >&2
    exit 3
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
