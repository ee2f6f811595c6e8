/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/page_parts.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

enum {
    WRITINGS_MOST = 6,  /* ways of writing told for one recipient */
    PLACES_MOST = 8,    /* carriers told for one recipient */
    EXCHANGES_MOST = 8, /* exchanges named for one recipient */
    SITES_MOST = 200,   /* recipients of one value, one row each */
    VALUES_OPEN = 3,    /* so many values found are told unfolded */
    SITES_SHOWN = 6,    /* of them named in the table of all values */
};

/* A hit with what it is sorted by. */
struct find {
    const struct hit *hit;
    struct bytes site;
    int64_t when_ns;
    bool third;
};

/* The hits of one value, a run of the sorted ones: those sent, then those that came back. */
struct declared {
    const struct find *sent, *back;
    size_t sent_count, back_count;
};

static int by_value(const void *a, const void *b)
{
    const struct find *left = a, *right = b;
    int order = ORDER(left->hit->value, right->hit->value);

    if (order == 0)
        order = ORDER(left->hit->response, right->hit->response);
    if (order == 0)
        order = ORDER(right->third, left->third);
    if (order == 0)
        order = bytes_compare(left->site, right->site);
    if (order == 0)
        order = ORDER(left->when_ns, right->when_ns);
    /* Hits are sorted by place: their own order settles the rest. */
    return order == 0 ? ORDER(left->hit, right->hit) : order;
}

/* NULL: no memory. */
static struct find *sort_hits(struct page *p)
{
    const struct hits *hits = &p->j->hits;
    struct find *all = arena_array(p->arena, hits->n + 1, sizeof(*all));

    for (size_t i = 0; all != NULL && i < hits->n; i++) {
        const struct hit *h = &hits->at[i];
        const struct attribution *a = &p->j->attributions.of[h->place.exchange];
        const struct exchange *x = p->e->exchanges[h->place.exchange];

        all[i] = (struct find){.hit = h,
                .site = a->site,
                .when_ns = h->response ? x->response.first_ns : x->request.first_ns,
                .third = a->party == PARTY_THIRD};
    }
    if (all != NULL && hits->n != 0)
        qsort(all, hits->n, sizeof(*all), by_value);
    return all;
}

static struct declared take_value(const struct find *all, size_t n, size_t value, size_t *at)
{
    struct declared d = {.sent = all + *at};

    while (*at < n && all[*at].hit->value == value && !all[*at].hit->response) {
        (*at)++;
        d.sent_count++;
    }
    d.back = all + *at;
    while (*at < n && all[*at].hit->value == value) {
        (*at)++;
        d.back_count++;
    }
    return d;
}

/* How many from `from` on belong to the same site and party. */
static size_t same_site(const struct find *from, size_t n)
{
    size_t i = 1;

    while (i < n && from[i].third == from->third && bytes_equal(from[i].site, from->site))
        i++;
    return i;
}

void page_declared_label(struct page *p, const struct subject_value *v)
{
    if (v->kind == SUBJECT_OTHER)
        page_excerpt(p, v->label, PAGE_NAME_MOST);
    else
        html_string(&p->h, page_word(p, page_subject_word(v->kind)));
    html_print(&p->h, " %zu", v->number);
    if (v->kind == SUBJECT_SEARCH) {
        html_string(&p->h, p->language == LANGUAGE_CHINESE ? "：" : ": ");
        page_code(p, v->text, PAGE_NAME_MOST);
    }
}

static bool same_writing(const struct hit *a, const struct hit *b)
{
    size_t i = 0, k = 0;

    if (a->digest_count != b->digest_count || (a->variant == NULL) != (b->variant == NULL) ||
            (a->variant != NULL && strcmp(a->variant->form, b->variant->form) != 0) ||
            (a->datum == NULL) != (b->datum == NULL) ||
            (a->datum != NULL && strcmp(a->datum, b->datum) != 0))
        return false;
    for (size_t d = 0; d < a->digest_count; d++) {
        if (strcmp(a->digests[d], b->digests[d]) != 0)
            return false;
    }
    for (;;) {
        while (i < a->layer_count && a->layers[i] == LAYER_FIELD)
            i++;
        while (k < b->layer_count && b->layers[k] == LAYER_FIELD)
            k++;
        if (i == a->layer_count || k == b->layer_count)
            return i == a->layer_count && k == b->layer_count;
        if (a->layers[i++] != b->layers[k++])
            return false;
    }
}

static void write_token(struct page *p, const char *fact, const char *token)
{
    const char *words = page_token_word(fact, bytes_text(token));

    html_string(&p->h, words == NULL ? token : page_word(p, words));
}

/* The steps that were applied to the value, in their order: "MD5 digest → base64". */
static void write_writing(struct page *p, const struct hit *h)
{
    size_t steps = 0;

    if (h->variant == NULL) {
        page_say(p, "coordinates");
        html_string(&p->h, ", ");
        write_token(p, "datum", h->datum == NULL ? "" : h->datum);
        steps++;
    } else if (strcmp(h->variant->form, "as declared") != 0) {
        write_token(p, "form", h->variant->form);
        if (h->variant->partial) {
            html_string(&p->h, " ");
            page_say(p, "(a part only)");
        }
        steps++;
    }
    for (size_t i = h->digest_count; i-- > 0;) {
        html_string(&p->h, steps++ == 0 ? "" : " → ");
        write_token(p, "encoding", h->digests[i]);
    }
    for (size_t i = h->layer_count; i-- > 0;) {
        if (h->layers[i] == LAYER_FIELD)
            continue;
        html_string(&p->h, steps++ == 0 ? "" : " → ");
        write_token(p, "encoding", search_layer_name(h->layers[i]));
    }
    if (steps == 0)
        page_say(p, "as it is");
}

static void write_writings(struct page *p, const struct find *f, size_t n)
{
    const struct hit *shown[WRITINGS_MOST];
    size_t k = 0;

    for (size_t i = 0; i < n && k < WRITINGS_MOST; i++) {
        bool again = false;

        for (size_t s = 0; s < k && !again; s++)
            again = same_writing(shown[s], f[i].hit);
        if (again)
            continue;
        if (k != 0)
            html_break(&p->h);
        shown[k++] = f[i].hit;
        write_writing(p, f[i].hit);
    }
    if (k == WRITINGS_MOST)
        page_say(p, " and others");
}

/* In what it travelled, each with the name it stood under. */
static void write_places(struct page *p, const struct find *f, size_t n)
{
    const struct hit *shown[PLACES_MOST];
    size_t k = 0;

    for (size_t i = 0; i < n && k < PLACES_MOST; i++) {
        const struct hit *h = f[i].hit;
        bool again = false;

        for (size_t s = 0; s < k && !again; s++)
            again = strcmp(shown[s]->where, h->where) == 0 &&
                    bytes_equal(shown[s]->key, h->key);
        if (again)
            continue;
        if (k != 0)
            page_comma(p);
        shown[k++] = h;
        write_token(p, "where", h->where);
        if (h->key.n != 0) {
            html_string(&p->h, " ");
            page_code(p, h->key, PAGE_NAME_MOST);
        }
    }
    if (k == PLACES_MOST)
        page_say(p, " and others");
}

static void write_exchanges(struct page *p, const struct find *f, size_t n)
{
    size_t shown = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        if (i != 0 && f[i].hit->place.exchange == f[i - 1].hit->place.exchange)
            continue;
        if (all++ >= EXCHANGES_MOST)
            continue;
        if (shown++ != 0)
            page_comma(p);
        page_exchange_id(p, f[i].hit->place.exchange);
    }
    if (all > shown)
        page_say(p, " and %zu more", all - shown);
}

static void write_site_row(struct page *p, const struct find *f, size_t n)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_excerpt(p, f->site, PAGE_NAME_MOST);
    html_string(&p->h, " ");
    html_element(&p->h, "span", f->third ? "tag third" : "tag",
            page_word(p, page_party_word(p->j->attributions.of[f->hit->place.exchange].party)));
    html_close(&p->h);
    html_open(&p->h, "td");
    write_places(p, f, n);
    html_close(&p->h);
    html_open(&p->h, "td");
    write_writings(p, f, n);
    html_close(&p->h);
    page_number_cell(p, n);
    html_open(&p->h, "td");
    page_time(p, f->when_ns);
    html_close(&p->h);
    html_open(&p->h, "td");
    write_exchanges(p, f, n);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_sites(struct page *p, const char *caption, const struct find *f, size_t n)
{
    static const char *const columns[] = {WORDS("Recipient (site)"), WORDS("In"),
            WORDS("Written as (steps in their order)"), WORDS("Places"), WORDS("First"),
            WORDS("In exchanges")};
    size_t rows = 0, i = 0;

    if (n == 0)
        return;
    page_table(p, caption);
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (; i < n && rows < SITES_MOST; rows++) {
        size_t run = same_site(f + i, n - i);

        write_site_row(p, f + i, run);
        i += run;
    }
    page_table_end(p);
    if (i < n)
        page_paragraph(p, "Not listed here: recipients in %zu further places.", n - i);
}

static void write_detail(
        struct page *p, const struct subject_value *v, const struct declared *d, bool open)
{
    html_open(&p->h, "details");
    if (open)
        html_attribute(&p->h, "open", "");
    html_open(&p->h, "summary");
    page_declared_label(p, v);
    html_string(&p->h, " · ");
    page_say(p, "%zu places in what was sent, %zu in what came back", d->sent_count,
            d->back_count);
    html_close(&p->h);
    write_sites(p, WORDS("Sent to"), d->sent, d->sent_count);
    write_sites(p, WORDS("Came back from"), d->back, d->back_count);
    html_close(&p->h);
}

/* The sites of one party, each once. */
static void write_recipients(struct page *p, const struct find *f, size_t n, bool third)
{
    size_t all = 0;

    for (size_t i = 0; i < n; i += same_site(f + i, n - i)) {
        if (f[i].third != third || all++ >= SITES_SHOWN)
            continue;
        if (all > 1)
            page_comma(p);
        page_excerpt(p, f[i].site, PAGE_NAME_MOST);
    }
    if (all > SITES_SHOWN)
        page_say(p, " and %zu more", all - SITES_SHOWN);
    if (all == 0)
        html_string(&p->h, "–");
}

/* What keeps "not found" from being "not sent". */
struct veil {
    uint64_t connections, incomplete, opaque;
    bool capped;
};

static struct veil veil_of(const struct page *p)
{
    struct veil v = {.opaque = p->j->hits.opaque, .capped = p->j->hits.capped};

    for (size_t i = 0; i < p->e->connection_count; i++) {
        const struct connection *c = p->e->connections[i];

        v.connections += c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL;
    }
    for (size_t i = 0; i < p->e->exchange_count; i++)
        v.incomplete += !p->e->exchanges[i]->complete;
    return v;
}

static void write_veil(struct page *p, const struct veil *v)
{
    page_paragraph(p,
            "Beside every “not found” stands what could not be searched: %llu connections "
            "that were not read in full, %llu exchanges that are not complete, %llu texts "
            "that no known coding explains and that may hold anything. A value that was "
            "encrypted by the page itself, hashed with a secret, or written in a way not "
            "known here is not found either. That a value was not found does not say that "
            "it was not sent.",
            (unsigned long long)v->connections, (unsigned long long)v->incomplete,
            (unsigned long long)v->opaque);
    if (v->capped)
        page_paragraph(p, "A limit of this program was reached: not all that could be read was "
                          "searched.");
}

static void write_row(struct page *p, const struct subject_value *v, const struct declared *d)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < d->sent_count; i++)
        first = d->sent[i].when_ns < first ? d->sent[i].when_ns : first;
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_declared_label(p, v);
    html_close(&p->h);
    if (d->sent_count == 0) {
        html_open(&p->h, "td");
        html_attribute(&p->h, "colspan", "4");
        page_say(p, "not found in what could be read; what could not be is stated below");
        html_close(&p->h);
    } else {
        html_open(&p->h, "td");
        write_recipients(p, d->sent, d->sent_count, true);
        html_close(&p->h);
        html_open(&p->h, "td");
        write_recipients(p, d->sent, d->sent_count, false);
        html_close(&p->h);
        page_number_cell(p, d->sent_count);
        html_open(&p->h, "td");
        page_time(p, first);
        html_close(&p->h);
    }
    page_number_cell(p, d->back_count);
    html_close(&p->h);
}

static void write_all(struct page *p, const struct find *all)
{
    static const char *const columns[] = {WORDS("Declared value"), WORDS("Third parties"),
            WORDS("First and other parties"), WORDS("Places sent"), WORDS("First sent"),
            WORDS("Places in responses")};
    const struct subject *s = p->facts->subject;
    size_t shown = s->n < PAGE_DECLARED_MOST ? s->n : PAGE_DECLARED_MOST;
    size_t n = p->j->hits.n, at = 0, found = 0;
    struct veil v = veil_of(p);

    page_table(p, "Declared values and the sites they were sent to");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < shown; i++) {
        struct declared d = take_value(all, n, i, &at);

        write_row(p, &s->at[i], &d);
        found += d.sent_count + d.back_count != 0;
    }
    page_table_end(p);
    if (shown < s->n)
        page_paragraph(p,
                "Not listed here: %zu further declared values. What was found of them stands "
                "in data/findings/findings.json.",
                s->n - shown);
    write_veil(p, &v);
    at = 0;
    for (size_t i = 0; i < shown; i++) {
        struct declared d = take_value(all, n, i, &at);

        if (d.sent_count + d.back_count != 0)
            write_detail(p, &s->at[i], &d, found <= VALUES_OPEN);
    }
}

void page_declared(struct page *p)
{
    const struct subject *s = p->facts->subject;
    struct find *all;

    page_section(p, "declared", "What you declared, and where it went");
    if (s == NULL || s->n == 0) {
        page_paragraph(p, "Nothing was declared, so nothing was searched for: “exhibit import "
                          "--subject FILE” takes names, telephone numbers, search terms and "
                          "other values, and looks for each in all that was sent.");
    } else {
        page_paragraph(p,
                "Each value that was declared in data/subject.json was looked for in all "
                "that could be read: as it is, in other spellings, encoded, and as a digest. "
                "Values are named by kind and number and not printed, search terms "
                "excepted.");
        all = sort_hits(p);
        if (all == NULL)
            p->h.status = STATUS_NOMEM;
        else
            write_all(p, all);
    }
    html_close(&p->h);
}
