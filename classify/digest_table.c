/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/digest_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "classify/murmur.h"

enum {
    MURMUR_BYTES = 16,
    MURMUR = DIGEST_KINDS, /* stands behind the kinds of base/digest.h */
    NO_INNER = 255,
    LAYERED = 3, /* kinds that are made of each other's text */
    MADE_OF_ONE = DIGEST_KINDS + 3 + 2 * LAYERED * LAYERED,
};

static const enum digest_kind layered[LAYERED] = {DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256};

struct entry {
    uint64_t front; /* the digest's first 8 bytes */
    uint32_t text;
    uint8_t length; /* 0: a free slot */
    uint8_t outer, inner;
    uint8_t rest[DIGEST_MOST - sizeof(uint64_t)];
};

struct digest_table {
    struct entry *slots;
    size_t size; /* a power of two, at least twice the entries */
};

struct builder {
    struct digest_table *t;
    struct digest *digests[DIGEST_KINDS];
    uint32_t text;
};

static uint64_t front_of(const uint8_t *raw)
{
    uint64_t out;

    memcpy(&out, raw, sizeof(out));
    return out;
}

/* Digests spread by themselves; who makes traffic cannot choose what is in the table. */
static size_t home(const struct digest_table *t, uint64_t front)
{
    return (size_t)(front ^ front >> 32) & (t->size - 1);
}

static void put(struct builder *b, const uint8_t *raw, size_t n, unsigned outer, unsigned inner)
{
    size_t at = home(b->t, front_of(raw));
    struct entry *e;

    while (b->t->slots[at].length != 0)
        at = (at + 1) & (b->t->size - 1);
    e = &b->t->slots[at];
    e->front = front_of(raw);
    e->text = b->text;
    e->length = (uint8_t)n;
    e->outer = (uint8_t)outer;
    e->inner = (uint8_t)inner;
    memcpy(e->rest, raw + sizeof(e->front), n - sizeof(e->front));
}

static void put_layered(struct builder *b, const char *hex, size_t n, enum digest_kind inner)
{
    uint8_t raw[DIGEST_MOST];

    for (size_t i = 0; i < LAYERED; i++) {
        digest_add(b->digests[layered[i]], bytes_of(hex, n));
        digest_finish(b->digests[layered[i]], raw);
        put(b, raw, digest_length(layered[i]), layered[i], inner);
    }
}

static void put_word(uint8_t *out, uint64_t word, bool big)
{
    for (unsigned i = 0; i < 8; i++)
        out[big ? 7 - i : i] = (uint8_t)(word >> (8 * i));
}

/* As scripts print it (two words, big-endian), as a whole number of 128 bits, as bytes. */
static void put_murmur(struct builder *b, struct bytes text)
{
    struct murmur m = murmur_x64_128(text, 0);
    uint8_t raw[MURMUR_BYTES];

    for (int way = 0; way < 3; way++) {
        put_word(raw, m.word[way == 1], way != 2);
        put_word(raw + 8, m.word[way != 1], way != 2);
        put(b, raw, MURMUR_BYTES, MURMUR, NO_INNER);
    }
}

static void put_text(struct builder *b, struct bytes text)
{
    char hex[DIGEST_TEXT_MOST];
    uint8_t raw[DIGEST_MOST];

    for (int kind = 0; kind < DIGEST_KINDS; kind++) {
        digest_add(b->digests[kind], text);
        digest_finish(b->digests[kind], raw);
        put(b, raw, digest_length((enum digest_kind)kind), (unsigned)kind, NO_INNER);
    }
    put_murmur(b, text);
    for (size_t i = 0; i < LAYERED; i++) {
        size_t n = digest_length(layered[i]);

        digest_add(b->digests[layered[i]], text);
        digest_finish(b->digests[layered[i]], raw);
        digest_hex(bytes_of(raw, n), hex);
        put_layered(b, hex, 2 * n, layered[i]);
        for (size_t k = 0; k < 2 * n; k++) {
            if (ascii_is_alpha((uint8_t)hex[k]))
                hex[k] = (char)(hex[k] - 'a' + 'A');
        }
        put_layered(b, hex, 2 * n, layered[i]);
    }
}

static bool begin(struct builder *b, size_t n)
{
    size_t size = 64;

    while (size < 2 * n * MADE_OF_ONE)
        size *= 2;
    b->t = calloc(1, sizeof(*b->t));
    if (b->t == NULL)
        return false;
    b->t->size = size;
    b->t->slots = calloc(size, sizeof(*b->t->slots));
    if (b->t->slots == NULL)
        return false;
    for (int kind = 0; kind < DIGEST_KINDS; kind++) {
        b->digests[kind] = digest_new((enum digest_kind)kind);
        if (b->digests[kind] == NULL)
            return false;
    }
    return true;
}

enum status digest_table_new(
        const struct bytes *texts, size_t n, struct digest_table **out, bool *left_out)
{
    enum { TEXTS_MOST = DIGEST_TABLE_MOST / MADE_OF_ONE };
    struct builder b = {0};
    size_t most = n < TEXTS_MOST ? n : TEXTS_MOST;
    bool good = begin(&b, most);

    for (size_t i = 0; good && i < most; i++) {
        b.text = (uint32_t)i;
        if (texts[i].n != 0)
            put_text(&b, texts[i]);
    }
    for (int kind = 0; kind < DIGEST_KINDS; kind++)
        digest_free(b.digests[kind]);
    if (!good) {
        digest_table_free(b.t);
        return STATUS_NOMEM;
    }
    *out = b.t;
    *left_out = most != n;
    return STATUS_OK;
}

void digest_table_free(struct digest_table *t)
{
    if (t == NULL)
        return;
    free(t->slots);
    free(t);
}

bool digest_table_length(size_t n)
{
    return n == 16 || n == 20 || n == 28 || n == 32 || n == 48 || n == 64;
}

static const char *name_of(unsigned kind)
{
    return kind == MURMUR ? "murmur3-x64-128" : digest_name((enum digest_kind)kind);
}

bool digest_table_find(
        const struct digest_table *t, struct bytes raw, size_t *at, struct digest_found *out)
{
    if (!digest_table_length(raw.n))
        return false;
    /* `*at` counts slots from the digest's home. */
    for (;; (*at)++) {
        const struct entry *e = &t->slots[(home(t, front_of(raw.p)) + *at) & (t->size - 1)];

        if (e->length == 0)
            return false;
        if (e->front != front_of(raw.p) || e->length != raw.n ||
                memcmp(e->rest, raw.p + sizeof(e->front), raw.n - sizeof(e->front)) != 0)
            continue;
        (*at)++;
        out->text = e->text;
        out->names[0] = name_of(e->outer);
        out->layers = e->inner == NO_INNER ? 1 : 2;
        out->names[1] = e->inner == NO_INNER ? NULL : name_of(e->inner);
        return true;
    }
}
