/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/verdict_fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "classify/sensitive_words.h"
#include "classify/value.h"
#include "classify/verdict.h"
#include "classify/verdict_place.h"

enum {
    KEY_BYTES = 16,          /* of a SHA-256: too long for two values to meet in it by design */
    SCRATCH_MOST = 64 << 20, /* more than value.h's caps let one value take */
};

const char *const verdict_fact_names[VERDICT_FACTS] = {
        [FACT_U1] = "U1",
        [FACT_U2] = "U2",
        [FACT_U3] = "U3",
        [FACT_U4] = "U4",
        [FACT_U5] = "U5",
        [FACT_U5_LIFETIME] = "U5-lifetime",
        [FACT_U5_VISITS] = "U5-visits",
        [FACT_U6] = "U6",
        [FACT_U7] = "U7",
        [FACT_U8] = "U8",
        [FACT_U9] = "U9",
        [FACT_U10] = "U10",
        [FACT_U11] = "U11",
        [FACT_D1] = "D1",
        [FACT_D2] = "D2",
        [FACT_D3] = "D3",
        [FACT_D4] = "D4",
        [FACT_D5] = "D5",
};

/* One value, or one part of it, of one trace. */
struct key {
    uint8_t hash[KEY_BYTES];
    uint32_t trace;
    bool target; /* it is what makes that trace an identifier */
};

struct join {
    const struct parties *parties;
    const struct evidence *e;
    const struct attributions *a;
    struct trace *const *traces;
    size_t n;
    struct verdict_view *views;
    uint8_t *with;        /* by exchange */
    uint8_t *low;         /* by exchange: attributes with few values, up to 255 */
    struct bytes *labels; /* by trace: group of its recipient's owner, or its site */
    struct bytes *sites;  /* by trace: of its recipient */
    struct key *keys;
    size_t key_count, key_capacity;
};

static struct bytes text_of(const struct trace *t)
{
    return t->decoded.n != 0 ? t->decoded : t->value;
}

bool verdict_singles_out(const struct trace *trace)
{
    if (trace->bits >= VERDICT_BITS_LEAST)
        return true;
    for (size_t i = 0; i < trace->term_count; i++)
        if (strcmp(trace->terms[i].code, VERDICT_KNOWN_FORMAT) == 0)
            return true;
    for (size_t i = 0; i < trace->fact_count && trace->bits >= VERDICT_BITS_DIFFERING; i++)
        if (strcmp(trace->facts[i], verdict_fact_names[FACT_U6]) == 0)
            return true;
    return false;
}

bool verdict_is_identifier(const struct trace *trace)
{
    switch (trace->class_) {
    case CLASS_DIRECT:
    case CLASS_ACCOUNT:
    case CLASS_DEVICE:
    case CLASS_BROWSER_IDENTIFIER:
    case CLASS_SESSION:
    case CLASS_CREDENTIAL:
        return true;
    case CLASS_UNKNOWN:
    case CLASS_SEARCH:
    case CLASS_CONTENT:
    case CLASS_PREFERENCE:
    case CLASS_CONSENT_STRING:
    case CLASS_LOCATION:
    case CLASS_TECHNICAL:
        break;
    }
    return false;
}

static bool is_content(const struct trace *t)
{
    return t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT;
}

/* A setting or a property of software, of one part that can take few values. */
static bool is_low(const struct trace *t)
{
    struct bytes text = text_of(t);
    unsigned bits = leaf_bits(text);

    if ((t->class_ != CLASS_PREFERENCE && t->class_ != CLASS_TECHNICAL) ||
            verdict_singles_out(t) ||
            (verdict_names_address(t->name) && verdict_address_of(text) != ADDRESS_NONE))
        return false;
    switch (leaf_kind(text, t->first_ns)) {
    case LEAF_FLAG:
    case LEAF_PLAIN:
    case LEAF_SCREEN:
        return true;
    case LEAF_SHORT:
    case LEAF_WORD:
    case LEAF_VERSION:
        return bits <= VERDICT_LOW_BITS_MOST;
    case LEAF_NUMBER:
        return bits <= VERDICT_LOW_NUMBER_MOST;
    case LEAF_OPAQUE:
    case LEAF_TIME:
    case LEAF_URL:
    case LEAF_EMAIL:
        break;
    }
    return false;
}

/* The exchange whose request carried this occurrence; false when it was a response. */
static bool request_of(
        const struct join *j, const struct trace *t, size_t place, size_t *exchange)
{
    const struct place *p = &t->places[place];

    if (t->carrier == CARRIER_SET_COOKIE || p->exchange >= j->e->exchange_count ||
            (p->part != NULL && strncmp(p->part, "response", 8) == 0))
        return false;
    *exchange = p->exchange;
    return true;
}

static unsigned own_flag(const struct trace *t)
{
    bool single = verdict_singles_out(t);

    switch (t->class_) {
    case CLASS_DIRECT:
        return WITH_DIRECT | WITH_IDENTIFIER | WITH_LINKED;
    case CLASS_ACCOUNT:
        return WITH_ACCOUNT | WITH_IDENTIFIER | WITH_LINKED;
    case CLASS_DEVICE:
        return WITH_IDENTIFIER;
    case CLASS_BROWSER_IDENTIFIER:
    case CLASS_SESSION:
    case CLASS_CREDENTIAL:
        return single ? WITH_IDENTIFIER : 0;
    case CLASS_SEARCH:
    case CLASS_CONTENT:
        return WITH_CONTENT;
    case CLASS_UNKNOWN:
    case CLASS_PREFERENCE:
    case CLASS_CONSENT_STRING:
    case CLASS_LOCATION:
    case CLASS_TECHNICAL:
        break;
    }
    return 0;
}

/* What a trace puts into its requests, so that others can see it there. */
static void spread(struct join *j, const struct trace *t, unsigned flags)
{
    size_t exchange;

    for (size_t i = 0; flags != 0 && i < t->place_count; i++)
        if (request_of(j, t, i, &exchange))
            j->with[exchange] = (uint8_t)(j->with[exchange] | flags);
}

static void spread_low(struct join *j, const struct trace *t)
{
    size_t exchange;

    if (!is_low(t))
        return;
    for (size_t i = 0; i < t->place_count; i++)
        if (request_of(j, t, i, &exchange) && j->low[exchange] < UINT8_MAX &&
                ++j->low[exchange] > VERDICT_LOW_TOGETHER)
            j->with[exchange] |= WITH_MANY_LOW;
}

static unsigned own_with(const struct join *j, const struct trace *t)
{
    unsigned with = 0;
    size_t exchange;

    for (size_t i = 0; i < t->place_count; i++)
        if (request_of(j, t, i, &exchange))
            with |= j->with[exchange];
    return with;
}

static bool has_request(const struct join *j, const struct trace *t)
{
    size_t exchange;

    for (size_t i = 0; i < t->place_count; i++)
        if (request_of(j, t, i, &exchange))
            return true;
    return false;
}

static struct bytes label_of(const struct join *j, struct bytes host, struct bytes site)
{
    const struct party_owner *owner =
            j->parties == NULL ? NULL : parties_find(j->parties, host);

    return owner != NULL && owner->group != NULL ? bytes_text(owner->group) : site;
}

static enum status add_key(struct join *j, struct digest *d, struct bytes text, size_t trace,
        bool target, size_t first)
{
    uint8_t hash[DIGEST_MOST];
    struct key *keys = j->keys;

    digest_add(d, text);
    digest_finish(d, hash);
    for (size_t i = first; i < j->key_count; i++) {
        if (memcmp(keys[i].hash, hash, KEY_BYTES) == 0) {
            keys[i].target |= target;
            return STATUS_OK;
        }
    }
    keys = array_grow(keys, j->key_count, &j->key_capacity, sizeof(*keys));
    if (keys == NULL)
        return STATUS_NOMEM;
    j->keys = keys;
    memcpy(keys[j->key_count].hash, hash, KEY_BYTES);
    keys[j->key_count].trace = (uint32_t)trace;
    keys[j->key_count++].target = target;
    return STATUS_OK;
}

static bool is_key(struct bytes text)
{
    return leaf_bits(text) >= VERDICT_BITS_LEAST;
}

/* The whole value and its opaque parts. Only the strongest part makes the trace an identifier:
 * a site key beside a user's id must not pass for one. */
static enum status add_keys(struct join *j, struct digest *d, size_t trace)
{
    const struct trace *t = j->traces[trace];
    bool target = verdict_is_identifier(t);
    size_t first = j->key_count, best = SIZE_MAX;
    struct arena *scratch = arena_new(SCRATCH_MOST);
    struct leaves *leaves;
    enum status status = STATUS_NOMEM;

    leaves = scratch == NULL ? NULL : arena_alloc(scratch, sizeof(*leaves));
    if (leaves != NULL && value_leaves(scratch, text_of(t), leaves))
        status = STATUS_OK;
    if (status == STATUS_OK && is_key(text_of(t)))
        status = add_key(j, d, text_of(t), trace, target, first);
    for (size_t i = 0; status == STATUS_OK && target && i < leaves->n; i++)
        if (leaf_kind(leaves->at[i].text, t->first_ns) == LEAF_OPAQUE &&
                (best == SIZE_MAX ||
                        leaf_bits(leaves->at[i].text) > leaf_bits(leaves->at[best].text)))
            best = i;
    for (size_t i = 0; status == STATUS_OK && i < leaves->n; i++)
        if (is_key(leaves->at[i].text) &&
                leaf_kind(leaves->at[i].text, t->first_ns) == LEAF_OPAQUE)
            status = add_key(j, d, leaves->at[i].text, trace, i == best, first);
    arena_free(scratch);
    return status;
}

static int by_value_and_site(const void *a, const void *b, void *context)
{
    const struct join *j = context;
    const struct key *left = a, *right = b;
    int order = memcmp(left->hash, right->hash, KEY_BYTES);

    if (order == 0)
        order = bytes_compare(j->sites[left->trace], j->sites[right->trace]);
    if (order == 0)
        order = (left->trace > right->trace) - (left->trace < right->trace);
    return order;
}

/* Page sites of different groups among `t`'s and the one in `*first`. */
static bool pages_differ(const struct join *j, const struct trace *t, struct bytes *first)
{
    for (size_t i = 0; i < t->page_count; i++) {
        struct bytes label = label_of(j, t->pages[i], t->pages[i]);

        if (first->n == 0)
            *first = label;
        else if (!bytes_equal(*first, label))
            return true;
    }
    return false;
}

/* What the requests of one value to one site tell of the identifiers that it makes. */
static void judge_value_at_site(struct join *j, size_t begin, size_t end)
{
    struct bytes page = {0};
    bool pages = false;
    unsigned with = 0;

    for (size_t i = begin; i < end; i++) {
        const struct trace *t = j->traces[j->keys[i].trace];

        with |= own_with(j, t);
        pages = pages || (has_request(j, t) && pages_differ(j, t, &page));
    }
    for (size_t i = begin; i < end; i++) {
        struct verdict_view *view = &j->views[j->keys[i].trace];
        enum trace_class class_ = j->traces[j->keys[i].trace]->class_;

        if (!j->keys[i].target)
            continue;
        if (pages)
            view->facts |= FACT_BIT(FACT_U7);
        if (class_ == CLASS_DIRECT)
            continue;
        if ((with & WITH_DIRECT) != 0 && (view->with & WITH_DIRECT) == 0)
            view->facts |= FACT_BIT(FACT_U2);
        if ((with & WITH_ACCOUNT) != 0 && class_ != CLASS_ACCOUNT)
            view->facts |= FACT_BIT(FACT_U2);
    }
}

/* All that carried one value. */
static void judge_value(struct join *j, size_t begin, size_t end)
{
    const struct bytes *first = NULL;
    bool shared = false;

    for (size_t i = begin; i < end; i++) {
        uint32_t trace = j->keys[i].trace;

        if (!has_request(j, j->traces[trace]))
            continue;
        if (first == NULL)
            first = &j->labels[trace];
        else if (!bytes_equal(*first, j->labels[trace]))
            shared = true;
    }
    for (size_t i = begin; shared && i < end; i++)
        if (j->keys[i].target)
            j->views[j->keys[i].trace].facts |= FACT_BIT(FACT_U3);
    for (size_t i = begin, next; i < end; i = next) {
        struct bytes site = j->sites[j->keys[i].trace];

        for (next = i + 1; next < end; next++)
            if (!bytes_equal(j->sites[j->keys[next].trace], site))
                break;
        judge_value_at_site(j, i, next);
    }
}

static enum status join_values(struct join *j)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    enum status status = d == NULL ? STATUS_NOMEM : STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < j->n; i++)
        status = add_keys(j, d, i);
    digest_free(d);
    if (status != STATUS_OK || j->key_count == 0)
        return status;
    qsort_r(j->keys, j->key_count, sizeof(*j->keys), by_value_and_site, j);
    for (size_t i = 0, next; i < j->key_count; i = next) {
        bool target = j->keys[i].target;

        for (next = i + 1; next < j->key_count; next++) {
            if (memcmp(j->keys[next].hash, j->keys[i].hash, KEY_BYTES) != 0)
                break;
            target = target || j->keys[next].target;
        }
        if (target)
            judge_value(j, i, next);
    }
    return STATUS_OK;
}

/* Sent during two page visits that the capture shows. */
static bool in_two_visits(const struct join *j, const struct trace *t)
{
    const struct visit *first = NULL;
    size_t exchange;

    for (size_t i = 0; i < t->place_count; i++) {
        const struct visit *visit;

        if (!request_of(j, t, i, &exchange))
            continue;
        visit = j->a->of[exchange].visit;
        if (first == NULL)
            first = visit;
        else if (visit != NULL && visit != first)
            return true;
    }
    return false;
}

/* Nothing about this trace was hidden: each of its requests is whole and has its page. */
static bool seen_whole(const struct join *j, const struct trace *t, bool attributed)
{
    size_t exchange;

    if (t->place_count == 0 || t->count > t->place_count)
        return false;
    for (size_t i = 0; i < t->place_count; i++) {
        if (!request_of(j, t, i, &exchange))
            continue;
        if (!j->e->exchanges[exchange]->request.whole ||
                (attributed && j->a->of[exchange].visit == NULL))
            return false;
    }
    return true;
}

/* What a trace's own occurrences tell. */
static void judge_own(struct join *j, size_t trace)
{
    const struct trace *t = j->traces[trace];
    struct verdict_view *view = &j->views[trace];
    struct bytes page = {0};

    view->with = own_with(j, t);
    if (!verdict_is_identifier(t) && t->class_ != CLASS_UNKNOWN)
        return;
    if (t->lifetime_s >= (int64_t)VERDICT_LIFETIME_DAYS * 86400)
        view->facts |= FACT_BIT(FACT_U5) | FACT_BIT(FACT_U5_LIFETIME);
    if (in_two_visits(j, t))
        view->facts |= FACT_BIT(FACT_U5) | FACT_BIT(FACT_U5_VISITS);
    if (!verdict_is_identifier(t))
        return;
    if ((view->with & WITH_DIRECT) != 0 && t->class_ != CLASS_DIRECT)
        view->facts |= FACT_BIT(FACT_U1);
    if ((view->with & WITH_ACCOUNT) != 0 && t->class_ != CLASS_ACCOUNT &&
            t->class_ != CLASS_DIRECT)
        view->facts |= FACT_BIT(FACT_U2);
    if ((view->with & WITH_CONTENT) != 0)
        view->facts |= FACT_BIT(FACT_U9);
    if (has_request(j, t) && pages_differ(j, t, &page))
        view->facts |= FACT_BIT(FACT_U7);
}

/* A place without its decimals or by its name, or an address without its end. */
static bool is_coarse(const struct trace *t)
{
    struct bytes text = text_of(t);

    if (t->class_ == CLASS_LOCATION)
        return !verdict_is_precise(text) && sensitive_reach_of(text) != REACH_OPAQUE;
    return !verdict_is_identifier(t) && verdict_address_of(text) == ADDRESS_CUT &&
           verdict_names_address(t->name);
}

/* What needs all identifiers to be known first. */
static void judge_after(struct join *j, size_t trace)
{
    const struct trace *t = j->traces[trace];
    struct verdict_view *view = &j->views[trace];
    const uint32_t links = FACT_BIT(FACT_U1) | FACT_BIT(FACT_U2) | FACT_BIT(FACT_U3);

    view->with = own_with(j, t);
    if (is_content(t) && (view->with & WITH_IDENTIFIER) != 0)
        view->facts |= FACT_BIT(FACT_U9);
    if (is_content(t) && (view->with & WITH_LINKED) != 0)
        view->facts |= FACT_BIT(FACT_U2);
    if (t->class_ == CLASS_SESSION && t->lifetime_s == 0 && t->page_count == 1 &&
            (view->facts & links) == 0 && seen_whole(j, t, true))
        view->facts |= FACT_BIT(FACT_D2);
    if (is_low(t) && seen_whole(j, t, false))
        view->facts |= FACT_BIT(FACT_D3);
    if (is_coarse(t))
        view->facts |= FACT_BIT(FACT_D4);
}

/* The facts that need more than this capture; the others are found anew. That an identifier
 * holds search text (U9) is known to whoever searched for that text. */
static void read_noted(const struct trace *t, struct verdict_view *view)
{
    uint32_t others = FACT_BIT(FACT_U4) | FACT_BIT(FACT_U6) | FACT_BIT(FACT_U8) |
                      FACT_BIT(FACT_U10) | FACT_BIT(FACT_U11) | FACT_BIT(FACT_D1) |
                      FACT_BIT(FACT_D4) | FACT_BIT(FACT_D5);

    if (verdict_is_identifier(t) && t->declared != NULL)
        others |= FACT_BIT(FACT_U9);
    view->facts = 0;
    view->with = 0;
    view->bare = false;
    for (size_t i = 0; i < t->fact_count; i++)
        for (unsigned f = 0; f < VERDICT_FACTS; f++)
            if (strcmp(t->facts[i], verdict_fact_names[f]) == 0)
                view->facts |= FACT_BIT(f) & others;
}

static void free_join(struct join *j)
{
    free(j->with);
    free(j->low);
    free(j->labels);
    free(j->sites);
    free(j->keys);
}

enum status verdict_facts(const struct parties *parties, const struct evidence *e,
        const struct attributions *a, struct trace *const *traces, size_t n,
        struct verdict_view *views)
{
    const uint32_t linked = FACT_BIT(FACT_U1) | FACT_BIT(FACT_U2) | FACT_BIT(FACT_U4);
    struct join j = {
            .parties = parties, .e = e, .a = a, .traces = traces, .n = n, .views = views};
    enum status status = STATUS_NOMEM;

    j.with = calloc(e->exchange_count + 1, 1);
    j.low = calloc(e->exchange_count + 1, 1);
    j.labels = calloc(n + 1, sizeof(*j.labels));
    j.sites = calloc(n + 1, sizeof(*j.sites));
    if (n < UINT32_MAX && j.with != NULL && j.low != NULL && j.labels != NULL &&
            j.sites != NULL) {
        for (size_t i = 0; i < n; i++) {
            const struct trace *t = traces[i];

            j.sites[i] = t->recipient_site.n != 0 ? t->recipient_site : t->recipient;
            j.labels[i] = label_of(&j, t->recipient, j.sites[i]);
            read_noted(t, &views[i]);
            spread(&j, t, own_flag(t));
            spread_low(&j, t);
        }
        for (size_t i = 0; i < n; i++)
            judge_own(&j, i);
        status = join_values(&j);
    }
    if (status == STATUS_OK) {
        for (size_t i = 0; i < n; i++)
            if (verdict_is_identifier(traces[i]) && (views[i].facts & linked) != 0)
                spread(&j, traces[i], WITH_LINKED);
        for (size_t i = 0; i < n; i++)
            judge_after(&j, i);
        status = verdict_bare(e, a, traces, n, views);
    }
    free_join(&j);
    return status;
}
