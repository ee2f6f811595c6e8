/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_CONSENT_WORLD_H
#define TESTS_CLASSIFY_CONSENT_WORLD_H

/* A judged world with marks, for test_consent.c and test_finding_consent.c. Include cmocka first. */

#include "classify/consent.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

#define UID "16fd0cf5-3809-4d6a-ae77-6b8633565da4"
#define NEWS(ms) "1 " #ms " GET https://www.news.test/ 200 nav"
/* ads.test gets its cookie on a page of news.test. */
#define AD(connection, ms)                                                                     \
#connection " " #ms                                                                        \
                " GET https://p.ads.test/i 200 img | > Referer: https://www.news.test/"        \
                " | > Cookie: sguid=" UID

struct consent_world {
    struct evidence_world w;
    struct parties *parties;
    struct legal *legal;
    struct marks marks;
    struct judgement_setup setup;
    struct judgement j;
    struct findings findings;
};

/* A mark that many milliseconds into the world. */
static inline struct mark at(int64_t ms, enum mark_kind kind)
{
    return (struct mark){.time_ns = WORLD_START + ms * WORLD_MS, .kind = kind};
}

static inline struct mark of(struct mark m, const char *site)
{
    m.site = bytes_text(site);
    return m;
}

/* Judges the world as it is, then by these marks, in order of time. */
static inline void consent_world_judge(
        struct consent_world *c, const struct mark *marks, size_t n)
{
    struct fault fault = {0};

    for (size_t i = 0; i < c->w.e.exchange_count; i++)
        c->w.e.exchanges[i]->complete = true;
    c->parties = parties_new();
    c->legal = legal_new(NULL, &fault);
    assert_true(c->parties != NULL && c->legal != NULL);
    c->setup = (struct judgement_setup){
            .sites = c->w.sites, .parties = c->parties, .legal = c->legal};
    assert_int_equal(judgement_make(&c->w.e, &c->setup, &c->j, &fault), STATUS_OK);
    c->marks.at = calloc(n + 1, sizeof(*c->marks.at));
    assert_non_null(c->marks.at);
    c->marks.n = n;
    for (size_t i = 0; i < n; i++) {
        c->marks.at[i] = marks[i];
        c->marks.at[i].line = i + 1;
    }
    c->setup.marks = &c->marks;
    c->findings = (struct findings){0};
    assert_int_equal(consent_mark(&c->w.e, &c->setup, &c->j), STATUS_OK);
    assert_int_equal(consent_find(&c->w.e, &c->setup, &c->j, &c->findings), STATUS_OK);
}

#define CONSENT_JUDGE(c, ...)                                                                  \
    consent_world_judge(c, (const struct mark[]){__VA_ARGS__},                                 \
            sizeof((const struct mark[]){__VA_ARGS__}) / sizeof(struct mark))

static inline void consent_world_clear(struct consent_world *c)
{
    judgement_clear(&c->j);
    legal_free(c->legal);
    parties_free(c->parties);
    free(c->marks.at);
    world_clear(&c->w);
}

/* The first finding of that kind. */
static inline const struct finding *found(const struct consent_world *c, const char *kind)
{
    for (size_t i = 0; i < c->findings.n; i++) {
        if (strcmp(c->findings.at[i]->kind, kind) == 0)
            return c->findings.at[i];
    }
    fail_msg("no finding %s", kind);
    return NULL;
}

#endif
