/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/readable.h"
#include "classify/search_parts.h"

enum {
    TOKEN_LEAST = 12, /* digits of a coded stretch in a long text */
    TOKEN_SHORT = 6,  /* in a short one: two Han characters of GBK are as short */
    NAME_ROOM = 256,  /* bytes in front of an escape that may hold the name */
    UTF8_LEAST = 24,  /* bytes of text in which another coding may be */
};

/* --- letters that stand for bytes --- */

/* "eyJ" is how the base64 of an object begins: a JWT (RFC 7519) has two in a row, with a dot. */
static bool is_jwt(struct bytes text, const struct coded *c, const struct coded *before)
{
    const struct bytes begin = BYTES_LITERAL("eyJ");
    struct bytes here = bytes_slice(text, c->begin, text.n);
    struct bytes next = bytes_slice(text, c->end + 1, text.n);

    if (!bytes_starts(here, begin))
        return false;
    return (c->end < text.n && text.p[c->end] == '.' && bytes_starts(next, begin)) ||
           (before->end != 0 && before->end + 1 == c->begin && text.p[before->end] == '.' &&
                   bytes_starts(bytes_slice(text, before->begin, text.n), begin));
}

static enum search_layer layer_of(enum coded_as as)
{
    switch (as) {
    case CODED_HEX:
        return LAYER_HEX;
    case CODED_BASE32:
        return LAYER_BASE32;
    case CODED_BASE64:
        break;
    }
    return LAYER_BASE64;
}

/* Whether more may be hidden in it than a plain scan shows. */
static bool goes_deeper(struct bytes text, bool binary_too)
{
    enum unpack_kind kind;

    if (decode_packed(text, &kind) || decode_readable(text))
        return true;
    return (binary_too && text.n >= SEARCH_BINARY_LEAST) ||
           (text.n >= UTF8_LEAST && readable_text(text));
}

static bool has_plain(const struct search *s, struct bytes text)
{
    struct automaton_scan scan;
    struct automaton_match match;

    automaton_begin(&scan, s->automaton);
    automaton_push(&scan, text);
    return automaton_next(&scan, &match);
}

bool search_explains(const struct node *node)
{
    return !node->origin->response || node->origin->text.n <= SEARCH_ANSWER_SHORT;
}

static void take_coded(struct search *s, struct node *node, const struct coded *c, bool jwt)
{
    struct bytes digits = bytes_slice(node->text, c->begin, c->end);
    enum search_layer layer = jwt ? LAYER_JWT : layer_of(c->as);
    uint8_t *p = digits.n <= SEARCH_SMALL ? s->small : NULL;
    struct node child;
    struct bytes text;
    bool deeper;

    /* Nothing but a digest is of interest at the end of the chain. */
    if (p == NULL && search_may_go_on(node))
        p = search_room(s, digits.n);
    if (p == NULL)
        return;
    text = bytes_of(p, coded_read(c->as, digits, p));
    if (text.n == 0 || search_raw(s, node, c->begin, c->padded_end, text,
                               c->as == CODED_HEX ? NULL : &layer))
        return;
    if (!search_may_go_on(node))
        return;
    deeper = node->codings + 1 < SEARCH_LAYERS_MOST &&
             goes_deeper(text,
                     search_explains(node) && c->as != CODED_HEX &&
                             (c->whole || (c->segment && node->text.n <= SEARCH_TEXT_SHORT)));
    if (!deeper && !has_plain(s, text))
        return;
    child = search_child(node, NODE_WHOLE, c->begin, c->padded_end - c->begin, layer);
    child.text = text;
    if (!deeper) {
        search_scan(s, &child);
        return;
    }
    if (p == s->small) {
        p = search_room(s, text.n);
        if (p == NULL)
            return;
        memcpy(p, s->small, text.n);
        child.text.p = p;
    }
    search_enqueue(s, &child);
}

void search_coded(struct search *s, struct node *node)
{
    struct coded_scan scan;
    struct coded c, before = {0};

    coded_begin(
            &scan, node->text, node->text.n <= SEARCH_TEXT_SHORT ? TOKEN_SHORT : TOKEN_LEAST);
    while (!s->no_memory && coded_next(&scan, &c)) {
        bool jwt = c.as == CODED_BASE64 && is_jwt(node->text, &c, &before);

        take_coded(s, node, &c, jwt);
        if (c.as == CODED_BASE64)
            before = c;
    }
}

/* --- escapes --- */

static bool is_inner(uint8_t c)
{
    return c >= 0x80 || ascii_base64_value(c) >= 0;
}

/* The stretch around escapes first to last that may hold a value with one of them in it, and no
 * half of a word or a number: what stands at its ends is known. */
static void widen(const struct search *s, struct bytes text, size_t *begin, size_t *end)
{
    size_t room = s->longest + NAME_ROOM;

    if (text.n <= SEARCH_TEXT_SHORT) {
        *begin = 0;
        *end = text.n;
        return;
    }
    *begin = *begin > room ? *begin - room : 0;
    *end = text.n - *end > room ? *end + room : text.n;
    while (*begin > 0 && is_inner(text.p[*begin - 1]))
        --*begin;
    while (*end < text.n && is_inner(text.p[*end]))
        ++*end;
}

/* Fills text and marks of a node whose stretch is known. False: no room. */
static bool undo(struct search *s, struct bytes written, struct node *node, bool *wide)
{
    static const uint8_t leads[DECODE_KINDS] = {
            [DECODE_PERCENTS] = '%', [DECODE_BACKSLASHES] = '\\', [DECODE_ENTITIES] = '&'};
    const uint8_t lead = leads[node->escapes];
    uint8_t *p = search_room(s, written.n);
    struct node_mark *marks;
    size_t n = 0, mark = 0, at = 0;

    if (p == NULL)
        return false;
    marks = arena_array(s->scratch, written.n / NODE_MARK_STEP + 2, sizeof(*marks));
    if (marks == NULL) {
        s->no_memory = true;
        return false;
    }
    while (at < written.n) {
        struct decode_piece piece;

        if (n >= mark * NODE_MARK_STEP)
            marks[mark++] = (struct node_mark){(uint32_t)at, (uint32_t)n};
        if (written.p[at] != lead) {
            p[n++] = written.p[at++];
            continue;
        }
        decode_piece_at(node->escapes, written, at, &piece);
        memcpy(p + n, piece.plain, piece.n);
        n += piece.n;
        at += piece.used;
        *wide |= piece.wide;
    }
    node->text = bytes_of(p, n);
    node->marks = marks;
    return true;
}

static void take_escapes(struct search *s, const struct node *node, enum decode_kind kind,
        size_t begin, size_t end)
{
    static const enum search_layer layers[DECODE_KINDS] = {[DECODE_PERCENTS] = LAYER_PERCENT,
            [DECODE_BACKSLASHES] = LAYER_JSON,
            [DECODE_ENTITIES] = LAYER_ENTITY};
    struct node child;
    bool wide = false;

    widen(s, node->text, &begin, &end);
    child = search_child(node, NODE_ESCAPES, begin, end - begin, layers[kind]);
    child.escapes = kind;
    if (!undo(s, bytes_slice(node->text, begin, end), &child, &wide))
        return;
    if (wide)
        child.layers[child.layer_count - 1] = LAYER_U_ESCAPE;
    search_enqueue(s, &child);
}

void search_escapes(struct search *s, const struct node *node, enum decode_kind kind)
{
    size_t near = 2 * (s->longest + NAME_ROOM), first, last, next;

    if (!decode_find(kind, node->text, 0, &first))
        return;
    last = first;
    while (!s->no_memory && decode_find(kind, node->text, last + 1, &next)) {
        if (next - last > near && node->text.n > SEARCH_TEXT_SHORT) {
            take_escapes(s, node, kind, first, last + 1);
            first = next;
        }
        last = next;
    }
    take_escapes(s, node, kind, first, last + 1);
}
