/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/page_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

enum {
    SLOTS_LEAST = 64,
    PROBES_MOST = 64,
    DISTINCT_LEAST = 5, /* bytes of a block that differ: no rows of dashes */
};

struct block {
    uint8_t text[PAGE_TEXT_BLOCK];
    uint32_t visit;  /* 0: a free slot */
    uint32_t upload; /* the last that had it */
};

struct page_text {
    struct block *at; /* owned: `slots` of them, a power of two */
    size_t n, slots;
    uint64_t base; /* of the rolling hash, odd */
    uint64_t out;  /* base to the power of the length of a block */
    uint64_t read, searched;
};

static uint64_t hash_of(const struct page_text *t, const uint8_t *p)
{
    uint64_t h = 0;

    for (size_t i = 0; i < PAGE_TEXT_BLOCK; i++)
        h = h * t->base + p[i] + 1;
    return h;
}

/* The low bits of a product depend on low bits only. */
static size_t slot_of(const struct page_text *t, uint64_t h)
{
    return (size_t)((h * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (t->slots - 1);
}

static bool is_telling(const uint8_t *p)
{
    size_t distinct = 0;

    for (size_t i = 0; i < PAGE_TEXT_BLOCK; i++)
        distinct += memchr(p, p[i], i) == NULL;
    return distinct >= DISTINCT_LEAST;
}

static struct block *find(struct page_text *t, uint64_t hash, const uint8_t *p, uint32_t visit,
        struct block **empty)
{
    size_t at = slot_of(t, hash);

    for (size_t i = 0; i < PROBES_MOST; i++, at = (at + 1) & (t->slots - 1)) {
        struct block *b = &t->at[at];

        if (b->visit == 0) {
            if (empty != NULL)
                *empty = b;
            return NULL;
        }
        if (b->visit == visit && memcmp(b->text, p, PAGE_TEXT_BLOCK) == 0)
            return b;
    }
    return NULL;
}

static void add_block(struct page_text *t, uint32_t visit, const uint8_t *p)
{
    struct block *empty = NULL;

    if (t->n == PAGE_TEXT_BLOCKS_MOST || !is_telling(p) ||
            find(t, hash_of(t, p), p, visit, &empty) != NULL || empty == NULL)
        return;
    memcpy(empty->text, p, PAGE_TEXT_BLOCK);
    empty->visit = visit;
    t->n++;
}

static void add_run(struct page_text *t, uint32_t visit, struct bytes run)
{
    while (run.n != 0 && run.p[0] <= ' ')
        run = bytes_slice(run, 1, run.n);
    while (run.n != 0 && run.p[run.n - 1] <= ' ')
        run.n--;
    for (size_t at = 0; at + PAGE_TEXT_BLOCK <= run.n; at += PAGE_TEXT_BLOCK)
        add_block(t, visit, run.p + at);
}

/* Behind the end tag of what holds no text, or at the end. */
static size_t skip_raw(struct bytes html, size_t at, struct bytes tag)
{
    while (at < html.n) {
        const uint8_t *p = memchr(html.p + at, '<', html.n - at);

        if (p == NULL)
            return html.n;
        at = (size_t)(p - html.p) + 1;
        if (at < html.n && html.p[at] == '/' &&
                bytes_starts_nocase(bytes_slice(html, at + 1, html.n), tag))
            return at;
    }
    return html.n;
}

/* Text between tags; a rough reading is enough, since what it gets wrong is found nowhere. */
static void add_html(struct page_text *t, uint32_t visit, struct bytes html)
{
    size_t at = 0;

    while (at < html.n) {
        const uint8_t *open = memchr(html.p + at, '<', html.n - at), *close;
        size_t end = open == NULL ? html.n : (size_t)(open - html.p);
        struct bytes rest;

        add_run(t, visit, bytes_slice(html, at, end));
        if (open == NULL)
            return;
        rest = bytes_slice(html, end + 1, html.n);
        if (bytes_starts_nocase(rest, BYTES_LITERAL("script")))
            end = skip_raw(html, end + 1, BYTES_LITERAL("script"));
        else if (bytes_starts_nocase(rest, BYTES_LITERAL("style")))
            end = skip_raw(html, end + 1, BYTES_LITERAL("style"));
        close = end < html.n ? memchr(html.p + end, '>', html.n - end) : NULL;
        at = close == NULL ? html.n : (size_t)(close - html.p) + 1;
    }
}

static bool is_page(const struct exchange *x, const struct attribution *a)
{
    return a->visit != NULL && a->party == PARTY_FIRST && x->response.seen &&
           x->response.body.kept != 0 &&
           bytes_starts_nocase(x->response.body.type, BYTES_LITERAL("text/html"));
}

/* Twice what the pages can have, or the most that are kept. */
static size_t slots_for(const struct evidence *e, const struct attributions *a)
{
    size_t slots = SLOTS_LEAST;
    uint64_t bytes = 0;

    for (size_t i = 0; i < e->exchange_count; i++) {
        if (is_page(e->exchanges[i], &a->of[i]))
            bytes += e->exchanges[i]->response.body.kept;
    }
    while (slots < bytes / PAGE_TEXT_BLOCK * 2 && slots < PAGE_TEXT_BLOCKS_MOST * 2)
        slots *= 2;
    return slots;
}

struct page_text *page_text_new(const struct evidence *e, const struct attributions *a)
{
    struct page_text *t = calloc(1, sizeof(*t));

    if (t != NULL) {
        t->slots = slots_for(e, a);
        t->at = calloc(t->slots, sizeof(*t->at));
    }
    if (t == NULL || t->at == NULL) {
        free(t);
        return NULL;
    }
    t->base = siphash_key_draw().word[0] | 1;
    t->out = 1;
    for (size_t i = 0; i < PAGE_TEXT_BLOCK; i++)
        t->out *= t->base;
    for (size_t i = 0; i < e->exchange_count; i++) {
        struct bytes html;

        if (!is_page(e->exchanges[i], &a->of[i]))
            continue;
        html = bytes_slice(evidence_body(e, &e->exchanges[i]->response.body), 0,
                (size_t)(PAGE_TEXT_BYTES_MOST - t->read));
        t->read += html.n;
        add_html(t, (uint32_t)a->of[i].visit->number, html);
    }
    return t;
}

void page_text_free(struct page_text *t)
{
    if (t == NULL)
        return;
    free(t->at);
    free(t);
}

bool page_text_capped(const struct page_text *t)
{
    return t->n == PAGE_TEXT_BLOCKS_MOST || t->read == PAGE_TEXT_BYTES_MOST ||
           t->searched > PAGE_TEXT_SEARCH_MOST;
}

size_t page_text_count(struct page_text *t, size_t visit, uint32_t upload, struct bytes text)
{
    size_t found = 0, at = PAGE_TEXT_BLOCK;
    uint64_t h;

    if (text.n < PAGE_TEXT_BLOCK || t->n == 0 || t->searched > PAGE_TEXT_SEARCH_MOST)
        return 0;
    t->searched += text.n;
    h = hash_of(t, text.p);
    for (;;) {
        struct block *b = find(t, h, text.p + at - PAGE_TEXT_BLOCK, (uint32_t)visit, NULL);

        if (b != NULL && b->upload != upload) {
            b->upload = upload;
            found++;
        }
        if (at == text.n)
            return found;
        h = h * t->base + text.p[at] + 1 -
            t->out * (text.p[at - PAGE_TEXT_BLOCK] + UINT64_C(1));
        at++;
    }
}
