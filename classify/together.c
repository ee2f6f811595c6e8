/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/together.h"

#include <stdlib.h>
#include <string.h>

#include "classify/verdict_fact.h"

/* What one exchange was seen to carry, besides its strongest traces. */
struct carried {
    struct bytes host; /* that its traces went to */
    bool any, content, identifier;
};

struct meeting {
    struct carried *of;   /* by exchange */
    struct bytes *capped; /* hosts with traces that have more occurrences than places, sorted */
    size_t capped_count;
};

/* What weighs more says more of who somebody is. */
static unsigned weight_of(enum trace_class c)
{
    static const unsigned char weights[] = {
            [CLASS_DIRECT] = 12,
            [CLASS_ACCOUNT] = 11,
            [CLASS_DEVICE] = 10,
            [CLASS_BROWSER_IDENTIFIER] = 9,
            [CLASS_CREDENTIAL] = 8,
            [CLASS_SESSION] = 7,
            [CLASS_LOCATION] = 6,
            [CLASS_SEARCH] = 5,
            [CLASS_CONTENT] = 4,
            [CLASS_CONSENT_STRING] = 3,
            [CLASS_PREFERENCE] = 2,
            [CLASS_UNKNOWN] = 1,
            [CLASS_TECHNICAL] = 0,
    };

    return weights[c];
}

static unsigned strength_of(enum verdict v)
{
    return v == VERDICT_IDENTIFIABLE ? 2 : v == VERDICT_UNDETERMINED ? 1 : 0;
}

/* The stronger verdict; of two alike the heavier class, then the earlier trace. */
static bool decides(const struct trace *t, const struct trace *before, enum reading r)
{
    unsigned one = strength_of(t->verdicts[r]), other;

    if (before == NULL)
        return true;
    other = strength_of(before->verdicts[r]);
    if (one != other)
        return one > other;
    if (weight_of(t->class_) != weight_of(before->class_))
        return weight_of(t->class_) > weight_of(before->class_);
    return t->number < before->number;
}

static void take_trace(struct together *o, struct carried *c, const struct trace *t)
{
    if (!c->any || weight_of(t->class_) > weight_of(o->class_))
        o->class_ = t->class_;
    if (!c->any)
        c->host = t->recipient;
    c->any = true;
    c->content = c->content || t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT;
    c->identifier = c->identifier || (verdict_is_identifier(t) && verdict_singles_out(t)) ||
                    t->class_ == CLASS_DIRECT || t->class_ == CLASS_ACCOUNT ||
                    t->class_ == CLASS_DEVICE;
    for (unsigned r = 0; r < READINGS; r++) {
        if (decides(t, o->because[r], r))
            o->because[r] = t;
    }
}

static int by_host(const void *a, const void *b)
{
    const struct bytes *left = a, *right = b;

    return bytes_compare(*left, *right);
}

static bool is_capped(const struct meeting *m, struct bytes host)
{
    return m->capped_count != 0 &&
           bsearch(&host, m->capped, m->capped_count, sizeof(host), by_host) != NULL;
}

static void say(const struct legal *legal, enum reading r, enum verdict verdict, uint64_t asked,
        int64_t when_ns, struct together *o)
{
    o->verdicts[r] = verdict;
    o->ground_count[r] =
            legal_grounds(legal, r, asked, false, when_ns, o->grounds[r], TRACE_GROUNDS_MOST);
}

/* Nothing that was seen; the address and the time are always there. */
static void judge_nothing(const struct legal *legal, int64_t when_ns, struct together *o)
{
    o->class_ = CLASS_UNKNOWN;
    say(legal, READING_ALONE, VERDICT_UNDETERMINED, 0, when_ns, o);
    say(legal, READING_COMBINED, VERDICT_UNDETERMINED,
            LEGAL_BIT(LEGAL_TIME_AND_PLACE) | LEGAL_BIT(LEGAL_ADDRESS), when_ns, o);
    say(legal, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_ADDRESS), when_ns, o);
}

static void judge_one(const struct legal *legal, const struct meeting *m,
        const struct carried *c, int64_t when_ns, struct together *o)
{
    static const uint64_t open[READINGS] = {
            [READING_ALONE] = LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER),
            [READING_COMBINED] = LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT),
            [READING_BROAD] = LEGAL_BIT(LEGAL_ADDRESS),
    };

    for (unsigned r = 0; r < READINGS; r++) {
        const struct trace *t = o->because[r];
        bool raised =
                r == READING_BROAD || is_capped(m, c->host) || (c->content && c->identifier);

        if (t->verdicts[r] == VERDICT_ANONYMOUS && raised) {
            say(legal, r, VERDICT_UNDETERMINED, open[r], when_ns, o);
            continue;
        }
        o->verdicts[r] = t->verdicts[r];
        o->ground_count[r] = t->ground_count[r];
        memcpy(o->grounds[r], t->grounds[r], sizeof(o->grounds[r]));
    }
}

static void take_all(struct trace *const *traces, size_t n, size_t exchanges, struct meeting *m,
        struct together *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct trace *t = traces[i];

        if (t->count > t->place_count)
            m->capped[m->capped_count++] = t->recipient;
        for (size_t k = 0; k < t->place_count; k++) {
            size_t x = t->places[k].exchange;

            if (x < exchanges)
                take_trace(&out[x], &m->of[x], t);
        }
    }
    if (m->capped_count != 0)
        qsort(m->capped, m->capped_count, sizeof(*m->capped), by_host);
}

enum status together_judge(const struct legal *legal, struct trace *const *traces, size_t n,
        size_t exchanges, int64_t when_ns, struct together *out)
{
    struct meeting m = {.of = calloc(exchanges + 1, sizeof(*m.of)),
            .capped = calloc(n + 1, sizeof(*m.capped))};
    enum status status = m.of == NULL || m.capped == NULL ? STATUS_NOMEM : STATUS_OK;

    if (status == STATUS_OK) {
        for (size_t i = 0; i < exchanges; i++)
            out[i] = (struct together){0};
        take_all(traces, n, exchanges, &m, out);
        for (size_t i = 0; i < exchanges; i++) {
            if (m.of[i].any)
                judge_one(legal, &m, &m.of[i], when_ns, &out[i]);
            else
                judge_nothing(legal, when_ns, &out[i]);
        }
    }
    free(m.of);
    free(m.capped);
    return status;
}
