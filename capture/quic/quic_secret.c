/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/quic/quic_part.h"
#include "capture/tls/secret.h"

enum {
    GUESS_SUITES = 3,
    GUESS_VERSIONS = 3,
    LATE_PACKETS = 3, /* waiting packets of one direction that are tried with every secret */
    AES_128_GCM = 0x1301,
    AES_256_GCM = 0x1302,
    CHACHA20 = 0x1303,
    AES_128_CCM = 0x1304,
    TLS_1_3 = 0x0304,
};

/* A way through the secrets that may be the right one. */
struct hunt {
    enum keylog_label label;
    bool walk; /* through those of every connection: nothing names ours */
    bool thorough;
    bool all_lengths; /* of an ID whose length nothing tells; else only the likely one */
    size_t hint;      /* that one */
    size_t at;
    unsigned tries;
    struct bytes id, secret;
    bool tried; /* there was one */
    bool unsupported;
};

static enum keylog_label label_of(enum direction dir, enum handshake_level level)
{
    bool client = dir == FROM_CLIENT;

    if (level == HANDSHAKE_HANDSHAKE)
        return client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE;
    return client ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_SERVER_TRAFFIC;
}

static struct bytes random_of(const struct quic *q)
{
    return bytes_of(q->random, q->has_random ? sizeof(q->random) : 0);
}

bool quic_secret_exists(const struct quic *q, enum direction dir, enum handshake_level level)
{
    struct bytes secret;

    return q->has_random &&
           keylog_find(q->setup.keys, label_of(dir, level), random_of(q), 0, &secret);
}

static bool next_secret(const struct quic *q, struct hunt *h)
{
    if (h->walk)
        return h->tries++ < TLS_ECH_TRIES && q->walk_bytes >= QUIC_KEY_COST &&
               keylog_walk(q->setup.keys, h->label, &h->at, &h->id, &h->secret);
    return q->has_random &&
           keylog_find(q->setup.keys, h->label, random_of(q), h->at++, &h->secret);
}

/* The nth suite that the secret may be for. Where no ServerHello tells, its length does. */
static const struct suite *suite_for(const struct quic *q, struct bytes secret, size_t nth)
{
    static const uint16_t guesses[GUESS_SUITES] = {AES_128_GCM, CHACHA20, AES_128_CCM};
    const struct negotiation *n = handshake_negotiation(q->handshake);
    const struct suite *known = n->server_seen ? n->suite : q->suite, *guess;

    if (known != NULL || n->server_seen)
        return known != NULL && nth == 0 && hash_length(known->prf) == secret.n ? known : NULL;
    if (nth == 0 && secret.n == hash_length(HASH_SHA384))
        return suite_find(AES_256_GCM);
    if (nth >= GUESS_SUITES)
        return NULL;
    guess = suite_find(guesses[nth]);
    return guess != NULL && hash_length(guess->prf) == secret.n ? guess : NULL;
}

/* The nth version whose labels may be right. A short header does not say. */
static const struct quic_version *version_for(
        const struct quic *q, const struct quic_try *t, size_t nth)
{
    static const uint32_t others[] = {QUIC_V1, QUIC_V2};
    const struct quic_version *first = t->packet.known != NULL ? t->packet.known : q->version;

    if (first != NULL && nth-- == 0)
        return first;
    if (t->packet.known != NULL || (first != NULL && q->version_sure))
        return NULL;
    for (size_t i = 0; i < 2; i++)
        if ((first == NULL || first->number != others[i]) && nth-- == 0)
            return quic_version_find(others[i]);
    return NULL;
}

/* The nth shape that the packet may have: of a short header, how long its ID is. */
static bool shape(struct quic_try *t, const struct hunt *h, size_t nth)
{
    size_t length = nth == 0 ? h->hint : nth - 1 < h->hint ? nth - 1 : nth;
    struct bytes rest = t->packet.whole;

    if (!t->any_length || (nth != 0 && !h->all_lengths))
        return !t->any_length && nth == 0;
    /* One that is too short for this ID is too short for longer ones as well. */
    return length <= QUIC_ID_MOST && quic_packet_next(&rest, length, &t->packet) == PARSE_DONE;
}

static void keep(struct quic *q, const struct quic_try *t, const struct hunt *h,
        const struct suite *suite, const struct quic_version *version)
{
    struct tls_facts *facts = q->setup.tls;

    q->suite = suite;
    if (q->version == NULL || !q->version_sure)
        q->version = version;
    if (h->walk) {
        memcpy(q->random, h->id.p, sizeof(q->random));
        q->has_random = true;
        handshake_name(q->handshake, h->id);
    }
    if (t->any_length)
        quic_ids_add(&q->ids[direction_other(t->dir)], t->packet.dcid, true);
    /* The ServerHello, where there is one, has said it already. */
    if (facts->suite == 0) {
        facts->suite = suite->number;
        facts->suite_name = suite->name;
    }
    if (facts->version == 0)
        facts->version = TLS_1_3;
}

/* One secret as that of one suite and version. */
static enum quic_verdict try_secret(struct quic *q, struct hunt *h, const struct suite *suite,
        const struct quic_version *version, struct quic_try *t)
{
    struct quic_space *s = &q->space[t->dir][t->level];
    const struct quic_packet packet = t->packet;
    enum quic_verdict verdict = QUIC_LOST;
    enum status status;

    if (!quic_spend(q, QUIC_KEY_COST))
        return QUIC_LOST;
    status = quic_keys_new(version, suite, h->secret, &s->keys);
    if (status == STATUS_NOMEM)
        return QUIC_FAILED;
    h->unsupported |= status == STATUS_MISSING;
    if (status != STATUS_OK)
        return QUIC_LOST;
    s->generation = 0;
    for (size_t i = 0; verdict == QUIC_LOST && shape(t, h, i); i++)
        verdict = quic_space_open(q, s, t, h->thorough && !t->any_length);
    if (verdict == QUIC_OPENED) {
        keep(q, t, h, suite, version);
        return verdict;
    }
    quic_keys_free(s->keys);
    quic_keys_free(s->next);
    s->keys = s->next = NULL;
    t->packet = packet;
    return verdict;
}

/* Every secret as that of one suite and version, then of the next. */
static enum quic_verdict run(struct quic *q, struct hunt *h, struct quic_try *t)
{
    enum quic_verdict verdict = QUIC_LOST;

    for (size_t way = 0; way < (size_t)GUESS_SUITES * GUESS_VERSIONS; way++) {
        const struct quic_version *version = version_for(q, t, way / GUESS_SUITES);

        h->at = h->tries = 0;
        while (version != NULL && verdict == QUIC_LOST && next_secret(q, h)) {
            const struct suite *suite = suite_for(q, h->secret, way % GUESS_SUITES);
            uint64_t before = q->trial_bytes;

            h->tried |= !h->walk;
            if (suite != NULL)
                verdict = try_secret(q, h, suite, version, t);
            before -= q->trial_bytes;
            if (h->walk)
                q->walk_bytes -= before < q->walk_bytes ? before : q->walk_bytes;
        }
        if (verdict != QUIC_LOST)
            return verdict;
    }
    return verdict;
}

/* A late start leaves open how long IDs are and how far the packets were counted: first what is
 * likely, with every secret, then the rest. */
static enum quic_verdict run_late(struct quic *q, struct hunt *h, struct quic_try *t)
{
    static const struct {
        bool all_lengths;
        unsigned windows;
    } efforts[] = {{false, 8}, {true, 4}, {false, 256}};
    enum quic_verdict verdict = QUIC_LOST;

    if (!t->any_length)
        return run(q, h, t);
    for (size_t i = 0; verdict == QUIC_LOST && i < sizeof(efforts) / sizeof(efforts[0]); i++) {
        h->all_lengths = efforts[i].all_lengths;
        t->windows = efforts[i].windows;
        verdict = run(q, h, t);
    }
    return verdict;
}

/* Why it stays closed. */
static void explain(const struct quic *q, const struct hunt *h, struct quic_try *t)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);

    if (h->unsupported || (n->server_seen && n->suite == NULL)) {
        t->why = GAP_UNSUPPORTED;
        t->detail = "a cipher suite that cannot be read here; the length counts ciphertext";
    } else if (h->tried) {
        t->why = GAP_BAD_TAG;
    } else {
        t->why = GAP_NO_KEYS;
        if (n->ech)
            t->detail =
                    "the client offered ECH, which hides the real client random; the length "
                    "counts ciphertext";
    }
}

static enum quic_verdict find(struct quic *q, size_t hint, struct quic_try *t)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);
    struct hunt h = {.label = label_of(t->dir, t->level),
            .walk = !q->has_random,
            .thorough = q->has_random,
            .hint = hint};
    enum quic_verdict verdict;

    if (n->server_seen && n->suite == NULL) {
        explain(q, &h, t);
        return QUIC_LOST;
    }
    verdict = run_late(q, &h, t);
    /* A server that accepts ECH (RFC 9849) answers the hidden hello, and the log names its
     * secrets by that one's random. */
    if (verdict == QUIC_LOST && !h.tried && !h.walk && n->ech &&
            q->space[t->dir][t->level].guesses++ < QUIC_GUESSES) {
        h.walk = true;
        h.thorough = false;
        verdict = run(q, &h, t);
    }
    if (verdict == QUIC_LOST)
        explain(q, &h, t);
    return verdict;
}

enum quic_verdict quic_secret_find(struct quic *q, struct quic_try *t)
{
    return find(q, 0, t);
}

enum quic_verdict quic_secret_find_early(struct quic *q, struct quic_try *t)
{
    const struct quic_space *s = &q->space[FROM_CLIENT][HANDSHAKE_APPLICATION];
    struct hunt h = {.label = KEYLOG_CLIENT_EARLY};
    const struct suite *suite;

    while (next_secret(q, &h)) {
        h.tried = true;
        for (size_t i = 0; (suite = suite_for(q, h.secret, i)) != NULL; i++) {
            struct quic_keys *keys = NULL;
            enum status status;

            if (!quic_spend(q, QUIC_KEY_COST))
                break;
            status = quic_keys_new(t->packet.known, suite, h.secret, &keys);
            if (status == STATUS_NOMEM)
                return QUIC_FAILED;
            h.unsupported |= status == STATUS_MISSING;
            if (status == STATUS_OK && quic_space_try(q, s, keys, t)) {
                q->early_keys = keys;
                return QUIC_OPENED;
            }
            quic_keys_free(keys);
        }
    }
    explain(q, &h, t);
    return QUIC_LOST;
}

/* How many bytes behind the first all waiting short headers of a direction share: their ID, but
 * for chance and for its changes. */
static size_t common_id(const struct quic *q, enum direction dir)
{
    struct bytes common = {0};
    bool any = false;

    for (const struct quic_held *w = q->held.first; w != NULL; w = w->next) {
        struct bytes id = bytes_slice(w->source.data, 1, 1 + QUIC_ID_MOST);
        size_t n = 0;

        if (w->kind != QUIC_ONE_RTT || quic_true(q, w->source.raw) != dir)
            continue;
        if (!any)
            common = id;
        any = true;
        while (n < common.n && n < id.n && common.p[n] == id.p[n])
            n++;
        common.n = n;
    }
    return common.n;
}

/* The shortest waiting packet of a direction that is longer than `than`, for it is tried with
 * every secret there is; the first of equals, then the next. */
static const struct quic_held *shortest(
        const struct quic *q, enum direction dir, const struct quic_held *behind)
{
    const struct quic_held *best = NULL;
    bool passed = behind == NULL;

    for (const struct quic_held *w = q->held.first; w != NULL; w = w->next) {
        size_t n = w->source.data.n;

        if (w == behind)
            passed = true;
        else if (w->kind == QUIC_ONE_RTT && quic_true(q, w->source.raw) == dir &&
                 w->source.missing == 0 &&
                 (behind == NULL || n > behind->source.data.n ||
                         (passed && n == behind->source.data.n)) &&
                 (best == NULL || n < best->source.data.n))
            best = w;
    }
    return best;
}

static enum status guess_late(struct quic *q, enum direction dir)
{
    const struct quic_held *w = NULL;
    size_t hint = common_id(q, dir);

    if (hint > QUIC_ID_MOST)
        hint = QUIC_ID_MOST;
    for (int i = 0; i < LATE_PACKETS && (w = shortest(q, dir, w)) != NULL; i++) {
        struct quic_try t = {.dir = dir,
                .level = HANDSHAKE_APPLICATION,
                .total = w->source.data.n,
                .any_length = true};
        struct bytes rest = w->source.data;

        if (quic_packet_next(&rest, 0, &t.packet) != PARSE_DONE)
            continue;
        switch (find(q, hint, &t)) {
        case QUIC_OPENED:
            q->space[dir][HANDSHAKE_APPLICATION].any = true;
            q->space[dir][HANDSHAKE_APPLICATION].highest = t.number;
            return STATUS_OK;
        case QUIC_FAILED:
            return STATUS_NOMEM;
        case QUIC_WAITS:
        case QUIC_LOST:
        case QUIC_DROPPED:
            break;
        }
    }
    return STATUS_OK;
}

enum status quic_secret_guess(struct quic *q)
{
    enum status status = STATUS_OK;

    q->guess = q->stirred = true;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER && status == STATUS_OK; dir++) {
        size_t length;

        if (q->space[dir][HANDSHAKE_APPLICATION].keys == NULL &&
                !quic_ids_length(&q->ids[direction_other((enum direction)dir)],
                        (struct bytes){0}, &length))
            status = guess_late(q, (enum direction)dir);
    }
    q->hopeless = q->initial_n == 0;
    return status;
}
