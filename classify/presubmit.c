/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/presubmit.h"

#include <stdlib.h>
#include <string.h>

/* A hit with its time: hits are listed by exchange, and a response is later than its request. */
struct moment {
    const struct hit *hit;
    int64_t when_ns;
};

static int by_value(const void *a, const void *b)
{
    const struct moment *left = a, *right = b;
    int order = (left->hit->value > right->hit->value) - (left->hit->value < right->hit->value);

    if (order == 0)
        order = (left->when_ns > right->when_ns) - (left->when_ns < right->when_ns);
    return order == 0 ? (left->hit > right->hit) - (left->hit < right->hit) : order;
}

/* Kinds that are typed into forms. */
static bool is_typed(enum subject_kind kind)
{
    switch (kind) {
    case SUBJECT_NAME:
    case SUBJECT_EMAIL:
    case SUBJECT_PHONE:
    case SUBJECT_ID_NUMBER:
    case SUBJECT_ADDRESS:
    case SUBJECT_ACCOUNT:
    case SUBJECT_SEARCH:
    case SUBJECT_OTHER:
        return true;
    case SUBJECT_DEVICE:
    case SUBJECT_LOCATION:
    case SUBJECT_KINDS:
        break;
    }
    return false;
}

/* A Referer or a cookie repeats what was there before. */
static bool is_fresh(const struct hit *h)
{
    return !h->response && h->where != NULL &&
           (strcmp(h->where, "query") == 0 || strcmp(h->where, "path") == 0 ||
                   strcmp(h->where, "body") == 0 || strcmp(h->where, "websocket") == 0) &&
           (h->variant == NULL || !h->variant->partial);
}

/* What is known of one value while its moments pass. */
struct known {
    bool site_has;            /* a first party has it: nothing after counts */
    const struct visit *seen; /* a first party was sent it in this visit, in no form: from the
                                 next visit on it has it */
};

static bool is_form(const struct exchange *x, const struct attribution *a)
{
    return a->basis == PAGE_DOCUMENT || (a->leads && a->ground_exchange == ATTRIBUTION_NONE) ||
           bytes_is_nocase(x->method, "POST") || bytes_is_nocase(x->method, "PUT");
}

static void pass_first(const struct evidence *e, const struct judgement *j, const struct hit *h,
        struct known *k)
{
    const struct attribution *a = &j->attributions.of[h->place.exchange];

    if (h->response || is_form(e->exchanges[h->place.exchange], a) ||
            (k->seen != NULL && k->seen != a->visit))
        k->site_has = true;
    else
        k->seen = a->visit;
}

/* The row of this recipient and page, among those made since `from`. */
static struct recording *row_of(struct recordings *out, size_t from, const struct judgement *j,
        size_t exchange, bool *full)
{
    const struct attribution *a = &j->attributions.of[exchange];

    for (size_t i = from; i < out->n; i++) {
        if (bytes_equal(out->at[i].site, a->site) &&
                bytes_equal(out->at[i].page_site, a->visit->site))
            return &out->at[i];
    }
    return recordings_add(out, j, RECORDING_PRESUBMIT, exchange, full);
}

static bool add_label(
        struct arena *arena, struct recording *r, const struct subject *subject, size_t value)
{
    const struct subject_value *v = &subject->at[value];
    const char *label = arena_print(arena, "%.*s%s%.*s %zu", (int)r->text.n,
            (const char *)(r->text.n == 0 ? (const uint8_t *)"" : r->text.p),
            r->text.n == 0 ? "" : ", ", (int)bytes_slice(v->label, 0, 60).n,
            (const char *)v->label.p, v->number);

    if (label == NULL)
        return false;
    if (strlen(label) <= RECORDING_TEXT_MOST)
        r->text = bytes_text(label);
    return true;
}

/* The first form with the value after the leak, of the same visit. */
static int64_t later_form(const struct evidence *e, const struct judgement *j,
        const struct moment *m, size_t n, const struct visit *visit)
{
    for (size_t i = 0; i < n; i++) {
        size_t x = m[i].hit->place.exchange;
        const struct attribution *a = &j->attributions.of[x];

        if (!m[i].hit->response && a->party == PARTY_FIRST && a->visit == visit &&
                is_form(e->exchanges[x], a))
            return (int64_t)x;
    }
    return ATTRIBUTION_NONE;
}

/* All moments of one value. */
static enum status look_at(const struct evidence *e, const struct subject *subject,
        const struct judgement *j, const struct moment *m, size_t n, struct recordings *out)
{
    struct known known = {0};
    size_t from = out->n;

    for (size_t i = 0; i < n && !known.site_has; i++) {
        const struct hit *h = m[i].hit;
        const struct attribution *a = &j->attributions.of[h->place.exchange];
        struct recording *row;
        bool full = false;

        if (a->party == PARTY_FIRST) {
            pass_first(e, j, h, &known);
            continue;
        }
        if (a->party != PARTY_THIRD || a->visit == NULL || !is_fresh(h))
            continue;
        if (known.seen != NULL && known.seen != a->visit)
            break;
        row = row_of(out, from, j, h->place.exchange, &full);
        if (row == NULL)
            return full ? STATUS_OK : STATUS_NOMEM;
        if (row->samples++ == 0) {
            row->first_ns = m[i].when_ns;
            row->submitted = later_form(e, j, m + i, n - i, a->visit);
            if (!add_label(j->arena, row, subject, h->value))
                return STATUS_NOMEM;
        }
        row->last_ns = m[i].when_ns;
        row->bytes += h->place.len;
        recording_cite(row, &h->place);
        if (h->key.n != 0 && !recording_field(j->arena, row, h->key))
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

enum status presubmit_find(const struct evidence *e, const struct subject *subject,
        const struct judgement *j, struct recordings *out)
{
    struct moment *m;
    enum status status = STATUS_OK;
    size_t n = 0;

    if (j->hits.n == 0 || subject == NULL)
        return STATUS_OK;
    m = calloc(j->hits.n, sizeof(*m));
    if (m == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < j->hits.n; i++) {
        const struct hit *h = &j->hits.at[i];
        const struct exchange *x = e->exchanges[h->place.exchange];

        if (h->value < subject->n && is_typed(subject->at[h->value].kind))
            m[n++] = (struct moment){
                    h, h->response ? x->response.first_ns : x->request.first_ns};
    }
    if (n != 0)
        qsort(m, n, sizeof(*m), by_value);
    for (size_t i = 0, end; i < n && status == STATUS_OK; i = end) {
        for (end = i + 1; end < n && m[end].hit->value == m[i].hit->value;)
            end++;
        status = look_at(e, subject, j, m + i, end - i, out);
    }
    free(m);
    return status;
}
