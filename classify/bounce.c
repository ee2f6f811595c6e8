/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/bounce.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classify/finding_bounce.h"
#include "classify/request_view.h"
#include "classify/value.h"

enum {
    HOPS_MOST = 32,   /* of one chain of redirects */
    VISITS_NEXT = 64, /* visits that are looked at behind one */
    VALUE_LEAST = 8,  /* bytes and bits of a value that may stand for one person */
    BITS_LEAST = 28,
};

#define DWELL_NS (INT64_C(10) * 1000000000)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A cookie that identifies, in one exchange. */
struct kept {
    size_t exchange;
    const struct trace *trace;
};

struct bounce {
    struct bounce_ground ground;
    struct kept *kept; /* owned: by exchange, then trace */
    size_t kept_count;
    struct bounced *bounced; /* owned */
    size_t bounced_count, bounced_capacity;
};

static int by_exchange(const void *a, const void *b)
{
    const struct kept *left = a, *right = b;
    int order = ORDER(left->exchange, right->exchange);

    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool is_kept(const struct trace *t)
{
    return (t->carrier == CARRIER_COOKIE || t->carrier == CARRIER_SET_COOKIE) && !t->masked &&
           finding_identifies(t);
}

static bool find_kept(struct bounce *b)
{
    const struct judgement *j = b->ground.j;
    size_t n = 0;

    for (size_t i = 0; i < j->trace_count; i++)
        n += is_kept(j->traces[i]) ? j->traces[i]->place_count : 0;
    b->kept = calloc(n + 1, sizeof(*b->kept));
    if (b->kept == NULL)
        return false;
    for (size_t i = 0; i < j->trace_count; i++) {
        for (size_t k = 0; is_kept(j->traces[i]) && k < j->traces[i]->place_count; k++)
            b->kept[b->kept_count++] =
                    (struct kept){j->traces[i]->places[k].exchange, j->traces[i]};
    }
    if (b->kept_count != 0)
        qsort(b->kept, b->kept_count, sizeof(*b->kept), by_exchange);
    return true;
}

/* Which site a navigation was begun on; "unknown" when its headers hide another site, empty when
 * there was none, as far as can be seen. */
static struct bytes left_site(const struct bounce *b, size_t exchange)
{
    const struct request_view *v = &b->ground.j->attributions.views[exchange];

    if (v->referer_site.n != 0)
        return v->referer_site;
    return bytes_is(v->fetch_site, "cross-site") ? BYTES_LITERAL("unknown") : bytes_of(NULL, 0);
}

static bool same_entity(const struct bounce *b, struct bytes left, struct bytes right)
{
    const struct party_owner *one, *other;

    if (bytes_equal(left, right))
        return true;
    one = parties_find(b->ground.setup->parties, left);
    other = parties_find(b->ground.setup->parties, right);
    return parties_same_group(one, other) ||
           (one != NULL && other != NULL && one->owner_en != NULL && other->owner_en != NULL &&
                   strcmp(one->owner_en, other->owner_en) == 0);
}

/* The browser came by `exchange` on its way: tells it of each identifier that its host read or
 * set. False: no memory. */
static bool add_bounce(struct bounce *b, size_t exchange, struct bytes from, struct bytes to,
        enum bounce_kind kind)
{
    const struct attribution *a = &b->ground.j->attributions.of[exchange];
    size_t low = 0, high = b->kept_count;

    if (from.n == 0 || same_entity(b, a->site, from) || same_entity(b, a->site, to))
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (b->kept[middle].exchange < exchange)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < b->kept_count && b->kept[low].exchange == exchange; low++) {
        struct bounced *grown =
                array_grow(b->bounced, b->bounced_count, &b->bounced_capacity, sizeof(*grown));

        if (grown == NULL)
            return false;
        b->bounced = grown;
        b->bounced[b->bounced_count++] =
                (struct bounced){b->kept[low].trace, exchange, from, a->site, to, kind};
    }
    return true;
}

/* The redirects that led to a visit, the last one first. */
static bool follow_redirects(struct bounce *b, const struct visit *visit)
{
    const struct attribution *of = b->ground.j->attributions.of;
    size_t hops[HOPS_MOST], n = 0, start = visit->exchange;
    struct bytes from;

    if (visit->unseen) /* its exchange is another's, and so is what led to that */
        return true;
    for (int64_t at = of[start].redirect_from; at != ATTRIBUTION_NONE;
            at = of[at].redirect_from) {
        start = (size_t)at;
        if (n < HOPS_MOST)
            hops[n++] = start;
    }
    from = left_site(b, start);
    for (size_t i = n; i > 0; i--) {
        if (!add_bounce(b, hops[i - 1], from, visit->site, BOUNCE_REDIRECT))
            return false;
    }
    return true;
}

static size_t chain_start(const struct attribution *of, size_t i)
{
    while (of[i].redirect_from != ATTRIBUTION_NONE)
        i = (size_t)of[i].redirect_from;
    return i;
}

/* A page that was left again at once, and without the person's doing as far as headers tell. */
static bool follow_dwell(struct bounce *b, size_t number)
{
    const struct attributions *a = &b->ground.j->attributions;
    const struct visit *visit = a->visits[number];
    struct bytes from = left_site(b, chain_start(a->of, visit->exchange));

    for (size_t i = number + 1;
            !visit->unseen && i < a->visit_count && i - number <= VISITS_NEXT; i++) {
        const struct visit *next = a->visits[i];
        size_t start = chain_start(a->of, next->exchange);
        const struct exchange *x = b->ground.e->exchanges[start];

        if (next->start_ns - visit->start_ns >= DWELL_NS)
            break;
        if (next->unseen)
            continue;
        if (!bytes_equal(a->views[start].referer_site, visit->site))
            continue;
        return message_find(&x->request, "sec-fetch-user") != NULL ||
               add_bounce(b, visit->exchange, from, next->site, BOUNCE_DWELL);
    }
    return true;
}

static bool find_bounces(struct bounce *b)
{
    const struct attributions *a = &b->ground.j->attributions;

    for (size_t i = 0; i < a->visit_count; i++) {
        if (!follow_redirects(b, a->visits[i]) || !follow_dwell(b, i))
            return false;
    }
    return true;
}

static bool name_fits(const struct decoration *d, struct bytes name)
{
    struct bytes known = bytes_text(d->name);

    if (known.p[known.n - 1] != '*')
        return bytes_equal_nocase(known, name);
    known.n--;
    return name.n > known.n && bytes_starts_nocase(name, known);
}

static const struct decoration *known_name(struct bytes name)
{
    for (size_t i = 0; i < decoration_table_size; i++) {
        if (name_fits(&decoration_table[i], name))
            return &decoration_table[i];
    }
    return NULL;
}

/* Long enough to stand for one click or person: "gad_source=1" is not. */
static bool may_single_out(const struct trace *t)
{
    enum leaf_kind kind = leaf_kind(t->decoded, t->first_ns);

    return t->decoded.n >= VALUE_LEAST && leaf_bits(t->decoded) >= BITS_LEAST &&
           kind != LEAF_TIME && kind != LEAF_WORD && kind != LEAF_URL;
}

/* The navigation that a parameter stood in came from another site: which; empty: it did not. */
static struct bytes came_from(const struct bounce *b, size_t exchange, bool known)
{
    const struct attributions *a = &b->ground.j->attributions;
    const struct attribution *of = &a->of[exchange];
    const struct request_view *v = &a->views[exchange];
    struct bytes from;

    if (of->visit == NULL || v->frame || (!v->navigates && !v->maybe_navigates) ||
            (!of->leads && of->basis != PAGE_DOCUMENT && of->basis != PAGE_REDIRECT))
        return bytes_of(NULL, 0);
    if (of->redirect_from != ATTRIBUTION_NONE) {
        from = a->of[of->redirect_from].site;
    } else {
        from = left_site(b, exchange);
        if (from.n == 0 && known)
            from = BYTES_LITERAL("unknown");
    }
    return same_entity(b, from, of->site) ? bytes_of(NULL, 0) : from;
}

static bool find_decoration(struct bounce *b, const struct trace *t, struct findings *out)
{
    struct decorated d = {.trace = t};
    bool identifies = finding_identifies(t);

    if (t->carrier != CARRIER_QUERY || t->masked || t->decoded.n == 0)
        return true;
    d.known = known_name(t->name);
    if (d.known == NULL ? !identifies : !may_single_out(t))
        return true;
    for (size_t i = 0; i < t->place_count; i++) {
        struct bytes from = came_from(b, t->places[i].exchange, d.known != NULL);

        if (from.n == 0)
            continue;
        if (d.times++ == 0) {
            d.from = from;
            d.exchange = t->places[i].exchange;
        }
    }
    if (d.times == 0)
        return true;
    /* A name alone is a hint. */
    d.grade = identifies ? GRADE_OBSERVED : GRADE_INFERRED;
    return bounce_state_decoration(&b->ground, &d, out);
}

enum status bounce_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct bounce b = {.ground = {.e = e, .setup = setup, .j = j}};
    bool ok = bounce_tell(&b.ground, out) && find_kept(&b) && find_bounces(&b) &&
              bounce_state(&b.ground, b.bounced, b.bounced_count, out);

    for (size_t i = 0; ok && i < j->trace_count; i++)
        ok = find_decoration(&b, j->traces[i], out);
    free(b.ground.told);
    free(b.kept);
    free(b.bounced);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
