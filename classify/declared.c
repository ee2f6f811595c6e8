/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/declared.h"

#include <stdlib.h>
#include <string.h>

#include "classify/finding_declared.h"

enum { HOLDERS_MOST = 16 }; /* traces that one hit is told to */

static const enum trace_class classes[SUBJECT_KINDS] = {
        [SUBJECT_NAME] = CLASS_DIRECT,
        [SUBJECT_EMAIL] = CLASS_DIRECT,
        [SUBJECT_PHONE] = CLASS_DIRECT,
        [SUBJECT_ID_NUMBER] = CLASS_DIRECT,
        [SUBJECT_ADDRESS] = CLASS_DIRECT,
        [SUBJECT_ACCOUNT] = CLASS_ACCOUNT,
        [SUBJECT_SEARCH] = CLASS_SEARCH,
        [SUBJECT_DEVICE] = CLASS_DEVICE,
        [SUBJECT_LOCATION] = CLASS_LOCATION,
        [SUBJECT_OTHER] = CLASS_DIRECT,
};

/* What a value that holds several is told by: the one that says most of a person. */
static int rank(const struct declared_ground *g, const struct hit *h)
{
    static const int ranks[] = {[CLASS_DIRECT] = 0,
            [CLASS_ACCOUNT] = 1,
            [CLASS_DEVICE] = 2,
            [CLASS_LOCATION] = 3,
            [CLASS_SEARCH] = 4};
    enum { PARTIAL = 16 };

    return ranks[classes[declared_value(g, h)->kind]] * 2 +
           (declared_partial(h) ? PARTIAL : 0) + (h->digest_count != 0);
}

static void add_fact(struct trace *t, const char *fact)
{
    for (size_t i = 0; i < t->fact_count; i++) {
        if (strcmp(t->facts[i], fact) == 0)
            return;
    }
    if (t->fact_count < TRACE_FACTS_MOST)
        t->facts[t->fact_count++] = fact;
}

static void tell(const struct declared_ground *g, struct trace *t, const struct hit *h)
{
    enum subject_kind kind = declared_value(g, h)->kind;

    if (kind == SUBJECT_SEARCH)
        add_fact(t, "U9");
    if (t->declared == NULL || rank(g, h) < rank(g, t->declared))
        t->declared = h;
    t->declared_as = &g->setup->subject->at[h->value];
}

/*
 * A part of a value (its last four digits, a mask) points to the person and is still not their
 * number: the class stays what it was, or content where nothing was known.
 */
static void classify(const struct declared_ground *g, struct trace *t)
{
    static const struct term exact = {0, "declared",
            "it holds a value that the person declared as their own", "其中含有本人所声明的值"};
    static const struct term part = {0, "declared-part",
            "it holds a part of a value that the person declared as their own",
            "其中含有本人所声明的值的一部分"};
    const struct hit *h = t->declared;
    bool partial = declared_partial(h);

    t->grade = declared_grade(h);
    if (t->term_count < TRACE_TERMS_MOST)
        t->terms[t->term_count++] = partial ? part : exact;
    /* The digest of a search term tells no person: U4 speaks of what identifies one. */
    if (h->digest_count != 0 && declared_value(g, h)->kind != SUBJECT_SEARCH)
        add_fact(t, "U4");
    if (t->masked || t->class_ == CLASS_CREDENTIAL)
        return;
    if (!partial)
        t->class_ = classes[declared_value(g, h)->kind];
    else if (t->class_ == CLASS_UNKNOWN || t->class_ == CLASS_TECHNICAL)
        t->class_ = CLASS_CONTENT;
}

enum status declared_mark(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct declared_ground g = {.e = e, .setup = setup, .j = j};
    enum status status;

    if (setup->subject == NULL || j->hits.n == 0)
        return STATUS_OK;
    status = declared_ground_make(&g);
    for (size_t i = 0; i < g.n && status == STATUS_OK; i++) {
        struct trace *traces[HOLDERS_MOST];
        size_t n = declared_traces(&g, g.hits[i], traces, HOLDERS_MOST);

        for (size_t k = 0; k < n; k++)
            tell(&g, traces[k], g.hits[i]);
    }
    for (size_t i = 0; i < j->trace_count && status == STATUS_OK; i++) {
        if (j->traces[i]->declared != NULL)
            classify(&g, j->traces[i]);
    }
    declared_ground_clear(&g);
    return status;
}

enum status declared_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct declared_ground g = {.e = e, .setup = setup, .j = j, .out = out};
    struct declared_run run;
    enum status status;

    if (setup->subject == NULL || j->hits.n == 0)
        return STATUS_OK;
    status = declared_ground_make(&g);
    for (size_t at = 0; at < g.n && status == STATUS_OK;) {
        at = declared_run_at(&g, at, &run);
        status = declared_leaks(&g, &run);
        if (status == STATUS_OK)
            status = declared_returns(&g, &run);
        if (status == STATUS_OK)
            status = declared_effects(&g, &run);
    }
    declared_ground_clear(&g);
    return status;
}
