#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The report pages: well-formed, without scripts and the network, nothing of a hostile capture gets
# through as markup or as control characters, and a browser opens them without a complaint.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/program.sh
export PYTHONDONTWRITEBYTECODE=1

python3 tests/e2e/hostile.py "$work/<img src=x onerror=alert(1)>.pcap" || exit 1
hostile=$work/'a"<script>alert(1)<'
mkdir -p "$work/news" "$work/zhu-ye" "$work/consent-refused" "$hostile"
"$exhibit" import fixtures/news-trackers/traffic.pcapng --keys fixtures/news-trackers/keys.log \
    --subject fixtures/news-trackers/subject.json \
    -o "$work/news/case" 2>"$work/said" || fault "import of news-trackers: $(cat "$work/said")"
# With marks, and with what the person declares: a time line is drawn, a table says what went where.
for name in zhu-ye consent-refused; do
    "$exhibit" import fixtures/$name/traffic.pcapng --keys fixtures/$name/keys.log \
        --subject fixtures/$name/subject.json --marks fixtures/$name/marks.jsonl \
        -o "$work/$name/case" 2>"$work/said" || fault "import of $name: $(cat "$work/said")"
    python3 tests/e2e/page.py "$work/$name/case" || fault "$name"
done
grep -q '<svg' "$work/consent-refused/case/data/report/report.zh.html" || fault "no time line is drawn"
"$exhibit" import "$work"/*.pcap -o "$hostile/<b>case" 2>"$work/said" ||
    fault "import of the hostile capture: $(cat "$work/said")"
# What the terminal is told is as harmless as the page.
if LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' \
    "$work/said"; then
    fault "import prints control characters or direction marks: $(cat -v "$work/said" | head -c 600)"
fi
"$exhibit" verify -q "$hostile/<b>case" || fault "the hostile case does not verify"
python3 tests/e2e/page.py "$work/news/case" || fault "news-trackers"
python3 tests/e2e/page.py "$hostile/<b>case" hostile || fault "hostile"

chromium=/usr/lib/chromium/chromium
[ -x "$chromium" ] || chromium=$(command -v chromium || command -v chromium-browser || echo)
if [ -z "$chromium" ]; then
    echo "skip: opening the pages in a browser: Chromium is not installed"
else
    for page in "$work/news/case/data/report/report.en.html" \
        "$work/consent-refused/case/data/report/report.zh.html" "$hostile/<b>case/data/report/report.zh.html"; do
        cp "$page" "$work/page.html"
        timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --disable-extensions \
            --disable-dev-shm-usage --no-first-run --user-data-dir="$work/profile" \
            --enable-logging=stderr --virtual-time-budget=2000 --dump-dom \
            "file://$work/page.html" >"$work/dom" 2>"$work/log" || fault "Chromium: exit $?"
        grep -q '</html>' "$work/dom" || fault "Chromium shows nothing of $(basename "$page")"
        grep -qi '<script' "$work/dom" && fault "Chromium sees a script in $(basename "$page")"
        grep 'CONSOLE' "$work/log" >"$work/console" &&
            fault "the console has something to say: $(head -n 3 "$work/console")"
        echo "$(basename "$page"): opened, $(wc -c <"$work/dom") bytes of document"
    done
fi

echo "$faults faults"
[ $faults -eq 0 ]
