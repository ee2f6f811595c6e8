/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/delivery.h"

#include <stdlib.h>

#include "classify/fields.h"
#include "classify/value.h"

#define SCRATCH_MOST ((size_t)128 << 20)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A value that is looked for, and the first response that brought it. */
struct wanted {
    struct bytes value;
    struct trace *trace;
    int64_t since_ns; /* when the value was first seen in any trace */
    int64_t exchange; /* -1: no response brought it before */
    int64_t brought_ns;
};

struct search {
    const struct evidence *e;
    struct wanted *wanted; /* by value, then time: the first of a value stands for all */
    size_t n;
    uint64_t budget;
    bool capped;
};

static int by_value(const void *a, const void *b)
{
    const struct wanted *left = a, *right = b;
    int order = bytes_compare(left->value, right->value);

    if (order == 0)
        order = ORDER(left->since_ns, right->since_ns);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool is_wanted(const struct trace *t)
{
    return t->decoded.n >= DELIVERY_VALUE_LEAST && t->decoded.n <= DELIVERY_VALUE_MOST &&
           leaf_kind(t->decoded, t->first_ns) == LEAF_OPAQUE;
}

static struct wanted *find(const struct search *s, struct bytes value)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(s->wanted[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n && bytes_equal(s->wanted[low].value, value) ? &s->wanted[low] : NULL;
}

static void take_fields(struct search *s, const struct fields *fields, size_t exchange)
{
    int64_t when_ns = s->e->exchanges[exchange]->response.first_ns;

    for (size_t i = 0; i < fields->n; i++) {
        struct bytes value = fields->at[i].decoded;
        struct wanted *w = NULL;

        if (value.n >= DELIVERY_VALUE_LEAST && value.n <= DELIVERY_VALUE_MOST)
            w = find(s, value);
        if (w == NULL || when_ns >= w->since_ns ||
                (w->exchange != ATTRIBUTION_NONE && when_ns >= w->brought_ns))
            continue;
        w->exchange = (int64_t)exchange;
        w->brought_ns = when_ns;
    }
}

static bool search_body(struct search *s, size_t exchange)
{
    const struct message *m = &s->e->exchanges[exchange]->response;
    const struct header *type = message_find(m, "content-type");
    struct bytes body;
    struct arena *scratch;
    struct fields fields;
    bool ok;

    if (!m->seen || !m->body.present || m->body.kept == 0)
        return true;
    body = evidence_body(s->e, &m->body);
    s->capped |= body.n > GATHER_BODY_MOST;
    body = bytes_slice(body, 0, GATHER_BODY_MOST);
    if (body.n > s->budget) {
        s->capped = true;
        return true;
    }
    s->budget -= body.n;
    scratch = arena_new(SCRATCH_MOST);
    ok = scratch != NULL && fields_read(scratch, type == NULL ? bytes_of(NULL, 0) : type->value,
                                    body, GATHER_FIELDS_MOST, &fields);
    if (ok) {
        s->capped |= fields.capped;
        take_fields(s, &fields, exchange);
    }
    arena_free(scratch);
    return ok;
}

/* What was sent, other than a cookie. */
static bool may_be_set(const struct trace *t)
{
    return t->set_by == ATTRIBUTION_NONE && t->carrier != CARRIER_COOKIE &&
           t->carrier != CARRIER_SET_COOKIE && t->carrier != CARRIER_ETAG;
}

static void tell(const struct search *s)
{
    const struct wanted *first = s->wanted;

    for (size_t i = 0; i < s->n; i++) {
        struct trace *t = s->wanted[i].trace;

        if (i != 0 && !bytes_equal(s->wanted[i].value, first->value))
            first = &s->wanted[i];
        if (first->exchange == ATTRIBUTION_NONE || !may_be_set(t))
            continue;
        t->set_by = first->exchange;
        t->set_how = "response";
    }
}

enum status delivery_find(
        const struct evidence *e, struct trace **traces, size_t n, bool *capped)
{
    struct search s = {
            .e = e, .wanted = calloc(n + 1, sizeof(*s.wanted)), .budget = DELIVERY_BYTES_MOST};
    bool ok = s.wanted != NULL;

    for (size_t i = 0; ok && i < n; i++) {
        if (is_wanted(traces[i]))
            s.wanted[s.n++] = (struct wanted){
                    traces[i]->decoded, traces[i], traces[i]->first_ns, ATTRIBUTION_NONE, 0};
    }
    if (s.n != 0)
        qsort(s.wanted, s.n, sizeof(*s.wanted), by_value);
    for (size_t i = 0; ok && s.n != 0 && i < e->exchange_count; i++)
        ok = search_body(&s, i);
    if (ok) {
        tell(&s);
        *capped |= s.capped;
    }
    free(s.wanted);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
