/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_declared.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_MOST = 256 }; /* places before a hit that are asked whether they reach over it */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

const struct subject_value *declared_value(const struct declared_ground *g, const struct hit *h)
{
    return &g->setup->subject->at[h->value];
}

struct bytes declared_site(const struct declared_ground *g, const struct hit *h)
{
    return g->j->attributions.of[h->place.exchange].site;
}

enum party declared_party(const struct declared_ground *g, const struct hit *h)
{
    return g->j->attributions.of[h->place.exchange].party;
}

int64_t declared_time(const struct declared_ground *g, const struct hit *h)
{
    const struct exchange *x = g->e->exchanges[h->place.exchange];

    return h->response ? x->response.first_ns : x->request.first_ns;
}

bool declared_partial(const struct hit *h)
{
    return h->variant != NULL && h->variant->partial;
}

enum grade declared_grade(const struct hit *h)
{
    if (declared_partial(h))
        return GRADE_INFERRED;
    if (h->digest_count != 0)
        return GRADE_DERIVED;
    for (size_t i = 0; i < h->layer_count; i++) {
        if (h->layers[i] != LAYER_FIELD)
            return GRADE_DERIVED;
    }
    return GRADE_OBSERVED;
}

static int by_part(const struct place *a, const struct place *b)
{
    int order = ORDER(a->exchange, b->exchange);

    return order == 0 ? strcmp(a->part, b->part) : order;
}

/* ---- hits inside hits ---- */

/* By part and value; what may hold others first. */
static int by_holder(const void *a, const void *b)
{
    const struct hit *left = *(const struct hit *const *)a;
    const struct hit *right = *(const struct hit *const *)b;
    int order = by_part(&left->place, &right->place);

    if (order == 0)
        order = ORDER(left->value, right->value);
    if (order == 0)
        order = ORDER(left->place.off, right->place.off);
    if (order == 0)
        order = ORDER(right->place.len, left->place.len);
    if (order == 0)
        order = ORDER(declared_partial(left), declared_partial(right));
    if (order == 0)
        order = ORDER(left->layer_count, right->layer_count);
    return order == 0 ? ORDER(left, right) : order;
}

/* What was held so far in one part, of one value. */
struct held {
    uint64_t whole[SEARCH_CHAIN_MOST + 1]; /* ends of whole values, by layers undone */
    uint64_t any;
    const struct hit *last; /* whole, and kept */
};

/*
 * "138…" within "+86138…", the local part within the address: what one occurrence says twice is
 * told once. A value under as many codings or fewer hides it; at the very same place, where a
 * coding has many values in one, only under the same key.
 */
static bool is_held(const struct held *held, const struct hit *h)
{
    uint64_t end = h->place.off + h->place.len, least = 0;
    bool partial = declared_partial(h);

    for (size_t i = 0; i <= (partial ? SEARCH_CHAIN_MOST : h->layer_count); i++)
        least = held->whole[i] > least ? held->whole[i] : least;
    if (partial)
        return end <= least || end <= held->any;
    if (held->last != NULL && held->last->place.off == h->place.off &&
            held->last->place.len == h->place.len)
        return bytes_equal(held->last->key, h->key) &&
               held->last->digest_count == h->digest_count;
    return end <= least;
}

static void drop_held(struct declared_ground *g)
{
    struct held held = {0};
    size_t kept = 0;

    if (g->n != 0)
        qsort(g->hits, g->n, sizeof(const struct hit *), by_holder);
    for (size_t i = 0; i < g->n; i++) {
        const struct hit *h = g->hits[i];
        uint64_t end = h->place.off + h->place.len;

        if (i != 0 && (by_part(&g->hits[i - 1]->place, &h->place) != 0 ||
                              g->hits[i - 1]->value != h->value))
            held = (struct held){0};
        if (is_held(&held, h))
            continue;
        held.any = end > held.any ? end : held.any;
        if (!declared_partial(h)) {
            uint64_t *whole = &held.whole[h->layer_count];

            *whole = end > *whole ? end : *whole;
            held.last = h;
        }
        /* Never past i: the one before i is still itself. */
        g->hits[kept++] = h;
    }
    g->n = kept;
}

/* ---- the orders ---- */

static int by_run(const void *a, const void *b, void *of)
{
    const struct declared_ground *g = of;
    const struct hit *left = *(const struct hit *const *)a;
    const struct hit *right = *(const struct hit *const *)b;
    int order = ORDER(left->value, right->value);

    if (order == 0)
        order = bytes_compare(declared_site(g, left), declared_site(g, right));
    if (order == 0)
        order = ORDER(left->response, right->response);
    return order == 0 ? ORDER(left, right) : order;
}

static int by_joint(const void *a, const void *b)
{
    const struct joint *left = a, *right = b;
    int order = by_part(left->place, right->place);

    if (order == 0)
        order = ORDER(left->place->off, right->place->off);
    if (order == 0)
        order = ORDER(right->place->len, left->place->len);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool make_joints(struct declared_ground *g)
{
    size_t all = 0;

    for (size_t i = 0; i < g->j->trace_count; i++)
        all += g->j->traces[i]->place_count;
    g->joints = calloc(all + 1, sizeof(*g->joints));
    if (g->joints == NULL)
        return false;
    for (size_t i = 0; i < g->j->trace_count; i++) {
        struct trace *t = g->j->traces[i];

        for (size_t k = 0; k < t->place_count; k++)
            g->joints[g->joint_count++] = (struct joint){.place = &t->places[k], .trace = t};
    }
    if (all != 0)
        qsort(g->joints, all, sizeof(*g->joints), by_joint);
    for (size_t i = 0; i < all; i++) {
        struct joint *it = &g->joints[i];

        it->reach = it->place->off + it->place->len;
        if (i != 0 && by_part(g->joints[i - 1].place, it->place) == 0 &&
                g->joints[i - 1].reach > it->reach)
            it->reach = g->joints[i - 1].reach;
    }
    return true;
}

static int by_unseen(const void *a, const void *b)
{
    const struct unseen *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    return order == 0 ? ORDER(left->time_ns, right->time_ns) : order;
}

static bool was_read(const struct message *m)
{
    return m->seen && m->whole && m->body.undecoded == NULL &&
           (!m->body.present || m->body.kept >= m->body.bytes);
}

/* Requests with holes; and connections of which not all was decrypted, by the name they asked. */
static bool make_unseen(struct declared_ground *g)
{
    const struct evidence *e = g->e;

    g->unseen = calloc(e->exchange_count + e->connection_count + 1, sizeof(*g->unseen));
    if (g->unseen == NULL)
        return false;
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct exchange *x = e->exchanges[i];

        /* A message that a server sends has no request of its own. */
        if (was_read(&x->request) || (x->message != 0 && !x->request.seen))
            continue;
        g->unseen[g->unseen_count++] = (struct unseen){g->j->attributions.of[i].site,
                x->request.seen ? x->request.first_ns : x->response.first_ns};
    }
    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        if ((c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL) &&
                c->tls.server_name != NULL)
            g->unseen[g->unseen_count++] = (struct unseen){
                    site_of(g->setup->sites, bytes_text(c->tls.server_name)), c->first_ns};
    }
    if (g->unseen_count != 0)
        qsort(g->unseen, g->unseen_count, sizeof(*g->unseen), by_unseen);
    return true;
}

static int by_identifier(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    return order == 0 ? ORDER(left->number, right->number) : order;
}

static bool make_identifiers(struct declared_ground *g)
{
    g->identifiers = calloc(g->j->trace_count + 1, sizeof(const struct trace *));
    if (g->identifiers == NULL)
        return false;
    for (size_t i = 0; i < g->j->trace_count; i++) {
        const struct trace *t = g->j->traces[i];

        if (finding_identifies(t) && t->carrier != CARRIER_SET_COOKIE &&
                t->carrier != CARRIER_REFERER && !t->masked)
            g->identifiers[g->identifier_count++] = t;
    }
    if (g->identifier_count != 0)
        qsort(g->identifiers, g->identifier_count, sizeof(const struct trace *), by_identifier);
    return true;
}

size_t declared_first_identifier(const struct declared_ground *g, struct bytes site)
{
    size_t low = 0, high = g->identifier_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(g->identifiers[middle]->recipient_site, site) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t declared_first(const struct declared_ground *g, size_t value)
{
    size_t low = 0, high = g->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (g->hits[middle]->value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_first_party(struct declared_ground *g)
{
    size_t values = g->setup->subject->n;

    g->first_party = calloc(values + 1, sizeof(*g->first_party));
    if (g->first_party == NULL)
        return false;
    for (size_t i = 0; i < values; i++)
        g->first_party[i] = INT64_MAX;
    for (size_t i = 0; i < g->n; i++) {
        const struct hit *h = g->hits[i];
        int64_t time = declared_time(g, h), *first = &g->first_party[h->value];

        if (!h->response && declared_party(g, h) == PARTY_FIRST && time < *first)
            *first = time;
    }
    return true;
}

enum status declared_ground_make(struct declared_ground *g)
{
    const struct hits *all = &g->j->hits;

    g->hits = calloc(all->n + 1, sizeof(const struct hit *));
    if (g->hits == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i].value < g->setup->subject->n && all->at[i].place.len != 0 &&
                all->at[i].place.exchange < g->e->exchange_count)
            g->hits[g->n++] = &all->at[i];
    }
    drop_held(g);
    if (g->n != 0)
        qsort_r(g->hits, g->n, sizeof(const struct hit *), by_run, g);
    return make_joints(g) && make_unseen(g) && make_identifiers(g) && make_first_party(g)
                   ? STATUS_OK
                   : STATUS_NOMEM;
}

void declared_ground_clear(struct declared_ground *g)
{
    free(g->hits);
    free(g->joints);
    free(g->unseen);
    free(g->identifiers);
    free(g->first_party);
    *g = (struct declared_ground){0};
}

size_t declared_run_at(const struct declared_ground *g, size_t at, struct declared_run *out)
{
    const struct hit *first = g->hits[at];
    struct bytes site = declared_site(g, first);
    size_t middle = at, end;

    while (middle < g->n && g->hits[middle]->value == first->value &&
            !g->hits[middle]->response && bytes_equal(declared_site(g, g->hits[middle]), site))
        middle++;
    for (end = middle; end < g->n && g->hits[end]->value == first->value &&
                       bytes_equal(declared_site(g, g->hits[end]), site);)
        end++;
    *out = (struct declared_run){g->hits + at, middle - at, g->hits + middle, end - middle};
    return end;
}

size_t declared_traces(
        const struct declared_ground *g, const struct hit *h, struct trace **out, size_t most)
{
    uint64_t end = h->place.off + h->place.len;
    size_t low = 0, high = g->joint_count, n = 0;

    /* The first that begins behind the hit's begin. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = by_part(g->joints[middle].place, &h->place);

        if (order < 0 || (order == 0 && g->joints[middle].place->off <= h->place.off))
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t walked = 0; low != 0 && walked < WALK_MOST && n < most; walked++) {
        const struct joint *it = &g->joints[--low];

        if (by_part(it->place, &h->place) != 0 || it->reach < end)
            break;
        if (it->place->off + it->place->len >= end)
            out[n++] = it->trace;
    }
    return n;
}

size_t declared_unseen(const struct declared_ground *g, struct bytes site, int64_t before_ns)
{
    const struct unseen ends[] = {{site, INT64_MIN}, {site, before_ns}};
    size_t found[2];

    for (size_t i = 0; i < 2; i++) {
        size_t low = 0, high = g->unseen_count;

        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (by_unseen(&g->unseen[middle], &ends[i]) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        found[i] = low;
    }
    return found[1] - found[0];
}

bool declared_rest_on(const struct declared_ground *g, struct finding *f, const struct hit *h)
{
    struct trace *traces[8];
    size_t n = declared_traces(g, h, traces, sizeof(traces) / sizeof(*traces));

    for (size_t i = 0; i < n && f->trace_count < DECLARED_TRACES_MOST; i++) {
        bool known = false;

        for (size_t k = 0; k < f->trace_count; k++)
            known |= f->traces[k] == traces[i];
        if (!known && !finding_add_trace(g->j->arena, f, traces[i]))
            return false;
    }
    return true;
}

bool declared_cite(
        const struct declared_ground *g, struct finding *f, const struct place *place)
{
    if (f->evidence == NULL)
        f->evidence = arena_array(g->j->arena, FINDING_EVIDENCE_MOST, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    for (size_t i = 0; i < f->evidence_count; i++) {
        if (by_part(&f->evidence[i], place) == 0 && f->evidence[i].off == place->off &&
                f->evidence[i].len == place->len)
            return true;
    }
    if (f->evidence_count < FINDING_EVIDENCE_MOST)
        f->evidence[f->evidence_count++] = *place;
    return true;
}

void declared_take_verdicts(
        const struct declared_ground *g, struct finding *f, const struct hit *h)
{
    const struct together *t =
            g->j->together == NULL ? NULL : &g->j->together[h->place.exchange];

    if (f->trace_count != 0) {
        finding_take_verdicts(f);
        return;
    }
    /* In no trace: by itself it stays undetermined; with what travelled beside it, it is what
     * the exchange is. */
    for (int r = READING_COMBINED; t != NULL && !h->response && r < READINGS; r++) {
        f->verdicts[r] = t->verdicts[r];
        f->ground_count[r] = t->ground_count[r];
        memcpy(f->grounds[r], t->grounds[r], sizeof(f->grounds[r]));
    }
}

enum status declared_new(
        struct declared_ground *g, const char *kind, const struct hit *h, struct finding **out)
{
    size_t at = h->place.exchange;
    struct finding *f;

    *out = NULL;
    if (g->found == DECLARED_FINDINGS_MOST) {
        g->j->hits.capped = true;
        return STATUS_OK;
    }
    f = finding_new(g->j->arena, kind, g->out);
    if (f == NULL)
        return STATUS_NOMEM;
    g->found++;
    f->recipient = g->e->exchanges[at]->host;
    f->recipient_site = declared_site(g, h);
    f->owner = g->j->owners == NULL ? NULL : g->j->owners[at];
    if (g->j->attributions.of[at].visit != NULL)
        f->page_site = g->j->attributions.of[at].visit->site;
    *out = f;
    return STATUS_OK;
}
