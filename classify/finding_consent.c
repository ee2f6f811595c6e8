/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_consent.h"

#include <stdlib.h>

#include "base/json.h"
#include "classify/consent_act.h"
#include "classify/consent_string.h"
#include "classify/finding_mark.h"
#include "classify/finding_part.h"
#include "classify/finding_unseen.h"
#include "classify/score.h"

enum {
    WEIGHT_BEFORE = 32, /* besides the score: above what is said of the value alone */
    WEIGHT_AFTER = 40,
    WEIGHT_FIRST_PARTY = -15,
    WEIGHT_SIGNAL = 2,
    WEIGHT_CONTRADICTION = 3,
    STRINGS_SHOWN = 8,
};

#define DAY_S INT64_C(86400)

struct collection {
    const struct finding_consent_ground *g;
    struct unseen unseen;
    struct consent_acts acts;
    struct consent_acts strings; /* values that are consent strings */
};

/* The phases are states of consent; of an act nothing is said in the others. */
static bool is_phase(enum consent_state state)
{
    return state == CONSENT_BEFORE || state == CONSENT_REFUSED || state == CONSENT_WITHDRAWN;
}

/* A first party needs something to know its visitor by while the visit lasts: of its values only
 * those that were made to stay count. */
static bool counts(const struct trace *t, const struct attribution *a)
{
    return a->party == PARTY_THIRD ||
           (a->party == PARTY_FIRST && t->lifetime_s >= SCORE_LIFE_DAYS * DAY_S);
}

static bool add_places(const struct finding_consent_ground *g, const struct trace *t,
        bool string, struct consent_acts *acts)
{
    size_t first = acts->n;

    for (size_t i = 0; i < t->place_count; i++) {
        size_t x = t->places[i].exchange;
        const struct attribution *a = &g->j->attributions.of[x];
        struct consent_act act = {.recipient = a->site,
                .phase = g->j->consents[x],
                .trace = t,
                .place = &t->places[i],
                .time_ns = consent_time(g->e->exchanges[x])};

        /* Without a page nobody can say whose doing it was. */
        if (a->visit == NULL || !is_phase(g->j->consents[x]) || (!string && !counts(t, a)))
            continue;
        act.page = a->visit->site;
        if (!consent_acts_add(acts, &act, first))
            return false;
    }
    return true;
}

static bool is_string(struct arena *arena, const struct trace *t, struct consent_string *out)
{
    enum parse verdict;

    if (!consent_string_read(arena, t->name, t->value, &verdict, out))
        return false;
    if (verdict == PARSE_BAD && !bytes_equal(t->value, t->decoded) &&
            !consent_string_read(arena, t->name, t->decoded, &verdict, out))
        return false;
    if (verdict != PARSE_DONE)
        out->kind = CONSENT_STRING_KINDS;
    return true;
}

static bool collect(struct collection *c)
{
    const struct judgement *j = c->g->j;

    for (size_t i = 0; i < j->trace_count; i++) {
        const struct trace *t = j->traces[i];
        struct consent_string s;

        if (consent_concerns(t)) {
            if (!add_places(c->g, t, false, &c->acts))
                return false;
        } else if (!t->masked) {
            if (!is_string(j->arena, t, &s) ||
                    (s.kind != CONSENT_STRING_KINDS && !add_places(c->g, t, true, &c->strings)))
                return false;
        }
    }
    consent_acts_sort(&c->acts);
    consent_acts_sort(&c->strings);
    return true;
}

/* A run of acts of one page's site, recipient and state. */
struct run {
    const struct consent_act *at;
    size_t n;
    enum consent_state state;
    const struct mark *mark;
    bool answered; /* the mark is an answer */
    bool signal;   /* Sec-GPC: 1 went with one of them */
    bool contradicted;
};

static int to_group(const void *key, const void *entry)
{
    const struct consent_act *a = key, *b = entry;
    int order = bytes_compare(a->page, b->page);

    if (order == 0)
        order = bytes_compare(a->recipient, b->recipient);
    return order == 0 ? (a->phase > b->phase) - (a->phase < b->phase) : order;
}

/* What records say that went to `recipient` from these pages in this state. */
static bool take_strings(const struct collection *c, struct run *run, struct bytes recipient,
        struct bytes *said, size_t *n, struct bytes *contradiction)
{
    struct consent_act key = {
            .page = run->at->page, .recipient = recipient, .phase = run->at->phase};
    const struct consent_act *end = c->strings.at + c->strings.n, *s;
    struct arena *arena = c->g->j->arena;

    s = c->strings.n == 0 ? NULL
                          : bsearch(&key, c->strings.at, c->strings.n, sizeof(*s), to_group);
    if (s == NULL)
        return true;
    while (s > c->strings.at && consent_acts_together(s - 1, s))
        s--;
    for (; s < end && to_group(&key, s) == 0 && *n < STRINGS_SHOWN; s++) {
        struct consent_string string;
        size_t yes = 0, no = 0;
        const char *text;
        bool seen = false;

        if (!is_string(arena, s->trace, &string))
            return false;
        if (string.kind == CONSENT_STRING_KINDS)
            continue;
        text = consent_string_say(arena, &string, false);
        if (text == NULL)
            return false;
        for (size_t i = 0; i < *n; i++)
            seen = seen || bytes_is(said[i], text);
        if (seen)
            continue;
        said[(*n)++] = bytes_text(text);
        consent_string_count(&string, &yes, &no);
        if (yes != 0 && contradiction->n == 0)
            *contradiction = bytes_text(text);
    }
    return true;
}

static bool add_strings(const struct collection *c, struct run *run, struct finding *f)
{
    struct arena *arena = c->g->j->arena;
    struct bytes *said = arena_array(arena, STRINGS_SHOWN, sizeof(*said)), contradiction = {0};
    size_t n = 0;

    if (said == NULL || !take_strings(c, run, run->at->recipient, said, &n, &contradiction) ||
            (n == 0 && !take_strings(c, run, run->at->page, said, &n, &contradiction)))
        return false;
    run->contradicted = contradiction.n != 0;
    if (run->contradicted)
        finding_add_fact(
                f, &(struct finding_fact){.name = "string_says", .text = contradiction});
    if (n != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "consent_strings",
                                    .kind = FACT_LIST,
                                    .list = said,
                                    .list_count = n});
    return true;
}

/* The browser's own signals on the requests that carried the values. */
static bool add_signals(const struct collection *c, struct run *run, struct finding *f)
{
    static const char *const known[] = {"none", "inactive", "active"};
    enum { KNOWN = sizeof(known) / sizeof(*known) };
    struct bytes *access = arena_array(c->g->j->arena, KNOWN, sizeof(*access));
    bool seen[KNOWN] = {0};
    size_t n = 0;

    if (access == NULL)
        return false;
    for (size_t i = 0; i < run->n; i++) {
        const struct message *m = &c->g->e->exchanges[run->at[i].place->exchange]->request;
        const struct header *gpc = message_find(m, "sec-gpc");
        const struct header *storage = message_find(m, "sec-fetch-storage-access");

        run->signal = run->signal || (gpc != NULL && bytes_is(gpc->value, "1"));
        for (size_t k = 0; k < KNOWN && storage != NULL; k++)
            seen[k] = seen[k] || bytes_is(storage->value, known[k]);
    }
    for (size_t k = 0; k < KNOWN; k++) {
        if (seen[k])
            access[n++] = bytes_text(known[k]);
    }
    if (run->signal)
        finding_add_fact(f, &(struct finding_fact){
                                    .name = "gpc_signal_sent", .text = BYTES_LITERAL("true")});
    if (n != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "storage_access",
                                    .kind = FACT_LIST,
                                    .list = access,
                                    .list_count = n});
    return true;
}

static bool say(const struct collection *c, const struct run *run, struct finding *f)
{
    static const char *const sentences[][2] = {
            {"On a page of $1, $0 $8 $2 at $3, $4 before consent was answered there$6.",
                    "在 $1 的页面上，$0 于 $3 $9 $2，比本人在该网站答复是否同意早 $5$7。"},
            {"On a page of $1, $0 $8 $2 at $3; that consent was answered there is not "
             "marked$6.",
                    "在 $1 的页面上，$0 于 $3 $9 $2；没有本人在该网站答复是否同意的标记$7。"},
            {"On a page of $1, $0 $8 $2 at $3, $4 after consent was refused there$6.",
                    "在 $1 的页面上，$0 于 $3 $9 $2，比本人在该网站拒绝同意晚 $5$7。"},
            {"On a page of $1, $0 $8 $2 at $3, $4 after consent was withdrawn there$6.",
                    "在 $1 的页面上，$0 于 $3 $9 $2，比本人在该网站撤回同意晚 $5$7。"},
    };
    size_t which = run->state == CONSENT_BEFORE    ? (run->answered ? 0 : 1)
                   : run->state == CONSENT_REFUSED ? 2
                                                   : 3;

    return finding_mark_say(c->g->j->arena,
            &(struct finding_mark){.act = run->at,
                    .from_ns = run->mark->time_ns,
                    .items = run->n,
                    .sentence_en = sentences[which][0],
                    .sentence_zh = sentences[which][1]},
            f);
}

static bool state(const struct collection *c, struct run *run, struct findings *out)
{
    const struct finding_consent_ground *g = c->g;
    struct finding *f = finding_new(g->j->arena,
            run->state == CONSENT_BEFORE ? "collection-before-consent"
                                         : "collection-after-refusal",
            out);
    bool third = g->j->attributions.of[run->at->place->exchange].party == PARTY_THIRD;
    uint64_t unlisted;

    if (f == NULL || !finding_mark_take(g->j->arena, run->at, run->n, f, &unlisted))
        return false;
    finding_add_fact(f, &(struct finding_fact){.name = "state",
                                .text = bytes_text(consent_state_name(run->state))});
    if (!finding_mark_facts(g->j->arena, run->mark, run->at, run->n, f) ||
            !unseen_add_fact(g->j->arena, &c->unseen, run->at->recipient, unlisted,
                    g->j->traces_capped || c->acts.capped, f) ||
            !add_signals(c, run, f) || !add_strings(c, run, f) || !say(c, run, f))
        return false;
    f->weight += (run->state == CONSENT_BEFORE ? WEIGHT_BEFORE : WEIGHT_AFTER) +
                 (third ? 0 : WEIGHT_FIRST_PARTY) + (run->signal ? WEIGHT_SIGNAL : 0) +
                 (run->contradicted ? WEIGHT_CONTRADICTION : 0);
    return true;
}

static bool state_all(const struct collection *c, struct findings *out)
{
    for (size_t i = 1, begin = 0; i <= c->acts.n; i++) {
        struct run run = {.at = &c->acts.at[begin], .n = i - begin};

        if (i < c->acts.n && consent_acts_together(&c->acts.at[i], run.at))
            continue;
        begin = i;
        run.state = consent_site_state(
                consent_sites_find(c->g->sites, run.at->page), run.at->time_ns, &run.mark);
        run.answered = run.mark != NULL && run.mark->kind != MARK_CONSENT_SHOWN;
        if (run.mark != NULL && !state(c, &run, out))
            return false;
    }
    return true;
}

enum status finding_consent_make(const struct finding_consent_ground *g, struct findings *out)
{
    struct collection c = {.g = g};
    bool ok = unseen_make(g->j->arena, g->e, g->setup, g->j, &c.unseen) && collect(&c) &&
              state_all(&c, out);

    consent_acts_clear(&c.acts);
    consent_acts_clear(&c.strings);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
