/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VARIANT_H
#define CLASSIFY_VARIANT_H

/*
 * The ways one declared value is written: a mobile number with or without country code, spaced
 * 3-4-4, masked; a name in Han characters and in pinyin; a MAC address with ":" or "-" or none.
 * What a coding does to bytes (percent, base64, ...) is no variant: search.h undoes it on the
 * other side. Sources of the forms: GB 11643-1999 (identity numbers), ITU-T E.164 (telephone),
 * GA 36-2018 (plates), ISO/IEC 7812 (cards), 3GPP TS 23.003 (IMEI); the normalisations that
 * trackers hash are those of the public conversion APIs of Meta, Google, TikTok and of Chinese
 * advertising (MD5 of the bare eleven digits).
 */

#include <stdbool.h>

#include "classify/subject.h"

struct variant {
    size_t value; /* index in the subject */
    const char
            *form; /* static: "as declared", "lower case", "E.164", "pinyin", "masked", ... */
    struct bytes text;   /* the bytes to look for, UTF-8 unless `charset` says otherwise */
    const char *charset; /* static: "utf-8", "gbk", "utf-16le" */
    bool partial;        /* names the person in part only: masked, last four, local part */
    bool hashed;         /* digests of it are looked for, too */
    bool plain;          /* it is looked for as it is */
    bool bounded;        /* no letter or digit of its own alphabet may stand next to it */
    bool needs_key; /* counts only under a key that says what it is ("name", "wd", "sfz") */
};

struct variants {
    struct variant *at; /* in the arena; in the order of values, each text once for a value */
    size_t n;
};

enum { VARIANTS_OF_ONE_MOST = 64 };

/* All variants of all values but locations, which are numbers (search.h). A plain variant too
 * short to mean anything (methods: under 6 bytes, 8 when all digits, 2 Han characters) is made
 * with needs_key, shorter ones not at all. STATUS_NOMEM. */
MUST_USE enum status variants_make(
        struct arena *arena, const struct subject *subject, struct variants *out);

#endif
