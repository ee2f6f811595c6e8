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

# 4. What a recording chained while it ran: each line begins with its number and the SHA-256 of
#    the line before it. A segment without a line is one that the recording broke off in.
session=data/session.json
chain=data/raw/chain.jsonl
log=data/custody/log.jsonl
screens=data/raw/screens.jsonl

member() { # line, name: the text or the number that stands there
    printf '%s\n' "$1" | sed -n 's/.*[{,]"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

same() { # file in data/raw/, its SHA-256 in line $number
    case $1 in
    "" | /* | ../* | */../*) say "line $number names no file of the recording" ;;
    *)
        [ -f "data/raw/$1" ] || say "data/raw/$1: line $number names it, but it is not there"
        [ ! -f "data/raw/$1" ] ||
            [ "$(sha256sum <"data/raw/$1" | cut -d ' ' -f 1)" = "$2" ] ||
            say "data/raw/$1: not the SHA-256 in line $number"
        ;;
    esac
}

unbroken() { # file: says at which line its chain breaks
    number=0
    previous=0000000000000000000000000000000000000000000000000000000000000000
    while IFS= read -r line; do
        number=$((number + 1))
        case $line in
        "{\"number\":$number,\"previous\":\"$previous\","*"}") ;;
        *)
            say "$1: the chain is broken at line $number"
            return
            ;;
        esac
        previous=$(printf '%s' "$line" | sha256sum | cut -d ' ' -f 1)
    done <"$1"
    # A power cut leaves the beginning of a line.
    [ -z "$line" ] || [ "$1$broke_off" = "$chain"yes ] ||
        say "$1: it ends in the middle of a line"
}

segments() { # says which are not as their line says
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        name=$(member "$line" file)
        same "$name" "$(member "$line" sha256)"
        [ ! -f "data/raw/$name" ] ||
            [ "$(($(wc -c <"data/raw/$name")))" = "$(member "$line" bytes)" ] ||
            say "data/raw/$name: not the number of bytes in line $number"
    done <"$chain"
    told=$(sed -n 's/.*"act":"capture-ended".*"segments":\([0-9]*\).*/\1/p' "$log" | tail -n 1)
    [ "${told:-0}" -le "$number" ] || say "$chain: $number lines, but $told segments were chained"
}

open_segments() { # those without a line
    for name in data/raw/packets-*.pcapng; do
        [ ! -f "$name" ] || grep -qF "\"file\":\"${name#data/raw/}\"" "$chain" || say "$name"
    done
}

screenshots() { # says which are not as their line says
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        same "$(member "$line" file)" "$(member "$line" sha256)"
        name=$(member "$line" dom)
        case $name in
        "" | null) ;;
        *) same "$name" "$(member "$line" dom_sha256)" ;;
        esac
    done <"$screens"
    told=$(grep -c '"act":"screenshot"' "$log")
    [ "$told" -le "$number" ] || say "$screens: $number lines, but $told screenshots were taken"
    for name in data/raw/screens/*.png; do
        [ ! -f "$name" ] || [ "$broke_off" = yes ] ||
            grep -qF "\"file\":\"${name#data/raw/}\"" "$screens" || say "$name: no line is of it"
    done
}

verdict() { # what, faults
    if [ -z "$2" ]; then
        say "ok    $1"
    else
        say "FAIL  $1:"
        say "$2"
        bad=1
    fi
}

if [ -f "$session" ] || [ -f "$chain" ] || [ -f "$log" ]; then
    broke_off=no
    grep -q '"state": *"ended"' "$session" 2>/dev/null || broke_off=yes
    ! grep -qs '"act":"interrupted"' "$log" || broke_off=yes
    if [ ! -f "$log" ]; then
        verdict "custody log" "$log is not there"
        log=/dev/null
    fi
    if [ ! -f "$chain" ]; then # it may have broken off before the first segment was whole
        [ "$broke_off" = yes ] || verdict "chain of the segments" "$chain is not there"
        chain=/dev/null
    fi
    verdict "chain of the custody log, $(($(wc -l <"$log"))) acts" "$(unbroken "$log")"
    case $(tail -n 1 "$log") in
    *'"act":"imported"'* | *'"act":"resumed"'*) ;;
    *) verdict "end of the custody log" "$log: the act that made this case is missing" ;;
    esac
    verdict "chain of the segments, $(($(wc -l <"$chain"))) segments" \
        "$(unbroken "$chain" && segments)"
    without=$(open_segments)
    if [ -z "$without" ]; then
        say "ok    every segment is in the chain"
    elif [ "$broke_off" = yes ]; then
        say "note  the recording broke off; not in the chain: $without"
    else
        verdict "segments that are not in the chain" "$without"
    fi
    [ ! -f "$screens" ] ||
        verdict "SHA-256 of $(($(wc -l <"$screens"))) screenshots when they were taken" \
            "$(screenshots)"
fi

# 5. Signature and time stamps, where the case has them.
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
