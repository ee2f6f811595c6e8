/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/search_parts.h"

enum { PARTS_MOST = 64 };

/* One hit by chance in a hundred captures is the most that a form may promise. */
#define CHANCE_MOST 0.01

const char *search_layer_name(enum search_layer layer)
{
    static const char *const names[SEARCH_LAYER_KINDS] = {[LAYER_PERCENT] = "percent",
            [LAYER_U_ESCAPE] = "u-escape",
            [LAYER_JSON] = "json",
            [LAYER_ENTITY] = "entity",
            [LAYER_BASE64] = "base64",
            [LAYER_BASE32] = "base32",
            [LAYER_HEX] = "hex",
            [LAYER_GZIP] = "gzip",
            [LAYER_ZLIB] = "zlib",
            [LAYER_DEFLATE] = "deflate",
            [LAYER_BROTLI] = "brotli",
            [LAYER_ZSTD] = "zstd",
            [LAYER_JWT] = "jwt",
            [LAYER_FIELD] = "field"};

    return layer < SEARCH_LAYER_KINDS ? names[layer] : "";
}

/* --- what is looked for --- */

/* Places in all texts at which something may begin. */
static double positions_of(const struct evidence *e)
{
    double n = 0;

    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct exchange *x = e->exchanges[i];

        n += (double)x->path.n + (double)x->request.body.kept + (double)x->response.body.kept;
        for (size_t k = 0; k < x->request.header_count; k++)
            n += (double)x->request.headers[k].value.n;
        for (size_t k = 0; k < x->response.header_count; k++)
            n += (double)x->response.headers[k].value.n;
    }
    return n;
}

/* What one more character says when it is drawn from its usual alphabet: digits 10, letters 26
 * since case is folded, Han characters some 2000 that names and words are made of. */
static double bits_of(const struct variant *v)
{
    bool utf16 = strcmp(v->charset, "utf-16le") == 0, gbk = strcmp(v->charset, "gbk") == 0;
    double bits = 0;

    for (size_t i = 0; i < v->text.n; i++) {
        uint8_t c = v->text.p[i];

        if (utf16 && i % 2 == 0 && i + 1 < v->text.n && v->text.p[i + 1] != 0) {
            bits += 11;
            i++;
        } else if (c >= 0x80) {
            bits += gbk ? 5.5 : 11 / 3.0;
        } else if (ascii_is_digit(c)) {
            bits += 3.32;
        } else if (c != 0) {
            bits += 4.7;
        }
    }
    return bits;
}

static bool choose_keyed(struct search *s)
{
    double positions = positions_of(s->e);

    s->keyed = calloc(s->variants->n + 1, sizeof(*s->keyed));
    if (s->keyed == NULL)
        return false;
    for (size_t i = 0; i < s->variants->n; i++) {
        const struct variant *v = &s->variants->at[i];

        s->keyed[i] = v->needs_key || positions * exp2(-bits_of(v)) > CHANCE_MOST;
    }
    return true;
}

/* The text of a pattern with "+" for its spaces. */
static bool plus_text(struct arena *scratch, struct bytes text, struct bytes *out)
{
    uint8_t *p = arena_alloc(scratch, text.n);

    if (p == NULL)
        return false;
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] == ' ' ? '+' : text.p[i];
    *out = bytes_of(p, text.n);
    return true;
}

/* The machine takes as many patterns as fit; what it cannot take is said to be left out. */
static enum status make_automaton(struct search *s, const struct bytes *texts)
{
    enum status status = STATUS_USAGE;

    while (status == STATUS_USAGE) {
        status = automaton_new(texts, s->pattern_count, &s->automaton);
        if (status == STATUS_USAGE) {
            s->pattern_count /= 2;
            s->hits.capped = true;
        }
    }
    return status;
}

static enum status make_patterns(struct search *s, struct arena *scratch)
{
    size_t n = s->variants->n;
    struct bytes *texts = arena_array(scratch, 2 * n + 1, sizeof(*texts));

    s->patterns = calloc(2 * n + 1, sizeof(*s->patterns));
    if (texts == NULL || s->patterns == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct variant *v = &s->variants->at[i];

        if (!v->plain || v->text.n == 0)
            continue;
        if (v->text.n > s->longest)
            s->longest = v->text.n;
        texts[s->pattern_count] = v->text;
        s->patterns[s->pattern_count++].variant = (uint32_t)i;
        if (!bytes_has(v->text, ' '))
            continue;
        if (!plus_text(scratch, v->text, &texts[s->pattern_count]))
            return STATUS_NOMEM;
        s->patterns[s->pattern_count++] = (struct pattern){(uint32_t)i, true};
    }
    return make_automaton(s, texts);
}

static enum status make_digests(struct search *s, struct arena *scratch)
{
    size_t n = s->variants->n, count = 0;
    struct bytes *texts = arena_array(scratch, n + 1, sizeof(*texts));
    enum status status;
    bool left_out;

    s->digest_variants = calloc(n + 1, sizeof(*s->digest_variants));
    if (texts == NULL || s->digest_variants == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!s->variants->at[i].hashed)
            continue;
        texts[count] = s->variants->at[i].text;
        s->digest_variants[count++] = (uint32_t)i;
    }
    status = digest_table_new(texts, count, &s->digests, &left_out);
    if (status == STATUS_OK)
        s->hits.capped |= left_out;
    return status;
}

static enum status prepare(struct search *s)
{
    struct arena *scratch = arena_new((size_t)1 << 30);
    enum status status = STATUS_NOMEM;

    s->spent = calloc(s->variants->n + 1, sizeof(*s->spent));
    s->touched = calloc(s->variants->n + 1, sizeof(*s->touched));
    s->memo = calloc(SEARCH_MEMO_SIZE, sizeof(*s->memo));
    s->clean = calloc(SEARCH_CLEAN_SIZE, sizeof(*s->clean));
    s->clean_headers = calloc(SEARCH_CLEAN_SIZE, sizeof(*s->clean_headers));
    s->hash_key = siphash_key_draw();
    if (scratch != NULL && s->spent != NULL && s->touched != NULL && s->memo != NULL &&
            s->clean != NULL && s->clean_headers != NULL && choose_keyed(s) &&
            search_locations_begin(s))
        status = make_patterns(s, scratch);
    if (status == STATUS_OK)
        status = make_digests(s, scratch);
    arena_free(scratch);
    return status;
}

static void clear(struct search *s)
{
    automaton_free(s->automaton);
    digest_table_free(s->digests);
    free(s->patterns);
    free(s->digest_variants);
    free(s->keyed);
    free(s->spent);
    free(s->touched);
    free(s->memo);
    free(s->clean);
    free(s->clean_headers);
    free(s);
}

/* --- where it is looked for --- */

static void search_target(struct search *s, size_t index)
{
    const struct exchange *x = s->e->exchanges[index];
    struct origin o = {.exchange = index,
            .part = "request.path",
            .where = "query",
            .url = true,
            .text = x->path};
    size_t mark;

    o.query = bytes_find(x->path, BYTES_LITERAL("?"), 0, &mark) ? mark : x->path.n;
    search_origin(s, &o);
}

/* Static: what the report calls the place. */
static const char *where_of(struct bytes name, bool response)
{
    static const char *const names[][2] = {{"cookie", "cookie"}, {"referer", "referer"},
            {"if-none-match", "etag"}, {"set-cookie", "set-cookie"}, {"location", "location"},
            {"etag", "etag"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (bytes_is_nocase(name, names[i][0]) && response == (i >= 3))
            return names[i][1];
    }
    return "header";
}

/* Of HTTP/2 and HTTP/3: the path is the target, the rest but the authority says nothing. */
static bool is_read_elsewhere(struct bytes name)
{
    return name.n != 0 && name.p[0] == ':' && !bytes_is(name, ":authority");
}

/* Browsers send the same fields with every request: one that had nothing is read once. Two that
 * fall together are taken for each other only if all 64 bits of a keyed hash agree. */
static void search_header(struct search *s, const struct origin *o)
{
    const uint64_t parts[] = {siphash_bytes(s->hash_key, o->key),
            siphash_bytes(s->hash_key, o->text), o->response};
    const uint64_t hash = siphash_words(s->hash_key, parts, 3);
    uint64_t *slot = &s->clean_headers[hash & (SEARCH_CLEAN_SIZE - 1)];
    const struct hits before = s->hits;

    if (*slot == hash)
        return;
    s->hits.capped = false;
    search_origin(s, o);
    if (s->hits.n == before.n && s->hits.opaque == before.opaque && !s->hits.capped)
        *slot = hash;
    s->hits.capped |= before.capped;
}

static void search_headers(struct search *s, size_t index, bool response)
{
    const struct exchange *x = s->e->exchanges[index];
    const struct message *m = response ? &x->response : &x->request;

    for (size_t i = 0; i < m->header_count && !s->no_memory; i++) {
        const struct header *h = &m->headers[i];
        struct origin o = {.exchange = index,
                .where = where_of(h->name, response),
                .response = response,
                .text = h->value,
                .key = h->name};
        size_t before = s->hits.n;
        char *part;

        if (is_read_elsewhere(h->name))
            continue;
        o.part = "";
        o.url = strcmp(o.where, "referer") == 0 || strcmp(o.where, "location") == 0;
        search_header(s, &o);
        if (s->hits.n == before)
            continue;
        /* Its name is made only when something stands there. */
        part = arena_print(s->arena, "%s.headers.%zu", response ? "response" : "request", i);
        if (part == NULL)
            s->no_memory = true;
        for (size_t k = before; part != NULL && k < s->hits.n; k++)
            s->hits.at[k].place.part = part;
    }
}

/* Evidence that is not of a capture may have none. */
static bool has_digest(const struct body *b)
{
    static const uint8_t none[sizeof(b->sha256)];

    return memcmp(b->sha256, none, sizeof(none)) != 0;
}

/* Whether an answer with the same bytes was read and had nothing; the slot where it is noted. */
static bool is_clean(const struct search *s, const struct body *b, struct search_clean **slot)
{
    uint64_t hash = siphash_bytes(s->hash_key, bytes_of(b->sha256, sizeof(b->sha256)));

    *slot = &s->clean[hash & (SEARCH_CLEAN_SIZE - 1)];
    return (*slot)->set && memcmp((*slot)->sha256, b->sha256, sizeof(b->sha256)) == 0;
}

/* The same script comes with every page: an answer without a hit is read once. */
static void search_answer(struct search *s, const struct body *b, const struct origin *o)
{
    const size_t before = s->hits.n;
    const bool capped = s->hits.capped;
    struct search_clean *slot;

    if (b->kept != b->bytes || o->text.n < SEARCH_TEXT_SHORT || !has_digest(b)) {
        search_origin(s, o);
        return;
    }
    if (is_clean(s, b, &slot))
        return;
    s->hits.capped = false;
    search_origin(s, o);
    if (s->hits.n == before && !s->hits.capped) {
        slot->set = true;
        memcpy(slot->sha256, b->sha256, sizeof(slot->sha256));
    }
    s->hits.capped |= capped;
}

static void search_body(struct search *s, size_t index, bool response)
{
    const struct exchange *x = s->e->exchanges[index];
    const struct message *m = response ? &x->response : &x->request;
    const struct header *type = message_find(m, "content-type");
    struct origin o = {.exchange = index,
            .response = response,
            .body = true,
            .part = response ? "response.body" : "request.body",
            .where = x->message != 0 ? "websocket" : "body"};

    if (!m->body.present || m->body.bytes == 0)
        return;
    o.text = evidence_body(s->e, &m->body);
    if (type != NULL)
        o.type = type->value;
    if (response)
        search_answer(s, &m->body, &o);
    else
        search_origin(s, &o);
}

static void search_exchange(struct search *s, size_t index)
{
    const struct exchange *x = s->e->exchanges[index];

    s->nodes = s->bytes = s->blind = 0;
    if (exchange_is_control(x))
        return;
    if (x->request.seen) {
        if (x->message == 0) {
            search_target(s, index);
            search_headers(s, index, false);
        }
        search_body(s, index, false);
    }
    if (x->response.seen && !s->no_memory) {
        if (x->message == 0)
            search_headers(s, index, true);
        search_body(s, index, true);
    }
    search_settle(s);
}

enum status search_evidence(struct arena *arena, const struct evidence *e,
        const struct attributions *a, const struct subject *subject,
        const struct variants *variants, struct hits *out)
{
    struct search *s;
    enum status status;

    (void)a;
    if (subject->n == 0) {
        *out = (struct hits){0};
        return STATUS_OK;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return STATUS_NOMEM;
    s->arena = arena;
    s->e = e;
    s->subject = subject;
    s->variants = variants;
    status = prepare(s);
    for (size_t i = 0; status == STATUS_OK && i < e->exchange_count; i++) {
        search_exchange(s, i);
        if (s->no_memory)
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK)
        *out = s->hits;
    clear(s);
    return status;
}
