/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/setter.h"

#include <stdlib.h>

#include "base/array.h"
#include "classify/cookie.h"
#include "classify/request_view.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Set-Cookie traces by name, value, site, time. */
static int by_cookie(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->name, right->name);

    if (order == 0)
        order = bytes_compare(left->value, right->value);
    if (order == 0)
        order = bytes_compare(left->recipient_site, right->recipient_site);
    return order == 0 ? ORDER(left->number, right->number) : order;
}

/* A document by its host, and when it was asked for. */
struct document {
    struct bytes host;
    size_t exchange;
};

static int by_host(const void *a, const void *b)
{
    const struct document *left = a, *right = b;
    int order = bytes_compare(left->host, right->host);

    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

static size_t first_setter(const struct trace *const *set, size_t n, const struct trace *cookie)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(set[middle]->name, cookie->name);

        if (order == 0)
            order = bytes_compare(set[middle]->value, cookie->value);
        if (order == 0)
            order = bytes_compare(set[middle]->recipient_site, cookie->recipient_site);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first response that set this cookie, for this site, before it was sent. */
static bool by_response(const struct trace *const *set, size_t n, struct trace *cookie)
{
    size_t i = first_setter(set, n, cookie);

    if (i == n || !bytes_equal(set[i]->name, cookie->name) ||
            !bytes_equal(set[i]->value, cookie->value) ||
            !bytes_equal(set[i]->recipient_site, cookie->recipient_site) ||
            set[i]->first_ns > cookie->last_ns)
        return false;
    cookie->set_by = set[i]->set_by;
    cookie->set_how = "set-cookie";
    cookie->attributes = set[i]->attributes;
    cookie->lifetime_s = set[i]->lifetime_s;
    return true;
}

/* What the responses of one site left unseen: there a Set-Cookie may have been. */
struct unseen {
    struct bytes site;
    size_t exchange;
};

static int by_site(const void *a, const void *b)
{
    const struct unseen *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

struct setter {
    const struct evidence *e;
    struct document *documents;
    size_t document_count;
    struct unseen *unseen;
    size_t unseen_count;
    struct bytes *names; /* of the cookies that one document was asked for with, sorted */
    size_t name_count, name_capacity;
    struct bytes host;               /* whose first document that is */
    const struct document *document; /* NULL: the host has none */
};

static int by_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool note_names(struct setter *s, struct bytes field)
{
    struct cookie c;

    while (cookie_next(&field, &c)) {
        struct bytes *names =
                array_grow(s->names, s->name_count, &s->name_capacity, sizeof(*names));

        if (names == NULL)
            return false;
        s->names = names;
        s->names[s->name_count++] = c.name;
    }
    return true;
}

/* Turns to the first document of a host and the cookies it was asked for with. */
static bool turn_to(struct setter *s, struct bytes host)
{
    size_t low = 0, high = s->document_count;
    const struct message *m;

    if (s->host.n != 0 && bytes_equal(s->host, host))
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(s->documents[middle].host, host) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    s->host = host;
    s->name_count = 0;
    s->document = NULL;
    if (low == s->document_count || !bytes_equal(s->documents[low].host, host))
        return true;
    s->document = &s->documents[low];
    m = &s->e->exchanges[s->document->exchange]->request;
    for (const struct header *h = message_find(m, "cookie"); h != NULL;
            h = message_find_next(m, "cookie", h)) {
        if (!note_names(s, h->value))
            return false;
    }
    if (s->name_count != 0)
        qsort(s->names, s->name_count, sizeof(*s->names), by_bytes);
    return true;
}

/* True when a response of that site, asked for in [from, before), was not wholly seen. */
static bool missed(const struct setter *s, struct bytes site, size_t from, size_t before)
{
    size_t low = 0, high = s->unseen_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(s->unseen[middle].site, site);

        if (order < 0 || (order == 0 && s->unseen[middle].exchange < from))
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->unseen_count && bytes_equal(s->unseen[low].site, site) &&
           s->unseen[low].exchange < before;
}

/* The first document of that host was asked for before, without the cookie, and no response
 * since can have set it unseen. */
static bool by_script(const struct setter *s, const struct trace *cookie)
{
    size_t sent = cookie->places[0].exchange;

    return s->document != NULL && s->document->exchange < sent &&
           (s->name_count == 0 || bsearch(&cookie->name, s->names, s->name_count,
                                          sizeof(*s->names), by_bytes) == NULL) &&
           !missed(s, cookie->recipient_site, s->document->exchange, sent);
}

static void gather_exchanges(struct setter *s, const struct attributions *a)
{
    for (size_t i = 0; i < s->e->exchange_count; i++) {
        const struct request_view *v = &a->views[i];
        const struct exchange *x = s->e->exchanges[i];

        if (v->navigates || v->maybe_navigates || v->frame)
            s->documents[s->document_count++] = (struct document){x->host, i};
        /* No message of a WebSocket can set a cookie. */
        if (x->message == 0 && (!x->response.seen || !x->response.head_whole))
            s->unseen[s->unseen_count++] = (struct unseen){v->site, i};
    }
    if (s->document_count != 0)
        qsort(s->documents, s->document_count, sizeof(*s->documents), by_host);
    if (s->unseen_count != 0)
        qsort(s->unseen, s->unseen_count, sizeof(*s->unseen), by_site);
}

/* By the host they went to. */
static int by_recipient(const void *a, const void *b)
{
    const struct trace *left = *(struct trace *const *)a, *right = *(struct trace *const *)b;
    int order = bytes_compare(left->recipient, right->recipient);

    return order == 0 ? ORDER(left->number, right->number) : order;
}

static enum status find_all(struct setter *s, const struct trace **set, size_t set_count,
        struct trace **cookies, size_t n)
{
    if (set_count != 0)
        qsort(set, set_count, sizeof(const struct trace *), by_cookie);
    if (n != 0)
        qsort(cookies, n, sizeof(struct trace *), by_recipient);
    for (size_t i = 0; i < n; i++) {
        if (by_response(set, set_count, cookies[i]))
            continue;
        if (!turn_to(s, cookies[i]->recipient))
            return STATUS_NOMEM;
        cookies[i]->set_how = by_script(s, cookies[i]) ? "script" : "unknown";
    }
    return STATUS_OK;
}

enum status setter_find(
        const struct evidence *e, const struct attributions *a, struct trace **traces, size_t n)
{
    struct setter s = {
            .e = e,
            .documents = calloc(e->exchange_count + 1, sizeof(*s.documents)),
            .unseen = calloc(e->exchange_count + 1, sizeof(*s.unseen)),
    };
    const struct trace **set = calloc(n + 1, sizeof(const struct trace *));
    struct trace **cookies = calloc(n + 1, sizeof(struct trace *));
    size_t set_count = 0, cookie_count = 0;
    enum status status = STATUS_NOMEM;

    if (s.documents != NULL && s.unseen != NULL && set != NULL && cookies != NULL) {
        gather_exchanges(&s, a);
        for (size_t i = 0; i < n; i++) {
            if (traces[i]->carrier == CARRIER_SET_COOKIE)
                set[set_count++] = traces[i];
            else if (traces[i]->carrier == CARRIER_COOKIE)
                cookies[cookie_count++] = traces[i];
        }
        status = find_all(&s, set, set_count, cookies, cookie_count);
    }
    free(s.documents);
    free(s.unseen);
    free(s.names);
    free(set);
    free(cookies);
    return status;
}
