/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

/*
 * A borrowed view of bytes that is its own cursor.
 *
 * The take functions read from the front and move the view forward. A read that does not
 * fit returns false and leaves both the view and the output unchanged, so a parser can be
 * written as one chain of takes. Nothing here allocates or owns. Integers are big-endian
 * (network order) unless the name says le.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct bytes {
    const uint8_t *p; /* may be NULL when n is 0 */
    size_t n;
};

/* A string literal or an array as a view; of a literal, without its NUL. */
#define BYTES_LITERAL(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

struct bytes bytes_of(const void *p, size_t n);
struct bytes bytes_text(
        const char *s); /* up to, not with, its NUL; NULL gives the empty view */

MUST_USE bool bytes_take(struct bytes *b, size_t n, struct bytes *out);
MUST_USE bool bytes_skip(struct bytes *b, size_t n);
MUST_USE bool bytes_take_u8(struct bytes *b, uint8_t *out);
MUST_USE bool bytes_take_u16(struct bytes *b, uint16_t *out);
MUST_USE bool bytes_take_u24(struct bytes *b, uint32_t *out);
MUST_USE bool bytes_take_u32(struct bytes *b, uint32_t *out);
MUST_USE bool bytes_take_u64(struct bytes *b, uint64_t *out);
/* A length of 1, 2 or 3 bytes, then that many bytes: the vectors of RFC 8446 section 3.4. */
MUST_USE bool bytes_take_vec8(struct bytes *b, struct bytes *out);
MUST_USE bool bytes_take_vec16(struct bytes *b, struct bytes *out);
MUST_USE bool bytes_take_vec24(struct bytes *b, struct bytes *out);

/* The bytes before the first `c` go to `out`; the view moves behind `c`. */
MUST_USE bool bytes_take_until(struct bytes *b, uint8_t c, struct bytes *out);
/* One line without its CRLF or LF; false when no LF is there. */
MUST_USE bool bytes_take_line(struct bytes *b, struct bytes *out);

/* [begin, end) of b, both clamped to it. */
struct bytes bytes_slice(struct bytes b, size_t begin, size_t end);
struct bytes bytes_trim(struct bytes b); /* without SP and HTAB at either end */

MUST_USE bool bytes_equal(struct bytes a, struct bytes b);
MUST_USE bool bytes_equal_nocase(struct bytes a, struct bytes b); /* ASCII letters only */
MUST_USE bool bytes_is(struct bytes a, const char *text);
MUST_USE bool bytes_is_nocase(struct bytes a, const char *text);
MUST_USE bool bytes_starts(struct bytes a, struct bytes prefix);
MUST_USE bool bytes_starts_nocase(struct bytes a, struct bytes prefix);
MUST_USE bool bytes_ends_nocase(struct bytes a, struct bytes suffix);
MUST_USE bool bytes_has(struct bytes a, uint8_t c);
/* Where `needle` first starts at or after `from`; false when nowhere. An empty needle is nowhere. */
MUST_USE bool bytes_find(struct bytes a, struct bytes needle, size_t from, size_t *at);
int bytes_compare(struct bytes a, struct bytes b); /* as memcmp, the shorter first */
/* Decimal digits only, all of them, no sign; false on overflow or an empty view. */
MUST_USE bool bytes_decimal(struct bytes a, uint64_t *out);
MUST_USE bool bytes_hex(
        struct bytes a, uint64_t *out);      /* likewise hexadecimal, at most 16 digits */
MUST_USE bool bytes_is_utf8(struct bytes a); /* RFC 3629, no surrogates, no overlong forms */

uint8_t ascii_lower(uint8_t c);
MUST_USE bool ascii_is_alpha(uint8_t c);
MUST_USE bool ascii_is_digit(uint8_t c);
MUST_USE bool ascii_is_alnum(uint8_t c);
int ascii_hex_value(uint8_t c); /* 0 to 15, or -1 */
/* 0 to 63, or -1; of both alphabets, RFC 4648 sections 4 and 5. */
int ascii_base64_value(uint8_t c);

#endif
