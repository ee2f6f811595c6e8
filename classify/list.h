/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_LIST_H
#define CLASSIFY_LIST_H

/*
 * Tracker lists: files in Adblock syntax (see rule.h), loaded at run time from where the
 * person has them. What a list says is worth as much as one can check which list it was: each
 * is known by its path, SHA-256, version and the number of lines of each kind.
 *
 * Order matters: the lists stand in the order in which they were added (the files of a
 * directory by name, an included file behind those named before), and the first rule that
 * matches is the one that match names.
 *
 * `!#if` is evaluated with every name false (see condition.h); `!#include name` loads a file of
 * the same directory as a list of its own. Lines that are too long, rules past RULESET_MOST and
 * files past LISTS_MOST are counted, never dropped in silence.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

enum {
    LISTS_MOST = 256,          /* files */
    LIST_FILE_MOST = 64 << 20, /* bytes of a file */
};

struct lists; /* opaque. Read-only once sealed: threads may share it then */

/* What is known of one list. All borrow from the lists. */
struct list_info {
    const char *path;
    const char *name;     /* the file's name, without directories */
    struct bytes title;   /* of `! Title:`; empty where a header line is absent */
    struct bytes version; /* of `! Version:` */
    struct bytes
            modified; /* of `! Last modified:` or `! TimeUpdated:`, not an unfilled %field% */
    struct bytes homepage; /* of `! Homepage:` */
    char sha256[SHA256_TEXT];
    uint64_t bytes;
    uint32_t lines;
    uint32_t blocks;           /* network rules that block */
    uint32_t exceptions;       /* network rules that except */
    uint32_t modifiers;        /* network rules that change requests or pages: not used */
    uint32_t bad_filters;      /* rules that switch off others */
    uint32_t unsupported;      /* network rules with an option or expression we do not know */
    uint32_t malformed;        /* lines that are no rule, or longer than a limit of rule.h */
    uint32_t cosmetics;        /* rules for elements of pages: not used */
    uint32_t comments;         /* with headers and directives */
    uint32_t skipped;          /* lines that a condition left out */
    uint32_t over_limit;       /* rules not loaded: RULESET_MOST or its kin was reached */
    uint32_t includes_missing; /* files named by `!#include` that could not be loaded */
};

struct lists *lists_new(void);        /* NULL when out of memory */
void lists_free(struct lists *lists); /* NULL is fine */

/*
 * Loads a list file, or all files of a directory whose names end in `.txt`. STATUS_MISSING when
 * there is none, STATUS_IO, STATUS_INPUT (a file is too large), STATUS_USAGE (already sealed, or
 * too many files), STATUS_NOMEM; `fault` says which file. Files loaded before the failure stay.
 */
MUST_USE enum status lists_add(struct lists *lists, const char *path, struct fault *fault);

/* EasyList and EasyPrivacy as Debian's package webext-ublock-origin-chromium installs them. */
MUST_USE enum status lists_add_default(struct lists *lists, struct fault *fault);

/* Loads one list from memory under a name; as lists_add otherwise. `!#include` finds nothing. */
MUST_USE enum status lists_add_text(
        struct lists *lists, const char *name, struct bytes text, struct fault *fault);

/* Applies badfilter rules and builds the index. To be called once, before match. */
MUST_USE enum status lists_seal(struct lists *lists, struct fault *fault);

size_t lists_count(const struct lists *lists);
const struct list_info *lists_info(const struct lists *lists, size_t i);
size_t lists_switched_off(const struct lists *lists); /* rules that badfilter took out */

/* For match.c. */
struct ruleset;
struct index;
const struct ruleset *lists_rules(const struct lists *lists);
/* NULL unless sealed. */
const struct index *lists_index(const struct lists *lists);
/* The text of a rule as it stands in its list. */
struct bytes lists_rule_text(const struct lists *lists, uint32_t rule);

#endif
