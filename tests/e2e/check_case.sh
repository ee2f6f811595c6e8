#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A case from import to verification: what seals it, what breaks the seal, and what happens when
# the import is refused, killed or out of disk.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/program.sh
folder=$(realpath fixtures/nested-frames)
printf '! Title: tiny\n||ads.adgrid.test^\n' >"$work/tiny.txt"

import() { # target, options...
    local target=$1
    shift
    "$exhibit" import -q --lists "$work/tiny.txt" "$folder/traffic.pcapng" \
        --keys "$folder/keys.log" -o "$target" "$@" 2>"$work/said"
}

case=$work/case
import "$case" || fault "import: $(cat "$work/said")"
[ ! -s "$work/said" ] || fault "import -q said: $(cat "$work/said")"

echo "== an untouched case"
untouched() { # what
    ends 0 "$1: verify" "$exhibit" verify "$case"
    ends 0 "$1: sha256sum -c" sh -c "cd '$case' && sha256sum --quiet --strict -c manifest-sha256.txt"
    ends 0 "$1: sha512sum -c" sh -c "cd '$case' && sha512sum --quiet --strict -c manifest-sha512.txt"
    ends 0 "$1: tag manifest" sh -c "cd '$case' && sha256sum --quiet --strict -c tagmanifest-sha256.txt"
    ends 0 "$1: verify.sh" sh "$case/verify.sh"
}
untouched "new"
for name in bagit.txt bag-info.txt VERIFY.txt verify.sh tags/sm3sum.txt data/raw/traffic.pcapng \
    data/raw/keys.log data/report/report.en.html data/report/report.zh.html \
    data/findings/{exchanges,connections,dns,items}.jsonl \
    data/findings/{findings,completeness,basis}.json; do
    [ -s "$case/$name" ] || [ "$name" = data/findings/dns.jsonl ] || fault "$name is missing or empty"
done
grep -q "\"bytes\": $(stat -c %s "$folder/traffic.pcapng")," "$case/data/findings/completeness.json" ||
    fault "completeness.json does not say how large the capture is"
cmp -s "$case/data/raw/traffic.pcapng" "$folder/traffic.pcapng" || fault "the capture in the case differs"
strange=$(cd "$case" && find . | grep -v '^[A-Za-z0-9._/-]*$')
[ -z "$strange" ] || fault "file names outside [A-Za-z0-9._/-]: $strange"
for name in "$case"/data/findings/*.json "$case"/data/findings/*.jsonl; do
    jq -e . "$name" >/dev/null 2>&1 || [ ! -s "$name" ] || fault "$name is no JSON"
done

echo "== the same input gives the same case"
mkdir "$work/again" "$work/threads"
import "$work/again/case" -j1 || fault "second import: $(cat "$work/said")"
import "$work/threads/case" -j4 || fault "import -j4: $(cat "$work/said")"
for other in again threads; do
    diff -r "$case/data" "$work/$other/case/data" >"$work/out" ||
        fault "$other: data/ differs: $(head -n 3 "$work/out")"
done
rm -rf "$work/again" "$work/threads"

echo "== what was touched is named"
# Flips the lowest bit of the byte in the middle of a file.
flip() { # file
    python3 - "$1" <<'EOF'
import os, sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(os.path.getsize(sys.argv[1]) // 2)
    byte = f.read(1)
    f.seek(-1, os.SEEK_CUR)
    f.write(bytes([byte[0] ^ 1]))
EOF
}
flipped=0
while IFS= read -r name; do
    [ -s "$case/$name" ] || continue
    chmod u+w "$case/$name"
    flip "$case/$name"
    ends 1 "flipped $name: verify" "$exhibit" verify "$case"
    says "flipped $name: verify" "$name"
    ends 1 "flipped $name: verify.sh" sh "$case/verify.sh"
    says "flipped $name: verify.sh" "$name"
    flip "$case/$name"
    flipped=$((flipped + 1))
done < <(cd "$case" && find data -type f | sort)
for name in bag-info.txt VERIFY.txt tags/sm3sum.txt manifest-sha512.txt; do
    flip "$case/$name"
    ends 1 "flipped $name: verify" "$exhibit" verify "$case"
    says "flipped $name: verify" "$name"
    flip "$case/$name"
done
echo "$flipped files of data/ flipped and named"

mv "$case/data/raw/keys.log" "$work/keys.log"
ends 1 "removed file: verify" "$exhibit" verify "$case"
says "removed file: verify" data/raw/keys.log
ends 1 "removed file: verify.sh" sh "$case/verify.sh"
says "removed file: verify.sh" data/raw/keys.log
mv "$work/keys.log" "$case/data/raw/keys.log"

echo more >"$case/data/raw/more.txt"
ends 1 "added file: verify" "$exhibit" verify "$case"
says "added file: verify" data/raw/more.txt
ends 1 "added file: verify.sh" sh "$case/verify.sh"
says "added file: verify.sh" data/raw/more.txt
rm "$case/data/raw/more.txt"

for manifest in manifest-sha256.txt manifest-sha512.txt tags/sm3sum.txt; do
    cp "$case/$manifest" "$work/manifest"
    sed -i '1s/^[0-9a-f]/g/' "$case/$manifest"
    ends 1 "broken line in $manifest: verify" "$exhibit" verify "$case"
    says "broken line in $manifest: verify" "$manifest"
    ends 1 "broken line in $manifest: verify.sh" sh "$case/verify.sh"
    sed '1d' "$work/manifest" >"$case/$manifest"
    ends 1 "line gone from $manifest: verify" "$exhibit" verify "$case"
    says "line gone from $manifest: verify" "$manifest"
    ends 1 "line gone from $manifest: verify.sh" sh "$case/verify.sh"
    cp "$work/manifest" "$case/$manifest"
done
ln -s /etc/passwd "$case/data/raw/link"
ends 1 "added link: verify" "$exhibit" verify "$case"
says "added link: verify" data/raw/link
ends 1 "added link: verify.sh" sh "$case/verify.sh"
rm "$case/data/raw/link"
untouched "restored"

echo "== findings follow from the packets, whatever the manifests say"
ends 0 "rederive" "$exhibit" verify --rederive "$case"
# Seals a changed file anew, as a forger with a text editor and sha256sum would.
reseal() { # file
    (
        cd "$case" || exit 1
        for kind in 256 512; do
            grep -vF "  $1" "manifest-sha$kind.txt" >"$work/manifest"
            { cat "$work/manifest" && "sha${kind}sum" "$1"; } | sort -k 2 >"manifest-sha$kind.txt"
        done
        grep -vF "  $1" tags/sm3sum.txt >"$work/manifest"
        {
            cat "$work/manifest"
            printf '%s  %s\n' "$(openssl dgst -sm3 -r "$1" | cut -d ' ' -f 1)" "$1"
        } | sort -k 2 >tags/sm3sum.txt
        cut -d ' ' -f 3- tagmanifest-sha256.txt | xargs sha256sum >"$work/manifest"
        cp "$work/manifest" tagmanifest-sha256.txt
    )
}
cp -r "$case" "$work/honest"
for change in exchanges.jsonl:'s/"status":200/"status":204/' \
    findings.json:'s/tracking-identifier/trucking-identifier/' items.jsonl:'s/"party":"third"/"party":"first"/'; do
    name=data/findings/${change%%:*}
    sed -i "0,/./${change#*:}" "$case/$name"
    if cmp -s "$case/$name" "$work/honest/$name"; then
        sed -i "${change#*:}" "$case/$name"
    fi
    cmp -s "$case/$name" "$work/honest/$name" && fault "$name was to be changed"
    reseal "$name"
    ends 0 "forged $name: verify" "$exhibit" verify "$case"
    ends 0 "forged $name: verify.sh" sh "$case/verify.sh"
    ends 1 "forged $name: rederive" "$exhibit" verify --rederive "$case"
    says "forged $name: rederive" "$name"
    cp "$work/honest/$name" "$case/$name"
    reseal "$name"
done
ends 0 "honest again: rederive" "$exhibit" verify --rederive "$case"
rm -rf "$work/honest"

echo "== an existing target"
before=$(sha256sum "$case/bag-info.txt" "$case/tagmanifest-sha256.txt")
import "$case"
[ $? -eq 2 ] || fault "an existing case was not refused with exit 2"
grep -qF "$case" "$work/said" || fault "the refusal does not name the target: $(cat "$work/said")"
[ "$before" = "$(sha256sum "$case/bag-info.txt" "$case/tagmanifest-sha256.txt")" ] ||
    fault "a refused import changed the case"
ends 4 "--overwrite with a bad input" "$exhibit" import -q --overwrite "$work/nothing" -o "$case"
untouched "after a failed --overwrite"
echo mine >"$case/data/raw/mine.txt"
import "$case" --overwrite || fault "--overwrite: $(cat "$work/said")"
[ ! -e "$case/data/raw/mine.txt" ] || fault "--overwrite left an old file"
untouched "overwritten"

echo "== input that cannot be used"
echo "this is no capture, only words" >"$work/words.pcap"
: >"$work/empty.pcap"
head -c 20 /dev/zero >"$work/zeros.pcap"
for input in "$work/nothing.pcap" "$work" "$work/words.pcap" "$work/empty.pcap" "$work/zeros.pcap"; do
    ends 4 "import $(basename "$input")" "$exhibit" import -q "$input" -o "$work/none"
    says "import $(basename "$input")" "$(basename "$input")"
    [ "$(wc -l <"$work/said")" -eq 1 ] || fault "import $(basename "$input"): more than a line"
    [ ! -e "$work/none" ] || fault "import $(basename "$input") left a target"
done
ends 4 "key log that is not there" "$exhibit" import -q "$folder/traffic.pcapng" \
    --keys "$work/nothing.log" -o "$work/none"
says "key log that is not there" nothing.log
ends 4 "list that is not there" "$exhibit" import -q "$folder/traffic.pcapng" \
    --lists "$work/nothing.list" -o "$work/none"
says "list that is not there" nothing.list
ends 4 "verify of no case" "$exhibit" verify "$work/tiny.txt"
ends 4 "verify of nothing" "$exhibit" verify "$work/nothing"
ends 3 "a target that cannot be made" "$exhibit" import -q "$folder/traffic.pcapng" \
    -o "$work/tiny.txt/case"
ends 2 "unknown option" "$exhibit" import --no-such-option "$folder/traffic.pcapng" -o "$work/none"
ends 2 "no target" "$exhibit" import "$folder/traffic.pcapng"
ends 2 "no input" "$exhibit" import -o "$work/none"
ends 2 "unknown command" "$exhibit" no-such-command
ends 2 "-j 0" "$exhibit" import -j 0 "$folder/traffic.pcapng" -o "$work/none"
ends 0 "--help" "$exhibit" import --help
[ ! -e "$work/none" ] || fault "a failed import left a target"

echo "== killed in the middle"
killed=0
start=$(date +%s%3N)
import "$work/killed" || fault "import: $(cat "$work/said")"
whole=$(($(date +%s%3N) - start))
rm -rf "$work/killed"
for tenth in 1 2 3 4 5 6 7 8 9 10; do
    "$exhibit" import -q --lists "$work/tiny.txt" "$folder/traffic.pcapng" \
        --keys "$folder/keys.log" -o "$work/killed" >/dev/null 2>&1 &
    sleep "$(printf '%d.%03d' $((whole * tenth / 10000)) $((whole * tenth / 10 % 1000)))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    # What stands under the name of a case is a whole one: it was sealed before the end came.
    if [ -e "$work/killed" ]; then
        ends 0 "killed at $tenth tenths: verify" "$exhibit" verify "$work/killed"
        rm -rf "$work/killed"
    else
        killed=$((killed + 1))
    fi
done
[ $killed -gt 0 ] || fault "no import was killed"
import "$work/killed" || fault "import after a kill: $(cat "$work/said")"
ends 0 "import after a kill: verify" "$exhibit" verify "$work/killed"
echo "10 imports killed, $killed before the case was sealed: none of them left one"

echo "== a full disk"
mkdir "$work/disk"
full() { # size
    # shellcheck disable=SC2016 # the inner shell expands them
    unshare -rm sh -c 'mount -t tmpfs -o size="$1" none "$2" || exit 99
        "$3" import -q "$4/traffic.pcapng" --keys "$4/keys.log" -o "$2/case"
        status=$?
        ls -A "$2" >&3
        exit $status' sh "$1" "$work/disk" "$exhibit" "$folder" 3>"$work/left"
}
for size in 16k 256k 1m 4m; do
    full $size >"$work/out" 2>"$work/said"
    status=$?
    if [ $status -eq 99 ] || grep -q '^unshare:' "$work/said"; then
        echo "skip: a full disk: no user namespaces here"
        break
    fi
    [ $status -eq 3 ] || fault "disk of $size: exit $status, not 3: $(head -c 300 "$work/said")"
    says "disk of $size" "No space left on device"
    [ "$(wc -l <"$work/said")" -eq 1 ] || fault "disk of $size: not one line: $(head -c 600 "$work/said")"
    [ ! -s "$work/left" ] || fault "disk of $size: left behind: $(cat "$work/left")"
done

echo "$faults faults"
[ $faults -eq 0 ]
