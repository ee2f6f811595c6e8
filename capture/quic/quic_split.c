/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/quic/quic_part.h"

/*
 * A host that captures its own traffic sees what its network card has not cut yet, or has put
 * together already: UDP segmentation and receive offload make one frame of several datagrams,
 * all of one length but the last. A short header does not say how long its packet is, so only
 * the tag tells where a datagram ended.
 */

enum {
    ID_LEAST = 4,       /* a connection ID this long is not met by chance every day */
    LIKELY_FROM = 1200, /* RFC 9000 section 14.1 */
    LIKELY_TO = 1500,
    SIZE_LEAST = 21, /* a first byte, number and frames of four bytes, and the tag */
    SIZE_MOST = 2048,
    LONG_FORM = 0x80,
};

void quic_split_note(struct quic *q, enum direction dir, size_t size)
{
    size_t *sizes = q->sizes[dir];

    if (size < SIZE_LEAST || size > QUIC_WHOLE_MOST)
        return;
    for (size_t i = 0; i < QUIC_SIZES_MOST; i++)
        if (sizes[i] == size)
            return;
    sizes[q->size_next[dir]] = size;
    q->size_next[dir] = (q->size_next[dir] + 1) % QUIC_SIZES_MOST;
}

/* Does the packet open when datagrams are `size` bytes long? */
static bool try_size(struct quic *q, const struct quic_space *s, struct quic_keys *k,
        struct quic_try *t, size_t size)
{
    struct quic_try part = *t;
    size_t end = (t->from / size + 1) * size;

    if (end >= t->total || !quic_spend(q, 0))
        return false;
    part.packet.whole.n = end - t->from;
    part.windows = 0;
    if (!quic_space_try(q, s, k, &part))
        return false;
    part.windows = t->windows;
    part.segment = size;
    *t = part;
    q->segment[t->dir] = size;
    return true;
}

/* The ID of the first packet stands again in the one behind it. */
static bool try_ids(
        struct quic *q, const struct quic_space *s, struct quic_keys *k, struct quic_try *t)
{
    struct bytes id = t->packet.dcid, whole = t->packet.whole;
    size_t at = 1 + id.n;
    int tries = 0;

    if (id.n < ID_LEAST)
        return false;
    while (tries++ < QUIC_SIZES_MOST && bytes_find(whole, id, at, &at)) {
        /* It stands behind a first byte; the datagram before it began at a multiple. */
        size_t size = t->from + at - 1;

        at++;
        if ((whole.p[at - 2] & LONG_FORM) != 0)
            continue;
        if (t->from == 0 || size <= QUIC_WHOLE_MOST) {
            if (try_size(q, s, k, t, size))
                return true;
            continue;
        }
        /* Behind coalesced packets, or further datagrams: some part of the way. */
        for (size_t n = 2; size / n >= SIZE_LEAST && n <= QUIC_MERGED_MOST / LIKELY_FROM; n++)
            if (size % n == 0 && try_size(q, s, k, t, size / n))
                return true;
    }
    return false;
}

static bool try_between(struct quic *q, const struct quic_space *s, struct quic_keys *k,
        struct quic_try *t, size_t from, size_t to)
{
    for (size_t size = to; size >= from; size--)
        if (try_size(q, s, k, t, size))
            return true;
    return false;
}

bool quic_split_try(struct quic *q, const struct quic_space *s, struct quic_keys *k,
        struct quic_try *t, bool known_sizes)
{
    if (q->segment[t->dir] != 0 && try_size(q, s, k, t, q->segment[t->dir]))
        return true;
    if (known_sizes)
        return false;
    if (try_ids(q, s, k, t))
        return true;
    for (size_t i = 0; i < QUIC_SIZES_MOST; i++)
        if (q->sizes[t->dir][i] != 0 && try_size(q, s, k, t, q->sizes[t->dir][i]))
            return true;
    if (t->any_length || q->searches >= QUIC_FULL_SEARCHES)
        return false;
    if (try_between(q, s, k, t, LIKELY_FROM, LIKELY_TO) ||
            try_between(q, s, k, t, SIZE_LEAST, LIKELY_FROM - 1) ||
            try_between(q, s, k, t, LIKELY_TO + 1, SIZE_MOST))
        return true;
    q->searches++;
    return false;
}
