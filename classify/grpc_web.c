/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/grpc_web.h"

enum { FLAGS = GRPC_WEB_COMPRESSED | GRPC_WEB_END_STREAM | GRPC_WEB_TRAILERS, GROUP = 4 };

bool grpc_web_next(struct bytes *rest, struct grpc_web_frame *out)
{
    struct bytes b = *rest;
    uint32_t length;
    uint8_t flags;

    if (!bytes_take_u8(&b, &flags) || (flags & ~FLAGS) != 0 || !bytes_take_u32(&b, &length))
        return false;
    out->flags = flags;
    out->cut = length > b.n;
    out->data = bytes_slice(b, 0, length);
    *rest = bytes_slice(b, length, b.n);
    return true;
}

/* One group of up to four digits; returns how many bytes it gives, 0 when it is none. `*taken`
 * counts its digits and padding. */
static size_t decode_group(struct bytes coded, uint8_t out[3], size_t *taken)
{
    uint32_t bits = 0;
    size_t n = 0;

    while (n < GROUP && n < coded.n && ascii_base64_value(coded.p[n]) >= 0) {
        bits = bits << 6 | (uint32_t)ascii_base64_value(coded.p[n]);
        n++;
    }
    *taken = n;
    if (n < 2)
        return 0;
    bits <<= 6 * (GROUP - n);
    for (size_t i = 0; i < 3; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    while (*taken < GROUP && *taken < coded.n && coded.p[*taken] == '=')
        (*taken)++;
    /* Fewer than four digits: padded to four, or the very end. */
    return *taken == GROUP || *taken == coded.n ? n - 1 : 0;
}

static bool begin_run(struct arena *arena, struct grpc_web_text *t, size_t plain, size_t coded)
{
    struct grpc_web_run *grown =
            arena_grow(arena, t->runs, t->run_count, &t->run_capacity, sizeof(*t->runs));

    if (grown == NULL)
        return false;
    t->runs = grown;
    grown[t->run_count++] = (struct grpc_web_run){plain, coded};
    return true;
}

bool grpc_web_text_read(struct arena *arena, struct bytes coded, struct grpc_web_text *out)
{
    struct grpc_web_text t = {.coded = coded};
    uint8_t *plain = arena_alloc(arena, coded.n / GROUP * 3 + 3);
    size_t at = 0, n = 0;
    bool fresh = true;

    if (plain == NULL)
        return false;
    while (at < coded.n) {
        uint8_t group[3];
        size_t taken, made = decode_group(bytes_slice(coded, at, coded.n), group, &taken);

        if (made == 0) {
            t.broken = true;
            break;
        }
        if (fresh && !begin_run(arena, &t, n, at))
            return false;
        for (size_t i = 0; i < made; i++)
            plain[n++] = group[i];
        at += taken;
        fresh = made < 3;
    }
    t.plain = bytes_of(plain, n);
    *out = t;
    return true;
}

/* Where the group begins that holds a plain byte. */
static size_t group_of(const struct grpc_web_text *t, size_t plain)
{
    size_t low = 0, high = t->run_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (t->runs[middle].plain <= plain)
            low = middle;
        else
            high = middle;
    }
    return t->runs[low].coded + (plain - t->runs[low].plain) / 3 * GROUP;
}

struct bytes grpc_web_text_piece(const struct grpc_web_text *t, size_t off, size_t len)
{
    size_t begin, end;

    if (t->run_count == 0)
        return bytes_slice(t->coded, 0, 0);
    begin = off < t->plain.n ? group_of(t, off) : t->coded.n;
    end = len == 0 ? begin : group_of(t, off + len - 1) + GROUP;
    return bytes_slice(t->coded, begin, end);
}
