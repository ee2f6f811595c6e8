/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_FIELD_H
#define CAPTURE_HTTP_FIELD_H

/*
 * What HPACK (RFC 7541) and QPACK (RFC 9204) have in common: the steps in which the fields of a
 * compressed section are read, and their integers (RFC 7541 section 5.1, taken over by RFC 9204
 * section 4.1.1).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct field {
    struct bytes name;
    struct bytes value;
    bool sensitive; /* never to be indexed, RFC 7541 section 6.2.3, RFC 9204 section 4.5.4 */
};

enum field_step {
    FIELD_READ,
    FIELD_UNKNOWN, /* a field is here that cannot be known */
    FIELD_END,
    FIELD_BAD,    /* the RFC forbids what comes now; nothing follows */
    FIELD_FAILED, /* out of memory; nothing follows */
};

enum { FIELD_INTEGER_BYTES = 10 }; /* the most that an integer below 2^63 takes */

/* An integer whose first byte has `bits` bits of it, 1 to 8. PARSE_BAD: it is above `most`, which is
 * below 2^63, or goes on past the last byte that one up to `most` can need. PARSE_MORE: it ends
 * too early. Nothing is taken unless PARSE_DONE. */
MUST_USE enum parse field_take_integer(
        struct bytes *b, unsigned bits, uint64_t most, uint64_t *out);
/* Writes one, at most FIELD_INTEGER_BYTES, and gives their number; `pattern` is what the first
 * byte has above its `bits` bits. */
size_t field_put_integer(uint8_t *out, unsigned bits, uint8_t pattern, uint64_t n);

#endif
