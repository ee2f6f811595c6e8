/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classify/finding_fingerprint.h"
#include "classify/sent.h"

enum {
    BEYOND_LEAST = 3, /* attributes beyond the usual */
    WITH_STRONG = 1,  /* others, beside a strong one */
};

#define SCRATCH_MOST ((size_t)128 << 20)

/* Candidates by recipient and page, before they become findings. */
struct prints {
    struct print *at; /* owned */
    size_t n, capacity;
};

static void see(struct print *p, enum signal s, enum signal_by by, struct bytes field,
        const struct place *place)
{
    struct print_signal *seen = &p->signals[s];

    if (s == SIGNAL_NONE)
        return;
    /* What the form of a value shows is surer than what its name promises. */
    if (seen->count++ == 0 || (seen->by == SIGNAL_BY_NAME && by != SIGNAL_BY_NAME)) {
        seen->by = by;
        seen->field = field;
        seen->place = *place;
    }
}

static void see_headers(struct print *p, const struct exchange *x, size_t index)
{
    for (size_t i = 0; i < x->request.header_count; i++) {
        const struct header *h = &x->request.headers[i];
        const struct place place = {index, NULL, i, h->value.n};

        see(p, signal_of_header(h->name, h->value), SIGNAL_BY_FORM, h->name, &place);
    }
}

/* Fonts in an array of JSON stand one by one. */
struct fonts_run {
    size_t n;
    struct bytes name;
    struct place place;
};

static void see_font(struct print *p, struct fonts_run *run, const struct sent_value *v)
{
    if (!signal_is_font(v->text)) {
        run->n = 0;
        return;
    }
    if (run->n++ == 0) {
        run->name = v->name.n != 0 ? v->name : BYTES_LITERAL("fonts");
        run->place = v->place;
    }
    if (run->n == SIGNAL_FONTS_LEAST)
        see(p, SIGNAL_FONTS, SIGNAL_BY_FORM, run->name, &run->place);
}

static bool see_values(struct print *p, const struct evidence *e, const struct vendor *v,
        struct arena *scratch)
{
    struct fonts_run run = {.n = 0};
    struct sent sent;

    if (!sent_read(scratch, e, p->exchange, &sent))
        return false;
    for (size_t i = 0; i < sent.n; i++) {
        enum signal_by by = SIGNAL_BY_NAME;
        enum signal s = signal_of(v, sent.at[i].name, sent.at[i].text, &by);

        see(p, s, by, sent.at[i].name, &sent.at[i].place);
        see_font(p, &run, &sent.at[i]);
    }
    return true;
}

static size_t count(const struct print *p, bool (*which)(enum signal))
{
    size_t n = 0;

    for (int s = SIGNAL_NONE + 1; s < SIGNALS; s++)
        n += p->signals[s].count != 0 && which((enum signal)s);
    return n;
}

static bool beyond_usual(enum signal s)
{
    return !signal_usual(s);
}

/* An attribute of the device that stands beside a strong one. */
static bool of_device(enum signal s)
{
    return s != SIGNAL_USER_AGENT && s != SIGNAL_LANGUAGE;
}

static bool is_print(const struct print *p)
{
    const struct print_signal *digest = &p->signals[SIGNAL_FINGERPRINT];
    size_t strong = count(p, signal_strong), beyond = count(p, beyond_usual);

    if (beyond >= BEYOND_LEAST)
        return true;
    if (strong == 0)
        return false;
    /* Many things are called "fingerprint"; the name alone needs more than a size of screen. */
    if (strong == 1 && digest->count != 0 && digest->by == SIGNAL_BY_NAME)
        return beyond > WITH_STRONG;
    return count(p, of_device) > WITH_STRONG;
}

/* A vendor that makes device fingerprints, by its fields. */
static bool makes_prints(const struct vendor *v)
{
    for (size_t i = 0; v != NULL && i < VENDOR_FIELDS_MOST && v->fields[i].name != NULL; i++) {
        if (v->fields[i].property == PROPERTY_FINGERPRINT)
            return true;
    }
    return false;
}

static bool is_candidate(
        const struct exchange *x, const struct attribution *a, const struct vendor *v)
{
    if (!x->request.seen ||
            (x->message != 0 && x->opcode != NULL && strcmp(x->opcode, "text") != 0 &&
                    strcmp(x->opcode, "binary") != 0))
        return false;
    return a->party == PARTY_THIRD || (a->party == PARTY_FIRST && makes_prints(v));
}

static bool keep(struct prints *all, const struct print *p)
{
    struct print *grown = array_grow(all->at, all->n, &all->capacity, sizeof(*grown));

    if (grown == NULL)
        return false;
    all->at = grown;
    all->at[all->n++] = *p;
    return true;
}

/* Names of fields must outlive the reading of the request. */
static bool copy_names(struct arena *arena, struct print *p)
{
    for (int s = SIGNAL_NONE + 1; s < SIGNALS; s++) {
        struct print_signal *seen = &p->signals[s];

        if (seen->count == 0)
            continue;
        if (!arena_copy(arena, bytes_slice(seen->field, 0, PRINT_NAME_MOST), &seen->field))
            return false;
        if (seen->place.part == NULL) {
            seen->place.part = arena_print(
                    arena, "request.headers.%llu", (unsigned long long)seen->place.off);
            seen->place.off = 0;
        }
        if (seen->place.part == NULL)
            return false;
    }
    return true;
}

static bool look_at(
        const struct evidence *e, const struct judgement *j, size_t index, struct prints *all)
{
    const struct exchange *x = e->exchanges[index];
    const struct attribution *a = &j->attributions.of[index];
    const struct vendor *v = j->vendors == NULL ? NULL : j->vendors[index];
    struct print p = {.exchange = index, .vendor = v, .site = a->site};
    struct arena *scratch;
    bool ok;

    if (!is_candidate(x, a, v))
        return true;
    if (a->visit != NULL)
        p.page_site = a->visit->site;
    scratch = arena_new(SCRATCH_MOST);
    if (scratch == NULL)
        return false;
    see_headers(&p, x, index);
    ok = see_values(&p, e, v, scratch);
    p.total = count(&p, of_device);
    if (ok && is_print(&p))
        ok = copy_names(j->arena, &p) && keep(all, &p);
    arena_free(scratch);
    return ok;
}

/* By recipient and page; the richest request first, then the first. */
static int by_pair(const void *a, const void *b)
{
    const struct print *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    if (order == 0)
        order = bytes_compare(left->page_site, right->page_site);
    if (order == 0)
        order = (left->total < right->total) - (left->total > right->total);
    return order == 0 ? (left->exchange > right->exchange) - (left->exchange < right->exchange)
                      : order;
}

static bool same_pair(const struct print *a, const struct print *b)
{
    return bytes_equal(a->site, b->site) && bytes_equal(a->page_site, b->page_site);
}

static enum status state(const struct evidence *e, struct judgement *j,
        const struct prints *all, bool *wanted, struct findings *out)
{
    struct carried carried = {0};
    enum status status;

    for (size_t i = 0; i < all->n; i++)
        wanted[all->at[i].exchange] |= i == 0 || !same_pair(&all->at[i], &all->at[i - 1]);
    status = carried_make(j->traces, j->trace_count, wanted, &carried);
    for (size_t i = 0, end; i < all->n && status == STATUS_OK; i = end) {
        for (end = i + 1; end < all->n && same_pair(&all->at[end], &all->at[i]);)
            end++;
        status = finding_fingerprint(e, j, &carried, &all->at[i], end - i, out);
    }
    carried_clear(&carried);
    return status;
}

enum status fingerprint_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct prints all = {0};
    bool *wanted = calloc(e->exchange_count + 1, sizeof(*wanted));
    enum status status = wanted == NULL ? STATUS_NOMEM : STATUS_OK;

    (void)setup;
    for (size_t i = 0; i < e->exchange_count && status == STATUS_OK; i++) {
        if (!look_at(e, j, i, &all))
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK && all.n != 0) {
        qsort(all.at, all.n, sizeof(*all.at), by_pair);
        status = state(e, j, &all, wanted, out);
    }
    free(wanted);
    free(all.at);
    return status;
}
