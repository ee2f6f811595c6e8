/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "capture/quic/quic_part.h"

enum {
    EARLY_WINDOWS = 2,
    INITIAL_WINDOWS = 2,
    LONG_FORM = 0x80,
};

static bool is_final(const struct quic *q)
{
    return q->closing != CLOSING_NOT || q->flooded || q->hopeless;
}

/* Packets of a space whose keys are not known yet. */
static enum quic_verdict open_new(struct quic *q, struct quic_space *s, struct quic_try *t)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);

    if (n->client_seen && n->server_seen)
        return quic_secret_find(q, t);
    t->why = GAP_NO_KEYS;
    if (n->client_seen && !n->ech && !quic_secret_exists(q, t->dir, t->level))
        return QUIC_LOST;
    if (q->guess && s->guesses < QUIC_GUESSES) {
        enum quic_verdict verdict;

        s->guesses++;
        verdict = quic_secret_find(q, t);
        if (verdict != QUIC_LOST)
            return verdict;
    }
    if (!is_final(q))
        return QUIC_WAITS;
    if (q->flooded && q->closing == CLOSING_NOT && !q->hopeless) {
        t->why = GAP_BUDGET;
        t->detail = NULL;
    }
    return QUIC_LOST;
}

static enum quic_verdict open_protected(struct quic *q, struct quic_try *t)
{
    struct quic_space *s = &q->space[t->dir][t->level];

    return s->keys != NULL ? quic_space_open(q, s, t, true) : open_new(q, s, t);
}

static enum quic_verdict refuse_early(
        struct quic *q, const struct quic_source *source, const struct quic_try *t)
{
    if (q->refused == 0)
        q->refused_first = source->packet;
    q->refused += t->packet.whole.n;
    q->refused_last = source->packet;
    return QUIC_DROPPED;
}

/* 0-RTT: the server's EncryptedExtensions say whether it heard them (RFC 9001 section 4.6). */
static enum quic_verdict open_early(
        struct quic *q, const struct quic_source *source, struct quic_try *t)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);
    const struct quic_space *s = &q->space[FROM_CLIENT][HANDSHAKE_APPLICATION];
    bool unknown = !n->client_seen || n->early == EARLY_UNKNOWN;
    enum quic_verdict verdict = QUIC_LOST;

    q->setup.tls->early_data = true;
    t->why = GAP_BAD;
    if (t->dir != FROM_CLIENT)
        return QUIC_LOST;
    if (!unknown && n->early == EARLY_REJECTED)
        return refuse_early(q, source, t);
    if (unknown && q->closing == CLOSING_NOT && !q->flooded && !q->hopeless)
        return QUIC_WAITS;
    t->why = GAP_BAD_TAG;
    t->windows = EARLY_WINDOWS;
    if (q->early_keys == NULL)
        verdict = quic_secret_find_early(q, t);
    else if (quic_space_try(q, s, q->early_keys, t))
        verdict = QUIC_OPENED;
    if (verdict != QUIC_OPENED || !unknown)
        return verdict;
    if (q->unsure == 0)
        q->unsure_first = source->packet;
    q->unsure += t->packet.whole.n;
    q->unsure_last = source->packet;
    return verdict;
}

static enum quic_verdict open_packet(
        struct quic *q, const struct quic_source *source, struct quic_try *t)
{
    t->windows = 0;
    switch (t->packet.kind) {
    case QUIC_INITIAL:
        t->level = HANDSHAKE_INITIAL;
        t->windows = INITIAL_WINDOWS;
        return quic_initial_open(q, t);
    case QUIC_ZERO_RTT:
        t->level = HANDSHAKE_APPLICATION;
        return open_early(q, source, t);
    case QUIC_HANDSHAKE:
        t->level = HANDSHAKE_HANDSHAKE;
        return open_protected(q, t);
    case QUIC_ONE_RTT:
        t->level = HANDSHAKE_APPLICATION;
        return open_protected(q, t);
    case QUIC_RETRY:
        return quic_initial_retry(q, t) == STATUS_OK ? QUIC_DROPPED : QUIC_FAILED;
    case QUIC_NEGOTIATION:
        quic_initial_negotiation(q, t);
        return QUIC_DROPPED;
    }
    return QUIC_DROPPED;
}

/* Which version's labels the keys of short headers have: the one that the server answers in. */
static void note_version(struct quic *q, const struct quic_try *t)
{
    bool handshake = t->packet.kind == QUIC_HANDSHAKE;

    if (t->packet.known == NULL || t->packet.kind == QUIC_ZERO_RTT ||
            (q->handshake_version && !handshake) ||
            (q->version_sure && t->dir == FROM_CLIENT && !handshake))
        return;
    q->version = t->packet.known;
    q->version_sure |= handshake || t->dir == FROM_SERVER;
    q->handshake_version |= handshake;
    q->setup.facts->version = q->version->number;
    q->setup.facts->version_name = q->version->name;
}

/* A token of an earlier connection; the one of a Retry is of this. */
static bool note_token(struct quic *q, const struct quic_try *t)
{
    struct quic_facts *facts = q->setup.facts;

    return t->packet.kind != QUIC_INITIAL || t->dir != FROM_CLIENT || t->packet.token.n == 0 ||
           facts->retry || facts->token.kind != TICKET_NONE ||
           ticket_make(TICKET_TOKEN, t->packet.token, &facts->token);
}

/* An opened packet: its frames are read next, unless it was captured before. */
static enum status enter_packet(
        struct quic *q, struct quic_source *source, const struct quic_try *t)
{
    bool data = t->packet.kind == QUIC_ONE_RTT || t->packet.kind == QUIC_ZERO_RTT, repeated;

    if (quic_space_note(&q->space[t->dir][t->level], t->number, &repeated) != STATUS_OK)
        return STATUS_NOMEM;
    if (t->segment != 0) {
        q->setup.facts->merged += source->segment == 0;
        source->segment = t->segment;
    } else if (t->packet.kind == QUIC_ONE_RTT) {
        quic_split_note(q, t->dir, t->total);
    }
    if (repeated) {
        q->setup.facts->repeated++;
        return STATUS_OK;
    }
    note_version(q, t);
    if (!note_token(q, t))
        return STATUS_NOMEM;
    q->setup.facts->seen = q->setup.tls->seen = true;
    q->setup.facts->packets[t->dir]++;
    q->opened++;
    q->opened_data += data;
    q->answered |= t->dir == FROM_SERVER;
    q->now = (struct quic_now){.frames = bytes_of(q->plain, t->n),
            .dir = t->dir,
            .level = t->level,
            .early = t->packet.kind == QUIC_ZERO_RTT,
            .packet = source->packet,
            .time_ns = source->time_ns};
    return STATUS_OK;
}

/* The IDs that a long header shows. */
static void note_ids(struct quic *q, const struct quic_try *t)
{
    if (t->packet.kind != QUIC_INITIAL && t->packet.kind != QUIC_ZERO_RTT &&
            t->packet.kind != QUIC_HANDSHAKE)
        return;
    quic_ids_add(&q->ids[t->dir], t->packet.scid, true);
    if (t->dir == FROM_CLIENT)
        quic_ids_add(&q->ids[FROM_SERVER], t->packet.dcid, false);
}

static void lose_packet(struct quic *q, struct quic_source *source, struct quic_try *t)
{
    uint64_t bytes = t->packet.whole.n;

    /* RFC 9000 section 10.3.1: whoever knows the token need not open it. */
    if (t->packet.kind == QUIC_ONE_RTT && !t->cut &&
            quic_ids_is_reset(&q->ids[t->dir], t->packet.whole)) {
        q->setup.facts->stateless_reset = true;
        return;
    }
    if (t->cut) {
        t->why = GAP_SNAPLEN;
        t->detail = NULL;
        bytes += source->missing;
        source->missing = 0;
    } else if (t->packet.cut) {
        t->why = GAP_BAD;
        t->detail = "a QUIC packet longer than its datagram";
    }
    quic_lose(q, t, bytes, source->packet);
}

static size_t waiting_for_terms(const struct quic *q)
{
    size_t n = 0;

    for (const struct quic_held *w = q->held.first; w != NULL; w = w->next)
        n += w->kind != QUIC_ZERO_RTT;
    return n;
}

static bool is_room(const struct quic *q, const struct quic_try *t)
{
    return q->held.n + q->replay.n < QUIC_HELD_PACKETS &&
           q->held.bytes + q->replay.bytes + sizeof(struct quic_held) + t->packet.whole.n <=
                   QUIC_HELD_BYTES;
}

/* `*held`: where the source comes from, when it waited before; its owner again is the line. */
static enum status wait_on(struct quic *q, struct quic_source *source, const struct quic_try *t,
        struct quic_held **held)
{
    if (*held != NULL) {
        quic_hold_put(&q->held, *held);
        *held = NULL;
        return STATUS_OK;
    }
    if (quic_hold_add(q, source, t) != STATUS_OK)
        return STATUS_NOMEM;
    if (t->packet.kind == QUIC_ONE_RTT)
        source->missing = 0; /* counted with the copy */
    return !q->guess && q->held.n >= QUIC_GUESS_AFTER &&
                           waiting_for_terms(q) >= QUIC_GUESS_AFTER
                   ? quic_secret_guess(q)
                   : STATUS_OK;
}

static enum status settle(
        struct quic *q, struct quic_source *source, struct quic_try *t, struct quic_held **held)
{
    enum quic_verdict verdict = t->packet.cut ? QUIC_LOST : open_packet(q, source, t);

    if (verdict == QUIC_WAITS && *held == NULL && !is_room(q, t)) {
        q->flooded = q->stirred = true;
        verdict = open_packet(q, source, t);
    }
    if (verdict != QUIC_LOST || t->why == GAP_NO_KEYS)
        note_ids(q, t);
    if (verdict == QUIC_WAITS) {
        source->at += *held == NULL ? t->packet.whole.n : 0;
        return wait_on(q, source, t, held);
    }
    source->at += t->packet.whole.n;
    switch (verdict) {
    case QUIC_OPENED:
        return enter_packet(q, source, t);
    case QUIC_LOST:
        lose_packet(q, source, t);
        return STATUS_OK;
    case QUIC_FAILED:
        return STATUS_NOMEM;
    case QUIC_WAITS:
    case QUIC_DROPPED:
        break;
    }
    return STATUS_OK;
}

static bool is_zeros(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] != 0)
            return false;
    return true;
}

/* What is no packet, to the end of the datagram. */
static void lose_rest(struct quic *q, struct quic_source *source, struct bytes rest,
        const struct quic_try *t, enum gap_cause why)
{
    uint64_t missing = source->missing;
    struct quic_try lost = *t;

    lost.why = missing != 0 ? GAP_SNAPLEN : why;
    lost.packet.kind = (rest.p[0] & LONG_FORM) != 0 ? QUIC_INITIAL : QUIC_ONE_RTT;
    source->at += rest.n;
    source->missing = 0;
    if (!is_zeros(rest) || missing != 0) /* zeros are padding behind the packets */
        quic_lose(q, &lost, rest.n + missing, source->packet);
}

/* What is left of the datagram, or of the one of those merged in it. */
static struct bytes rest_of(const struct quic_source *source, struct quic_try *t)
{
    size_t place = source->base + source->at, end = source->data.n;

    t->from = place;
    if (source->segment != 0) {
        size_t next = (place / source->segment + 1) * source->segment - source->base;

        if (next < end)
            end = next;
        t->from = place % source->segment;
    }
    t->total = t->from + (end - source->at);
    t->cut = source->missing != 0 && end == source->data.n;
    return bytes_slice(source->data, source->at, end);
}

/* The first packet of a version that is not read names it. */
static void note_unknown(struct quic *q, struct quic_try *t)
{
    struct quic_facts *facts = q->setup.facts;

    if (facts->version == 0)
        facts->version = t->packet.version;
    facts->seen = true;
    if (q->loss[t->dir][GAP_UNSUPPORTED].packets == 0)
        t->detail = quic_words_version(q, t->packet.version);
}

enum status quic_step(struct quic *q, struct quic_source *source, struct quic_held **held)
{
    struct quic_try t = {.dir = quic_true(q, source->raw)};
    struct bytes rest = rest_of(source, &t), all = rest;
    size_t length = 0;

    if ((rest.p[0] & LONG_FORM) == 0)
        t.any_length = !quic_ids_length(&q->ids[direction_other(t.dir)], rest, &length);
    switch (quic_packet_next(&rest, length, &t.packet)) {
    case PARSE_DONE:
        break;
    case PARSE_UNSUPPORTED:
        note_unknown(q, &t);
        lose_rest(q, source, all, &t, GAP_UNSUPPORTED);
        return STATUS_OK;
    case PARSE_MORE:
    case PARSE_BAD:
        lose_rest(q, source, all, &t, GAP_BAD);
        return STATUS_OK;
    }
    t.cut = t.cut && rest.n == 0 && (t.packet.cut || t.packet.kind == QUIC_ONE_RTT);
    if (t.packet.known != NULL)
        q->setup.facts->seen = true;
    return settle(q, source, &t, held);
}
