/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PUNYCODE_H
#define CLASSIFY_PUNYCODE_H

/*
 * Host names in Unicode to the ASCII form that DNS and browsers send: `xn--` and Punycode
 * (RFC 3492). Letters are not mapped (no case folding outside ASCII, no normalisation): lists
 * write names in lower case already.
 */

#include "base/bytes.h"

enum {
    PUNYCODE_LABEL_MOST = 63, /* code points of a label; RFC 1035 allows no longer result */
    PUNYCODE_GROWTH = 8,      /* the result has at most (1 + this) times the bytes */
};

/*
 * Copies `text`, writing each label (what stands between bytes that are neither letters,
 * digits, `-`, `_` nor above 0x7f) in ASCII. A label that is no UTF-8 or too long is copied as
 * it is. `out` has room for (1 + PUNYCODE_GROWTH) * text.n bytes; returns how many were written.
 */
size_t punycode_names(struct bytes text, uint8_t *out);

#endif
