/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_NAMES_H
#define CLI_CASE_NAMES_H

/* What input files are called inside a case: their own names, as far as a bag allows, or those
 * that the layout of a case has for them. */

#include "base/arena.h"
#include "base/fault.h"

#define CASE_SUBJECT "data/subject.json"
#define CASE_MARKS "data/marks.jsonl"
#define CASE_BROWSER "data/raw/browser.jsonl"
#define CASE_SOCKETS "data/raw/sockets.jsonl"
#define CASE_RULES "data/rules"

/*
 * "folder/base" for each of the n paths, without repeats: characters a bag does not allow
 * become "_", and a name that was given before gets "-2", "-3", … in front of its ending.
 * `only` (may be NULL) is the name when there is just one file. NULL: no memory.
 */
MUST_USE const char *const *case_names(struct arena *arena, const char *folder,
        const char *only, const char *const *paths, size_t n);

#endif
