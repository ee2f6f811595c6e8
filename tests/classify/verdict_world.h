/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_VERDICT_WORLD_H
#define TESTS_CLASSIFY_VERDICT_WORLD_H

/* A small judged capture, for test_verdict.c and test_verdict_fact.c. Include cmocka first. */

#include "classify/verdict.h"

enum { TRACES_MOST = 40, EXCHANGES = 8, VISITS = 2 };
enum { S_2026 = 1767225600, S_2018 = 1514764800, S_2010 = 1262304000, YEAR_S = 31536000 };
#define NS(seconds) ((int64_t)(seconds)*1000000000)

/* A capture of EXCHANGES whole requests, the first half in one visit, the rest in another. */
struct world {
    struct exchange exchanges[EXCHANGES];
    struct exchange *list[EXCHANGES];
    struct evidence evidence;
    struct visit visits[VISITS];
    struct attribution of[EXCHANGES];
    struct attributions attributions;
    struct trace traces[TRACES_MOST];
    struct trace *traced[TRACES_MOST];
    struct place places[TRACES_MOST][EXCHANGES];
    size_t n;
    struct legal *legal;
    struct parties *parties;
    int64_t when_ns;
};

static inline struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    for (size_t i = 0; i < EXCHANGES; i++) {
        w->list[i] = &w->exchanges[i];
        w->exchanges[i].request.whole = true;
        w->of[i].visit = &w->visits[i * VISITS / EXCHANGES];
    }
    w->evidence.exchanges = w->list;
    w->evidence.exchange_count = EXCHANGES;
    w->attributions.of = w->of;
    w->legal = legal_new(NULL, NULL);
    w->parties = parties_new();
    w->when_ns = NS(S_2026);
    assert_non_null(w->legal);
    assert_non_null(w->parties);
    return w;
}

static inline void world_free(struct world *w)
{
    legal_free(w->legal);
    parties_free(w->parties);
    free(w);
}

/* A trace in the query of one exchange, sent to `site` from a page of news.test. */
static inline struct trace *add(struct world *w, enum trace_class class_, const char *value,
        const char *site, size_t exchange)
{
    struct trace *t = &w->traces[w->n];

    assert_true(w->n < TRACES_MOST);
    t->number = w->n + 1;
    t->carrier = CARRIER_QUERY;
    t->name = BYTES_LITERAL("name");
    t->value = t->decoded = bytes_text(value);
    t->recipient = t->recipient_site = bytes_text(site);
    t->class_ = class_;
    t->bits = 128;
    t->lifetime_s = -1;
    t->first_ns = t->last_ns = NS(S_2026);
    t->pages[0] = BYTES_LITERAL("news.test");
    t->page_count = 1;
    t->places = w->places[w->n];
    t->places[0] = (struct place){exchange, "request.path", 0, 1};
    t->place_count = 1;
    t->count = 1;
    w->traced[w->n++] = t;
    return t;
}

static inline void also_in(struct trace *t, size_t exchange)
{
    t->places[t->place_count++] = (struct place){exchange, "request.path", 0, 1};
    t->count++;
}

static inline void judge(struct world *w)
{
    assert_int_equal(verdict_judge(w->legal, w->parties, &w->evidence, &w->attributions,
                             w->traced, w->n, w->when_ns),
            STATUS_OK);
}

static inline bool has(const struct trace *t, const char *fact)
{
    for (size_t i = 0; i < t->fact_count; i++)
        if (strcmp(t->facts[i], fact) == 0)
            return true;
    return false;
}

static inline bool stands_on(const struct trace *t, enum reading reading, const char *id)
{
    for (size_t i = 0; i < t->ground_count[reading]; i++)
        if (strcmp(t->grounds[reading][i], id) == 0)
            return true;
    return false;
}

#define UID "a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define OTHER_UID "0f9e8d7c6b5a49382716f5e4d3c2b1a0"
#define I VERDICT_IDENTIFIABLE
#define A VERDICT_ANONYMOUS
#define U VERDICT_UNDETERMINED
#define assert_verdicts(t, alone, combined, broad)                                             \
    do {                                                                                       \
        assert_int_equal((t)->verdicts[READING_ALONE], alone);                                 \
        assert_int_equal((t)->verdicts[READING_COMBINED], combined);                           \
        assert_int_equal((t)->verdicts[READING_BROAD], broad);                                 \
    } while (0)

#endif
