/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_DECLARED_WORLD_H
#define TESTS_CLASSIFY_DECLARED_WORLD_H

/* A judgement as far as declared values need it, for test_declared.c and
 * test_finding_declared.c. Include cmocka first. */

#include "classify/declared.h"
#include "classify/gather.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

#define EMAIL "wang.yu@b.test"
#define DIGEST "0e1a5c6dd3b6f6e2d5ff9f9b6e2a4cf1d2c6a1f40b7f11b6a0c2c8b1f0d4e7aa"
#define UID "a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define PAGE "1 0 GET https://www.news.test/ 200 nav"
#define FROM_NEWS " | > Referer: https://www.news.test/"

enum { HITS_MOST = 32, EMAIL_VALUE = 0, PHONE_VALUE, SEARCH_VALUE, PLACE_VALUE, PLATE_VALUE };

static const struct variant whole = {.form = "as declared", .charset = "utf-8"};
static const struct variant masked = {.form = "masked", .charset = "utf-8", .partial = true};
static const struct variant gbk = {.form = "GBK", .charset = "gbk"};

/* A judgement as far as the declared values need it, with hits made by hand. */
struct declared_world {
    struct evidence_world w;
    struct arena *arena;
    struct parties *parties;
    struct subject subject;
    struct judgement_setup setup;
    struct judgement j;
    struct hit hits[HITS_MOST];
    struct findings found;
};

static struct subject_value values[] = {
        {.kind = SUBJECT_EMAIL, .number = 1},
        {.kind = SUBJECT_PHONE, .number = 2},
        {.kind = SUBJECT_SEARCH, .number = 1},
        {.kind = SUBJECT_LOCATION, .number = 1},
        {.kind = SUBJECT_OTHER, .number = 1},
};

static inline void finish(struct declared_world *d)
{
    static const char csv[] =
            "domain,owner_en,owner_zh,group,country,purpose,confidence,notes\n"
            "searchy.test,Searchy Ltd,,Searchy,CN,ads,high,\n"
            "searchads.test,Searchy Ads,,Searchy,CN,ads,high,\n";
    struct traces traces;
    struct fault fault = {0};

    values[0].text = bytes_text(EMAIL);
    values[1].text = bytes_text("13812345678");
    values[2].text = bytes_text("减肥");
    values[3].text = bytes_text("31.2304,121.4737");
    values[4].text = bytes_text("京A12345");
    for (size_t i = 0; i < 4; i++)
        values[i].label = bytes_text(subject_kind_name(values[i].kind));
    values[4].label = bytes_text("plate");
    d->arena = arena_new(64 << 20);
    d->parties = parties_new_from(bytes_text(csv), &fault);
    assert_true(d->arena != NULL && d->parties != NULL);
    d->subject = (struct subject){values, sizeof(values) / sizeof(*values)};
    d->setup = (struct judgement_setup){
            .sites = d->w.sites, .parties = d->parties, .subject = &d->subject};
    d->j.arena = d->arena;
    d->j.attributions = d->w.a;
    d->j.owners = arena_array(d->arena, d->w.e.exchange_count, sizeof(*d->j.owners));
    assert_non_null(d->j.owners);
    assert_int_equal(gather_traces(d->arena, &d->w.e, &d->w.a, &traces), STATUS_OK);
    d->j.traces = traces.at;
    d->j.trace_count = traces.n;
    d->j.hits.at = d->hits;
    for (size_t i = 0; i < traces.n; i++) {
        if (bytes_is(traces.at[i]->value, UID))
            traces.at[i]->class_ = CLASS_BROWSER_IDENTIFIER;
    }
}

#define MAKE(d, ...)                                                                           \
    do {                                                                                       \
        memset(d, 0, sizeof(*(d)));                                                            \
        WORLD_MAKE(&(d)->w, __VA_ARGS__);                                                      \
        finish(d);                                                                             \
    } while (0)

static inline void clear(struct declared_world *d)
{
    arena_free(d->arena);
    parties_free(d->parties);
    world_clear(&d->w);
}

/* A hit where `text` stands in that part of the exchange. */
static inline struct hit *add(struct declared_world *d, size_t value, size_t exchange,
        const char *where, const char *key, const char *text)
{
    const struct exchange *x = d->w.e.exchanges[exchange];
    struct hit *h = &d->hits[d->j.hits.n++];
    const struct message *m = strncmp(where, "back", 4) == 0 ? &x->response : &x->request;
    const char *side = m == &x->request ? "request" : "response";
    size_t at = 0;

    assert_true(d->j.hits.n <= HITS_MOST);
    *h = (struct hit){.value = value,
            .variant = value == PLACE_VALUE ? NULL : &whole,
            .charset = "utf-8",
            .response = m == &x->response,
            .key = bytes_text(key),
            .where = m == &x->response ? "body" : where};
    h->place.exchange = exchange;
    h->place.len = strlen(text);
    if (strcmp(where, "query") == 0 || strcmp(where, "path") == 0) {
        h->place.part = "request.path";
        assert_true(bytes_find(x->path, bytes_text(text), 0, &at));
    } else if (strcmp(where, "body") == 0 || strcmp(where, "back") == 0) {
        h->place.part = arena_print(d->arena, "%s.body", side);
        assert_true(bytes_find(m->body.data, bytes_text(text), 0, &at));
    } else {
        size_t i = 0;

        while (i < m->header_count &&
                !bytes_find(m->headers[i].value, bytes_text(text), 0, &at))
            i++;
        assert_true(i < m->header_count);
        h->place.part = arena_print(d->arena, "%s.headers.%zu", side, i);
    }
    assert_non_null(h->place.part);
    h->place.off = at;
    return h;
}

static inline void find(struct declared_world *d)
{
    assert_int_equal(declared_mark(&d->w.e, &d->setup, &d->j), STATUS_OK);
    assert_int_equal(declared_find(&d->w.e, &d->setup, &d->j, &d->found), STATUS_OK);
}

/* The last that is asked of this world. */
static inline void finds_nothing(struct declared_world *d)
{
    find(d);
    assert_int_equal(d->found.n, 0);
    clear(d);
}

static inline const struct finding *one(const struct declared_world *d, const char *kind)
{
    const struct finding *f = NULL;

    for (size_t i = 0; i < d->found.n; i++) {
        if (strcmp(d->found.at[i]->kind, kind) != 0)
            continue;
        assert_null(f);
        f = d->found.at[i];
    }
    assert_non_null(f);
    return f;
}

static inline const struct trace *trace_of(const struct declared_world *d, const char *value)
{
    for (size_t i = 0; i < d->j.trace_count; i++) {
        if (bytes_is(d->j.traces[i]->value, value))
            return d->j.traces[i];
    }
    fail_msg("no trace %s", value);
    return NULL;
}

static inline bool has_fact(const struct trace *t, const char *code)
{
    for (size_t i = 0; i < t->fact_count; i++) {
        if (strcmp(t->facts[i], code) == 0)
            return true;
    }
    return false;
}

#endif
