/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/automaton.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOT = 0,
    BYTES = 256,
    WINDOW_MOST = 4,       /* bytes that the table of beginnings looks at */
    FILTER_LEAST_LOG = 12, /* bits of that table: 32 a pattern, within these */
    FILTER_MOST_LOG = 19,
    FIRST_STATES = 1024,
};

/* Patterns order[from] to order[from + n - 1] end in one state. */
struct ending {
    uint32_t from, n;
};

struct automaton {
    uint32_t *first;    /* of a state: its first child; the next state's is where they end */
    uint32_t *fail;     /* the state of its longest proper suffix */
    uint32_t *link;     /* the nearest state along `fail` that is the end of a pattern, or 0 */
    uint32_t *terminal; /* index in `endings` plus 1, or 0 */
    uint8_t *label;     /* the byte that leads to it */
    size_t states;
    uint32_t root[BYTES]; /* its children by byte; ROOT: none */
    struct ending *endings;
    uint32_t *order; /* patterns, sorted by their bytes */
    uint64_t *filter;
    uint32_t window_mask; /* of the little-endian word at a place: the bytes looked at */
    unsigned filter_shift;
};

/* While it is made. */
struct builder {
    struct automaton *a;
    const struct bytes *patterns;
    size_t n;             /* of a->order: without empty ones */
    uint32_t *low, *high; /* of a state: the patterns in `order` that begin with it */
    size_t capacity;
    size_t endings;
};

struct sorted {
    struct bytes text;
    uint32_t index;
};

static int by_folded_bytes(const void *a, const void *b)
{
    const struct sorted *left = a, *right = b;
    size_t n = left->text.n < right->text.n ? left->text.n : right->text.n;

    for (size_t i = 0; i < n; i++) {
        int order = ascii_lower(left->text.p[i]) - ascii_lower(right->text.p[i]);

        if (order != 0)
            return order;
    }
    if (left->text.n != right->text.n)
        return left->text.n < right->text.n ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

static bool sort_patterns(struct builder *b, const struct bytes *patterns, size_t n)
{
    struct sorted *all = calloc(n + 1, sizeof(*all));
    struct automaton *a = b->a;

    a->order = calloc(n + 1, sizeof(*a->order));
    a->endings = calloc(n + 1, sizeof(*a->endings));
    if (all == NULL || a->order == NULL || a->endings == NULL) {
        free(all);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (patterns[i].n != 0)
            all[b->n++] = (struct sorted){patterns[i], (uint32_t)i};
    }
    if (b->n != 0)
        qsort(all, b->n, sizeof(*all), by_folded_bytes);
    for (size_t i = 0; i < b->n; i++)
        a->order[i] = all[i].index;
    free(all);
    return true;
}

static bool widen(uint32_t **array, size_t n)
{
    uint32_t *grown = realloc(*array, n * sizeof(**array));

    if (grown != NULL)
        *array = grown;
    return grown != NULL;
}

static bool enlarge(struct builder *b)
{
    size_t n = b->capacity == 0 ? FIRST_STATES : b->capacity * 2;
    struct automaton *a = b->a;
    uint8_t *label;

    /* One more of `first`: where the last state's children end. */
    if (!widen(&a->first, n + 1) || !widen(&a->fail, n) || !widen(&a->link, n) ||
            !widen(&a->terminal, n) || !widen(&b->low, n) || !widen(&b->high, n))
        return false;
    label = realloc(a->label, n);
    if (label == NULL)
        return false;
    a->label = label;
    b->capacity = n;
    return true;
}

static enum status add_state(struct builder *b, uint8_t label, size_t low, size_t high)
{
    struct automaton *a = b->a;
    size_t state = a->states;

    if (state == AUTOMATON_STATES_MOST)
        return STATUS_USAGE;
    if (state == b->capacity && !enlarge(b))
        return STATUS_NOMEM;
    a->label[state] = label;
    a->fail[state] = a->link[state] = ROOT;
    a->terminal[state] = 0;
    b->low[state] = (uint32_t)low;
    b->high[state] = (uint32_t)high;
    a->states++;
    return STATUS_OK;
}

static uint8_t byte_of(const struct builder *b, size_t nth, size_t depth)
{
    return ascii_lower(b->patterns[b->a->order[nth]].p[depth]);
}

/* The children of a state, in the order of their bytes: runs of the patterns it stands for. */
static enum status add_children(struct builder *b, size_t state, size_t depth)
{
    struct automaton *a = b->a;
    size_t at = b->low[state], high = b->high[state], end;

    /* Sorted: those that end here come first. */
    for (end = at; end < high && b->patterns[a->order[end]].n == depth;)
        end++;
    if (end != at) {
        a->endings[b->endings++] = (struct ending){(uint32_t)at, (uint32_t)(end - at)};
        a->terminal[state] = (uint32_t)b->endings;
    }
    a->first[state] = (uint32_t)a->states;
    for (at = end; at < high; at = end) {
        uint8_t c = byte_of(b, at, depth);
        enum status status;

        for (end = at + 1; end < high && byte_of(b, end, depth) == c;)
            end++;
        status = add_state(b, c, at, end);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status add_states(struct builder *b)
{
    enum status status = add_state(b, 0, 0, b->n);
    size_t depth = 0, level_end = b->a->states;

    for (size_t state = 0; status == STATUS_OK && state < b->a->states; state++) {
        if (state == level_end) {
            depth++;
            level_end = b->a->states;
        }
        status = add_children(b, state, depth);
    }
    if (status == STATUS_OK)
        b->a->first[b->a->states] = (uint32_t)b->a->states;
    return status;
}

/* ROOT when it has no such child. */
static uint32_t child_of(const struct automaton *a, uint32_t state, uint8_t c)
{
    uint32_t low = a->first[state], high = a->first[state + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (a->label[middle] == c)
            return middle;
        if (a->label[middle] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return ROOT;
}

static uint32_t step(const struct automaton *a, uint32_t state, uint8_t c)
{
    while (state != ROOT) {
        uint32_t child = child_of(a, state, c);

        if (child != ROOT)
            return child;
        state = a->fail[state];
    }
    return a->root[c];
}

/* Breadth first: what a state fails to is nearer to the root and was done before. */
static void add_failures(struct automaton *a)
{
    for (uint32_t child = a->first[ROOT]; child < a->first[ROOT + 1]; child++)
        a->root[a->label[child]] = child;
    for (uint32_t state = 1; state < a->states; state++) {
        for (uint32_t child = a->first[state]; child < a->first[state + 1]; child++)
            a->fail[child] = step(a, a->fail[state], a->label[child]);
        a->link[state] =
                a->terminal[a->fail[state]] != 0 ? a->fail[state] : a->link[a->fail[state]];
    }
}

/* Both cases of a letter alike, and some other bytes too: a filter may err that way. */
static uint32_t window_at(const struct automaton *a, const uint8_t *p)
{
    uint32_t word =
            (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

    return ((word | 0x20202020) & a->window_mask) * UINT32_C(2654435761) >> a->filter_shift;
}

static bool make_filter(struct automaton *a, const struct bytes *patterns, size_t n)
{
    size_t window = WINDOW_MOST;
    unsigned log = FILTER_LEAST_LOG;

    while (log < FILTER_MOST_LOG && (n * 32) >> log != 0)
        log++;
    for (size_t i = 0; i < n; i++) {
        if (patterns[i].n != 0 && patterns[i].n < window)
            window = patterns[i].n;
    }
    a->window_mask = UINT32_MAX >> (32 - 8 * window);
    a->filter_shift = 32 - log;
    a->filter = calloc((size_t)1 << (log - 6), sizeof(*a->filter));
    if (a->filter == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t front[WINDOW_MOST] = {0};
        uint32_t bit;

        if (patterns[i].n == 0)
            continue;
        memcpy(front, patterns[i].p, window);
        bit = window_at(a, front);
        a->filter[bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
    return true;
}

enum status automaton_new(const struct bytes *patterns, size_t n, struct automaton **out)
{
    struct builder b = {.patterns = patterns};
    enum status status = STATUS_NOMEM;

    if (n > AUTOMATON_STATES_MOST)
        return STATUS_USAGE;
    b.a = calloc(1, sizeof(*b.a));
    if (b.a != NULL && sort_patterns(&b, patterns, n) && make_filter(b.a, patterns, n))
        status = add_states(&b);
    free(b.low);
    free(b.high);
    if (status != STATUS_OK) {
        automaton_free(b.a);
        return status;
    }
    add_failures(b.a);
    *out = b.a;
    return STATUS_OK;
}

void automaton_free(struct automaton *a)
{
    if (a == NULL)
        return;
    free(a->first);
    free(a->fail);
    free(a->link);
    free(a->terminal);
    free(a->label);
    free(a->endings);
    free(a->order);
    free(a->filter);
    free(a);
}

void automaton_begin(struct automaton_scan *s, const struct automaton *a)
{
    *s = (struct automaton_scan){.a = a};
}

void automaton_push(struct automaton_scan *s, struct bytes piece)
{
    s->before += s->piece.n;
    s->piece = piece;
    s->at = 0;
}

/* The next place of the piece where a pattern may begin; near its end, where that cannot be
 * told without what follows, any place. */
static size_t skip(const struct automaton *a, struct bytes piece, size_t at)
{
    while (at + WINDOW_MOST <= piece.n) {
        uint32_t bit = window_at(a, piece.p + at);

        if (a->filter[bit >> 6] >> (bit & 63) & 1)
            return at;
        at++;
    }
    return at;
}

bool automaton_next(struct automaton_scan *s, struct automaton_match *out)
{
    const struct automaton *a = s->a;

    for (;;) {
        while (s->ending != ROOT) {
            const struct ending *e = &a->endings[a->terminal[s->ending] - 1];

            if (s->told < e->n) {
                out->pattern = a->order[e->from + s->told++];
                out->end = s->before + s->at;
                return true;
            }
            s->ending = a->link[s->ending];
            s->told = 0;
        }
        if (s->state == ROOT)
            s->at = skip(a, s->piece, s->at);
        if (s->at == s->piece.n)
            return false;
        s->state = step(a, s->state, ascii_lower(s->piece.p[s->at++]));
        s->ending = a->terminal[s->state] != 0 ? s->state : a->link[s->state];
    }
}
