#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No source file passes 600 lines, data tables (data/, *_table.c) excepted; the Makefile 150.
set -u
cd "$(dirname "$0")/.."
long=$(find base capture classify report cli tests -name '*.[ch]' ! -name '*_table.[ch]' \
    ! -path '*/data/*' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 {print $2 " has " $1 " lines"}')
[ "$(wc -l <Makefile)" -le 150 ] || long="$long Makefile has $(wc -l <Makefile) lines"
[ -z "$long" ] || { echo "sizes: two rooms in one file? $long"; exit 1; }
