/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/quic/quic_part.h"

/*
 * Initial packets: their keys come from a connection ID that the client made up (RFC 9001 section
 * 5.2), and change when a Retry gives it another (RFC 9000 section 17.2.5.2), when the client
 * begins anew after Version Negotiation (section 6.2), or when the server picks another version
 * at once (RFC 9368 section 2.3, RFC 9369 section 4.1).
 */

static void clear(struct quic_initial *initial)
{
    quic_keys_free(initial->keys[FROM_CLIENT]);
    quic_keys_free(initial->keys[FROM_SERVER]);
    *initial = (struct quic_initial){0};
}

static enum status make(
        const struct quic_version *version, struct bytes dcid, struct quic_initial *out)
{
    struct quic_initial made = {.version = version, .dcid = {.n = (uint8_t)dcid.n}};
    enum status status = STATUS_OK;

    if (dcid.n > QUIC_ID_MOST)
        return STATUS_USAGE;
    if (dcid.n != 0)
        memcpy(made.dcid.at, dcid.p, dcid.n);
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER && status == STATUS_OK; dir++)
        status = quic_keys_initial(version, dcid, (enum direction)dir, &made.keys[dir]);
    if (status != STATUS_OK) {
        clear(&made);
        return status;
    }
    *out = made;
    return STATUS_OK;
}

/* Keeps a set as the newest; the oldest goes. */
static void keep(struct quic *q, const struct quic_initial *made)
{
    if (q->initial_n == QUIC_INITIALS_MOST)
        clear(&q->initials[--q->initial_n]);
    memmove(q->initials + 1, q->initials, q->initial_n * sizeof(q->initials[0]));
    q->initials[0] = *made;
    q->initial_n++;
    q->hopeless = false;
    q->stirred = true;
}

void quic_initial_clear(struct quic *q)
{
    while (q->initial_n != 0)
        clear(&q->initials[--q->initial_n]);
}

static bool has_set(const struct quic *q, uint32_t version, const struct quic_id *dcid)
{
    for (size_t i = 0; i < q->initial_n; i++)
        if (q->initials[i].version->number == version &&
                bytes_equal(quic_id_view(&q->initials[i].dcid), quic_id_view(dcid)))
            return true;
    return false;
}

static bool try_known(struct quic *q, struct quic_try *t)
{
    const struct quic_space *s = &q->space[t->dir][HANDSHAKE_INITIAL];

    for (size_t i = 0; i < q->initial_n; i++)
        if (q->initials[i].version == t->packet.known &&
                quic_space_try(q, s, q->initials[i].keys[t->dir], t))
            return true;
    return false;
}

/* A set for one packet; kept when it opens it. */
static enum quic_verdict try_set(
        struct quic *q, struct quic_try *t, struct bytes dcid, enum direction dir)
{
    const struct quic_space *s = &q->space[dir][HANDSHAKE_INITIAL];
    struct quic_initial made;
    enum status status;

    if (!quic_spend(q, QUIC_KEY_COST))
        return QUIC_LOST;
    status = make(t->packet.known, dcid, &made);
    if (status != STATUS_OK)
        return status == STATUS_NOMEM ? QUIC_FAILED : QUIC_LOST;
    if (quic_space_try(q, s, made.keys[dir], t)) {
        keep(q, &made);
        return QUIC_OPENED;
    }
    clear(&made);
    return QUIC_LOST;
}

/* The same connection ID under the version of this packet. */
static enum quic_verdict try_other_version(struct quic *q, struct quic_try *t)
{
    for (size_t i = 0; i < q->initial_n; i++) {
        struct quic_id dcid = q->initials[i].dcid;
        enum quic_verdict verdict;

        if (has_set(q, t->packet.known->number, &dcid))
            continue;
        verdict = try_set(q, t, quic_id_view(&dcid), t->dir);
        if (verdict != QUIC_LOST)
            return verdict;
    }
    return QUIC_LOST;
}

/* What was counted of one side was sent by the other. */
static void turn(struct quic *q)
{
    struct quic_ids ids = q->ids[FROM_CLIENT];

    q->turned = !q->turned;
    q->ids[FROM_CLIENT] = q->ids[FROM_SERVER];
    q->ids[FROM_SERVER] = ids;
    for (int why = 0; why < GAP_CAUSES; why++) {
        struct quic_loss loss = q->loss[FROM_CLIENT][why];

        q->loss[FROM_CLIENT][why] = q->loss[FROM_SERVER][why];
        q->loss[FROM_SERVER][why] = loss;
    }
    for (size_t i = 0; i < QUIC_SIZES_MOST; i++) {
        size_t size = q->sizes[FROM_CLIENT][i];

        q->sizes[FROM_CLIENT][i] = q->sizes[FROM_SERVER][i];
        q->sizes[FROM_SERVER][i] = size;
    }
    {
        uint64_t unopened = q->setup.facts->unopened[FROM_CLIENT];

        q->setup.facts->unopened[FROM_CLIENT] = q->setup.facts->unopened[FROM_SERVER];
        q->setup.facts->unopened[FROM_SERVER] = unopened;
    }
}

/* The client begins anew: after Version Negotiation nothing of the first attempt counts. */
static enum status begin_anew(struct quic *q)
{
    const struct quic_streams_setup setup = quic_crypto_setup(q);
    struct quic_streams *crypto = quic_streams_new(&setup);
    const struct quic_initial newest = q->initials[0];
    struct quic_loss *unread = &q->loss[FROM_CLIENT][GAP_UNSUPPORTED];
    uint64_t *unopened = &q->setup.facts->unopened[FROM_CLIENT];

    if (crypto == NULL)
        return STATUS_NOMEM;
    quic_streams_free(q->crypto);
    q->crypto = crypto;
    for (size_t i = 1; i < q->initial_n; i++)
        clear(&q->initials[i]);
    q->initials[0] = newest;
    q->initial_n = 1;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        for (int level = 0; level < HANDSHAKE_LEVELS; level++)
            quic_space_clear(&q->space[dir][level]);
    handshake_again(q->handshake);
    q->has_random = q->answered = q->version_sure = q->handshake_version = false;
    q->parameters_read[FROM_CLIENT] = q->parameters_read[FROM_SERVER] = false;
    q->suite = NULL;
    /* What the server did not know it did not read: the client sends it again. */
    *unopened -= unread->packets < *unopened ? unread->packets : *unopened;
    *unread = (struct quic_loss){0};
    return STATUS_OK;
}

/* A client's Initial opened with keys that are new: what does it change? */
static enum quic_verdict enter(struct quic *q, struct quic_try *t)
{
    bool is_retry = q->retry_pending && bytes_equal(t->packet.dcid, quic_id_view(&q->retry_id));
    bool first = q->initial_n == 1;

    if (is_retry || (first && !q->negotiation_pending))
        return QUIC_OPENED;
    /* Of the version that was tried before: behind a Retry that was not captured. */
    if (!q->negotiation_pending && q->initials[1].version == t->packet.known)
        return QUIC_OPENED;
    if (q->agains++ >= QUIC_AGAINS_MOST) {
        t->why = GAP_BUDGET;
        t->detail = "the client began anew too often; the length counts ciphertext";
        return QUIC_LOST;
    }
    q->setup.facts->negotiation |= q->negotiation_pending;
    q->negotiation_pending = false;
    return begin_anew(q) == STATUS_OK ? QUIC_OPENED : QUIC_FAILED;
}

/* The keys that the packet's own connection ID makes: a connection's first packet. */
static enum quic_verdict try_first(struct quic *q, struct quic_try *t)
{
    enum quic_verdict verdict = try_set(q, t, t->packet.dcid, FROM_CLIENT);

    if (verdict == QUIC_OPENED && t->dir == FROM_SERVER) {
        turn(q);
        t->dir = FROM_CLIENT;
    }
    return verdict == QUIC_OPENED ? enter(q, t) : verdict;
}

enum quic_verdict quic_initial_open(struct quic *q, struct quic_try *t)
{
    enum quic_verdict verdict;

    if (try_known(q, t)) {
        if (t->dir == FROM_CLIENT && q->retry_pending &&
                bytes_equal(t->packet.dcid, quic_id_view(&q->retry_id)))
            q->setup.facts->retry = true;
        return QUIC_OPENED;
    }
    t->why = q->initial_n == 0 ? GAP_NO_KEYS : GAP_BAD_TAG;
    verdict = try_other_version(q, t);
    if (verdict == QUIC_OPENED && t->dir == FROM_CLIENT && q->negotiation_pending)
        return enter(q, t);
    if (verdict != QUIC_LOST)
        return verdict;
    /* Once the server has answered, another first Initial is another connection's. */
    if ((t->dir == FROM_CLIENT && !q->answered) || q->opened == 0) {
        verdict = try_first(q, t);
        if (verdict != QUIC_LOST)
            return verdict;
    }
    return q->answered || q->closing != CLOSING_NOT || q->flooded || q->hopeless ? QUIC_LOST
                                                                                 : QUIC_WAITS;
}

bool quic_initial_peek(struct quic *q, struct quic_try *t)
{
    return try_known(q, t);
}

enum status quic_initial_retry(struct quic *q, const struct quic_try *t)
{
    struct bytes scid = t->packet.scid;
    struct quic_initial made;
    enum status status;

    /* A client takes one Retry, and none once the server has answered (RFC 9000 17.2.5.2). */
    if (t->dir != FROM_SERVER || q->answered || q->retry_pending || q->initial_n == 0 ||
            scid.n > QUIC_ID_MOST ||
            !quic_keys_retry_fits(&t->packet, quic_id_view(&q->initials[0].dcid)))
        return STATUS_OK;
    status = make(t->packet.known, scid, &made);
    if (status != STATUS_OK)
        return status == STATUS_NOMEM ? status : STATUS_OK;
    q->retry_pending = true;
    q->retry_id = made.dcid;
    quic_ids_add(&q->ids[FROM_SERVER], scid, true);
    keep(q, &made);
    return STATUS_OK;
}

void quic_initial_negotiation(struct quic *q, const struct quic_try *t)
{
    /* Nothing signs it; the client heeds it only while it knows no better (RFC 9000 6.2). */
    if (t->dir != FROM_SERVER || q->answered)
        return;
    if (q->initial_n != 0 && !bytes_equal(t->packet.scid, quic_id_view(&q->initials[0].dcid)))
        return;
    q->negotiation_pending = true;
}
