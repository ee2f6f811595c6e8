/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/der.h"

enum {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xa0,    /* [0] */
    DER_ISSUER_ID = 0x81,  /* [1] */
    DER_SUBJECT_ID = 0x82, /* [2] */
    DER_EXTENSIONS = 0xa3, /* [3] */
    DER_LONG_FORM = 0x80,
    DER_LENGTH_BYTES = 3, /* a TLS message has no longer ones */
};

bool der_take(struct bytes *b, uint8_t *tag, struct bytes *whole, struct bytes *content)
{
    struct bytes rest = *b, inner;
    uint8_t found, length, next;
    size_t n;

    if (!bytes_take_u8(&rest, &found) || !bytes_take_u8(&rest, &length))
        return false;
    n = length;
    if (length >= DER_LONG_FORM) {
        n = 0;
        length = (uint8_t)(length - DER_LONG_FORM);
        if (length == 0 || length > DER_LENGTH_BYTES)
            return false;
        for (; length != 0; length--) {
            if (!bytes_take_u8(&rest, &next))
                return false;
            n = n << 8 | next;
        }
    }
    if (!bytes_take(&rest, n, &inner))
        return false;
    *tag = found;
    *whole = bytes_slice(*b, 0, b->n - rest.n);
    *content = inner;
    *b = rest;
    return true;
}

static bool take_tagged(
        struct bytes *b, uint8_t want, struct bytes *whole, struct bytes *content)
{
    struct bytes rest = *b;
    uint8_t tag;

    if (!der_take(&rest, &tag, whole, content) || tag != want)
        return false;
    *b = rest;
    return true;
}

static void skip_optional(struct bytes *b, uint8_t tag)
{
    struct bytes whole, content;

    if (!take_tagged(b, tag, &whole, &content))
        return; /* not there */
}

bool der_read_certificate(struct bytes der, struct der_certificate *out)
{
    struct der_certificate found = {0};
    struct bytes whole, inner, tbs, validity, none;
    uint8_t tag;

    if (!take_tagged(&der, DER_SEQUENCE, &whole, &inner) ||
            !take_tagged(&inner, DER_SEQUENCE, &whole, &tbs) ||
            !take_tagged(&inner, DER_SEQUENCE, &whole, &none) ||
            !take_tagged(&inner, DER_BIT_STRING, &whole, &none))
        return false;
    skip_optional(&tbs, DER_VERSION);
    if (!take_tagged(&tbs, DER_INTEGER, &found.serial, &none) ||
            !take_tagged(&tbs, DER_SEQUENCE, &whole, &none) ||
            !take_tagged(&tbs, DER_SEQUENCE, &found.issuer, &none) ||
            !take_tagged(&tbs, DER_SEQUENCE, &whole, &validity) ||
            !der_take(&validity, &tag, &found.not_before, &none) ||
            !der_take(&validity, &tag, &found.not_after, &none) ||
            !take_tagged(&tbs, DER_SEQUENCE, &found.subject, &none) ||
            !take_tagged(&tbs, DER_SEQUENCE, &found.key, &none))
        return false;
    skip_optional(&tbs, DER_ISSUER_ID);
    skip_optional(&tbs, DER_SUBJECT_ID);
    if (tbs.n != 0 &&
            (!take_tagged(&tbs, DER_EXTENSIONS, &whole, &found.extensions) || tbs.n != 0))
        return false;
    *out = found;
    return true;
}
