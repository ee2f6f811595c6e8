#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make demo` does once the program is built: the main job on a capture recorded from a
# real browser, its verification by exhibit and without it, and where to look.
set -eu
exe=${BUILD:-build}/exhibit
case=${BUILD:-build}/demo-case
input=fixtures/news-trackers

printf '\n== A person reads the news, searches, and shops; the capture is %s ==\n' "$input"
$exe import "$input/traffic.pcapng" --keys "$input/keys.log" --subject "$input/subject.json" \
    -o "$case" --overwrite
printf '\n== Was anything changed since it was sealed? ==\n'
$exe verify --rederive "$case"
printf '\n== The same without exhibit ==\n'
sh "$case/verify.sh"
printf '\nThe report:   %s/data/report/report.en.html\n' "$case"
printf '报告（中文）：%s/data/report/report.zh.html\n' "$case"
printf 'One finding:  %s show %s f1\n' "$exe" "$case"

term=fixtures/zhu-ye
control=fixtures/zhu-ye-control
printf '\n== Zhu Ye v. Baidu once more: a search on one site, the advertisement on another ==\n'
$exe import "$term/traffic.pcapng" --keys "$term/keys.log" --subject "$term/subject.json" \
    --marks "$term/marks.jsonl" -o "$case-zhu-ye" --overwrite
printf '\n== ... and the same pages in a clean profile that never searched ==\n'
$exe import -q "$control/traffic.pcapng" --keys "$control/keys.log" \
    --subject "$term/subject.json" -o "$case-zhu-ye-control" --overwrite
$exe compare --as profiles "$case-zhu-ye" "$case-zhu-ye-control" -o "$case-compare.json" --overwrite
