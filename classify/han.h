/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_HAN_H
#define CLASSIFY_HAN_H

/*
 * Text beyond ASCII: normal forms, the charsets that Chinese sites use, and the Latin spelling
 * of Han characters. The one door to ICU.
 *
 * All inputs are UTF-8 (RFC 3629); what is not is refused, never repaired. Nothing here depends
 * on the locale. Results are in the arena and borrow nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

enum { HAN_TEXT_MOST = 4096 }; /* bytes of one text; a longer one is STATUS_USAGE */

/* Unicode Normalization Form C, without white space (any of Unicode's) at either end.
 * STATUS_INPUT when it is not UTF-8, STATUS_USAGE, STATUS_NOMEM; `out` untouched then. */
MUST_USE enum status han_normal(struct arena *arena, struct bytes text, struct bytes *out);
/* Form KC: "１３８" becomes "138". Likewise. */
MUST_USE enum status han_narrow(struct arena *arena, struct bytes text, struct bytes *out);
/* Lower case of every letter, by no language's rules. Likewise. */
MUST_USE enum status han_lower(struct arena *arena, struct bytes text, struct bytes *out);
/* GB 18030, whose one and two byte codes are those of GBK. Likewise; STATUS_MISSING when ICU
 * lacks its data. */
MUST_USE enum status han_gbk(struct arena *arena, struct bytes text, struct bytes *out);
/* UTF-16, little-endian, without a mark. Likewise. */
MUST_USE enum status han_utf16(struct arena *arena, struct bytes text, struct bytes *out);

/* How the vowel of "lü" is written without its dots. */
enum han_umlaut {
    HAN_U,  /* "lu": without accents */
    HAN_V,  /* "lv": keyboards */
    HAN_YU, /* "lyu": passports, GB/T 28039-2011 */
    HAN_UMLAUTS,
};

/*
 * The spelling of a personal name in ASCII, in lower case, a space between syllables: "wang xiao
 * ming". The first character is read as a surname (ICU's "Han-Latin/Names": 曾 is zeng). Costs
 * a fraction of a second when first called. Errors as for han_gbk.
 */
MUST_USE enum status han_pinyin(
        struct arena *arena, struct bytes name, enum han_umlaut umlaut, struct bytes *out);

/* The next character of UTF-8 text; false at its end or at what is none. */
MUST_USE bool han_take(struct bytes *text, uint32_t *out);
MUST_USE bool han_is(uint32_t character); /* of the Han script */
size_t han_count(struct bytes text);      /* Han characters in it */

#endif
