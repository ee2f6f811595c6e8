/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/kept.h"

#include <stdlib.h>

#include "classify/token.h"
#include "classify/value.h"

enum { BITS_LEAST = 28 }; /* of a value that may be an identifier */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static bool is_sent(const struct trace *t)
{
    return t->carrier != CARRIER_SET_COOKIE;
}

static int by_value(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->name, right->name);
    if (order == 0)
        order = bytes_compare(left->decoded, right->decoded);
    return order == 0 ? ORDER(left->number, right->number) : order;
}

static bool same_value(const struct trace *a, const struct trace *b)
{
    return bytes_equal(a->recipient_site, b->recipient_site) && bytes_equal(a->name, b->name) &&
           bytes_equal(a->decoded, b->decoded);
}

/* Were these sent during more than one visit? */
static bool on_two_visits(const struct attributions *a, struct trace *const *traces, size_t n)
{
    const struct visit *first = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct trace *t = traces[i];

        for (size_t k = 0; is_sent(t) && k < t->place_count; k++) {
            const struct visit *visit = a->of[t->places[k].exchange].visit;

            if (visit == NULL)
                continue;
            if (first != NULL && visit != first)
                return true;
            first = visit;
        }
    }
    return false;
}

static void find_again(const struct attributions *a, struct trace **sorted, size_t n)
{
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && same_value(sorted[begin], sorted[end]))
            end++;
        if (!on_two_visits(a, sorted + begin, end - begin))
            continue;
        for (size_t i = begin; i < end; i++)
            sorted[i]->signs |= KEPT_AGAIN;
    }
}

/* A cookie that an exchange sent or set. */
struct held {
    struct trace *trace;
    size_t exchange;
};

static bool in_cookies(const struct trace *t)
{
    return t->carrier == CARRIER_COOKIE || t->carrier == CARRIER_SET_COOKIE;
}

static int by_jar(const void *a, const void *b)
{
    const struct held *left = a, *right = b;
    int order = bytes_compare(left->trace->recipient_site, right->trace->recipient_site);

    if (order == 0)
        order = bytes_compare(left->trace->name, right->trace->name);
    if (order == 0)
        order = ORDER(left->exchange, right->exchange);
    if (order == 0)
        order = ORDER(left->trace->carrier, right->trace->carrier);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool same_jar(const struct held *a, const struct held *b)
{
    return bytes_equal(a->trace->recipient_site, b->trace->recipient_site) &&
           bytes_equal(a->trace->name, b->trace->name);
}

/* An exchange that sent one value and was given another one. */
static bool replaces(const struct held *sent, const struct held *set)
{
    return sent->exchange == set->exchange && sent->trace->carrier == CARRIER_COOKIE &&
           set->trace->carrier == CARRIER_SET_COOKIE &&
           !bytes_equal(sent->trace->value, set->trace->value);
}

/* The events of all cookies of one name at one site, by exchange. */
static bool is_replaced(const struct held *events, size_t n)
{
    size_t sent = 0, replaced = 0;

    for (size_t i = 0; i < n; i++) {
        sent += events[i].trace->carrier == CARRIER_COOKIE;
        replaced += i + 1 < n && replaces(&events[i], &events[i + 1]);
    }
    return replaced >= KEPT_REPLACED_LEAST && replaced * 2 > sent;
}

static bool find_replaced(struct trace **traces, size_t n)
{
    size_t count = 0, total = 0;
    struct held *events;

    for (size_t i = 0; i < n; i++)
        total += in_cookies(traces[i]) ? traces[i]->place_count : 0;
    events = calloc(total + 1, sizeof(*events));
    if (events == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; in_cookies(traces[i]) && k < traces[i]->place_count; k++)
            events[count++] = (struct held){traces[i], traces[i]->places[k].exchange};
    }
    if (count != 0)
        qsort(events, count, sizeof(*events), by_jar);
    for (size_t begin = 0, end; begin < count; begin = end) {
        bool replaced;

        end = begin + 1;
        while (end < count && same_jar(&events[begin], &events[end]))
            end++;
        replaced = is_replaced(events + begin, end - begin);
        for (size_t i = begin; replaced && i < end; i++)
            events[i].trace->signs |= KEPT_REPLACED;
    }
    free(events);
    return true;
}

/* A value that is looked for in scripts, by the longest run of letters and digits in it. */
struct wanted {
    struct bytes token;
    uint64_t hash;
    struct trace *trace;
    bool seen;
};

static int by_hash(const void *a, const void *b)
{
    const struct wanted *left = a, *right = b;
    int order = ORDER(left->hash, right->hash);

    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static struct bytes longest_run(struct bytes text)
{
    struct bytes best = {0};
    size_t begin = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && ascii_is_alnum(text.p[i]))
            continue;
        if (i - begin > best.n)
            best = bytes_slice(text, begin, i);
        begin = i + 1;
    }
    return best;
}

enum { FILTER_BITS = 1 << 20 };

struct search {
    struct wanted *at; /* by hash */
    size_t n;
    uint64_t filter[FILTER_BITS / 64];
};

static void look_up(struct search *s, struct bytes run, int64_t when_ns, unsigned sign)
{
    uint64_t hash = token_hash(run);
    size_t low = 0, high = s->n;

    if ((s->filter[hash % FILTER_BITS / 64] >> (hash % 64) & 1) == 0)
        return;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->at[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->n && s->at[low].hash == hash; low++) {
        if (bytes_equal(s->at[low].token, run) && when_ns <= s->at[low].trace->first_ns)
            s->at[low].trace->signs |= sign;
    }
}

static void look_through(struct search *s, struct bytes body, int64_t when_ns, unsigned sign)
{
    size_t begin = 0;

    for (size_t i = 0; i <= body.n; i++) {
        if (i < body.n && ascii_is_alnum(body.p[i]))
            continue;
        if (i - begin >= KEPT_TOKEN_LEAST)
            look_up(s, bytes_slice(body, begin, i), when_ns, sign);
        begin = i + 1;
    }
}

/* What everybody may be given alike: scripts and style sheets, and pages. */
static unsigned sign_of(const struct body *body)
{
    if (bytes_starts_nocase(body->type, BYTES_LITERAL("text/javascript")) ||
            bytes_starts_nocase(body->type, BYTES_LITERAL("application/javascript")) ||
            bytes_starts_nocase(body->type, BYTES_LITERAL("application/x-javascript")) ||
            bytes_starts_nocase(body->type, BYTES_LITERAL("text/css")))
        return KEPT_IN_SCRIPT;
    return bytes_starts_nocase(body->type, BYTES_LITERAL("text/html")) ? KEPT_IN_PAGE : 0;
}

static bool is_looked_for(const struct trace *t)
{
    return is_sent(t) && leaf_bits(t->decoded) >= BITS_LEAST && t->decoded.n <= 4096;
}

static bool find_written(
        const struct evidence *e, struct trace **traces, size_t n, bool *capped)
{
    struct search *s = calloc(1, sizeof(*s));
    uint64_t budget = KEPT_BYTES_MOST;

    if (s != NULL)
        s->at = calloc(n + 1, sizeof(*s->at));
    if (s == NULL || s->at == NULL) {
        free(s);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct bytes token =
                is_looked_for(traces[i]) ? longest_run(traces[i]->decoded) : (struct bytes){0};
        uint64_t hash = token_hash(token);

        if (token.n < KEPT_TOKEN_LEAST)
            continue;
        s->at[s->n++] = (struct wanted){.token = token, .hash = hash, .trace = traces[i]};
        s->filter[hash % FILTER_BITS / 64] |= UINT64_C(1) << (hash % 64);
    }
    if (s->n != 0)
        qsort(s->at, s->n, sizeof(*s->at), by_hash);
    for (size_t i = 0; i < e->exchange_count && s->n != 0; i++) {
        const struct exchange *x = e->exchanges[i];
        unsigned sign = sign_of(&x->response.body);
        struct bytes body;

        if (sign == 0 || !x->response.body.present)
            continue;
        body = evidence_body(e, &x->response.body);
        *capped |= body.n > budget;
        body = bytes_slice(body, 0, body.n > budget ? (size_t)budget : body.n);
        budget -= body.n;
        look_through(s, body, x->response.last_ns, sign);
    }
    free(s->at);
    free(s);
    return true;
}

enum status kept_find(const struct evidence *e, const struct attributions *a,
        struct trace **traces, size_t n, bool *capped)
{
    struct trace **sorted = calloc(n + 1, sizeof(struct trace *));
    bool ok;

    if (sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = traces[i];
    if (n != 0)
        qsort(sorted, n, sizeof(struct trace *), by_value);
    find_again(a, sorted, n);
    free(sorted);
    ok = find_replaced(traces, n) && find_written(e, traces, n, capped);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
