/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "classify/key_name.h"
#include "classify/search_parts.h"

/* --- where --- */

/* The written offset of the piece that gave plain byte `at`: where it begins, or ends. */
static size_t written_at(const struct node *node, size_t at, bool end)
{
    struct bytes written = bytes_slice(node->parent->text, node->off, node->off + node->len);
    const struct node_mark *mark = &node->marks[at / NODE_MARK_STEP];
    struct decode_piece piece;
    size_t from, plain;

    /* The piece in front of a mark may reach over it. */
    if (mark->plain > at)
        mark--;
    from = mark->written;
    for (plain = mark->plain; from < written.n; plain += piece.n, from += piece.used) {
        decode_piece_at(node->escapes, written, from, &piece);
        if (plain + piece.n > at)
            return node->off + (end ? from + piece.used : from);
    }
    return node->off + written.n;
}

/* The same stretch in the parent's text. */
static void go_up(const struct node *node, size_t *begin, size_t *end)
{
    switch (node->how) {
    case NODE_ORIGIN:
        break;
    case NODE_SLICE:
        *begin += node->off;
        *end += node->off;
        break;
    case NODE_ESCAPES:
        /* The last byte's piece is the end; an empty stretch has none. */
        *end = *end == 0 ? node->off : written_at(node, *end - 1, true);
        *begin = written_at(node, *begin, false);
        break;
    case NODE_WHOLE:
        *begin = node->off;
        *end = node->off + node->len;
        break;
    }
}

void search_place(const struct node *node, size_t begin, size_t end, struct place *out)
{
    for (const struct node *up = node; up->parent != NULL; up = up->parent)
        go_up(up, &begin, &end);
    *out = (struct place){node->origin->exchange, node->origin->part, begin, end - begin};
}

struct bytes search_key(const struct node *node, size_t at)
{
    size_t end = at;

    for (;; node = node->parent) {
        struct bytes key = key_name_before(node->text, at);

        if (key.n != 0)
            return key;
        if (node->key.n != 0)
            return node->key;
        if (node->parent == NULL)
            return node->origin->key;
        end = at + (at < node->text.n);
        go_up(node, &at, &end);
    }
}

/* --- what --- */

/* The characters of GBK are two bytes, of which the second may look like a letter; they begin at
 * an even distance from the last byte that is not high. */
static bool fits_gbk(struct bytes text, size_t begin, struct bytes want)
{
    enum { BACK_MOST = 128 }; /* farther back nothing is known */
    size_t run = begin;

    for (size_t i = 0; i < want.n; i++) {
        uint8_t c = text.p[begin + i];

        if (want.p[i] < 0x80) {
            if (ascii_lower(c) != ascii_lower(want.p[i]))
                return false;
        } else if (c != want.p[i] || ++i == want.n || text.p[begin + i] != want.p[i]) {
            return false;
        }
    }
    while (run > 0 && begin - run < BACK_MOST && text.p[run - 1] >= 0x80)
        run--;
    return (begin - run) % 2 == 0 || begin - run == BACK_MOST;
}

/* Whether the text really is what the variant says, beyond the bytes. */
static bool fits_charset(struct node *node, const struct variant *v, size_t begin)
{
    if (strcmp(v->charset, "gbk") == 0) {
        if (!fits_gbk(node->text, begin, v->text))
            return false;
        if (node->utf8 < 0)
            node->utf8 = bytes_is_utf8(node->text);
        return node->utf8 == 0;
    }
    if (strcmp(v->charset, "utf-8") == 0)
        return true;
    return memcmp(node->text.p + begin, v->text.p, v->text.n) == 0;
}

static bool all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_is_alpha(text.p[i]) || text.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* Whether `next` would go on what `edge` ends. */
static bool joins(uint8_t edge, uint8_t next, bool digits)
{
    if (edge >= 0x80)
        return next >= 0x80;
    if (!ascii_is_alnum(edge))
        return false;
    return digits ? ascii_is_digit(next) : ascii_is_alnum(next);
}

static bool stands_alone(struct bytes text, size_t begin, size_t end, struct bytes want)
{
    bool digits = all_digits(want);

    return (begin == 0 || !joins(want.p[0], text.p[begin - 1], digits)) &&
           (end == text.n || !joins(want.p[want.n - 1], text.p[end], digits));
}

/* A sign or an end: neither letter nor digit, of any script. */
static bool is_edge(struct bytes text, size_t at)
{
    return at >= text.n || (text.p[at] < 0x80 && !ascii_is_alnum(text.p[at]));
}

static bool says_what_it_is(const struct search *s, size_t value, struct bytes key)
{
    static const enum key_sense senses[SUBJECT_KINDS] = {[SUBJECT_NAME] = KEY_NAME,
            [SUBJECT_EMAIL] = KEY_EMAIL,
            [SUBJECT_PHONE] = KEY_PHONE,
            [SUBJECT_ID_NUMBER] = KEY_ID_NUMBER,
            [SUBJECT_ADDRESS] = KEY_ADDRESS,
            [SUBJECT_ACCOUNT] = KEY_ACCOUNT,
            [SUBJECT_SEARCH] = KEY_SEARCH,
            [SUBJECT_DEVICE] = KEY_DEVICE,
            [SUBJECT_LOCATION] = KEY_ADDRESS,
            [SUBJECT_OTHER] = KEY_SENSES};
    const struct subject_value *v = &s->subject->at[value];

    if (v->kind != SUBJECT_OTHER)
        return key_name_says(key, senses[v->kind]);
    /* Anything that any table knows, or what the person called it. */
    for (int sense = 0; sense < KEY_SENSES; sense++) {
        if (key_name_says(key, (enum key_sense)sense))
            return true;
    }
    return key.n != 0 && bytes_equal_nocase(key, v->label);
}

/* A word that was searched for says little in the middle of a text. As all of what is sent, and
 * at an end of a phrase in what came back, it says enough without a name. */
static bool is_whole_search(
        const struct search *s, const struct node *node, size_t value, size_t begin, size_t end)
{
    bool left = begin == 0 || is_edge(node->text, begin - 1), right = is_edge(node->text, end);

    if (s->subject->at[value].kind != SUBJECT_SEARCH)
        return false;
    return node->origin->response ? left || right : left && right;
}

/* Notes that a variant was met in this text. False: often enough. */
static bool spend(struct search *s, size_t variant, unsigned tries)
{
    if (s->spent[variant] + tries > SEARCH_TRIES_MOST)
        return false;
    if (s->spent[variant] == 0)
        s->touched[s->touched_count++] = (uint32_t)variant;
    s->spent[variant] = (uint16_t)(s->spent[variant] + tries);
    return true;
}

void search_layers(const struct node *node, struct hit *hit)
{
    memcpy(hit->layers, node->layers, sizeof(hit->layers));
    hit->layer_count = node->layer_count;
}

static void add_layer(struct hit *hit, enum search_layer layer)
{
    if (hit->layer_count != 0 && hit->layers[hit->layer_count - 1] == layer &&
            layer == LAYER_PERCENT)
        return;
    if (hit->layer_count < SEARCH_CHAIN_MOST)
        hit->layers[hit->layer_count++] = layer;
}

void search_add(struct search *s, const struct node *node, struct bytes key, struct hit *hit)
{
    const struct origin *o = node->origin;
    struct hit *grown;

    if (s->hits.n == SEARCH_HITS_MOST) {
        s->hits.capped = true;
        return;
    }
    hit->response = o->response;
    hit->where =
            strcmp(o->where, "query") == 0 && hit->place.off < o->query ? "path" : o->where;
    grown = arena_grow(s->arena, s->hits.at, s->hits.n, &s->hit_capacity, sizeof(*grown));
    if (grown != NULL)
        s->hits.at = grown;
    if (grown == NULL || !arena_copy(s->arena, key, &hit->key)) {
        s->no_memory = true;
        return;
    }
    grown[s->hits.n++] = *hit;
}

void search_plain(struct search *s, struct node *node, size_t pattern, size_t end)
{
    const struct pattern *p = &s->patterns[pattern];
    const struct variant *v = &s->variants->at[p->variant];
    size_t begin = end - v->text.n;
    struct hit hit = {.value = v->value, .variant = v, .charset = v->charset};
    struct bytes key;

    /* With "+" for its spaces the bytes are others. */
    if (!p->plus && !fits_charset(node, v, begin))
        return;
    if (v->bounded && !stands_alone(node->text, begin, end, v->text))
        return;
    if (s->spent[p->variant] == SEARCH_TRIES_MOST)
        return;
    key = search_key(node, begin);
    if (s->keyed[p->variant] && !says_what_it_is(s, v->value, key) &&
            !is_whole_search(s, node, v->value, begin, end)) {
        (void)spend(s, p->variant, 1);
        s->hits.capped |= s->spent[p->variant] == SEARCH_TRIES_MOST;
        return;
    }
    if (!spend(s, p->variant, SEARCH_TRIES_MOST / SEARCH_SAME_MOST))
        return;
    search_layers(node, &hit);
    if (p->plus)
        add_layer(&hit, LAYER_PERCENT);
    search_place(node, begin, end, &hit.place);
    search_add(s, node, key, &hit);
}

void search_digest(struct search *s, const struct node *node, size_t begin, size_t end,
        const struct digest_found *digest, const enum search_layer *coding)
{
    size_t variant = s->digest_variants[digest->text];
    const struct variant *v = &s->variants->at[variant];
    struct hit hit = {.value = v->value, .variant = v, .charset = v->charset};

    if (!spend(s, variant, SEARCH_TRIES_MOST / SEARCH_SAME_MOST))
        return;
    search_layers(node, &hit);
    if (coding != NULL)
        add_layer(&hit, *coding);
    hit.digest_count = digest->layers;
    for (size_t i = 0; i < digest->layers; i++)
        hit.digests[i] = digest->names[i];
    search_place(node, begin, end, &hit.place);
    search_add(s, node, search_key(node, begin), &hit);
}

/* --- each once --- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_digests(const struct hit *a, const struct hit *b)
{
    int order = ORDER(a->digest_count, b->digest_count);

    for (size_t i = 0; order == 0 && i < a->digest_count; i++)
        order = strcmp(a->digests[i], b->digests[i]);
    return order;
}

static size_t codings_of(const struct hit *hit)
{
    size_t n = 0;

    for (size_t i = 0; i < hit->layer_count; i++)
        n += hit->layers[i] != LAYER_FIELD;
    return n;
}

/* Of two that say the same, the one that says it best comes first: undone least, named, whole. */
static int by_worth(const struct hit *a, const struct hit *b)
{
    int order = ORDER(codings_of(a), codings_of(b));

    if (order == 0)
        order = ORDER(b->key.n != 0, a->key.n != 0);
    if (order == 0 && a->variant != NULL && b->variant != NULL) {
        order = ORDER(a->variant->partial, b->variant->partial);
        if (order == 0)
            order = ORDER(b->variant->text.n, a->variant->text.n);
    }
    /* Fields know the name better than the text around does. */
    if (order == 0)
        order = ORDER(b->layer_count, a->layer_count);
    for (size_t i = 0; order == 0 && i < a->layer_count; i++)
        order = ORDER(a->layers[i], b->layers[i]);
    if (order == 0 && a->variant != NULL && b->variant != NULL)
        order = ORDER(a->variant, b->variant); /* both of one array */
    return order == 0 ? bytes_compare(a->key, b->key) : order;
}

static int by_value(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;
    int order = strcmp(a->place.part, b->place.part);

    if (order == 0)
        order = ORDER(a->value, b->value);
    if (order == 0)
        order = by_digests(a, b);
    if (order == 0)
        order = ORDER(a->place.off, b->place.off);
    if (order == 0)
        order = ORDER(b->place.len, a->place.len);
    return order == 0 ? by_worth(a, b) : order;
}

static int by_place(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;
    int order = strcmp(a->place.part, b->place.part);

    if (order == 0)
        order = ORDER(a->place.off, b->place.off);
    if (order == 0)
        order = ORDER(a->value, b->value);
    return order == 0 ? by_value(left, right) : order;
}

/* `a` comes before `b` in the order of by_value and covers it: "+86 138..." the bare number. */
static bool covers(const struct hit *a, const struct hit *b)
{
    return strcmp(a->place.part, b->place.part) == 0 && a->value == b->value &&
           by_digests(a, b) == 0 && a->place.off + a->place.len >= b->place.off + b->place.len;
}

void search_settle(struct search *s)
{
    size_t n = s->hits.n - s->first_hit, kept = 0;

    if (n > 1) {
        struct hit *at = s->hits.at + s->first_hit;

        qsort(at, n, sizeof(*at), by_value);
        for (size_t i = 0; i < n; i++) {
            if (kept == 0 || !covers(&at[kept - 1], &at[i]))
                at[kept++] = at[i];
        }
        s->hits.n = s->first_hit + kept;
        qsort(at, kept, sizeof(*at), by_place);
    }
    s->first_hit = s->hits.n;
}
