#!/bin/sh
# Checks this case without exhibit. It needs sha256sum and sha512sum (coreutils) and, for the
# SM3 list and the signatures, openssl. It reads files of this directory only, writes nothing
# and uses no network. Exit status: 0 everything agrees, 1 something does not.
#
#   sh verify.sh
#
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 1
bad=0

say() {
    printf '%s\n' "$*"
}

check() { # what, command...
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        say "ok    $what"
    else
        say "FAIL  $what"
        "$@" 2>&1 | grep -v ': OK$' | head -n 20
        bad=1
    fi
}

# 1. Every file has the digest the manifests say, and the manifests those of the tag manifest.
check "SHA-256 of every file in data/"     sha256sum --quiet --strict -c manifest-sha256.txt
check "SHA-512 of every file in data/"     sha512sum --quiet --strict -c manifest-sha512.txt
check "SHA-256 of the manifests and tags"  sha256sum --quiet --strict -c tagmanifest-sha256.txt

# 2. No file is there that the manifests do not list.
extra=$(find data ! -type d | sort | while read -r file; do
    grep -qF "  $file" manifest-sha256.txt || say "$file"
done)
if [ -z "$extra" ]; then
    say "ok    no unlisted file in data/"
else
    say "FAIL  files in data/ that no manifest lists:"
    say "$extra"
    bad=1
fi

# 3. SM3 (GB/T 32905-2016), where openssl offers it.
if command -v openssl >/dev/null 2>&1 && printf '' | openssl dgst -sm3 >/dev/null 2>&1; then
    wrong=$(while read -r digest file; do
        have=$(openssl dgst -sm3 -r "$file" 2>/dev/null | cut -d ' ' -f 1)
        [ "$have" = "$digest" ] || say "$file"
    done <tags/sm3sum.txt)
    if [ -z "$wrong" ]; then
        say "ok    SM3 of every file in data/"
    else
        say "FAIL  SM3 differs:"
        say "$wrong"
        bad=1
    fi
else
    say "skip  SM3: this machine's openssl does not offer it"
fi

# 4. Signature and time stamps, where the case has them.
if [ -f proof/tagmanifest.p7s ]; then
    if openssl cms -verify -binary -cades -inform DER -in proof/tagmanifest.p7s \
        -content tagmanifest-sha256.txt -CAfile proof/signer.pem -purpose any \
        -out /dev/null 2>/dev/null; then
        say "ok    signature over tagmanifest-sha256.txt (who signed: see proof/signer.pem)"
    else
        say "FAIL  signature over tagmanifest-sha256.txt"
        bad=1
    fi
else
    say "note  this case carries no signature"
fi
stamps=0
for reply in proof/*.tsr; do
    [ -f "$reply" ] || continue
    stamps=$((stamps + 1))
    chain=${reply%.tsr}-chain.pem
    if openssl ts -verify -in "$reply" -data tagmanifest-sha256.txt -CAfile "$chain" \
        >/dev/null 2>&1; then
        say "ok    time stamp $reply: $(openssl ts -reply -in "$reply" -text 2>/dev/null |
            grep 'Time stamp')"
    else
        say "FAIL  time stamp $reply"
        bad=1
    fi
done
[ "$stamps" -gt 0 ] || say "note  this case carries no time stamp"

if [ "$bad" -eq 0 ]; then
    say "This case is as it was when it was sealed."
else
    say "This case is NOT as it was when it was sealed; see the lines marked FAIL."
fi
exit "$bad"
