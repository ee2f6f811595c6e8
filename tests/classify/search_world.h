/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_SEARCH_WORLD_H
#define TESTS_CLASSIFY_SEARCH_WORLD_H

/* A subject by hand, what was sent, and the search for it; include cmocka first. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/search.h"

enum { SEARCH_WORLD_MOST = 64 };

struct search_world {
    struct evidence e;
    struct subject_value values[SEARCH_WORLD_MOST];
    struct variant at[SEARCH_WORLD_MOST];
    struct subject subject;
    struct variants variants;
    struct arena *arena;
    struct hits hits;
};

static inline void search_world_begin(struct search_world *s)
{
    memset(s, 0, sizeof(*s));
    assert_int_equal(evidence_init(&s->e), STATUS_OK);
    s->subject.at = s->values;
    s->variants.at = s->at;
}

/* One more form of a value. */
static inline struct variant *search_world_form(
        struct search_world *s, size_t value, struct bytes text, const char *charset)
{
    struct variant *v = &s->at[s->variants.n++];

    assert_true(s->variants.n <= SEARCH_WORLD_MOST);
    *v = (struct variant){.value = value,
            .form = "as declared",
            .text = text,
            .charset = charset,
            .hashed = true,
            .plain = true};
    return v;
}

/* A value in one form, to be found as it is and by its digests. */
static inline struct variant *search_world_value(
        struct search_world *s, enum subject_kind kind, const char *text)
{
    s->values[s->subject.n] =
            (struct subject_value){.kind = kind, .number = 1, .text = bytes_text(text)};
    return search_world_form(s, s->subject.n++, bytes_text(text), "utf-8");
}

static inline void search_world_location(struct search_world *s, double lat, double lon)
{
    s->values[s->subject.n++] = (struct subject_value){
            .kind = SUBJECT_LOCATION, .number = 1, .latitude = lat, .longitude = lon};
}

/* A request for a path, and an answer to it. */
static inline struct exchange *search_world_exchange(struct search_world *s, const char *path)
{
    struct exchange *x = exchange_new(1, s->e.exchange_count + 1, PROTOCOL_H2);

    assert_non_null(x);
    assert_true(arena_copy(x->arena, bytes_text(path), &x->path));
    x->request.seen = x->response.seen = true;
    x->request.first_ns = (int64_t)s->e.exchange_count;
    assert_int_equal(evidence_add_exchange(&s->e, x), STATUS_OK);
    return x;
}

static inline void search_world_header(
        struct exchange *x, bool response, const char *name, const char *value)
{
    assert_int_equal(exchange_add_header(x, response ? &x->response : &x->request,
                             bytes_text(name), bytes_text(value)),
            STATUS_OK);
}

static inline void search_world_body(
        struct exchange *x, bool response, const char *type, struct bytes data)
{
    struct message *m = response ? &x->response : &x->request;

    m->body.present = m->body.whole = true;
    m->body.bytes = m->body.kept = data.n;
    assert_true(arena_copy(x->arena, data, &m->body.data));
    if (type[0] != '\0')
        search_world_header(x, response, "Content-Type", type);
}

static inline void search_world_run(struct search_world *s)
{
    s->arena = arena_new((size_t)256 << 20);
    assert_non_null(s->arena);
    assert_int_equal(evidence_seal(&s->e), STATUS_OK);
    assert_int_equal(
            search_evidence(s->arena, &s->e, NULL, &s->subject, &s->variants, &s->hits),
            STATUS_OK);
}

static inline void search_world_end(struct search_world *s)
{
    arena_free(s->arena);
    evidence_clear(&s->e);
}

/* The bytes that a hit cites. */
static inline struct bytes search_world_cited(const struct search_world *s, const struct hit *h)
{
    const struct exchange *x = s->e.exchanges[h->place.exchange];
    const struct message *m =
            strncmp(h->place.part, "request", 7) == 0 ? &x->request : &x->response;
    struct bytes whole = x->path;
    unsigned header;

    if (strstr(h->place.part, ".body") != NULL)
        whole = m->body.data;
    else if (sscanf(strchr(h->place.part, '.'), ".headers.%u", &header) == 1)
        whole = m->headers[header].value;
    assert_true(h->place.off + h->place.len <= whole.n);
    return bytes_slice(whole, (size_t)h->place.off, (size_t)(h->place.off + h->place.len));
}

/* A hit in one line: "query 'YQ==' percent,base64 sha256(md5) key=u". */
static inline const char *search_world_text(const struct search_world *s, const struct hit *h)
{
    static char out[2048];
    struct bytes cited = search_world_cited(s, h);
    size_t n = (size_t)snprintf(
            out, sizeof(out), "%s '%.*s'", h->where, (int)cited.n, (const char *)cited.p);

    for (size_t i = 0; i < h->layer_count; i++)
        n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", i == 0 ? " " : ",",
                search_layer_name(h->layers[i]));
    for (size_t i = 0; i < h->digest_count; i++)
        n += (size_t)snprintf(
                out + n, sizeof(out) - n, "%s%s", i == 0 ? " " : "(", h->digests[i]);
    if (h->digest_count == 2)
        n += (size_t)snprintf(out + n, sizeof(out) - n, ")");
    if (h->key.n != 0)
        (void)snprintf(
                out + n, sizeof(out) - n, " key=%.*s", (int)h->key.n, (const char *)h->key.p);
    return out;
}

#endif
