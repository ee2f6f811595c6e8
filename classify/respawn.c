/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/respawn.h"

#include <stdlib.h>
#include <string.h>

#include "classify/cookie.h"
#include "classify/finding_respawn.h"
#include "classify/request_view.h"
#include "classify/score.h"
#include "classify/validator.h"
#include "classify/value.h"

enum { VALUE_LEAST = 8 };

#define DAY_S 86400
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A trace by what it holds: of a validator, what is between its quotes. */
struct held {
    struct bytes value;
    const struct trace *trace;
};

/* A request with a validator, or a response that the browser may have kept. */
struct store {
    struct bytes site;
    size_t exchange;
    size_t header; /* of the request: if-none-match or if-modified-since */
};

struct respawn {
    const struct evidence *e;
    struct judgement *j;
    struct held *held; /* owned: by value, site, number */
    size_t held_count;
    struct store *asked; /* owned: conditional requests, by site, then time */
    size_t asked_count;
    size_t *cached; /* owned: responses to be kept long, by time */
    size_t cached_count;
    const struct mark *marks[RESPAWN_MARKS_MOST];
    size_t mark_count;
    uint64_t budget;
};

/* One time that a value was seen. */
struct sight {
    const struct trace *trace;
    struct place place; /* part NULL: it is known that it was, not where */
    int64_t time_ns;
};

static int by_value(const void *a, const void *b)
{
    const struct held *left = a, *right = b;
    int order = bytes_compare(left->value, right->value);

    if (order == 0)
        order = bytes_compare(left->trace->recipient_site, right->trace->recipient_site);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static int by_site(const void *a, const void *b)
{
    const struct store *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    if (order == 0)
        order = ORDER(left->exchange, right->exchange);
    return order == 0 ? ORDER(left->header, right->header) : order;
}

static bool holds(const struct trace *t)
{
    switch (t->carrier) {
    case CARRIER_COOKIE:
    case CARRIER_SET_COOKIE:
    case CARRIER_QUERY:
    case CARRIER_PATH:
    case CARRIER_BODY:
    case CARRIER_HEADER:
    case CARRIER_ETAG:
    case CARRIER_WEBSOCKET:
        return !t->masked && t->recipient_site.n != 0 && t->place_count != 0;
    case CARRIER_REFERER:
    case CARRIER_FRAGMENT:
    case CARRIER_TLS:
        break;
    }
    return false;
}

static int64_t time_of(const struct respawn *r, const struct place *p)
{
    const struct exchange *x = r->e->exchanges[p->exchange];

    return strncmp(p->part, "response", 8) == 0 ? x->response.first_ns : x->request.first_ns;
}

/* A response that browsers may use again long after: RFC 9111 section 5.2.2, RFC 8246; permanent
 * redirects by themselves (RFC 9110 section 15.4.2). */
static bool is_kept_long(const struct exchange *x)
{
    const struct header *h = message_find(&x->response, "cache-control");
    struct bytes rest = h == NULL ? bytes_of(NULL, 0) : h->value, part, name;
    bool kept = x->status == 301 || x->status == 308;
    uint64_t age;

    while (rest.n != 0) {
        if (!bytes_take_until(&rest, ',', &part)) {
            part = rest;
            rest.n = 0;
        }
        part = bytes_trim(part);
        if (bytes_is_nocase(part, "no-store"))
            return false;
        kept |= bytes_is_nocase(part, "immutable");
        if (bytes_take_until(&part, '=', &name) && bytes_is_nocase(name, "max-age") &&
                bytes_decimal(part, &age))
            kept |= age >= (uint64_t)RESPAWN_CACHE_DAYS * DAY_S;
    }
    return kept;
}

static void find_stores(struct respawn *r)
{
    for (size_t i = 0; i < r->e->exchange_count; i++) {
        const struct exchange *x = r->e->exchanges[i];

        for (size_t k = 0; x->message == 0 && k < x->request.header_count; k++) {
            struct bytes name = x->request.headers[k].name;

            if (r->asked_count < 2 * r->e->exchange_count &&
                    (bytes_is_nocase(name, "if-none-match") ||
                            bytes_is_nocase(name, "if-modified-since")))
                r->asked[r->asked_count++] =
                        (struct store){r->j->attributions.of[i].site, i, k};
        }
        if (x->message == 0 && x->response.seen && is_kept_long(x))
            r->cached[r->cached_count++] = i;
    }
    if (r->asked_count != 0)
        qsort(r->asked, r->asked_count, sizeof(*r->asked), by_site);
}

static bool prepare(struct respawn *r)
{
    r->held = calloc(r->j->trace_count + 1, sizeof(*r->held));
    r->asked = calloc(2 * r->e->exchange_count + 1, sizeof(*r->asked));
    r->cached = calloc(r->e->exchange_count + 1, sizeof(*r->cached));
    if (r->held == NULL || r->asked == NULL || r->cached == NULL)
        return false;
    for (size_t i = 0; i < r->j->trace_count; i++) {
        const struct trace *t = r->j->traces[i];

        if (holds(t))
            r->held[r->held_count++] = (struct held){
                    t->carrier == CARRIER_ETAG ? validator_opaque(t->decoded) : t->decoded, t};
    }
    if (r->held_count != 0)
        qsort(r->held, r->held_count, sizeof(*r->held), by_value);
    find_stores(r);
    return true;
}

/* The trace that had it before; a validator was there when it was issued. */
static const struct trace *seen_before(
        const struct respawn *r, const struct held *held, size_t n, int64_t mark_ns)
{
    for (size_t i = 0; i < n; i++) {
        const struct trace *t = held[i].trace;

        if (t->first_ns < mark_ns ||
                (t->carrier == CARRIER_ETAG && t->set_by != ATTRIBUTION_NONE &&
                        r->e->exchanges[t->set_by]->response.first_ns < mark_ns))
            return t;
    }
    return NULL;
}

/* The first time behind the mark; false when there was none. */
static bool seen_behind(const struct respawn *r, const struct held *held, size_t n,
        int64_t mark_ns, struct sight *out)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const struct trace *t = held[i].trace;

        for (size_t k = 0; k < t->place_count; k++) {
            int64_t when = time_of(r, &t->places[k]);

            if (when < mark_ns || (any && when >= out->time_ns))
                continue;
            *out = (struct sight){t, t->places[k], when};
            any = true;
        }
        /* More occurrences than places are kept of. */
        if (!any && t->last_ns >= mark_ns) {
            *out = (struct sight){.trace = t, .time_ns = t->last_ns};
            any = true;
        }
    }
    return any;
}

static bool is_identifying(const struct held *held, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (finding_identifies(held[i].trace))
            return true;
    }
    return false;
}

/* The first that holds a value; held_count when none does. */
static size_t first_held(const struct respawn *r, struct bytes value)
{
    size_t low = 0, high = r->held_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(r->held[middle].value, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What a conditional request brings says who asks: it is the value, or identifies by itself. */
static bool tells(const struct respawn *r, const struct store *s, struct bytes value)
{
    const struct header *h = &r->e->exchanges[s->exchange]->request.headers[s->header];
    struct bytes opaque = validator_opaque(h->value);
    int64_t seconds;
    size_t at;

    if (bytes_find(h->value, value, 0, &at))
        return true;
    if (bytes_is_nocase(h->name, "if-modified-since"))
        return !cookie_date(h->value, &seconds) && leaf_bits(h->value) >= SCORE_BITS;
    for (size_t i = first_held(r, opaque);
            i < r->held_count && bytes_equal(r->held[i].value, opaque); i++) {
        const struct trace *t = r->held[i].trace;

        if (t->carrier == CARRIER_ETAG && finding_identifies(t) &&
                bytes_equal(t->recipient_site, s->site))
            return true;
    }
    return false;
}

static bool witness(struct respawn *r, struct respawned *found, struct place place,
        const char *part, size_t header)
{
    if (found->witness.part != NULL)
        return true;
    place.part = header == SIZE_MAX ? part : arena_print(r->j->arena, "%s.%zu", part, header);
    found->witness = place;
    return place.part != NULL;
}

/* Conditional requests to the site between the mark and the return. */
static bool look_at_validators(struct respawn *r, struct respawned *found)
{
    struct bytes site = found->after->recipient_site;
    size_t low = 0, high = r->asked_count, looked = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(r->asked[middle].site, site) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < r->asked_count && bytes_equal(r->asked[low].site, site); low++) {
        const struct store *s = &r->asked[low];
        const struct exchange *x = r->e->exchanges[s->exchange];
        const struct header *h = &x->request.headers[s->header];

        if (x->request.first_ns < found->cleared_ns)
            continue;
        if (x->request.first_ns > found->back_ns || looked++ == RESPAWN_REQUESTS_MOST)
            break;
        if (!tells(r, s, found->value))
            continue;
        found->via[bytes_is_nocase(h->name, "if-none-match") ? RESPAWN_ETAG
                                                             : RESPAWN_LAST_MODIFIED] = true;
        if (!witness(r, found, (struct place){.exchange = s->exchange, .len = h->value.n},
                    "request.headers", s->header))
            return false;
    }
    return true;
}

/* The server was asked for it again: what it then gave did not come out of the cache. */
static bool was_fetched(const struct respawn *r, size_t exchange, const struct respawned *found)
{
    const struct exchange *kept = r->e->exchanges[exchange];

    for (size_t i = exchange + 1; i < r->e->exchange_count; i++) {
        const struct exchange *x = r->e->exchanges[i];

        if (x->request.first_ns > found->back_ns)
            break;
        if (x->request.first_ns >= found->cleared_ns && x->status != 304 &&
                bytes_equal(x->url, kept->url))
            return true;
    }
    return false;
}

/* Where a kept answer has the value: its body, or the address it leads to. */
static bool look_at_answer(
        struct respawn *r, size_t exchange, struct respawned *found, bool in_address)
{
    const struct exchange *x = r->e->exchanges[exchange];
    const struct message *m = &x->response;
    struct bytes body;
    size_t at;

    for (size_t i = 0; in_address && x->status / 100 == 3 && i < m->header_count; i++) {
        if (!bytes_is_nocase(m->headers[i].name, "location") ||
                !bytes_find(m->headers[i].value, found->value, 0, &at) ||
                was_fetched(r, exchange, found))
            continue;
        found->via[RESPAWN_REDIRECT] = true;
        return witness(r, found, (struct place){exchange, NULL, at, found->value.n},
                "response.headers", i);
    }
    body = evidence_body(r->e, &m->body);
    if (body.n > r->budget)
        return true;
    r->budget -= body.n;
    if (!bytes_find(body, found->value, 0, &at) || was_fetched(r, exchange, found))
        return true;
    found->via[RESPAWN_CACHE] = true;
    return witness(r, found, (struct place){exchange, NULL, at, found->value.n},
            "response.body", SIZE_MAX);
}

static bool look_at_cache(struct respawn *r, const struct sight *first, struct respawned *found)
{
    bool in_address =
            (first->trace->carrier == CARRIER_QUERY || first->trace->carrier == CARRIER_PATH) &&
            first->place.part != NULL &&
            r->j->attributions.of[first->place.exchange].redirect_from == ATTRIBUTION_NONE;

    for (size_t i = 0; i < r->cached_count; i++) {
        if (r->e->exchanges[r->cached[i]]->response.first_ns >= found->cleared_ns)
            continue;
        if (!look_at_answer(r, r->cached[i], found, in_address))
            return false;
    }
    return true;
}

static bool was_stored(const struct trace *t)
{
    return t->carrier != CARRIER_COOKIE && t->carrier != CARRIER_SET_COOKIE &&
           t->carrier != CARRIER_ETAG;
}

/* `first`: the first time behind the mark, at whatever site. */
static bool find_ways(struct respawn *r, const struct sight *first, struct respawned *found)
{
    if (first->time_ns < found->back_ns &&
            !bytes_equal(first->trace->recipient_site, found->after->recipient_site)) {
        found->via[RESPAWN_OTHER_SITE] = true;
        found->came_by = first->trace->recipient_site;
        if (first->place.part != NULL)
            found->witness = first->place;
    }
    if (!look_at_validators(r, found))
        return false;
    if (first->trace->carrier == CARRIER_SET_COOKIE || first->trace->carrier == CARRIER_ETAG)
        return true;
    if (!look_at_cache(r, first, found))
        return false;
    found->via[RESPAWN_STORAGE] = was_stored(first->trace) && !found->via[RESPAWN_REDIRECT] &&
                                  !found->via[RESPAWN_OTHER_SITE];
    return true;
}

/* The traces of one value at one site, and at all sites. */
static bool judge_site(struct respawn *r, const struct held *site, size_t n,
        const struct held *all, size_t all_n, struct findings *out)
{
    for (size_t i = 0; i < r->mark_count; i++) {
        const struct mark *mark = r->marks[i];
        struct respawned found = {.value = site->value, .cleared_ns = mark->time_ns};
        struct sight back = {0}, first = {0};

        if (mark->site.n != 0 && !bytes_equal(mark->site, site->trace->recipient_site))
            continue;
        found.before = seen_before(r, site, n, mark->time_ns);
        if (found.before == NULL || !seen_behind(r, site, n, mark->time_ns, &back) ||
                !seen_behind(r, all, all_n, mark->time_ns, &first))
            continue;
        found.after = back.trace;
        found.back_ns = back.time_ns;
        found.place = back.place;
        found.set = back.trace->carrier == CARRIER_SET_COOKIE;
        return find_ways(r, &first, &found) && respawn_state(r->j->arena, &found, out);
    }
    return true;
}

static bool judge_value(
        struct respawn *r, const struct held *all, size_t n, struct findings *out)
{
    for (size_t begin = 0, end; begin < n; begin = end) {
        struct bytes site = all[begin].trace->recipient_site;

        for (end = begin + 1; end < n && bytes_equal(all[end].trace->recipient_site, site);
                end++)
            ;
        if (is_identifying(all + begin, end - begin) &&
                !judge_site(r, all + begin, end - begin, all, n, out))
            return false;
    }
    return true;
}

static bool judge_values(struct respawn *r, struct findings *out)
{
    for (size_t begin = 0, end; begin < r->held_count; begin = end) {
        for (end = begin + 1;
                end < r->held_count && bytes_equal(r->held[end].value, r->held[begin].value);
                end++)
            ;
        if (r->held[begin].value.n >= VALUE_LEAST &&
                !judge_value(r, r->held + begin, end - begin, out))
            return false;
    }
    return true;
}

enum status respawn_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct respawn r = {.e = e, .j = j, .budget = RESPAWN_BYTES_MOST};
    bool ok;

    for (size_t i = 0; setup->marks != NULL && i < setup->marks->n; i++) {
        if (setup->marks->at[i].kind == MARK_COOKIES_CLEARED &&
                r.mark_count < RESPAWN_MARKS_MOST)
            r.marks[r.mark_count++] = &setup->marks->at[i];
    }
    if (r.mark_count == 0)
        return STATUS_OK;
    ok = prepare(&r) && judge_values(&r, out);
    free(r.held);
    free(r.asked);
    free(r.cached);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
