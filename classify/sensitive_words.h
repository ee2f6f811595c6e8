/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SENSITIVE_WORDS_H
#define CLASSIFY_SENSITIVE_WORDS_H

/*
 * The dictionaries of sensitive classes, and the search for their words in a text. The classes
 * are those of PIPL 28 and GB/T 45574-2025 chapter 6, with those that GDPR 9 and CCPA
 * 1798.140(ae) have besides; the words are our own compilation, made in 2026-11.
 *
 * English words and phrases match as whole words, in any case, with a space, "+", "-" or "_"
 * between the words of a phrase and an "s" behind the last; Chinese ones, of two characters or
 * more, wherever they stand. The first match decides; from one place the longest. A word says
 * something of the text, nothing of the person.
 */

#include "base/arena.h"
#include "base/bytes.h"

enum sensitive_class {
    SENSITIVE_HEALTH,
    SENSITIVE_RELIGION,
    SENSITIVE_SEXUALITY,
    SENSITIVE_FINANCE,
    SENSITIVE_MINORS,
    SENSITIVE_LOCATION,
    SENSITIVE_POLITICS,
    SENSITIVE_BIOMETRIC,
    SENSITIVE_IDENTITY,
    SENSITIVE_CLASSES,
};

/* Words that hold one of the others without meaning it: "仿佛" holds no Buddha. */
#define SENSITIVE_BLOCK SENSITIVE_CLASSES

/* One dictionary: words between '|', of one class and language; see sensitive_table.c. */
struct sensitive_list {
    enum sensitive_class class_;
    bool chinese;
    const char *words;
};

extern const struct sensitive_list sensitive_lists[];
extern const size_t sensitive_list_count;
extern const char sensitive_date[]; /* "2026-11" */

const char *sensitive_class_name(enum sensitive_class class_); /* "health", ... */
const char *sensitive_class_zh(enum sensitive_class class_);

struct sensitive_word {
    struct bytes text; /* as the dictionary has it */
    enum sensitive_class class_;
    bool chinese;
};

struct sensitive_words; /* opaque, in its arena; read-only once made */

/* NULL: no memory. */
struct sensitive_words *sensitive_words_new(struct arena *arena);
size_t sensitive_words_count(const struct sensitive_words *w);
/* The first word in `text`, which is looked at as it is; NULL when it has none. O(n log words).
 */
const struct sensitive_word *sensitive_words_find(
        const struct sensitive_words *w, struct bytes text);

/* How far a text can be read with these dictionaries. */
enum sensitive_reach {
    REACH_WORDS,  /* words in Latin letters of ASCII, or in Han characters */
    REACH_CODE,   /* only numbers, or codes of a few letters and digits */
    REACH_SCRIPT, /* letters of another script, too */
    REACH_OPAQUE, /* a run that is no word, or no UTF-8 */
};

enum sensitive_reach sensitive_reach_of(struct bytes text);

#endif
