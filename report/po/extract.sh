#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes every text that is marked for translation to a template: sh report/po/extract.sh OUT.pot
set -eu
cd "$(dirname "$0")/../.."
LC_ALL=C.UTF-8
export LC_ALL
# Dates are left out of the template: the same sources give the same bytes.
# shellcheck disable=SC2046 # a list of file names of ours
xgettext --language=C --from-code=UTF-8 --no-wrap --no-location --sort-output --output=- \
    --package-name=exhibit --copyright-holder='exhibit authors' --add-comments=Translators: \
    --keyword= --keyword=WORDS --keyword=WHY --keyword=words_get:2 --keyword=words_plural:2,3 \
    --keyword=page_word:2 --keyword=page_say:2 --keyword=page_section:3 \
    --keyword=page_paragraph:2 --keyword=page_head:2 --keyword=page_label:2 \
    --keyword=page_table:2 --keyword=page_caption:2 --keyword=page_fold:3 \
    --flag=words_get:2:c-format --flag=page_say:2:c-format --flag=page_paragraph:2:c-format \
    --flag=page_fold:3:c-format \
    $(find report cli capture/live -name '*.c' | LC_ALL=C sort) 2>/dev/null |
    grep -v '^"POT-Creation-Date\|^"Report-Msgid-Bugs-To' |
    sed -e 's/charset=CHARSET/charset=UTF-8/' -e '1,4s/YEAR/2026/' >"$1"
