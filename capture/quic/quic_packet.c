/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_packet.h"

enum {
    LONG_FORM = 0x80,
    FIXED_BIT = 0x40,
    UNKNOWN_LEAST = 1200, /* bytes of a client's first datagram, RFC 9000 section 14.1 */
    PACKED_MORE = 3,      /* what a length of draft 21 that is not 0 leaves away */
};

bool quic_take_varint(struct bytes *rest, uint64_t *out)
{
    uint64_t value;
    size_t n;

    if (rest->n == 0)
        return false;
    n = (size_t)1 << (rest->p[0] >> 6);
    if (rest->n < n)
        return false;
    value = rest->p[0] & 0x3f;
    for (size_t i = 1; i < n; i++)
        value = value << 8 | rest->p[i];
    rest->p += n;
    rest->n -= n;
    *out = value;
    return true;
}

/* A length of draft-ietf-quic-transport-21 section 17.2, out of four bits. */
static size_t packed_length(uint8_t nibble)
{
    return nibble == 0 ? 0 : nibble + (size_t)PACKED_MORE;
}

static bool take_ids(struct bytes *b, struct quic_packet *p)
{
    uint8_t lengths;

    if (p->known != NULL && p->known->packed_ids)
        return bytes_take_u8(b, &lengths) &&
               bytes_take(b, packed_length(lengths >> 4), &p->dcid) &&
               bytes_take(b, packed_length(lengths & 0x0f), &p->scid);
    return bytes_take_vec8(b, &p->dcid) && bytes_take_vec8(b, &p->scid);
}

/* Everything behind the IDs belongs to it. RFC 9000 section 17.2.1. */
static enum parse take_negotiation(struct bytes b, struct quic_packet *p)
{
    if (b.n == 0 || b.n % 4 != 0)
        return PARSE_BAD;
    p->kind = QUIC_NEGOTIATION;
    p->versions = b;
    return PARSE_DONE;
}

/* RFC 9000 section 17.2.5; an empty token is no Retry (section 17.2.5.2). */
static enum parse take_retry(struct bytes b, struct quic_packet *p)
{
    size_t original = packed_length(p->whole.p[0] & 0x0f);

    p->kind = QUIC_RETRY;
    if (p->known->packed_ids) {
        if (!bytes_take(&b, original, &p->retry_original))
            return PARSE_BAD;
    } else if (p->known->retry_echoes) {
        if (!bytes_take_vec8(&b, &p->retry_original) || p->retry_original.n > QUIC_ID_MOST)
            return PARSE_BAD;
    } else {
        if (b.n < QUIC_TAG)
            return PARSE_BAD;
        p->retry_tag = bytes_slice(b, b.n - QUIC_TAG, b.n);
        b.n -= QUIC_TAG;
    }
    p->token = b;
    return b.n == 0 ? PARSE_BAD : PARSE_DONE;
}

/* Token and Length; what the Length covers may be cut. RFC 9000 section 17.2.2 to 17.2.4. */
static enum parse take_numbered(struct bytes b, struct quic_packet *p)
{
    uint64_t length;

    if (p->kind == QUIC_INITIAL && (!quic_take_varint(&b, &length) || length > b.n ||
                                           !bytes_take(&b, (size_t)length, &p->token)))
        return PARSE_BAD;
    if (!quic_take_varint(&b, &length))
        return PARSE_BAD;
    p->number_at = (size_t)(b.p - p->whole.p);
    p->cut = length > b.n;
    if (!p->cut)
        p->whole.n = p->number_at + (size_t)length;
    return PARSE_DONE;
}

static enum quic_packet_kind kind_of(const struct quic_version *version, uint8_t first)
{
    uint8_t type = first >> 4 & 3;

    if (type == version->types[QUIC_INITIAL])
        return QUIC_INITIAL;
    if (type == version->types[QUIC_ZERO_RTT])
        return QUIC_ZERO_RTT;
    return type == version->types[QUIC_HANDSHAKE] ? QUIC_HANDSHAKE : QUIC_RETRY;
}

static enum parse take_long(struct bytes rest, struct quic_packet *p)
{
    struct bytes b = rest;
    uint8_t first;

    p->whole = rest;
    if (!bytes_take_u8(&b, &first) || !bytes_take_u32(&b, &p->version))
        return PARSE_BAD;
    p->known = quic_version_find(p->version);
    if (!take_ids(&b, p))
        return PARSE_BAD;
    if (p->version == 0)
        return take_negotiation(b, p);
    if (p->known == NULL)
        return PARSE_UNSUPPORTED;
    if (p->dcid.n > QUIC_ID_MOST || p->scid.n > QUIC_ID_MOST)
        return PARSE_BAD;
    p->kind = kind_of(p->known, first);
    return p->kind == QUIC_RETRY ? take_retry(b, p) : take_numbered(b, p);
}

static bool is_zeros(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] != 0)
            return false;
    return true;
}

/* RFC 9000 section 17.3.1. A packet is never so short that its sample does not fit. */
static enum parse take_short(struct bytes rest, size_t id_length, struct quic_packet *p)
{
    const size_t least = 1 + 4 + QUIC_SAMPLE;

    if (rest.n < least || rest.n - least < id_length || is_zeros(rest))
        return PARSE_BAD;
    p->kind = QUIC_ONE_RTT;
    p->dcid = bytes_slice(rest, 1, 1 + id_length);
    p->whole = rest;
    p->number_at = 1 + id_length;
    return PARSE_DONE;
}

enum parse quic_packet_next(struct bytes *rest, size_t id_length, struct quic_packet *out)
{
    struct quic_packet p = {.kind = QUIC_INITIAL};
    enum parse verdict;

    if (rest->n == 0)
        return PARSE_BAD;
    verdict = rest->p[0] & LONG_FORM ? take_long(*rest, &p) : take_short(*rest, id_length, &p);
    if (verdict != PARSE_DONE && verdict != PARSE_UNSUPPORTED)
        return verdict;
    rest->p += p.whole.n;
    rest->n -= p.whole.n;
    *out = p;
    return verdict;
}

bool quic_packet_looks_long(struct bytes datagram)
{
    struct quic_packet p;
    struct bytes rest = datagram;

    if (datagram.n == 0 || !(datagram.p[0] & LONG_FORM))
        return false;
    switch (quic_packet_next(&rest, 0, &p)) {
    case PARSE_DONE:
        return p.kind == QUIC_NEGOTIATION || (datagram.p[0] & FIXED_BIT) != 0;
    case PARSE_UNSUPPORTED:
        /* Nearly any bytes could be a version; but it is answered only in a full datagram. */
        return (datagram.p[0] & FIXED_BIT) != 0 && datagram.n >= UNKNOWN_LEAST;
    case PARSE_MORE:
    case PARSE_BAD:
        break;
    }
    return false;
}
