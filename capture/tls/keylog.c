/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/keylog.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"

enum {
    RANDOM = 32,
    MASTER = 48,
    RSA_ID = 8,
    BUCKETS_FIRST = 64,
};

static const uint32_t NOWHERE = UINT32_MAX;

struct entry {
    uint8_t label; /* enum keylog_label */
    uint8_t id_length;
    uint8_t id[KEYLOG_ID_MOST];
    uint16_t secret_length;
    uint32_t secret; /* offset in `secrets` */
    uint32_t next;   /* entry of the same bucket, later in the log; NOWHERE at the end */
};

struct keylog {
    struct entry *entries; /* owned */
    size_t n, capacity;
    uint32_t *buckets; /* owned; a power of two of them, first entry each */
    size_t bucket_count;
    uint64_t seed;
    struct buf secrets;
    struct keylog_counts counts;
};

static const struct {
    const char *text;
    enum keylog_label label;
} names[] = {
        {"CLIENT_RANDOM", KEYLOG_MASTER},
        {"PMS_CLIENT_RANDOM", KEYLOG_PREMASTER},
        {"RSA", KEYLOG_RSA},
        {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_CLIENT_EARLY},
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_CLIENT_HANDSHAKE},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SERVER_HANDSHAKE},
        {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_CLIENT_TRAFFIC},
        {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SERVER_TRAFFIC},
        {"EXPORTER_SECRET", KEYLOG_EXPORTER},
        {"EARLY_EXPORTER_SECRET", KEYLOG_EARLY_EXPORTER},
        {"EARLY_EXPORTER_MASTER_SECRET", KEYLOG_EARLY_EXPORTER},
        {"ECH_SECRET", KEYLOG_ECH_SECRET},
        {"ECH_CONFIG", KEYLOG_ECH_CONFIG},
};

struct keylog *keylog_new(void)
{
    struct keylog *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return NULL;
    k->buckets = malloc(BUCKETS_FIRST * sizeof(*k->buckets));
    if (k->buckets == NULL) {
        free(k);
        return NULL;
    }
    k->bucket_count = BUCKETS_FIRST;
    memset(k->buckets, 0xff, BUCKETS_FIRST * sizeof(*k->buckets));
    /* Identifiers come from the network. The address, which differs from run to run, keeps a
     * capture from aiming at one bucket; no answer depends on it. */
    k->seed = (uint64_t)(uintptr_t)k * 0x9e3779b97f4a7c15U;
    buf_init(&k->secrets, KEYLOG_BYTES);
    return k;
}

void keylog_free(struct keylog *k)
{
    if (k == NULL)
        return;
    free(k->entries);
    free(k->buckets);
    buf_clear(&k->secrets);
    free(k);
}

static size_t bucket_of(const struct keylog *k, enum keylog_label label, struct bytes id)
{
    uint64_t h = k->seed ^ (uint64_t)label ^ ((uint64_t)id.n << 8);

    for (size_t i = 0; i < id.n; i++) {
        h = (h ^ id.p[i]) * 0xff51afd7ed558ccdU;
        h ^= h >> 32;
    }
    return (size_t)(h & (k->bucket_count - 1));
}

static bool is_for(const struct entry *e, enum keylog_label label, struct bytes id)
{
    return e->label == label && bytes_equal(bytes_of(e->id, e->id_length), id);
}

static struct bytes secret_of(const struct keylog *k, const struct entry *e)
{
    return bytes_of(k->secrets.p + e->secret, e->secret_length);
}

bool keylog_find(const struct keylog *k, enum keylog_label label, struct bytes id, size_t nth,
        struct bytes *secret)
{
    if (k == NULL)
        return false;
    for (uint32_t at = k->buckets[bucket_of(k, label, id)]; at != NOWHERE;
            at = k->entries[at].next) {
        if (!is_for(&k->entries[at], label, id) || nth-- != 0)
            continue;
        *secret = secret_of(k, &k->entries[at]);
        return true;
    }
    return false;
}

bool keylog_walk(const struct keylog *k, enum keylog_label label, size_t *at, struct bytes *id,
        struct bytes *secret)
{
    while (k != NULL && *at < k->n) {
        const struct entry *e = &k->entries[(*at)++];

        if (e->label != label)
            continue;
        *id = bytes_of(e->id, e->id_length);
        *secret = secret_of(k, e);
        return true;
    }
    return false;
}

/* Appends entry `at` to its bucket, so that candidates keep the order of the log. */
static void link_entry(struct keylog *k, uint32_t at)
{
    struct entry *e = &k->entries[at];
    uint32_t *link = &k->buckets[bucket_of(k, e->label, bytes_of(e->id, e->id_length))];

    while (*link != NOWHERE)
        link = &k->entries[*link].next;
    e->next = NOWHERE;
    *link = at;
}

static enum status make_room(struct keylog *k)
{
    struct entry *entries = array_grow(k->entries, k->n, &k->capacity, sizeof(*entries));

    if (entries == NULL)
        return STATUS_NOMEM;
    k->entries = entries;
    if (k->n == k->bucket_count) {
        size_t count = k->bucket_count * 2;
        uint32_t *buckets = malloc(count * sizeof(*buckets));

        if (buckets == NULL)
            return STATUS_NOMEM;
        free(k->buckets);
        k->buckets = buckets;
        k->bucket_count = count;
        memset(buckets, 0xff, count * sizeof(*buckets));
        for (uint32_t i = 0; i < k->n; i++)
            link_entry(k, i);
    }
    return STATUS_OK;
}

static enum status keep(
        struct keylog *k, enum keylog_label label, struct bytes id, struct bytes secret)
{
    struct bytes other;
    size_t nth = 0;
    enum status status;

    for (; keylog_find(k, label, id, nth, &other); nth++) {
        if (bytes_equal(other, secret)) {
            k->counts.duplicates++;
            return STATUS_OK;
        }
    }
    if (nth == KEYLOG_CANDIDATES || k->n == KEYLOG_ENTRIES ||
            secret.n > KEYLOG_BYTES - k->secrets.n) {
        k->counts.left_out++;
        return STATUS_OK;
    }
    status = make_room(k);
    if (status != STATUS_OK)
        return status;
    k->entries[k->n] = (struct entry){.label = (uint8_t)label,
            .id_length = (uint8_t)id.n,
            .secret_length = (uint16_t)secret.n,
            .secret = (uint32_t)k->secrets.n};
    memcpy(k->entries[k->n].id, id.p, id.n);
    status = buf_append(&k->secrets, secret);
    if (status != STATUS_OK)
        return status;
    link_entry(k, (uint32_t)k->n++);
    k->counts.secrets++;
    return STATUS_OK;
}

/* The next word of a line; several blanks are one. */
static struct bytes take_word(struct bytes *line)
{
    struct bytes word = {line->p, 0};

    while (line->n != 0 && (*line->p == ' ' || *line->p == '\t'))
        *line = bytes_slice(*line, 1, line->n);
    word.p = line->p;
    while (word.n < line->n && line->p[word.n] != ' ' && line->p[word.n] != '\t')
        word.n++;
    *line = bytes_slice(*line, word.n, line->n);
    return word;
}

/* Whole bytes in hexadecimal, at least one, at most `most`. */
static bool read_hex(struct bytes word, size_t most, uint8_t *raw, struct bytes *out)
{
    if (word.n == 0 || word.n % 2 != 0 || word.n / 2 > most)
        return false;
    for (size_t i = 0; i < word.n / 2; i++) {
        int high = ascii_hex_value(word.p[2 * i]), low = ascii_hex_value(word.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        raw[i] = (uint8_t)(high * 16 + low);
    }
    *out = bytes_of(raw, word.n / 2);
    return true;
}

static bool find_label(struct bytes word, enum keylog_label *out)
{
    /* Early drafts of QUIC logged the TLS secrets under this prefix. */
    if (bytes_starts(word, BYTES_LITERAL("QUIC_")))
        word = bytes_slice(word, 5, word.n);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (bytes_is(word, names[i].text)) {
            *out = names[i].label;
            return true;
        }
    }
    return false;
}

static bool lengths_fit(enum keylog_label label, size_t id, size_t secret)
{
    switch (label) {
    case KEYLOG_MASTER:
        return id == RANDOM && secret == MASTER;
    case KEYLOG_RSA:
        return id == RSA_ID && secret == MASTER;
    case KEYLOG_SESSION:
        return secret == MASTER;
    case KEYLOG_CLIENT_EARLY:
    case KEYLOG_CLIENT_HANDSHAKE:
    case KEYLOG_SERVER_HANDSHAKE:
    case KEYLOG_CLIENT_TRAFFIC:
    case KEYLOG_SERVER_TRAFFIC:
    case KEYLOG_EXPORTER:
    case KEYLOG_EARLY_EXPORTER:
        return id == RANDOM && (secret == 32 || secret == 48);
    case KEYLOG_PREMASTER:
    case KEYLOG_ECH_SECRET:
    case KEYLOG_ECH_CONFIG:
        break;
    }
    return id == RANDOM;
}

/* Cuts `prefix` off the word when it is there. */
static bool cut_prefix(struct bytes *word, const char *prefix)
{
    struct bytes front = bytes_text(prefix);

    if (!bytes_starts(*word, front))
        return false;
    *word = bytes_slice(*word, front.n, word->n);
    return true;
}

/* False: malformed. */
static bool read_line(
        struct keylog *k, struct bytes line, enum keylog_label label, enum status *status)
{
    uint8_t raw_id[KEYLOG_ID_MOST], raw_secret[KEYLOG_SECRET_MOST];
    struct bytes id_word = take_word(&line), secret_word = take_word(&line), id, secret;

    /* "RSA Session-ID:… Master-Key:…" is what people make of the output of s_client. */
    if (label == KEYLOG_RSA && cut_prefix(&id_word, "Session-ID:")) {
        label = KEYLOG_SESSION;
        if (!cut_prefix(&secret_word, "Master-Key:"))
            return false;
    }
    if (!read_hex(id_word, sizeof(raw_id), raw_id, &id) ||
            !read_hex(secret_word, sizeof(raw_secret), raw_secret, &secret) ||
            take_word(&line).n != 0 || !lengths_fit(label, id.n, secret.n))
        return false;
    *status = keep(k, label, id, secret);
    return true;
}

enum status keylog_add(struct keylog *k, struct bytes text)
{
    enum status status = STATUS_OK;

    if (bytes_starts(text, BYTES_LITERAL("\xef\xbb\xbf"))) /* a byte order mark */
        text = bytes_slice(text, 3, text.n);
    while (text.n != 0 && status == STATUS_OK) {
        enum keylog_label label = KEYLOG_MASTER;
        bool whole = true;
        struct bytes line, word;

        if (!bytes_take_until(&text, '\n', &line)) {
            line = text;
            text = bytes_slice(text, text.n, text.n);
            whole = false;
        }
        /* A log that went through a shell script has its continuation marks still. */
        while (line.n != 0 && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\\'))
            line.n--;
        word = take_word(&line);
        if (word.n == 0 || word.p[0] == '#')
            continue;
        if (!find_label(word, &label)) {
            k->counts.unknown++;
        } else if (!read_line(k, line, label, &status)) {
            k->counts.malformed++;
            k->counts.cut += whole ? 0 : 1;
        }
    }
    return status;
}

struct keylog_counts keylog_counts(const struct keylog *k)
{
    return k->counts;
}
