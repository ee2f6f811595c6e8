/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/setter.h"

#include <stdlib.h>

#include "classify/cookie.h"
#include "classify/request_view.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Set-Cookie traces by name, value, time. */
static int by_cookie(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->name, right->name);

    if (order == 0)
        order = bytes_compare(left->value, right->value);
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
    for (size_t i = first_setter(set, n, cookie);
            i < n && bytes_equal(set[i]->name, cookie->name) &&
            bytes_equal(set[i]->value, cookie->value);
            i++) {
        if (!bytes_equal(set[i]->recipient_site, cookie->recipient_site) ||
                set[i]->first_ns > cookie->last_ns)
            continue;
        cookie->set_by = set[i]->set_by;
        cookie->set_how = "set-cookie";
        cookie->attributes = set[i]->attributes;
        cookie->lifetime_s = set[i]->lifetime_s;
        return true;
    }
    return false;
}

static bool carries(const struct exchange *x, struct bytes name)
{
    const struct header *h = message_find(&x->request, "cookie");
    struct cookie c;

    for (; h != NULL; h = message_find_next(&x->request, "cookie", h)) {
        struct bytes rest = h->value;

        while (cookie_next(&rest, &c)) {
            if (bytes_equal(c.name, name))
                return true;
        }
    }
    return false;
}

/* True when the first document of that host was asked for before, without the cookie. */
static bool by_script(const struct evidence *e, const struct document *documents, size_t n,
        const struct trace *cookie)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(documents[middle].host, cookie->recipient) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || !bytes_equal(documents[low].host, cookie->recipient) ||
            documents[low].exchange >= cookie->places[0].exchange)
        return false;
    return !carries(e->exchanges[documents[low].exchange], cookie->name);
}

static size_t gather_documents(
        const struct evidence *e, const struct attributions *a, struct document *out)
{
    size_t n = 0;

    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct request_view *v = &a->views[i];

        if (v->navigates || v->maybe_navigates || v->frame)
            out[n++] = (struct document){e->exchanges[i]->host, i};
    }
    if (n != 0)
        qsort(out, n, sizeof(*out), by_host);
    return n;
}

enum status setter_find(
        const struct evidence *e, const struct attributions *a, struct trace **traces, size_t n)
{
    const struct trace **set = calloc(n + 1, sizeof(const struct trace *));
    struct document *documents = calloc(e->exchange_count + 1, sizeof(*documents));
    size_t set_count = 0, document_count;

    if (set == NULL || documents == NULL) {
        free(set);
        free(documents);
        return STATUS_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (traces[i]->carrier == CARRIER_SET_COOKIE)
            set[set_count++] = traces[i];
    }
    if (set_count != 0)
        qsort(set, set_count, sizeof(const struct trace *), by_cookie);
    document_count = gather_documents(e, a, documents);
    for (size_t i = 0; i < n; i++) {
        struct trace *t = traces[i];

        if (t->carrier != CARRIER_COOKIE || by_response(set, set_count, t))
            continue;
        t->set_how = by_script(e, documents, document_count, t) ? "script" : "unknown";
    }
    free(set);
    free(documents);
    return STATUS_OK;
}
