/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_STRUCTURE_H
#define CLASSIFY_STRUCTURE_H

/*
 * Personal data that nobody declared, by its form. Only an identity number of GB 11643-1999 says
 * by itself what it is: of random digits one in 100,000 has a province, a date of birth and the
 * right check digit. Of random runs of eleven digits 7 % look like a mobile number, and 10 % of
 * all long ones pass the check digit of cards (ISO/IEC 7812): these count only under a name that
 * says so, and are inferred even then.
 */

#include <stdbool.h>

#include "base/bytes.h"

enum structure_kind {
    STRUCTURE_NONE,
    STRUCTURE_ID_NUMBER, /* by structure alone; the others by name and format */
    STRUCTURE_PHONE,     /* mobile number of China */
    STRUCTURE_CARD,
    STRUCTURE_EMAIL,
    STRUCTURE_IMEI,
    STRUCTURE_MAC,
};

const char *structure_name(enum structure_kind kind); /* "id-number", ...; "" of none */
/* Whether the name of the field was needed: GRADE_INFERRED. */
MUST_USE bool structure_inferred(enum structure_kind kind);

/* Of a decoded value and the name it stands under, which may be empty. */
MUST_USE enum structure_kind structure_of(struct bytes key, struct bytes value);

/* Eighteen digits, the last maybe "X": province, date of birth from 1900 on, check digit. */
MUST_USE bool structure_id_number(struct bytes text);
/* The next one in a text at or behind `*from`, with neither letter nor digit next to it; moves
 * `*from` behind it. */
MUST_USE bool structure_next(struct bytes text, size_t *from, struct bytes *out);

#endif
