/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture/tls/half.h"

enum { TRIAL_COST = 2048 }; /* what deriving keys for a try counts as, in bytes */

/* Sequence numbers to try, from `best` outward. */
struct range {
    uint64_t first, last, best;
};

static enum keylog_label label_of(enum epoch epoch, enum direction dir)
{
    bool client = dir == FROM_CLIENT;

    switch (epoch) {
    case EPOCH_EARLY:
        return KEYLOG_CLIENT_EARLY;
    case EPOCH_HANDSHAKE:
        return client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE;
    case EPOCH_TRAFFIC:
        return client ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_SERVER_TRAFFIC;
    case EPOCH_PLAIN:
    case EPOCH_MASTER:
        break;
    }
    return KEYLOG_MASTER;
}

/* The terms of the keys in use; a renegotiation may be changing those of the handshake. */
static uint16_t version_of(const struct tls *t, const struct half *h)
{
    return h->crypt != NULL ? h->version : t->now.version;
}

static const struct suite *suite_of(const struct tls *t, const struct half *h)
{
    return h->crypt != NULL ? h->suite : t->now.suite;
}

uint64_t open_plain_most(
        const struct tls *t, const struct half *h, uint64_t n, uint64_t records)
{
    const struct suite *suite = suite_of(t, h);
    uint64_t each = RECORD_HEADER;

    if (suite != NULL)
        each += crypt_overhead(version_of(t, h), suite);
    if (records > n / each)
        return 0;
    return n - records * each;
}

void open_enter(struct half *h, enum epoch epoch)
{
    crypt_free(h->crypt);
    h->crypt = NULL;
    h->epoch = epoch;
    h->sequence = 0;
    h->has_nonce = false;
}

/* Sequence numbers that a record may have behind what was lost, counted from `base`. */
static struct range range_of(const struct half *h, const struct tls *t,
        const struct record *record, uint64_t base, bool is_new)
{
    uint16_t version = is_new ? t->now.version : version_of(t, h);
    const struct suite *suite = is_new ? t->now.suite : suite_of(t, h);
    uint64_t least = RECORD_HEADER + crypt_overhead(version, suite);
    uint64_t most = record->lost / least, mean = RECORD_HEADER + (1 << 14), best, nonce;
    struct range range = {base, base, base};

    if (record->lost == 0)
        return range;
    if (record->lost_records != 0)
        most = record->lost_records;
    if (h->record_count != 0)
        mean = h->record_bytes / h->record_count;
    best = record->lost_records != 0 ? most : (record->lost + mean / 2) / mean;
    /* Most senders count their explicit nonces up with the records. */
    if (!is_new && h->has_nonce && crypt_nonce(version, suite, record->fragment, &nonce) &&
            nonce - h->nonce - 1 <= most)
        best = nonce - h->nonce - 1;
    if (best > most)
        best = most;
    range.first = base + (best > TLS_WINDOW / 2 ? best - TLS_WINDOW / 2 : 0);
    range.last = most - best > TLS_WINDOW / 2 ? base + best + TLS_WINDOW / 2 : base + most;
    range.best = is_new ? base : base + best;
    if (is_new) {
        range.first = base;
        range.last = base + (most < TLS_WINDOW ? most : TLS_WINDOW);
    }
    return range;
}

static bool spend(struct tls *t, uint64_t bytes)
{
    if (t->trial_bytes < bytes)
        return false;
    t->trial_bytes -= bytes;
    return true;
}

static bool try_one(struct half *h, struct crypt *c, const struct record *record,
        uint64_t sequence, struct opened *out)
{
    struct crypt_record whole = {sequence, record->whole};
    size_t n;

    if (crypt_open(c, &whole, h->plain, &n, &out->type) != PARSE_DONE)
        return false;
    out->content = bytes_of(h->plain, n);
    return true;
}

/* A stream cipher: how many records were lost says where in the key stream we are. The longest
 * way is that of the fewest records, and each further record shortens it by a header. */
static bool try_positions(struct tls *t, struct half *h, struct crypt **c,
        const struct record *record, struct range range, uint64_t base, uint64_t *sequence,
        struct opened *out)
{
    uint64_t most = record->lost / RECORD_HEADER;
    uint64_t records = range.last - base < most ? range.last - base : most;
    struct crypt *work = crypt_copy(*c);

    if (work == NULL)
        return false;
    crypt_skip(work, record->lost - records * RECORD_HEADER);
    for (;; records--) {
        if (try_one(h, work, record, base + records, out)) {
            crypt_free(*c);
            *c = work;
            *sequence = base + records;
            return true;
        }
        if (records == 0 || base + records == range.first || !spend(t, record->whole.n))
            break;
        crypt_skip(work, RECORD_HEADER);
    }
    crypt_free(work);
    return false;
}

/* Tries the numbers of the range with one key. */
static bool try_range(struct tls *t, struct half *h, struct crypt **c,
        const struct record *record, struct range range, uint64_t base, uint64_t *sequence,
        struct opened *out)
{
    enum crypt_chain chain = crypt_chain(*c);

    if (record->lost != 0 && chain == CHAIN_POSITION)
        return try_positions(t, h, c, record, range, base, sequence, out);
    if (record->lost != 0 && chain == CHAIN_BLOCK)
        crypt_resume(*c, record->before);
    for (uint64_t step = 0; step <= range.last - range.first; step++) {
        uint64_t up = range.best + step, down = range.best - step;

        if (up <= range.last && try_one(h, *c, record, up, out)) {
            *sequence = up;
            return true;
        }
        if (step != 0 && step <= range.best - range.first &&
                try_one(h, *c, record, down, out)) {
            *sequence = down;
            return true;
        }
        if (!spend(t, record->whole.n))
            return false;
    }
    return false;
}

/* What became of trying one epoch. */
enum attempt {
    ATTEMPT_OPENED,
    ATTEMPT_NO_KEYS,
    ATTEMPT_WRONG,
    ATTEMPT_UNSUPPORTED,
    ATTEMPT_NOMEM,
};

static void adopt(struct half *h, struct crypt *c, enum epoch epoch, const struct tls *t,
        struct bytes secret)
{
    if (h->crypt != c)
        crypt_free(h->crypt);
    h->crypt = c;
    h->epoch = epoch;
    h->suite = t->now.suite;
    h->version = t->now.version;
    h->secret_n = secret.n;
    if (secret.n != 0)
        memmove(h->secret, secret.p, secret.n);
}

static enum attempt try_keys(struct tls *t, struct half *h, enum epoch epoch,
        const struct schedule_keys *keys, struct bytes secret, const struct record *record,
        uint64_t *sequence, struct opened *out)
{
    bool same = epoch == h->epoch && h->crypt == NULL;
    uint64_t base = same ? h->sequence : 0;
    struct crypt_setup setup = {t->now.version, t->now.suite, keys, t->now.encrypt_then_mac};
    struct crypt *c = NULL;
    enum status status;

    if (!spend(t, TRIAL_COST))
        return ATTEMPT_WRONG;
    status = crypt_new(&setup, &c);
    if (status != STATUS_OK)
        return status == STATUS_MISSING ? ATTEMPT_UNSUPPORTED : ATTEMPT_NOMEM;
    if (!try_range(t, h, &c, record, range_of(h, t, record, base, true), base, sequence, out)) {
        crypt_free(c);
        return ATTEMPT_WRONG;
    }
    adopt(h, c, epoch, t, secret);
    return ATTEMPT_OPENED;
}

static enum attempt try_master(struct tls *t, struct half *h, const struct record *record,
        uint64_t *sequence, struct opened *out)
{
    enum attempt result = ATTEMPT_NO_KEYS;
    uint8_t master[SCHEDULE_MASTER];

    for (size_t nth = 0; secret_master(&t->now, t->setup.keys, t->setup.sessions, nth, master);
            nth++) {
        struct schedule_keys keys[2];

        if (!schedule_key_block(t->now.version, t->now.suite, bytes_of(master, sizeof(master)),
                    t->now.client_random, t->now.server_random, keys))
            return ATTEMPT_NOMEM;
        result = try_keys(
                t, h, EPOCH_MASTER, &keys[h->dir], bytes_of(NULL, 0), record, sequence, out);
        if (result == ATTEMPT_WRONG)
            continue;
        if (result == ATTEMPT_OPENED) {
            memcpy(t->now.master, master, sizeof(master));
            t->now.has_master = true;
        }
        return result;
    }
    return result;
}

/* A hole may have taken KeyUpdates with it: the secrets that follow `from`. */
static enum attempt try_updates(struct tls *t, struct half *h, struct bytes from,
        const struct record *record, uint64_t *sequence, struct opened *out)
{
    uint8_t secret[2][HASH_MOST];
    size_t n = from.n;

    for (int i = 0; i < TLS_UPDATES; i++) {
        uint8_t *next = secret[i & 1];
        struct schedule_keys keys;
        enum attempt result;

        if (!schedule_update(t->now.version, t->now.suite, from, next))
            return ATTEMPT_NOMEM;
        from = bytes_of(next, n);
        if (!schedule_traffic(t->now.version, t->now.suite, from, &keys))
            return ATTEMPT_NOMEM;
        result = try_keys(t, h, EPOCH_TRAFFIC, &keys, from, record, sequence, out);
        if (result != ATTEMPT_WRONG)
            return result;
    }
    return ATTEMPT_WRONG;
}

static enum attempt try_traffic(struct tls *t, struct half *h, enum epoch epoch,
        const struct record *record, uint64_t *sequence, struct opened *out)
{
    enum attempt result = ATTEMPT_NO_KEYS;
    struct bytes secret;

    for (size_t nth = 0;
            secret_traffic(&t->now, t->setup.keys, label_of(epoch, h->dir), nth, &secret);
            nth++) {
        struct schedule_keys keys;

        if (!schedule_traffic(t->now.version, t->now.suite, secret, &keys))
            return ATTEMPT_NOMEM;
        result = try_keys(t, h, epoch, &keys, secret, record, sequence, out);
        if (result == ATTEMPT_WRONG && epoch == EPOCH_TRAFFIC && record->lost != 0)
            result = try_updates(t, h, secret, record, sequence, out);
        if (result != ATTEMPT_WRONG)
            return result;
    }
    return result;
}

/*
 * A server that accepts ECH (RFC 9849) answers the hidden ClientHello, and the key log names its
 * secrets by that one's random, which nobody sees. The server's first record finds it: one of
 * the log's secrets opens it, and no other does.
 */
static enum attempt try_hidden_random(struct tls *t, struct half *h,
        const struct record *record, uint64_t *sequence, struct opened *out)
{
    struct bytes id, secret;
    size_t at = 0;

    if (h->dir != FROM_SERVER || h->epoch != EPOCH_HANDSHAKE || !t->now.ech ||
            h->sequence != 0 || record->lost != 0)
        return ATTEMPT_NO_KEYS;
    for (int tries = 0; tries < TLS_ECH_TRIES &&
                        keylog_walk(t->setup.keys, KEYLOG_SERVER_HANDSHAKE, &at, &id, &secret);
            tries++) {
        struct schedule_keys keys;
        enum attempt result;

        if (secret.n != hash_length(t->now.suite->prf))
            continue;
        if (!schedule_traffic(t->now.version, t->now.suite, secret, &keys))
            return ATTEMPT_NOMEM;
        result = try_keys(t, h, EPOCH_HANDSHAKE, &keys, secret, record, sequence, out);
        if (result == ATTEMPT_OPENED) {
            memcpy(t->now.client_random, id.p, sizeof(t->now.client_random));
            /* What the peers sign begins with the hello that nobody saw. */
            t->now.transcript_broken = true;
            buf_clear(&t->now.transcript);
        }
        if (result != ATTEMPT_WRONG)
            return result;
    }
    return ATTEMPT_NO_KEYS;
}

static enum attempt try_own(struct tls *t, struct half *h, const struct record *record,
        uint64_t *sequence, struct opened *out)
{
    if (h->crypt != NULL)
        return try_range(t, h, &h->crypt, record, range_of(h, t, record, h->sequence, false),
                       h->sequence, sequence, out)
                       ? ATTEMPT_OPENED
                       : ATTEMPT_WRONG;
    return h->epoch == EPOCH_MASTER ? try_master(t, h, record, sequence, out)
                                    : try_traffic(t, h, h->epoch, record, sequence, out);
}

static enum attempt try_all(struct tls *t, struct half *h, const struct record *record,
        uint64_t *sequence, struct opened *out)
{
    bool unsure = h->crypt == NULL || h->doubt || h->epoch == EPOCH_EARLY;
    enum epoch from = h->epoch;
    enum attempt result = try_own(t, h, record, sequence, out), later = result;

    if (result == ATTEMPT_NO_KEYS)
        result = later = try_hidden_random(t, h, record, sequence, out);
    if (from == EPOCH_MASTER || !unsure || result == ATTEMPT_OPENED)
        return result;
    for (int epoch = (int)from + 1; epoch <= EPOCH_TRAFFIC; epoch++) {
        if (later != ATTEMPT_NO_KEYS && later != ATTEMPT_WRONG)
            return later;
        later = try_traffic(t, h, (enum epoch)epoch, record, sequence, out);
    }
    if (later == ATTEMPT_WRONG && from == EPOCH_TRAFFIC && h->crypt != NULL)
        later = try_updates(t, h, bytes_of(h->secret, h->secret_n), record, sequence, out);
    /* Only its own epoch says whether a key was missing or wrong. */
    return later == ATTEMPT_NO_KEYS || later == ATTEMPT_WRONG ? result : later;
}

/* Why nothing can be opened, whatever the key log says. */
static bool is_hopeless(const struct tls *t, struct opened *out)
{
    const struct negotiation *n = &t->now;

    out->why = GAP_MIDSTREAM;
    if (!n->client_seen)
        out->detail = "the ClientHello was not captured";
    else if (!n->server_seen)
        out->detail = "the ServerHello was not captured";
    else
        out->why = GAP_UNSUPPORTED;
    if (out->why == GAP_MIDSTREAM)
        return true;
    if (n->suite == NULL)
        out->detail = "unknown cipher suite";
    else if (n->suite->cipher == CIPHER_OTHER)
        out->detail = "cipher suite that cannot be read";
    else if (n->compressed)
        out->detail = "TLS compression";
    else
        return false;
    return true;
}

/* The place is found again: what does the hole before it amount to? */
static void settle_hole(struct tls *t, struct half *h, const struct record *record,
        uint64_t sequence, enum epoch before, uint64_t expected)
{
    struct hole *hole = &h->hole;
    bool carries =
            h->epoch == EPOCH_MASTER || h->epoch == EPOCH_TRAFFIC || h->epoch == EPOCH_EARLY;
    /* Before TLS 1.3 the first record under new keys is the Finished. */
    uint64_t first_data = h->epoch == EPOCH_MASTER ? 1 : 0;
    bool is_front = hole->epoch < h->epoch
                            ? hole->epoch == EPOCH_HANDSHAKE || hole->epoch == EPOCH_PLAIN
                            : before == h->epoch && expected == 0 && hole->id_n != 0;

    if (!hole->open)
        return;
    if (!carries && (hole->id_n != 0 || hole->epoch == EPOCH_HANDSHAKE)) {
        hole_forget(h);
    } else if (sequence <= first_data && is_front) {
        hole_forget(h); /* only handshake stood before this record */
    } else {
        if (hole->id_n != 0 || hole->why == GAP_BAD)
            hole->len = open_plain_most(t, h, record->lost,
                    before == h->epoch && sequence > expected ? sequence - expected : 1);
        hole_tell(t, h, record->frames.n == 0 ? 0 : record->frames.at[0]);
    }
}

static enum status keep_session(struct tls *t)
{
    struct negotiation *n = &t->now;
    uint8_t key[SHA256_BYTES];
    enum status status = STATUS_OK;

    if (t->setup.sessions == NULL || !n->has_master)
        return STATUS_OK;
    if (n->server_session_n != 0) {
        if (!sessions_key(false, bytes_of(n->server_session, n->server_session_n), key))
            return STATUS_NOMEM;
        status = sessions_add(t->setup.sessions, key, n->master);
    }
    if (status == STATUS_OK && n->has_issued)
        status = sessions_add(t->setup.sessions, n->issued, n->master);
    return status;
}

static enum open_result opened(struct tls *t, struct half *h, const struct record *record,
        uint64_t sequence, enum epoch before, uint64_t expected, struct opened *out)
{
    settle_hole(t, h, record, sequence, before, expected);
    crypt_pass(h->crypt, record->fragment);
    h->has_nonce = crypt_nonce(h->version, h->suite, record->fragment, &h->nonce);
    h->sequence = sequence + 1;
    h->record_count++;
    h->record_bytes += record->whole.n;
    h->doubt = h->keyless = false;
    t->opened++;
    out->first = sequence == 0;
    if (h->epoch == EPOCH_MASTER && sequence == 0 && keep_session(t) != STATUS_OK)
        return OPEN_NOMEM;
    return OPEN_DONE;
}

enum open_result open_record(
        struct tls *t, struct half *h, const struct record *record, struct opened *out)
{
    enum epoch before = h->epoch;
    uint64_t expected = h->sequence, sequence = 0;

    if (record->lost != 0) {
        h->doubt = true;
        if (h->hole.open && (h->hole.id_n != 0 || h->hole.why == GAP_BAD))
            h->hole.len = open_plain_most(t, h, record->lost, 1);
    }
    h->keyless = true;
    if (h->crypt == NULL && is_hopeless(t, out))
        return OPEN_FAILED;
    if (h->plain == NULL) {
        h->plain = malloc(RECORD_HEADER + RECORD_FRAGMENT_MOST);
        if (h->plain == NULL)
            return OPEN_NOMEM;
    }
    switch (try_all(t, h, record, &sequence, out)) {
    case ATTEMPT_OPENED:
        return opened(t, h, record, sequence, before, expected, out);
    case ATTEMPT_NO_KEYS:
        out->why = GAP_NO_KEYS;
        out->detail = t->now.ech ? "the client offered ECH, which hides the real client random"
                                 : NULL;
        break;
    case ATTEMPT_WRONG:
        out->why = GAP_BAD_TAG;
        out->detail = t->trial_bytes < TRIAL_COST ? "the limit on tries was reached" : NULL;
        h->keyless = false;
        break;
    case ATTEMPT_UNSUPPORTED:
        out->why = GAP_UNSUPPORTED;
        out->detail = "OpenSSL does not offer this cipher here";
        break;
    case ATTEMPT_NOMEM:
        return OPEN_NOMEM;
    }
    /* The record's place still counts, when it is sure. */
    if (!record->guess) {
        if (h->crypt != NULL)
            crypt_pass(h->crypt, record->fragment);
        h->sequence += 1 + record->lost_records;
    }
    if (h->dir == FROM_CLIENT && h->epoch == EPOCH_HANDSHAKE && h->crypt == NULL &&
            t->now.early == EARLY_REJECTED && !record->guess) {
        h->sequence = 0;
        return OPEN_REFUSED;
    }
    return OPEN_FAILED;
}

bool open_update(struct half *h)
{
    uint8_t next[HASH_MOST];
    struct schedule_keys keys;
    struct crypt_setup setup = {h->version, h->suite, &keys, false};
    struct crypt *c = NULL;

    if (h->epoch != EPOCH_TRAFFIC || h->crypt == NULL)
        return true;
    if (!schedule_update(h->version, h->suite, bytes_of(h->secret, h->secret_n), next) ||
            !schedule_traffic(h->version, h->suite, bytes_of(next, h->secret_n), &keys) ||
            crypt_new(&setup, &c) != STATUS_OK)
        return false;
    crypt_free(h->crypt);
    h->crypt = c;
    memcpy(h->secret, next, h->secret_n);
    h->sequence = 0;
    return true;
}
