/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_KEY_NAME_H
#define CLASSIFY_KEY_NAME_H

/*
 * What the name of a field says about its value: "user_mobile", "ud[em]" and "realName" say what
 * they hold. A table of words, English and Chinese in pinyin; a name is split at its signs and
 * at its capitals.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum key_sense {
    KEY_NAME,
    KEY_SEARCH,
    KEY_PHONE,
    KEY_ID_NUMBER,
    KEY_CARD,
    KEY_EMAIL,
    KEY_DEVICE,
    KEY_ACCOUNT,
    KEY_ADDRESS,
    KEY_LATITUDE,
    KEY_LONGITUDE,
    KEY_SENSES,
};

enum { KEY_NAME_MOST = 96, KEY_BACK_MOST = 512 };

/* Of longer names than KEY_NAME_MOST only the end is read. */
MUST_USE bool key_name_says(struct bytes key, enum key_sense sense);

/*
 * The name that what stands at `at` has in a text of unknown form: in front of "=", or of ":" as
 * in JSON and in header lines, or that of the element it is in. At most KEY_BACK_MOST bytes are
 * looked at. Borrowed from the text; empty when there is none.
 */
struct bytes key_name_before(struct bytes text, size_t at);

#endif
