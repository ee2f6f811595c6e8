/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/search_parts.h"

#define SCRATCH_MOST ((size_t)256 << 20)

bool search_scratch(struct search *s)
{
    if (s->scratch == NULL)
        s->scratch = arena_new(SCRATCH_MOST);
    s->no_memory |= s->scratch == NULL;
    return s->scratch != NULL;
}

uint8_t *search_room(struct search *s, size_t n)
{
    uint8_t *p = NULL;

    if (n > SEARCH_BYTES_MOST - s->bytes) {
        s->hits.capped = true;
    } else if (search_scratch(s)) {
        p = arena_alloc(s->scratch, n);
        s->no_memory |= p == NULL;
        s->bytes += n;
    }
    return p;
}

/* Whether this very text was made of these very bytes before, by another order of the same. */
static bool is_known(struct search *s, const struct node *node)
{
    struct place place;
    uint64_t words[3];
    size_t at;

    search_place(node, 0, node->text.n, &place);
    words[0] = place.off;
    words[1] = node->layer_count != 0 && node->layers[node->layer_count - 1] == LAYER_FIELD;
    words[2] = siphash_bytes(s->hash_key, node->text);
    words[0] = siphash_words(s->hash_key, words, 3);
    for (at = words[0] & (SEARCH_MEMO_SIZE - 1); s->memo[at].round == s->round;
            at = (at + 1) & (SEARCH_MEMO_SIZE - 1)) {
        if (s->memo[at].key == words[0])
            return true;
    }
    s->memo[at] = (struct search_memo){words[0], s->round};
    return false;
}

void search_enqueue(struct search *s, const struct node *node)
{
    struct node *copy;

    if (node->text.n == 0)
        return;
    if (s->nodes == SEARCH_NODES_MOST) {
        s->hits.capped = true;
        return;
    }
    if (is_known(s, node) || !search_scratch(s))
        return;
    copy = arena_alloc(s->scratch, sizeof(*copy));
    if (copy == NULL) {
        s->no_memory = true;
        return;
    }
    s->nodes++;
    *copy = *node;
    copy->next = NULL;
    *s->queue_end = copy;
    s->queue_end = &copy->next;
}

struct node search_child(const struct node *parent, enum node_how how, size_t off, size_t len,
        enum search_layer layer)
{
    struct node child = {.origin = parent->origin,
            .parent = parent,
            .how = how,
            .off = off,
            .len = len,
            .utf8 = -1,
            .layer_count = parent->layer_count,
            .codings = parent->codings};

    memcpy(child.layers, parent->layers, sizeof(child.layers));
    child.layers[child.layer_count++] = layer;
    child.codings += layer != LAYER_FIELD;
    return child;
}

bool search_may_go_on(const struct node *node)
{
    return node->codings < SEARCH_LAYERS_MOST && node->layer_count < SEARCH_CHAIN_MOST;
}

void search_scan(struct search *s, struct node *node)
{
    struct automaton_scan scan;
    struct automaton_match match;

    automaton_begin(&scan, s->automaton);
    automaton_push(&scan, node->text);
    while (automaton_next(&scan, &match))
        search_plain(s, node, match.pattern, (size_t)match.end);
}

bool search_raw(struct search *s, const struct node *node, size_t begin, size_t end,
        struct bytes raw, const enum search_layer *coding)
{
    struct digest_found found;
    bool any = false;
    size_t at = 0;

    if (!digest_table_length(raw.n))
        return false;
    for (; digest_table_find(s->digests, raw, &at, &found); any = true)
        search_digest(s, node, begin, end, &found, coding);
    return any;
}

static void work_off(struct search *s, struct node *node)
{
    if (node->bare)
        (void)search_raw(s, node, 0, node->text.n, node->text, NULL);
    search_scan(s, node);
    if (s->location_count != 0)
        search_locations(s, node);
    search_coded(s, node);
    if (search_may_go_on(node)) {
        for (int kind = 0; kind < DECODE_KINDS; kind++)
            search_escapes(s, node, (enum decode_kind)kind);
    }
    search_packed(s, node);
    while (s->touched_count != 0)
        s->spent[s->touched[--s->touched_count]] = 0;
}

/* "+" and an escaped "/" belong to their segment of a path, and those that part segments are no
 * digits: base64 in a path needs to be read segment by segment. */
static void add_segments(struct search *s, const struct node *whole)
{
    struct bytes text = whole->text;
    size_t begin = 0, end = 0, at;

    while (end < text.n && text.p[end] != '?' && !s->no_memory) {
        struct node slice = *whole;

        for (end = begin; end < text.n && text.p[end] != '/' && text.p[end] != '?';)
            end++;
        slice.parent = whole;
        slice.how = NODE_SLICE;
        slice.off = begin;
        slice.len = end - begin;
        slice.text = bytes_slice(text, begin, end);
        if (bytes_has(slice.text, '+') || bytes_find(slice.text, BYTES_LITERAL("%2"), 0, &at))
            search_enqueue(s, &slice);
        begin = end + 1;
    }
}

void search_origin(struct search *s, const struct origin *origin)
{
    struct node first = {.origin = origin, .text = origin->text, .utf8 = -1};

    s->queue = NULL;
    s->queue_end = &s->queue;
    s->round++;
    search_locations_reset(s);
    work_off(s, &first);
    if (origin->url)
        add_segments(s, &first);
    for (struct node *node = s->queue; node != NULL && !s->no_memory; node = node->next)
        work_off(s, node);
    arena_free(s->scratch);
    s->scratch = NULL;
}
