/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_DER_H
#define CAPTURE_TLS_DER_H

/*
 * A certificate taken apart into its DER elements (RFC 5280 section 4.1, X.690), with nothing
 * of them interpreted. OpenSSL's own reader builds the public key at once, which costs a third
 * of a millisecond for each certificate of a chain, and only the leaf's is ever used.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

/* Whole elements, tag and length included. All borrow from the certificate. */
struct der_certificate {
    struct bytes serial;
    struct bytes issuer;
    struct bytes not_before;
    struct bytes not_after;
    struct bytes subject;
    struct bytes key;        /* SubjectPublicKeyInfo */
    struct bytes extensions; /* SEQUENCE OF Extension; empty when there are none */
};

/* The next element: `whole` with, `content` without tag and length. Tags of one byte and
 * definite lengths only, as DER has them in certificates. On false nothing changes. */
MUST_USE bool der_take(
        struct bytes *b, uint8_t *tag, struct bytes *whole, struct bytes *content);
/* False when `der` is no certificate as to its frame; `out` is untouched then. */
MUST_USE bool der_read_certificate(struct bytes der, struct der_certificate *out);

#endif
