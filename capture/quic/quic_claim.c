/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/quic/quic_part.h"

enum {
    LONG_FORM = 0x80,
    CLIENT_HELLO = 1,
    RANDOM_AT = 6, /* behind type, length and version: RFC 8446 sections 4 and 4.1.2 */
    RANDOM = 32,
};

/* With the keys of its space, or with those that the handshake has settled but nothing has needed
 * yet: they are kept only when they fit. */
static bool opens_protected(struct quic *q, struct quic_try *t)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);
    const struct quic_space *s = &q->space[t->dir][t->level];

    if (s->keys != NULL)
        return quic_space_peek(q, s, t);
    return n->client_seen && n->server_seen && quic_secret_exists(q, t->dir, t->level) &&
           quic_secret_find(q, t) == QUIC_OPENED;
}

/* Does its first packet open as one that `dir` sent? */
static bool opens_as(struct quic *q, const struct quic_datagram *d, enum direction dir)
{
    struct quic_ids *ids = &q->ids[direction_other(dir)];
    struct quic_try t = {.dir = dir, .total = d->data.n, .cut = d->wire_len > d->data.n};
    struct bytes rest = d->data;
    size_t length = 0;

    if ((d->data.p[0] & LONG_FORM) == 0 && !quic_ids_length(ids, d->data, &length))
        return false;
    if (quic_packet_next(&rest, length, &t.packet) != PARSE_DONE || t.packet.cut)
        return false;
    t.cut = t.cut && t.packet.kind == QUIC_ONE_RTT;
    switch (t.packet.kind) {
    case QUIC_INITIAL:
        return quic_initial_peek(q, &t);
    case QUIC_ZERO_RTT:
        t.level = HANDSHAKE_APPLICATION;
        return dir == FROM_CLIENT && q->early_keys != NULL &&
               quic_space_try(q, &q->space[dir][t.level], q->early_keys, &t);
    case QUIC_HANDSHAKE:
    case QUIC_ONE_RTT:
        t.level = t.packet.kind == QUIC_HANDSHAKE ? HANDSHAKE_HANDSHAKE : HANDSHAKE_APPLICATION;
        return opens_protected(q, &t);
    case QUIC_RETRY:
    case QUIC_NEGOTIATION:
        break;
    }
    return false;
}

bool quic_claims(struct quic *q, const struct quic_datagram *d, enum direction *dir)
{
    const size_t segment[2] = {q->segment[FROM_CLIENT], q->segment[FROM_SERVER]};
    const unsigned searches = q->searches;
    bool claimed = false;

    if (q->status != STATUS_OK || quic_busy(q) || d->data.n == 0 ||
            d->data.n > QUIC_MERGED_MOST || quic_room(q, d->data.n) != STATUS_OK)
        return false;
    for (int i = FROM_CLIENT; i <= FROM_SERVER && !claimed; i++) {
        claimed = opens_as(q, d, (enum direction)i);
        if (claimed)
            *dir = quic_true(q, (enum direction)i);
    }
    q->segment[FROM_CLIENT] = segment[FROM_CLIENT];
    q->segment[FROM_SERVER] = segment[FROM_SERVER];
    q->searches = searches;
    return claimed;
}

/* What a first packet shows of its ClientHello. Clients scatter it over frames and packets. */
struct shown {
    bool crypto;
    uint8_t random[RANDOM];
    bool has[RANDOM];
};

static void look(struct bytes frames, struct shown *out)
{
    struct quic_frame f;

    while (frames.n != 0 && quic_frame_next(&frames, &f) == PARSE_DONE) {
        if (f.type != QUIC_CRYPTO)
            continue;
        out->crypto = true;
        for (size_t i = 0; i < RANDOM; i++) {
            uint64_t at = RANDOM_AT + i;

            if (at < f.off || at - f.off >= f.data.n)
                continue;
            out->random[i] = f.data.p[at - f.off];
            out->has[i] = true;
        }
    }
}

static bool differs(const struct shown *shown, const uint8_t random[RANDOM], bool *known)
{
    *known = false;
    for (size_t i = 0; i < RANDOM; i++) {
        *known |= shown->has[i];
        if (shown->has[i] && shown->random[i] != random[i])
            return true;
    }
    return false;
}

/* Opens it with the keys that its own connection ID makes. */
static bool opens_alone(struct quic *q, struct quic_try *t)
{
    const struct quic_space fresh = {0};
    struct quic_keys *keys = NULL;
    bool opened;

    if (!quic_spend(q, QUIC_KEY_COST) ||
            quic_keys_initial(t->packet.known, t->packet.dcid, FROM_CLIENT, &keys) != STATUS_OK)
        return false;
    opened = quic_space_try(q, &fresh, keys, t);
    quic_keys_free(keys);
    return opened;
}

bool quic_is_foreign(struct quic *q, const struct quic_datagram *d)
{
    struct quic_try t = {.dir = FROM_CLIENT, .total = d->data.n};
    struct bytes rest = d->data;
    struct shown shown = {0};
    bool known;

    if (q->status != STATUS_OK || quic_busy(q) || d->data.n == 0 ||
            (d->data.p[0] & LONG_FORM) == 0 || d->data.n > QUIC_MERGED_MOST ||
            quic_packet_next(&rest, 0, &t.packet) != PARSE_DONE ||
            t.packet.kind != QUIC_INITIAL || t.packet.cut ||
            quic_room(q, d->data.n) != STATUS_OK)
        return false;
    /* Of ours: to an ID that we know, or from one that was answered already. */
    if (quic_ids_has(&q->ids[FROM_SERVER], t.packet.dcid) ||
            quic_ids_has(&q->ids[FROM_CLIENT], t.packet.dcid) ||
            quic_ids_has(&q->ids[FROM_CLIENT], t.packet.scid) || !opens_alone(q, &t))
        return false;
    look(bytes_of(q->plain, t.n), &shown);
    if (!shown.crypto || q->negotiation_pending)
        return false;
    if (q->has_random && differs(&shown, q->random, &known))
        return true;
    /* Without a random to compare: nobody begins anew who was answered, or has been at it for
     * long. */
    return (!q->has_random || !known) && (q->answered || q->opened_data != 0 || q->hopeless);
}
