/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/decode.h"

#include "base/buf.h"

enum { STEP = 16 << 10 };

bool decode_packed(struct bytes text, enum unpack_kind *kind)
{
    if (text.n >= 10 && text.p[0] == 0x1f && text.p[1] == 0x8b && text.p[2] == 8) {
        *kind = UNPACK_GZIP; /* RFC 1952 section 2.3 */
    } else if (text.n >= 6 && text.p[0] == 0x28 && text.p[1] == 0xb5 && text.p[2] == 0x2f &&
               text.p[3] == 0xfd) {
        *kind = UNPACK_ZSTD_HTTP; /* RFC 8878 section 3.1.1 */
    } else if (text.n >= 8 && (text.p[0] & 0x0f) == 8 && text.p[0] >> 4 <= 7 &&
               (text.p[1] & 0x20) == 0 && (text.p[0] << 8 | text.p[1]) % 31 == 0) {
        *kind = UNPACK_ZLIB; /* RFC 1950 section 2.2, without a dictionary */
    } else {
        return false;
    }
    return true;
}

/* The first block's head, RFC 1951 section 3.2. */
bool decode_maybe_deflate(struct bytes text)
{
    if (text.n < 4)
        return false;
    switch (text.p[0] >> 1 & 3) {
    case 0:
        return text.n > 5 && (text.p[1] ^ text.p[3]) == 0xff && (text.p[2] ^ text.p[4]) == 0xff;
    case 1:
        return true;
    case 2:
        return text.p[0] >> 3 <= 29 && (text.p[1] & 31) <= 29;
    default:
        return false;
    }
}

/* Everything that comes out; false: no memory. */
static bool inflate_all(struct unpack *u, enum unpack_kind kind, struct bytes in,
        struct buf *out, enum parse *how)
{
    bool whole = false;

    for (;;) {
        enum status status = buf_reserve(out, STEP);
        size_t made = 0;

        if (status == STATUS_NOMEM)
            return false;
        if (status != STATUS_OK) {
            *how = PARSE_UNSUPPORTED;
            return true;
        }
        *how = unpack_push(u, &in, out->p + out->n, STEP, &made);
        out->n += made;
        if (*how == PARSE_DONE) {
            whole = true;
            /* Another member may follow; where none does, what follows is no part of it. */
            if (in.n == 0 || (kind != UNPACK_GZIP && kind != UNPACK_ZSTD_HTTP))
                return true;
        } else if (*how != PARSE_MORE || made < STEP) {
            if (whole && *how != PARSE_UNSUPPORTED)
                *how = PARSE_DONE;
            return true;
        }
    }
}

bool decode_unpack(struct arena *arena, enum unpack_kind kind, struct bytes text,
        struct unpack_limits limits, struct bytes *out, enum parse *how)
{
    struct unpack *u = unpack_new(kind, limits);
    enum parse result = PARSE_BAD;
    struct buf made;
    bool good;

    buf_init(&made, limits.bytes == 0 ? SIZE_MAX : (size_t)limits.bytes + (size_t)2 * STEP);
    good = u != NULL && inflate_all(u, kind, text, &made, &result) &&
           arena_copy(arena, buf_view(&made), out);
    if (good)
        *how = result;
    buf_clear(&made);
    unpack_free(u);
    return good;
}

bool decode_base64(struct arena *arena, struct bytes text, struct bytes *out, bool *is)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    uint8_t *p;

    *is = false;
    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    if (text.n == 0 || text.n % 4 == 1)
        return true;
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_base64_value(text.p[i]) < 0)
            return true;
    }
    p = arena_alloc(arena, text.n / 4 * 3 + 3);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bits = bits << 6 | (uint32_t)ascii_base64_value(text.p[i]);
        have += 6;
        if (have >= 8) {
            have -= 8;
            p[n++] = (uint8_t)(bits >> have);
        }
    }
    *out = bytes_of(p, n);
    *is = true;
    return true;
}

bool decode_readable(struct bytes text)
{
    size_t odd = 0;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        odd += (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c >= 0x7f;
        if (c == 0 || odd > text.n / 10)
            return false;
    }
    return text.n != 0;
}
