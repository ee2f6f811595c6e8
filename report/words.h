/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

/*
 * The languages of a report. English texts stand in the code and are the keys; the others are
 * GNU gettext catalogues (report/po), compiled by msgfmt and carried inside the program, so
 * that a report comes out in every language on every machine, whatever locales it has.
 * No locale is read or set.
 *
 * sh report/po/extract.sh lists the marked texts: those inside the calls named there.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum language {
    LANGUAGE_ENGLISH,
    LANGUAGE_CHINESE, /* simplified, of mainland China */
};

enum { LANGUAGES = LANGUAGE_CHINESE + 1 };

const char *language_code(enum language l); /* "en", "zh": as in names of files */
const char *language_tag(enum language l);  /* "en", "zh-CN": BCP 47 */

/* Marks a text for translation where it stands in a table; words_get looks it up later. */
#define WORDS(text) text

/* The text in that language; the English one where a catalogue lacks it. Never NULL. */
const char *words_get(enum language l, const char *english)
        __attribute__((format_arg(2), nonnull(2)));
/* The form for `n` of two English ones. */
const char *words_plural(enum language l, const char *one, const char *more, uint64_t n)
        __attribute__((format_arg(2), format_arg(3), nonnull(2, 3)));

/*
 * The translation of a text (its first plural form) in a compiled catalogue: GNU gettext
 * manual, "The Format of GNU MO Files", either byte order. NULL when it has none or `mo` is no
 * such file; never reads outside `mo`. Borrows from it.
 */
const char *words_find(struct bytes mo, const char *english);
/* The catalogue in the program; empty for English. */
struct bytes words_catalogue(enum language l);

#endif
